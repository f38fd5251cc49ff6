//! Lists and objects, whether they are JSON or hold something that JSON can't say.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Json, JsonMap, MOST_NESTED, Member, PathStep, Value};

/// How deep a value that an expression makes may nest: a body that came may be in what is sent.
pub const DEEPEST_MADE: usize = 2 * MOST_NESTED;

/// What is counted for a value beside its text, in bytes.
pub(super) const OF_A_NODE: usize = 16;

/// Why a value isn't made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversize {
    /// It would take more than is allowed.
    Large,
    /// It nests more than [`DEEPEST_MADE`] levels.
    Deep,
}

/// Why a value says nothing certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// A member occurs twice: its place below the value, and both values.
    Twice { way: Vec<PathStep>, first: Json, second: Json },
    /// The value itself is a string with half of a surrogate pair, which is named.
    LoneSurrogate(String),
}

impl Unread {
    /// Looks at all of a value.
    pub fn of(value: &Value) -> Option<Unread> {
        match value {
            Value::Json(json) => Unread::of_json(json),
            Value::List(values) => values.iter().find_map(Unread::of),
            Value::Object(fields) => fields.iter().find_map(|(_, value)| Unread::of(value)),
            _ => None,
        }
    }

    pub fn of_json(json: &Json) -> Option<Unread> {
        if let Json::Unpaired(text) = json {
            return Some(Unread::LoneSurrogate(text.half()));
        }
        let (way, first, second) = json.twice()?;
        Some(Unread::Twice { way, first: first.clone(), second: second.clone() })
    }

    pub fn way(&self) -> &[PathStep] {
        match self {
            Unread::Twice { way, .. } => way,
            Unread::LoneSurrogate(_) => &[],
        }
    }
}

impl Value {
    /// An object: JSON where all of its fields are. Of fields of one name the last one counts.
    pub fn object(fields: Vec<(String, Value)>) -> Self {
        if fields.iter().all(|(_, value)| matches!(value, Value::Json(_))) {
            let mut map = JsonMap::new();
            for (name, value) in fields {
                map.insert(name, value.to_json());
            }
            return Value::from(Json::Object(map));
        }
        let mut places: HashMap<Arc<str>, usize> = HashMap::with_capacity(fields.len());
        let mut kept: Vec<(Arc<str>, Value)> = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let name: Arc<str> = Arc::from(name);
            match places.get(&name) {
                Some(place) => kept[*place].1 = value,
                None => {
                    places.insert(name.clone(), kept.len());
                    kept.push((name, value));
                }
            }
        }
        Value::Object(Arc::new(kept))
    }

    /// The elements of a list; `None` of what is none.
    pub fn elements(&self) -> Option<Vec<Value>> {
        match self {
            Value::List(values) => Some(values.to_vec()),
            Value::Json(json) => json.as_array().map(|items| items.iter().cloned().map(Value::from).collect()),
            _ => None,
        }
    }

    /// How many elements a list has.
    pub fn count(&self) -> Option<usize> {
        match self {
            Value::List(values) => Some(values.len()),
            Value::Json(json) => json.as_array().map(<[Json]>::len),
            _ => None,
        }
    }

    /// An element of a list, by its place.
    pub fn element(&self, at: usize) -> Option<Value> {
        match self {
            Value::List(values) => values.get(at).cloned(),
            Value::Json(json) => json.as_array()?.get(at).cloned().map(Value::from),
            _ => None,
        }
    }

    /// The fields of an object, in their order; `None` of what is none. Fields that occur twice are both there.
    pub fn fields(&self) -> Option<Vec<(&str, Value)>> {
        match self {
            Value::Object(fields) => Some(fields.iter().map(|(name, value)| (&**name, value.clone())).collect()),
            Value::Json(json) => {
                Some(json.as_object()?.iter().map(|(name, value)| (name, Value::from(value.clone()))).collect())
            }
            _ => None,
        }
    }

    /// A field of an object, by its name.
    ///
    /// # Errors
    /// It occurs twice.
    pub fn field(&self, name: &str) -> Result<Option<Value>, Unread> {
        match self {
            Value::Object(fields) => {
                Ok(fields.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone()))
            }
            Value::Json(json) => match json.as_object().map_or(Member::Absent, |fields| fields.member(name)) {
                Member::One(value) => Ok(Some(Value::from(value.clone()))),
                Member::Absent => Ok(None),
                Member::Twice(first, second) => Err(Unread::Twice {
                    way: vec![PathStep::Key(name.to_owned())],
                    first: first.clone(),
                    second: second.clone(),
                }),
            },
            _ => Ok(None),
        }
    }

    /// Whether a secret is in it, however deep.
    pub fn holds_secret(&self) -> bool {
        match self {
            Value::Secret(_) => true,
            Value::List(values) => values.iter().any(Value::holds_secret),
            Value::Object(fields) => fields.iter().any(|(_, value)| value.holds_secret()),
            _ => false,
        }
    }

    /// Whether it takes no more than `most` bytes, as a program would hold it without sharing anything, and nests no deeper than [`DEEPEST_MADE`].
    /// Looks at no more than that.
    ///
    /// # Errors
    /// It does.
    pub fn fits(&self, most: usize) -> Result<(), Oversize> {
        take(self, &mut { most }, DEEPEST_MADE)
    }
}

fn take(value: &Value, left: &mut usize, deeper: usize) -> Result<(), Oversize> {
    let deeper = deeper.checked_sub(1).ok_or(Oversize::Deep)?;
    match value {
        Value::Json(json) => take_json(json, left, deeper + 1),
        Value::Secret(secret) => spend(left, secret.expose().len()),
        Value::Bytes(bytes) => spend(left, bytes.len()),
        Value::List(values) => {
            spend(left, 0)?;
            values.iter().try_for_each(|value| take(value, left, deeper))
        }
        Value::Object(fields) => {
            spend(left, 0)?;
            fields.iter().try_for_each(|(name, value)| {
                spend(left, name.len())?;
                take(value, left, deeper)
            })
        }
        _ => spend(left, 0),
    }
}

fn take_json(json: &Json, left: &mut usize, deeper: usize) -> Result<(), Oversize> {
    let deeper = deeper.checked_sub(1).ok_or(Oversize::Deep)?;
    match json {
        Json::String(text) => spend(left, text.len()),
        Json::Array(items) => {
            spend(left, 0)?;
            items.iter().try_for_each(|item| take_json(item, left, deeper))
        }
        Json::Object(fields) => {
            spend(left, 0)?;
            fields.iter().try_for_each(|(name, value)| {
                spend(left, name.len())?;
                take_json(value, left, deeper)
            })
        }
        _ => spend(left, 0),
    }
}

fn spend(left: &mut usize, bytes: usize) -> Result<(), Oversize> {
    *left = left.checked_sub(bytes.saturating_add(OF_A_NODE)).ok_or(Oversize::Large)?;
    Ok(())
}
