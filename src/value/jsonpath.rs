use std::collections::HashMap;
use std::sync::Arc;

use crate::value::Json;
use jsonpath_rust::parser::errors::JsonPathError as EngineError;
use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, Test, TestFunction,
};
use jsonpath_rust::query::js_path_process;

/// The longest path that is accepted, in bytes.
const LONGEST: usize = 4096;

/// A compiled JSONPath (RFC 9535). Cheap to clone.
#[derive(Clone, Debug)]
pub struct JsonPath(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: String,
    singular: bool,
    query: JpQuery,
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
    /// # Errors
    /// The text isn't a JSONPath, or uses a part of RFC 9535 in a way that it doesn't allow (section 2.4.3, well-typedness).
    pub fn compile(text: &str) -> Result<JsonPath, JsonPathError> {
        let whole = |message: &str| JsonPathError { message: message.to_owned(), start: 0, end: text.len() };
        if text.len() > LONGEST {
            return Err(whole("this path is longer than 4 KiB"));
        }
        let query = jsonpath_rust::parser::parse_json_path(text).map_err(|error| describe(text, &error))?;
        if let Some(message) = query.segments.iter().find_map(|segment| segment_fault(segment, false)) {
            return Err(whole(message));
        }
        let singular = query.segments.iter().all(is_single);
        Ok(JsonPath(Arc::new(Compiled { text: text.to_owned(), singular, query })))
    }

    /// Whether it selects at most one node, whatever the value is (RFC 9535, section 2.3.5.1).
    pub fn is_singular(&self) -> bool {
        self.0.singular
    }

    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The nodes that it selects, in the order of RFC 9535.
    pub fn select<'a>(&self, root: &'a Json) -> Vec<&'a Json> {
        if self.0.singular {
            return self.walk(root).into_iter().collect();
        }
        js_path_process(&self.0.query, root)
            .map(|found| found.into_iter().map(|node| node.val).collect())
            .unwrap_or_default()
    }

    /// The nodes that it selects, with the way to each.
    pub fn locate<'a>(&self, root: &'a Json) -> Vec<(Vec<PathStep>, &'a Json)> {
        let nodes = self.select(root);
        if let [node] = nodes.as_slice() {
            return location(root, node).map(|way| (way, *node)).into_iter().collect();
        }
        // One walk for all of them: a path may select as many nodes as the value has.
        let mut ways = HashMap::with_capacity(nodes.len());
        ways.extend(nodes.iter().map(|node| (std::ptr::from_ref(*node), None)));
        ways_to(root, &mut Vec::new(), &mut ways);
        let way = |node: &'a Json| Some((ways.get(&std::ptr::from_ref(node))?.clone()?, node));
        nodes.into_iter().filter_map(way).collect()
    }

    /// A singular path needs no engine: it is a walk.
    fn walk<'a>(&self, root: &'a Json) -> Option<&'a Json> {
        self.0.query.segments.iter().try_fold(root, |node, segment| match segment {
            Segment::Selector(selector) => step(node, selector),
            Segment::Selectors(selectors) => selectors.first().and_then(|selector| step(node, selector)),
            Segment::Descendant(_) => None,
        })
    }
}

impl jsonpath_rust::query::queryable::Queryable for Json {
    fn get(&self, key: &str) -> Option<&Self> {
        Json::get(self, key)
    }

    fn as_array(&self) -> Option<&Vec<Self>> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    fn as_object(&self) -> Option<Vec<(&str, &Self)>> {
        Json::as_object(self).map(|fields| fields.iter().collect())
    }

    fn as_str(&self) -> Option<&str> {
        Json::as_str(self)
    }

    fn as_i64(&self) -> Option<i64> {
        Json::as_i64(self)
    }

    fn as_f64(&self) -> Option<f64> {
        Json::as_f64(self)
    }

    fn as_bool(&self) -> Option<bool> {
        Json::as_bool(self)
    }

    fn null() -> Self {
        Json::Null
    }
}

/// The way from a value to one of its own parts, told by identity.
pub fn location(root: &Json, node: &Json) -> Option<Vec<PathStep>> {
    if std::ptr::eq(root, node) {
        return Some(Vec::new());
    }
    let under = |step: PathStep, child: &Json| {
        let mut way = location(child, node)?;
        way.insert(0, step);
        Some(way)
    };
    match root {
        Json::Array(items) => items.iter().enumerate().find_map(|(index, item)| under(PathStep::Index(index), item)),
        Json::Object(fields) => fields.iter().find_map(|(key, value)| under(PathStep::Key(key.to_owned()), value)),
        _ => None,
    }
}

fn ways_to(node: &Json, way: &mut Vec<PathStep>, ways: &mut HashMap<*const Json, Option<Vec<PathStep>>>) {
    if let Some(found) = ways.get_mut(&std::ptr::from_ref(node)) {
        *found = Some(way.clone());
    }
    let mut below = |step: PathStep, child: &Json| {
        way.push(step);
        ways_to(child, way, ways);
        way.pop();
    };
    match node {
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| below(PathStep::Index(index), item));
        }
        Json::Object(fields) => {
            fields.iter().for_each(|(key, value)| below(PathStep::Key(key.to_owned()), value));
        }
        _ => {}
    }
}

/// A way as a path: `$.items[0]['content-type']`.
pub fn path_text(steps: &[PathStep]) -> String {
    let mut text = String::from("$");
    for step in steps {
        match step {
            PathStep::Index(index) => text.push_str(&format!("[{index}]")),
            PathStep::Key(key) if is_shorthand(key) => text.push_str(&format!(".{key}")),
            PathStep::Key(key) => text.push_str(&format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))),
        }
    }
    text
}

fn is_shorthand(key: &str) -> bool {
    let mut chars = key.chars();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    chars.next().is_some_and(first) && chars.all(|c| first(c) || c.is_ascii_digit())
}

fn step<'a>(node: &'a Json, selector: &Selector) -> Option<&'a Json> {
    match selector {
        Selector::Name(name) => node.as_object()?.get(unquoted(name).as_ref()),
        Selector::Index(index) => {
            let items = node.as_array()?;
            let index = if *index < 0 {
                items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            items.get(index)
        }
        _ => None,
    }
}

/// The engine keeps the quotes of a quoted name, with its escapes undone already.
fn unquoted(name: &str) -> std::borrow::Cow<'_, str> {
    for quote in ['\'', '"'] {
        if let Some(inner) = name.strip_prefix(quote).and_then(|name| name.strip_suffix(quote)) {
            return inner.into();
        }
    }
    name.into()
}

fn is_single(segment: &Segment) -> bool {
    let single = |selector: &Selector| match selector {
        Selector::Index(_) => true,
        // Escapes in a quoted name are the engine's to undo.
        Selector::Name(name) => !name.contains('\\'),
        _ => false,
    };
    match segment {
        Segment::Selector(selector) => single(selector),
        Segment::Selectors(selectors) => selectors.len() == 1 && selectors.iter().all(single),
        Segment::Descendant(_) => false,
    }
}

/// What the engine accepts and RFC 9535 doesn't, and what it is known to answer wrongly.
fn segment_fault(segment: &Segment, inside_filter: bool) -> Option<&'static str> {
    match segment {
        // The engine gives all nodes of the first selector before those of the second, which isn't the order of section 2.5.2.2.
        Segment::Descendant(inner) if matches!(&**inner, Segment::Selectors(selectors) if selectors.len() > 1) => {
            Some("`..` takes one selector here; write one path for each of them")
        }
        Segment::Descendant(inner) => segment_fault(inner, inside_filter),
        Segment::Selector(selector) => selector_fault(selector, inside_filter),
        Segment::Selectors(selectors) => selectors.iter().find_map(|selector| selector_fault(selector, inside_filter)),
    }
}

fn selector_fault(selector: &Selector, inside_filter: bool) -> Option<&'static str> {
    let Selector::Filter(filter) = selector else { return None };
    if inside_filter {
        return Some(
            "a filter inside a filter isn't supported; capture the inner list first and look at it with `some`",
        );
    }
    filter_fault(filter)
}

fn filter_fault(filter: &Filter) -> Option<&'static str> {
    match filter {
        Filter::Or(filters) | Filter::And(filters) => filters.iter().find_map(filter_fault),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => filter_fault(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => test_fault(expr),
        Filter::Atom(FilterAtom::Comparison(comparison)) => comparison_fault(comparison),
    }
}

fn test_fault(test: &Test) -> Option<&'static str> {
    match test {
        Test::RelQuery(segments) => segments.iter().find_map(|segment| segment_fault(segment, true)),
        Test::AbsQuery(query) => query.segments.iter().find_map(|segment| segment_fault(segment, true)),
        Test::Function(function) => match &**function {
            TestFunction::Length(_) | TestFunction::Count(_) | TestFunction::Value(_) => Some(
                "the result of `length()`, `count()` or `value()` must be compared with something, as in `length(@.a) > 2`",
            ),
            function => function_fault(function),
        },
    }
}

fn comparison_fault(comparison: &Comparison) -> Option<&'static str> {
    let (left, right) = match comparison {
        Comparison::Eq(left, right)
        | Comparison::Ne(left, right)
        | Comparison::Gt(left, right)
        | Comparison::Gte(left, right)
        | Comparison::Lt(left, right)
        | Comparison::Lte(left, right) => (left, right),
    };
    [left, right].into_iter().find_map(|side| match side {
        Comparable::Function(function) => function_fault(function),
        _ => None,
    })
}

fn function_fault(function: &TestFunction) -> Option<&'static str> {
    let query = |arg: &FnArg| match arg {
        FnArg::Test(test) => matches!(&**test, Test::RelQuery(_) | Test::AbsQuery(_)),
        _ => false,
    };
    match function {
        TestFunction::Count(arg) | TestFunction::Value(arg) if !query(arg) => {
            Some("`count()` and `value()` take a path, as in `count(@.*)`")
        }
        TestFunction::Length(arg) => match &**arg {
            FnArg::Test(test) => {
                let segments = match &**test {
                    Test::RelQuery(segments) => segments,
                    Test::AbsQuery(query) => &query.segments,
                    Test::Function(_) => return None,
                };
                let plural = !segments.iter().all(is_single);
                plural.then_some("`length()` takes a path to one value; `count()` counts what a path finds")
            }
            _ => None,
        },
        _ => None,
    }
}

fn describe(text: &str, error: &EngineError) -> JsonPathError {
    let EngineError::PestError(error) = error else {
        let message = match error {
            EngineError::MaxNestingDepthExceeded(_) => "this path nests too deeply",
            EngineError::InvalidNumber(_) => "a number in this path is out of range",
            _ => "this isn't a JSONPath",
        };
        return JsonPathError { message: message.to_owned(), start: 0, end: text.len() };
    };
    let at = match &error.location {
        pest::error::InputLocation::Pos(at) => *at,
        pest::error::InputLocation::Span((start, _)) => *start,
    };
    let rest = text.get(at..).unwrap_or_default();
    match rest.chars().next() {
        Some(c) => {
            JsonPathError { message: format!("the path goes wrong at `{c}`"), start: at, end: at + c.len_utf8() }
        }
        None => {
            let start = text.char_indices().next_back().map_or(0, |(start, _)| start);
            JsonPathError { message: "the path ends too early".to_owned(), start, end: text.len() }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;

    use super::*;

    fn found(path: &str, value: &Json) -> Vec<Json> {
        JsonPath::compile(path).unwrap().select(value).into_iter().cloned().collect()
    }

    #[test]
    fn singular_paths_walk_and_others_search() {
        let value = json!({ "a": { "b-c": [1, 2, { "d": null }], "it's": 7 }, "": 0 });
        assert_eq!(found("$", &value), std::slice::from_ref(&value));
        assert_eq!(found("$.a['b-c'][0]", &value), [json!(1)]);
        assert_eq!(found("$.a[\"b-c\"][-2]", &value), [json!(2)]);
        assert_eq!(found("$.a['b-c'][2].d", &value), [Json::Null]);
        assert_eq!(found("$.a[\"it's\"]", &value), [json!(7)]);
        assert_eq!(found("$.a['it\\'s']", &value), [json!(7)]);
        assert_eq!(found("$['']", &value), [json!(0)]);
        assert_eq!(found("$.a['b-c'][9]", &value), Vec::<Json>::new());
        assert_eq!(found("$.a['b-c'][-9]", &value), Vec::<Json>::new());
        assert_eq!(found("$..d", &value), [Json::Null]);
        assert_eq!(found("$.a['b-c'][?@ > 1]", &value), [json!(2)]);
        assert!(JsonPath::compile("$.a[0]").unwrap().is_singular());
        assert!(!JsonPath::compile("$.a[*]").unwrap().is_singular());
    }

    #[test]
    fn faults_are_placed_and_misuses_refused() {
        let error = JsonPath::compile("$.a[").unwrap_err();
        assert_eq!((error.start, error.end), (3, 4));
        let error = JsonPath::compile("$.a[x]").unwrap_err();
        assert!(error.start >= 3 && error.end <= 5, "{error:?}");
        for path in [
            "$[?count(@.*)]",
            "$[?length(@.a)]",
            "$[?value(@.a)]",
            "$[?count(1)>2]",
            "$[?length(@.*)<3]",
            "$[?@[?@>1]]",
            "$..['a','d']",
        ] {
            assert!(JsonPath::compile(path).is_err(), "{path}");
        }
    }

    #[test]
    fn hostile_paths_end() {
        for (open, close) in [("[", "]"), ("(", ")"), ("!", ""), ("[?(", ")]"), ("..", "")] {
            let path = format!("$[?{}@.a{}]", open.repeat(900), close.repeat(900));
            assert!(JsonPath::compile(&path).is_err(), "{open}");
        }
        assert!(JsonPath::compile(&format!("$.{}", "a".repeat(5000))).is_err());
    }

    #[test]
    fn nodes_are_located_by_identity() {
        let value = json!({ "a": [1, { "x y": 1 }] });
        let located = JsonPath::compile("$..['x y']").unwrap();
        let located = located.locate(&value);
        assert_eq!(path_text(&located[0].0), "$.a[1]['x y']");
        let all = JsonPath::compile("$.a[*]").unwrap();
        let ways: Vec<String> = all.locate(&value).iter().map(|(way, _)| path_text(way)).collect();
        assert_eq!(ways, ["$.a[0]", "$.a[1]"]);
    }
}
