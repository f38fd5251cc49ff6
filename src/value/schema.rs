use std::collections::HashSet;
use std::fmt;

use super::{Json, NotExact, PathStep};

/// A JSON Schema, compiled. References to other documents aren't followed: nothing is fetched.
pub struct Schema {
    json: Json,
    /// The formats in it that the check knows, by its draft: others ask nothing.
    formats: HashSet<String>,
    /// Whether `contentEncoding` and `contentMediaType` ask something: since draft 2019-09 they only describe.
    contents: bool,
    validator: jsonschema::Validator,
}

/// Why a JSON document is no usable schema, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    pub way: Vec<PathStep>,
    /// Goes on after the schema's name: `isn't a usable JSON Schema: …`.
    pub reason: String,
}

/// In what a value isn't valid by a schema.
pub struct Invalid {
    pub way: Vec<PathStep>,
    pub reason: String,
}

impl Schema {
    /// # Errors
    /// A member occurs twice, a number can't be kept exactly, or a keyword can't be used as it is.
    pub fn compile(json: Json) -> Result<Self, SchemaFault> {
        #[cfg(test)]
        super::counted::count(&super::counted::SCHEMAS);
        if let Some((way, ..)) = json.twice() {
            let reason = format!("gives `{}` twice", super::path_text(&way));
            return Err(SchemaFault { way, reason });
        }
        let plain = json.to_serde().map_err(|error| SchemaFault {
            way: Vec::new(),
            reason: format!("holds {}, which can't be kept exactly", error.0),
        })?;
        let validator = super::exact::options(&plain).build(&plain).map_err(|error| SchemaFault {
            way: steps(&error.instance_path().to_string()),
            reason: format!("isn't a usable JSON Schema: {error}"),
        })?;
        let draft = plain.get("$schema").and_then(serde_json::Value::as_str).unwrap_or_default();
        let contents = ["draft-06", "draft-07"].iter().any(|one| draft.contains(one));
        let formats = FORMATS.iter().filter(|name| asks(name, draft)).map(|name| (*name).to_owned());
        let formats = if names_format(&plain) { formats.collect() } else { HashSet::new() };
        Ok(Self { json, formats, contents, validator })
    }

    /// Whether a keyword that is for texts asks something of them.
    pub fn asks_of_texts(&self, keyword: &str, value: &Json) -> bool {
        match keyword {
            "format" => value.as_str().is_some_and(|name| self.formats.contains(name)),
            "contentEncoding" | "contentMediaType" => self.contents,
            _ => true,
        }
    }

    pub fn json(&self) -> &Json {
        &self.json
    }

    /// In what a value isn't valid, one after the other.
    ///
    /// # Errors
    /// The value holds a number that the check can't keep exactly.
    pub fn errors(&self, value: &Json, mut each: impl FnMut(Invalid) -> bool) -> Result<(), NotExact> {
        let value = value.to_serde()?;
        for error in self.validator.iter_errors(&value) {
            let one = Invalid { way: steps(&error.instance_path().to_string()), reason: error.masked().to_string() };
            if !each(one) {
                break;
            }
        }
        Ok(())
    }

    /// What a JSON Pointer (RFC 6901) leads to in the schema.
    pub fn target(&self, pointer: &str) -> Option<&Json> {
        steps(pointer).iter().try_fold(&self.json, |at, step| match (at, step) {
            (Json::Object(fields), PathStep::Key(key)) => fields.get(key),
            (Json::Object(fields), PathStep::Index(index)) => fields.get(&index.to_string()),
            (Json::Array(items), PathStep::Index(index)) => items.get(*index),
            _ => None,
        })
    }
}

/// All formats that JSON Schema defines; each draft knows some of them (2020-12: Validation, section 7.3).
const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Whether a schema of this draft refuses a text that is in no format.
fn asks(format: &str, draft: &str) -> bool {
    const IN_NO_FORMAT: &str = "[ %{\u{7}";
    let mut schema = serde_json::json!({ "format": format });
    if !draft.is_empty() {
        schema["$schema"] = draft.into();
    }
    let validator = super::exact::options(&schema).build(&schema);
    validator.is_ok_and(|validator| !validator.is_valid(&IN_NO_FORMAT.into()))
}

fn names_format(schema: &serde_json::Value) -> bool {
    match schema {
        serde_json::Value::Object(fields) => fields.contains_key("format") || fields.values().any(names_format),
        serde_json::Value::Array(items) => items.iter().any(names_format),
        _ => false,
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.json).finish()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_a_draft_defines_are_known_and_no_others() {
        let unknown = |draft: &str| FORMATS.into_iter().filter(|name| !asks(name, draft)).collect::<Vec<_>>();
        // The library is built without what these two take.
        let left_out = ["idn-email", "idn-hostname"];
        assert_eq!(unknown(""), left_out);
        assert_eq!(unknown("https://json-schema.org/draft/2020-12/schema"), left_out);
        assert_eq!(
            unknown("http://json-schema.org/draft-07/schema#"),
            ["duration", "idn-email", "idn-hostname", "uuid"]
        );
        assert!(!asks("uuidd", "") && !asks("int32", ""));
    }
}
