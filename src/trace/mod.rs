//! What a run leaves as it goes on, so that nothing learned is lost however it ends: the journal, its writer and its reader.

mod conceal;
mod disguise;
mod file;
mod journal;
mod open;
mod read;
mod rebuild;
mod replay;
mod surrogate;
mod tracer;
mod verify;
mod write;

pub use file::{Header, TRACE_SCHEMA};
pub use journal::Journal;
pub use open::SourceFile;
pub use open::Trace;
pub use read::{Reading, read};
pub use rebuild::{Rebuilt, Unusable};
pub use replay::{Replay, edited};
pub use tracer::{Tracer, Wanted};
pub use write::Limits;
