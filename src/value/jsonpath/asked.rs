//! Whether the filters of a path that found nothing had anything to compare.

use super::super::Json;
use super::evaluate;
use super::syntax::{Logical, Operand, Query, Segment, Selector};

/// Whether a filter was asked of elements, and what it compares is in none of them: the `@.idd` of `$.items[?@.idd == 9]`. Such a filter finds
/// nothing whatever the elements hold, as does one that compares with a part of the value that isn't there (`$.itemz[0].id`).
pub(super) fn compares_nothing(query: &Query, values: &[Json], root: &Json) -> bool {
    query.segments.iter().enumerate().any(|(at, segment)| {
        let [Selector::Filter(filter)] = segment.selectors.as_slice() else { return false };
        let all = Segment { selectors: vec![Selector::Wildcard], ..segment.clone() };
        let elements: Vec<Segment> = query.segments.iter().take(at).cloned().chain([all]).collect();
        let there = Elements { segments: elements, values, root };
        there.holds(&[]) && !there.decided(filter)
    })
}

/// What a filter is asked of.
struct Elements<'a> {
    segments: Vec<Segment>,
    values: &'a [Json],
    root: &'a Json,
}

impl Elements<'_> {
    /// Whether what these steps lead to is in one of the elements at least. What can't be looked for counts as there.
    fn holds(&self, steps: &[Segment]) -> bool {
        let segments = self.segments.iter().chain(steps).cloned().collect();
        self.finds(&Query { absolute: true, segments })
    }

    fn finds(&self, query: &Query) -> bool {
        evaluate::find(query, self.values, self.root).map_or(true, |found| found.nodes().next().is_some())
    }

    /// Whether what makes the filter false may be a comparison that took place.
    fn decided(&self, filter: &Logical) -> bool {
        match filter {
            Logical::Or(any) => any.iter().all(|one| self.decided(one)),
            Logical::And(all) => all.iter().any(|one| self.decided(one)),
            Logical::Not(inner) => self.decided(inner),
            Logical::Exists(_) => true,
            Logical::Compare(_, left, right) => self.is_there(left) && self.is_there(right),
            Logical::Matches { text, pattern, .. } => self.is_there(text) && self.is_there(pattern),
        }
    }

    fn is_there(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Literal(_) | Operand::Slot(_) | Operand::Count(_) => true,
            Operand::Query(query) | Operand::Value(query) if query.absolute => self.finds(query),
            Operand::Query(query) | Operand::Value(query) => self.holds(&query.segments),
            Operand::Length(inner) => self.is_there(inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{JsonPath, test_json as json};

    #[test]
    fn a_filter_compares_nothing_where_no_element_has_what_it_compares() {
        let root = json!({
            "items": [{"id": 1, "n": "x", "of": {"k": 1}}, {"id": 2, "n": "y"}], "map": {"a": {"id": 1}}, "none": [], "w": 9,
        });
        for (path, nothing) in [
            ("$.items[?@.id == 9]", false),
            ("$.items[?@.idd == 9]", true),
            ("$.items[?@.idd == 9].n", true),
            ("$.items[?@.of.k == 9]", false),
            ("$.items[?@.of.kk == 9]", true),
            ("$.items[?@.id == $.w]", false),
            ("$.items[?@.id == $.ww]", true),
            ("$.items[?9 == @.idd]", true),
            ("$.items[?@.idd]", false),
            ("$.items[?!@.id]", false),
            ("$.items[?!(@.idd != 9)]", true),
            ("$.items[?@.id == 9 && @.idd == 9]", false),
            ("$.items[?@.idd == 9 && @.ie == 9]", true),
            ("$.items[?@.id == 9 || @.idd == 9]", true),
            ("$.items[?@.id == 9 || @.n == 9]", false),
            ("$.items[?@.idd && @.ie == 9]", false),
            ("$.items[?match(@.nn, 'z')]", true),
            ("$.items[?match(@.n, 'z')]", false),
            ("$.items[?length(@.nn) == 9]", true),
            ("$.items[?count(@.*) == 9]", false),
            ("$.items[?value(@..nn) == 9]", true),
            ("$.items[?@ == 9]", false),
            ("$..[?@.idd == 9]", true),
            ("$..[?@.id == 9]", false),
            ("$.map[?@.idd == 9]", true),
            ("$.map[?@.id == 9]", false),
            ("$.none[?@.idd == 9]", false),
            ("$.items[*]", false),
            ("$.items[?@.id == 9, 7]", false),
            ("$.items[?@.of[?@.kk == 1]]", false),
        ] {
            let path = JsonPath::compile(path).unwrap();
            assert!(path.select(&root).is_empty() || path.as_str() == "$.items[*]", "{}", path.as_str());
            assert_eq!(path.compares_nothing(&root), nothing, "{}", path.as_str());
        }
    }
}
