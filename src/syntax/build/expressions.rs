use super::Build;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    Arg, BinaryOp, Expr, ExprKind, Ident, MatcherKind, ObjectEntry, ObjectKey, Path, Subject, SubjectKind, UnaryOp,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};

impl Build<'_> {
    /// A `logic` node as a value: only comparisons may be among its matchers.
    pub fn logic(&mut self, node: Node<'_>) -> Expr {
        let mut whole: Option<(Span, Expr)> = None;
        let mut group: Option<Expr> = None;
        let mut joint: Option<(BinaryOp, Span)> = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::k_and => joint = Some((BinaryOp::And, self.span(&child))),
                Rule::k_or => {
                    let span = self.span(&child);
                    if let Some(done) = group.take() {
                        whole = Some((span, join_or(whole, done)));
                    }
                    joint = None;
                }
                _ => {
                    let term = self.logic_term(child);
                    group = Some(match (group.take(), joint.take()) {
                        (Some(left), Some((op, span))) => binary(op, span, left, term),
                        _ => term,
                    });
                }
            }
        }
        let last = group.unwrap_or_else(|| self.error_expr());
        join_or(whole, last)
    }

    fn logic_term(&mut self, node: Node<'_>) -> Expr {
        let end = self.span(&node);
        let mut kids = node.into_inner();
        let mut nots = Vec::new();
        while let Some(not) = take(&mut kids, Rule::k_not) {
            nots.push(self.span(&not));
        }
        let mut value = self.expr(&mut kids);
        if let Some(matcher) = kids.next() {
            value = self.comparison_of(value, matcher);
        }
        for not in nots.into_iter().rev() {
            let span = Span { end: end.end, ..not };
            value = Expr { span, kind: ExprKind::Unary(UnaryOp::Not, Box::new(value)) };
        }
        value
    }

    fn comparison_of(&mut self, left: Expr, node: Node<'_>) -> Expr {
        let op_span = node
            .into_inner()
            .next()
            .and_then(|compare| compare.into_inner().next())
            .map_or_else(|| self.span(&node), |op| self.span(&op));
        let matcher = self.matcher(node);
        let span = left.span.to(matcher.span);
        match matcher.kind {
            MatcherKind::Compare(op, right) => {
                Expr { span, kind: ExprKind::Binary(op, op_span, Box::new(left), Box::new(right)) }
            }
            _ => {
                self.report(
                    Diagnostic::error(&codes::MATCHER_IN_VALUE, matcher.span, "this isn't allowed in a value: it says what must hold")
                        .with_help("matchers such as `contains` or `is` follow `expect SUBJECT`, `skip when` and `where`; a value takes `==` and the like"),
                );
                Expr { span, kind: ExprKind::Error }
            }
        }
    }

    /// Arithmetic and ranges.
    pub fn operand(&mut self, node: Node<'_>) -> Expr {
        let mut kids = node.into_inner();
        let left = self.sum(&mut kids);
        if take(&mut kids, Rule::dotdot).is_none() {
            return left;
        }
        let right = self.sum(&mut kids);
        Expr { span: left.span.to(right.span), kind: ExprKind::Range(Box::new(left), Box::new(right)) }
    }

    /// Terms joined by signs, up to `..` or the end; products bind tighter.
    fn sum(&mut self, kids: &mut Kids<'_>) -> Expr {
        let mut sum: Option<(BinaryOp, Span, Expr)> = None;
        let mut product = self.term(kids);
        while let Some((op, span)) = self.sign(kids) {
            let right = self.term(kids);
            self.check_dashed_key(&product, op, span, &right);
            if matches!(op, BinaryOp::Multiply | BinaryOp::Divide) {
                product = binary(op, span, product, right);
            } else {
                let left = join_sum(sum, product);
                sum = Some((op, span, left));
                product = right;
            }
        }
        join_sum(sum, product)
    }

    /// `$.content-type` reads like one key, but is a difference.
    fn check_dashed_key(&mut self, left: &Expr, op: BinaryOp, sign: Span, right: &Expr) {
        let touches = left.span.end == sign.start && sign.end == right.span.start;
        let (ExprKind::JsonPath(_), ExprKind::Name(name)) = (&left.kind, &right.kind) else { return };
        if op != BinaryOp::Subtract || !touches {
            return;
        }
        let path = self.file.get(left.span.start as usize..left.span.end as usize).unwrap_or_default();
        let (before, key) = path.rsplit_once('.').unwrap_or((path, ""));
        let correction = Correction::replace(left.span.to(right.span), format!("{before}[\"{key}-{}\"]", name.text));
        let help = correction.help(|path| format!("write `{path}`; put spaces around the `-` of a difference"));
        self.report(
            Diagnostic::error(
                &codes::DASHED_KEY,
                sign.to(right.span),
                "a key that holds `-` is in brackets and quotes",
            )
            .with_help(help),
        );
    }

    fn sign(&mut self, kids: &mut Kids<'_>) -> Option<(BinaryOp, Span)> {
        let node = kids.peek()?;
        let op = match node.as_rule() {
            Rule::plus => BinaryOp::Add,
            Rule::minus => BinaryOp::Subtract,
            Rule::star => BinaryOp::Multiply,
            Rule::slash => BinaryOp::Divide,
            _ => return None,
        };
        kids.next();
        Some((op, self.span(&node)))
    }

    fn term(&mut self, kids: &mut Kids<'_>) -> Expr {
        let Some(node) = kids.next() else { return self.error_expr() };
        let mut inner = node.into_inner();
        let mut signs = Vec::new();
        while let Some(minus) = take(&mut inner, Rule::minus) {
            signs.push(self.span(&minus));
        }
        let mut value = self.expr(&mut inner);
        for sign in signs.into_iter().rev() {
            value = Expr { span: sign.to(value.span), kind: ExprKind::Unary(UnaryOp::Minus, Box::new(value)) };
        }
        value
    }

    /// A value with its members, indices and calls.
    pub fn postfix(&mut self, node: Node<'_>) -> Expr {
        let mut kids = node.into_inner();
        let Some(first) = kids.next() else { return self.error_expr() };
        let mut value = self.primary(first);
        for suffix in kids {
            let span = value.span.to(self.span(&suffix));
            let kind = match suffix.as_rule() {
                Rule::member => {
                    let name = self.name(&mut suffix.into_inner());
                    ExprKind::Field(Box::new(value), name)
                }
                Rule::index => ExprKind::Index(Box::new(value), Box::new(self.expr(&mut suffix.into_inner()))),
                _ => self.call(value, suffix),
            };
            value = Expr { span, kind };
        }
        value
    }

    fn call(&mut self, callee: Expr, arguments: Node<'_>) -> ExprKind {
        let span = callee.span;
        let args = arguments
            .into_inner()
            .filter(|node| node.as_rule() == Rule::argument)
            .map(|node| self.argument(node))
            .collect();
        let mut segments = Vec::new();
        if !path_of(callee, &mut segments) {
            self.report(
                Diagnostic::error(&codes::CALL_OF_A_VALUE, span, "only flows and functions take arguments")
                    .with_help("a call is a name, or a module's name, with its arguments: `login.as_user(\"ada\")`"),
            );
            return ExprKind::Error;
        }
        ExprKind::Call { callee: Path { segments, span }, args }
    }

    fn argument(&mut self, node: Node<'_>) -> Arg {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let name = take(&mut kids, Rule::word).map(|word| self.ident(&word));
        Arg { span, name, value: self.expr(&mut kids) }
    }

    pub fn primary(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::quantity => self.quantity(&node, span),
            Rule::money => self.money(&node, span),
            Rule::string => ExprKind::String(self.template(&node)),
            Rule::regex => ExprKind::Regex(self.regex(&node)),
            Rule::jsonpath => ExprKind::JsonPath(self.jsonpath(&node)),
            Rule::k_true => ExprKind::Bool(true),
            Rule::k_false => ExprKind::Bool(false),
            Rule::k_null => ExprKind::Null,
            Rule::file_value => ExprKind::File(self.str_lit(&mut node.into_inner())),
            Rule::hex_value => ExprKind::Hex(self.str_lit(&mut node.into_inner())),
            Rule::name => ExprKind::Name(self.ident(&node)),
            Rule::list => ExprKind::List(self.exprs(node)),
            Rule::object => ExprKind::Object(self.entries(node)),
            Rule::paren => {
                seek(&mut node.into_inner(), Rule::logic).map_or(ExprKind::Error, |inner| self.logic(inner).kind)
            }
            Rule::response_value => self.response_value(node, span),
            _ => ExprKind::Error,
        };
        Expr { span, kind }
    }

    fn response_value(&mut self, node: Node<'_>, span: Span) -> ExprKind {
        let Some(inner) = node.into_inner().next() else { return ExprKind::Error };
        let kind = self.subject_kind(inner);
        match kind {
            SubjectKind::Expr(expr) => expr.kind,
            kind => ExprKind::Subject(Box::new(Subject { span, kind })),
        }
    }

    fn exprs(&mut self, node: Node<'_>) -> Vec<Expr> {
        node.into_inner().filter(|child| child.as_rule() == Rule::logic).map(|child| self.logic(child)).collect()
    }

    fn entries(&mut self, node: Node<'_>) -> Vec<ObjectEntry> {
        node.into_inner()
            .filter(|child| child.as_rule() == Rule::entry)
            .map(|entry| {
                let span = self.span(&entry);
                let mut kids = entry.into_inner();
                let key = self.key(&mut kids);
                let value = take(&mut kids, Rule::colon).map(|_| self.expr(&mut kids));
                ObjectEntry { span, key, value }
            })
            .collect()
    }

    /// The key of an entry of an object.
    pub fn key(&mut self, kids: &mut Kids<'_>) -> ObjectKey {
        let inner = seek(kids, Rule::key).and_then(|key| key.into_inner().next());
        match inner {
            Some(node) if node.as_rule() == Rule::bare_field => ObjectKey::Name(self.ident(&node)),
            Some(node) => ObjectKey::String(self.template_of(&node)),
            None => ObjectKey::Name(Ident { text: String::new(), span: self.range(0, 0) }),
        }
    }
}

fn binary(op: BinaryOp, op_span: Span, left: Expr, right: Expr) -> Expr {
    Expr { span: left.span.to(right.span), kind: ExprKind::Binary(op, op_span, Box::new(left), Box::new(right)) }
}

fn join_or(whole: Option<(Span, Expr)>, right: Expr) -> Expr {
    match whole {
        Some((span, left)) => binary(BinaryOp::Or, span, left, right),
        None => right,
    }
}

fn join_sum(sum: Option<(BinaryOp, Span, Expr)>, right: Expr) -> Expr {
    match sum {
        Some((op, span, left)) => binary(op, span, left, right),
        None => right,
    }
}

/// The names of a dotted chain; false for anything else.
fn path_of(expr: Expr, segments: &mut Vec<Ident>) -> bool {
    match expr.kind {
        ExprKind::Name(name) => {
            segments.push(name);
            true
        }
        ExprKind::Field(base, name) => {
            let is_path = path_of(*base, segments);
            segments.push(name);
            is_path
        }
        _ => false,
    }
}
