//! JSONPath (RFC 9535), with names of the spec as operands. Numbers are exact, places of nodes come from the evaluation, and a
//! member that occurs twice in its object is a failure once it is read.

mod asked;
mod evaluate;
mod iregexp;
mod parse;
mod plain;
mod scan;
mod syntax;

use std::ops::Range;
use std::sync::Arc;

pub use evaluate::{Located, PathFault};
use syntax::{Query, Selector};

use super::Json;

/// A compiled JSONPath. Cheap to clone.
#[derive(Clone, Debug)]
pub struct JsonPath {
    compiled: Arc<Compiled>,
    /// What its names are worth, once that is known.
    values: Arc<[Json]>,
}

#[derive(Debug)]
struct Compiled {
    text: String,
    singular: bool,
    query: Query,
    names: Vec<PathName>,
}

/// A name that stands for a value: the `order.id` of `$.items[?@.id == order.id]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathName {
    /// The name and its members, with the bytes of the path that they are at.
    pub segments: Vec<(String, Range<usize>)>,
    /// It is a key or an index in brackets, and no operand of a filter.
    pub is_key: bool,
}

/// What is wrong with a path, in a user's words, and where: a range of bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPathError {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

/// A step on the way from a value's root to one of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// A path without names.
    ///
    /// # Errors
    /// The text isn't a JSONPath, or uses a part of RFC 9535 in a way that it doesn't allow (section 2.4.3, well-typedness).
    pub fn compile(text: &str) -> Result<JsonPath, JsonPathError> {
        let path = JsonPath::with_names(text)?;
        match path.names().first().and_then(|name| name.segments.first().zip(name.segments.last())) {
            None => Ok(path),
            Some(((name, first), (_, last))) => Err(JsonPathError {
                message: format!("a name such as `{name}` isn't allowed here"),
                start: first.start,
                end: last.end,
            }),
        }
    }

    /// A path in which names may stand for values: as operands of comparisons in filters, as arguments of `match` and `search`,
    /// and as keys or indices in brackets. Nothing is found by one before [`JsonPath::bind`].
    ///
    /// # Errors
    /// See [`JsonPath::compile`].
    pub fn with_names(text: &str) -> Result<JsonPath, JsonPathError> {
        #[cfg(test)]
        crate::value::counted::count(&crate::value::counted::JSON_PATHS);
        let (query, names) = match plain::parse(text) {
            Some(query) => (query, Vec::new()),
            None => parse::parse(text)?,
        };
        let compiled = Compiled { text: text.to_owned(), singular: query.is_singular(), query, names };
        Ok(JsonPath { compiled: Arc::new(compiled), values: Arc::default() })
    }

    /// The path with values for its names, in their order.
    pub fn bind(&self, values: Vec<Json>) -> JsonPath {
        JsonPath { compiled: self.compiled.clone(), values: values.into() }
    }

    /// The names in it, in their order.
    pub fn names(&self) -> &[PathName] {
        &self.compiled.names
    }

    /// Whether it selects at most one node, whatever the value is (RFC 9535, section 2.3.5.1).
    pub fn is_singular(&self) -> bool {
        self.compiled.singular
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.compiled.query.segments.len()
    }

    /// How many of its first steps select at most one node each.
    pub fn singular_steps(&self) -> usize {
        self.compiled.query.segments.iter().take_while(|segment| segment.is_singular()).count()
    }

    /// The path of its first steps.
    pub fn beginning(&self, steps: usize) -> JsonPath {
        let segments: Vec<_> = self.compiled.query.segments.iter().take(steps).cloned().collect();
        let end = segments.last().map_or(1, |segment| segment.end);
        let text = self.compiled.text.get(..end).unwrap_or("$").to_owned();
        let query = Query { absolute: true, segments };
        let compiled = Compiled { text, singular: query.is_singular(), query, names: self.compiled.names.clone() };
        JsonPath { compiled: Arc::new(compiled), values: self.values.clone() }
    }

    /// The path to what holds all that it selects, where it ends in `[*]` or `.*`.
    pub fn of_all(&self) -> Option<JsonPath> {
        let last = self.compiled.query.segments.last()?;
        let all = !last.descendant && matches!(last.selectors.as_slice(), [Selector::Wildcard]);
        all.then(|| self.beginning(self.steps() - 1))
    }

    /// The name or the index that a step selects, if that is what it selects.
    pub fn step(&self, step: usize) -> Option<PathStep> {
        let index = |index: i64| usize::try_from(index).unwrap_or_default();
        match self.compiled.query.segments.get(step)?.selectors.as_slice() {
            [Selector::Name(name)] => Some(PathStep::Key(name.clone())),
            [Selector::Index(at)] => Some(PathStep::Index(index(*at))),
            [Selector::Slot(slot)] => match self.values.get(*slot)? {
                Json::String(name) => Some(PathStep::Key(name.to_string())),
                number => number.as_i64().map(|at| PathStep::Index(index(at))),
            },
            _ => None,
        }
    }

    /// The way that it goes, if it is one and the same in every value: names, and indices from the beginning.
    pub fn way(&self) -> Option<Vec<PathStep>> {
        let step = |segment: &syntax::Segment| match segment.selectors.as_slice() {
            _ if segment.descendant => None,
            [Selector::Name(name)] => Some(PathStep::Key(name.clone())),
            [Selector::Index(at)] => usize::try_from(*at).ok().map(PathStep::Index),
            _ => None,
        };
        self.compiled.query.segments.iter().map(step).collect()
    }

    pub fn as_str(&self) -> &str {
        &self.compiled.text
    }

    /// The nodes that it selects, in the order of RFC 9535, and the way to each.
    ///
    /// # Errors
    /// A member that it reads occurs twice, or it would look at too many nodes.
    pub fn find<'a>(&self, root: &'a Json) -> Result<Located<'a>, PathFault> {
        evaluate::find(&self.compiled.query, &self.values, root)
    }

    /// Of a path that selects nothing: whether one of its filters compares what no element has, so that it couldn't select any.
    pub fn compares_nothing(&self, root: &Json) -> bool {
        asked::compares_nothing(&self.compiled.query, &self.values, root)
    }

    /// The nodes that it selects; none where [`JsonPath::find`] fails.
    pub fn select<'a>(&self, root: &'a Json) -> Vec<&'a Json> {
        self.find(root).map(|found| found.nodes().collect()).unwrap_or_default()
    }
}

/// A way as a path: `$.items[0]['content-type']`.
pub fn path_text(steps: &[PathStep]) -> String {
    let mut text = String::from("$");
    for step in steps {
        match step {
            PathStep::Index(index) => text.push_str(&format!("[{index}]")),
            PathStep::Key(key) if is_shorthand(key) => text.push_str(&format!(".{key}")),
            PathStep::Key(key) => text.push_str(&format!("['{}']", escaped(key))),
        }
    }
    text
}

/// As a normalized path has it (RFC 9535, section 2.7), and with an escape for what can't be seen or turns the direction of writing: names are a server's.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}');
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\'' | '\\' => out.extend(['\\', c]),
            c if hidden => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

fn is_shorthand(key: &str) -> bool {
    // Names may hold any character beyond ASCII; one that isn't a letter is shown in quotes, where it has an escape if it needs one.
    if key.chars().any(|c| !c.is_ascii() && !c.is_alphanumeric()) {
        return false;
    }
    let mut chars = key.chars();
    chars.next().is_some_and(scan::begins_name) && chars.all(scan::goes_on_in_name)
}

#[cfg(test)]
mod tests;
