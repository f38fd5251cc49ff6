//! The execution plan: a checked program with its names resolved, its literals compiled and its tests laid out, ready to run.
//!
//! Names have become slots, JSONPaths and regexes are compiled, parametrised tests are unrolled. Nothing here does anything.

mod ir;

pub use ir::*;
