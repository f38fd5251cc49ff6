//! How a diagnostic looks on a terminal: miette's drawing, over sources that are cut to what it may draw.

use std::fmt;
use std::ops::Range;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Diagnostic, Excerpt, STYLE, Severity, printable, sanitize};
use crate::source::{SourceFile, Sources, Span};

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Lines and arrows beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// How many columns of a source's line are drawn; longer ones are cut around their label.
    pub line: usize,
}

impl Style {
    /// Columns of a terminal that line numbers and the frame take.
    const GUTTER: usize = 8;

    /// For a terminal of so many columns: no line of a source is wrapped.
    pub fn fitting(width: usize) -> Self {
        Self { width: width.max(40), line: width.saturating_sub(Self::GUTTER).max(40), ..Self::default() }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, unicode: true, width: 100, line: 160 }
    }
}

/// Knows which parts of a text must not be shown.
pub trait Hide {
    /// Ranges of bytes, in order, none within another.
    fn hidden(&self, text: &str) -> Vec<Range<usize>>;
}

/// Hides nothing: for texts that have no secrets.
pub struct Plain;

impl Hide for Plain {
    fn hidden(&self, _: &str) -> Vec<Range<usize>> {
        Vec::new()
    }
}

/// What stands for a hidden part of a source, on each of its lines.
const HIDDEN: &str = "***";

/// Draws a diagnostic with its places in the specs, and what a server sent beside them. Of the specs, whose lines are cut for the drawing, `hide` says
/// what is left out; the diagnostic's own texts are masked before.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style, hide: &dyn Hide) -> String {
    let theme = match (style.color, style.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (_, false) => GraphicalTheme::ascii(),
    };
    let theme = if style.color { theme } else { GraphicalTheme { styles: miette::ThemeStyles::none(), ..theme } };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(40))
        .with_context_lines(1)
        .tab_width(4)
        .with_links(false)
        .with_cause_chain();
    let drawn = Drawn::of(diagnostic, sources, style.line, hide);
    let mut out = String::new();
    // Writing to a string can't fail; if the drawing does, the plain sentence is still there.
    if handler.render_report(&mut out, &drawn.main).is_err() || out.is_empty() {
        out = format!("{}: {}\n", diagnostic.code.name, clean(&diagnostic.message));
    }
    // What a server sent was cut to what matters when the excerpt was made: it is shown as it is.
    let whole = handler.clone().with_context_lines(EXCERPT_LINES);
    for beside in &drawn.beside {
        let mut one = String::new();
        let handler = if beside.whole { &whole } else { &handler };
        if handler.render_report(&mut one, beside).is_ok() {
            out.push_str(without_title(&one));
        }
    }
    for excerpt in diagnostic.excerpts.iter().filter(|excerpt| excerpt.labels.is_empty()) {
        out.push_str(&plain(excerpt, style));
    }
    // All that was drawn is free of escapes, so those that are there now are of the drawing itself.
    if style.color { out.replace('\u{1b}', &STYLE.to_string()) } else { out }
}

/// A text of ours with values from outside in it: it may have several lines, and nothing else that acts on a terminal.
fn clean(text: &str) -> String {
    printable(text, false).into_owned()
}

/// What is beside a diagnostic needs no title of its own: its source's name says what it is.
fn without_title(drawing: &str) -> &str {
    let frame = drawing.find("╭─").or_else(|| drawing.find(",-["));
    let start = frame.and_then(|frame| drawing[..frame].rfind('\n')).map_or(0, |line| line + 1);
    drawing[start..]
        .trim_end_matches('\n')
        .len()
        .checked_add(start + 1)
        .and_then(|end| drawing.get(start..end))
        .unwrap_or(&drawing[start..])
}

/// A text in which nothing is labelled.
fn plain(excerpt: &Excerpt, style: Style) -> String {
    const MOST: usize = 14;
    let (corner, bar, foot) = if style.unicode { ("╭─", "│", "╰────") } else { (",-", "|", "`----") };
    let (text, _) = cut(&excerpt.text, &[(0..excerpt.text.len(), None)], EXCERPT_LINES, style.line, &Plain);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let mut out = format!("    {corner}[{}]\n", sanitize(&excerpt.name));
    for line in lines.iter().take(MOST) {
        out.push_str(&format!("    {bar} {line}\n"));
    }
    if lines.len() > MOST {
        out.push_str(&format!("    {bar} … {} more lines\n", lines.len() - MOST));
    }
    out.push_str(&format!("    {foot}\n"));
    out
}

/// A diagnostic, and what is drawn behind it: places in other files, and labelled excerpts.
struct Drawings {
    main: Drawn,
    beside: Vec<Drawn>,
}

/// A diagnostic in miette's terms.
#[derive(Debug)]
struct Drawn {
    message: String,
    code: Option<String>,
    severity: Option<miette::Severity>,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    /// Drawn with all of its lines, not only those around a label.
    whole: bool,
}

impl Drawn {
    fn of(diagnostic: &Diagnostic, sources: &Sources, longest: usize, hide: &dyn Hide) -> Drawings {
        let main = sources.get(diagnostic.span.source);
        let mut labels = vec![(diagnostic.span, diagnostic.label.clone())];
        labels.extend(diagnostic.related.iter().map(|label| (label.span, Some(label.message.clone()))));
        let own: Vec<_> = labels.iter().filter(|(span, _)| span.source == diagnostic.span.source).cloned().collect();
        let (source, drawn) = match main {
            Some(file) => spec(file, &own, longest, hide),
            None => (None, Vec::new()),
        };
        let mut beside: Vec<Drawn> = Vec::new();
        for (span, message) in labels.iter().filter(|(span, _)| span.source != diagnostic.span.source) {
            let Some(file) = sources.get(span.source) else { continue };
            let (source, labels) = spec(file, &[(*span, message.clone())], longest, hide);
            beside.push(Drawn::beside(source, labels, false));
        }
        for excerpt in diagnostic.excerpts.iter().filter(|excerpt| !excerpt.labels.is_empty()) {
            let (source, labels) = excerpt_source(excerpt, longest);
            beside.push(Drawn::beside(Some(source), labels, true));
        }
        let main = Drawn {
            message: clean(&diagnostic.message),
            code: Some(diagnostic.code.name.to_owned()),
            severity: Some(match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            }),
            help: diagnostic.help.as_deref().map(clean),
            source,
            labels: drawn,
            whole: false,
        };
        Drawings { main, beside }
    }

    fn beside(source: Option<NamedSource<String>>, labels: Vec<LabeledSpan>, whole: bool) -> Self {
        Drawn { message: "-".to_owned(), code: None, severity: None, help: None, source, labels, whole }
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl miette::Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        self.severity
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

fn spec(
    file: &SourceFile,
    labels: &[(Span, Option<String>)],
    longest: usize,
    hide: &dyn Hide,
) -> (Option<NamedSource<String>>, Vec<LabeledSpan>) {
    let ranges: Vec<(Range<usize>, Option<String>)> =
        labels.iter().map(|(span, message)| (span.start as usize..span.end as usize, message.clone())).collect();
    let (text, labels) = cut(&file.text, &ranges, KEPT_LINES, longest, hide);
    (Some(NamedSource::new(sanitize(&file.name), text)), labels)
}

fn excerpt_source(excerpt: &Excerpt, longest: usize) -> (NamedSource<String>, Vec<LabeledSpan>) {
    let ranges: Vec<(Range<usize>, Option<String>)> =
        excerpt.labels.iter().map(|(range, words)| (range.clone(), Some(words.clone()))).collect();
    let (text, labels) = cut(&excerpt.text, &ranges, EXCERPT_LINES, longest, &Plain);
    (NamedSource::new(sanitize(&excerpt.name), text), labels)
}

/// How far around a label lines are kept.
const KEPT_LINES: usize = 3;
/// The same for excerpts.
const EXCERPT_LINES: usize = 12;
/// How far around the lines that are drawn secrets are looked for, in bytes: one may begin on a line before them.
const LOOKED_AT: usize = 1 << 16;

/// A text of as many lines, in which only those near a label are filled (so that numbers are right and nothing else costs), control
/// characters are as replacement characters, what is hidden as a mask, and long lines are then cut around their first label; and the labels moved along.
fn cut(
    text: &str,
    labels: &[(Range<usize>, Option<String>)],
    kept: usize,
    longest: usize,
    hide: &dyn Hide,
) -> (String, Vec<LabeledSpan>) {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let clamp = |range: &Range<usize>| {
        let end = range.end.min(text.len());
        let start = range.start.min(end);
        (start, end)
    };
    let spans: Vec<(usize, usize)> = labels.iter().map(|(range, _)| clamp(range)).collect();
    // The lines that are drawn, as ranges in their order.
    let mut drawn: Vec<(usize, usize)> = spans
        .iter()
        .map(|(start, end)| {
            let (first, last) = (line_of(*start), line_of(end.saturating_sub(1).max(*start)));
            (first.saturating_sub(kept), last.min(first + 12) + kept)
        })
        .collect();
    drawn.sort_unstable();
    let near = |line: usize| drawn.iter().any(|(first, last)| (*first..=*last).contains(&line));
    let first_drawn = drawn.first().map_or(0, |(first, _)| *first);
    let last_drawn = drawn.iter().map(|(_, last)| *last).max().unwrap_or(0);
    let last_end = starts.get(last_drawn + 1).copied().unwrap_or(text.len());
    let hidden = hidden_within(text, starts[first_drawn.min(starts.len() - 1)]..last_end, hide);
    let mut out = String::new();
    // Where each boundary of a label is in the new text.
    let mut moved: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); spans.len()];
    out.push_str(&"\n".repeat(first_drawn.min(starts.len() - 1)));
    // Behind the last line that is drawn nothing is needed.
    for (index, start) in starts.iter().enumerate().skip(first_drawn).take_while(|(index, _)| *index <= last_drawn) {
        let end = starts.get(index + 1).map_or(text.len(), |next| next - 1);
        if near(index) {
            let first_label = spans.iter().filter(|(at, _)| line_of(*at) == index).map(|(at, _)| *at).min();
            line(
                &Line { text, range: *start..end, hidden: &hidden },
                first_label,
                &spans,
                longest,
                &mut out,
                &mut moved,
            );
        }
        if index + 1 < starts.len() {
            out.push('\n');
        }
    }
    let labels = labels.iter().zip(moved).filter_map(|((_, message), (start, end))| {
        let start = start?;
        let end = end.unwrap_or(start).max(start);
        // A label of no width at the very end would be dropped: it goes to the last character.
        let (start, end) = if start == end && start >= out.trim_end().len() {
            let last = out.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
            (last, out.trim_end().len())
        } else {
            (start, end)
        };
        Some(LabeledSpan::new(message.as_deref().map(clean), start, end - start))
    });
    let labels = labels.collect();
    (out, labels)
}

/// What is hidden of a range of a text and near it.
fn hidden_within(text: &str, range: Range<usize>, hide: &dyn Hide) -> Vec<Range<usize>> {
    let mut from = range.start.saturating_sub(LOOKED_AT);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = range.end.saturating_add(LOOKED_AT).min(text.len());
    while !text.is_char_boundary(to) {
        to += 1;
    }
    let found = hide.hidden(text.get(from..to).unwrap_or_default());
    found.into_iter().map(|range| from + range.start..from + range.end).collect()
}

/// A line of a text.
struct Line<'a> {
    text: &'a str,
    range: Range<usize>,
    /// What is hidden of the whole text.
    hidden: &'a [Range<usize>],
}

impl<'a> Line<'a> {
    /// What is drawn of it, with the places that it stands for: characters, and masks.
    fn pieces(&self) -> Vec<(Range<usize>, &'a str)> {
        let mut pieces = Vec::new();
        let mut at = self.range.start;
        let mut hidden = self.hidden.iter().skip_while(|hidden| hidden.end <= self.range.start).peekable();
        while at < self.range.end {
            if let Some(one) = hidden.next_if(|hidden| hidden.start <= at) {
                let end = one.end.min(self.range.end);
                if at < end {
                    pieces.push((at..end, HIDDEN));
                    at = end;
                }
                continue;
            }
            let length = self.text[at..].chars().next().map_or(1, char::len_utf8);
            pieces.push((at..at + length, self.text.get(at..at + length).unwrap_or_default()));
            at += length;
        }
        pieces
    }
}

fn line(
    line: &Line<'_>,
    label: Option<usize>,
    spans: &[(usize, usize)],
    longest: usize,
    out: &mut String,
    moved: &mut [(Option<usize>, Option<usize>)],
) {
    let range = line.range.clone();
    let pieces = line.pieces();
    let long = pieces.iter().map(|(_, piece)| columns(piece)).sum::<usize>() > longest;
    // A long line starts a little before its label.
    let skip = match label {
        Some(label) if long => pieces.partition_point(|(at, _)| at.end <= label).saturating_sub(longest / 4),
        _ => 0,
    };
    if skip > 0 {
        out.push('…');
    }
    let line_start = out.len();
    let mut drawn = 0;
    for (at, piece) in pieces.into_iter().skip(skip) {
        let before = out.len();
        if drawn < longest {
            drawn += columns(piece);
            out.extend(piece.chars().map(|c| match c {
                '\t' => c,
                '\r' => ' ',
                c if sanitize_needed(c) => '\u{fffd}',
                c => c,
            }));
        }
        place(at, before..out.len(), spans, moved);
    }
    place(range.end..range.end + 1, out.len()..out.len(), spans, moved);
    // What starts before the part that is drawn starts with it.
    for ((start, end), place) in spans.iter().zip(moved.iter_mut()) {
        if place.0.is_none() && (range.start..=range.end).contains(start) {
            place.0 = Some(line_start);
        }
        if place.1.is_none() && (range.start..=range.end).contains(end) {
            place.1 = Some(out.len());
        }
    }
    if drawn >= longest {
        out.push('…');
    }
}

/// A piece of the old text is at `new`: labels that start or end in it reach around all of it.
fn place(old: Range<usize>, new: Range<usize>, spans: &[(usize, usize)], moved: &mut [(Option<usize>, Option<usize>)]) {
    for ((start, end), place) in spans.iter().zip(moved) {
        if place.0.is_none() && old.contains(start) {
            place.0 = Some(new.start);
        }
        if place.1.is_none() && old.contains(end) {
            place.1 = Some(if *end == old.start { new.start } else { new.end });
        }
    }
}

/// A tab is drawn as four columns.
fn width(c: char) -> usize {
    if c == '\t' { 4 } else { unicode_width::UnicodeWidthChar::width(c).unwrap_or(1) }
}

fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn sanitize_needed(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    sanitize(text) != text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::codes;

    fn drawn(text: &str, start: usize, end: usize) -> String {
        let mut sources = Sources::new();
        let id = sources.add("a.e2e", text);
        let diagnostic = Diagnostic::error(&codes::NOT_UTF8, Span::new(id, start, end), "wrong").with_label("here");
        render(&diagnostic, &sources, Style::default(), &Plain)
    }

    #[test]
    fn the_line_and_the_label_are_drawn() {
        let text = "one\ntwo three\nfour\n";
        let out = drawn(text, 8, 13);
        assert!(out.contains("a.e2e:2:5"), "{out}");
        assert!(out.contains("two three") && out.contains("here"), "{out}");
    }

    #[test]
    fn a_long_line_is_cut_around_its_label_and_nothing_moves_the_cursor() {
        let text = format!("x\u{1b}[2J {}needle{}", "a".repeat(70_000), "b".repeat(70_000));
        let at = text.find("needle").unwrap();
        let out = drawn(&text, at, at + 6);
        assert!(out.contains("needle") && !out.contains('\u{1b}') && out.len() < 2_000, "{out}");
    }

    #[test]
    fn an_empty_span_at_the_end_is_still_drawn() {
        let out = drawn("suite \"x\" {\n", 12, 12);
        assert!(out.contains("here"), "{out}");
    }

    proptest! {
        #[test]
        fn any_text_and_span_can_be_drawn(text in "(\\PC|\n|\t|\r|\u{1b}|é){0,80}", start in 0usize..120, length in 0usize..40) {
            let boundary = |mut at: usize| { at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1 } at };
            let (start, end) = (boundary(start), boundary(start + length));
            let out = drawn(&text, start, end.max(start));
            prop_assert!(out.contains("wrong"));
        }
    }
}
