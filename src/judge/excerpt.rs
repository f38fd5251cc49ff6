//! What a server sent as a second source of a diagnostic: pretty-printed, cut to what matters, with the offending value labelled.

use std::ops::Range;

use crate::value::{Json, JsonFault};

use crate::diag::cut::{cut, cut_lines};
use crate::diag::{Excerpt, sanitize};
use crate::value::PathStep;

/// The longest string that is shown whole, in characters.
const LONGEST_STRING: usize = 120;
/// How many lines are shown around a label, and at most in all.
const CONTEXT_LINES: usize = 4;
const MOST_LINES: usize = 24;
/// How much of a string, and of a text, is looked at to show it, in bytes: a secret in it must still be found whole.
const LOOKED_AT: usize = 8192;
const LOOKED_AT_TEXT: usize = 1 << 17;
/// Beyond this many bytes only what leads to a label is written out.
const MOST_WRITTEN: usize = 256 * 1024;

/// JSON, pretty-printed, with the values at some paths labelled. A path that leads nowhere is labelled at its nearest ancestor.
pub fn json_excerpt(name: impl Into<String>, json: &Json, labels: &[(Vec<PathStep>, String)]) -> Excerpt {
    let mut printer = Printer { text: String::new(), ranges: vec![None; labels.len()], labels };
    printer.value(json, &mut Vec::new(), 0);
    let labels = printer
        .ranges
        .into_iter()
        .zip(labels)
        .filter_map(|(range, (_, words))| Some((range?, words.clone())))
        .collect();
    window(name.into(), printer.text, labels)
}

/// A text, with control characters made visible.
pub fn text_excerpt(name: impl Into<String>, text: &str, label: Option<String>) -> Excerpt {
    let looked_at = head(text, LOOKED_AT_TEXT);
    let mut shown = String::new();
    for line in looked_at.lines() {
        shown.push_str(&cut(&sanitize(head(line, LOOKED_AT)), LONGEST_STRING));
        shown.push('\n');
    }
    if looked_at.len() < text.len() {
        shown.push_str("…\n");
    }
    let shown = if looked_at.lines().nth(MOST_LINES).is_some() { cut_lines(&shown, MOST_LINES) } else { shown };
    let end = shown.find('\n').unwrap_or(0);
    let labels = label.into_iter().map(|label| (0..end, label)).collect();
    Excerpt { name: name.into(), text: shown, labels }
}

/// A text that should have been JSON, with the place labelled at which it isn't, where that is among what is shown.
pub fn fault_excerpt(name: impl Into<String>, text: &str, fault: &JsonFault) -> Excerpt {
    let mut excerpt = text_excerpt(name, text, None);
    let (line, column) = (fault.line.saturating_sub(1), fault.column.saturating_sub(1));
    let Some(content) = text.lines().nth(line).filter(|_| line < MOST_LINES) else { return excerpt };
    // Marks of cuts are in the line that is shown, and none before what is short enough.
    let before = content.char_indices().nth(column).map_or(content.len(), |(at, _)| at);
    let (before, faulty) = (sanitize(&content[..before]), content[before..].chars().next());
    if before.chars().count() >= LONGEST_STRING {
        return excerpt;
    }
    let is_mark = |c: char| ('\u{fdd0}'..='\u{fdef}').contains(&c) || ('\u{e000}'..='\u{f8ff}').contains(&c);
    let start: usize = excerpt.text.split_inclusive('\n').take(line).map(str::len).sum();
    let shown = excerpt.text[start..].split('\n').next().unwrap_or_default();
    let marks: usize = shown.chars().take_while(|c| is_mark(*c)).map(char::len_utf8).sum();
    let from = start + marks + before.len();
    let to = from + faulty.map_or(0, |c| sanitize(&c.to_string()).len());
    if excerpt.text.get(start + marks..from) == Some(&before) && excerpt.text.get(from..to).is_some() {
        excerpt.labels.push((from..to, fault.reason.clone()));
    }
    excerpt
}

/// Which parts of a list or an object are written out, by their numbers.
enum Shown {
    All,
    /// Those near these, and the first ones.
    Near(Vec<usize>),
}

impl Shown {
    fn contains(&self, index: usize) -> bool {
        match self {
            Shown::All => true,
            Shown::Near(places) => {
                index < MOST_LINES || places.iter().any(|place| place.abs_diff(index) <= CONTEXT_LINES + 1)
            }
        }
    }
}

struct Printer<'a> {
    text: String,
    ranges: Vec<Option<Range<usize>>>,
    labels: &'a [(Vec<PathStep>, String)],
}

impl Printer<'_> {
    fn value(&mut self, json: &Json, path: &mut Vec<PathStep>, depth: usize) {
        let start = self.text.len();
        let far = self.text.len() > MOST_WRITTEN && !self.labels.iter().any(|(wanted, _)| wanted.starts_with(path));
        match json {
            Json::Array(_) if far => self.text.push_str("[…]"),
            Json::Object(_) if far => self.text.push_str("{…}"),
            Json::Array(items) if !items.is_empty() => self.array(items, path, depth),
            Json::Object(fields) if !fields.is_empty() => self.object(fields, path, depth),
            Json::String(text) => self.string(text),
            other => self.text.push_str(&other.to_string()),
        }
        let end = match json {
            // A label on many lines says less than one on the first.
            Json::Array(_) | Json::Object(_) => {
                self.text[start..].find('\n').map_or(self.text.len(), |line| start + line)
            }
            _ => self.text.len(),
        };
        for (index, (wanted, _)) in self.labels.iter().enumerate() {
            // Inner values are printed before their parents end, so the first that fits is the nearest.
            if wanted.starts_with(path)
                && self.ranges[index].is_none()
                && (wanted == path || !leads_on(json, &wanted[path.len()..]))
            {
                self.ranges[index] = Some(start..end);
            }
        }
    }

    fn array(&mut self, items: &[Json], path: &mut Vec<PathStep>, depth: usize) {
        let simple =
            items.len() <= 8 && items.iter().all(|item| matches!(item, Json::Number(_) | Json::Bool(_) | Json::Null));
        self.text.push('[');
        let shown = self.shown(items.len(), path, |step| match step {
            PathStep::Index(index) => Some(*index),
            PathStep::Key(_) => None,
        });
        let mut last = None;
        for (index, item) in items.iter().enumerate().filter(|(index, _)| shown.contains(*index)) {
            self.text.push_str(if index > 0 { "," } else { "" });
            self.gap(&mut last, index, depth + 1);
            if simple {
                self.text.push_str(if index > 0 { " " } else { "" })
            } else {
                self.line(depth + 1)
            }
            path.push(PathStep::Index(index));
            self.value(item, path, depth + 1);
            path.pop();
        }
        if !simple {
            self.line(depth);
        }
        self.text.push(']');
    }

    fn object(&mut self, fields: &crate::value::JsonMap, path: &mut Vec<PathStep>, depth: usize) {
        self.text.push('{');
        let shown = self.shown(fields.len(), path, |step| match step {
            PathStep::Key(key) => fields.keys().position(|name| name == key),
            PathStep::Index(_) => None,
        });
        let mut last = None;
        for (index, (key, value)) in fields.iter().enumerate().filter(|(index, _)| shown.contains(*index)) {
            self.text.push_str(if index > 0 { "," } else { "" });
            self.gap(&mut last, index, depth + 1);
            self.line(depth + 1);
            self.string(key);
            self.text.push_str(": ");
            path.push(PathStep::Key(key.to_owned()));
            self.value(value, path, depth + 1);
            path.pop();
        }
        self.line(depth);
        self.text.push('}');
    }

    /// Which parts of a list or an object are written out: of a large one only those near what is labelled, since the window leaves
    /// the others out again.
    fn shown(&self, count: usize, path: &[PathStep], place: impl Fn(&PathStep) -> Option<usize>) -> Shown {
        const FEW: usize = 64;
        if count <= FEW {
            return Shown::All;
        }
        let below = self.labels.iter().filter(|(wanted, _)| wanted.starts_with(path));
        let places = below.filter_map(|(wanted, _)| place(wanted.get(path.len())?));
        Shown::Near(places.collect())
    }

    /// A mark for parts that are left out.
    fn gap(&mut self, last: &mut Option<usize>, index: usize, depth: usize) {
        if last.replace(index).is_some_and(|last| last + 1 < index) {
            self.line(depth);
            self.text.push('…');
        }
    }

    fn string(&mut self, text: &str) {
        let quoted = Json::from(sanitize_unicode(head(text, LOOKED_AT))).to_string();
        self.text.push('"');
        self.text.push_str(&cut(&quoted[1..quoted.len() - 1], LONGEST_STRING));
        self.text.push('"');
    }

    fn line(&mut self, depth: usize) {
        self.text.push('\n');
        // Deep nesting is shown, but not pushed out of sight.
        self.text.push_str(&"  ".repeat(depth.min(40)));
    }
}

/// JSON escapes its control characters on its own; marks of direction it doesn't.
fn sanitize_unicode(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.to_string() } else { sanitize(&c.to_string()) }).collect()
}

/// The beginning of a text, up to so many bytes.
fn head(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn leads_on(json: &Json, rest: &[PathStep]) -> bool {
    match rest.first() {
        None => true,
        Some(PathStep::Key(key)) => json.get(key.as_str()).is_some(),
        Some(PathStep::Index(index)) => json.get(*index).is_some(),
    }
}

/// Leaves out the lines that are far from every label.
fn window(name: String, text: String, labels: Vec<(Range<usize>, String)>) -> Excerpt {
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.len() <= MOST_LINES {
        return Excerpt { name, text, labels };
    }
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in &lines {
        starts.push(at);
        at += line.len() + 1;
    }
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let marked: Vec<usize> = labels.iter().map(|(range, _)| line_of(range.start)).take(8).collect();
    let near = |line: usize| {
        marked.iter().any(|marked| line.abs_diff(*marked) <= CONTEXT_LINES) || (marked.is_empty() && line < MOST_LINES)
    };
    let mut out = String::new();
    let mut moved = Vec::new();
    let mut skipped = false;
    for (index, line) in lines.iter().enumerate() {
        if !near(index) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("…\n");
        }
        moved.push((index, out.len()));
        out.push_str(line);
        out.push('\n');
    }
    if skipped {
        out.push_str("…\n");
    }
    let shift = |(range, words): (Range<usize>, String)| {
        let line = line_of(range.start);
        let (_, new) = moved.iter().find(|(index, _)| *index == line)?;
        let start = new + range.start - starts[line];
        Some((start..start + range.len(), words))
    };
    Excerpt { name, text: out, labels: labels.into_iter().filter_map(shift).collect() }
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;
    use proptest::prelude::*;

    use super::*;

    fn key(key: &str) -> PathStep {
        PathStep::Key(key.to_owned())
    }

    #[test]
    fn the_label_covers_the_value_or_its_nearest_parent() {
        let json = json!({"a": {"b": [1, {"c": "x"}]}, "d": null});
        let labelled = |path: Vec<PathStep>| {
            let excerpt = json_excerpt("body", &json, &[(path, "here".to_owned())]);
            excerpt.text[excerpt.labels[0].0.clone()].to_owned()
        };
        assert_eq!(labelled(vec![key("a"), key("b"), PathStep::Index(1), key("c")]), "\"x\"");
        assert_eq!(labelled(vec![key("a"), key("z")]), "{");
        assert_eq!(labelled(vec![key("d")]), "null");
    }

    #[test]
    fn a_huge_body_is_cut_around_the_label() {
        let items: Vec<Json> = (0..10_000).map(|n| json!({"id": n, "text": "y".repeat(1000)})).collect();
        let excerpt =
            json_excerpt("body", &Json::from(items), &[(vec![PathStep::Index(5000), key("id")], "here".to_owned())]);
        assert!(excerpt.text.len() < 4096, "{}", excerpt.text.len());
        assert_eq!(&excerpt.text[excerpt.labels[0].0.clone()], "5000");
        assert!(excerpt.text.starts_with("…\n"));
    }

    #[test]
    fn no_more_is_written_out_than_is_shown() {
        let wide = |n: usize| (0..200).map(|m| json!({ "id": n * 200 + m, "list": [1, { "a": m }] })).collect::<Json>();
        let value: Json = (0..500).map(wide).collect();
        let way = vec![PathStep::Index(300), PathStep::Index(150), PathStep::Key("id".to_owned())];
        let labels = [(way, "here".to_owned())];
        let mut printer = Printer { text: String::new(), ranges: vec![None; 1], labels: &labels };
        printer.value(&value, &mut Vec::new(), 0);
        assert!(printer.text.len() < 2 * MOST_WRITTEN, "{}", printer.text.len());
        let excerpt = json_excerpt("body", &value, &labels);
        let (range, _) = &excerpt.labels[0];
        assert_eq!(&excerpt.text[range.clone()], "60150");
    }

    proptest! {
        #[test]
        fn labels_always_lie_on_boundaries_of_the_text(text in "\\PC{0,300}", keys in prop::collection::vec("\\PC{0,5}", 0..40)) {
            let fields = keys.iter().map(|key| (key.clone(), json!({ "v": text }))).collect();
            let labels: Vec<_> = keys.iter().map(|key| (vec![PathStep::Key(key.to_owned()), PathStep::Key("v".into())], "x".to_owned())).collect();
            let excerpt = json_excerpt("body", &Json::Object(fields), &labels);
            for (range, _) in &excerpt.labels {
                prop_assert!(excerpt.text.get(range.clone()).is_some());
            }
        }
    }
}
