use super::Build;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Condition, ConditionKind, ExprKind, Subject, SubjectKind};
use crate::syntax::grammar::{Node, Rule, seek, take};

/// What a condition is about: it decides what its bare words mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A frame, of which `text`, `hex`, `size`, `data` and `id` are subjects.
    Frames,
    /// Values in scope.
    Values,
}

impl Build<'_> {
    /// A `logic` node as a condition: every operand has its matcher.
    pub fn condition(&mut self, node: Node<'_>, about: About) -> Condition {
        let mut alternatives: Vec<Condition> = Vec::new();
        let mut group: Vec<Condition> = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::k_and => {}
                Rule::k_or => {
                    let done = std::mem::take(&mut group);
                    alternatives.push(self.joined(done, ConditionKind::And));
                }
                _ => group.push(self.condition_term(child, about)),
            }
        }
        alternatives.push(self.joined(group, ConditionKind::And));
        self.joined(alternatives, ConditionKind::Or)
    }

    /// One condition as it is; several as one.
    fn joined(&self, mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> ConditionKind) -> Condition {
        if conditions.len() == 1
            && let Some(only) = conditions.pop()
        {
            return only;
        }
        let (Some(first), Some(last)) = (conditions.first(), conditions.last()) else {
            return Condition { span: self.range(0, 0), kind: ConditionKind::Error };
        };
        Condition { span: first.span.to(last.span), kind: join(conditions) }
    }

    fn condition_term(&mut self, node: Node<'_>, about: About) -> Condition {
        let whole = self.span(&node);
        let mut kids = node.into_inner();
        let mut nots = Vec::new();
        while let Some(not) = take(&mut kids, Rule::k_not) {
            nots.push(self.span(&not));
        }
        let Some(operand) = kids.next() else { return Condition { span: whole, kind: ConditionKind::Error } };
        let mut condition = match kids.next() {
            Some(matcher) => {
                let subject = self.condition_subject(operand, about);
                let matcher = self.matcher(matcher);
                let span = subject.span.to(matcher.span);
                Condition { span, kind: ConditionKind::Test { subject, matcher } }
            }
            None => self.group(operand, about),
        };
        for not in nots.into_iter().rev() {
            let span = Span { end: whole.end, ..not };
            condition = Condition { span, kind: ConditionKind::Not(Box::new(condition)) };
        }
        condition
    }

    fn condition_subject(&mut self, operand: Node<'_>, about: About) -> Subject {
        let span = self.span(&operand);
        let kind = match self.value_subject(operand) {
            SubjectKind::Expr(expr) if about == About::Frames => match &expr.kind {
                ExprKind::Name(name) => frame_subject(&name.text).unwrap_or(SubjectKind::Expr(expr)),
                _ => SubjectKind::Expr(expr),
            },
            kind => kind,
        };
        Subject { span, kind }
    }

    /// Conditions in parentheses; anything else without a matcher says nothing.
    fn group(&mut self, operand: Node<'_>, about: About) -> Condition {
        let span = self.span(&operand);
        match only_paren(operand) {
            Some(logic) => Condition { span, ..self.condition(logic, about) },
            None => {
                self.report(
                    Diagnostic::error(
                        &codes::MISSING_MATCHER,
                        span,
                        "this says nothing that could hold or not: a matcher is missing",
                    )
                    .with_help("compare it (`== true`, `> 0`), or use `exists`, `contains`, `is` …"),
                );
                Condition { span, kind: ConditionKind::Error }
            }
        }
    }
}

/// What is in the parentheses of an operand that is nothing else.
fn only_paren(operand: Node<'_>) -> Option<Node<'_>> {
    let mut node = operand;
    loop {
        let rule = node.as_rule();
        if rule == Rule::paren {
            return seek(&mut node.into_inner(), Rule::logic);
        }
        if !matches!(rule, Rule::operand | Rule::term | Rule::postfix) {
            return None;
        }
        let mut kids = node.into_inner();
        node = kids.next()?;
        if kids.next().is_some() {
            return None;
        }
    }
}

fn frame_subject(word: &str) -> Option<SubjectKind> {
    Some(match word {
        "text" => SubjectKind::Text,
        "hex" => SubjectKind::Hex,
        "size" => SubjectKind::Size,
        "data" => SubjectKind::Data,
        "id" => SubjectKind::Id,
        _ => return None,
    })
}
