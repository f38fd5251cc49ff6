//! A project: the files given, the files and modules they import, and what their names refer to across files.

mod cache;
mod config;
mod discover;
mod files;
mod fixture;
mod graph;
mod imports;
mod load;
mod stdlib;
mod target;
#[cfg(test)]
mod tests;
mod trees;

pub use cache::Cache;
pub use config::Config;
pub use files::Files;
pub use fixture::FileProblem;
pub use graph::{DeclRef, Module, ModuleId, ModuleOrigin, Project, Target, declared_name};
pub use load::{Options, from_memory, load, load_again};
pub use stdlib::names as std_modules;
pub use target::DEMO_VALUES;
