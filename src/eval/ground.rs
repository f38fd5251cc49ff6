//! What a path that finds nothing says: whether there was something to look in at all.

use crate::value::{Json, JsonPath, json_kind};

/// What the absence of every value rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Something was found, or what was looked in is there and could have held it.
    #[default]
    Firm,
    /// What was looked through is there, and is empty itself: nothing is known of what it would hold.
    Empty,
    /// Of a path to one value: what would hold it isn't there either.
    NoParent,
    /// Of a path to several: what it looks through is no list or object, so that it can't find anything.
    None(Baseless),
}

/// Why a path can't find anything, in words that go on from `nothing is found, since`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseless {
    /// ``there is no `$.itemz` ``
    pub why: String,
    pub help: Option<String>,
}

/// The ground of a path that found nothing in `json`.
pub(super) fn of_nothing(path: &JsonPath, json: &Json) -> Ground {
    let text = path.as_str();
    let steps = singular_beginning(text);
    if path.is_singular() {
        let Some(last) = steps.last() else { return Ground::Firm };
        let parent = upto(text, last.start).and_then(|parent| only(&parent, json));
        let could_hold = match parent {
            Some(Json::Object(_)) => !last.is_index,
            Some(Json::Array(_)) => last.is_index,
            _ => false,
        };
        return if could_hold { Ground::Firm } else { Ground::NoParent };
    }
    let end = steps.last().map_or(1, |step| step.end);
    let Some(beginning) = upto(text, end) else { return Ground::Firm };
    match only(&beginning, json) {
        Some(Json::Array(items)) if items.is_empty() => emptiness(text, end),
        Some(Json::Object(fields)) if fields.is_empty() => emptiness(text, end),
        Some(Json::Array(_) | Json::Object(_)) => Ground::Firm,
        Some(other) => {
            let why = format!("`{}` is {}, neither a list nor an object", beginning.as_str(), described(other));
            Ground::None(Baseless { why, help: None })
        }
        None => Ground::None(Baseless {
            why: format!("there is no `{}`", beginning.as_str()),
            help: near(text, &steps, json),
        }),
    }
}

fn described(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        other => format!("{} ({})", super::show_json(other), json_kind(other)),
    }
}

/// `$.items[*]` asks just for what an empty list doesn't have; anything longer asks something of each element.
fn emptiness(text: &str, end: usize) -> Ground {
    let rest: String = text.get(end..).unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    if matches!(rest.as_str(), "[*]" | ".*") { Ground::Firm } else { Ground::Empty }
}

fn upto(text: &str, end: usize) -> Option<JsonPath> {
    JsonPath::compile(text.get(..end)?).ok()
}

fn only<'j>(path: &JsonPath, json: &'j Json) -> Option<&'j Json> {
    path.select(json).into_iter().next()
}

/// What is beside the first step that leads nowhere: the name that was meant, or all there is.
fn near(text: &str, steps: &[Step], json: &Json) -> Option<String> {
    let missing = steps.iter().find(|step| upto(text, step.end).is_some_and(|path| only(&path, json).is_none()))?;
    let parent = upto(text, missing.start).and_then(|path| only(&path, json))?.as_object()?;
    let name = text.get(missing.start..missing.end)?.trim_matches(|c: char| ".[]'\" \t".contains(c));
    let keys = || parent.keys().map(|key| -> &str { key });
    match crate::diag::closest(name, keys()) {
        Some(close) => Some(format!("there is `{close}` beside it; was that meant?")),
        None if parent.is_empty() => None,
        None => Some(format!("what is there: {}", keys().take(12).collect::<Vec<_>>().join(", "))),
    }
}

/// One step of a path to one value: `.name`, `["name"]`, `[0]`.
struct Step {
    start: usize,
    end: usize,
    is_index: bool,
}

/// The steps of a valid path (RFC 9535) up to the first that can select several nodes.
fn singular_beginning(text: &str) -> Vec<Step> {
    let bytes = text.as_bytes();
    let blank = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        at
    };
    let mut steps = Vec::new();
    let mut at = 1;
    loop {
        let start = at;
        let open = blank(at);
        let (end, is_index) = match bytes.get(open) {
            Some(b'.') if !matches!(bytes.get(blank(open + 1)), Some(b'.' | b'*') | None) => {
                let name = blank(open + 1);
                let rest = bytes.get(name..).unwrap_or_default();
                let length = rest.iter().position(|byte| matches!(byte, b'.' | b'[' | b' ' | b'\t' | b'\n' | b'\r'));
                (name + length.unwrap_or(rest.len()), false)
            }
            Some(b'[') => {
                let inner = blank(open + 1);
                let (after, is_index) = match bytes.get(inner) {
                    Some(quote @ (b'"' | b'\'')) => (closing(bytes, inner + 1, *quote), false),
                    Some(b'-' | b'0'..=b'9') => {
                        let digits = bytes.get(inner + 1..).unwrap_or_default();
                        (inner + 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(), true)
                    }
                    _ => return steps,
                };
                let close = blank(after);
                if bytes.get(close) != Some(&b']') {
                    return steps;
                }
                (close + 1, is_index)
            }
            _ => return steps,
        };
        steps.push(Step { start, end, is_index });
        at = end;
    }
}

/// Behind the quote that closes a string which begins at `at`.
fn closing(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            byte if *byte == quote => break,
            _ => {}
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning(path: &str) -> &str {
        &path[..singular_beginning(path).last().map_or(1, |step| step.end)]
    }

    #[test]
    fn a_path_begins_singularly_up_to_what_can_select_several() {
        for (path, expected) in [
            ("$", "$"),
            ("$[*]", "$"),
            ("$.*", "$"),
            ("$..a", "$"),
            ("$.a", "$.a"),
            ("$.a[*].b", "$.a"),
            ("$.a.b[?@.c == '.d'].e", "$.a.b"),
            ("$['a.b'][\"c[*]\"][0][1:2]", "$['a.b'][\"c[*]\"][0]"),
            ("$['it\\'s'][-1][*]", "$['it\\'s'][-1]"),
            ("$.a['b','c']", "$.a"),
            ("$.a[0,1]", "$.a"),
            ("$.a[ 'b' ][ 0 ][ * ]", "$.a[ 'b' ][ 0 ]"),
            ("$.ä.☃[*]", "$.ä.☃"),
            ("$.a[::2]", "$.a"),
            ("$.a..b", "$.a"),
        ] {
            assert!(JsonPath::compile(path).is_ok(), "{path}");
            assert_eq!(beginning(path), expected, "{path}");
        }
    }
}
