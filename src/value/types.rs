/// What `is TYPE` asks for, with the names of shapes resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Any,
    Null,
    Bool,
    Number,
    /// A number without a fraction, however it is written.
    Integer,
    String,
    Array,
    Object,
    Duration,
    Size,
    Percent,
    Money,
    Bytes,
    /// Of flows' signatures.
    Secret,
    Channel,
    /// RFC 9562
    Uuid,
    /// RFC 3339
    Timestamp,
    /// RFC 3339 full-date
    Date,
    Email,
    /// An absolute URL
    Url,
    Ipv4,
    Ipv6,
    List(Box<Type>),
    /// Fields written in place.
    Fields(Vec<ShapeField>),
    /// An index into the plan's shapes, so that shapes may refer to themselves.
    Shape(usize),
    Or(Vec<Type>),
    /// The value must equal this.
    Literal(crate::value::Json),
}

impl Type {
    /// The types that have a name of their own.
    pub const NAMED: [(&'static str, Type); 21] = [
        ("any", Type::Any),
        ("null", Type::Null),
        ("bool", Type::Bool),
        ("number", Type::Number),
        ("integer", Type::Integer),
        ("string", Type::String),
        ("array", Type::Array),
        ("object", Type::Object),
        ("duration", Type::Duration),
        ("size", Type::Size),
        ("percent", Type::Percent),
        ("money", Type::Money),
        ("bytes", Type::Bytes),
        ("uuid", Type::Uuid),
        ("timestamp", Type::Timestamp),
        ("date", Type::Date),
        ("email", Type::Email),
        ("url", Type::Url),
        ("ipv4", Type::Ipv4),
        ("ipv6", Type::Ipv6),
        ("secret", Type::Secret),
    ];

    pub fn named(name: &str) -> Option<Type> {
        if name == "channel" {
            return Some(Type::Channel);
        }
        Type::NAMED.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone())
    }
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
