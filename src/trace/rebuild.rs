//! From what a trace holds to the plan that was carried out.

use std::path::PathBuf;
use std::sync::Arc;

use super::file::Header;
use super::open::SourceFile;
use crate::diag::Diagnostic;
use crate::plan::{self, Plan, Release, environment};
use crate::project::{self, Files, Project};
use crate::source::Sources;

/// A plan that tests are run again by.
pub struct Rebuilt {
    pub sources: Sources,
    pub plan: Arc<Plan>,
    pub release: Release,
}

/// Why there is no plan, with the sources that it is said of.
pub type Unusable = Box<(Vec<Diagnostic>, Sources)>;

impl Rebuilt {
    /// From the specs that the trace holds.
    ///
    /// # Errors
    /// They can't be read, or no plan can be made of them.
    pub fn of_trace(header: &Header, files: &[SourceFile]) -> Result<Self, Unusable> {
        let files = files.iter().map(|file| (PathBuf::from(&file.path), file.bytes.to_vec()));
        let options = project::Options {
            paths: header.specs.iter().map(PathBuf::from).collect(),
            root: Some(PathBuf::from(&header.root)),
            working_directory: header.folder.as_ref().map(PathBuf::from),
            outlines: false,
            for_plan: false,
        };
        Self::of_project(&project::load(&Files::memory(files), &options), header)
    }

    /// From other specs, with the values that the trace was recorded with.
    ///
    /// # Errors
    /// They are wrong, or no plan can be made of them.
    pub fn of_project(project: &Project, header: &Header) -> Result<Self, Unusable> {
        let because = |diagnostics: Vec<Diagnostic>| Box::new((diagnostics, project.sources.clone()));
        let wrong: Vec<Diagnostic> = project.diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
        if !wrong.is_empty() {
            return Err(because(wrong));
        }
        let alone = |diagnostic: Box<Diagnostic>| because(vec![*diagnostic]);
        let release = header.plan.as_deref().map(|name| plan::choose_plan(project, name)).transpose().map_err(alone)?;
        let chosen = match &header.environment {
            Some(name) => environment::choose(project, Some(name)).map_err(alone)?,
            None => None,
        };
        let environment = environment::resolve(project, chosen, &header.given).map_err(because)?;
        let mut plan = plan::compile(project, environment, release).map_err(because)?;
        let release = plan::lay_out_phases(&mut plan);
        Ok(Self { sources: project.sources.clone(), plan: Arc::new(plan), release })
    }
}
