//! A small declarative language for end-to-end tests, and the tool that checks, runs and reports them.
//!
//! Data flows one way: files → [`source`] → [`syntax`] → [`check`] → [`plan`] → [`run`] → [`judge`] → [`report`].
//! `docs/architecture.md` says what each stage owns and which invariants `tests/tidy.rs` keeps.

pub mod check;
pub mod cli;
pub mod demo;
pub mod diag;
pub mod eval;
pub mod event;
pub mod judge;
pub mod matchers;
pub mod net;
pub mod pattern;
pub mod plan;
pub mod project;
pub mod report;
pub mod run;
pub mod source;
pub mod syntax;
pub mod trace;
pub mod value;
pub mod world;
