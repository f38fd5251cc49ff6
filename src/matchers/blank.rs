use super::{Kind, Mismatch};
use crate::eval::show;
use crate::value::Value;

/// A text of nothing but white space (Unicode's `White_Space`), or of nothing. What a secret is made of is no secret where it is that.
pub(super) fn is_blank(value: &Value, text: Option<&str>) -> Result<(), Box<Mismatch>> {
    let secret = || if let Value::Secret(secret) = value { Some(secret.expose()) } else { None };
    match text.or_else(|| value.as_str()).or_else(secret) {
        Some(text) if text.chars().all(char::is_whitespace) => Ok(()),
        Some(_) => Err(Mismatch::new(format!("is {}, expected it to be blank", show(value)))),
        None => {
            Err(Mismatch::of(Kind::Unsuitable, format!("is {} ({}), which isn't a text", show(value), value.kind())))
        }
    }
}
