//! Which of the selected tests a run does: its shard of them, those that did not pass last time, or the rest of an interrupted run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::args::Run;
use super::exit::Exit;
use super::output::Output;
use super::outputs::{DEFAULT_JOURNAL, DEFAULT_RESULTS, Outputs};
use super::shard::{self, Shard};
use crate::diag::{Diagnostic, codes};
use crate::judge::Progress;
use crate::judge::release::TestsAndLoads;
use crate::plan::{Plan, Release, keep_only, partition};
use crate::report::model::{Begun, Blob, Report};
use crate::report::{Masked, Redactor, assemble, json, spec_lines, union};
use crate::source::{Readable, Sources, Span, read_file};
use crate::trace;

/// The largest journal, report or blob that is read, in bytes.
pub const MAX_RESULTS_BYTES: u64 = 512 << 20;

/// What a run does of all that was selected.
#[derive(Debug)]
pub struct Portion {
    pub shard: Option<Shard>,
    /// SHA-256 of the specs and of what was selected of them.
    pub specs: String,
    /// The seed of the run that this one goes on with.
    pub seed: Option<u64>,
    /// All tests of the run that this one goes on with, and what is kept of it.
    pub goes_on: Option<Begun>,
    /// The ids of all tests that were selected, in order.
    all: Vec<String>,
}

/// The shard that the command line, or the environment of the process, asks for.
pub fn shard_of(args: &Run) -> Result<Option<Shard>, Box<Diagnostic>> {
    shard::asked(args.shard.as_deref(), &shard::variables())
}

/// Narrows the plan to what this run does, and reports how much that is.
pub fn narrow(
    args: &Run,
    shard: Option<Shard>,
    (plan, release): (&mut Plan, &mut Release),
    outputs: &Outputs,
    output: &Output,
) -> Result<Portion, Exit> {
    let reported = |diagnostic: Box<Diagnostic>| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    };
    let mut portion = Portion {
        shard,
        specs: plan.fingerprint(release.name.as_deref()),
        seed: None,
        goes_on: None,
        all: plan.test_ids(),
    };
    if let Some((index, total)) = shard {
        let shards = partition(&plan.groups(release), total);
        let own = shards.into_iter().nth(index as usize - 1).unwrap_or_default();
        let all = TestsAndLoads { tests: portion.all.len() - plan.loads.len(), loads: 0 };
        let part = TestsAndLoads { tests: 0, loads: plan.loads.len() };
        let part = if part.loads == 0 { String::new() } else { format!(", and a part of {}", part.words()) };
        output.print(&format!("shard {index}/{total}: {} of {}{part}\n", own.len(), all.words()));
        // Of a load, each shard has a part.
        let own = own.into_iter().chain(plan.loads.iter().map(|load| load.id.clone())).collect();
        keep_only(plan, release, &own);
    }
    if let Some(from) = &args.rerun_failed {
        if outputs.blob.is_some() {
            let message = "`--rerun-failed` runs a part of the tests, and a blob is to hold all of its shard's";
            return Err(reported(Box::new(
                Diagnostic::error(&codes::BAD_REPORT, Span::nowhere(), message)
                    .with_help("leave out `--report blob=PATH`, or run the whole shard again"),
            )));
        }
        let (path, last) = last_results(from, output).map_err(reported)?;
        rerun(plan, release, &path, &last, output)?;
        // Of phases that nothing is left of, nothing is to be judged.
        for phase in release.phases.iter_mut().filter(|phase| phase.tests.is_empty()) {
            phase.gates.clear();
            phase.left_out = true;
        }
    }
    if let Some(from) = &args.resume {
        let path = named(from, DEFAULT_JOURNAL);
        let begun = resumed(&path, &portion, output).map_err(reported)?;
        portion.seed = Some(begun.run.seed);
        let earlier = || begun.earlier.iter().flat_map(|one| &one.tests);
        let kept: HashSet<&str> = earlier().map(|test| test.id.as_str()).collect();
        // It may have been a part of what is selected now: only what it was to run is gone on with.
        let its: HashSet<&str> = begun.tests.iter().map(|test| test.id.as_str()).collect();
        let is_left = |id: &String| its.contains(id.as_str()) && !kept.contains(id.as_str());
        let rest: HashSet<String> = plan.test_ids().into_iter().filter(is_left).collect();
        let (kept, rest_count) = (TestsAndLoads::of(earlier().map(|test| test.is_load())), rest.len());
        keep_only(plan, release, &rest);
        // A phase has what its first part left of its budget.
        for phase in &mut release.phases {
            let before = begun.earlier.iter().flat_map(|one| &one.phases).find(|before| before.name == phase.name);
            let used = before.map_or(0.0, |before| before.duration_ms) / 1e3;
            let used = std::time::Duration::try_from_secs_f64(used.max(0.0)).unwrap_or_default();
            phase.budget = phase.budget.map(|budget| budget.saturating_sub(used));
        }
        let done = format!("{} {} done", kept.words(), kept.verb("is", "are"));
        output.print(&format!("going on with the run of `{}`: {done}, {rest_count} to go\n", path.display()));
        portion.goes_on = Some(begun);
    }
    Ok(portion)
}

/// The beginning of a run as it is shown when its gates aren't its own to judge.
pub fn without_gates(progress: Progress) -> Progress {
    match progress {
        Progress::Started { info, release, tests, service_map } => {
            let mut release = (*release).clone();
            release.gates.clear();
            for phase in &mut release.phases {
                phase.gates.clear();
                phase.left_out |= phase.tests.is_empty();
            }
            Progress::Started { info, release: release.into(), tests, service_map }
        }
        other => other,
    }
}

impl Portion {
    /// Whether gates are judged on more than this run does.
    pub fn is_partial(&self) -> bool {
        self.shard.is_some_and(|(_, total)| total > 1) || self.goes_on.is_some()
    }

    /// Makes of the report of what was run that of the whole, or of the shard.
    pub fn complete(&self, report: &mut Report) {
        if let Some(begun) = &self.goes_on {
            union::go_on(report, begun);
        }
        assemble::judge_shard(report);
    }

    /// All that the shards' merge needs.
    pub fn blob(&self, report: &Masked<Report>, sources: &Sources, redactor: &Redactor) -> Masked<Vec<u8>> {
        report.made(|report| {
            let lines = redactor.masked(spec_lines::kept(report, sources, redactor)).into_inner();
            let blob = Blob::new(self.specs.clone(), self.all.clone(), report.clone());
            serde_json::to_vec(&Blob { lines, ..blob }).unwrap_or_default()
        })
    }
}

/// Without a name, the usual one.
fn named(typed: &str, usual: &str) -> PathBuf {
    if typed.is_empty() { usual.into() } else { typed.into() }
}

/// Keeps the tests that did not pass in the last run.
fn rerun(plan: &mut Plan, release: &mut Release, path: &Path, last: &Report, output: &Output) -> Result<(), Exit> {
    let bad = || last.tests.iter().filter(|test| !union::ended_well(test));
    let ids: HashSet<String> = bad().map(|test| test.id.clone()).collect();
    if ids.is_empty() {
        // Green without evidence is what must not be: that nothing was run is no success.
        output.error(&format!(
            "all {} of `{}` held: there is nothing to run again, and nothing was run\n",
            TestsAndLoads::of(last.tests.iter().map(|test| test.is_load())).words(),
            path.display()
        ));
        return Err(Exit::NothingProved);
    }
    let before: HashSet<String> = plan.test_ids().into_iter().collect();
    let gone = ids.iter().filter(|id| !before.contains(*id)).count();
    keep_only(plan, release, &ids);
    let gone = match gone {
        0 => String::new(),
        1 => ", 1 of which isn't there or isn't selected now".to_owned(),
        gone => format!(", {gone} of which aren't there or aren't selected now"),
    };
    let kinds = TestsAndLoads::of(bad().map(|test| test.is_load())).words();
    let text = format!("running again {kinds} that did not pass in `{}`{gone}\n", path.display());
    if plan.suites.is_empty() && plan.loads.is_empty() {
        output.error(&format!("{text}nothing was run\n"));
        return Err(Exit::NothingProved);
    }
    output.print(&text);
    Ok(())
}

/// What the last run left: its journal, or else its report.
fn last_results(typed: &str, output: &Output) -> Result<(PathBuf, Report), Box<Diagnostic>> {
    let path = if typed.is_empty() && !Path::new(DEFAULT_JOURNAL).exists() && Path::new(DEFAULT_RESULTS).exists() {
        PathBuf::from(DEFAULT_RESULTS)
    } else {
        named(typed, DEFAULT_JOURNAL)
    };
    let bytes = bytes(&path)?;
    match trace::read(&bytes) {
        Ok(reading) => {
            tell_unread(&path, &reading, output);
            Ok((path, reading.report))
        }
        Err(why) => match std::str::from_utf8(&bytes).ok().and_then(|text| json::parse(text).ok()) {
            Some(report) => Ok((path, report)),
            None => Err(unfit(&path, &format!("{why}, nor its results"))),
        },
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Box<Diagnostic>> {
    read_file(path, MAX_RESULTS_BYTES, Readable::Streams)
        .map_err(|error| unfit(path, &format!("can't be read: {error}")))
}

fn unfit(path: &Path, why: &str) -> Box<Diagnostic> {
    let message = format!("the file `{}` {why}", path.display());
    Box::new(
        Diagnostic::error(&codes::JOURNAL, Span::nowhere(), message)
            .with_help("a run writes its journal to `test_results.journal`, or to where `--report journal=PATH` says"),
    )
}

/// Reads a journal, and reports which of its lines say nothing.
pub fn journal(path: &Path, output: &Output) -> Result<trace::Reading, Box<Diagnostic>> {
    let reading = trace::read(&bytes(path)?).map_err(|why| unfit(path, &why))?;
    tell_unread(path, &reading, output);
    Ok(reading)
}

fn tell_unread(path: &Path, reading: &trace::Reading, output: &Output) {
    if let Some(first) = reading.unread.first() {
        let count = reading.unread.len();
        let lines = if count == 1 {
            format!("line {first}")
        } else {
            format!("{count} lines, the first of them line {first},")
        };
        let message = format!("{lines} of the journal `{}` can't be understood", path.display());
        output.usage(
            &Diagnostic::warning(&codes::JOURNAL, Span::nowhere(), message)
                .with_help("the rest of it is taken as it is"),
        );
    }
}

/// What of an interrupted run is kept, if this run is the same one.
fn resumed(path: &Path, portion: &Portion, output: &Output) -> Result<Begun, Box<Diagnostic>> {
    let reading = journal(path, output)?;
    let cannot = |why: &str, help: &str| {
        let message = format!("the run of `{}` can't be gone on with: {why}", path.display());
        Err(Box::new(Diagnostic::error(&codes::JOURNAL, Span::nowhere(), message).with_help(help)))
    };
    let run = &reading.report.run;
    if !run.interrupted && reading.report.abort.is_none() {
        return cannot("it came to its end", "`--rerun-failed` runs what did not pass");
    }
    if run.specs.as_deref() != Some(portion.specs.as_str()) {
        return cannot(
            "the specs, what is selected of them, or the environment are others now",
            "what it proved isn't proved of these specs; run everything again",
        );
    }
    let shard = run.shard.map(|shard| (shard.index, shard.total));
    if shard != portion.shard {
        let words = |shard: Option<Shard>| shard.map_or("the whole run".to_owned(), |(i, n)| format!("shard {i}/{n}"));
        let why = format!("it was {}, and this is {}", words(shard), words(portion.shard));
        return cannot(&why, "give the same `--shard`");
    }
    let earlier = Some(union::kept(&reading.report));
    Ok(Begun { earlier, ..reading.begun })
}
