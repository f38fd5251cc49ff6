//! What is expected on channels: judged frame by frame, as they arrive or as they were recorded, with the same outcome.
//!
//! The caller that feeds a [`ChannelJudge`] gives it the frames of all watched channels in the order of their arrival, then says how far the time has
//! come. It has neither a clock nor a socket.

mod build;
mod end;
mod every;
mod explain;
mod fit;
mod limits;
mod quiet;
mod target;
mod together;
mod view;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

pub use explain::{close_code, coded};
pub use target::{Channels, Start};

use self::end::End;
use self::every::Every;
use self::quiet::Quiet;
use self::together::Together;
use super::{ExpectationRecord, FrameMatch};
use crate::diag::Diagnostic;
use crate::eval::{Context, Fault, Focus, Host, Scope};
use crate::event::{ChannelEnd, ChannelLog, Frame, Instant, Weak};
use crate::plan::{ChannelExpectation, ChannelExpectationKind as Kind, Item, ItemEntry, Plan};
use crate::source::Span;
use crate::value::{Secret, Value, format_duration};

/// How long an expectation waits that says no time, neither for itself nor for one of its items.
pub const DEFAULT_WITHIN: Duration = Duration::from_secs(30);

/// How long a match must hold that a later frame could break, where the spec says no `settle`.
pub const DEFAULT_SETTLE: Duration = Duration::from_millis(250);

/// An `expect` on channels, on its way to a verdict.
#[derive(Clone)]
pub struct ChannelJudge {
    expectation: Arc<ChannelExpectation>,
    watch: Watch,
    failed: Option<Instant>,
}

#[derive(Clone)]
enum Watch {
    Together(Together),
    Quiet(Quiet),
    End(End),
    Every(Every),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeState {
    Running,
    Held,
    Failed,
}

/// What a judge looks at beside the frames.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    pub plan: &'a Plan,
    pub host: &'a dyn Host,
}

/// A time limit from around an expectation or a view.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The last instant in time.
    pub at: Instant,
    /// `the test's timeout of 30s`
    pub words: String,
    /// Where it is said; nowhere for a default.
    pub span: Span,
}

/// A channel that is watched: its handle, and the number of the last frame that isn't looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    pub channel: u32,
    pub behind: u32,
}

/// What an expectation proved.
#[derive(Clone, Debug)]
pub struct Concluded {
    pub held: bool,
    /// Why it proves little although it held.
    pub weak: Option<Weak>,
    pub diagnostics: Vec<Diagnostic>,
    /// How the channel ended, where that is why it didn't hold.
    pub ended: Option<ChannelEnd>,
    /// The expectation itself, and those inside its items.
    pub expectations: Vec<ExpectationRecord>,
    /// Where the cursors of channels go: behind these frames.
    pub cursors: Vec<(u32, u32)>,
    /// Which item took which frame, by channel.
    pub matches: Vec<(u32, FrameMatch)>,
    /// What was captured, to be merged into the scope of the test.
    pub bound: Scope,
    /// What was captured as secret, on failure too: it must be known before anything is shown.
    pub secrets: Vec<Secret>,
}

impl ChannelJudge {
    /// Begins to judge. `began` is the present; what the clocks count from is up to the channels.
    ///
    /// # Errors
    /// A channel that isn't open, or a time or count without a sensible value.
    pub fn new(
        expectation: &Arc<ChannelExpectation>,
        context: &Context<'_>,
        channels: &dyn Channels,
        began: Instant,
        inherited: Bound,
    ) -> Result<Self, Fault> {
        let setting = Setting { context, channels, began, inherited };
        let watch = match &expectation.kind {
            Kind::Views { within, settle, views } => {
                Watch::Together(Together::new(within.as_ref(), settle.as_ref(), views, &setting)?)
            }
            Kind::Never { on, item, time, or_closed } => {
                Watch::Quiet(Quiet::never(on, item, time, *or_closed, &setting)?)
            }
            Kind::Silence { on, time, or_closed } => Watch::Quiet(Quiet::silence(on, time, *or_closed, &setting)?),
            Kind::Closed { on, code, reason, within } => {
                Watch::End(End::closed(on, code.as_ref(), reason.as_ref(), within.as_ref(), &setting)?)
            }
            Kind::Ended { on, within } => Watch::End(End::ended(on, within.as_ref(), &setting)?),
            Kind::CutOff { on, within } => Watch::End(End::cut_off(on, within.as_ref(), &setting)?),
            Kind::Every { on, trigger, response, taken_for, settle } => {
                let window = (taken_for.as_ref(), settle.as_ref());
                Watch::Every(Every::new(on, trigger, response, window, &setting)?)
            }
        };
        Ok(Self { expectation: expectation.clone(), watch, failed: None })
    }

    /// The channels whose frames it wants, each once.
    pub fn watched(&self) -> Vec<Watched> {
        let targets = match &self.watch {
            Watch::Together(together) => together.targets(),
            Watch::Quiet(quiet) => vec![&quiet.target],
            Watch::End(end) => vec![&end.target],
            Watch::Every(every) => vec![&every.target],
        };
        let mut watched: Vec<Watched> = Vec::new();
        for target in targets {
            match watched.iter_mut().find(|known| known.channel == target.channel) {
                Some(known) => known.behind = known.behind.min(target.behind),
                None => watched.push(Watched { channel: target.channel, behind: target.behind }),
            }
        }
        watched
    }

    /// The next frame of a channel. Frames come in the order of their arrival over all channels.
    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        match &mut self.watch {
            Watch::Together(together) => together.frame(channel, frame, outside),
            Watch::Quiet(quiet) => quiet.frame(channel, frame, outside),
            Watch::End(_) => {}
            Watch::Every(every) => every.frame(channel, frame, outside),
        }
        self.came_to(frame.at);
    }

    /// A channel has ended; all its frames have been given.
    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd, outside: Outside<'_>) {
        match &mut self.watch {
            Watch::Together(together) => together.end(channel, at, end, outside),
            Watch::Quiet(quiet) => quiet.end(channel, at, end),
            Watch::End(watch) => watch.end(channel, at, end),
            Watch::Every(every) => every.end(channel, at, end),
        }
        self.came_to(at);
    }

    /// The time has come to `now`: every frame that arrived up to it, at `now` itself included, has been given.
    pub fn advance(&mut self, now: Instant, outside: Outside<'_>) {
        let due = self.next_deadline().map_or(now, |due| due.min(now));
        match &mut self.watch {
            Watch::Together(together) => together.advance(now, outside),
            Watch::Quiet(quiet) => quiet.advance(now),
            Watch::End(end) => end.advance(now),
            Watch::Every(every) => every.advance(now),
        }
        self.came_to(due);
    }

    /// When it failed, if it did: by what had come at that instant, or hadn't by then. It may have been found out later.
    pub fn failed_at(&self) -> Option<Instant> {
        self.failed
    }

    fn came_to(&mut self, at: Instant) {
        if self.failed.is_none() && self.verdict() == JudgeState::Failed {
            self.failed = Some(at);
        }
    }

    /// The latest instant at which [`ChannelJudge::advance`] must be called, unless something else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.watch {
            Watch::Together(together) => together.next_deadline(),
            Watch::Quiet(quiet) => quiet.next_deadline(),
            Watch::End(end) => end.next_deadline(),
            Watch::Every(every) => every.next_deadline(),
        }
    }

    pub fn verdict(&self) -> JudgeState {
        match &self.watch {
            Watch::Together(together) => together.verdict(),
            Watch::Quiet(quiet) => quiet.verdict(),
            Watch::End(end) => end.verdict(),
            Watch::Every(every) => every.verdict(),
        }
    }

    /// What came of it. `logs` gives all channels of the test, by their handles: what is missing on one may have come on another.
    /// They are asked for only where there is something to explain.
    pub fn conclude(&self, logs: &dyn Fn() -> Vec<(u32, ChannelLog)>, outside: Outside<'_>) -> Concluded {
        let evidence = Evidence { logs, read: OnceCell::new(), outside };
        let mut concluded = match &self.watch {
            Watch::Together(together) => together.conclude(&evidence),
            Watch::Quiet(quiet) => quiet.conclude(self.expectation.span, &evidence),
            Watch::End(end) => end.conclude(&evidence),
            Watch::Every(every) => every.conclude(&evidence),
        };
        let record = ExpectationRecord {
            span: self.expectation.span,
            text: title(outside.plan, self.expectation.span).into(),
            held: concluded.held,
            weak: concluded.weak.filter(|_| concluded.held),
        };
        concluded.expectations.insert(0, record);
        concluded
    }
}

impl Concluded {
    fn new(verdict: JudgeState, base: &Scope) -> Self {
        Self {
            held: verdict == JudgeState::Held,
            weak: None,
            diagnostics: Vec::new(),
            ended: None,
            expectations: Vec::new(),
            cursors: Vec::new(),
            matches: Vec::new(),
            bound: base.branch(),
            secrets: Vec::new(),
        }
    }

    /// Learns the secrets among what an item captured.
    fn learn(&mut self, item: &Item, captured: &Scope, evidence: &Evidence<'_>) {
        for entry in &item.entries {
            if let ItemEntry::Capture(capture) = entry
                && capture.secret
            {
                // Of a list that is gathered, this frame added the newest.
                if let Some(Value::Secret(secret)) = captured.newest(capture.slot) {
                    // At once too: the rest of the conclusion may be given up.
                    if let Some(sink) = evidence.outside.host.secrets() {
                        sink.add(secret.expose());
                    }
                    self.secrets.push(secret.clone());
                }
            }
        }
    }

    fn consumed(&mut self, channel: u32, frame: u32) {
        match self.cursors.iter_mut().find(|(known, _)| *known == channel) {
            Some((_, cursor)) => *cursor = (*cursor).max(frame),
            None => self.cursors.push((channel, frame)),
        }
    }
}

/// Judges whole logs, as a replay does: frames and ends in the order of their times.
pub fn replay(judge: &mut ChannelJudge, logs: &[(u32, ChannelLog)], outside: Outside<'_>) -> JudgeState {
    enum Happening<'a> {
        Frame(&'a Arc<Frame>),
        End(&'a ChannelEnd),
    }
    let mut happenings: Vec<(Instant, u32, Happening<'_>)> = Vec::new();
    let mut latest = Instant::ZERO;
    for watched in judge.watched() {
        let Some((_, log)) = logs.iter().find(|(channel, _)| *channel == watched.channel) else { continue };
        let unread = log.frames.iter().filter(|frame| frame.number > watched.behind);
        happenings.extend(unread.map(|frame| (frame.at, watched.channel, Happening::Frame(frame))));
        if let Some((at, end)) = &log.end {
            happenings.push((*at, watched.channel, Happening::End(end)));
        }
    }
    // Stable: what a log holds at one instant stays in its order. Ends come behind all frames of their instant, whichever channel they are of.
    happenings.sort_by_key(|(at, _, happening)| (*at, matches!(happening, Happening::End(_))));
    for (at, channel, happening) in happenings {
        latest = at;
        match happening {
            Happening::Frame(frame) => judge.frame(channel, frame, outside),
            Happening::End(end) => judge.end(channel, at, end, outside),
        }
    }
    while judge.verdict() == JudgeState::Running
        && let Some(due) = judge.next_deadline()
    {
        latest = latest.max(due);
        judge.advance(latest, outside);
    }
    judge.verdict()
}

/// What an expectation is made in.
struct Setting<'a> {
    context: &'a Context<'a>,
    channels: &'a dyn Channels,
    began: Instant,
    inherited: Bound,
}

impl Setting<'_> {
    /// The bound of an expectation that says no time itself.
    fn default_bound(&self) -> Bound {
        let at = self.began.saturating_add(DEFAULT_WITHIN);
        if self.inherited.at <= at {
            return self.inherited.clone();
        }
        let words = format!("the {} that an expectation without `within` waits", format_duration(DEFAULT_WITHIN));
        Bound { at, words, span: Span::nowhere() }
    }
}

/// What a conclusion is drawn from.
struct Evidence<'a> {
    logs: &'a dyn Fn() -> Vec<(u32, ChannelLog)>,
    read: OnceCell<Vec<(u32, ChannelLog)>>,
    outside: Outside<'a>,
}

impl Evidence<'_> {
    fn logs(&self) -> &[(u32, ChannelLog)] {
        self.read.get_or_init(self.logs)
    }

    fn log(&self, channel: u32) -> Option<&ChannelLog> {
        self.logs().iter().find(|(handle, _)| *handle == channel).map(|(_, log)| log)
    }

    /// A piece of a spec on one line.
    fn text(&self, span: Span) -> String {
        self.outside.plan.sources.one_line(span)
    }
}

impl<'a> Outside<'a> {
    fn context(self, scope: &'a Scope, focus: Focus<'a>) -> Context<'a> {
        Context { plan: self.plan, scope, focus, host: self.host }
    }
}

/// The first line of an expectation, as written, without its `expect` and its opening brace.
fn title(plan: &Plan, span: Span) -> String {
    let text = plan.sources.text(span);
    let line = text.lines().next().unwrap_or_default().trim_end().trim_end_matches('{');
    one_line(line.strip_prefix("expect").unwrap_or(line))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
