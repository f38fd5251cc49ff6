//! From a plan and recorded evidence to outcomes. Pure: it sees neither a socket nor a clock nor a file.

mod outcome;

pub use outcome::*;
