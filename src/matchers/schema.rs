use std::cell::Cell;

use super::difference::Difference;
use super::{Kind, Mismatch};
use crate::value::{Json, Schema, Value, effort};

/// Valid by a JSON Schema.
pub(super) fn valid(value: &Value, name: &str, schema: &Schema) -> Result<(), Box<Mismatch>> {
    const MOST: usize = 20;
    // Between two of them much may have been looked at.
    const STEPS_OF_AN_ERROR: usize = 1024;
    let mut errors: Vec<Difference> = Vec::new();
    let all = schema.errors(&value.to_json(), |one| {
        if effort::is_vain(STEPS_OF_AN_ERROR) {
            return false;
        }
        errors.push(Difference {
            path: one.way,
            expected: Some(one.reason),
            actual: None,
            unread: None,
            undecided: false,
        });
        errors.len() < MOST
    });
    if let Err(inexact) = all {
        let text =
            format!("can't be checked: the value holds {}, which no JSON Schema check here keeps exactly", inexact.0);
        return Err(Box::new(Mismatch { undecided: true, ..*Mismatch::of(Kind::Schema, text) }));
    }
    if effort::is_vain(STEPS_OF_AN_ERROR) {
        return Err(Mismatch::given_up());
    }
    let Some(first) = errors.first() else { return Ok(()) };
    let at = crate::value::path_text(&first.path);
    let more = if errors.len() > 1 { format!(", and {} more", errors.len() - 1) } else { String::new() };
    let reason = first.expected.clone().unwrap_or_default();
    let mut mismatch = Mismatch::of(Kind::Schema, format!("isn't valid by \"{name}\": `{at}`: {reason}{more}"));
    mismatch.path.clone_from(&first.path);
    Err(mismatch)
}

/// Keywords that ask something of any value (JSON Schema 2020-12 and the drafts before it).
const OF_ANY: [&str; 8] = ["type", "enum", "const", "not", "oneOf", "$dynamicRef", "$recursiveRef", "extends"];
const OF_NUMBERS: [&str; 6] =
    ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "divisibleBy"];
const OF_STRINGS: [&str; 6] = ["maxLength", "minLength", "pattern", "format", "contentEncoding", "contentMediaType"];
const OF_LISTS: [&str; 6] = ["maxItems", "minItems", "uniqueItems", "contains", "maxContains", "minContains"];
const OF_OBJECTS: [&str; 6] =
    ["maxProperties", "minProperties", "required", "dependentRequired", "dependentSchemas", "dependencies"];
/// How many references are followed, one from another.
const DEEPEST: usize = 32;
/// How many schemas are looked at in all.
const MOST_STEPS: usize = 100_000;

/// Whether a schema by which a value is valid asked anything of it. A misspelt keyword asks nothing, nor does one for values of another type.
pub(super) fn asks_something(schema: &Schema, value: &Json) -> bool {
    Asking { root: schema, left: Cell::new(MOST_STEPS) }.of(schema.json(), value, 0)
}

struct Asking<'s> {
    root: &'s Schema,
    /// How many more schemas are looked at: references may make any number of them.
    left: Cell<usize>,
}

impl Asking<'_> {
    fn of(&self, schema: &Json, value: &Json, depth: usize) -> bool {
        let Some(keywords) = schema.as_object() else { return schema.as_bool() == Some(false) };
        self.left.set(self.left.get().saturating_sub(1));
        if depth > DEEPEST || self.left.get() == 0 {
            return true;
        }
        let has = |names: &[&str]| names.iter().any(|name| keywords.get(name).is_some());
        let own = match value {
            Json::Number(_) => has(&OF_NUMBERS),
            Json::String(_) => {
                let asks = |name: &&str| keywords.get(name).is_some_and(|one| self.root.asks_of_texts(name, one));
                OF_STRINGS.iter().any(asks)
            }
            Json::Array(_) => has(&OF_LISTS),
            Json::Object(_) => has(&OF_OBJECTS),
            _ => false,
        };
        if own || has(&OF_ANY) {
            return true;
        }
        let under = |schema: &Json, value: &Json| self.of(schema, value, depth + 1);
        let each = |name: &str| keywords.get(name).and_then(Json::as_array);
        let of_all = each("allOf").is_some_and(|all| all.iter().any(|one| under(one, value)));
        let of_any = each("anyOf").is_some_and(|any| any.iter().all(|one| under(one, value)));
        let referred = keywords.get("$ref").is_some_and(|to| match to.as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => self.root.target(pointer).is_none_or(|target| under(target, value)),
            None => true,
        });
        let branches =
            ["if", "then", "else"].iter().any(|name| keywords.get(name).is_some_and(|one| under(one, value)));
        if of_all || of_any || referred || branches {
            return true;
        }
        let below = |names: &[&str], value: &Json| {
            names.iter().any(|name| keywords.get(name).is_some_and(|one| under(one, value)))
        };
        match value {
            Json::Array(items) => {
                let first = each("prefixItems").or_else(|| each("items"));
                let by_place =
                    first.is_some_and(|first| first.iter().zip(items.iter()).any(|(one, item)| under(one, item)));
                let rest = ["items", "additionalItems", "unevaluatedItems"];
                by_place || items.iter().any(|item| below(&rest, item))
            }
            Json::Object(fields) => {
                let named = keywords.get("properties").and_then(Json::as_object).is_some_and(|properties| {
                    properties.iter().any(|(name, one)| fields.get(name).is_some_and(|value| under(one, value)))
                });
                let patterned = keywords.get("patternProperties").and_then(Json::as_object).is_some_and(|patterns| {
                    patterns.iter().any(|(_, one)| fields.iter().any(|(_, value)| under(one, value)))
                });
                let rest = ["additionalProperties", "unevaluatedProperties"];
                let names = keywords.get("propertyNames");
                named
                    || patterned
                    || fields.iter().any(|(_, value)| below(&rest, value))
                    || names.is_some_and(|names| !fields.is_empty() && names.as_bool() != Some(true))
                    || ["additionalProperties", "unevaluatedProperties"]
                        .iter()
                        .any(|name| keywords.get(name).and_then(Json::as_bool) == Some(false))
            }
            _ => false,
        }
    }
}
