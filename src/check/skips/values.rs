use super::{Names, Source, Trace};
use crate::syntax::ast::{
    Condition, ConditionKind, Expr, ExprKind, Ident, ItemKind, Matcher, MatcherKind, ObjectEntry, ObjectKey, Partial,
    PartialKind, Subject, SubjectKind, Template, TemplatePart,
};

impl<'p> Trace<'_, 'p> {
    pub(super) fn expr(&self, names: &Names<'p>, expr: &'p Expr) -> Source {
        let all = |parts: &mut dyn Iterator<Item = &'p Expr>| {
            parts.fold(Source::default(), |joined, part| joined.join(self.expr(names, part)))
        };
        match &expr.kind {
            ExprKind::JsonPath(_) => Source::server(expr.span),
            ExprKind::Subject(subject) => self.subject(names, subject),
            ExprKind::String(template) => self.template(names, template),
            ExprKind::Name(name) => self.name(names, name),
            ExprKind::Field(of, field) => match &of.kind {
                ExprKind::Name(name) if names.get(&name.text).is_none() => {
                    self.credential(&[name.clone(), field.clone()])
                }
                _ => self.expr(names, of),
            },
            ExprKind::Index(left, right) | ExprKind::Binary(_, _, left, right) | ExprKind::Range(left, right) => {
                all(&mut [&**left, &**right].into_iter())
            }
            ExprKind::Unary(_, of) => self.expr(names, of),
            ExprKind::Call { args, .. } => all(&mut args.iter().map(|arg| &arg.value)),
            ExprKind::List(items) => all(&mut items.iter()),
            ExprKind::Object(entries) => {
                entries.iter().fold(Source::default(), |joined, entry| joined.join(self.entry(names, entry)))
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_)
            | ExprKind::Percent(_)
            | ExprKind::Rate(_)
            | ExprKind::Money(_)
            | ExprKind::Regex(_)
            | ExprKind::Hex(_)
            | ExprKind::File(_)
            | ExprKind::Error => Source::default(),
        }
    }

    fn name(&self, names: &Names<'p>, name: &'p Ident) -> Source {
        names.get(&name.text).cloned().unwrap_or_else(|| self.credential(std::slice::from_ref(name)))
    }

    /// A credential is what a server issued.
    fn credential(&self, path: &[Ident]) -> Source {
        let item = self.index.lookup(self.module, path).and_then(|decl| self.index.item(decl));
        match item.map(|item| &item.kind) {
            Some(ItemKind::Credential(credential)) => Source::server(credential.name.span),
            _ => Source::default(),
        }
    }

    pub(super) fn template(&self, names: &Names<'p>, template: &'p Template) -> Source {
        template.parts.iter().fold(Source::default(), |joined, part| match part {
            TemplatePart::Text { .. } => joined,
            TemplatePart::Expr(expr) => joined.join(self.expr(names, expr)),
        })
    }

    fn entry(&self, names: &Names<'p>, entry: &'p ObjectEntry) -> Source {
        let key = self.key(names, &entry.key, entry.value.is_none());
        match &entry.value {
            Some(value) => key.join(self.expr(names, value)),
            None => key,
        }
    }

    /// In its short form, a key is the name of a value.
    fn key(&self, names: &Names<'p>, key: &'p ObjectKey, short: bool) -> Source {
        match key {
            ObjectKey::Name(name) if short => self.name(names, name),
            ObjectKey::Name(_) => Source::default(),
            ObjectKey::String(template) => self.template(names, template),
        }
    }

    pub(super) fn subject(&self, names: &Names<'p>, subject: &'p Subject) -> Source {
        match &subject.kind {
            SubjectKind::Expr(expr) => self.expr(names, expr),
            _ => Source::server(subject.span),
        }
    }

    pub(super) fn condition(&self, names: &Names<'p>, condition: &'p Condition) -> Source {
        match &condition.kind {
            ConditionKind::Test { subject, matcher } => self.subject(names, subject).join(self.matcher(names, matcher)),
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                parts.iter().fold(Source::default(), |joined, part| joined.join(self.condition(names, part)))
            }
            ConditionKind::Not(inner) => self.condition(names, inner),
            ConditionKind::Error => Source::default(),
        }
    }

    fn matcher(&self, names: &Names<'p>, matcher: &'p Matcher) -> Source {
        if let Some(inner) = matcher.kind.inner() {
            return self.matcher(names, inner);
        }
        match &matcher.kind {
            MatcherKind::MatchesPartial(partial) => self.partial(names, partial),
            kind => kind.operands().fold(Source::default(), |joined, operand| joined.join(self.expr(names, operand))),
        }
    }

    fn partial(&self, names: &Names<'p>, partial: &'p Partial) -> Source {
        match &partial.kind {
            PartialKind::Compare(_, value) | PartialKind::Value(value) => self.expr(names, value),
            PartialKind::List(items) => {
                items.iter().fold(Source::default(), |joined, item| joined.join(self.partial(names, item)))
            }
            PartialKind::Object(entries) => entries.iter().fold(Source::default(), |joined, entry| {
                let key = self.key(names, &entry.key, entry.value.is_none());
                let value = entry.value.as_ref().map(|value| self.partial(names, value)).unwrap_or_default();
                joined.join(key).join(value)
            }),
            PartialKind::Any | PartialKind::AnyOf(_) | PartialKind::Regex(_) | PartialKind::Error => Source::default(),
        }
    }
}
