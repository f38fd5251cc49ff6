//! Layer one, second half: which bracket belongs to which, also where some are missing, and the statements of a block.

mod balance;
mod pieces;
mod repair;

pub use balance::{MAX_NESTING, balance};
pub use pieces::{Body, Piece, Segment, Separators, Splitter};
