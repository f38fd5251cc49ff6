use super::Build;
use super::texts::{self, Piece};
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, HeaderName, StrLit, Template, TemplateForm, TemplatePart};
use crate::syntax::explain;
use crate::syntax::grammar::{self, Kids, Node, Rule};

impl Build<'_> {
    /// A `string` or `url` node.
    pub fn template(&mut self, node: &Node<'_>) -> Template {
        match (*node).into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::string => self.template(&inner),
            Some(inner) => self.template_of(&inner),
            None => Template { span: self.span(node), parts: Vec::new(), form: TemplateForm::Quoted },
        }
    }

    /// A node of one form of string.
    pub fn template_of(&mut self, node: &Node<'_>) -> Template {
        let (form, quotes) = match node.as_rule() {
            Rule::multi => (TemplateForm::Multiline, 3),
            Rule::multi_raw => (TemplateForm::RawMultiline, 3),
            Rule::raw => (TemplateForm::Raw, 1),
            Rule::bare_url => (TemplateForm::Bare, 0),
            _ => (TemplateForm::Quoted, 1),
        };
        let text = node.as_str();
        let start = self.offset(node.start());
        let inside = text.get(quotes..text.len().saturating_sub(quotes)).unwrap_or_default();
        let pieces = texts::split(inside, form);
        let parts = pieces.into_iter().map(|piece| self.template_part(piece, start + quotes)).collect();
        Template { span: self.span(node), parts, form }
    }

    fn template_part(&mut self, piece: Piece<'_>, base: usize) -> TemplatePart {
        match piece {
            Piece::Text { text, start, end, unknown } => {
                for (at, escape) in unknown {
                    self.unknown_escape(base + at, escape);
                }
                TemplatePart::Text { text, span: Span::new(self.source, base + start, base + end) }
            }
            Piece::Expr { text, at } => TemplatePart::Expr(self.interpolated(text, base + at)),
        }
    }

    fn unknown_escape(&mut self, at: usize, escape: String) {
        let span = Span::new(self.source, at, at + escape.len());
        self.report(
            Diagnostic::error(&codes::UNKNOWN_ESCAPE, span, format!("`{escape}` is no escape"))
                .with_help(Correction::insert_before(span, "\\").say("the escapes are `\\n \\r \\t \\0 \\\" \\\\ \\{ \\u{…}` and those of JSON; a backslash is written `\\\\`, or the text in '…', where it is an ordinary character")),
        );
    }

    /// The expression between `{{` and `}}`.
    fn interpolated(&mut self, text: &str, base: usize) -> Expr {
        let source = self.source;
        let mut nested = self.nested(base);
        match grammar::parse(Rule::interpolated, text) {
            Ok(tree) => match tree.kids().next() {
                Some(logic) => nested.logic(logic),
                None => nested.error_expr(),
            },
            Err(error) => {
                let span = Span::new(source, base, base + text.len());
                nested.report(explain::interpolation_error(span, text, &error));
                Expr { span, kind: ExprKind::Error }
            }
        }
    }

    /// The next string, which must be known before the run.
    pub fn str_lit(&mut self, kids: &mut Kids<'_>) -> StrLit {
        match kids.find(|node| node.as_rule() == Rule::string) {
            Some(node) => self.str_lit_of(&node),
            None => StrLit { value: String::new(), span: self.range(0, 0) },
        }
    }

    pub fn str_lit_of(&mut self, node: &Node<'_>) -> StrLit {
        let template = self.template(node);
        let interpolated = template.parts.iter().find_map(|part| match part {
            TemplatePart::Expr(expr) => Some(expr.span),
            TemplatePart::Text { .. } => None,
        });
        if let Some(span) = interpolated {
            self.report(
                Diagnostic::error(
                    &codes::INTERPOLATION_NOT_ALLOWED,
                    span,
                    "this text must be known before the run: it can't interpolate",
                )
                .with_help("write the text out; a literal `{{` is written `\\{{`"),
            );
        }
        let texts = template.parts.iter().filter_map(|part| match part {
            TemplatePart::Text { text, .. } => Some(text.as_str()),
            TemplatePart::Expr(_) => None,
        });
        StrLit { value: texts.collect(), span: template.span }
    }

    /// All the strings of a list, or those that follow one by one.
    pub fn str_lits(&mut self, kids: &mut Kids<'_>) -> Vec<StrLit> {
        let nodes: Vec<Node<'_>> = kids
            .flat_map(|node| if node.as_rule() == Rule::strings { node.into_inner().collect() } else { vec![node] })
            .filter(|node| node.as_rule() == Rule::string)
            .collect();
        nodes.iter().map(|node| self.str_lit_of(node)).collect()
    }

    /// The name of a header, bare or quoted.
    pub fn header_name(&mut self, node: &Node<'_>) -> HeaderName {
        match (*node).into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::string => {
                let StrLit { value, span } = self.str_lit_of(&inner);
                HeaderName { text: value, span }
            }
            _ => HeaderName { text: node.as_str().to_owned(), span: self.span(node) },
        }
    }
}
