use std::path::PathBuf;
use std::sync::Arc;

use super::args::Run;
use super::exit::Exit;
use super::open_files;
use super::output::{Color, Output};
use super::outputs::Outputs;
use super::prepare::Prepared;
use super::prepare::{demo_placeholders, prepare};
use super::progress::Reporter;
use super::queue::ProgressQueue;
use super::resume::{Portion, narrow, shard_of, without_gates};
use super::{shard, start, tracing};
use crate::demo::{Demo, DemoOptions, Fault};
use crate::diag::{Diagnostic, codes};
use crate::judge::{Progress, RunResult};
use crate::net::LiveWorld;
use crate::net::http::{Authority, authorities};
use crate::plan::{Plan, Release};
use crate::report::Builder;
use crate::report::terminal::{self, Detail};
use crate::run::{Options, Stop, Stopped, execute};
use crate::source::{Readable, Span, end_spreading, read_file};
use crate::trace::{Journal, Looks, Tracer, Wanted};
use crate::world::recording::Recording;
use crate::world::{Time as _, World};

/// The largest file of `--cacert`, in bytes; those of systems have a quarter of a megabyte.
const MAX_PEM_BYTES: u64 = 16 << 20;

pub fn main(args: &Run, color: Color) -> Exit {
    let output = Output::new(color);
    match run(args, &output) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn run(args: &Run, output: &Output) -> Result<Exit, Exit> {
    let reported = |diagnostic: Box<Diagnostic>| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    };
    let fault = fault(args).map_err(reported)?;
    let typed = Outputs::of_run(&args.report).map_err(reported)?;
    forget_blob(&typed, args);
    let shard = shard_of(args).map_err(reported)?;
    let trusted = trusted(&args.cacert).map_err(reported)?;
    let start_at = start::asked(args).map_err(reported)?;
    let mut prepared = prepare(&args.target, output)?;
    // What `e2e.toml` says comes first, so that the command line has the last word.
    let named = prepared.project.config.reports.iter().map(|report| &report.value).chain(&args.report);
    let outputs = &Outputs::of_run(&named.cloned().collect::<Vec<_>>()).map_err(reported)?;
    forget_blob(outputs, args);
    let unmerged = shard::unmerged(shard, args.shard.as_deref(), &shard::variables());
    unmerged.filter(|_| outputs.blob.is_none()).iter().for_each(|warning| output.usage(warning));
    let wants_demo = prepared.wants_demo();
    if fault.is_some() && !wants_demo {
        let message = "`--demo-fault` is given, and this run doesn't use the embedded demo system";
        let diagnostic = Diagnostic::error(&codes::NO_DEMO, Span::nowhere(), message)
            .with_help("choose an environment with `target demo`, such as `--env demo`");
        output.usage(&diagnostic);
        return Err(Exit::Diagnostics);
    }
    if args.dry_run {
        prepared.given.dry = true;
        prepared.given.demo = if wants_demo { demo_placeholders() } else { Vec::new() };
        let (mut plan, mut release) = prepared.plan(&args.filters, output)?;
        narrow(args, shard, (&mut plan, &mut release), outputs, output)?;
        output.print(&crate::plan::describe_phases(&release));
        output.print(&crate::plan::describe(&plan));
        return Ok(Exit::Ok);
    }
    let runtime = runtime().map_err(|error| cannot_start(output, &error))?;
    let of_demo =
        wants_demo.then(tokio::runtime::Runtime::new).transpose().map_err(|error| cannot_start(output, &error))?;
    let demo = if let Some(runtime) = of_demo {
        let options = {
            // What starts slowly is the deployment that this run is about.
            let slow = fault == Some(Fault::SlowStart);
            DemoOptions { fault, cold: slow, passing: slow, ..DemoOptions::default() }
        };
        let demo = runtime.block_on(crate::demo::start(options)).map_err(|error| cannot_start(output, &error))?;
        prepared.given.demo =
            demo.values().into_iter().map(|(name, value, secret)| (name.to_owned(), value, secret)).collect();
        Some((runtime, demo))
    } else {
        None
    };
    let (mut plan, mut release) = prepared.plan(&args.filters, output)?;
    let portion = narrow(args, shard, (&mut plan, &mut release), outputs, output)?;
    // The run's threads have use for their memory.
    end_spreading();
    tell_what_is_left_out(&prepared, &plan, output);
    let wanted = tracing::wanted(&args.tracing);
    if let Some(refused) = wanted.as_ref().and_then(|wanted| tracing::refused(&plan, wanted)) {
        output.usage(&refused);
        return Err(Exit::Diagnostics);
    }
    if !plan.loads.is_empty() {
        open_files::raise();
    }
    let plan = Arc::new(plan);
    let keep = |path: &PathBuf| Arc::new(Looks::beside(path, plan.sources.clone(), output.redactor.clone()));
    let looks = outputs.blob.as_ref().filter(|_| !plan.loads.is_empty()).map(keep);
    if let Some(at) = start_at {
        runtime.block_on(start::wait(at, output)).map_err(reported)?;
    }
    let carried_out = carry_out(
        (args, wanted, looks.clone()),
        output,
        (plan.clone(), release),
        outputs,
        (&portion, &prepared),
        trusted,
    );
    let (result, recorded) = runtime.block_on(carried_out)?;
    if let Some((runtime, demo)) = demo {
        runtime.block_on(Demo::stop(demo));
        runtime.shutdown_background();
    }
    // Tasks that outlive their test (a connection that closes) are none that the report waits for.
    runtime.shutdown_background();
    let exit = finish(&result, &prepared.project.sources, output, outputs, (&portion, looks.as_deref()));
    drop(looks);
    // The process ends here, and the system takes back at once what would take its time to let go of.
    std::mem::forget((plan, result, prepared));
    let exit = exit?;
    // What was asked for and isn't there is no success, as with reports.
    Ok(if !recorded && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}

/// If this run doesn't get to its end, or not even to its beginning, what an earlier one left there must not be taken for what this one leaves.
fn forget_blob(outputs: &Outputs, args: &Run) {
    if let Some(path) = outputs.blob.as_ref().filter(|path| path.is_file() && !args.dry_run) {
        let _ = std::fs::remove_file(path);
    }
}

/// The authorities of the files after `--cacert`.
fn trusted(files: &[std::path::PathBuf]) -> Result<Vec<Authority>, Box<Diagnostic>> {
    let mut trusted = Vec::new();
    for path in files {
        let read = read_file(path, MAX_PEM_BYTES, Readable::Streams).map_err(|error| format!("can't be read: {error}"));
        let found = read.and_then(|pem| authorities(&pem)).map_err(|reason| {
            let message = format!("the file `{}` {reason}", path.display());
            Diagnostic::error(&codes::BAD_ARGUMENT_FILE, Span::nowhere(), message)
                .with_help("`--cacert` takes the certificates of authorities, in PEM")
        })?;
        trusted.extend(found);
    }
    Ok(trusted)
}

/// What is no problem of the run, and is mentioned all the same.
fn tell_what_is_left_out(prepared: &super::prepare::Prepared, plan: &Plan, output: &Output) {
    for load in &plan.idle_loads {
        let (name, file) = (&load.name, &load.file);
        output.error(&format!("note: the load \"{name}\" in {file} is checked, and no phase runs it\n"));
    }
    for path in &prepared.idle {
        output.error(&format!("note: `{}` holds nothing that could be run\n", path.display()));
    }
    if prepared.warnings > 0 {
        let noun = if prepared.warnings == 1 { "warning" } else { "warnings" };
        output.error(&format!("note: the specs have {} {noun}; `e2e-dsl check` shows them\n", prepared.warnings));
    }
}

/// The thread that the run itself is on; those that more than one test at a time needs are the world's (`net/lanes.rs`).
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().thread_name("e2e").build()
}

fn cannot_start(output: &Output, error: &std::io::Error) -> Exit {
    let diagnostic =
        Diagnostic::error(&codes::DEMO_FAILED, Span::nowhere(), format!("the run can't be started: {error}"))
            .with_help("is something else using up the machine's ports or threads?");
    output.usage(&diagnostic);
    Exit::Diagnostics
}

async fn carry_out(
    (args, wanted, looks): (&Run, Option<Wanted>, Option<Arc<Looks>>),
    output: &Output,
    (plan, release): (Arc<Plan>, Release),
    outputs: &Outputs,
    (portion, prepared): (&Portion, &Prepared),
    trusted: Vec<Authority>,
) -> Result<(RunResult, bool), Exit> {
    let stop = Stop::default();
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let seed = args.seed.or(portion.seed).unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 16);
    let options = Options {
        // Tests wait more than they compute.
        jobs: args.jobs.map_or_else(|| (cores * 6).max(12), |jobs| jobs as usize),
        retries: args.retries,
        fail_fast: args.fail_fast,
        seed,
        stop,
        secrets: output.redactor.clone(),
        shard: portion.shard,
        specs: Some(portion.specs.clone()),
        deny_weak: args.deny.is_some(),
        written_down: outputs.journal.is_some() || wanted.is_some() || looks.is_some(),
    };
    let detail = if args.verbose { Detail::Verbose } else { Detail::Normal };
    let reporter = Reporter::new(output.clone(), plan.sources.clone(), detail, outputs.github);
    let begin = |path: &PathBuf| {
        Arc::new(Journal::new(path.clone(), plan.sources.clone(), output.redactor.clone(), portion.goes_on.clone()))
    };
    let journal = outputs.journal.as_ref().map(begin);
    let partial = portion.is_partial();
    let threads = cores.min(options.jobs);
    let live = Arc::new(LiveWorld::start(trusted, plan.environment.require_real).on_threads(threads));
    let recording = wanted.as_ref().map(|_| Arc::new(Recording::new(live.clone())));
    let tracer = wanted.as_ref().zip(recording.clone()).map(|(wanted, recording)| {
        Arc::new(tracing::begin(wanted, recording, (prepared, args), (&plan, &release), &options, output))
    });
    tokio::spawn(interrupts(options.stop.clone(), output.clone(), live.clone(), tracer.clone()));
    let (receiver, writing, recorder) = (reporter.clone(), journal.clone(), tracer.clone());
    let show = move |progress| receiver.receive(if partial { without_gates(progress) } else { progress });
    let queue = Arc::new(ProgressQueue::start(show).map_err(|error| cannot_start(output, &error))?);
    let said = queue.clone();
    // What is shown has been written down.
    let receive = move |progress: Progress| {
        let warning = writing.as_ref().and_then(|journal| journal.receive(&progress));
        recorder.iter().for_each(|tracer| tracer.receive(&progress));
        looks.iter().for_each(|looks| looks.receive(&progress));
        said.say(progress);
        warning.into_iter().for_each(|one| said.say(Progress::Problem(Arc::new(one))));
    };
    let world: Arc<dyn World> = match recording {
        Some(recording) => recording,
        None => live,
    };
    let result = execute(world, plan, release, options, Arc::new(receive)).await;
    queue.shown().await;
    let problems = tracer.map(|tracer| tracer.ended(&result)).unwrap_or_default();
    problems.iter().for_each(|problem| output.usage(problem));
    let recorded = !problems.iter().any(Diagnostic::is_error);
    if let Some(wanted) = wanted.filter(|_| recorded) {
        output.print(&format!("  trace: {}\n", wanted.path.display()));
    }
    let warning = journal.and_then(|journal| journal.ended(&result));
    warning.into_iter().for_each(|one| reporter.receive(Progress::Problem(Arc::new(one))));
    Ok((result, recorded))
}

/// The first signal stops the run in order; the second leaves at once.
async fn interrupts(stop: Stop, output: Output, clock: Arc<LiveWorld>, tracer: Option<Arc<Tracer>>) {
    wait_for_signal().await;
    output
        .error("\nstopping: what is running is cleaned up, then the report is written (once more to leave at once)\n");
    tracer.iter().for_each(|tracer| tracer.stopped(clock.now(), Stopped::Interrupted));
    stop.stop();
    wait_for_signal().await;
    std::process::exit(Exit::Interrupted as i32);
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

fn finish(
    result: &RunResult,
    sources: &crate::source::Sources,
    output: &Output,
    outputs: &Outputs,
    (portion, looks): (&Portion, Option<&Looks>),
) -> Result<Exit, Exit> {
    let builder = Builder { sources, redactor: &output.redactor };
    // What is neither written nor completed and judged again needs no more than is printed.
    let mut report =
        if outputs.tells_all() || portion.is_partial() { builder.report(result) } else { builder.brief(result) };
    portion.complete(&mut report);
    // What the report was made of, what it was completed with, and what was learned since.
    let report = output.redactor.masked(report);
    output.print(&terminal::summary(&report, output.style));
    if outputs.github {
        output.print(&crate::report::github::beside_tests(&report));
    }
    let written = outputs.write(&report, output);
    // A shard without its blob is none, whatever its tests say.
    if !outputs.write_blob(|| portion.blob(&report, sources, &output.redactor), looks, output) {
        return Ok(Exit::Diagnostics);
    }
    let exit = Exit::of(&report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}

fn fault(args: &Run) -> Result<Option<Fault>, Box<Diagnostic>> {
    args.demo_fault.as_deref().map(super::demo::fault_named).transpose()
}
