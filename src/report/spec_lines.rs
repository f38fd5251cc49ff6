//! The lines of specs that diagnostics of loads quote, kept with a shard's report: those of the whole load are known when all shards are merged, where no
//! specs are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::model::{Report, Span, SpecLine};
use crate::diag::Hide;
use crate::source::{MAX_SOURCE_BYTES, Sources};

/// How many lines around a place are kept: as many as are drawn, and some more.
const AROUND: usize = 3;
/// Stands for each byte that isn't shown.
const HIDDEN: char = '\0';

/// The lines around whatever a load's diagnostics may be about: its name, its thresholds, and the steps that failed.
pub fn kept(report: &Report, sources: &Sources, hide: &dyn Hide) -> Vec<SpecLine> {
    let loads = report.tests.iter().filter_map(|test| test.load.as_deref());
    let spans = loads.flat_map(|load| {
        let thresholds = load.thresholds.iter().filter_map(|one| one.span.as_ref());
        let steps = load.measured.failures.iter().filter_map(|one| one.step.as_ref());
        load.span.iter().chain(thresholds).chain(steps)
    });
    let mut by_file: HashMap<&str, Vec<&Span>> = HashMap::new();
    spans.for_each(|span| by_file.entry(&span.file).or_default().push(span));
    let mut all = Vec::new();
    for file in sources.iter() {
        let Some(spans) = by_file.get(&*file.name) else { continue };
        let text = blanked(&file.text, hide);
        let mut lines: BTreeMap<usize, SpecLine> = BTreeMap::new();
        for span in spans {
            let line = |offset: u32| file.lines().line_of(offset);
            let (first, last) = (line(span.start.offset), line(span.end.offset));
            for at in first.saturating_sub(AROUND)..(last + AROUND + 1).min(file.lines().lines()) {
                let start = file.lines().line_start(at, &file.text) as usize;
                let end = file.lines().line_start(at + 1, &file.text) as usize;
                let shown = text.get(start..end).unwrap_or_default();
                let shown = shown.strip_suffix('\n').unwrap_or(shown).to_owned();
                let file = file.name.to_string();
                lines.entry(at).or_insert_with(|| SpecLine { file, line: at, offset: start, text: shown });
            }
        }
        all.extend(lines.into_values());
    }
    all
}

/// Files that have these lines where they were, and nothing else. `names`: of all files, in the order of their ids.
pub fn sources<'l>(lines: impl IntoIterator<Item = &'l SpecLine>, names: &[&str]) -> Sources {
    let mut by_file: HashMap<&str, BTreeMap<usize, &SpecLine>> = HashMap::new();
    lines.into_iter().for_each(|one| {
        by_file.entry(&one.file).or_default().entry(one.line).or_insert(one);
    });
    let mut sources = Sources::new();
    for name in names {
        let lines = by_file.get(name).into_iter().flat_map(BTreeMap::values);
        sources.add(*name, file(lines.copied()));
    }
    sources
}

fn file<'l>(lines: impl Iterator<Item = &'l SpecLine>) -> String {
    let mut text = String::new();
    let mut at = 0;
    for one in lines {
        // A blob may be damaged, and say anything.
        let (Some(lines), Some(bytes)) = (one.line.checked_sub(at), one.offset.checked_sub(text.len())) else { break };
        if bytes < lines || one.offset > MAX_SOURCE_BYTES {
            break;
        }
        // The line before it ends at once; what is left out is on those behind.
        let ends = usize::from(lines > 0);
        text.push_str(&"\n".repeat(ends));
        text.push_str(&" ".repeat(bytes - lines));
        text.push_str(&"\n".repeat(lines - ends));
        text.push_str(&one.text);
        at = one.line;
    }
    text
}

/// A text of the same length without what must not be shown.
pub fn blanked(text: &str, hide: &dyn Hide) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for Range { start, end } in hide.hidden(text) {
        shown.push_str(text.get(at..start).unwrap_or_default());
        text.get(start.max(at)..end).unwrap_or_default().chars().for_each(|c| match c {
            '\n' => shown.push(c),
            c => shown.extend(std::iter::repeat_n(HIDDEN, c.len_utf8())),
        });
        at = end.max(at);
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// Finds again what was blanked.
pub struct Blanked;

impl Hide for Blanked {
    fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let mut all: Vec<Range<usize>> = Vec::new();
        for (at, _) in text.match_indices(HIDDEN) {
            match all.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => all.push(at..at + 1),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::{Load, Place, Test, Threshold};

    struct Words(&'static str);

    impl Hide for Words {
        fn hidden(&self, text: &str) -> Vec<Range<usize>> {
            text.match_indices(self.0).map(|(at, found)| at..at + found.len()).collect()
        }
    }

    #[test]
    fn lines_are_where_they_were_and_without_secrets() {
        let line = |at: usize| format!("{}line {at} hush ü", " ".repeat(at % 5));
        for ends in ["\n", "\r\n"] {
            let whole: String = (0..60).map(|at| line(at) + ends).collect();
            let mut original = Sources::new();
            let id = original.add("a.e2e", whole.as_str());
            let file = original.get(id).unwrap().clone();
            for wanted in [vec![0], vec![0, 1], vec![5, 40], vec![2, 9, 59], vec![58, 59]] {
                let span = |at: &usize| {
                    let offset = file.lines().line_start(*at, &whole) + 1;
                    let place = Place { line: *at as u32 + 1, column: 2, offset };
                    Span { file: "a.e2e".to_owned(), start: place, end: place }
                };
                let threshold = |at: &usize| Threshold { span: Some(span(at)), ..Threshold::default() };
                let load = Load { thresholds: wanted.iter().map(threshold).collect(), ..Load::default() };
                let tests = vec![Test { load: Some(Box::new(load)), ..Test::default() }];
                let lines = kept(&Report { tests, ..Report::default() }, &original, &Words("hush"));
                assert!(lines.iter().all(|one| !one.text.contains("hush")));
                let again = sources(&lines, &["a.e2e"]);
                let again = again.iter().next().unwrap();
                for at in &wanted {
                    let start = file.lines().line_start(*at, &whole);
                    assert_eq!(again.lines().line_of(start), *at, "{wanted:?}");
                    let text = again.text[start as usize..].lines().next().unwrap();
                    assert_eq!(text.replace("\0\0\0\0", "hush"), line(*at));
                    assert_eq!(Blanked.hidden(text).len(), 1);
                }
            }
        }
    }

    #[test]
    fn a_damaged_blob_gives_what_it_can() {
        let line = |line, offset| SpecLine { file: "a".to_owned(), line, offset, text: "x".to_owned() };
        for lines in
            [vec![line(5, 2)], vec![line(0, usize::MAX)], vec![line(3, 9), line(4, 9)], vec![line(usize::MAX, 4)]]
        {
            assert!(sources(&lines, &["a"]).bytes() < 20);
        }
    }
}
