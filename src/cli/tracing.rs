//! What `run` records: `--trace` and `--trace-failed`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Run, Tracing};
use super::output::Output;
use super::prepare::Prepared;
use crate::diag::{Diagnostic, codes};
use crate::plan::environment::{self, Given};
use crate::plan::{Plan, Release};
use crate::project::{ModuleOrigin, Project};
use crate::report::model::Tool;
use crate::run::Options;
use crate::source::Span;
use crate::trace::{Header, Limits, SourceFile, SurrogateKey, TRACE_SCHEMA, Tracer, Wanted};
use crate::value::{Value, can_be_masked};
use crate::world::World as _;
use crate::world::recording::Recording;

/// What is to be recorded of the run, if anything.
pub fn wanted(args: &Tracing) -> Option<Wanted> {
    let path = args.trace.as_ref().or(args.trace_failed.as_ref())?;
    let default = Limits::default();
    Some(Wanted {
        path: path.clone(),
        failed_only: args.trace_failed.is_some(),
        limits: Limits {
            body: args.trace_body_limit.unwrap_or(default.body),
            whole: args.trace_limit.unwrap_or(default.whole),
        },
        key: SurrogateKey::drawn(),
    })
}

/// A secret that can't be found wherever it comes up can't be replaced either.
pub fn refused(plan: &Plan, wanted: &Wanted) -> Option<Diagnostic> {
    let short = plan.environment.values.iter().find(|(_, value)| match value {
        Value::Secret(secret) => !can_be_masked(secret.expose()),
        _ => false,
    });
    let (name, _) = short?;
    let message =
        format!("the secret `{name}` is too short, or too usual a word, to be found in what would be recorded");
    let help = "a trace holds no secrets; leave out `--trace`, or use a longer secret";
    let path = wanted.path.display();
    Some(
        Diagnostic::error(&codes::TRACE, Span::nowhere(), format!("nothing is written to `{path}`: {message}"))
            .with_help(help),
    )
}

/// Begins to record a run.
pub fn begin(
    wanted: &Wanted,
    recording: Arc<Recording>,
    (prepared, args): (&Prepared, &Run),
    (plan, release): (&Plan, &Release),
    options: &Options,
    output: &Output,
) -> Tracer {
    let project = &prepared.project;
    let place = Place::of(project);
    let environment = prepared.environment;
    let mut given = Given { demo: prepared.given.demo.clone(), ..Given::default() };
    given.overrides.clone_from(&prepared.given.overrides);
    for name in environment.map(|decl| environment::variables(project, decl)).unwrap_or_default() {
        let value = prepared.given.variables.get(name).cloned();
        given.variables.extend(value.map(|value| (name.to_owned(), value)));
    }
    let specs = project.roots.iter().filter_map(|id| project.module(*id)).filter_map(|module| {
        let file = matches!(module.origin, ModuleOrigin::File(_)).then(|| project.sources.get(module.source))?;
        Some(place.shown(&file?.name))
    });
    let header = Header {
        schema: TRACE_SCHEMA,
        tool: Tool::this(),
        epoch: recording.epoch().to_string(),
        folder: place.folder.clone(),
        root: place.root.clone(),
        specs: specs.collect(),
        environment: plan.environment.name.clone(),
        plan: args.target.plan.clone().filter(|_| release.name.is_some()),
        given,
        jobs: options.jobs,
        retries: options.retries,
        fail_fast: options.fail_fast,
        failed_only: wanted.failed_only,
    };
    let sources = project.sources.iter().filter(|file| !file.name.starts_with("<std.")).map(|file| SourceFile {
        path: place.shown(&file.name),
        bytes: bytes::Bytes::copy_from_slice(file.text.as_bytes()),
        fixture: false,
    });
    let fixtures = project.files.fixtures().into_iter().map(|(path, bytes)| SourceFile {
        path: place.of_path(&path),
        bytes: bytes::Bytes::copy_from_slice(&bytes),
        fixture: true,
    });
    let files = sources.chain(fixtures).collect();
    Tracer::new(wanted.clone(), recording, plan, output.redactor.clone(), (header, files))
}

/// How paths are written: relative to the working directory, which then needn't be known; absolute where something lies outside of it.
struct Place {
    here: PathBuf,
    folder: Option<String>,
    root: String,
}

impl Place {
    fn of(project: &Project) -> Self {
        let here = project.working_directory.clone();
        let is_below = project.sources.iter().all(|file| !Path::new(&file.name).is_absolute());
        match project.root.strip_prefix(&here) {
            Ok(root) if is_below => Self { root: root.display().to_string(), here, folder: None },
            _ => Self { root: project.root.display().to_string(), folder: Some(here.display().to_string()), here },
        }
    }

    /// Of a source, by the name that is shown.
    fn shown(&self, name: &str) -> String {
        match &self.folder {
            None => name.to_owned(),
            Some(_) => self.here.join(name).display().to_string(),
        }
    }

    fn of_path(&self, path: &Path) -> String {
        match &self.folder {
            None => path.strip_prefix(&self.here).unwrap_or(path).display().to_string(),
            Some(_) => path.display().to_string(),
        }
    }
}
