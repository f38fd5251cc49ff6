use super::super::Evidence;
use super::super::fit::{Asked, Captures};
use super::super::view::View;
use crate::pattern::Failure;

/// A view that failed, with what its explanation is taken from.
pub(super) struct Explainer<'a> {
    pub failure: &'a Failure<Captures>,
    pub view: &'a View,
    pub evidence: &'a Evidence<'a>,
}

impl Explainer<'_> {
    pub fn text(&self, asked: &Asked) -> String {
        self.evidence.text(asked.item.head)
    }
}
