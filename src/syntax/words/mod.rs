//! One table of the language's words: what each says, where it may be, by which rule of the grammar it is parsed, and how it is written. What begins a
//! statement, what a misspelt word is taken for, what messages list, and the page `docs/language/words.md` are made of it. Types, which are words of
//! values, are in `value::named`.

mod context;
mod lookup;
mod matchers;
mod methods;
mod statement;
mod statements;
mod subjects;

pub use context::Context;
pub(in crate::syntax) use lookup::{block_words, declaration_words, example, value_words};
pub(in crate::syntax) use matchers::first_words;
pub use matchers::{Body, Decided, Fits, Looks, MatcherRow, Other, Plain, WithOperand, matcher_rows, matcher_word};
pub use methods::{COMMON_METHODS, is_method, methods};
pub use statement::Statement;
pub use statements::STATEMENTS;
pub(in crate::syntax) use subjects::response_words;
pub use subjects::{Gives, Of, SubjectRow, SubjectWord};

/// An enum of words, each with its row.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident: $row:ident { $($variant:ident => $value:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($variant,)*
        }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            pub fn row(self) -> &'static $row {
                match self {
                    $($name::$variant => {
                        static ROW: $row = $value;
                        &ROW
                    })*
                }
            }
        }
    };
}
use table;
