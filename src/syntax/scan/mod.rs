//! Layer one, first half: the text as tokens that know strings, comments, regexes, bare URLs and brackets, and nothing else.
//!
//! Everything here is linear in the length of the text, whatever is in it.

mod odd;
mod quotes;
mod regex;
mod scanner;
mod strings;
mod token;
mod urls;

pub use scanner::{Scanned, scan};
pub use strings::indentation;
pub use token::{Tok, Token, closer_of, opener_of};
