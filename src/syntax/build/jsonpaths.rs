use std::ops::Range;

use super::Build;
use crate::syntax::ast::{Expr, ExprKind, Ident, JsonPathLit, RegexLit};
use crate::syntax::grammar::Node;
use crate::value::{JsonPath, PathName};

impl Build<'_> {
    pub fn jsonpath(&mut self, node: &Node<'_>) -> JsonPathLit {
        let (text, begin) = (node.as_str(), node.start());
        let path = JsonPath::with_names(text);
        let names = path.iter().flat_map(JsonPath::names).filter_map(|name| self.path_name(name, begin)).collect();
        JsonPathLit { span: self.span(node), text: text.to_owned(), path, names }
    }

    /// `order.id`, as it would be read outside of a path.
    fn path_name(&self, name: &PathName, begin: usize) -> Option<Expr> {
        let ident = |(text, range): &(String, Range<usize>)| Ident {
            text: text.clone(),
            span: self.range(begin + range.start, begin + range.end),
        };
        let (first, fields) = name.segments.split_first()?;
        let first = ident(first);
        let mut expr = Expr { span: first.span, kind: ExprKind::Name(first) };
        for field in fields {
            let field = ident(field);
            expr = Expr { span: expr.span.to(field.span), kind: ExprKind::Field(Box::new(expr), field) };
        }
        Some(expr)
    }

    pub fn regex(&mut self, node: &Node<'_>) -> RegexLit {
        let text = node.as_str().trim_end();
        let close = text.rfind('/').unwrap_or_default().max(1);
        let start = node.start();
        let pattern = text.get(1..close).unwrap_or_default().replace("\\/", "/");
        RegexLit {
            span: self.span(node),
            pattern,
            pattern_span: self.range(start + 1, start + close),
            flags: text.get(close + 1..).unwrap_or_default().to_owned(),
        }
    }
}
