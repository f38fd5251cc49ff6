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
use crate::judge::load::{Ended, Live, LoadResult, Spec, Standing};
use crate::judge::{Outcome, Progress, TestInfo, TestResult, outcome_of};
use crate::plan::Load;
use crew::Crew;
use kept::Kept;

/// What is known of a load before it runs.
pub(super) fn info(load: &Load, phase: Option<Arc<str>>) -> Arc<TestInfo> {
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
    let spec = Arc::new(Spec::of(load));
    let (ended, kept) = Box::pin(watched(&crew, &spec, &info, &shared.progress)).await;
    let now = world.now();
    let result = LoadResult {
        spec,
        began,
        began_at: jiff::SignedDuration::try_from(began)
            .ok()
            .and_then(|began| world.epoch().checked_add(began).ok())
            .unwrap_or_else(|| world.epoch()),
        ended,
        aborted_by: crew.aborted_by(),
        interrupted: shared.options.stop.cause(),
    };
    let mut diagnostics = result.diagnostics();
    let outcome = match outcome_of(&[result.facts(&diagnostics)]) {
        Outcome::Vacuous => {
            diagnostics.push(vacuous(load, &result));
            Outcome::Vacuous
        }
        outcome => outcome,
    };
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

fn vacuous(load: &Load, result: &LoadResult) -> crate::diag::Diagnostic {
    let missing = match result.ended.total.exchanges() {
        0 => "it made no exchange",
        _ => "nothing was expected of what came",
    };
    crate::diag::Diagnostic::error(
        &crate::diag::codes::VACUOUS,
        load.span,
        format!("this load proved nothing: {missing}"),
    )
    .with_help(
        "a load counts as passed only when its users asked the system something and expected something of the response",
    )
}

/// Lets users come and go, and looks at what they measure, until all have gone.
async fn watched(
    crew: &Arc<Crew>,
    spec: &Arc<Spec>,
    info: &Arc<TestInfo>,
    progress: &OnProgress,
) -> (Ended, Vec<Kept>) {
    let world = crew.shared.world.clone();
    let duration = spec.duration;
    let look = Live::look(spec);
    let mut live = Live::new(spec.clone());
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
        if is_over {
            break;
        }
        let measured = crew.take();
        let users = crew.take_most_users();
        if !begins {
            live.rest(at, &measured, users);
        } else if let Some(threshold) = live.slice(at, measured, users) {
            crew.abort(threshold);
        }
        if begins && (at >= duration || crew.is_over()) {
            begins = false;
            live.begins_no_more(at);
        }
        progress(Progress::Load(Arc::new(Standing::of(info.clone(), &live, at, crew.users()))));
    }
    let at = crew.since_began();
    let (last, users) = (crew.take(), crew.take_most_users());
    if begins {
        // All have gone before the load was over.
        live.slice(at.min(duration), last, users);
    } else {
        live.rest(at, &last, users);
    }
    let ended = live.end(at.min(duration));
    (ended, crew.take_kept())
}

/// An instant that is so long after a load began.
fn after(began: Instant, time: Duration) -> Instant {
    began.saturating_add(time)
}
