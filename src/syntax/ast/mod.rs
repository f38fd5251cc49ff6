//! The syntax tree: what was written, with the span of every part. It knows nothing of what names mean.
//!
//! Where a piece doesn't parse, an `Error` variant stands for it; its diagnostic has been given, and later stages pass over it.

mod channel;
mod decl;
mod expect;
mod expr;
mod form;
mod load;
mod plan;
mod request;
mod stmt;
mod types;

pub use channel::*;
pub use decl::*;
pub use expect::*;
pub use expr::*;
pub use load::*;
pub use plan::*;
pub use request::*;
pub use stmt::*;
pub use types::*;

use crate::source::{SourceId, Span};

/// A whole file, or its outline. `comments` holds every comment in the order of the text, doc comments included, so that no text is lost; an outline
/// has none.
#[derive(Clone, Debug)]
pub struct File {
    pub source: SourceId,
    pub items: Vec<Item>,
    pub comments: Vec<Comment>,
    /// What is inside of its suites and loads was left out: nothing that other files can name.
    pub is_outline: bool,
}

/// A `#` comment without its line end. `doc` is true for `##`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    pub doc: bool,
}

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    pub text: String,
    pub span: Span,
}

/// A name with its module: `agents.event_flow`, `Thread`, `login.as_user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub segments: Vec<Ident>,
    pub span: Span,
}

/// A string without interpolation (names of tests, paths of files): its decoded value. The span includes the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrLit {
    pub value: String,
    pub span: Span,
}

/// The doc comment (`##` lines, joined by line ends) above a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    pub text: String,
    pub span: Span,
}
