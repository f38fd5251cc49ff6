use super::shift::{Shift, all, parts};
use crate::syntax::ast::{
    Arg, Capture, Condition, ConditionKind, Expect, Expr, ExprKind, JsonPathLit, Matcher, MatcherKind, ObjectEntry,
    ObjectKey, Partial, PartialEntry, PartialKind, RegexLit, Subject, SubjectKind, Template, TemplatePart, TypeExpr,
    TypeExprKind,
};

parts! {
    Arg { span, name, value }
    Capture { span, name, subject, regex - secret, collect }
    Condition { span, kind }
    Expect { span, subject, matcher }
    Expr { span, kind }
    JsonPathLit { span, names - text, path }
    Matcher { span, kind }
    ObjectEntry { span, key, value }
    Partial { span, kind }
    PartialEntry { span, key, value }
    RegexLit { span, pattern_span - pattern, flags }
    Subject { span, kind }
    Template { span, parts - form }
    TypeExpr { span, kind }
}

impl Shift for ExprKind {
    fn shift(&mut self, by: u32) {
        match self {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::Percent(_)
            | ExprKind::Rate(_)
            | ExprKind::Money(_)
            | ExprKind::Error => {}
            ExprKind::String(template) => template.shift(by),
            ExprKind::Regex(regex) => regex.shift(by),
            ExprKind::JsonPath(path) => path.shift(by),
            ExprKind::Hex(text) | ExprKind::File(text) => text.shift(by),
            ExprKind::Name(name) => name.shift(by),
            ExprKind::Field(of, name) => all!(by: of, name),
            ExprKind::Index(a, b) | ExprKind::Range(a, b) => all!(by: a, b),
            ExprKind::Call { callee, args } => all!(by: callee, args),
            ExprKind::Unary(_, of) => of.shift(by),
            ExprKind::Binary(_, sign, left, right) => all!(by: sign, left, right),
            ExprKind::List(items) => items.shift(by),
            ExprKind::Object(entries) => entries.shift(by),
            ExprKind::Subject(subject) => subject.shift(by),
        }
    }
}

impl Shift for ObjectKey {
    fn shift(&mut self, by: u32) {
        match self {
            ObjectKey::Name(name) => name.shift(by),
            ObjectKey::String(template) => template.shift(by),
        }
    }
}

impl Shift for TemplatePart {
    fn shift(&mut self, by: u32) {
        match self {
            TemplatePart::Text { text: _, span } => span.shift(by),
            TemplatePart::Expr(expr) => expr.shift(by),
        }
    }
}

impl Shift for ConditionKind {
    fn shift(&mut self, by: u32) {
        match self {
            ConditionKind::Test { subject, matcher } => all!(by: subject, matcher),
            ConditionKind::And(conditions) | ConditionKind::Or(conditions) => conditions.shift(by),
            ConditionKind::Not(condition) => condition.shift(by),
            ConditionKind::Error => {}
        }
    }
}

impl Shift for PartialKind {
    fn shift(&mut self, by: u32) {
        match self {
            PartialKind::Any | PartialKind::Error => {}
            PartialKind::AnyOf(ty) => ty.shift(by),
            PartialKind::Regex(regex) => regex.shift(by),
            PartialKind::Compare(_, value) | PartialKind::Value(value) => value.shift(by),
            PartialKind::Object(entries) => entries.shift(by),
            PartialKind::List(items) => items.shift(by),
        }
    }
}

impl Shift for SubjectKind {
    fn shift(&mut self, by: u32) {
        match self {
            SubjectKind::Status
            | SubjectKind::Time
            | SubjectKind::TimeToFirstByte
            | SubjectKind::Size
            | SubjectKind::Attempts
            | SubjectKind::Body
            | SubjectKind::BodyText
            | SubjectKind::Url
            | SubjectKind::Redirects
            | SubjectKind::HttpVersion
            | SubjectKind::Text
            | SubjectKind::Hex
            | SubjectKind::Data
            | SubjectKind::Id => {}
            SubjectKind::Header(name) | SubjectKind::Headers(name) => name.shift(by),
            SubjectKind::Cookie { name, attribute } => all!(by: name, attribute),
            SubjectKind::Certificate(part) => part.shift(by),
            SubjectKind::XPath(text) | SubjectKind::Css(text) => text.shift(by),
            SubjectKind::JsonPath(path) => path.shift(by),
            SubjectKind::Expr(expr) => expr.shift(by),
        }
    }
}

impl Shift for MatcherKind {
    fn shift(&mut self, by: u32) {
        match self {
            MatcherKind::Plain(_) | MatcherKind::Error => {}
            MatcherKind::With(_, value) | MatcherKind::Compare(_, value) | MatcherKind::Bare(value) => value.shift(by),
            MatcherKind::MatchesRegex(regex) => regex.shift(by),
            MatcherKind::MatchesPartial(partial) => partial.shift(by),
            MatcherKind::MatchesSchema(file) => file.shift(by),
            MatcherKind::Is(ty) => ty.shift(by),
            MatcherKind::IsSorted { by: path, descending: _ } => path.shift(by),
            MatcherKind::CloseTo { target, tolerance } => all!(by: target, tolerance),
            MatcherKind::Each(inner)
            | MatcherKind::Some(inner)
            | MatcherKind::None(inner)
            | MatcherKind::Not(inner) => {
                inner.shift(by);
            }
        }
    }
}

impl Shift for TypeExprKind {
    fn shift(&mut self, by: u32) {
        match self {
            TypeExprKind::Named(path) => path.shift(by),
            TypeExprKind::List(of) => of.shift(by),
            TypeExprKind::Object(fields) => fields.shift(by),
            TypeExprKind::Or(types) => types.shift(by),
            TypeExprKind::Literal(literal) => literal.shift(by),
            TypeExprKind::Error => {}
        }
    }
}
