//! What is visible of a run from outside: which phases, suites and tests run when, and what is reported about them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::channels::{HURRIED_WORDS, LAST_WORDS};
use super::credentials::Credentials;
use super::deadline::Deadline;
use super::load;
use super::monitor::Monitor;
use super::observer::Observer;
use super::options::{OnProgress, Options};
use super::parts;
use super::probe::Prober;
use super::shared::Shared;
use super::suites::{Group, Run};
use super::test;
use crate::diag::Diagnostic;
use crate::event::Instant;
use crate::judge::release::{Observation, PhaseRun, Release, ServiceMap, TestsAndLoads, micros};
use crate::judge::{Progress, RunInfo, RunResult, TestInfo, TestResult};
use crate::plan::{Load, Plan, PlannedPhase};
use crate::value::Value;
use crate::world::World;

/// Runs all tests of a plan, phase by phase, in a world whose epoch is the run's start. Whatever happens to one of them, all of them have a result.
pub async fn execute(
    world: Arc<dyn World>,
    plan: Arc<Plan>,
    release: Release,
    options: Options,
    progress: OnProgress,
) -> RunResult {
    let started_at = world.epoch();
    let release = Arc::new(release);
    let info = RunInfo {
        id: uuid::Uuid::new_v4().to_string(),
        started_at,
        environment: plan.environment.name.clone(),
        plan: release.name.clone(),
        seed: options.seed,
        require_real: plan.environment.require_real,
        shard: options.shard,
        specs: options.specs.clone(),
        deny_weak: options.deny_weak,
    };
    for value in plan.environment.values.values() {
        if let Value::Secret(secret) = value {
            options.secrets.add(secret.expose());
        }
    }
    let services = Arc::new(ServiceMap::of_environment(&plan.environment));
    let tests = tests_known(&plan, &release);
    progress(Progress::Started {
        info: Arc::new(info.clone()),
        release: release.clone(),
        tests: tests.clone(),
        service_map: services.clone(),
    });
    let aborts = plan.release.as_ref().map(|release| release.aborts.clone()).unwrap_or_default();
    let stop = options.stop.clone();
    let all = TestsAndLoads::of(tests.iter().map(|test| test.is_load()));
    let observer =
        Arc::new(Observer::new(aborts, all, world.clone(), stop.clone(), progress.clone(), services.clone()));
    let watched = &plan.environment.services;
    let monitor = Arc::new(Monitor::new(watched, world.clone(), observer.clone(), progress.clone(), stop));
    let shared = Arc::new(Shared {
        world: world.clone(),
        observer,
        monitor,
        options,
        credentials: Arc::new(Credentials::default()),
        services: services.clone(),
        progress: progress.clone(),
        plan,
        quoted: Default::default(),
    });
    shared.monitor.attach(Box::new(Prober(Arc::downgrade(&shared))));
    shared.monitor.introduce();
    let mut runner = PhaseRunner {
        run: Arc::new(Run::new(shared.clone())),
        done: HashSet::new(),
        results: Vec::new(),
        problems: Vec::new(),
    };
    runner.prepare().await;
    let mut phases = Vec::new();
    for index in 0..release.phases.len() {
        phases.push(runner.phase(&release, index).await);
    }
    runner.take_stock().await;
    let (quoted, work) = (shared.quoted.take(), shared.clone());
    // What turned out to be a secret when its frames had come.
    let learn = move || parts::learn(&quoted, &*work.options.secrets, &work.plan.sources);
    world.aside(learn).await;
    let hurried = shared.options.stop.is_stopped();
    world.departed(if hurried { HURRIED_WORDS } else { LAST_WORDS }).await;
    progress(Progress::Ended);
    let places: HashMap<&str, usize> = tests.iter().map(|test| test.id.as_str()).zip(0..).collect();
    let mut results = runner.results;
    results.sort_by_key(|test| places.get(test.info.id.as_str()).copied().unwrap_or(usize::MAX));
    let mut services_seen = shared.monitor.watches();
    services_seen.retain(|watch| !watch.name.is_empty());
    RunResult {
        info,
        duration: micros(world.now()),
        interrupted: shared.options.stop.is_interrupted(),
        tests: results,
        diagnostics: runner.problems,
        release,
        phases,
        services: services_seen,
        service_map: services,
        credentials: shared.credentials.records(&shared.plan),
        abort: shared.observer.abort(),
    }
}

/// What is known of all tests beforehand, in the order of the plan.
fn tests_known(plan: &Plan, release: &Release) -> Arc<[Arc<TestInfo>]> {
    let mut phases: HashMap<&str, Arc<str>> = HashMap::new();
    if release.name.is_some() {
        for phase in &release.phases {
            let name: Arc<str> = phase.name.as_str().into();
            for test in &phase.tests {
                phases.entry(test).or_insert_with(|| name.clone());
            }
        }
    }
    let tests = plan.suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
    let tests = tests.map(|(suite, test)| test::info(suite, test, phases.get(test.id.as_str()).cloned()));
    let loads = plan.loads.iter().map(|load| load::info(load, phases.get(load.id.as_str()).cloned()));
    tests.chain(loads).collect()
}

/// Takes a run through its phases.
struct PhaseRunner {
    run: Arc<Run>,
    /// The tests that an earlier phase ran.
    done: HashSet<String>,
    results: Vec<Arc<TestResult>>,
    problems: Vec<Diagnostic>,
}

impl PhaseRunner {
    fn shared(&self) -> &Arc<Shared> {
        &self.run.shared
    }

    fn now(&self) -> Instant {
        self.shared().world.now()
    }

    /// A plan asks how all services are, and obtains what its conditions watch, before the first test. Without a plan, the services that tests
    /// need are asked while those run that need none.
    async fn prepare(&self) {
        let shared = self.shared();
        let Some(release) = &shared.plan.release else {
            let needs: HashSet<String> = shared
                .plan
                .suites
                .iter()
                .flat_map(|suite| &suite.tests)
                .flat_map(|test| test.meta.needs.iter().map(str::to_owned))
                .collect();
            shared.monitor.ask_about(needs.iter().map(String::as_str));
            return;
        };
        tokio::select! {
            biased;
            () = shared.monitor.settle_all() => {}
            () = shared.options.stop.hurried() => {}
        }
        for credential in &release.watched_credentials {
            if !shared.options.stop.is_stopped() {
                test::obtain_beforehand(shared, *credential).await;
            }
        }
    }

    /// Runs the tests that a phase selects and that no earlier one ran.
    async fn phase(&mut self, release: &Release, index: usize) -> PhaseRun {
        let Some(phase) = release.phases.get(index) else { return PhaseRun::default() };
        let planned = self.shared().plan.release.as_ref().and_then(|plan| plan.phases.get(index)).cloned();
        let named = release.name.is_some().then(|| Arc::<str>::from(phase.name.as_str()));
        let stop = self.shared().options.stop.clone();
        let loads = self.loads(&phase.tests);
        let groups = self.groups(&phase.tests, named.clone());
        if stop.is_stopped() {
            self.carry_out(groups, None).await;
            self.carry_out_loads(&loads, &named, None).await;
            return PhaseRun::default();
        }
        self.before(planned.as_ref()).await;
        let started = self.now();
        let deadline = phase.budget.map(|budget| Deadline::new(started, budget, "the phase's budget", phase.span));
        self.shared().observer.receive(Observation::PhaseBegan(index));
        (self.shared().progress)(Progress::PhaseStarted { index, at: started });
        self.carry_out(groups, deadline.clone()).await;
        self.carry_out_loads(&loads, &named, deadline.as_ref()).await;
        self.shared().observer.receive(Observation::PhaseEnded);
        let now = self.now();
        let run = PhaseRun {
            started: Some(micros(started)),
            duration: micros(now.saturating_sub(started)),
            parts: Vec::new(),
            over_budget: deadline.is_some_and(|deadline| now >= deadline.at),
            stopped: stop.cause(),
        };
        (self.shared().progress)(Progress::PhaseEnded { index, run: run.clone() });
        if let Some(planned) = &planned {
            self.pause(planned.pause_after).await;
        }
        run
    }

    async fn before(&self, planned: Option<&PlannedPhase>) {
        let Some(planned) = planned else { return };
        self.pause(planned.pause_before).await;
        if planned.renew_credentials {
            self.shared().credentials.renew();
        }
    }

    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            tokio::select! {
                biased;
                () = self.shared().world.sleep(time) => {}
                () = self.shared().options.stop.stopped() => {}
            }
        }
    }

    /// The tests of these ids that haven't been run, by their suites, in the order of the plan.
    fn groups(&mut self, ids: &[String], phase: Option<Arc<str>>) -> Vec<Group> {
        let wanted: HashSet<&String> = ids.iter().filter(|id| !self.done.contains(*id)).collect();
        let suites = self.run.shared.plan.suites.iter().enumerate();
        let groups = suites.map(|(suite, of)| Group {
            suite,
            tests: of
                .tests
                .iter()
                .enumerate()
                .filter(|(_, test)| wanted.contains(&test.id))
                .map(|(at, _)| at)
                .collect(),
            phase: phase.clone(),
        });
        let groups: Vec<Group> = groups.filter(|group| !group.tests.is_empty()).collect();
        self.done.extend(wanted.into_iter().cloned().collect::<Vec<_>>());
        groups
    }

    /// The loads of these ids that haven't been run, in the order of the plan.
    fn loads(&self, ids: &[String]) -> Vec<Arc<Load>> {
        let wanted: HashSet<&String> = ids.iter().filter(|id| !self.done.contains(*id)).collect();
        let loads = self.run.shared.plan.loads.iter();
        loads.filter(|load| wanted.contains(&load.id)).cloned().collect()
    }

    /// One after the other, and when the tests are done: what they measure is then of no other work of this run.
    async fn carry_out_loads(&mut self, loads: &[Arc<Load>], phase: &Option<Arc<str>>, deadline: Option<&Deadline>) {
        for load in loads {
            let result = self.run.load(load, phase.clone(), deadline).await;
            self.results.push(result);
        }
    }

    async fn carry_out(&mut self, groups: Vec<Group>, deadline: Option<Deadline>) {
        let (results, problems) = self.run.all(groups, deadline).await;
        self.results.extend(results);
        self.problems.extend(problems);
    }

    /// What is still being asked is waited for, and the services that failed tests speak of are looked at once more, so that the report says how
    /// they are and not how they once were. No one waits for that who has interrupted the run.
    async fn take_stock(&mut self) {
        let shared = self.shared().clone();
        let stock = async {
            shared.monitor.quiet().await;
            if shared.options.stop.is_stopped() {
                return;
            }
            let mut suspects: Vec<&str> = self
                .results
                .iter()
                .filter(|test| test.outcome.is_bad())
                .flat_map(|test| test.exchanges.last())
                .filter_map(|exchange| shared.services.of(&exchange.url))
                .collect();
            suspects.sort_unstable();
            suspects.dedup();
            for service in suspects {
                shared.monitor.look_again(service).await;
            }
            shared.monitor.quiet().await;
        };
        tokio::select! {
            biased;
            () = stock => {}
            () = shared.options.stop.hurried() => {}
        }
        for problem in shared.monitor.take_problems() {
            (shared.progress)(Progress::Problem(Arc::new(problem.clone())));
            self.problems.push(problem);
        }
    }
}
