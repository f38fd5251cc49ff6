//! A load: many users at once, each an executor like a test's, counted instead of kept.

mod crew;
mod kept;
mod pace;
mod quick;
mod seats;
mod user;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::deadline::Deadline;
use super::options::OnProgress;
use super::shared::Shared;
use super::suites::{Run, elsewhere};
use super::test;
use crate::event::Instant;
use crate::judge::load::{Begun, Ended, Live, LoadResult, Look, Spec, Standing};
use crate::judge::release::micros;
use crate::judge::{Outcome, Progress, TestInfo, TestResult};
use crate::plan::Load;
use crew::Crew;
use kept::Kept;

/// What is known of a load before it runs.
pub fn info(load: &Load, phase: Option<Arc<str>>) -> Arc<TestInfo> {
    Arc::new(TestInfo {
        id: load.id.clone(),
        suite: "load".to_owned(),
        name: load.name.clone(),
        doc: load.doc.clone(),
        priority: load.meta.priority.clone(),
        tags: load.meta.tags.clone(),
        owner: load.meta.owner.clone(),
        at_risk: load.meta.at_risk.clone(),
        phase,
        span: load.span,
    })
}

impl Run {
    /// Runs a load, unless something keeps it from that.
    pub async fn load(
        self: &Arc<Self>,
        load: &Arc<Load>,
        phase: Option<Arc<str>>,
        deadline: Option<&Deadline>,
    ) -> Arc<TestResult> {
        let info = info(load, phase);
        let without = |outcome| self.end(test::not_run(&self.shared, info.clone(), outcome, Vec::new()));
        if let Some(reason) = elsewhere(&load.runs_on, &self.shared.plan) {
            return without(Outcome::skipped(reason));
        }
        let needs = &load.meta.needs;
        let blocked = match self.hindrance(deadline) {
            None => self.until_hindered(deadline, self.shared.monitor.blocking(needs)).await,
            Some(_) => None,
        };
        if let Some(cause) = self.hindrance(deadline) {
            return without(Outcome::NotRun { cause });
        }
        if let Some(Some(blocked)) = blocked {
            return without(blocked.outcome());
        }
        (self.shared.progress)(Progress::TestStarted(info.clone()));
        let running = std::panic::AssertUnwindSafe(Box::pin(run(&self.shared, load, info.clone(), deadline)));
        match running.catch_unwind().await {
            Ok(result) => self.end_apart(result).await,
            Err(_) => self.broke_off(info),
        }
    }
}

/// How often services are asked how they are while a load goes on.
const WATCH: Duration = Duration::from_secs(5);

/// Carries a load out to its end. `phase` is the deadline of the phase around it.
pub(super) async fn run(
    shared: &Arc<Shared>,
    load: &Arc<Load>,
    info: Arc<TestInfo>,
    phase: Option<&Deadline>,
) -> TestResult {
    let world = shared.world.clone();
    let began = world.now();
    let crew = Arc::new(Crew::new(shared.unrecorded(), load.clone(), began, phase.cloned()));
    let spec = Arc::new(Spec::of(load, crew.part().1 > 1));
    let epoch = world.epoch();
    let since = jiff::SignedDuration::try_from(began).unwrap_or_default();
    let began_at = epoch.checked_add(since).unwrap_or(epoch);
    let begun = Begun { spec: spec.clone(), began, began_at };
    let (ended, kept) = Box::pin(watched(&crew, begun, &info, &shared.progress)).await;
    let now = world.now();
    let result = LoadResult {
        spec,
        began,
        began_at,
        ended,
        aborted_by: crew.aborted_by(),
        interrupted: shared.options.stop.cause(),
    };
    let (outcome, mut diagnostics) = result.judged();
    if outcome.is_bad() {
        let each: Vec<&[crate::diag::Diagnostic]> = kept.iter().map(|one| one.diagnostics.as_slice()).collect();
        diagnostics.extend(result.explained(&each));
    }
    let kept = Kept::in_one(kept);
    TestResult {
        info,
        outcome,
        attempts: 1,
        started: began,
        duration: now.saturating_sub(began),
        diagnostics,
        left_out: result.left_out(&kept.exchanges, &kept.steps),
        steps: kept.steps,
        exchanges: kept.exchanges,
        channels: kept.channels,
        load: Some(Arc::new(result)),
    }
}

/// Lets users come and go, and looks at what they measure, until all have gone.
async fn watched(crew: &Arc<Crew>, begun: Begun, info: &Arc<TestInfo>, progress: &OnProgress) -> (Ended, Vec<Kept>) {
    let world = crew.shared.world.clone();
    let spec = begun.spec.clone();
    let duration = spec.duration;
    let look = Live::interval(&spec);
    let mut live = Live::new(spec.clone());
    let begun = Arc::new(begun);
    let all = async {
        let users = pace::keep(crew).await;
        join_all(users).await;
    };
    let mut all = std::pin::pin!(all);
    let mut looks = 0;
    let mut begins = true;
    let mut watch = Duration::ZERO;
    loop {
        if crew.since_began() >= watch {
            crew.shared.monitor.watch_all();
            watch += WATCH;
        }
        looks += 1;
        let next = look.checked_mul(looks).unwrap_or(Duration::MAX);
        // The last look before no iteration begins any more is at that moment.
        let at = if begins { next.min(duration) } else { next };
        let look = async {
            let time = world.sleep_until(after(crew.began, at));
            tokio::select! {
                biased;
                () = crew.shared.options.stop.stopped(), if !crew.is_over() => crew.end(),
                () = time => return,
            }
            world.sleep_until(after(crew.began, at)).await;
        };
        let is_over = tokio::select! {
            biased;
            () = &mut all => true,
            () = look => false,
        };
        // All have gone: what is known is reported at once.
        let at = if !is_over {
            at
        } else if begins {
            micros(crew.since_began()).min(duration)
        } else {
            micros(crew.since_began())
        };
        let look = Arc::new(Look { at, begins, users: crew.take_most_users(), measured: crew.take() });
        if let Some(threshold) = live.look(&look).filter(|_| !is_over) {
            crew.abort(threshold);
        }
        begins &= at < duration && !crew.is_over();
        let standing = Standing::of(info.clone(), begun.clone(), &live, look, crew.users());
        report(crew, progress, standing).await;
        if is_over {
            return (live.end(), crew.take_kept());
        }
    }
}

/// What is written down takes its time, apart from the thread that keeps time.
async fn report(crew: &Arc<Crew>, progress: &OnProgress, standing: Standing) {
    let progress = progress.clone();
    let standing = Progress::Load(Arc::new(standing));
    if crew.shared.options.written_down {
        crew.shared.world.aside(move || progress(standing)).await;
    } else {
        progress(standing);
    }
}

/// An instant that is so long after a load began.
fn after(began: Instant, time: Duration) -> Instant {
    began.saturating_add(time)
}
