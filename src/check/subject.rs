use super::cx::Cx;
use super::scope::{Place, Scope};
use super::types::Ty;
use crate::diag::{Correction, Diagnostic, Help, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Ident, JsonPathLit, Subject, SubjectKind};
use crate::syntax::words::{Gives, Of, SubjectWord};

/// What `expect cookie NAME.` goes on with.
const COOKIE_ATTRIBUTES: [&str; 7] = ["http_only", "secure", "same_site", "path", "max_age", "domain", "expires"];

impl<'p> Cx<'p> {
    /// A JSONPath as a value: one node where it is singular, a list of them otherwise.
    pub fn path_subject(&mut self, scope: &mut Scope<'p>, path: &'p JsonPathLit, span: Span) -> Ty {
        let compiled = self.json_path(scope, path);
        self.must_be_here(scope, span, "a JSONPath", &[Place::Response, Place::Frame]);
        match compiled {
            Some(path) if !path.is_singular() => Ty::list(),
            _ => Ty::Unknown,
        }
    }

    /// A subject that isn't an expression.
    pub fn response_subject(&mut self, scope: &mut Scope<'p>, subject: &'p Subject) -> Ty {
        let Some(row) = subject.kind.row() else { return self.subject(scope, subject) };
        let known = match row.gives {
            Gives::Anything => Ty::Unknown,
            Gives::One(kind) => Ty::of_kind(kind),
            Gives::ListOf(kind) => Ty::list_of(Ty::of_kind(kind)),
        };
        let ty = match &subject.kind {
            SubjectKind::Header(name) | SubjectKind::Headers(name) => {
                super::lints::headers::name(self, name, "header");
                known
            }
            SubjectKind::Cookie { name, attribute } => {
                super::lints::headers::name(self, name, "cookie");
                attribute.as_ref().map_or(known, |attribute| self.cookie_attribute(attribute))
            }
            SubjectKind::XPath(path) => self.xpath(path),
            SubjectKind::Css(selector) => {
                self.css(selector);
                known
            }
            _ => known,
        };
        self.must_be_here(scope, subject.span, &format!("`{}`", row.word), places(row.of));
        self.hides_a_name(scope, subject.span, row.word);
        ty
    }

    /// Who reads it can't see whether a subject or a name of the same spelling is meant.
    fn hides_a_name(&mut self, scope: &Scope<'p>, span: Span, word: &str) {
        let Some(binding) = scope.get(word).filter(|_| places(Of::Both).contains(&scope.place)) else { return };
        let noun = if scope.place == Place::Frame { "frame" } else { "response" };
        let message = format!("this is the `{word}` of the {noun}, and not the value that is called so");
        let named = binding.span;
        self.report(
            Diagnostic::warning(&codes::SHADOWED_NAME, span, message)
                .with_related(named, "named here")
                .with_help(format!("give the value another name; `({word})` means it")),
        );
    }

    /// Reports a subject of something else than what is looked at here; where its word is a name in scope, it is that.
    pub fn is_subject_elsewhere(&mut self, scope: &Scope<'p>, expr: &'p Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else { return false };
        let row = SubjectWord::ALL.iter().map(|word| word.row()).find(|row| row.word == name.text);
        let Some(row) = row.filter(|_| scope.get(&name.text).is_none()) else { return false };
        self.must_be_here(scope, name.span, &format!("`{}`", row.word), places(row.of));
        !places(row.of).contains(&scope.place)
    }

    fn cookie_attribute(&mut self, attribute: &Ident) -> Ty {
        match attribute.text.as_str() {
            "http_only" | "secure" => return Ty::Bool,
            "max_age" => return Ty::Duration,
            known if COOKIE_ATTRIBUTES.contains(&known) => return Ty::Unknown,
            _ => {}
        }
        let help = match closest(&attribute.text, COOKIE_ATTRIBUTES) {
            Some(near) => Correction::replace(attribute.span, near).did_you_mean(),
            None => format!("a cookie has {}", super::words::listed(COOKIE_ATTRIBUTES.into_iter())).into(),
        };
        let message = format!("a cookie has no attribute `{}`", attribute.text);
        self.report(Diagnostic::error(&codes::UNKNOWN_FIELD, attribute.span, message).with_help(help));
        Ty::Unknown
    }

    fn must_be_here(&mut self, scope: &Scope<'p>, span: Span, what: &str, places: &[Place]) {
        if places.contains(&scope.place) {
            return;
        }
        let (message, help) = match scope.place {
            Place::Steps => (
                format!("{what} is looked at where there is no response"),
                "move this into the block of the request (`GET … { … }`), or capture the value there",
            ),
            Place::Sent => (
                format!("{what} is used in what is sent, when there is no response yet"),
                "capture the value from an earlier response, and use its name here",
            ),
            Place::Response => (
                format!("{what} is a part of a frame, and this is a response"),
                match what {
                    "`text`" | "`data`" => "the body of a response is `body`",
                    "`id`" => "a field of the response is `$.id`",
                    _ => "look at `body`, `header` or a JSONPath of the response",
                },
            ),
            Place::Frame => (
                format!("{what} is a part of a response, and this is a frame"),
                "of a frame, look at `$`, `text`, `hex`, `size`, `data` or `id`",
            ),
        };
        self.report(Diagnostic::error(&codes::SUBJECT_NOT_HERE, span, message).with_help(help));
    }

    /// Whether two values can be compared by an operator.
    pub fn compared(&mut self, op: BinaryOp, span: Span, left: &Ty, right: &Ty) {
        let ordered = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if matches!(left, Ty::List(_)) && right.is_scalar() && *right != Ty::Null {
            let text = self.text(span);
            // A bare value has no sign before it.
            let operand = text.strip_prefix(op.sign()).unwrap_or(text).trim();
            let rest = format!("{} {operand}", op.sign());
            // That no element differs from a value is seldom meant: that none is equal to it is.
            let none = if op == BinaryOp::NotEqual { format!("== {operand}") } else { rest.clone() };
            self.elements_meant(span, &rest, &none);
            return;
        }
        if !left.meets(right) {
            let message = format!("{} is compared with {}", left.words(), right.words());
            let text = self.text(span);
            let help = match (left, right) {
                (Ty::String, Ty::Number) if ordered => as_number(text).into(),
                _ => mismatch_help(left, right, text, span),
            };
            self.report(Diagnostic::error(&codes::TYPE_MISMATCH, span, message).with_help(help));
            return;
        }
        if ordered && let Some(odd) = [left, right].into_iter().find(|ty| !ty.has_order()) {
            let message = format!("`{}` compares amounts, and this is {}", op.sign(), odd.words());
            self.report(
                Diagnostic::error(&codes::TYPE_MISMATCH, span, message)
                    .with_help("use `==` or `!=`, or compare its length"),
            );
        }
    }

    pub fn list_compared(&mut self, span: Span, rest: &str) {
        self.elements_meant(span, rest, rest);
    }

    fn elements_meant(&mut self, span: Span, rest: &str, none: &str) {
        self.report(
            Diagnostic::error(&codes::LIST_COMPARED, span, "a list is compared with a single value").with_help(
                format!("say which of its elements are meant: `each {rest}`, `some {rest}` or `none {none}`"),
            ),
        );
    }
}

/// Where a subject can be looked at.
fn places(of: Of) -> &'static [Place] {
    match of {
        Of::Responses => &[Place::Response],
        Of::Frames => &[Place::Frame],
        Of::Both => &[Place::Response, Place::Frame],
    }
}

/// Texts are ordered by their characters, by which `10` comes before `9`: a number in a text is read as one.
fn as_number(comparison: &str) -> String {
    const LONGEST: usize = 40;
    let short = comparison.len() <= LONGEST && !comparison.contains('\n');
    let rest = if short { comparison } else { "> 5" };
    format!("this is text: read the number in it, `json(…) {rest}`, with the subject in the brackets")
}

/// How to correct a comparison of types that never meet; `text`, at `span`, is what was compared with, or the whole comparison.
pub(super) fn mismatch_help(left: &Ty, right: &Ty, text: &str, span: Span) -> Help {
    const LONGEST: usize = 40;
    let is_short = text.len() <= LONGEST && !text.contains('\n');
    match (left, right) {
        (Ty::Duration, Ty::Number) if is_short => Correction::insert_after(span, "s")
            .between(text, "")
            .help(|seconds| format!("give it a unit: `{seconds}` or `{text}ms`")),
        (Ty::Number, Ty::String) if is_short && text.contains(['"', '\'']) => {
            Correction::replace(span, text.replace(['"', '\''], ""))
                .help(|number| format!("write the number without quotes: `{number}`"))
        }
        (Ty::String, Ty::Number) if text.contains("..") => as_number(&format!("in {text}")).into(),
        (Ty::String, Ty::Number) if is_short && text.starts_with(|c: char| c.is_ascii_digit()) => {
            Correction::replace(span, format!("\"{text}\"")).help(|quoted| format!("this is text: write `{quoted}`"))
        }
        (Ty::Duration, Ty::Number) => "a duration needs a unit: `2s`, `500ms`".into(),
        (Ty::Number, Ty::String) => "write the number without quotes".into(),
        (Ty::String, Ty::Number) => "this is text: write the value in quotes".into(),
        (Ty::Size, _) => "a size is a number of bytes: `512`, `10KB`".into(),
        (_, Ty::Null) => "write `not exists`, or `is null` of a JSONPath".into(),
        (Ty::Bool, _) => "compare it with `true` or `false`".into(),
        (Ty::Rate, _) => "a rate is written `200/s`".into(),
        (Ty::Percent, _) => "a percentage is written `95%`".into(),
        _ => format!("compare it with {}", left.words()).into(),
    }
}
