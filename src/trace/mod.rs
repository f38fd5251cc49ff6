//! What a run leaves as it goes on, so that nothing learned is lost however it ends: the journal, its writer and its reader.

mod conceal;
mod depends;
mod disguise;
mod file;
mod forms;
mod group;
mod har;
mod journal;
mod late;
mod loads;
mod looks;
mod open;
mod patterns;
mod read;
mod readable;
mod rebuild;
mod recorder;
mod replay;
mod requests;
mod respell;
mod show;
mod surrogate;
#[cfg(test)]
mod tests;
mod tracer;
mod units;
mod verify;
mod wanted;
mod write;

pub use file::{Header, TRACE_SCHEMA};
pub use group::{Group, chosen};
pub use har::{Har, har};
pub use journal::Journal;
pub use looks::Looks;
pub use open::SourceFile;
pub use open::Trace;
pub use read::{Reading, read};
pub use rebuild::{Rebuilt, Unusable};
pub use replay::{Replay, edited};
pub use show::{full, list, run};
pub use surrogate::SurrogateKey;
pub use tracer::Tracer;
pub use wanted::Wanted;
pub use write::Limits;
