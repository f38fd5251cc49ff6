use std::fmt;

use super::{Json, NotExact, PathStep};

/// A JSON Schema, compiled. References to other documents aren't followed: nothing is fetched.
pub struct Schema {
    json: Json,
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
    /// A member occurs twice, a number can't be kept exactly, or a keyword can't be used as it stands.
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
        Ok(Self { json, validator })
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
