//! Source texts: files with their names, spans into them, and lines and columns computed from offsets.

mod change;
mod line_index;
mod load;
mod map;
mod read;
mod spread;

pub use change::Change;
pub use line_index::{LineIndex, Position};
pub use load::decode;
pub use map::{SourceFile, SourceId, Sources, Span};
pub use read::{Readable, read_file};
pub use spread::{end_spreading, let_go, spread};

/// The largest source file that is read, in bytes. A larger one gets a diagnostic instead of being parsed.
pub const MAX_SOURCE_BYTES: usize = 8 * 1024 * 1024;
