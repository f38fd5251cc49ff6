//! The execution plan: a checked program with its names resolved, its literals compiled and its tests laid out, ready to run.
//!
//! Names have become slots, JSONPaths and regexes are compiled, parametrised tests are unrolled. Nothing here does anything.

mod chosen;
mod constant;
mod dotenv;
pub mod environment;
mod files;
mod filter;
mod fixtures;
mod identity;
mod ir;
mod known;
mod list;
mod loads;
mod lower;
mod phases;
mod places;
pub mod schedule;
mod secrets;
mod selection;
mod shard;
#[cfg(test)]
mod tests;

pub use dotenv::{hidden as hidden_env_file, parse as parse_env_file};
pub use filter::{keep_only, select};
pub use fixtures::{
    asks_nothing, cases, cases_unknown, fixture, known, no_cases, no_limit, query, raw_fixture, schema,
};
pub use ir::*;
pub use known::{KnownMatcher, known_matcher};
pub use list::{describe, describe_phases, tree};
pub use lower::{compile, head};
pub use phases::{choose_plan, lay_out_phases, plan_environment, required_values, unmet};
pub use places::{AskedLine, Places, locate};
pub use selection::Selection;
pub use shard::{Group, partition};
