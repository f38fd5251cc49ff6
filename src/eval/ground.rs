//! What a path that finds nothing says: whether there was something to look in at all.

use crate::value::{Json, JsonPath, PathStep, json_kind};

/// What the absence of every value rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Something was found, or what was looked in is there and could have held it.
    #[default]
    Firm,
    /// What was looked through is there, and is empty itself: nothing is known of what it would hold.
    Empty,
    /// What a filter compares is in none of the elements, so that it finds nothing whatever they are.
    Uncompared,
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
    let steps = path.singular_steps();
    if path.is_singular() {
        let Some(last) = steps.checked_sub(1) else { return Ground::Firm };
        let could_hold = match (only(&path.beginning(last), json), path.step(last)) {
            (Some(Json::Object(_)), step) => !matches!(step, Some(PathStep::Index(_))),
            (Some(Json::Array(_)), step) => matches!(step, Some(PathStep::Index(_))),
            _ => false,
        };
        return if could_hold { Ground::Firm } else { Ground::NoParent };
    }
    let beginning = path.beginning(steps);
    match only(&beginning, json) {
        Some(Json::Array(items)) if items.is_empty() => emptiness(path, &beginning),
        Some(Json::Object(fields)) if fields.is_empty() => emptiness(path, &beginning),
        Some(Json::Array(_) | Json::Object(_)) if path.compares_nothing(json) => Ground::Uncompared,
        Some(Json::Array(_) | Json::Object(_)) => Ground::Firm,
        Some(other) => {
            let why = format!("`{}` is {}, neither a list nor an object", beginning.as_str(), described(other));
            Ground::None(Baseless { why, help: None })
        }
        None => Ground::None(Baseless {
            why: format!("there is no `{}`", beginning.as_str()),
            help: near(path, steps, json),
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
fn emptiness(path: &JsonPath, beginning: &JsonPath) -> Ground {
    let rest = path.as_str().get(beginning.as_str().len()..).unwrap_or_default();
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    if matches!(rest.as_str(), "[*]" | ".*") { Ground::Firm } else { Ground::Empty }
}

fn only<'j>(path: &JsonPath, json: &'j Json) -> Option<&'j Json> {
    path.select(json).into_iter().next()
}

/// What is beside the first step that leads nowhere: the name that was meant, or all there is.
fn near(path: &JsonPath, steps: usize, json: &Json) -> Option<String> {
    let missing = (0..steps).find(|step| only(&path.beginning(step + 1), json).is_none())?;
    let parent = only(&path.beginning(missing), json)?.as_object()?;
    let Some(PathStep::Key(name)) = path.step(missing) else { return None };
    match crate::diag::closest(&name, parent.keys()) {
        Some(close) => Some(format!("there is `{close}` beside it; was that meant?")),
        None if parent.is_empty() => None,
        None => Some(format!("what is there: {}", parent.keys().take(12).collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning(path: &str) -> String {
        let path = JsonPath::compile(path).unwrap();
        path.beginning(path.singular_steps()).as_str().to_owned()
    }

    proptest::proptest! {
        /// Segments are what they are wherever they are: the beginning ends before the first that can select several.
        #[test]
        fn the_beginning_ends_where_the_first_plural_segment_begins(
            chosen in proptest::collection::vec(proptest::sample::select(SEGMENTS.to_vec()), 0..8)
        ) {
            let path: String = std::iter::once("$").chain(chosen.iter().map(|(text, _)| *text)).collect();
            let singular: usize = chosen.iter().take_while(|(_, singular)| *singular).map(|(text, _)| text.len()).sum();
            proptest::prop_assert!(JsonPath::compile(&path).is_ok(), "{}", path);
            proptest::prop_assert_eq!(beginning(&path), &path[..1 + singular]);
        }
    }

    const SEGMENTS: [(&str, bool); 16] = [
        (".a", true),
        (".a_1", true),
        (".ü", true),
        ("['a']", true),
        ("[\"a.b[0]\"]", true),
        ("['\\'']", true),
        ("[0]", true),
        ("[-1]", true),
        ("[ 'a' ]", true),
        ("[*]", false),
        (".*", false),
        ("..a", false),
        ("['a','b']", false),
        ("[0:2]", false),
        ("[?@.a == 'x']", false),
        ("[?@]", false),
    ];

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
            assert_eq!(beginning(path), expected, "{path}");
        }
    }
}
