use super::cx::Cx;
use super::scope::Scope;
use super::subject::mismatch_help;
use super::types::{self, Ty};
use super::walk::shapes;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Condition, ConditionKind, Expect, Expr, ExprKind, Matcher, MatcherKind, ObjectKey, Partial, PartialKind,
    Subject, SubjectKind, TypeExpr, TypeExprKind,
};
use crate::syntax::words::{Fits, MatcherRow, matcher_word};

impl<'p> Cx<'p> {
    /// `expect SUBJECT MATCHER`
    pub fn expectation(&mut self, scope: &mut Scope<'p>, expect: &'p Expect) {
        self.facts.expects = true;
        let errors = self.notes.diagnostics.len();
        let ty = self.subject(scope, &expect.subject);
        self.matcher(scope, &expect.subject, &ty, &expect.matcher);
        if self.notes.diagnostics.len() == errors {
            super::lints::vacuous::expectation(self, scope, expect);
            super::lints::weak::expectation(self, expect);
        }
        if self.notes.diagnostics.len() != errors {
            self.flawed.insert(expect.span);
        }
    }

    pub fn condition(&mut self, scope: &mut Scope<'p>, condition: &'p Condition) {
        match &condition.kind {
            ConditionKind::Test { subject, matcher } => {
                let ty = self.subject(scope, subject);
                self.matcher(scope, subject, &ty, matcher);
            }
            ConditionKind::And(all) | ConditionKind::Or(all) => {
                all.iter().for_each(|inner| self.condition(scope, inner))
            }
            ConditionKind::Not(inner) => self.condition(scope, inner),
            ConditionKind::Error => {}
        }
    }

    /// Whether a matcher fits a subject of a type.
    pub fn matcher(&mut self, scope: &mut Scope<'p>, subject: &'p Subject, ty: &Ty, matcher: &'p Matcher) {
        let span = matcher.span;
        match &matcher.kind {
            MatcherKind::Compare(op, value) => self.comparison(scope, subject, ty, *op, value, span),
            MatcherKind::Bare(value) => self.comparison(scope, subject, ty, BinaryOp::Equal, value, value.span),
            MatcherKind::Plain(word) => self.fits(ty, word.row().fits, span),
            MatcherKind::With(word, value) => self.with_operand(scope, subject, ty, (word.row(), value), span),
            MatcherKind::MatchesRegex(regex) => {
                self.regex(regex);
                self.text_only(ty, span);
            }
            MatcherKind::MatchesPartial(partial) => self.matches_partial(scope, ty, partial, span),
            MatcherKind::MatchesSchema(file) => {
                self.schema(file);
                if ty.is_scalar() {
                    self.wrong_matcher(ty, span, "a schema describes JSON: use it on `body` or a JSONPath");
                }
            }
            MatcherKind::Is(of) => self.is_type(subject, ty, of, span),
            MatcherKind::Error => {}
            MatcherKind::IsSorted { by: None, .. } => self.list_only(ty, span),
            MatcherKind::IsSorted { by: Some(path), .. } => {
                self.json_path(scope, path);
                self.list_only(ty, span);
            }
            MatcherKind::CloseTo { target, tolerance } => self.close_to(scope, ty, (target, tolerance), span),
            MatcherKind::Each(inner) | MatcherKind::Some(inner) | MatcherKind::None(inner) => {
                let element = self.element(ty, span);
                self.matcher(scope, subject, &element, inner);
            }
            MatcherKind::Not(inner) => self.matcher(scope, subject, ty, inner),
        }
    }

    /// Whether a matcher that looks at nothing but its subject can be asked of its type.
    fn fits(&mut self, ty: &Ty, fits: Fits, span: Span) {
        match fits {
            Fits::Text => self.text_only(ty, span),
            Fits::Length => self.must_have_length(ty, span),
            Fits::List => self.list_only(ty, span),
            Fits::Anything | Fits::Equal | Fits::Among | Fits::Searched | Fits::Amount | Fits::Certificate => {}
        }
    }

    /// Whether a matcher and its operand fit a subject of a type.
    fn with_operand(
        &mut self,
        scope: &mut Scope<'p>,
        subject: &Subject,
        ty: &Ty,
        (row, value): (&MatcherRow, &'p Expr),
        span: Span,
    ) {
        let of = match &value.kind {
            // Between the ends of this one lies more than whole numbers, and it is no list.
            ExprKind::Range(from, to) if row.fits == Fits::Among => self.range(scope, value.span, from, to),
            _ => self.expr(scope, value),
        };
        match row.fits {
            Fits::Equal => self.equality(subject, BinaryOp::Equal, ty, &of, value, span),
            Fits::Among => self.one_of(ty, (&of, value), span),
            Fits::Searched => self.contains(ty, (&of, value), span),
            Fits::Text => {
                self.text_only(ty, span);
                self.must_be_text(&of, value);
            }
            Fits::Certificate if !matches!(subject.kind, SubjectKind::Certificate(_)) => {
                self.wrong_matcher(ty, span, "only a certificate expires: `expect certificate expires after 14d`");
            }
            fits => self.fits(ty, fits, span),
        }
        if let Some((kind, help)) = row.operand {
            self.must_be(&of, &Ty::of_kind(kind), value.span, help);
        }
    }

    fn comparison(
        &mut self,
        scope: &mut Scope<'p>,
        subject: &Subject,
        ty: &Ty,
        op: BinaryOp,
        value: &'p Expr,
        span: Span,
    ) {
        let of = self.expr(scope, value);
        match op {
            BinaryOp::Equal | BinaryOp::NotEqual => self.equality(subject, op, ty, &of, value, span),
            _ => self.compared(op, span, ty, &of),
        }
    }

    fn equality(&mut self, subject: &Subject, op: BinaryOp, ty: &Ty, of: &Ty, value: &Expr, span: Span) {
        if matches!(subject.kind, SubjectKind::Status) && matches!(value.kind, ExprKind::String(_)) {
            let text = self.text(value.span).trim_matches(['"', '\'']).to_owned();
            let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            let sign = if op == BinaryOp::NotEqual { "!= " } else { "" };
            let help = match digits {
                true => Correction::replace(value.span, text).between(&format!("status {sign}"), "").safe().write(),
                false => format!("write a number: `status {sign}201`").into(),
            };
            self.report(
                Diagnostic::error(&codes::TYPE_MISMATCH, value.span, "a status is a number, and this is a string")
                    .with_help(help),
            );
            return;
        }
        self.compared(op, span, ty, of);
    }

    fn one_of(&mut self, ty: &Ty, (of, value): (&Ty, &Expr), span: Span) {
        if of.is_scalar() {
            let message = format!("`in` takes a list or a range, and this is {}", of.words());
            let list = format!("[{}]", self.text(value.span));
            let help = Correction::replace(value.span, list).between("in ", "").safe().write();
            self.report(Diagnostic::error(&codes::NOT_A_LIST, value.span, message).with_help(help));
            return;
        }
        let Ty::List(element) = of else { return };
        if matches!(ty, Ty::List(_)) && element.is_scalar() {
            self.list_compared(span, "in […]");
            return;
        }
        // A list of mixed values says nothing; each literal among them does.
        let ExprKind::List(items) = &value.kind else {
            if !ty.meets(element) {
                self.mismatch(ty, element, value.span);
            }
            return;
        };
        for item in items {
            let of = literal_type(item);
            if !ty.meets(&of) {
                self.mismatch(ty, &of, item.span);
            }
        }
    }

    fn mismatch(&mut self, ty: &Ty, of: &Ty, span: Span) {
        let message = format!("{} is compared with {}", ty.words(), of.words());
        self.report(Diagnostic::error(&codes::TYPE_MISMATCH, span, message).with_help(mismatch_help(
            ty,
            of,
            self.text(span),
            span,
        )));
    }

    fn contains(&mut self, ty: &Ty, (of, value): (&Ty, &Expr), span: Span) {
        match ty {
            Ty::List(element) if !element.meets(of) => self.mismatch(element, of, value.span),
            Ty::Unknown | Ty::List(_) | Ty::Object(_) => {}
            ty if ty.is_text() => self.must_be_text(of, value),
            ty => self.wrong_matcher(ty, span, "`contains` searches texts and lists"),
        }
    }

    fn must_be_text(&mut self, of: &Ty, value: &Expr) {
        if of.is_known() && !of.is_text() {
            let message = format!("a text is searched for {}", of.words());
            let text = self.text(value.span);
            let help = Correction::replace(value.span, format!("\"{text}\""))
                .safe_if(matches!(value.kind, ExprKind::Number(_)))
                .help(|quoted| format!("write it in quotes: `{quoted}`"));
            self.report(Diagnostic::error(&codes::TYPE_MISMATCH, value.span, message).with_help(help));
        }
    }

    fn text_only(&mut self, ty: &Ty, span: Span) {
        match ty {
            Ty::Unknown => {}
            Ty::List(_) => self.list_compared(span, self.text(span)),
            ty if ty.is_text() => {}
            ty => self.wrong_matcher(ty, span, "compare it with `==`, `<`, `in` and the like; only texts are searched"),
        }
    }

    fn must_have_length(&mut self, ty: &Ty, span: Span) {
        if ty.is_scalar() && !ty.is_text() {
            self.wrong_matcher(ty, span, "strings, lists and objects have a length; compare a number with `==` or `<`");
        }
    }

    fn list_only(&mut self, ty: &Ty, span: Span) {
        if !matches!(ty, Ty::Unknown | Ty::List(_)) {
            self.wrong_matcher(ty, span, "use it on a list, for example `$.items[*].id`");
        }
    }

    pub fn wrong_matcher(&mut self, ty: &Ty, span: Span, help: &str) {
        let message = format!("`{}` can't be asked of {}", matcher_word(self.text(span)), ty.words());
        self.report(Diagnostic::error(&codes::WRONG_MATCHER, span, message).with_help(help));
    }

    /// Reports a value that is known to be of another type than is needed.
    pub fn must_be(&mut self, of: &Ty, wanted: &Ty, span: Span, help: &str) {
        if !of.meets(wanted) {
            let message = format!("{} is needed here, and this is {}", wanted.words(), of.words());
            self.report(Diagnostic::error(&codes::TYPE_MISMATCH, span, message).with_help(help));
        }
    }

    fn element(&mut self, ty: &Ty, span: Span) -> Ty {
        if let Some(element) = ty.element() {
            return element;
        }
        if !matches!(ty, Ty::Object(_)) {
            let word = self.text(span).split_whitespace().next().unwrap_or("each").to_owned();
            let message = format!("`{word}` looks at the elements of a list, and this is {}", ty.words());
            self.report(
                Diagnostic::error(&codes::NOT_A_LIST, span, message)
                    .with_help(format!("remove `{word}`, or look at a list")),
            );
        }
        Ty::Unknown
    }

    fn close_to(&mut self, scope: &mut Scope<'p>, ty: &Ty, (target, tolerance): (&'p Expr, &'p Expr), span: Span) {
        let (target_type, tolerance_type) = (self.expr(scope, target), self.expr(scope, tolerance));
        if matches!(ty, Ty::List(_)) {
            self.list_compared(span, "close to …");
            return;
        }
        if !ty.meets(&target_type) {
            self.mismatch(ty, &target_type, target.span);
        } else if target_type == Ty::String && matches!(tolerance_type, Ty::Duration | Ty::Unknown) {
            // Two times, as far as can be known before they are there.
        } else if !target_type.has_order() || target_type.is_text() {
            self.wrong_matcher(
                &target_type,
                span,
                "`close to` compares amounts, or times with a duration: `close to 10 ± 0.5`, `close to now() ± 5s`",
            );
        } else if !target_type.meets(&tolerance_type) {
            self.mismatch(&target_type, &tolerance_type, tolerance.span);
        }
    }

    fn is_type(&mut self, subject: &Subject, ty: &Ty, of: &'p TypeExpr, span: Span) {
        shapes::type_names(self, self.module, of);
        let known = types::of_type(self, self.module, of, 0);
        if matches!(ty, Ty::List(_)) && known.is_scalar() {
            self.list_compared(span, &format!("is {}", self.text(of.span)));
            return;
        }
        if known == Ty::Secret || known == Ty::Channel {
            let message = format!("`{}` is a type of values in a spec, not of what a server sends", self.text(of.span));
            self.report(
                Diagnostic::error(&codes::WRONG_MATCHER, of.span, message)
                    .with_help("check for `string`, `uuid`, a shape …"),
            );
            return;
        }
        let is_expr = matches!(subject.kind, SubjectKind::Expr(_) | SubjectKind::JsonPath(_));
        if !is_expr && ty.is_known() && !ty.meets(&known) && !matches!(of.kind, TypeExprKind::Or(_)) {
            let message = format!("this is always {}, never {}", ty.words(), self.text(of.span));
            self.report(
                Diagnostic::error(&codes::NEVER_HOLDS, span, message).with_help("compare it with a value instead"),
            );
        }
    }

    fn matches_partial(&mut self, scope: &mut Scope<'p>, ty: &Ty, partial: &'p Partial, span: Span) {
        self.partial(scope, partial);
        match (&partial.kind, ty) {
            (PartialKind::Object(_), Ty::List(of)) if !matches!(**of, Ty::List(_)) => {
                self.list_compared(span, "matches { … }");
            }
            (PartialKind::Object(_) | PartialKind::List(_), ty) if ty.is_scalar() => {
                self.wrong_matcher(
                    ty,
                    span,
                    "a partial object is matched against JSON: use it on `body` or a JSONPath",
                );
            }
            _ => {}
        }
    }

    pub fn partial(&mut self, scope: &mut Scope<'p>, partial: &'p Partial) {
        match &partial.kind {
            PartialKind::Any | PartialKind::Error => {}
            PartialKind::AnyOf(ty) => shapes::type_names(self, self.module, ty),
            PartialKind::Regex(regex) => {
                self.regex(regex);
            }
            PartialKind::Compare(op, value) => {
                let ty = self.expr(scope, value);
                if !ty.has_order() && !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
                    self.compared(*op, partial.span, &ty, &ty);
                }
            }
            PartialKind::Value(value) => {
                self.expr(scope, value);
            }
            PartialKind::List(items) => items.iter().for_each(|item| self.partial(scope, item)),
            PartialKind::Object(entries) => {
                let mut seen = std::collections::HashMap::new();
                for entry in entries {
                    if let Some((name, span)) = self.object_key(scope, &entry.key)
                        && let Some(first) = seen.insert(name.clone(), span)
                    {
                        self.duplicate_field(&name, span, first);
                    }
                    match (&entry.value, &entry.key) {
                        (Some(value), _) => self.partial(scope, value),
                        (None, ObjectKey::Name(name)) => {
                            self.short_field(scope, name);
                        }
                        (None, ObjectKey::String(_)) => {}
                    }
                }
            }
        }
    }
}

/// The type of a literal; nothing is said of anything else.
fn literal_type(expr: &Expr) -> Ty {
    match &expr.kind {
        ExprKind::Null => Ty::Null,
        ExprKind::Bool(_) => Ty::Bool,
        ExprKind::Number(_) => Ty::Number,
        ExprKind::Duration(_) => Ty::Duration,
        ExprKind::Size(_) => Ty::Size,
        ExprKind::Percent(_) => Ty::Percent,
        ExprKind::String(_) => Ty::String,
        _ => Ty::Unknown,
    }
}
