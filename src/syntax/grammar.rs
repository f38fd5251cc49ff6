use pest::Parser as _;
use pest::error::Error;
use pest_derive::Parser;

use super::matcher;

/// The grammar of one statement at a time; see `grammar/e2e.pest`.
#[derive(Parser)]
#[grammar = "../grammar/e2e.pest"]
struct Grammar;

/// What a rule matched, and where what is inside of it ends among the marks of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub rule: Rule,
    pub start: u32,
    pub end: u32,
    pub after: u32,
}

/// A text that is one of a rule as a whole: all its nodes, each before those inside of it.
#[derive(Debug)]
pub struct Tree<'i> {
    text: &'i str,
    marks: Vec<Mark>,
}

/// Parses a text by a rule for a whole statement. What doesn't match is given to pest, which knows what it expected.
///
/// # Errors
/// Pest's, with the rules that it tried.
pub fn parse(rule: Rule, text: &str) -> Result<Tree<'_>, Box<Error<Rule>>> {
    let matched = matcher::matched(rule, text, Vec::with_capacity(16));
    #[cfg(test)]
    assert_as_pest(rule, text, matched.as_deref());
    match matched {
        Some(marks) => Ok(Tree { text, marks }),
        None => by_pest(rule, text),
    }
}

/// Every statement that any test parses matches as pest says, and has the same nodes.
#[cfg(test)]
fn assert_as_pest(rule: Rule, text: &str, matched: Option<&[Mark]>) {
    let by_pest = by_pest(rule, text).ok();
    // What nests too deeply is left to pest.
    if matched.is_some() || text.len() < 1_000 {
        assert_eq!(matched, by_pest.as_ref().map(|tree| tree.marks.as_slice()), "{rule:?}: {text}");
    }
}

/// As [`parse`], by pest alone.
fn by_pest(rule: Rule, text: &str) -> Result<Tree<'_>, Box<Error<Rule>>> {
    let pairs = Grammar::parse(rule, text).map_err(Box::new)?;
    let mut marks: Vec<Mark> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for token in pairs.tokens() {
        match token {
            pest::Token::Start { rule, pos } => {
                open.push(marks.len());
                marks.push(Mark { rule, start: pos.pos() as u32, end: 0, after: 0 });
            }
            pest::Token::End { pos, .. } => {
                let after = marks.len() as u32;
                if let Some(mark) = open.pop().and_then(|at| marks.get_mut(at)) {
                    mark.end = pos.pos() as u32;
                    mark.after = after;
                }
            }
        }
    }
    Ok(Tree { text, marks })
}

impl<'i> Tree<'i> {
    /// What is inside of the node that is the whole text.
    pub fn kids(&self) -> Kids<'_> {
        let all = Kids { text: self.text, marks: &self.marks, at: 0, end: self.marks.len() };
        all.peek().map_or(all, Node::into_inner)
    }
}

/// A part of a text that a rule matched.
#[derive(Clone, Copy, Debug)]
pub struct Node<'i> {
    text: &'i str,
    marks: &'i [Mark],
    at: usize,
    mark: Mark,
}

impl<'i> Node<'i> {
    pub fn as_rule(&self) -> Rule {
        self.mark.rule
    }

    pub fn as_str(&self) -> &'i str {
        self.text.get(self.mark.start as usize..self.mark.end as usize).unwrap_or_default()
    }

    /// Where it begins in the text that was parsed.
    pub fn start(&self) -> usize {
        self.mark.start as usize
    }

    pub fn into_inner(self) -> Kids<'i> {
        Kids { text: self.text, marks: self.marks, at: self.at + 1, end: self.mark.after as usize }
    }
}

/// Nodes that follow each other.
#[derive(Clone, Debug)]
pub struct Kids<'i> {
    text: &'i str,
    marks: &'i [Mark],
    at: usize,
    end: usize,
}

impl<'i> Kids<'i> {
    /// One node as the only one of its kind.
    pub fn single(node: Node<'i>) -> Self {
        Kids { text: node.text, marks: node.marks, at: node.at, end: node.mark.after as usize }
    }

    pub fn peek(&self) -> Option<Node<'i>> {
        if self.at >= self.end {
            return None;
        }
        let mark = *self.marks.get(self.at)?;
        Some(Node { text: self.text, marks: self.marks, at: self.at, mark })
    }
}

impl<'i> Iterator for Kids<'i> {
    type Item = Node<'i>;

    fn next(&mut self) -> Option<Node<'i>> {
        let node = self.peek()?;
        self.at = node.mark.after as usize;
        Some(node)
    }
}

/// Takes the next child if it is of this rule.
pub fn take<'i>(kids: &mut Kids<'i>, rule: Rule) -> Option<Node<'i>> {
    if kids.peek()?.as_rule() == rule { kids.next() } else { None }
}

/// Skips children up to the next of this rule, and takes it.
pub fn seek<'i>(kids: &mut Kids<'i>, rule: Rule) -> Option<Node<'i>> {
    kids.find(|node| node.as_rule() == rule)
}
