use super::Build;
use crate::syntax::ast::{
    BinaryOp, Capture, Expect, ExpectFailure, ExprKind, HeaderName, Ident, Matcher, MatcherKind, Partial, PartialEntry,
    PartialKind, StrLit, Subject, SubjectKind,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};
use crate::syntax::words::{Of, Plain, WithOperand};

impl Build<'_> {
    /// What `expect` takes. `seen`: what is looked at there, if anything.
    pub fn expectation(&mut self, node: Node<'_>, seen: Option<Of>) -> Expect {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let subject = self.subject(&mut kids).among(seen);
        let matcher = self.next_matcher(&mut kids);
        Expect { span, subject, matcher }
    }

    pub fn expect_failure(&mut self, kids: &mut Kids<'_>) -> ExpectFailure {
        let span = self.range(0, 0);
        let mut failure = ExpectFailure { span, kind: Ident { text: String::new(), span } };
        if let Some(expect) = take(kids, Rule::k_expect)
            && let Some(kind) = seek(kids, Rule::failure)
        {
            failure = ExpectFailure { span: self.span(&expect).to(self.span(&kind)), kind: self.failure(&kind) };
        }
        failure
    }

    /// The kind of a failure, with one space between its words.
    pub fn failure(&self, node: &Node<'_>) -> Ident {
        let text = node.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
        Ident { text, span: self.span(node) }
    }

    /// `capture [secret] NAME = SUBJECT [/RE/]`
    pub fn capture(&mut self, kids: &mut Kids<'_>, seen: Option<Of>) -> Capture {
        let keyword = kids.next();
        let start = keyword.as_ref().map_or_else(|| self.range(0, 0), |node| self.span(node));
        let collect = keyword.is_some_and(|node| node.as_rule() == Rule::k_collect);
        let secret = take(kids, Rule::k_secret).is_some();
        let name = self.declared(kids);
        let subject = self.subject(kids).among(seen);
        let regex = take(kids, Rule::regex).map(|node| self.regex(&node));
        let end = regex.as_ref().map_or(subject.span, |regex| regex.span);
        Capture { span: start.to(end), name, secret, collect, subject, regex }
    }

    /// The next subject among the children.
    pub fn subject(&mut self, kids: &mut Kids<'_>) -> Subject {
        let is_subject =
            |node: &Node<'_>| matches!(node.as_rule(), Rule::bare_subject | Rule::subject | Rule::subject_before_regex);
        let Some(node) = kids.find(is_subject) else {
            let span = self.range(0, 0);
            return Subject { span, kind: SubjectKind::Expr(self.error_expr()) };
        };
        let span = self.span(&node);
        let kind = match node.into_inner().next() {
            Some(inner) => self.subject_kind(inner),
            None => SubjectKind::Expr(self.error_expr()),
        };
        Subject { span, kind }
    }

    pub fn subject_kind(&mut self, node: Node<'_>) -> SubjectKind {
        match node.as_rule() {
            Rule::k_status => SubjectKind::Status,
            Rule::k_time => SubjectKind::Time,
            Rule::k_time_to_first_byte => SubjectKind::TimeToFirstByte,
            Rule::k_size => SubjectKind::Size,
            Rule::k_attempts => SubjectKind::Attempts,
            Rule::k_body_text => SubjectKind::BodyText,
            Rule::k_body => SubjectKind::Body,
            Rule::k_url => SubjectKind::Url,
            Rule::k_redirects => SubjectKind::Redirects,
            Rule::k_http_version => SubjectKind::HttpVersion,
            Rule::k_text => SubjectKind::Text,
            Rule::hex_subject => SubjectKind::Hex,
            Rule::k_data => SubjectKind::Data,
            Rule::k_id => SubjectKind::Id,
            Rule::header_subject => SubjectKind::Header(self.subject_field(node)),
            Rule::headers_subject => SubjectKind::Headers(self.subject_field(node)),
            Rule::cookie_subject => self.cookie_subject(node),
            Rule::certificate_subject => SubjectKind::Certificate(self.name(&mut node.into_inner())),
            Rule::xpath_subject => SubjectKind::XPath(self.str_lit(&mut node.into_inner())),
            Rule::css_subject => SubjectKind::Css(self.str_lit(&mut node.into_inner())),
            _ => self.value_subject(node),
        }
    }

    fn subject_field(&mut self, node: Node<'_>) -> HeaderName {
        match seek(&mut node.into_inner(), Rule::subject_field) {
            Some(field) => self.header_name(&field),
            None => HeaderName { text: String::new(), span: self.range(0, 0) },
        }
    }

    fn cookie_subject(&mut self, node: Node<'_>) -> SubjectKind {
        let mut kids = node.into_inner().find(|node| node.as_rule() == Rule::cookie_name).map(Node::into_inner);
        let name = kids.as_mut().and_then(|kids| take(kids, Rule::subject_field));
        let name = match name {
            Some(field) => self.header_name(&field),
            None => HeaderName { text: String::new(), span: self.range(0, 0) },
        };
        let attribute = kids.and_then(|mut kids| take(&mut kids, Rule::word)).map(|word| self.ident(&word));
        SubjectKind::Cookie { name, attribute }
    }

    /// An expression as a subject: a JSONPath, or what a response gives, where it is one alone.
    pub fn value_subject(&mut self, node: Node<'_>) -> SubjectKind {
        let expr = self.expr_of(node);
        match expr.kind {
            ExprKind::JsonPath(path) => SubjectKind::JsonPath(path),
            ExprKind::Subject(subject) => subject.kind,
            _ => SubjectKind::Expr(expr),
        }
    }

    /// The matcher that comes next, or the bare value that stands for one.
    pub fn next_matcher(&mut self, kids: &mut Kids<'_>) -> Matcher {
        match kids.find(|node| matches!(node.as_rule(), Rule::matcher | Rule::bare | Rule::frame_value)) {
            Some(node) => self.matcher(node),
            None => Matcher { span: self.range(0, 0), kind: MatcherKind::Error },
        }
    }

    pub fn matcher(&mut self, node: Node<'_>) -> Matcher {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut kids = node.into_inner();
        let kind = match rule {
            Rule::bare => MatcherKind::Bare(self.expr(&mut kids)),
            Rule::frame_value => kids.next().map_or(MatcherKind::Error, |value| MatcherKind::Bare(self.primary(value))),
            _ => match kids.next() {
                Some(inner) => self.matcher_kind(inner),
                None => MatcherKind::Error,
            },
        };
        Matcher { span, kind }
    }

    fn matcher_kind(&mut self, node: Node<'_>) -> MatcherKind {
        let rule = node.as_rule();
        let mut kids = node.into_inner();
        match rule {
            Rule::compare => {
                let (op, value) = self.comparison(&mut kids);
                MatcherKind::Compare(op, value)
            }
            Rule::m_matches => self.matches(&mut kids),
            Rule::m_is => self.is(&mut kids),
            Rule::m_close_to => {
                let target = self.expr(&mut kids);
                MatcherKind::CloseTo { target, tolerance: self.expr(&mut kids) }
            }
            Rule::m_each => MatcherKind::Each(Box::new(self.next_matcher(&mut kids))),
            Rule::m_some => MatcherKind::Some(Box::new(self.next_matcher(&mut kids))),
            Rule::m_none => MatcherKind::None(Box::new(self.next_matcher(&mut kids))),
            Rule::m_not => MatcherKind::Not(Box::new(self.next_matcher(&mut kids))),
            _ => match (WithOperand::by_rule(rule), Plain::by_rule(rule)) {
                (Some(word), _) => MatcherKind::With(word, self.expr(&mut kids)),
                (None, Some(word)) => MatcherKind::Plain(word),
                (None, None) => MatcherKind::Error,
            },
        }
    }

    /// A sign of comparison and the value behind it.
    pub fn comparison(&mut self, kids: &mut Kids<'_>) -> (BinaryOp, crate::syntax::ast::Expr) {
        let op = kids.find_map(|node| comparison_op(node.as_rule())).unwrap_or(BinaryOp::Equal);
        (op, self.expr(kids))
    }

    fn matches(&mut self, kids: &mut Kids<'_>) -> MatcherKind {
        kids.next();
        match kids.next() {
            Some(node) if node.as_rule() == Rule::k_schema_file => MatcherKind::MatchesSchema(self.str_lit(kids)),
            Some(node) if node.as_rule() == Rule::regex => MatcherKind::MatchesRegex(self.regex(&node)),
            Some(node) => {
                let partial = self.partial(node);
                match partial.kind {
                    PartialKind::Regex(regex) => MatcherKind::MatchesRegex(regex),
                    _ => MatcherKind::MatchesPartial(partial),
                }
            }
            None => MatcherKind::Error,
        }
    }

    fn is(&mut self, kids: &mut Kids<'_>) -> MatcherKind {
        kids.next();
        let not = take(kids, Rule::k_not).map(|node| self.span(&node));
        let Some(node) = kids.next() else { return MatcherKind::Error };
        let span = self.span(&node);
        let kind = match (node.as_rule(), Plain::by_rule(node.as_rule())) {
            (Rule::sorted, _) => self.sorted(node),
            (_, Some(word)) => MatcherKind::Plain(word),
            _ => MatcherKind::Is(self.type_expr(node)),
        };
        match not {
            Some(not) => MatcherKind::Not(Box::new(Matcher { span: not.to(span), kind })),
            None => kind,
        }
    }

    fn sorted(&mut self, node: Node<'_>) -> MatcherKind {
        let mut by = None;
        let mut descending = false;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::jsonpath => by = Some(self.jsonpath(&child)),
                Rule::k_descending => descending = true,
                _ => {}
            }
        }
        MatcherKind::IsSorted { by, descending }
    }

    pub fn partial(&mut self, node: Node<'_>) -> Partial {
        let span = self.span(&node);
        let Some(inner) = node.into_inner().next() else { return Partial { span, kind: PartialKind::Error } };
        let kind = match inner.as_rule() {
            Rule::partial_object => PartialKind::Object(self.partial_entries(inner)),
            Rule::partial_list => {
                let items = inner.into_inner().filter(|child| child.as_rule() == Rule::partial);
                PartialKind::List(items.map(|child| self.partial(child)).collect())
            }
            Rule::partial_any => match seek(&mut inner.into_inner(), Rule::type_expr) {
                Some(ty) => PartialKind::AnyOf(self.type_expr(ty)),
                None => PartialKind::Any,
            },
            Rule::compare => {
                let (op, value) = self.comparison(&mut inner.into_inner());
                PartialKind::Compare(op, value)
            }
            Rule::regex => PartialKind::Regex(self.regex(&inner)),
            _ => PartialKind::Value(self.expr_of(inner)),
        };
        Partial { span, kind }
    }

    fn partial_entries(&mut self, node: Node<'_>) -> Vec<PartialEntry> {
        node.into_inner()
            .filter(|child| child.as_rule() == Rule::partial_entry)
            .map(|entry| {
                let span = self.span(&entry);
                let mut kids = entry.into_inner();
                let key = self.key(&mut kids);
                let value = seek(&mut kids, Rule::partial).map(|value| self.partial(value));
                PartialEntry { span, key, value }
            })
            .collect()
    }

    /// The text behind a keyword, if the keyword comes next.
    pub fn text_after(&mut self, kids: &mut Kids<'_>, keyword: Rule) -> Option<StrLit> {
        take(kids, keyword)?;
        Some(self.str_lit(kids))
    }
}

pub fn comparison_op(rule: Rule) -> Option<BinaryOp> {
    Some(match rule {
        Rule::op_equal => BinaryOp::Equal,
        Rule::op_not_equal => BinaryOp::NotEqual,
        Rule::op_less => BinaryOp::Less,
        Rule::op_less_equal => BinaryOp::LessEqual,
        Rule::op_greater => BinaryOp::Greater,
        Rule::op_greater_equal => BinaryOp::GreaterEqual,
        _ => return None,
    })
}
