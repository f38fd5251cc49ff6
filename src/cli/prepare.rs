//! What `run` and `list` have in common: from the arguments to a plan.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::args::{Filters, Target};
use super::exit::Exit;
use super::output::Output;
use crate::check::listed;
use crate::diag::{Diagnostic, Severity, codes};
use crate::plan::environment::{self, Given};
use crate::plan::{AskedLine, Places, Plan, Release, Selection};
use crate::project::{DEMO_VALUES, DeclRef, Files, Options, Project};
use crate::source::{Readable, Span, read_file};

/// The largest `--env-file`, in bytes.
const MAX_ENV_FILE_BYTES: u64 = 1 << 20;

/// A project without errors, and the environment that was chosen for it.
pub struct Prepared {
    pub project: Project,
    pub environment: Option<DeclRef>,
    /// The plan that was asked for.
    pub release: Option<DeclRef>,
    pub given: Given,
    /// Of the files that were given, what their lines select; `None` for all.
    pub places: Option<Places>,
    pub warnings: usize,
    /// Paths that were given and hold nothing that runs, or that says how; others do.
    pub idle: Vec<PathBuf>,
}

/// Loads and checks the files, and reads what is given from outside. Problems are reported; nothing is run then.
pub fn prepare(target: &Target, output: &Output) -> Result<Prepared, Exit> {
    let (paths, lines) = paths(&target.paths);
    let loaded = paths.iter().chain(lines.iter().map(|asked| &asked.path)).cloned().collect();
    let options = Options { paths: loaded, outlines: true, for_plan: true, ..Options::default() };
    let project = crate::project::load(&Files::disk(), &options);
    let all = listed(&project);
    let warnings = all.iter().filter(|one| one.severity == Severity::Warning).count();
    if all.iter().any(|one| one.is_error()) {
        let errors: Vec<&Diagnostic> = all.iter().filter(|one| one.is_error()).collect();
        output.diagnostics(errors.iter().copied(), &project.sources);
        let count = errors.len();
        output
            .error(&format!("{count} {} in the specs; nothing was run\n", if count == 1 { "error" } else { "errors" }));
        return Err(Exit::Diagnostics);
    }
    let places = crate::plan::locate(&project, &paths, &lines).map_err(|diagnostics| {
        output.diagnostics(&diagnostics, &project.sources);
        Exit::Diagnostics
    })?;
    let mut given = Given { variables: super::shard::variables(), ..Given::default() };
    for (name, value) in env_files(&target.env_file, &project, output)? {
        // What is set in the process wins over a file, as in other tools. Empty is as good as not set.
        let set = given.variables.entry(name).or_default();
        if set.is_empty() {
            *set = value;
        }
    }
    given.overrides = overrides(&target.set).map_err(|diagnostic| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    })?;
    let reported = |diagnostic: Box<Diagnostic>| {
        output.diagnostics([&*diagnostic], &project.sources);
        Exit::Diagnostics
    };
    let release = match &target.plan {
        Some(name) => Some(crate::plan::choose_plan(&project, name).map_err(reported)?),
        None => None,
    };
    let default = project.config.environment.as_ref().map(|name| name.value.as_str());
    let asked = match release {
        Some(release) => {
            let default = default.or_else(|| {
                let all = || project.environments().map(|(_, environment)| environment);
                all().find(|environment| environment.default).map(|environment| environment.name.text.as_str())
            });
            crate::plan::plan_environment(&project, release, target.env.as_deref(), default).map_err(reported)?
        }
        None => target.env.as_deref().or(default),
    };
    let environment = environment::choose(&project, asked).map_err(reported)?;
    let idle = idle(&project, &paths);
    Ok(Prepared { project, environment, release, given, places, warnings, idle })
}

/// The paths below which no file holds a suite, a load, a plan or an environment.
fn idle(project: &Project, paths: &[PathBuf]) -> Vec<PathBuf> {
    use crate::syntax::ast::ItemKind::{Environment, Load, Plan, Suite};
    let busy: Vec<PathBuf> = project
        .roots
        .iter()
        .filter_map(|id| project.module(*id))
        .filter(|module| {
            module.ast.items.iter().any(|item| matches!(item.kind, Suite(_) | Load(_) | Plan(_) | Environment(_)))
        })
        .filter_map(|module| match &module.origin {
            crate::project::ModuleOrigin::File(path) => Some(path.clone()),
            _ => None,
        })
        .collect();
    let is_idle = |path: &&PathBuf| {
        let real = project.files.canonical(path);
        !busy.iter().any(|busy| busy.starts_with(&real))
    };
    paths.iter().filter(is_idle).cloned().collect()
}

/// The variables of all `--env-file`s; a later file wins over an earlier one. What is wrong with any of them is reported together.
fn env_files(paths: &[PathBuf], project: &Project, output: &Output) -> Result<BTreeMap<String, String>, Exit> {
    let mut sources = project.sources.clone();
    let mut values = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let read =
            read_file(path, MAX_ENV_FILE_BYTES, Readable::Streams).map_err(|error| format!("can't be read: {error}"));
        let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "isn't UTF-8".to_owned()));
        let text = text.map_err(|reason| {
            let message = format!("the file `{name}` {reason}");
            output.usage(
                &Diagnostic::error(&codes::BAD_ARGUMENT_FILE, Span::nowhere(), message)
                    .with_help("check the path after `--env-file`; the file is made of `NAME=VALUE` lines"),
            );
            Exit::Diagnostics
        })?;
        let id = sources.add(&name, crate::plan::hidden_env_file(&text));
        match crate::plan::parse_env_file(id, &text) {
            Ok(read) => values.extend(read),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    if wrong.is_empty() {
        return Ok(values);
    }
    output.diagnostics(&wrong, &sources);
    Err(Exit::Diagnostics)
}

/// Values that stand for the demo's where it isn't started.
pub fn demo_placeholders() -> Vec<(String, String, bool)> {
    DEMO_VALUES
        .iter()
        .map(|(name, secret)| ((*name).to_owned(), format!("http://demo.invalid/{name}"), *secret))
        .collect()
}

impl Prepared {
    pub fn wants_demo(&self) -> bool {
        self.environment.is_some_and(|environment| environment::wants_demo(&self.project, environment))
    }

    /// The plan of the tests that are selected, and the phases that run them.
    pub fn plan(&self, filters: &Filters, output: &Output) -> Result<(Plan, Release), Exit> {
        let reported = |diagnostics: Vec<Diagnostic>| {
            output.diagnostics(&diagnostics, &self.project.sources);
            Exit::Diagnostics
        };
        let environment = environment::resolve(&self.project, self.environment, &self.given).map_err(reported)?;
        output.diagnostics(&environment.warnings, &self.project.sources);
        if let Some(release) = self.release {
            let required = crate::plan::required_values(&self.project, release);
            crate::plan::unmet(&environment, &required).map_or(Ok(()), |unmet| Err(reported(vec![unmet])))?;
        }
        let mut plan = crate::plan::compile(&self.project, environment, self.release).map_err(reported)?;
        let (without, tags): (Vec<String>, Vec<String>) =
            filters.tag.iter().cloned().partition(|tag| tag.starts_with('!'));
        let selection = Selection {
            tags,
            without_tags: without.into_iter().map(|tag| tag[1..].to_owned()).collect(),
            priorities: filters.priority.clone(),
            text: filters.keyword.clone(),
            places: self.places.clone(),
        };
        crate::plan::select(&mut plan, &selection).map_err(|diagnostics| {
            let nothing = diagnostics.iter().all(|one| *one.code == codes::NOTHING_SELECTED);
            let exit = reported(diagnostics);
            if nothing { Exit::NothingProved } else { exit }
        })?;
        let release = crate::plan::lay_out_phases(&mut plan);
        Ok((plan, release))
    }
}

/// Splits `path:line` and `path:line:column`, as diagnostics write it, from paths without a line; a file whose name really ends so is taken as
/// it is.
fn paths(typed: &[String]) -> (Vec<PathBuf>, Vec<AskedLine>) {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut lines: Vec<AskedLine> = Vec::new();
    for text in typed {
        let whole = PathBuf::from(text);
        let split = |text: &str| -> Option<AskedLine> {
            let (path, line) = text.rsplit_once(':')?;
            let digits = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
            // A number that is too large is one of a line that isn't there.
            digits.then(|| AskedLine { path: path.into(), line: line.parse().unwrap_or(u32::MAX) })
        };
        let asked = split(text).filter(|_| !whole.exists()).map(|asked| match split(&asked.path.to_string_lossy()) {
            Some(outer) if !asked.path.exists() => outer,
            _ => asked,
        });
        match asked {
            Some(asked) if !lines.contains(&asked) => lines.push(asked),
            None if !paths.contains(&whole) => paths.push(whole),
            _ => {}
        }
    }
    (paths, lines)
}

fn overrides(typed: &[String]) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    let parse = |text: &String| {
        let (name, value) = text.split_once('=')?;
        let name = name.trim().strip_prefix("env.")?;
        (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    typed
        .iter()
        .map(|text| {
            parse(text).ok_or_else(|| {
                let message = format!("`--set {text}` doesn't say which value it sets");
                let help = "write `--set env.NAME=VALUE`, for example `--set env.api=http://127.0.0.1:8080`";
                Box::new(Diagnostic::error(&codes::BAD_SET, Span::nowhere(), message).with_help(help))
            })
        })
        .collect()
}

impl Prepared {
    /// Stands in for variables that aren't set, where nothing is going to be sent, and so through no proxy either.
    pub fn fill_in_missing(&mut self) {
        self.given.dry = true;
        for proxy in environment::PROXIES {
            self.given.variables.remove(proxy);
        }
        use crate::syntax::ast::{EnvEntryKind, EnvValue, ItemKind};
        let Some(item) = self.environment.and_then(|decl| self.project.item(decl)) else { return };
        let ItemKind::Environment(environment) = &item.kind else { return };
        for entry in &environment.entries {
            let EnvEntryKind::Value { value, .. } = &entry.kind else { continue };
            // Of a secret it is one that nothing is said of.
            let (variable, stand_in) = match value {
                EnvValue::Secret { variable, .. } => (variable, "(not given)"),
                EnvValue::Variable { variable, .. } => (variable, "-"),
                EnvValue::Expr(_) => continue,
            };
            let value = self.given.variables.entry(variable.value.clone()).or_default();
            if value.is_empty() {
                stand_in.clone_into(value);
            }
        }
    }
}
