use super::constant;
use super::cx::Cx;
use super::names::Outer;
use super::scope::Scope;
use super::types::Ty;
use super::words::listed;
use crate::diag::{Correction, Diagnostic, Help, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Expr, ExprKind, Ident, ObjectEntry, ObjectKey, Subject, SubjectKind, Template, TemplatePart, UnaryOp,
};
use crate::value::{Kind, Refusal, Stop};

impl<'p> Cx<'p> {
    /// Checks an expression, and says what is known of its type. One that is known to have no value is reported.
    pub fn expr(&mut self, scope: &mut Scope<'p>, expr: &'p Expr) -> Ty {
        if self.is_full() {
            return Ty::Unknown;
        }
        if !is_composed(expr) {
            return self.typed(scope, expr);
        }
        if self.nested == 0 && self.unquoted_text(scope, expr) {
            return Ty::Unknown;
        }
        let before = self.notes.diagnostics.len();
        self.nested += 1;
        let ty = self.typed(scope, expr);
        self.nested -= 1;
        // Each part is calculated once: what is around it finds what it is worth.
        let worth = match self.notes.diagnostics.len() == before {
            true => constant::worth(expr, scope, &self.kept),
            false => Err(Stop::Unknown),
        };
        let has_none = match &worth {
            Err(Stop::Fault((at, why))) => {
                self.worthless(*at, why);
                true
            }
            _ => false,
        };
        if self.nested == 0 {
            self.kept.clear();
        } else {
            self.kept.insert(expr.span, worth.ok());
        }
        if has_none { Ty::Unknown } else { ty }
    }

    /// An expression that fails whenever a run comes to it.
    fn worthless(&mut self, at: Span, why: &Refusal) {
        let explained = crate::eval::explained(why, at);
        let (code, message, help) = match why {
            Refusal::Operator(..) => {
                let help = "it would be negative, too large, or have more than 10,000 digits";
                (&codes::BAD_OPERANDS, format!("`{}` has no value", self.text(at)), Some(help.into()))
            }
            Refusal::NoSuchField { of, name } => {
                // A name behind a dot; in brackets, any expression may be worth it.
                let is_written = self.text(at).strip_suffix(name.as_str()).is_some_and(|before| before.ends_with('.'));
                let near = crate::eval::near_field(of, name).filter(|_| is_written);
                let help = near.map(|near| {
                    let place = at.slice(at.len() - name.len(), at.len());
                    Correction::replace(place, near).between(".", "").did_you_mean()
                });
                (&codes::UNKNOWN_FIELD, explained.message, help.or(explained.help.map(Help::from)))
            }
            Refusal::NoFields { .. } => (&codes::UNKNOWN_FIELD, explained.message, explained.help.map(Help::from)),
            Refusal::Argument(_) => (&codes::ARGUMENT_TYPE, explained.message, explained.help.map(Help::from)),
            _ => (&codes::BAD_OPERANDS, explained.message, explained.help.map(Help::from)),
        };
        let diagnostic = Diagnostic::error(code, at, message);
        self.report(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn typed(&mut self, scope: &mut Scope<'p>, expr: &'p Expr) -> Ty {
        match &expr.kind {
            ExprKind::Null => Ty::Null,
            ExprKind::Bool(_) => Ty::Bool,
            ExprKind::Number(_) => Ty::Number,
            ExprKind::Duration(_) => Ty::Duration,
            ExprKind::Size(_) => Ty::Size,
            ExprKind::Percent(_) => Ty::Percent,
            ExprKind::Rate(_) => Ty::Rate,
            ExprKind::Money(_) => Ty::Money,
            ExprKind::String(template) => self.template(scope, template),
            ExprKind::Regex(regex) => {
                self.regex(regex);
                Ty::String
            }
            ExprKind::JsonPath(path) => self.path_subject(scope, path, expr.span),
            ExprKind::Hex(literal) => {
                self.hex(&literal.value, literal.span);
                Ty::Bytes
            }
            ExprKind::File(literal) => {
                let before = self.before();
                self.file(literal);
                let ty = self.table(literal);
                self.fixture(literal, before);
                ty
            }
            ExprKind::Name(name) => self.name(scope, name),
            ExprKind::Field(of, field) => self.field(scope, of, field),
            ExprKind::Index(of, index) => self.index(scope, of, index),
            ExprKind::Call { callee, args } => self.call(scope, expr.span, callee, args),
            ExprKind::Unary(op, of) => self.unary(scope, *op, of),
            ExprKind::Binary(op, span, left, right) => self.binary(scope, (*op, *span), left, right),
            ExprKind::List(items) => {
                let types: Vec<Ty> = items.iter().map(|item| self.expr(scope, item)).collect();
                Ty::list_of(Ty::of_any(types))
            }
            ExprKind::Object(entries) => self.object(scope, entries),
            ExprKind::Range(from, to) => self.range(scope, expr.span, from, to),
            ExprKind::Subject(subject) => self.subject(scope, subject),
            ExprKind::Error => Ty::Unknown,
        }
    }

    pub fn template(&mut self, scope: &mut Scope<'p>, template: &'p Template) -> Ty {
        let mut secret = false;
        super::lints::written::check(self, template);
        for part in &template.parts {
            if let TemplatePart::Text { text, span } = part {
                super::lints::secrets::text(self, text, *span);
            }
            if let TemplatePart::Expr(expr) = part {
                let ty = self.expr(scope, expr);
                secret |= ty == Ty::Secret;
                if matches!(ty, Ty::Channel | Ty::Mark) {
                    let message = format!("{} has no text", ty.words());
                    self.report(
                        Diagnostic::error(&codes::NOT_A_VALUE, expr.span, message)
                            .with_help("interpolate a captured value instead"),
                    );
                }
            }
        }
        super::lints::interpolations::check(self, scope, template);
        if secret { Ty::Secret } else { Ty::String }
    }

    /// `env.NAME`, a module's credential, or a field of a value.
    fn field(&mut self, scope: &mut Scope<'p>, of: &'p Expr, field: &'p Ident) -> Ty {
        if let ExprKind::Name(name) = &of.kind
            && scope.get(&name.text).is_none()
        {
            if name.text == "env" {
                return self.env_value(field);
            }
            if let Some(crate::project::Target::Module(module)) = self.module.imports.get(&name.text) {
                return self.member(scope, *module, name, field);
            }
        }
        let ty = self.expr(scope, of);
        self.field_of(&ty, field)
    }

    fn member(&mut self, scope: &Scope<'p>, module: crate::project::ModuleId, name: &'p Ident, field: &'p Ident) -> Ty {
        self.use_module(name);
        let path = [name.clone(), field.clone()];
        match self.outer(&path) {
            Some(Outer::Credential(decl)) => {
                self.use_decl(decl, std::slice::from_ref(field));
                self.facts.calls.push((decl, name.span.to(field.span)));
                return Ty::Secret;
            }
            Some(_) => {
                let message = format!("`{}.{}` isn't a value", name.text, field.text);
                let help =
                    format!("a flow is called in a step of its own: `let result = {}.{}(…)`", name.text, field.text);
                let diagnostic = Diagnostic::error(&codes::NOT_A_VALUE, name.span.to(field.span), message);
                self.report(diagnostic.with_help(help));
            }
            None => self.unknown_member(scope, module, name, field),
        }
        Ty::Unknown
    }

    pub fn unknown_member(
        &mut self,
        _scope: &Scope<'p>,
        module: crate::project::ModuleId,
        name: &Ident,
        field: &Ident,
    ) {
        let source = self.index.project.module(module).map(|module| module.source);
        if source.is_some_and(|source| self.index.broken_mentions(source, &field.text)) {
            return;
        }
        let help = match closest(&field.text, self.index.own_names(module)) {
            Some(near) => Correction::replace(field.span, near).between(&format!("{}.", name.text), "").did_you_mean(),
            None => {
                let mut names: Vec<&str> = self.index.own_names(module).collect();
                names.sort_unstable();
                format!("it declares {}", listed(names.into_iter())).into()
            }
        };
        let message = format!("the module `{}` declares nothing called `{}`", name.text, field.text);
        self.report(Diagnostic::error(&codes::UNKNOWN_NAME, field.span, message).with_help(help));
    }

    pub fn field_of(&mut self, ty: &Ty, field: &Ident) -> Ty {
        let help = match ty {
            Ty::Unknown | Ty::Object(None) => return Ty::Unknown,
            Ty::Object(Some(fields)) => {
                if let Some(ty) = fields.get(&field.text) {
                    return ty.clone();
                }
                match closest(&field.text, fields.names()) {
                    Some(near) => Correction::replace(field.span, near).did_you_mean(),
                    None => format!("it has {}", listed(fields.names())).into(),
                }
            }
            Ty::List(_) if field.text == "length" => "write `length(…)`".into(),
            Ty::List(_) => "take an element first: `items[0].name`".into(),
            Ty::String if field.text == "length" => "write `length(…)`".into(),
            _ => "only objects have fields".into(),
        };
        let message = match ty {
            Ty::Object(_) => format!("this object has no field `{}`", field.text),
            _ => format!("{} has no field `{}`", ty.words(), field.text),
        };
        self.report(Diagnostic::error(&codes::UNKNOWN_FIELD, field.span, message).with_help(help));
        Ty::Unknown
    }

    fn env_value(&mut self, field: &'p Ident) -> Ty {
        self.facts.env.push((field.text.clone(), field.span));
        super::lints::environments::value_in_use(self, field);
        self.index.value_type(&field.text)
    }

    fn index(&mut self, scope: &mut Scope<'p>, of: &'p Expr, index: &'p Expr) -> Ty {
        let of_type = self.expr(scope, of);
        let by = self.expr(scope, index);
        let (wanted, found) = match (&of_type, &by) {
            (Ty::List(_), Ty::Unknown | Ty::Number) => return of_type.element().unwrap_or(Ty::Unknown),
            (Ty::List(_), _) => ("a number", &by),
            (Ty::Object(_), Ty::Unknown | Ty::String | Ty::Secret) | (Ty::Unknown, _) => return Ty::Unknown,
            (Ty::Object(_), _) => ("a string", &by),
            _ => {
                let message = format!("{} has no elements", of_type.words());
                self.report(
                    Diagnostic::error(&codes::BAD_OPERANDS, of.span, message)
                        .with_help("only lists and objects are indexed"),
                );
                return Ty::Unknown;
            }
        };
        let message = format!("{} is indexed by {wanted}, not by {}", of_type.words(), found.words());
        self.report(
            Diagnostic::error(&codes::BAD_OPERANDS, index.span, message)
                .with_help("elements of a list count from 0; fields of an object are named: `row[\"name\"]`"),
        );
        Ty::Unknown
    }

    fn unary(&mut self, scope: &mut Scope<'p>, op: UnaryOp, of: &'p Expr) -> Ty {
        let ty = self.expr(scope, of);
        let Some(kind) = ty.kind() else { return if op == UnaryOp::Not { Ty::Bool } else { ty } };
        if let Some(result) = op.result(kind) {
            return Ty::of_kind(result);
        }
        let (code, message, help) = match (op, &ty) {
            (UnaryOp::Minus, Ty::Duration) => (
                &codes::BAD_DURATION,
                "a time can't be negative".to_owned(),
                "write a duration above zero: `500ms`, `5s`",
            ),
            (UnaryOp::Minus, Ty::Size | Ty::Rate) => {
                (&codes::BAD_OPERANDS, format!("{} can't be negative", ty.words()), "remove the `-`")
            }
            _ => {
                let wanted = if op == UnaryOp::Minus { "a number" } else { "true or false" };
                let message = format!("`{}` takes {wanted}, not {}", op.sign(), ty.words());
                (&codes::BAD_OPERANDS, message, "compare the value first, or remove the operator")
            }
        };
        self.report(Diagnostic::error(code, of.span, message).with_help(help));
        Ty::Unknown
    }

    fn binary(&mut self, scope: &mut Scope<'p>, (op, span): (BinaryOp, Span), left: &'p Expr, right: &'p Expr) -> Ty {
        let (a, b) = (self.expr(scope, left), self.expr(scope, right));
        match op {
            BinaryOp::Or | BinaryOp::And => {
                for (side, ty) in [(left, &a), (right, &b)] {
                    if !matches!(ty, Ty::Unknown | Ty::Bool) {
                        let message = format!("`{}` joins conditions, and this is {}", op.sign(), ty.words());
                        self.report(
                            Diagnostic::error(&codes::BAD_OPERANDS, side.span, message)
                                .with_help("compare it: `a == 1 or a == 2`"),
                        );
                    }
                }
                Ty::Bool
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.arithmetic((op, span), (left, &a), (right, &b))
            }
            _ => {
                self.compared(op, left.span.to(right.span), &a, &b);
                Ty::Bool
            }
        }
    }

    fn arithmetic(
        &mut self,
        (op, span): (BinaryOp, Span),
        (left, a): (&'p Expr, &Ty),
        (right, b): (&'p Expr, &Ty),
    ) -> Ty {
        let (Some(x), Some(y)) = (a.kind(), b.kind()) else { return Ty::Unknown };
        if let Some(result) = op.result(x, y) {
            return if result == Kind::List { a.join(b) } else { Ty::of_kind(result) };
        }
        let message = format!("`{}` can't be used on {} and {}", op.sign(), a.words(), b.words());
        let help = if op == BinaryOp::Add && (a.is_text() || b.is_text()) {
            let joined = format!("\"{}{}\"", piece(self, left), piece(self, right));
            Correction::replace(left.span.to(right.span), joined)
                .help(|text| format!("texts are made by interpolation: {text}"))
        } else {
            "both sides must be amounts of the same kind".into()
        };
        self.report(Diagnostic::error(&codes::BAD_OPERANDS, span, message).with_help(help));
        Ty::Unknown
    }

    fn object(&mut self, scope: &mut Scope<'p>, entries: &'p [ObjectEntry]) -> Ty {
        let mut fields: Vec<(String, Ty)> = Vec::with_capacity(entries.len());
        let mut open = false;
        let mut seen = std::collections::HashMap::new();
        for entry in entries {
            let key = self.object_key(scope, &entry.key);
            let ty = match (&entry.value, &entry.key) {
                (Some(value), _) => self.expr(scope, value),
                (None, ObjectKey::Name(name)) => self.short_field(scope, name),
                (None, ObjectKey::String(_)) => Ty::Unknown,
            };
            let Some((name, span)) = key else {
                open = true;
                continue;
            };
            super::lints::secrets::field(self, &name, entry.value.as_ref());
            if let Some(first) = seen.insert(name.clone(), span) {
                self.duplicate_field(&name, span, first);
            }
            fields.push((name, ty));
        }
        if open { Ty::Object(None) } else { Ty::object(fields) }
    }

    /// `{ name }`, which is the name of a field and of its value.
    pub fn short_field(&mut self, scope: &mut Scope<'p>, name: &'p Ident) -> Ty {
        let ty = self.name(scope, name);
        self.notes.names.is_field(name.span);
        ty
    }

    pub fn object_key(&mut self, scope: &mut Scope<'p>, key: &'p ObjectKey) -> Option<(String, Span)> {
        match key {
            ObjectKey::Name(name) => Some((name.text.clone(), name.span)),
            ObjectKey::String(template) => {
                self.template(scope, template);
                template.as_text().map(|text| (text, template.span))
            }
        }
    }

    pub fn duplicate_field(&mut self, name: &str, span: Span, first: Span) {
        self.report(
            Diagnostic::error(&codes::DUPLICATE_FIELD, span, format!("the field `{name}` is given twice"))
                .with_related(first, "given here first")
                .with_help("remove one of them"),
        );
    }

    pub fn range(&mut self, scope: &mut Scope<'p>, span: Span, from: &'p Expr, to: &'p Expr) -> Ty {
        for end in [from, to] {
            let ty = self.expr(scope, end);
            if ty.is_known() && !matches!(ty, Ty::Number | Ty::Duration | Ty::Size | Ty::Percent) {
                let message = format!("a range goes from a number to a number, and this is {}", ty.words());
                self.report(
                    Diagnostic::error(&codes::BAD_OPERANDS, end.span, message)
                        .with_help("list the values instead: `in [\"a\", \"b\"]`"),
                );
            }
        }
        let ends = (constant::of(from, Some(scope)), constant::of(to, Some(scope)));
        if let (Some(a), Some(b)) = ends
            && a.exceeds(&b)
        {
            let turned = format!("{}..{}", self.text(to.span), self.text(from.span));
            let help = Correction::replace(from.span.to(to.span), turned).write();
            self.report(
                Diagnostic::error(&codes::EMPTY_RANGE, span, "this range ends before it begins, so nothing is in it")
                    .with_help(help),
            );
        }
        Ty::list_of(Ty::Number)
    }

    /// Subjects of responses and frames, used as values.
    pub fn subject(&mut self, scope: &mut Scope<'p>, subject: &'p Subject) -> Ty {
        match &subject.kind {
            SubjectKind::JsonPath(path) => self.path_subject(scope, path, subject.span),
            SubjectKind::Expr(expr) if self.is_subject_elsewhere(scope, expr) => Ty::Unknown,
            SubjectKind::Expr(expr) => self.expr(scope, expr),
            _ => self.response_subject(scope, subject),
        }
    }
}

/// Whether an expression is made of others, so that it may have no value although they have.
fn is_composed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::String(template) => template.parts.iter().any(|part| matches!(part, TemplatePart::Expr(_))),
        ExprKind::Field(..)
        | ExprKind::Index(..)
        | ExprKind::Call { .. }
        | ExprKind::Unary(..)
        | ExprKind::Binary(..)
        | ExprKind::List(_)
        | ExprKind::Object(_)
        | ExprKind::Range(..) => true,
        _ => false,
    }
}

/// What stands for a value in a string that is made of several.
fn piece(cx: &Cx<'_>, expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::String(template) => template.as_text().unwrap_or_default(),
        _ => format!("{{{{{}}}}}", cx.text(expr.span)),
    }
}
