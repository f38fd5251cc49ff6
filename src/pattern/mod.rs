//! Patterns of events on a channel: a compiler and a machine of threads that judges a log of frames, live or recorded. Pure.
//!
//! `docs/language/event-patterns.md` defines what matches, which match is chosen and what each clock counts from.

mod history;
mod machine;
mod outcome;
mod program;
mod register;
mod step;
mod thread;
mod tree;

#[cfg(test)]
mod tests;

pub use machine::{Fit, MAX_THREADS, Machine, Settling, is_complete};
pub use outcome::{Cause, Failure, ItemReport, ItemState, Match, Status, Taken};
pub use program::{MAX_NODES, Program, TooLarge};
pub use tree::{Block, BlockId, Count, Gap, GapOp, Item, ItemId, Limit, Node, Order, Repeat};
