use super::difference::Difference;
use super::{Kind, Mismatch};
use crate::value::{PathStep, Value};

/// Valid by a JSON Schema. References to other documents aren't followed: nothing is fetched.
pub(super) fn valid(value: &Value, name: &str, schema: &crate::value::Json) -> Result<(), Box<Mismatch>> {
    const MOST: usize = 20;
    let inexact = |what: &str, error: crate::value::NotExact| {
        let text = format!("can't be checked: {what} holds {}, which no JSON Schema check here keeps exactly", error.0);
        Mismatch::of(Kind::Schema, text)
    };
    let schema = schema.to_serde().map_err(|error| inexact(&format!("\"{name}\""), error))?;
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            return Err(Mismatch::of(
                Kind::Schema,
                format!("can't be checked: \"{name}\" isn't a usable JSON Schema ({error})"),
            ));
        }
    };
    let json = value.to_json().to_serde().map_err(|error| inexact("the value", error))?;
    let errors: Vec<Difference> = validator
        .iter_errors(&json)
        .take(MOST)
        .map(|error| Difference {
            path: steps(&error.instance_path().to_string()),
            expected: Some(error.masked().to_string()),
            actual: None,
        })
        .collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let at = crate::value::path_text(&first.path);
    let more = if errors.len() > 1 { format!(", and {} more", errors.len() - 1) } else { String::new() };
    let reason = first.expected.clone().unwrap_or_default();
    let mut mismatch = Mismatch::of(Kind::Schema, format!("isn't valid by \"{name}\": `{at}`: {reason}{more}"));
    mismatch.path.clone_from(&first.path);
    Err(mismatch)
}

/// A JSON Pointer (RFC 6901) as steps.
fn steps(pointer: &str) -> Vec<PathStep> {
    let unescape = |token: &str| token.replace("~1", "/").replace("~0", "~");
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.parse().map_or_else(|_| PathStep::Key(unescape(token)), PathStep::Index))
        .collect()
}
