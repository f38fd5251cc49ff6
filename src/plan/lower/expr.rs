use std::collections::BTreeMap;
use std::sync::Arc;

use super::body::Body;
use crate::plan::{Condition, ConditionKind, Expr, ExprKind, Function, Partial, PartialKind, Path, Piece};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Regex, Value};

impl Body<'_, '_> {
    /// What is made of literals alone is calculated here, once.
    pub fn expr(&mut self, expr: &ast::Expr) -> Expr {
        if let Some(value) = self.known.get(&expr.span) {
            return Expr { span: expr.span, kind: constant(value.clone()) };
        }
        let lowered = self.written(expr);
        match lowered.kind {
            ExprKind::Template(_)
            | ExprKind::Field(..)
            | ExprKind::Index(..)
            | ExprKind::Object(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Call(..) => match crate::plan::constant::value(&lowered, &BTreeMap::new()) {
                Some(value) => Expr { span: lowered.span, kind: constant(value) },
                None => lowered,
            },
            // A range holds what lies between its ends, the cases of a test have a place each, and a file is sent as its bytes.
            _ => lowered,
        }
    }

    fn written(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        let kind = match &expr.kind {
            ast::ExprKind::Null => constant(Value::null()),
            ast::ExprKind::Bool(value) => constant(Value::from(crate::value::Json::from(*value))),
            ast::ExprKind::Number(number) => constant(Value::from(crate::value::Json::Number(number.clone()))),
            ast::ExprKind::Duration(duration) => constant(Value::Duration(*duration)),
            ast::ExprKind::Size(bytes) => constant(Value::Size(*bytes)),
            ast::ExprKind::Percent(fraction) => constant(Value::Percent(*fraction)),
            ast::ExprKind::Rate(rate) => constant(Value::Rate(*rate)),
            ast::ExprKind::Money(money) => constant(Value::Money(*money)),
            ast::ExprKind::String(template) => return self.template(template),
            ast::ExprKind::Regex(regex) => constant(Value::from(regex.pattern.as_str())),
            ast::ExprKind::JsonPath(path) => self.path_expr(path),
            ast::ExprKind::Hex(literal) => self.hex(literal),
            ast::ExprKind::File(literal) => match self.file(literal) {
                Some(content) => ExprKind::File(Arc::new(content)),
                None => constant(Value::null()),
            },
            ast::ExprKind::Name(name) => self.name(name),
            ast::ExprKind::Field(of, field) => self.field(of, field),
            ast::ExprKind::Index(of, index) => ExprKind::Index(Box::new(self.expr(of)), Box::new(self.expr(index))),
            ast::ExprKind::Call { callee, args } => self.function(span, callee, args),
            ast::ExprKind::Unary(op, of) => ExprKind::Unary(*op, Box::new(self.expr(of))),
            ast::ExprKind::Binary(op, _, left, right) => {
                ExprKind::Binary(*op, Box::new(self.expr(left)), Box::new(self.expr(right)))
            }
            ast::ExprKind::List(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            ast::ExprKind::Object(entries) => ExprKind::Object(entries.iter().map(|entry| self.entry(entry)).collect()),
            ast::ExprKind::Range(from, to) => ExprKind::Range(Box::new(self.expr(from)), Box::new(self.expr(to))),
            ast::ExprKind::Subject(subject) => ExprKind::Subject(Box::new(self.subject(subject))),
            ast::ExprKind::Error => constant(Value::null()),
        };
        Expr { span, kind }
    }

    /// A string; one without interpolation is a constant.
    pub fn template(&mut self, template: &ast::Template) -> Expr {
        let span = template.span;
        if let Some(text) = template.as_text() {
            return Expr { span, kind: constant(Value::from(text.as_str())) };
        }
        let pieces = template.parts.iter().map(|part| match part {
            ast::TemplatePart::Text { text, .. } => Piece::Text(Arc::from(text.as_str())),
            ast::TemplatePart::Expr(expr) => Piece::Expr(self.expr(expr)),
        });
        Expr { span, kind: ExprKind::Template(pieces.collect()) }
    }

    fn name(&mut self, name: &ast::Ident) -> ExprKind {
        if let Some(value) = self.known.get(&name.span) {
            return constant(value.clone());
        }
        if let Some(slot) = self.names.get(&name.text) {
            return ExprKind::Var(slot);
        }
        let path = ast::Path { segments: vec![name.clone()], span: name.span };
        self.credential_named(&path).unwrap_or_else(|| {
            self.unresolved(name.span, format!("nothing is called `{}` here", name.text));
            constant(Value::null())
        })
    }

    /// `env.NAME`, a module's credential, or a field of a value.
    fn field(&mut self, of: &ast::Expr, field: &ast::Ident) -> ExprKind {
        if let ast::ExprKind::Name(name) = &of.kind
            && self.names.get(&name.text).is_none()
        {
            if name.text == "env" {
                return ExprKind::Env(Arc::from(field.text.as_str()));
            }
            let path = ast::Path { segments: vec![name.clone(), field.clone()], span: name.span.to(field.span) };
            if let Some(credential) = self.credential_named(&path) {
                return credential;
            }
        }
        ExprKind::Field(Box::new(self.expr(of)), Arc::from(field.text.as_str()))
    }

    fn credential_named(&mut self, path: &ast::Path) -> Option<ExprKind> {
        let decl = self.lower.project.lookup(self.module, path)?;
        let id = self.lower.credential(decl)?;
        if !self.credentials.contains(&id) {
            self.credentials.push(id);
        }
        Some(ExprKind::Credential(id))
    }

    fn function(&mut self, span: Span, callee: &ast::Path, args: &[ast::Arg]) -> ExprKind {
        let name = callee.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(".");
        let Some(function) = Function::named(&name) else {
            self.unresolved(span, format!("`{name}` can't be called here"));
            return constant(Value::null());
        };
        ExprKind::Call(function, args.iter().map(|arg| self.expr(&arg.value)).collect())
    }

    fn entry(&mut self, entry: &ast::ObjectEntry) -> (Expr, Expr) {
        let key = self.key(&entry.key);
        let value = match (&entry.value, &entry.key) {
            (Some(value), _) => self.expr(value),
            (None, ast::ObjectKey::Name(name)) => Expr { span: name.span, kind: self.name(name) },
            (None, ast::ObjectKey::String(template)) => self.template(template),
        };
        (key, value)
    }

    fn key(&mut self, key: &ast::ObjectKey) -> Expr {
        match key {
            ast::ObjectKey::Name(name) => Expr { span: name.span, kind: constant(Value::from(name.text.as_str())) },
            ast::ObjectKey::String(template) => self.template(template),
        }
    }

    fn hex(&mut self, literal: &ast::StrLit) -> ExprKind {
        match literal.hex_bytes() {
            Some(bytes) => constant(Value::Bytes(Arc::from(bytes))),
            None => {
                self.unresolved(literal.span, "this isn't hexadecimal: two digits for each byte");
                constant(Value::null())
            }
        }
    }

    fn path_expr(&mut self, path: &ast::JsonPathLit) -> ExprKind {
        let kind = match self.path(path) {
            Some(path) => crate::plan::SubjectKind::JsonPath(path),
            None => return constant(Value::null()),
        };
        ExprKind::Subject(Box::new(crate::plan::Subject { span: path.span, kind }))
    }

    pub fn path(&mut self, literal: &ast::JsonPathLit) -> Option<Path> {
        let path = literal.path.clone().map_err(|error| self.unresolved(literal.span, error.message)).ok()?;
        let path = self.lower.paths.entry(literal.text.clone()).or_insert(path).clone();
        Some(Path { path, names: literal.names.iter().map(|name| self.expr(name)).collect() })
    }

    pub fn regex(&mut self, literal: &ast::RegexLit) -> Option<Regex> {
        Regex::compile(&literal.pattern, &literal.flags)
            .map_err(|error| self.unresolved(literal.span, error.message))
            .ok()
    }

    pub fn condition(&mut self, condition: &ast::Condition) -> Option<Condition> {
        let kind = match &condition.kind {
            ast::ConditionKind::Test { subject, matcher } => {
                ConditionKind::Test(self.subject(subject), self.matcher(matcher)?)
            }
            ast::ConditionKind::And(all) => ConditionKind::And(self.conditions(all)?),
            ast::ConditionKind::Or(any) => ConditionKind::Or(self.conditions(any)?),
            ast::ConditionKind::Not(inner) => ConditionKind::Not(Box::new(self.condition(inner)?)),
            ast::ConditionKind::Error => return None,
        };
        Some(Condition { span: condition.span, kind })
    }

    fn conditions(&mut self, conditions: &[ast::Condition]) -> Option<Vec<Condition>> {
        conditions.iter().map(|condition| self.condition(condition)).collect()
    }

    pub fn partial(&mut self, partial: &ast::Partial) -> Option<Partial> {
        let kind = match &partial.kind {
            ast::PartialKind::Any => PartialKind::Any,
            ast::PartialKind::AnyOf(ty) => PartialKind::Type(self.lower.ty(self.module, ty)),
            ast::PartialKind::Regex(regex) => PartialKind::Regex(self.regex(regex)?),
            ast::PartialKind::Compare(op, expr) => PartialKind::Compare(*op, self.expr(expr)),
            ast::PartialKind::List(items) => {
                PartialKind::List(items.iter().map(|item| self.partial(item)).collect::<Option<_>>()?)
            }
            ast::PartialKind::Object(entries) => {
                PartialKind::Object(entries.iter().map(|entry| self.partial_entry(entry)).collect::<Option<_>>()?)
            }
            ast::PartialKind::Value(expr) => PartialKind::Value(self.expr(expr)),
            ast::PartialKind::Error => return None,
        };
        Some(Partial { span: partial.span, kind })
    }

    fn partial_entry(&mut self, entry: &ast::PartialEntry) -> Option<(Expr, Partial)> {
        let key = self.key(&entry.key);
        let value = match (&entry.value, &entry.key) {
            (Some(value), _) => self.partial(value)?,
            (None, ast::ObjectKey::Name(name)) => {
                let expr = Expr { span: name.span, kind: self.name(name) };
                Partial { span: name.span, kind: PartialKind::Value(expr) }
            }
            (None, ast::ObjectKey::String(_)) => return None,
        };
        Some((key, value))
    }
}

fn constant(value: Value) -> ExprKind {
    ExprKind::Const(value)
}
