use std::path::{Path, PathBuf};

use super::files::normal;
use super::{Module, ModuleOrigin, Project};

/// Why a file that a spec names can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// It doesn't lie below the project's root, or its path is absolute.
    Outside,
    Missing,
}

impl Project {
    /// The folder that names of files in a module are relative to.
    pub fn folder_of(&self, module: &Module) -> PathBuf {
        match &module.origin {
            ModuleOrigin::File(path) => path.parent().map(Path::to_path_buf).unwrap_or_default(),
            ModuleOrigin::Memory(name) => {
                let folder = Path::new(name).parent().map(Path::to_path_buf).unwrap_or_default();
                if self.files.is_disk() { self.root.clone() } else { folder }
            }
            ModuleOrigin::Std(_) => self.root.clone(),
        }
    }

    /// The file that a module names, links followed.
    ///
    /// # Errors
    /// It lies outside the project, or doesn't exist.
    pub fn find_file(&self, module: &Module, name: &str) -> Result<PathBuf, FileProblem> {
        let path = normal(&self.folder_of(module).join(name));
        let real = self.files.canonical(&path);
        if Path::new(name).is_absolute() || !below(&path, &self.root) || !below(&real, &self.root) {
            return Err(FileProblem::Outside);
        }
        if self.files.is_file(&path) { Ok(real) } else { Err(FileProblem::Missing) }
    }
}

/// Whether a path stays below a root; the root of a project in memory is empty.
fn below(path: &Path, root: &Path) -> bool {
    path.starts_with(root) && !path.starts_with("..") && path.is_absolute() == root.is_absolute()
}
