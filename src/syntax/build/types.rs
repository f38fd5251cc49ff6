use super::Build;
use crate::syntax::ast::{
    Expr, ExprKind, Ident, ObjectKey, Path, ShapeField, TemplatePart, TypeExpr, TypeExprKind, UnaryOp,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};

impl Build<'_> {
    /// The next type among the children.
    pub fn next_type(&mut self, kids: &mut Kids<'_>) -> TypeExpr {
        match seek(kids, Rule::type_expr) {
            Some(node) => self.type_expr(node),
            None => TypeExpr { span: self.range(0, 0), kind: TypeExprKind::Error },
        }
    }

    /// A `type_expr` or `checked_type` node: alternatives joined by `or`.
    pub fn type_expr(&mut self, node: Node<'_>) -> TypeExpr {
        let atoms: Vec<Node<'_>> = node.into_inner().filter(|child| child.as_rule() != Rule::k_or).collect();
        let mut types: Vec<TypeExpr> = atoms.into_iter().map(|atom| self.type_atom(atom)).collect();
        if types.len() == 1
            && let Some(only) = types.pop()
        {
            return only;
        }
        let (Some(first), Some(last)) = (types.first(), types.last()) else {
            return TypeExpr { span: self.range(0, 0), kind: TypeExprKind::Error };
        };
        TypeExpr { span: first.span.to(last.span), kind: TypeExprKind::Or(types) }
    }

    fn type_atom(&mut self, node: Node<'_>) -> TypeExpr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::type_list => TypeExprKind::List(Box::new(self.next_type(&mut node.into_inner()))),
            Rule::type_object => {
                let fields = node.into_inner().filter(|child| child.as_rule() == Rule::field);
                TypeExprKind::Object(fields.map(|field| self.field(field)).collect())
            }
            Rule::literal_type => TypeExprKind::Literal(Box::new(self.literal_type(node))),
            Rule::type_name => match seek(&mut node.into_inner(), Rule::path) {
                Some(path) => TypeExprKind::Named(self.path(path)),
                None => TypeExprKind::Error,
            },
            _ => TypeExprKind::Error,
        };
        TypeExpr { span, kind }
    }

    fn literal_type(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let minus = take(&mut kids, Rule::minus);
        let Some(inner) = kids.next() else { return self.error_expr() };
        let value = self.primary(inner);
        match minus {
            Some(_) => Expr { span, kind: ExprKind::Unary(UnaryOp::Minus, Box::new(value)) },
            None => value,
        }
    }

    pub fn path(&mut self, node: Node<'_>) -> Path {
        let span = self.span(&node);
        let segments = node.into_inner().map(|word| self.ident(&word)).collect();
        Path { segments, span }
    }

    /// `name?: type`
    pub fn field(&mut self, node: Node<'_>) -> ShapeField {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let name = match self.key(&mut kids) {
            ObjectKey::Name(name) => name,
            ObjectKey::String(key) => {
                let texts = key.parts.iter().filter_map(|part| match part {
                    TemplatePart::Text { text, .. } => Some(text.as_str()),
                    TemplatePart::Expr(_) => None,
                });
                Ident { text: texts.collect(), span: key.span }
            }
        };
        let optional = take(&mut kids, Rule::question).is_some();
        ShapeField { span, doc: None, name, optional, ty: self.next_type(&mut kids) }
    }
}
