//! What a run leaves as it goes on, so that nothing learned is lost however it ends: the journal, its writer and its reader.

mod journal;
mod read;

pub use journal::Journal;
pub use read::{Reading, read};
