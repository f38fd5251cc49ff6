use super::Lower;
use crate::project::{DeclRef, ModuleId};
use crate::syntax::ast;
use crate::value::named::named;
use crate::value::{Shape, ShapeField, Type};

impl Lower<'_> {
    pub fn ty(&mut self, module: ModuleId, ty: &ast::TypeExpr) -> Type {
        match &ty.kind {
            ast::TypeExprKind::Named(path) => self.named_type(module, path),
            ast::TypeExprKind::List(of) => Type::List(Box::new(self.ty(module, of))),
            ast::TypeExprKind::Object(fields) => Type::Fields(self.fields(module, fields)),
            ast::TypeExprKind::Or(types) => Type::Or(types.iter().map(|ty| self.ty(module, ty)).collect()),
            ast::TypeExprKind::Literal(expr) => literal(expr).map_or(Type::ANY, Type::Literal),
            ast::TypeExprKind::Error => Type::ANY,
        }
    }

    fn named_type(&mut self, module: ModuleId, path: &ast::Path) -> Type {
        if let [name] = path.segments.as_slice()
            && let Some(ty) = named(&name.text)
        {
            return Type::Named(ty);
        }
        let shape = self.project.lookup(module, path).and_then(|decl| self.shape(decl));
        shape.map_or_else(
            || {
                let name = path.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(".");
                let diagnostic = crate::diag::Diagnostic::error(
                    &crate::diag::codes::UNRESOLVED,
                    path.span,
                    format!("no type or shape is called `{name}`"),
                )
                .with_help("declare it as `shape Name { … }`, or import it");
                self.diagnostics.push(diagnostic);
                Type::ANY
            },
            Type::Shape,
        )
    }

    fn shape(&mut self, decl: DeclRef) -> Option<usize> {
        let project = self.project;
        let ast::ItemKind::Shape(shape) = &project.item(decl)?.kind else { return None };
        if let Some(id) = self.shape_ids.get(&decl) {
            return Some(*id);
        }
        let id = self.shapes.len();
        self.shapes.push(None);
        self.shape_ids.insert(decl, id);
        let fields = self.fields(decl.module, &shape.fields);
        if let Some(place) = self.shapes.get_mut(id) {
            *place = Some(Shape { name: shape.name.text.clone(), fields });
        }
        Some(id)
    }

    fn fields(&mut self, module: ModuleId, fields: &[ast::ShapeField]) -> Vec<ShapeField> {
        let lower = |field: &ast::ShapeField| ShapeField {
            name: field.name.text.clone(),
            optional: field.optional,
            ty: self.ty(module, &field.ty),
        };
        fields.iter().map(lower).collect()
    }
}

/// The value of a literal that is as a type: `"open" or "done"`, `1`, `-1`, `true`, `null`.
fn literal(expr: &ast::Expr) -> Option<crate::value::Json> {
    match &expr.kind {
        ast::ExprKind::Null => Some(crate::value::Json::Null),
        ast::ExprKind::Bool(value) => Some(crate::value::Json::from(*value)),
        ast::ExprKind::Number(number) => Some(crate::value::Json::Number(number.clone())),
        ast::ExprKind::String(template) => template.as_text().map(crate::value::Json::from),
        ast::ExprKind::Unary(ast::UnaryOp::Minus, inner) => match literal(inner)? {
            crate::value::Json::Number(number) => Some(crate::value::Json::Number(number.negated())),
            _ => None,
        },
        _ => None,
    }
}
