use crate::value::Json;

use super::difference::Difference;
use super::{Kind, Mismatch};
use crate::eval::{show, show_json};
use crate::plan::Plan;
use crate::value::{Kind as ValueKind, PathStep, ShapeField, Type, Unread, Value};

/// `is TYPE`. A shape's every wrong field is named; fields that the shape doesn't name may be there.
pub(super) fn is(value: &Value, ty: &Type, plan: &Plan) -> Result<(), Box<Mismatch>> {
    let mut found = Vec::new();
    walk(value, ty, plan, &mut Vec::new(), &mut found);
    let Some(first) = found.first() else { return Ok(()) };
    if let Some(unread) = super::difference::unread(&found) {
        return Err(unread);
    }
    let expected = words(ty, plan);
    let mut mismatch = match found.as_slice() {
        [only] if only.path.is_empty() => {
            Mismatch::of(Kind::Type, format!("is {} ({}), expected {expected}", show(value), value.kind()))
        }
        [only] => {
            let at = crate::value::path_text(&only.path);
            Mismatch::of(Kind::Type, format!("is not {expected}: `{at}` {}", only.words()))
        }
        _ => Mismatch::of(Kind::Type, format!("is not {expected}, in {}", super::difference::counted(&found))),
    };
    mismatch.path.clone_from(&first.path);
    if found.len() > 1 {
        mismatch.differences = found;
    }
    Err(mismatch)
}

/// The most wrong places that are reported.
const MOST: usize = 50;

fn walk(value: &Value, ty: &Type, plan: &Plan, path: &mut Vec<PathStep>, found: &mut Vec<Difference>) {
    if found.len() >= MOST {
        return;
    }
    match ty {
        Type::List(of) if let Some(items) = value.elements() => {
            for (index, item) in items.iter().enumerate() {
                path.push(PathStep::Index(index));
                walk(item, of, plan, path, found);
                path.pop();
            }
        }
        Type::Fields(fields) if is_object(value) => walk_fields(value, fields, plan, path, found),
        Type::Shape(id) if is_object(value) => {
            if let Some(shape) = plan.shapes.get(*id) {
                walk_fields(value, &shape.fields, plan, path, found);
            }
        }
        Type::Or(types) => {
            let mut unread = None;
            let any = types.iter().any(|ty| {
                let mut inner = Vec::new();
                walk(value, ty, plan, path, &mut inner);
                let holds = inner.is_empty();
                unread = unread.take().or_else(|| inner.into_iter().find(|one| one.unread.is_some()));
                holds
            });
            if !any {
                let changed = || Difference::changed(path, words(ty, plan), described(value));
                found.push(unread.unwrap_or_else(changed));
            }
        }
        _ if is_of(value, ty) => {}
        _ => found.push(Difference::changed(path, words(ty, plan), described(value))),
    }
}

fn is_object(value: &Value) -> bool {
    ValueKind::of(value) == ValueKind::Object
}

fn walk_fields(
    value: &Value,
    fields: &[ShapeField],
    plan: &Plan,
    path: &mut Vec<PathStep>,
    found: &mut Vec<Difference>,
) {
    for field in fields {
        path.push(PathStep::Key(field.name.clone()));
        match value.field(&field.name) {
            Ok(Some(value)) => walk(&value, &field.ty, plan, path, found),
            Err(Unread::Twice { first, second, .. }) => found.push(Difference::twice(path, &first, &second)),
            Err(unread) => found.push(Difference::unread(path, unread)),
            Ok(None) if field.optional => {}
            Ok(None) => found.push(Difference::missing(path, words(&field.ty, plan))),
        }
        path.pop();
    }
}

fn described(value: &Value) -> String {
    match value.as_json() {
        Some(Json::Null) => "null".to_owned(),
        _ => format!("{} ({})", show(value), value.kind()),
    }
}

/// Of a type that asks nothing of what is inside.
fn is_of(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (_, Type::Any)
        | (Value::Duration(_), Type::Duration)
        | (Value::Size(_), Type::Size)
        | (Value::Percent(_), Type::Percent)
        | (Value::Money(_), Type::Money)
        | (Value::Bytes(_), Type::Bytes)
        | (Value::Secret(_), Type::Secret | Type::String)
        | (Value::Channel(_), Type::Channel)
        | (Value::List(_), Type::Array)
        | (Value::Object(_), Type::Object) => true,
        (Value::Json(json), _) => simple(json, ty),
        _ => false,
    }
}

fn simple(json: &Json, ty: &Type) -> bool {
    match ty {
        Type::Any => true,
        Type::Null => json.is_null(),
        Type::Bool => json.is_boolean(),
        Type::Number => json.is_number(),
        Type::Integer => json.as_number().is_some_and(crate::value::JsonNumber::is_integer),
        Type::String => json.is_string(),
        Type::Array => json.is_array(),
        Type::Object => json.is_object(),
        Type::Literal(value) => crate::eval::json_equal(json, value),
        _ => json.as_str().is_some_and(|text| formatted(text, ty)),
    }
}

fn formatted(text: &str, ty: &Type) -> bool {
    match ty {
        Type::Uuid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
        // RFC 3339, section 5.6: date, `T`, time and an offset.
        Type::Timestamp => {
            text.parse::<jiff::Timestamp>().is_ok()
                && text.get(10..11).is_some_and(|mark| mark.eq_ignore_ascii_case("t"))
        }
        Type::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        Type::Email => is_email(text),
        Type::Url => {
            url::Url::parse(text).is_ok_and(|url| url.has_host() || !url.path().is_empty()) && text.contains(':')
        }
        Type::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Type::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
        _ => false,
    }
}

/// WHATWG HTML, section 4.10.5.1.5: what a browser accepts as an address, with a dot in its host.
fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let user_ok =
        !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    user_ok && host.contains('.') && host.split('.').all(label_ok)
}

/// `a string`, `a Thread`, `a list of uuid`: for messages.
pub(super) fn words(ty: &Type, plan: &Plan) -> String {
    match ty {
        Type::Any => "any value".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Array => "an array".to_owned(),
        Type::Object | Type::Fields(_) => "an object".to_owned(),
        Type::Integer => "an integer".to_owned(),
        Type::Email => "an email address".to_owned(),
        Type::Url => "a URL".to_owned(),
        Type::Ipv4 => "an IPv4 address".to_owned(),
        Type::Ipv6 => "an IPv6 address".to_owned(),
        Type::List(of) => {
            let of = words(of, plan);
            let of = of.strip_prefix("a ").or_else(|| of.strip_prefix("an ")).unwrap_or(&of);
            format!("a list of {of}")
        }
        Type::Shape(id) => plan.shapes.get(*id).map_or("a shape".to_owned(), |shape| format!("a {}", shape.name)),
        Type::Or(types) => types.iter().map(|ty| words(ty, plan)).collect::<Vec<_>>().join(" or "),
        Type::Literal(value) => show_json(value),
        named => {
            let name = Type::NAMED.iter().find(|(_, known)| known == named).map_or("value", |(name, _)| name);
            format!("a {name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_strict() {
        let yes = [
            (Type::Uuid, "c0ffee00-1111-4222-8333-444455556666"),
            (Type::Timestamp, "2026-01-31T10:00:00.5Z"),
            (Type::Timestamp, "2026-01-31T10:00:00+02:00"),
            (Type::Date, "2024-02-29"),
            (Type::Email, "ada.l+x@example.co.uk"),
            (Type::Url, "https://example.com/a?b"),
            (Type::Ipv4, "10.0.0.1"),
            (Type::Ipv6, "::1"),
        ];
        for (ty, text) in yes {
            assert!(formatted(text, &ty), "{text}");
        }
        let no = [
            (Type::Uuid, "c0ffee0011114222833344445555666"),
            (Type::Timestamp, "2026-01-31 10:00:00Z"),
            (Type::Timestamp, "2026-01-31T10:00:00"),
            (Type::Timestamp, "2026-02-31T10:00:00Z"),
            (Type::Date, "2025-02-29"),
            (Type::Email, "ada@localhost"),
            (Type::Email, "a b@example.com"),
            (Type::Url, "/relative"),
            (Type::Ipv4, "10.0.0.256"),
            (Type::Ipv6, "10.0.0.1"),
        ];
        for (ty, text) in no {
            assert!(!formatted(text, &ty), "{text}");
        }
    }
}
