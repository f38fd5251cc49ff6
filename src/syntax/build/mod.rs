//! Layer two, inner half: from what pest gives for one head to its part of the tree. One file a construct.

mod channels;
mod conditions;
mod expectations;
mod expressions;
mod jsonpaths;
mod loads;
mod measures;
mod quantities;
mod requests;
mod styles;
mod templates;
mod texts;
mod types;

pub use channels::PatternHead;
pub use conditions::About;
pub use quantities::unit_meant;

use super::MAX_DIAGNOSTICS;
use super::ast::{Expr, ExprKind, Ident};
use super::grammar::{Kids, Node, Rule};
use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};

/// A change of a head's text before it was parsed, in offsets of the changed text.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub at: usize,
    pub new_len: usize,
    pub old_len: usize,
}

/// Builds the tree of one head: knows where the head is in the file, and takes the diagnostics.
pub struct Build<'a> {
    pub source: SourceId,
    /// The whole file.
    file: &'a str,
    base: usize,
    edits: &'a [Edit],
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Build<'a> {
    pub fn new(
        source: SourceId,
        file: &'a str,
        base: usize,
        edits: &'a [Edit],
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self { source, file, base, edits, diagnostics }
    }

    /// The same for a part of the head that is at `base` of the file and is parsed on its own.
    fn nested(&mut self, base: usize) -> Build<'_> {
        Build { source: self.source, file: self.file, base, edits: &[], diagnostics: self.diagnostics }
    }

    /// The offset in the file of an offset in the head.
    pub fn offset(&self, at: usize) -> usize {
        file_offset(self.base, self.edits, at)
    }

    /// The span of a node, without the white space that a rule may have taken behind it.
    pub fn span(&self, node: &Node<'_>) -> Span {
        let start = node.start();
        self.range(start, start + node.as_str().trim_end().len())
    }

    /// The span of a range of the head.
    pub fn range(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, self.offset(start), self.offset(end))
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    pub fn ident(&self, node: &Node<'_>) -> Ident {
        Ident { text: node.as_str().to_owned(), span: self.span(node) }
    }

    /// The next name, whatever is before it.
    pub fn name(&self, kids: &mut Kids<'_>) -> Ident {
        kids.find(|node| {
            matches!(node.as_rule(), Rule::name | Rule::word | Rule::method | Rule::tag | Rule::statistic_name)
        })
        .map_or_else(|| Ident { text: String::new(), span: self.range(0, 0) }, |node| self.ident(&node))
    }

    /// All the names that follow, of a list or one by one.
    pub fn names(&self, kids: &mut Kids<'_>) -> Vec<Ident> {
        kids.flat_map(|node| match node.as_rule() {
            Rule::names | Rule::tag_list | Rule::import_names => node.into_inner().collect(),
            _ => vec![node],
        })
        .filter(|node| matches!(node.as_rule(), Rule::name | Rule::tag))
        .map(|node| self.ident(&node))
        .collect()
    }

    /// The expression of the next child that is one.
    pub fn expr(&mut self, kids: &mut Kids<'_>) -> Expr {
        let is_expr =
            |node: &Node<'_>| matches!(node.as_rule(), Rule::logic | Rule::operand | Rule::postfix | Rule::string);
        match kids.find(is_expr) {
            Some(node) => self.expr_of(node),
            None => self.error_expr(),
        }
    }

    pub fn expr_of(&mut self, node: Node<'_>) -> Expr {
        match node.as_rule() {
            Rule::logic => self.logic(node),
            Rule::operand => self.operand(node),
            Rule::postfix => self.postfix(node),
            _ => self.primary(node),
        }
    }

    /// Is where the grammar doesn't let nothing be.
    pub fn error_expr(&self) -> Expr {
        Expr { span: self.range(0, 0), kind: ExprKind::Error }
    }
}

/// The offset in the file of an offset in a head that begins at `base` and was changed by `edits`.
pub fn file_offset(base: usize, edits: &[Edit], at: usize) -> usize {
    let mut added = 0;
    let mut removed = 0;
    for edit in edits {
        if at <= edit.at {
            break;
        }
        if at < edit.at + edit.new_len {
            return base + edit.at + removed - added;
        }
        added += edit.new_len;
        removed += edit.old_len;
    }
    base + at + removed - added
}
