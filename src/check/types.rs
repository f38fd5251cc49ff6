use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::cx::Cx;
use crate::project::Module;
use crate::syntax::ast::{self, ExprKind, ItemKind, TypeExprKind};
use crate::value::{Kind, are_ordered, may_be_equal};

/// What is known of a value's type before the run. Whatever isn't known for sure is [`Ty::Unknown`], and nothing is said of it.
///
/// Types share their parts, so that a few lines can describe one with more parts than memory could hold: one that would have more than
/// [`MOST_PARTS`] when written out, or be nested deeper than [`DEEPEST`], is known to be a list or an object and nothing more.
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
    List(ListOf),
    /// With its fields where all of them are known.
    Object(Option<Fields>),
}

/// How many parts a type has at most, each counted as often as it occurs: two types are compared in no more steps.
const MOST_PARTS: usize = 1 << 14;

/// How deep lists and objects are nested in a type at most.
const DEEPEST: usize = 64;

/// What a list holds. Made by [`Ty::list_of`].
#[derive(Clone, Debug)]
pub(super) struct ListOf(Arc<(Ty, Extent)>);

/// The fields of an object, in the order in which they were written. Made by [`Ty::object`].
#[derive(Clone, Debug)]
pub(super) struct Fields(Arc<FieldsOf>);

#[derive(Debug)]
struct FieldsOf {
    fields: Vec<(String, Ty)>,
    /// The first field of each name. Empty where there are few.
    index: HashMap<String, usize>,
    extent: Extent,
}

/// How many fields are looked through one by one.
const FEW: usize = 16;

#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    parts: usize,
    depth: usize,
}

impl Extent {
    fn around(self) -> Option<Extent> {
        let around = Extent { parts: self.parts + 1, depth: self.depth + 1 };
        (around.parts <= MOST_PARTS && around.depth <= DEEPEST).then_some(around)
    }
}

impl PartialEq for ListOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.0 == other.0.0
    }
}

impl std::ops::Deref for ListOf {
    type Target = Ty;

    fn deref(&self) -> &Ty {
        &self.0.0
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.fields == other.0.fields
    }
}

impl Fields {
    pub fn get(&self, name: &str) -> Option<&Ty> {
        let FieldsOf { fields, index, .. } = &*self.0;
        let at = match index.is_empty() {
            true => fields.iter().position(|(known, _)| known == name)?,
            false => *index.get(name)?,
        };
        fields.get(at).map(|(_, ty)| ty)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.fields.iter().map(|(name, _)| name.as_str())
    }
}

impl Ty {
    pub fn list() -> Ty {
        Ty::List(ListOf(Arc::new((Ty::Unknown, Extent { parts: 2, depth: 1 }))))
    }

    pub fn list_of(of: Ty) -> Ty {
        match of.extent().around() {
            Some(extent) => Ty::List(ListOf(Arc::new((of, extent)))),
            None => Ty::list(),
        }
    }

    /// An object with all of its fields.
    pub fn object(fields: Vec<(String, Ty)>) -> Ty {
        let inside = fields.iter().map(|(_, ty)| ty.extent()).fold(Extent::default(), |all, one| Extent {
            parts: all.parts.saturating_add(one.parts),
            depth: all.depth.max(one.depth),
        });
        let Some(extent) = inside.around() else { return Ty::Object(None) };
        let mut index = HashMap::new();
        if fields.len() > FEW {
            for (at, (name, _)) in fields.iter().enumerate() {
                index.entry(name.clone()).or_insert(at);
            }
        }
        Ty::Object(Some(Fields(Arc::new(FieldsOf { fields, index, extent }))))
    }

    fn extent(&self) -> Extent {
        match self {
            Ty::List(of) => of.0.1,
            Ty::Object(Some(fields)) => fields.0.extent,
            _ => Extent { parts: 1, depth: 0 },
        }
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

    /// The kind of its values; `None` where it isn't known.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Ty::Unknown => return None,
            Ty::Null => Kind::Null,
            Ty::Bool => Kind::Bool,
            Ty::Number => Kind::Number,
            Ty::String => Kind::String,
            Ty::Duration => Kind::Duration,
            Ty::Size => Kind::Size,
            Ty::Percent => Kind::Percent,
            Ty::Rate => Kind::Rate,
            Ty::Money => Kind::Money,
            Ty::Bytes => Kind::Bytes,
            Ty::Secret => Kind::Secret,
            // A mark is as little of a value as a channel.
            Ty::Channel | Ty::Mark => Kind::Channel,
            Ty::List(_) => Kind::List,
            Ty::Object(_) => Kind::Object,
        })
    }

    /// What is known of a value of a kind.
    pub fn of_kind(kind: Kind) -> Ty {
        match kind {
            Kind::Null => Ty::Null,
            Kind::Bool => Ty::Bool,
            Kind::Number => Ty::Number,
            Kind::String => Ty::String,
            Kind::Duration => Ty::Duration,
            Kind::Size => Ty::Size,
            Kind::Percent => Ty::Percent,
            Kind::Rate => Ty::Rate,
            Kind::Money => Ty::Money,
            Kind::Bytes => Ty::Bytes,
            Kind::Secret => Ty::Secret,
            Kind::Channel => Ty::Channel,
            Kind::List => Ty::list(),
            Kind::Object => Ty::Object(None),
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
        self.kind().is_none_or(|kind| are_ordered(kind, kind))
    }

    /// Whether values of the two types may be equal.
    pub fn meets(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::Unknown, _) | (_, Ty::Unknown) => true,
            (Ty::List(a), Ty::List(b)) => a.meets(b),
            (Ty::Object(_), Ty::Object(_)) => true,
            (a, b) => a.kind().zip(b.kind()).is_none_or(|(a, b)| may_be_equal(a, b)),
        }
    }

    /// The type of a value that is of one of the two.
    pub fn join(&self, other: &Ty) -> Ty {
        match (self, other) {
            (a, b) if a == b => a.clone(),
            (Ty::List(a), Ty::List(b)) => Ty::list_of(a.join(b)),
            (Ty::Object(Some(a)), Ty::Object(Some(b))) => a.join(b),
            (Ty::Object(_), Ty::Object(_)) => Ty::Object(None),
            _ => Ty::Unknown,
        }
    }

    /// The type of a value that is of one of any number: as one [`Self::join`] after the other, in time that grows with all of them together.
    pub fn of_any(types: Vec<Ty>) -> Ty {
        let Some((first, rest)) = types.split_first() else { return Ty::Unknown };
        if rest.iter().all(|ty| ty == first) {
            return first.clone();
        }
        if types.iter().all(|ty| matches!(ty, Ty::List(_))) {
            return Ty::list_of(Ty::of_any(types.iter().filter_map(Ty::element).collect()));
        }
        if !types.iter().all(|ty| matches!(ty, Ty::Object(_))) {
            return Ty::Unknown;
        }
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut fields: Vec<(&str, Vec<Ty>)> = Vec::new();
        for ty in &types {
            let Ty::Object(Some(of)) = ty else { return Ty::Object(None) };
            for (name, ty) in &of.0.fields {
                let at = *index.entry(name).or_insert(fields.len());
                match fields.get_mut(at) {
                    Some((_, types)) => types.push(ty.clone()),
                    None => fields.push((name, vec![ty.clone()])),
                }
            }
        }
        Ty::object(fields.into_iter().map(|(name, types)| (name.to_owned(), Ty::of_any(types))).collect())
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

impl Fields {
    /// A field that only one of two objects has may be there.
    fn join(&self, other: &Fields) -> Ty {
        let mut fields = self.0.fields.clone();
        let mut index: HashMap<&str, usize> = HashMap::with_capacity(fields.len());
        for (at, name) in self.names().enumerate() {
            index.entry(name).or_insert(at);
        }
        for (name, ty) in &other.0.fields {
            match index.get(name.as_str()).and_then(|at| fields.get_mut(*at)) {
                Some((_, known)) => *known = known.join(ty),
                None => {
                    index.insert(name, fields.len());
                    fields.push((name.clone(), ty.clone()));
                }
            }
        }
        Ty::object(fields)
    }
}

/// The type that a word names, apart from shapes.
pub(super) fn named(name: &str) -> Option<Ty> {
    crate::value::named::named(name).map(|ty| ty.kind.map_or(Ty::Unknown, Ty::of_kind))
}

/// What a type that is written somewhere says, as far as it can be known. `depth` bounds shapes that hold each other.
pub(super) fn of_type(cx: &Cx<'_>, module: &Module, ty: &ast::TypeExpr, depth: usize) -> Ty {
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

/// How many shapes deep what a shape holds is known.
const SHAPES_DEEP: usize = 4;

/// The types of one shape, by how many shapes it is inside of. Each is found once: a shape may be named in any number of places.
#[derive(Default)]
pub(super) struct ShapeTypes([OnceLock<Ty>; SHAPES_DEEP]);

impl ShapeTypes {
    fn get(&self, depth: usize) -> Option<&OnceLock<Ty>> {
        self.0.get(depth)
    }
}

fn of_name(cx: &Cx<'_>, module: &Module, path: &ast::Path, depth: usize) -> Ty {
    if let [name] = path.segments.as_slice()
        && let Some(ty) = named(&name.text)
    {
        return ty;
    }
    let Some(decl) = cx.index.lookup(module, &path.segments) else { return Ty::Unknown };
    let Some(known) = cx.index.shapes.get(&decl).and_then(|depths| depths.get(depth)) else { return Ty::Unknown };
    known
        .get_or_init(|| {
            let Some(ItemKind::Shape(shape)) = cx.index.item(decl).map(|item| &item.kind) else { return Ty::Unknown };
            let Some(home) = cx.index.project.module(decl.module) else { return Ty::Unknown };
            of_fields(cx, home, &shape.fields, depth + 1)
        })
        .clone()
}

fn of_fields(cx: &Cx<'_>, module: &Module, fields: &[ast::ShapeField], depth: usize) -> Ty {
    let fields = fields.iter().map(|field| {
        let ty = of_type(cx, module, &field.ty, depth);
        (field.name.text.clone(), if field.optional { Ty::Unknown } else { ty })
    });
    Ty::object(fields.collect())
}
