//! Waits for what is expected on channels: gives the judge every frame as it comes, and the time as it passes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;

use super::super::channels::{Channels, Opened};
use super::super::judging::Abandonable;
use super::super::weight::AT_ONCE;
use super::{Executor, Halt, Stepped};
use crate::diag::{Diagnostic, codes};
use crate::eval::Context;
use crate::event::{ChannelEnd, Frame, Instant};
use crate::judge::channel::{self, Bound, Concluded, JudgeState, Outside, Start};
use crate::judge::{ChannelJudge, ExpectationRecord};
use crate::plan::ChannelExpectation;
use crate::source::Span;
use crate::world::{Changes, Late, Pending};

/// How long an event that didn't come in time is looked out for.
const LINGER: Duration = Duration::from_secs(1);
/// The first pause between two looks; each is twice as long as the one before, since a look costs as much as all that has come.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How much of memory the frames of all channels may take that are looked through at once, in bytes.
const LOGS_AT_ONCE: u64 = 64 << 10;
/// How far beyond the deadline what came before it may still be judged, and then how far what came of it may still be explained.
pub(super) const LAST_FRAMES: Duration = Duration::from_millis(40);
const LAST_EXPLANATION: Duration = Duration::from_millis(120);

/// Which work of its step a look at what came on channels counts as, where it came too late for what was still on its way into their logs. What is
/// done apart counts from 1.
pub(super) const LOOK: u32 = 0;

/// The shortest time between two instants. What arrives at a deadline is in time, and may do so after a look at that very instant: a deadline has
/// passed when it is later than that.
pub(super) const TICK: Duration = Duration::from_nanos(1);

/// A channel that is watched, and how much of its log the judge has been given.
struct Watch {
    channel: u32,
    opened: Arc<Opened>,
    given: usize,
    ended: bool,
    changes: Changes,
}

impl Watch {
    /// Waits until there are more frames than so many, or none can come any more. Other changes of a log are no news: they aren't recorded.
    async fn goes_on(&mut self, seen: usize) {
        while self.opened.log.read(|log| log.frames.len() <= seen) && !self.is_over() {
            self.changes.changed().await;
        }
    }

    /// Nothing can come any more, whether or not it is known yet that nothing did.
    fn is_over(&self) -> bool {
        self.opened.log.ending().is_some()
    }
}

enum News {
    /// With an instant behind which it arrived.
    Frame(Arc<Frame>, Instant),
    End(ChannelEnd),
}

/// What happened on channels: when, on which, and what.
type Happened = Vec<(Instant, u32, News)>;

impl Executor {
    pub(super) async fn expect_channel(&mut self, span: Span, expectation: &Arc<ChannelExpectation>) -> Stepped {
        let started = self.now();
        let bound = Bound { at: self.deadline.at, words: self.deadline.words(), span: self.deadline.span };
        let channels = self.attempt.channels.clone();
        let judge = if self.scope.are_small(AT_ONCE) {
            ChannelJudge::new(expectation, &self.context(), &*channels, started, bound)
        } else {
            let (expectation, channels) = (expectation.clone(), channels.clone());
            let new = move |context: Context<'_>| ChannelJudge::new(&expectation, &context, &*channels, started, bound);
            Box::pin(self.look_apart(span, new)).await?
        };
        let mut judge = judge.map_err(|fault| self.fails(*fault))?;
        let mut watches: Vec<Watch> = Vec::new();
        for watched in judge.watched() {
            let Some(opened) = channels.get(watched.channel) else { continue };
            let changes = opened.log.changes();
            let given = opened.log.place_behind(watched.behind);
            watches.push(Watch { channel: watched.channel, opened, given, ended: false, changes });
        }
        let world = self.attempt.shared.world.clone();
        if let Some(late) = world.recall_late(&self.place, LOOK) {
            return Err(self.judged_late(span, late));
        }
        let last_frames = self.deadline.at.saturating_add(LAST_FRAMES);
        // It was decided before its next moment: where that is known, what was known then is looked at then.
        let mut comes = world.comes_to(&self.place, self.moments);
        let mut passed = started.saturating_sub(TICK);
        loop {
            for watch in &mut watches {
                watch.changes.mark_unchanged();
            }
            let now = world.now();
            // No further than every log is complete: what was read from a socket in time may still be on its way into its log.
            let known = watches.iter().fold(now, |known, watch| watch.opened.log.known(known));
            let latest = now.saturating_sub(TICK);
            passed = passed.max(known.min(latest));
            if self.attempt.channels.has_faults() {
                // They are reported with the attempt, whatever a round of an `eventually` makes of this.
                self.record(self.title(span), span, started, false, Vec::new());
                return Err(Halt::Failed);
            }
            let readable = watches.iter().fold(now, |readable, watch| watch.opened.log.readable(readable));
            let (news, size) = gathered(&mut watches, readable);
            let given = self.give(judge, news, size, Passed { passed, read: readable.min(latest), latest }).await;
            judge = given.map_err(|late| self.judged_late(span, late))?;
            if judge.verdict() != JudgeState::Running {
                break;
            }
            // Where it is known that it was decided, it wasn't too late.
            let is_late = now >= last_frames && comes.is_none();
            if known < now && is_late {
                if watches.iter().any(|watch| watch.opened.log.take_for_closed()) {
                    continue;
                }
                let late = Late { queued: false };
                world.came_late(&self.place, LOOK, late);
                return Err(self.judged_late(span, late));
            }
            let deadline = judge.next_deadline().unwrap_or(self.deadline.at).min(self.deadline.at);
            // What makes a log complete that isn't may be no change of it: that the reader has found nothing more, for instance.
            let deadline = match known < now {
                true if now < self.deadline.at || now >= last_frames => now.saturating_add(LOOK_AGAIN),
                true => last_frames,
                false => deadline,
            };
            let timer = world.sleep_until(deadline.saturating_add(TICK));
            let changed = select_all(watches.iter_mut().map(|watch| Box::pin(watch.changes.changed())));
            tokio::select! {
                biased;
                () = timer => {}
                _ = changed => {}
                () = once(&mut comes) => {}
            }
        }
        drop(comes);
        let decided = self.moment().await;
        let judge = Arc::new(judge);
        if judge.verdict() == JudgeState::Failed {
            Box::pin(self.linger(&judge, &mut watches)).await;
            self.moment().await;
        }
        let failed = judge.failed_at().unwrap_or(decided);
        match self.concluded(&judge).await {
            Ok(concluded) => self.conclude(span, concluded, started, failed),
            Err(_) if judge.verdict() == JudgeState::Failed => Err(self.unexplained(span, started, failed)),
            Err(late) => Err(self.judged_late(span, late)),
        }
    }

    /// After an event didn't come in time, waits a little for it: that it came late is another finding than that it never came. The verdict
    /// is already, and the time is bounded by that of the test. Each look is at a moment: which frames it finds follows from when that was.
    async fn linger(&mut self, judge: &Arc<ChannelJudge>, watches: &mut [Watch]) {
        let world = self.attempt.shared.world.clone();
        let until = self.now().saturating_add(LINGER).min(self.deadline.at);
        let mut pause = LOOK_AGAIN;
        while self.now() < until {
            let seen: Vec<usize> = watches.iter().map(|watch| watch.opened.log.read(|log| log.frames.len())).collect();
            if !self.is_missing(judge).await {
                return;
            }
            let open = watches.iter_mut().zip(seen).filter(|(watch, _)| !watch.is_over());
            let news: Vec<_> = open.map(|(watch, seen)| Box::pin(watch.goes_on(seen))).collect();
            if news.is_empty() {
                return;
            }
            let look = async {
                let _ = world.until(until, select_all(news)).await;
                // A channel on which much arrives isn't looked at for each frame.
                world.sleep_until(world.now().saturating_add(pause).min(until)).await;
            };
            self.waits(look).await;
            pause = pause.saturating_mul(2);
            self.moment().await;
        }
    }

    /// Whether an event is still missing.
    async fn is_missing(&self, judge: &Arc<ChannelJudge>) -> bool {
        let Ok(concluded) = self.concluded(judge).await else { return false };
        concluded.diagnostics.iter().any(|diagnostic| std::ptr::eq(diagnostic.code, &codes::MISSING_EVENT))
    }

    /// Gives the judge what happened, and then the time. What is large is judged apart.
    async fn give(
        &self,
        mut judge: ChannelJudge,
        mut news: Happened,
        size: usize,
        time: Passed,
    ) -> Result<ChannelJudge, Late> {
        if size <= AT_ONCE && self.scope.are_small(AT_ONCE) {
            feed_doubted(&mut judge, &mut news, time, self.outside());
            return Ok(judge);
        }
        let until = self.deadline.at.saturating_add(LAST_FRAMES);
        let (plan, host) = (self.attempt.shared.plan.clone(), self.host.clone());
        let world = &self.attempt.shared.world;
        let look = world.look_until((&self.place, LOOK), until, move |effort| {
            let host = Abandonable { host, effort };
            feed_doubted(&mut judge, &mut news, time, Outside { plan: &plan, host: &host });
            judge
        });
        Box::pin(look).await
    }

    /// What came of it. Large frames take time to explain, too. What came behind the moment isn't looked at: how much that is follows from nothing.
    async fn concluded(&self, judge: &Arc<ChannelJudge>) -> Result<Concluded, Late> {
        let now = self.now();
        if self.attempt.channels.size() <= LOGS_AT_ONCE && self.scope.are_small(AT_ONCE) {
            return Ok(judge.conclude(&|| self.attempt.channels.logs_at(now), self.outside()));
        }
        let until = self.deadline.at.saturating_add(LAST_EXPLANATION);
        let (judge, channels) = (judge.clone(), self.attempt.channels.clone());
        let (plan, host) = (self.attempt.shared.plan.clone(), self.host.clone());
        let world = &self.attempt.shared.world;
        let conclude = world.apart_until(&self.place, until, move |effort| {
            let host = Abandonable { host, effort };
            judge.conclude(&|| channels.logs_at(now), Outside { plan: &plan, host: &host })
        });
        Box::pin(conclude).await
    }

    /// `failed` is when it did, where it did: a slow machine finds it out later, and it is no later for that.
    fn conclude(&mut self, span: Span, concluded: Concluded, started: Instant, failed: Instant) -> Stepped {
        let secrets = &self.attempt.shared.options.secrets;
        concluded.secrets.iter().for_each(|secret| secrets.add(secret.expose()));
        let opened = |channel: u32| self.attempt.channels.get(channel);
        for (channel, found) in concluded.matches {
            opened(channel).into_iter().for_each(|opened| opened.matched(vec![found]));
        }
        for (channel, cursor) in concluded.cursors {
            opened(channel).into_iter().for_each(|opened| opened.consumed(cursor as usize, Vec::new()));
        }
        self.record(self.title(span), span, started, concluded.held, concluded.expectations);
        self.scope.merge(&concluded.bound);
        if concluded.held {
            return Ok(());
        }
        if failed >= self.deadline.at {
            self.evidence.lock().facts.timed_out = true;
        }
        concluded.ended.into_iter().for_each(|end| self.evidence.ended(end));
        concluded.diagnostics.into_iter().for_each(|diagnostic| self.evidence.fail(diagnostic));
        Err(Halt::Failed)
    }

    /// It didn't hold, and what came instead is more than can be looked through in the time that is left.
    fn unexplained(&self, span: Span, started: Instant, failed: Instant) -> Halt {
        let message = format!("this didn't hold, and to explain it took longer than {}", self.deadline.words());
        let mut diagnostic = Diagnostic::error(&codes::LIMIT_REACHED, super::head(&self.attempt.shared, span), message)
            .with_help("the frames that came are large, or many: what was wrong with them is no longer looked for");
        if !self.deadline.span.is_nowhere() {
            diagnostic = diagnostic.with_related(self.deadline.span, "this limit");
        }
        let text = self.title(span);
        let record = ExpectationRecord { span, text: text.as_str().into(), held: false, weak: None };
        self.record(text, span, started, false, vec![record]);
        if failed >= self.deadline.at {
            self.evidence.lock().facts.timed_out = true;
        }
        self.fails(diagnostic)
    }

    fn outside(&self) -> Outside<'_> {
        Outside { plan: &self.attempt.shared.plan, host: &*self.host }
    }
}

/// Waits for something that happens once.
pub(super) async fn once(happens: &mut Option<Pending<'static, ()>>) {
    match happens {
        Some(happening) => happening.await,
        None => std::future::pending().await,
    }
    *happens = None;
}

/// All that has arrived up to `now`, in the order of its times, and how many bytes its frames have.
fn gathered(watches: &mut [Watch], now: Instant) -> (Happened, usize) {
    let (mut news, mut size): (Happened, usize) = (Vec::new(), 0);
    for watch in watches.iter_mut() {
        let (first, from) = (watch.given, news.len());
        watch.opened.log.read(|log| {
            // What arrives while the logs are read comes with the next look, so that the order of times holds over all channels.
            let fresh = log.frames.iter().skip(watch.given).take_while(|frame| frame.at <= now);
            let before = news.len();
            news.extend(
                fresh
                    .inspect(|frame| size += frame.data.len())
                    .map(|frame| (frame.at, watch.channel, News::Frame(frame.clone(), frame.at))),
            );
            watch.given += news.len() - before;
            if let Some((at, end)) = &log.end
                && *at <= now
                && !std::mem::replace(&mut watch.ended, true)
            {
                news.push((*at, watch.channel, News::End(end.clone())));
            }
        });
        for (index, (_, _, one)) in (first..).zip(news.iter_mut().skip(from)) {
            if let News::Frame(_, behind) = one {
                *behind = watch.opened.log.not_before(index);
            }
        }
    }
    sort(&mut news);
    (news, size)
}

fn sort(news: &mut Happened) {
    // Ends come behind all frames of their instant, whichever channel they are of.
    news.sort_by_key(|(at, _, one)| (*at, matches!(one, News::End(_))));
}

/// How far time has passed.
#[derive(Clone, Copy)]
struct Passed {
    /// For what isn't there: up to then, all that arrived is known.
    passed: Instant,
    /// Up to then, all that was read is known. What arrived may still be in the socket.
    read: Instant,
    /// No time that is given to the judge is later.
    latest: Instant,
}

/// Gives the judge what happened, and then the time: `passed`, or that of what happened last, and `latest` at most.
///
/// A frame may have been read behind the instant at which the expectation would hold, and have arrived before it, since this process was
/// late. Then nothing proves that it hadn't come, and it counts as having arrived at that instant. An expectation that would fail at that
/// instant fails all the same: nothing proves that the frame had come. So does one that would fail before the instant of the last read, also where
/// what was read is no frame: a server that sends such things without a pause doesn't hold up the end of a wait.
fn feed_doubted(judge: &mut ChannelJudge, news: &mut Happened, time: Passed, outside: Outside<'_>) {
    if let Some(due) = judge.next_deadline() {
        let is_doubtful =
            |one: &(Instant, u32, News)| matches!(&one.2, News::Frame(_, behind) if *behind < due && due < one.0);
        if news.iter().any(is_doubtful) {
            let mut trial = judge.clone();
            feed(&mut trial, news.iter().filter(|(at, ..)| *at <= due), due, outside);
            if trial.verdict() == JudgeState::Held {
                for one in news.iter_mut().filter(|one| is_doubtful(one)) {
                    if let News::Frame(frame, _) = &mut one.2 {
                        one.0 = due;
                        *frame = Arc::new(Frame { at: due, ..(**frame).clone() });
                    }
                }
                sort(news);
            }
        }
    }
    let passed = news.last().map_or(time.passed, |(at, ..)| time.passed.max((*at).min(time.latest)));
    feed(judge, &*news, passed, outside);
    if passed < time.read
        && judge.verdict() == JudgeState::Running
        && judge.next_deadline().is_some_and(|due| due < time.read)
    {
        let mut trial = judge.clone();
        trial.advance(time.read, outside);
        if trial.verdict() == JudgeState::Failed {
            *judge = trial;
        }
    }
}

fn feed<'n>(
    judge: &mut ChannelJudge,
    news: impl IntoIterator<Item = &'n (Instant, u32, News)>,
    now: Instant,
    outside: Outside<'_>,
) {
    for (at, channel, one) in news {
        // No one will ask for the verdict.
        if outside.host.is_over() {
            return;
        }
        match one {
            News::Frame(frame, _) => judge.frame(*channel, frame, outside),
            News::End(end) => judge.end(*channel, *at, end, outside),
        }
    }
    judge.advance(now, outside);
}

impl channel::Channels for Channels {
    fn start(&self, channel: u32, mark: Option<u64>) -> Option<Start> {
        let opened = self.get(channel)?;
        let Some(mark) = mark else {
            return Some(Start { behind: opened.cursor() as u32, clock: opened.since() });
        };
        let mark = self.marked(usize::try_from(mark).ok()?)?;
        // A channel that was opened after the mark has nothing before it.
        let behind = mark.lengths.get(&(channel as usize)).copied().unwrap_or(0);
        Some(Start { behind: behind as u32, clock: mark.at })
    }

    fn settle(&self) -> Duration {
        if self.are_measured() { Duration::ZERO } else { channel::DEFAULT_SETTLE }
    }
}
