//! The registry of codes: every diagnostic that the tool can give, one constant each, with a page in `docs/errors/`.
//!
//! A code is stable: people filter by it and link to it. Its page is `docs/errors/STAGE.NAME.md` for `e2e::STAGE::NAME`.

/// The identity of a kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `e2e::check::unknown_name`.
    pub name: &'static str,
    /// What it means, in a line, for lists of codes.
    pub summary: &'static str,
}

/// Declares one file's codes and the slice that lists them.
macro_rules! registry {
    ($($constant:ident = $name:literal, $summary:literal;)*) => {
        $(#[doc = $summary] pub static $constant: Code = Code { name: $name, summary: $summary };)*
        pub(super) static LISTED: &[&Code] = &[$(&$constant),*];
    };
}

mod channel;
mod check;
mod cli;
mod expect;
mod file;
mod load;
mod net;
mod plan;
mod replay;
mod run;
mod syntax;

pub use {channel::*, check::*, cli::*, expect::*, file::*, load::*, net::*, plan::*, replay::*, run::*, syntax::*};

/// Every code, in the order of the stages.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [
        file::LISTED,
        syntax::LISTED,
        check::LISTED,
        plan::LISTED,
        run::LISTED,
        load::LISTED,
        net::LISTED,
        expect::LISTED,
        channel::LISTED,
        replay::LISTED,
        cli::LISTED,
    ]
    .into_iter()
    .flatten()
    .copied()
}
