//! Loads between what judges them and what reports them: a report, a journal and the blobs of shards are judged by the same code as a run.

mod again;
mod known;
mod places;
mod writer;

pub use again::{Again, Explained};
pub use known::Known;
pub use places::Places;
pub use writer::{About, LoadWriter};
