use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Deref;

use super::doubts::Doubts;
use super::index::Index;
use super::kept::Memory;
use crate::project::Module;
use crate::source::{SourceId, Span};

/// The index as the check of one module sees it: with what doesn't parse of the module itself, and with a note of each question whose answer depends on
/// files that aren't parsed yet.
pub(super) struct View<'p> {
    index: &'p Index<'p>,
    source: SourceId,
    own: Option<&'p Doubts<'p>>,
    asked: RefCell<Asked>,
    /// What the last check left, where this one leaves something to the next.
    pub memory: Option<&'p Memory>,
    answers: RefCell<Vec<Answer>>,
}

/// What was asked of that which doesn't parse, in the module itself or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    IsBroken(Span),
    AnyMentions(String),
    Mentions(SourceId, String),
    HasError(Span),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub question: Question,
    pub is_yes: bool,
}

/// What was asked of other files that don't parse, and answered with "no" as far as it was known.
#[derive(Debug, Default)]
pub(super) struct Asked {
    names: HashSet<String>,
    names_in: HashSet<(SourceId, String)>,
    spans: HashSet<Span>,
}

impl<'p> View<'p> {
    /// `own`: what doesn't parse of the module, where the index doesn't know it.
    pub fn new(index: &'p Index<'p>, module: &Module, own: Option<&'p Doubts<'p>>, memory: Option<&'p Memory>) -> Self {
        let own = own.or_else(|| index.doubts(module.source));
        Self { index, source: module.source, own, asked: RefCell::default(), memory, answers: RefCell::default() }
    }

    /// How much was asked so far, where that is noted.
    pub fn answered(&self) -> usize {
        self.answers.borrow().len()
    }

    /// The questions since then, with their answers; they are forgotten here.
    pub fn answers_since(&self, before: usize) -> Vec<Answer> {
        self.answers.borrow_mut().split_off(before)
    }

    pub fn ask(&self, question: &Question) -> bool {
        match question {
            Question::IsBroken(span) => self.is_broken(*span),
            Question::AnyMentions(name) => self.any_broken_mentions(name),
            Question::Mentions(source, name) => self.broken_mentions(*source, name),
            Question::HasError(place) => self.has_error(*place),
        }
    }

    fn noted(&self, is_yes: bool, question: impl FnOnce() -> Question) -> bool {
        if self.memory.is_some() {
            self.answers.borrow_mut().push(Answer { question: question(), is_yes });
        }
        is_yes
    }

    pub fn asked(self) -> Asked {
        self.asked.into_inner()
    }

    /// See [`Index::is_broken`].
    pub fn is_broken(&self, span: Span) -> bool {
        self.noted(self.find_broken(span), || Question::IsBroken(span))
    }

    fn find_broken(&self, span: Span) -> bool {
        if span.source == self.source {
            return self.own.is_some_and(|own| own.is_broken(span));
        }
        let is_broken = self.index.is_broken(span);
        if !is_broken && self.index.is_partial {
            self.asked.borrow_mut().spans.insert(span);
        }
        is_broken
    }

    /// See [`Index::any_broken_mentions`]. To be asked only of what would be reported otherwise.
    pub fn any_broken_mentions(&self, name: &str) -> bool {
        let mentioned =
            self.own.is_some_and(|own| own.mentions(self.index.project, name)) || self.index.any_broken_mentions(name);
        if !mentioned && self.index.is_partial {
            self.asked.borrow_mut().names.insert(name.to_owned());
        }
        self.noted(mentioned, || Question::AnyMentions(name.to_owned()))
    }

    /// See [`Index::broken_mentions`].
    pub fn broken_mentions(&self, source: SourceId, name: &str) -> bool {
        self.noted(self.find_mention(source, name), || Question::Mentions(source, name.to_owned()))
    }

    fn find_mention(&self, source: SourceId, name: &str) -> bool {
        if source == self.source {
            return self.own.is_some_and(|own| own.mentions(self.index.project, name));
        }
        let mentioned = self.index.broken_mentions(source, name);
        if !mentioned && self.index.is_partial {
            self.asked.borrow_mut().names_in.insert((source, name.to_owned()));
        }
        mentioned
    }

    /// Whether loading found an error inside a span of the module.
    pub fn has_error(&self, place: Span) -> bool {
        self.noted(self.own.is_some_and(|own| own.has_error(place)), || Question::HasError(place))
    }
}

impl<'p> Deref for View<'p> {
    type Target = Index<'p>;

    fn deref(&self) -> &Index<'p> {
        self.index
    }
}

impl Asked {
    /// Whether the answers are still "no", now that more is known.
    pub fn still_holds(&self, index: &Index<'_>) -> bool {
        !self.names.iter().any(|name| index.any_broken_mentions(name))
            && !self.names_in.iter().any(|(source, name)| index.broken_mentions(*source, name))
            && !self.spans.iter().any(|span| index.is_broken(*span))
    }
}
