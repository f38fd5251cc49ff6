//! From a plan and recorded evidence to outcomes. Pure: it sees neither a socket nor a clock nor a file.

pub mod channel;
mod excerpt;
mod failure;
mod frame;
mod left_out;
pub mod load;
mod outcome;
mod readable;
pub mod release;
mod response;
#[cfg(test)]
mod tests;
mod verdict;

pub use channel::ChannelJudge;
pub use excerpt::{json_excerpt, text_excerpt};
pub use frame::fits;
pub(crate) use frame::is_named;
pub use left_out::{ANY_PATH, Asked, KEPT_EXCHANGES, KEPT_STEPS, Kind, LeftOut};
pub use outcome::*;
pub(crate) use response::captured;
pub use response::{Judged, expectation, response};
pub use verdict::{TestFacts, outcome_of};
