use pest::iterators::{Pair, Pairs};
use pest_derive::Parser;

/// The grammar of one statement at a time; see `grammar/e2e.pest`.
#[derive(Parser)]
#[grammar = "../grammar/e2e.pest"]
pub struct Grammar;

pub type Node<'i> = Pair<'i, Rule>;
pub type Kids<'i> = Pairs<'i, Rule>;

/// Takes the next child if it is of this rule.
pub fn take<'i>(kids: &mut Kids<'i>, rule: Rule) -> Option<Node<'i>> {
    if kids.peek()?.as_rule() == rule { kids.next() } else { None }
}

/// Skips children up to the next of this rule, and takes it.
pub fn seek<'i>(kids: &mut Kids<'i>, rule: Rule) -> Option<Node<'i>> {
    kids.find(|node| node.as_rule() == rule)
}
