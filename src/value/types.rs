use super::named::{ANY, NamedType};

/// What `is TYPE` asks for, with the names of shapes resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Named(&'static NamedType),
    List(Box<Type>),
    /// Fields written in place.
    Fields(Vec<ShapeField>),
    /// An index into the plan's shapes, so that shapes may refer to themselves.
    Shape(usize),
    Or(Vec<Type>),
    /// The value must equal this.
    Literal(super::Json),
}

impl Type {
    pub const ANY: Type = Type::Named(&ANY);
}

/// A declared shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub name: String,
    pub fields: Vec<ShapeField>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShapeField {
    pub name: String,
    /// The field may be absent.
    pub optional: bool,
    pub ty: Type,
}
