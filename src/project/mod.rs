//! A project: the files given, the files and modules they import, and what their names refer to across files.

mod graph;

pub use graph::{DeclRef, Module, ModuleId, ModuleOrigin, Project, Target};
