use std::sync::LazyLock;

use super::Context;
use super::methods::is_method;
use super::statement::{Braces, Statement};
use super::statements::{STATEMENTS, STEPS};
use crate::syntax::grammar::Rule;

/// The first words of the statements that are parsed in each place.
static BY_CONTEXT: LazyLock<Vec<Vec<(&'static str, Rule)>>> = LazyLock::new(|| {
    let mut all = vec![Vec::new(); Context::ALL.len()];
    for statement in STATEMENTS {
        for context in statement.contexts.iter().chain(statement.parsed_in) {
            if let Some(words) = all.get_mut(*context as usize) {
                words.extend(statement.first_words().map(|word| (word, statement.rule)));
            }
        }
    }
    all
});

/// The first words of statements with such braces.
fn words_with(braces: Braces) -> Vec<&'static str> {
    STATEMENTS.iter().filter(|one| one.braces == braces).flat_map(Statement::first_words).collect()
}

/// The words that begin a statement with a block.
pub(in crate::syntax) fn block_words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| words_with(Braces::Block));
    &WORDS
}

/// The words that begin a statement whose braces all belong to values.
pub(in crate::syntax) fn value_words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| words_with(Braces::Values));
    &WORDS
}

/// The words that begin a declaration.
pub(in crate::syntax) fn declaration_words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| Context::File.keywords());
    &WORDS
}

impl Context {
    /// The words that may begin a statement here.
    pub fn keywords(self) -> Vec<&'static str> {
        let mut words = Vec::new();
        for word in STATEMENTS.iter().filter(|one| one.contexts.contains(&self)).flat_map(Statement::first_words) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// The rule of the statement that begins with a word here.
    pub(in crate::syntax) fn rule(self, word: &str) -> Option<Rule> {
        let known = BY_CONTEXT.get(self as usize)?.iter().find(|(first, _)| *first == word);
        known.map(|(_, rule)| *rule).or_else(|| (STEPS.contains(&self) && is_method(word)).then_some(Rule::request))
    }
}

/// A whole statement of a rule, where its messages show one.
pub(in crate::syntax) fn example(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::shape_field => Some("title?: string or null"),
        // Its head is that of a loop.
        Rule::parallel => example(Rule::for_each_stmt),
        _ => STATEMENTS.iter().find(|one| one.rule == rule && one.is_involved).map(|one| one.example),
    }
}
