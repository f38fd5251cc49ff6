use super::Build;
use crate::syntax::ast::{JsonPathLit, JsonPathPart, RegexLit};
use crate::syntax::grammar::{Node, Rule};

impl Build<'_> {
    pub fn jsonpath(&mut self, node: &Node<'_>) -> JsonPathLit {
        let mut parts = Vec::new();
        let begin = node.as_span().start();
        // Pieces of text that touch are one part; the first begins with the `$`.
        let (mut start, mut end) = (begin, begin + 1);
        for segment in node.clone().into_inner() {
            let range = segment.as_span();
            if segment.as_rule() != Rule::jp_key {
                if start == end {
                    start = range.start();
                }
                end = range.end();
                continue;
            }
            if end > start {
                parts.push(self.path_text(node, start, end));
            }
            if let Some(name) = segment.into_inner().next() {
                parts.push(JsonPathPart::Key(self.ident(&name)));
            }
            (start, end) = (range.end(), range.end());
        }
        if end > start {
            parts.push(self.path_text(node, start, end));
        }
        JsonPathLit { span: self.span(node), parts }
    }

    fn path_text(&self, node: &Node<'_>, start: usize, end: usize) -> JsonPathPart {
        let from = node.as_span().start();
        let text = node.as_str().get(start - from..end - from).unwrap_or_default().to_owned();
        JsonPathPart::Text { text, span: self.range(start, end) }
    }

    pub fn regex(&mut self, node: &Node<'_>) -> RegexLit {
        let text = node.as_str().trim_end();
        let close = text.rfind('/').unwrap_or_default().max(1);
        let start = node.as_span().start();
        let pattern = text.get(1..close).unwrap_or_default().replace("\\/", "/");
        RegexLit {
            span: self.span(node),
            pattern,
            pattern_span: self.range(start + 1, start + close),
            flags: text.get(close + 1..).unwrap_or_default().to_owned(),
        }
    }
}
