use std::rc::Rc;

use super::cx::Cx;
use crate::project::Module;
use crate::syntax::ast::{self, ExprKind, ItemKind, TypeExprKind};

/// What is known of a value's type before the run. Whatever isn't known for sure is [`Ty::Unknown`], and nothing is said of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Unknown,
    Null,
    Bool,
    Number,
    String,
    Duration,
    Size,
    Percent,
    Rate,
    Money,
    Bytes,
    Secret,
    Channel,
    Mark,
    List(Rc<Ty>),
    /// With its fields where all of them are known.
    Object(Option<Rc<Vec<(String, Ty)>>>),
}

impl Ty {
    pub fn list() -> Ty {
        Ty::List(Rc::new(Ty::Unknown))
    }

    pub fn list_of(of: Ty) -> Ty {
        Ty::List(Rc::new(of))
    }

    /// In the words of the language, with its article.
    pub fn words(&self) -> &'static str {
        match self {
            Ty::Unknown => "a value",
            Ty::Null => "null",
            Ty::Bool => "a bool",
            Ty::Number => "a number",
            Ty::String => "a string",
            Ty::Duration => "a duration",
            Ty::Size => "a size",
            Ty::Percent => "a percentage",
            Ty::Rate => "a rate",
            Ty::Money => "an amount of money",
            Ty::Bytes => "bytes",
            Ty::Secret => "a secret",
            Ty::Channel => "a channel",
            Ty::Mark => "a mark",
            Ty::List(_) => "a list",
            Ty::Object(_) => "an object",
        }
    }

    pub fn is_known(&self) -> bool {
        *self != Ty::Unknown
    }

    pub fn is_scalar(&self) -> bool {
        !matches!(self, Ty::Unknown | Ty::List(_) | Ty::Object(_) | Ty::Channel | Ty::Mark)
    }

    /// What has a text: it can be searched, and be empty.
    pub fn is_text(&self) -> bool {
        matches!(self, Ty::String | Ty::Secret | Ty::Bytes)
    }

    /// Whether `<` can be asked of it.
    pub fn has_order(&self) -> bool {
        matches!(
            self,
            Ty::Unknown
                | Ty::Number
                | Ty::String
                | Ty::Secret
                | Ty::Duration
                | Ty::Size
                | Ty::Percent
                | Ty::Rate
                | Ty::Money
        )
    }

    /// Whether values of the two types may be equal.
    pub fn meets(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (Ty::Size | Ty::Percent, Ty::Number) | (Ty::Number, Ty::Size | Ty::Percent) => true,
            (Ty::String, Ty::Secret | Ty::Bytes) | (Ty::Secret | Ty::Bytes, Ty::String) => true,
            (Ty::List(a), Ty::List(b)) => a.meets(b),
            (Ty::Object(_), Ty::Object(_)) => true,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// The type of a value that is of one of the two.
    pub fn join(&self, other: &Ty) -> Ty {
        match (self, other) {
            (a, b) if a == b => a.clone(),
            (Ty::List(a), Ty::List(b)) => Ty::list_of(a.join(b)),
            (Ty::Object(Some(a)), Ty::Object(Some(b))) => Ty::Object(Some(Rc::new(join_fields(a, b)))),
            (Ty::Object(_), Ty::Object(_)) => Ty::Object(None),
            _ => Ty::Unknown,
        }
    }

    /// What a list of it holds; `None` of what is no list.
    pub fn element(&self) -> Option<Ty> {
        match self {
            Ty::List(of) => Some((**of).clone()),
            Ty::Unknown => Some(Ty::Unknown),
            _ => None,
        }
    }
}

/// A field that only one of two objects has may be there.
fn join_fields(a: &[(String, Ty)], b: &[(String, Ty)]) -> Vec<(String, Ty)> {
    let mut fields: Vec<(String, Ty)> = a.to_vec();
    for (name, ty) in b {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = known.join(ty),
            None => fields.push((name.clone(), ty.clone())),
        }
    }
    fields
}

/// The type that a word names, apart from shapes.
pub(super) fn named(name: &str) -> Option<Ty> {
    Some(match name {
        "any" => Ty::Unknown,
        "null" => Ty::Null,
        "bool" => Ty::Bool,
        "number" | "integer" => Ty::Number,
        "string" | "uuid" | "timestamp" | "date" | "email" | "url" | "ipv4" | "ipv6" => Ty::String,
        "array" => Ty::list(),
        "object" => Ty::Object(None),
        "duration" => Ty::Duration,
        "size" => Ty::Size,
        "percent" => Ty::Percent,
        "money" => Ty::Money,
        "bytes" => Ty::Bytes,
        "secret" => Ty::Secret,
        "channel" => Ty::Channel,
        _ => return None,
    })
}

/// What a type that is written somewhere says, as far as it can be known. `depth` bounds shapes that hold each other.
pub(super) fn of_type(cx: &Cx<'_>, module: &Module, ty: &ast::TypeExpr, depth: u8) -> Ty {
    match &ty.kind {
        TypeExprKind::Named(path) => of_name(cx, module, path, depth),
        TypeExprKind::List(of) => Ty::list_of(of_type(cx, module, of, depth)),
        TypeExprKind::Object(fields) => of_fields(cx, module, fields, depth),
        TypeExprKind::Or(types) => {
            let mut types = types.iter().map(|ty| of_type(cx, module, ty, depth));
            let first = types.next().unwrap_or(Ty::Unknown);
            types.fold(first, |joined, ty| if joined == ty { joined } else { Ty::Unknown })
        }
        TypeExprKind::Literal(literal) => match &literal.kind {
            ExprKind::String(_) => Ty::String,
            ExprKind::Number(_) => Ty::Number,
            ExprKind::Bool(_) => Ty::Bool,
            _ => Ty::Unknown,
        },
        TypeExprKind::Error => Ty::Unknown,
    }
}

fn of_name(cx: &Cx<'_>, module: &Module, path: &ast::Path, depth: u8) -> Ty {
    const DEEPEST: u8 = 4;
    if let [name] = path.segments.as_slice()
        && let Some(ty) = named(&name.text)
    {
        return ty;
    }
    if depth >= DEEPEST {
        return Ty::Unknown;
    }
    let Some(decl) = cx.index.lookup(module, &path.segments) else { return Ty::Unknown };
    let Some(ItemKind::Shape(shape)) = cx.index.item(decl).map(|item| &item.kind) else { return Ty::Unknown };
    let Some(home) = cx.index.project.module(decl.module) else { return Ty::Unknown };
    of_fields(cx, home, &shape.fields, depth + 1)
}

fn of_fields(cx: &Cx<'_>, module: &Module, fields: &[ast::ShapeField], depth: u8) -> Ty {
    let fields = fields.iter().map(|field| {
        let ty = of_type(cx, module, &field.ty, depth);
        (field.name.text.clone(), if field.optional { Ty::Unknown } else { ty })
    });
    Ty::Object(Some(Rc::new(fields.collect())))
}
