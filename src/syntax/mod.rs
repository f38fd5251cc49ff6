//! From a source text to its syntax tree and the diagnostics of what doesn't parse. The only place that knows pest.

pub mod ast;
