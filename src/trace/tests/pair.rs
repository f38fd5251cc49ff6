//! A run that is recorded into a file, and the same run judged again from that file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use crate::diag::Style;
use crate::event::Instant;
use crate::judge::Progress;
use crate::plan::{choose_plan, compile, environment, lay_out_phases};
use crate::project::from_memory;
use crate::report::model::{Report, Tool};
use crate::report::{Builder, Redactor, assemble, github, html, json, junit, markdown, tap, terminal};
use crate::run::tests::scripted::{Respond, world};
use crate::run::{Options, Stop, Stopped, execute};
use crate::trace::{
    Header, Journal, Limits, Rebuilt, Replay, SourceFile, SurrogateKey, TRACE_SCHEMA, Trace, Tracer, Wanted, har,
};
use crate::world::recording::Recording;
use crate::world::timeline::{Stuck, Timeline};
use crate::world::{Time as _, World as _};

/// A run in the making.
pub struct Pair {
    pub spec: String,
    /// The variables of the environment.
    pub variables: BTreeMap<String, String>,
    pub plan: Option<&'static str>,
    pub respond: Arc<Respond>,
    pub seed: u64,
    pub jobs: usize,
    pub fail_fast: bool,
    /// When it is interrupted from outside.
    pub stop_at: Option<Instant>,
}

/// What came of it.
pub struct Both {
    /// The run's own report.
    pub was: Json,
    /// The report of the replay.
    pub now: Json,
    /// The file of the trace.
    pub bytes: Vec<u8>,
    /// What was written and shown otherwise, each by its name.
    pub outputs: Vec<(&'static str, String)>,
    /// The secrets that were known when it was over.
    pub secrets: Vec<String>,
}

impl Pair {
    /// Runs it in virtual time, with what it leaves going through a file.
    ///
    /// # Errors
    /// It never ends.
    pub fn run(&self) -> Result<Both, Stuck> {
        let project = from_memory(&[("a.e2e", &self.spec)]);
        let problems: Vec<_> = project.diagnostics.iter().map(|one| one.message.clone()).collect();
        assert!(problems.is_empty(), "{problems:?} in {}", self.spec);
        let given = environment::Given { variables: self.variables.clone(), ..environment::Given::default() };
        let chosen = environment::choose(&project, None).unwrap_or_else(|wrong| panic!("{}", wrong.message));
        let environment = environment::resolve(&project, chosen, &given).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let name =
            self.plan.map(|name| choose_plan(&project, name).unwrap_or_else(|wrong| panic!("{}", wrong.message)));
        let mut plan = compile(&project, environment, name).unwrap_or_else(|wrong| panic!("{wrong:?}\n{}", self.spec));
        let release = lay_out_phases(&mut plan);
        let plan = Arc::new(plan);
        let redactor = Arc::new(Redactor::default());
        let stop = Stop::default();
        let options = Options {
            jobs: self.jobs,
            retries: None,
            fail_fast: self.fail_fast,
            seed: self.seed,
            stop: stop.clone(),
            secrets: redactor.clone(),
            shard: None,
            specs: None,
            deny_weak: false,
            written_down: false,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.trace");
        let wanted = Wanted {
            path: path.clone(),
            failed_only: false,
            limits: Limits::default(),
            key: SurrogateKey::of(self.seed),
        };
        let journal = folder.path().join("r.journal");
        let journal = Arc::new(Journal::new(journal, plan.sources.clone(), redactor.clone(), None));
        let terminal = Arc::new(Mutex::new(String::new()));
        let (running, learned, stop_at) = (plan.clone(), redactor.clone(), self.stop_at);
        let (writing, said) = (journal.clone(), terminal.clone());
        let (text, respond) = (self.spec.clone(), self.respond.clone());
        let plan_name = self.plan;
        let result = Timeline::run(move |timeline| async move {
            let clock = timeline.clone();
            let recording = Arc::new(Recording::new(world(timeline, respond)));
            let header = Header {
                schema: TRACE_SCHEMA,
                tool: Tool::this(),
                epoch: recording.epoch().to_string(),
                folder: None,
                root: String::new(),
                specs: vec!["a.e2e".to_owned()],
                environment: running.environment.name.clone(),
                plan: plan_name.map(str::to_owned),
                given,
                jobs: options.jobs,
                retries: options.retries,
                fail_fast: options.fail_fast,
                failed_only: false,
            };
            let file = SourceFile { path: "a.e2e".to_owned(), bytes: text.into(), fixture: false };
            let tracer = Tracer::new(wanted, recording.clone(), &running, learned.clone(), (header, vec![file]));
            let tracer = Arc::new(tracer);
            if let Some(at) = stop_at {
                let (timer, tracer) = (clock.sleep_until(at), tracer.clone());
                tokio::spawn(async move {
                    timer.await;
                    tracer.stopped(clock.now(), Stopped::Interrupted);
                    stop.stop();
                });
            }
            let (recorder, known, sources) = (tracer.clone(), learned.clone(), running.sources.clone());
            let hear = move |progress: Progress| {
                let detail = terminal::Detail::Verbose;
                let text = match &progress {
                    Progress::TestEnded(test) => terminal::test_ended(test, &sources, &known, Style::default(), detail),
                    Progress::Problem(problem) => known.drawn(problem, &sources, Style::default()).into_inner(),
                    _ => String::new(),
                };
                said.lock().unwrap().push_str(&text);
                assert!(writing.receive(&progress).is_none());
                recorder.receive(&progress);
            };
            let result = execute(recording, running, release, options, Arc::new(hear)).await;
            let problems = tracer.ended(&result);
            assert!(problems.is_empty(), "{problems:?}");
            result
        })?;
        let builder = Builder { sources: &plan.sources, redactor: &redactor };
        assert!(journal.ended(&result).is_none());
        let was = redactor.masked(builder.report(&result)).into_inner();
        let journal = std::fs::read_to_string(folder.path().join("r.journal")).unwrap();
        let mut outputs = vec![("journal", journal), ("terminal", terminal.lock().unwrap().clone())];
        outputs.extend([
            ("JSON", json::render(&was)),
            ("HTML", html::render(&was)),
            ("JUnit", junit::render(&was)),
            ("TAP", tap::render(&was)),
            ("Markdown", markdown::render(&was)),
            ("annotations", github::annotations(&was)),
        ]);
        let bytes = std::fs::read(&path).unwrap();
        let now = replayed(&bytes).unwrap_or_else(|why| panic!("the trace {why}\n{}", self.spec));
        outputs.extend(of_trace(&bytes));
        let json = |report: &Report| serde_json::to_value(report).unwrap();
        let secrets = redactor.learned_since(0);
        Ok(Both { was: json(&was), now: json(&now), bytes, outputs, secrets })
    }
}

/// What a trace says, and what is made of it.
fn of_trace(bytes: &[u8]) -> [(&'static str, String); 2] {
    let text = String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap();
    let trace = Trace::read(bytes).unwrap();
    [("trace", text), ("HAR", serde_json::to_string(&har(&trace, &trace.groups())).unwrap())]
}

/// Judges what a file holds again, as the command does.
pub fn replayed(bytes: &[u8]) -> Result<Report, String> {
    let redactor = Arc::new(Redactor::default());
    let trace = Trace::read(bytes)?;
    let rebuilt = Rebuilt::of_trace(&trace.header, &trace.files).map_err(|wrong| format!("{:?}", wrong.0))?;
    let mut report = Replay::new(&trace, &rebuilt, redactor.clone()).report().report;
    assemble::judge_shard(&mut report);
    Ok(redactor.masked(report).into_inner())
}

impl Both {
    /// The tests that can't be judged again, each with why; everything else is as it was, or it is said what isn't.
    pub fn undecided(&self) -> Result<Vec<String>, String> {
        let tests = |report: &Json| report["tests"].as_array().cloned().unwrap_or_default();
        let (mut was, mut now) = (self.was.clone(), self.now.clone());
        let mut undecided = Vec::new();
        for (was, now) in tests(&self.was).iter().zip(&tests(&self.now)) {
            if now["outcome"] == "undecided" {
                undecided.push(format!("{}: {}", was["id"], now["reason"]));
            } else if was != now {
                return Err(difference(was, now));
            }
        }
        if !undecided.is_empty() {
            // What is judged of all tests together is another matter then.
            for report in [&mut was, &mut now] {
                for part in ["tests", "summary", "verdict", "causes", "gates", "phases"] {
                    report[part].take();
                }
            }
        }
        if was == now { Ok(undecided) } else { Err(difference(&was, &now)) }
    }
}

/// What two reports, or parts of them, have differently.
fn difference(was: &Json, now: &Json) -> String {
    let text = |json: &Json| serde_json::to_string_pretty(json).unwrap();
    let (was, now) = (text(was), text(now));
    similar::TextDiff::from_lines(&was, &now).unified_diff().to_string()
}
