use crate::value::Json;

use crate::eval::{Unread, json_equal, show_json};
use crate::value::{PathStep, effort, path_text};

/// One place in which two structures differ, its values in short form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: Vec<PathStep>,
    /// Absent: nothing was expected here.
    pub expected: Option<String>,
    /// Absent: nothing came here.
    pub actual: Option<String>,
    /// What is here can't be read for one thing.
    pub unread: Option<Unread>,
    /// What was asked can't be asked of what is here: it isn't so, and nor is its contrary.
    pub undecided: bool,
}

impl Difference {
    pub(super) fn changed(path: &[PathStep], expected: String, actual: String) -> Self {
        Self { path: path.to_vec(), expected: Some(expected), actual: Some(actual), unread: None, undecided: false }
    }

    /// Of a value of which it can't be asked.
    pub(super) fn unasked(path: &[PathStep], expected: String, actual: String) -> Self {
        Self { undecided: true, ..Self::changed(path, expected, actual) }
    }

    pub(super) fn missing(path: &[PathStep], expected: String) -> Self {
        Self { path: path.to_vec(), expected: Some(expected), actual: None, unread: None, undecided: false }
    }

    /// Of a value at a path, or of what is below it.
    pub(super) fn unread(path: &[PathStep], unread: Unread) -> Self {
        let path = path.iter().chain(unread.way()).cloned().collect();
        Self { path, expected: None, actual: None, unread: Some(unread), undecided: true }
    }

    /// Of a member that occurs twice, by the path to it.
    pub(super) fn twice(path: &[PathStep], first: &Json, second: &Json) -> Self {
        let unread = Unread::Twice { way: path.to_vec(), first: first.clone(), second: second.clone() };
        Self { path: path.to_vec(), expected: None, actual: None, unread: Some(unread), undecided: true }
    }

    fn extra(path: &[PathStep], actual: String) -> Self {
        Self { path: path.to_vec(), expected: None, actual: Some(actual), unread: None, undecided: false }
    }

    /// `is 5, expected "a"`
    pub fn words(&self) -> String {
        match (&self.expected, &self.actual) {
            (Some(expected), Some(actual)) => format!("is {actual}, expected {expected}"),
            (Some(expected), None) => format!("is missing, expected {expected}"),
            (None, Some(actual)) => format!("is {actual}, and nothing was expected here"),
            (None, None) => "differs".to_owned(),
        }
    }
}

/// `2 places: $.a, $.b[0]`
pub(super) fn counted(differences: &[Difference]) -> String {
    const SHOWN: usize = 4;
    let names: Vec<String> = differences.iter().take(SHOWN).map(|one| format!("`{}`", path_text(&one.path))).collect();
    let rest = if differences.len() > SHOWN { ", …" } else { "" };
    let places = if differences.len() == 1 { "place" } else { "places" };
    // Nothing was looked for beyond that.
    let least = if differences.len() >= MOST { "at least " } else { "" };
    format!("{least}{} {places}: {}{rest}", differences.len(), names.join(", "))
}

/// The mismatch of what can't be read, if there is any among the differences.
pub(super) fn unread(differences: &[Difference]) -> Option<Box<super::Mismatch>> {
    let (one, unread) = differences.iter().find_map(|one| Some((one, one.unread.as_ref()?)))?;
    let mut mismatch = super::Mismatch::unread(unread);
    if matches!(unread, Unread::LoneSurrogate(_)) {
        mismatch.text = format!("at `{}` {}", path_text(&one.path), mismatch.text);
    }
    mismatch.path.clone_from(&one.path);
    Some(mismatch)
}

/// The most differences that are reported.
pub(super) const MOST: usize = 100;

/// In what the actual structure differs from the expected one. Lists are aligned, so that one element too many in front doesn't make
/// all the others differ.
pub fn differences(expected: &Json, actual: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(expected, actual, &mut Vec::new(), &mut found);
    found.truncate(MOST);
    found
}

fn walk(expected: &Json, actual: &Json, path: &mut Vec<PathStep>, found: &mut Vec<Difference>) {
    if found.len() >= MOST || effort::is_vain(1) || json_equal(expected, actual) {
        return;
    }
    match (expected, actual) {
        (Json::Object(a), Json::Object(b)) => {
            for (key, value) in a {
                if found.len() >= MOST {
                    return;
                }
                path.push(PathStep::Key(key.to_owned()));
                match b.get(key) {
                    Some(other) => walk(value, other, path, found),
                    None => found.push(Difference::missing(path, show_json(value))),
                }
                path.pop();
            }
            let rest = MOST.saturating_sub(found.len());
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(key)).take(rest) {
                path.push(PathStep::Key(key.to_owned()));
                found.push(Difference::extra(path, show_json(value)));
                path.pop();
            }
        }
        (Json::Array(a), Json::Array(b)) => lists(a, b, path, found),
        _ => found.push(Difference::changed(path, show_json(expected), show_json(actual))),
    }
}

fn lists(expected: &[Json], actual: &[Json], path: &mut Vec<PathStep>, found: &mut Vec<Difference>) {
    let pairs = align(expected, actual);
    let mut at = (0, 0);
    for (i, j) in pairs.into_iter().chain([(expected.len(), actual.len())]) {
        // Between two pairs that are equal: what is opposite is compared, the rest is missing or extra.
        while at.0 < i || at.1 < j {
            match (at.0 < i, at.1 < j) {
                (true, true) => {
                    path.push(PathStep::Index(at.1));
                    walk(&expected[at.0], &actual[at.1], path, found);
                    at = (at.0 + 1, at.1 + 1);
                }
                (true, false) => {
                    path.push(PathStep::Index(at.0));
                    found.push(Difference::missing(path, show_json(&expected[at.0])));
                    at.0 += 1;
                }
                (false, _) => {
                    path.push(PathStep::Index(at.1));
                    found.push(Difference::extra(path, show_json(&actual[at.1])));
                    at.1 += 1;
                }
            }
            path.pop();
            if found.len() >= MOST {
                return;
            }
        }
        at = (i + 1, j + 1);
    }
}

/// The indices of a longest common subsequence; for long lists only what they have in common at their ends.
fn align(a: &[Json], b: &[Json]) -> Vec<(usize, usize)> {
    const MOST_CELLS: usize = 250_000;
    let front = a.iter().zip(b).take_while(|(a, b)| json_equal(a, b)).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(a, b)| json_equal(a, b)).count();
    let (x, y) = (&a[front..a.len() - back], &b[front..b.len() - back]);
    let mut pairs: Vec<(usize, usize)> = (0..front).map(|at| (at, at)).collect();
    if x.len() * y.len() <= MOST_CELLS {
        // Most elements are distinguished by their fingerprints alone.
        let prints = |items: &[Json]| items.iter().map(Json::fingerprint).collect::<Vec<_>>();
        let (px, py) = (prints(x), prints(y));
        let same = |i: usize, j: usize| px[i] == py[j] && json_equal(&x[i], &y[j]);
        let mut longest = vec![vec![0u32; y.len() + 1]; x.len() + 1];
        for i in (0..x.len()).rev() {
            // Without pairs everything differs.
            if effort::is_vain(y.len()) {
                break;
            }
            for j in (0..y.len()).rev() {
                longest[i][j] =
                    if same(i, j) { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < x.len() && j < y.len() {
            if same(i, j) {
                pairs.push((front + i, front + j));
                (i, j) = (i + 1, j + 1);
            } else if longest[i + 1][j] >= longest[i][j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
    }
    pairs.extend((0..back).rev().map(|at| (a.len() - 1 - at, b.len() - 1 - at)));
    pairs
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;
    use proptest::prelude::*;

    use super::*;

    fn reported(expected: Json, actual: Json) -> Vec<String> {
        differences(&expected, &actual).iter().map(|one| format!("{} {}", path_text(&one.path), one.words())).collect()
    }

    #[test]
    fn each_difference_is_reported_once_at_its_place() {
        assert_eq!(
            reported(json!({"a": 1, "b": [1, 2, 3]}), json!({"a": 2, "b": [0, 1, 2, 3], "c": null})),
            [
                "$.a is 2, expected 1",
                "$.b[0] is 0, and nothing was expected here",
                "$.c is null, and nothing was expected here",
            ]
        );
        assert_eq!(reported(json!([1, {"x": 1}, 3]), json!([1, {"x": 2}, 3])), ["$[1].x is 2, expected 1"]);
        assert_eq!(reported(json!([1, 2]), json!([1])), ["$[1] is missing, expected 2"]);
    }

    #[test]
    fn large_structures_that_differ_everywhere_are_explained_by_a_few() {
        let object = |side: &str| (0..50_000).map(|n| (format!("{side}{n}"), n)).collect::<crate::value::JsonMap>();
        assert_eq!(differences(&Json::Object(object("a")), &Json::Object(object("b"))).len(), MOST);
        let list =
            |from: i64| (0..200_000).map(|n| json!({ "id": n + from, "inner": [n, n + from] })).collect::<Json>();
        let found = differences(&list(0), &list(1));
        assert!(found.len() <= MOST + 1 && found[0].path[0] == PathStep::Index(0), "{}", found.len());
    }

    fn small() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![Just(json!(null)), (0i64..4).prop_map(Json::from), "[ab]{0,2}".prop_map(Json::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn there_are_differences_exactly_where_values_differ(a in small(), b in small()) {
            prop_assert_eq!(differences(&a, &b).is_empty(), json_equal(&a, &b));
        }
    }
}
