use std::sync::Arc;

use super::body::Body;
use crate::plan::{Capture, Check, Expectation, Matcher, MatcherKind, Subject, SubjectKind, fixtures};
use crate::syntax::ast::{self, BinaryOp};
use crate::value::{Css, XPath};

impl Body<'_, '_> {
    pub fn expectation(&mut self, expect: &ast::Expect) -> Option<Expectation> {
        let subject = self.subject(&expect.subject);
        let text = self.lower.project.sources.text(expect.span);
        let text = text.strip_prefix("expect").map_or(text, str::trim_start);
        let text = Arc::from(text.split_whitespace().collect::<Vec<_>>().join(" "));
        Some(Expectation { span: expect.span, text, subject, matcher: self.matcher(&expect.matcher)? })
    }

    pub fn subject(&mut self, subject: &ast::Subject) -> Subject {
        let kind = match &subject.kind {
            ast::SubjectKind::Status => SubjectKind::Status,
            ast::SubjectKind::Time => SubjectKind::Time,
            ast::SubjectKind::TimeToFirstByte => SubjectKind::TimeToFirstByte,
            ast::SubjectKind::Size => SubjectKind::Size,
            ast::SubjectKind::Attempts => SubjectKind::Attempts,
            ast::SubjectKind::Body => SubjectKind::Body,
            ast::SubjectKind::Url => SubjectKind::Url,
            ast::SubjectKind::Redirects => SubjectKind::Redirects,
            ast::SubjectKind::HttpVersion => SubjectKind::HttpVersion,
            ast::SubjectKind::Header(name) => SubjectKind::Header(Arc::from(name.text.as_str())),
            ast::SubjectKind::Headers(name) => SubjectKind::Headers(Arc::from(name.text.as_str())),
            ast::SubjectKind::Cookie { name, attribute } => SubjectKind::Cookie {
                name: Arc::from(name.text.as_str()),
                attribute: attribute.as_ref().map(|attribute| Arc::from(attribute.text.as_str())),
            },
            ast::SubjectKind::Certificate(what) => SubjectKind::Certificate(Arc::from(what.text.as_str())),
            ast::SubjectKind::XPath(path) => match XPath::compile(&path.value) {
                Ok(path) => SubjectKind::XPath(path),
                Err(error) => {
                    self.unresolved(path.span, error.message);
                    SubjectKind::Body
                }
            },
            ast::SubjectKind::Css(selector) => match Css::compile(&selector.value) {
                Some(selector) => SubjectKind::Css(selector),
                None => {
                    self.unresolved(selector.span, format!("\"{}\" is no CSS selector", selector.value));
                    SubjectKind::Body
                }
            },
            ast::SubjectKind::Text | ast::SubjectKind::BodyText => SubjectKind::Text,
            ast::SubjectKind::Hex => SubjectKind::Hex,
            ast::SubjectKind::Data => SubjectKind::Data,
            ast::SubjectKind::Id => SubjectKind::Id,
            ast::SubjectKind::JsonPath(path) => match self.path(path) {
                Some(path) => SubjectKind::JsonPath(path),
                None => SubjectKind::Body,
            },
            ast::SubjectKind::Expr(expr) => SubjectKind::Expr(self.expr(expr)),
        };
        Subject { span: subject.span, kind }
    }

    pub fn matcher(&mut self, matcher: &ast::Matcher) -> Option<Matcher> {
        let kind = match &matcher.kind {
            ast::MatcherKind::Compare(op, expr) => MatcherKind::Compare(*op, self.expr(expr)),
            ast::MatcherKind::Bare(expr) => MatcherKind::Compare(BinaryOp::Equal, self.expr(expr)),
            ast::MatcherKind::Plain(word) => MatcherKind::Plain(*word),
            ast::MatcherKind::With(word, expr) => MatcherKind::With(*word, self.expr(expr)),
            ast::MatcherKind::MatchesRegex(regex) => MatcherKind::Regex(self.regex(regex)?),
            ast::MatcherKind::MatchesPartial(partial) => MatcherKind::Partial(self.partial(partial)?),
            ast::MatcherKind::MatchesSchema(file) => self.schema(file)?,
            ast::MatcherKind::Is(ty) => MatcherKind::Is(self.lower.ty(self.module, ty)),
            ast::MatcherKind::IsSorted { by, descending } => {
                let by = match by {
                    Some(path) => Some(self.path(path)?),
                    None => None,
                };
                MatcherKind::IsSorted { by, descending: *descending }
            }
            ast::MatcherKind::CloseTo { target, tolerance } => {
                MatcherKind::CloseTo { target: self.expr(target), tolerance: self.expr(tolerance) }
            }
            ast::MatcherKind::Each(inner) => MatcherKind::Each(Box::new(self.matcher(inner)?)),
            ast::MatcherKind::Some(inner) => MatcherKind::Some(Box::new(self.matcher(inner)?)),
            ast::MatcherKind::None(inner) => MatcherKind::None(Box::new(self.matcher(inner)?)),
            ast::MatcherKind::Not(inner) => MatcherKind::Not(Box::new(self.matcher(inner)?)),
            ast::MatcherKind::Error => return None,
        };
        Some(Matcher { span: matcher.span, kind })
    }

    fn schema(&mut self, file: &ast::StrLit) -> Option<MatcherKind> {
        let schema = fixtures::schema(self.lower.project, self.module, file);
        let (name, schema) = schema.map_err(|diagnostic| self.report(*diagnostic)).ok()?;
        Some(MatcherKind::Schema { name, schema: Arc::new(schema) })
    }

    pub fn capture(&mut self, capture: &ast::Capture) -> Option<Capture> {
        let subject = self.subject(&capture.subject);
        let regex = match &capture.regex {
            Some(regex) => Some(self.regex(regex)?),
            None => None,
        };
        Some(Capture {
            span: capture.span,
            name: Arc::from(capture.name.text.as_str()),
            slot: self.names.bind(&capture.name.text),
            secret: capture.secret,
            collect: capture.collect,
            subject,
            regex,
        })
    }

    pub fn either(&mut self, either: &ast::EitherExpect) -> Check {
        let branches = either.branches.iter().map(|parts| parts.iter().filter_map(|part| self.check(part)).collect());
        Check::Either { span: either.span, branches: branches.collect() }
    }

    /// A part of a request that is about its response.
    pub fn check(&mut self, part: &ast::RequestPart) -> Option<Check> {
        match &part.kind {
            ast::RequestPartKind::Expect(expect) => self.expectation(expect).map(Check::Expect),
            ast::RequestPartKind::Capture(capture) => self.capture(capture).map(Check::Capture),
            ast::RequestPartKind::Either(either) => Some(self.either(either)),
            _ => None,
        }
    }
}
