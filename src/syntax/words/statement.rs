use super::Context;
use crate::syntax::grammar::Rule;

/// A statement: what begins it, and where.
pub struct Statement {
    /// The phrases that begin it. None where it begins with a name or a value.
    pub words: &'static [&'static str],
    pub(in crate::syntax) rule: Rule,
    /// Where it is allowed.
    pub contexts: &'static [Context],
    /// Where it isn't, and is parsed nevertheless: `check` knows better why.
    pub(super) parsed_in: &'static [Context],
    pub(super) braces: Braces,
    pub meaning: &'static str,
    /// One as a whole; `{ … }` stands for its block.
    pub example: &'static str,
    /// Whether its example says more than what is missing: then messages show it.
    pub is_involved: bool,
}

/// What braces are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Braces {
    /// Those of its block, or of several.
    Block,
    /// Those of values.
    Values,
    None,
}

impl Statement {
    pub(super) const fn block(self) -> Self {
        Self { braces: Braces::Block, ..self }
    }

    pub(super) const fn values(self) -> Self {
        Self { braces: Braces::Values, ..self }
    }

    pub(super) const fn involved(self) -> Self {
        Self { is_involved: true, ..self }
    }

    pub(super) const fn parsed_in(self, contexts: &'static [Context]) -> Self {
        Self { parsed_in: contexts, ..self }
    }

    /// The words that may be first.
    pub(super) fn first_words(&self) -> impl Iterator<Item = &'static str> {
        self.words.iter().map(|phrase| phrase.split(' ').next().unwrap_or(phrase))
    }
}

pub(super) const fn row(
    words: &'static [&'static str],
    rule: Rule,
    contexts: &'static [Context],
    meaning: &'static str,
    example: &'static str,
) -> Statement {
    Statement { words, rule, contexts, parsed_in: &[], braces: Braces::None, meaning, example, is_involved: false }
}
