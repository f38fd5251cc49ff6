use super::Tok;
use super::scanner::Scanner;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::{SourceId, Span};

impl Scanner<'_> {
    /// A string of any form. One whose quote isn't closed flags its line.
    pub(super) fn string(&mut self, quote: u8) {
        if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) {
            return self.multiline(quote);
        }
        match self.one_line_end(quote) {
            Some(end) => {
                if quote == b'"' {
                    self.check_interpolations(self.pos + 1, end - 1);
                    self.check_dollars(self.pos + 1, end - 1);
                }
                self.push(Tok::Text, end - self.pos);
            }
            None => self.odd_quote(),
        }
    }

    /// The end of the string that begins here, after its closing quote.
    fn one_line_end(&mut self, quote: u8) -> Option<usize> {
        let mut at = self.pos + 1;
        loop {
            match *self.bytes.get(at)? {
                b'\n' => return None,
                byte if byte == quote => return Some(at + 1),
                b'\\' if quote == b'"' => {
                    // An escaped line end doesn't go on with the string.
                    at += if matches!(self.bytes.get(at + 1), Some(b'\n' | b'\r') | None) { 1 } else { 2 };
                }
                b'{' if quote == b'"' => at = interpolation_end(self, at).unwrap_or(at + 1),
                _ => at += 1,
            }
        }
    }

    fn multiline(&mut self, quote: u8) {
        let which = usize::from(quote == b'\'');
        if self.no_multiline_end.get(which) == Some(&true) {
            return self.unclosed_multiline();
        }
        let mut at = self.pos + 3;
        let end = loop {
            match self.bytes.get(at) {
                None => {
                    if let Some(none) = self.no_multiline_end.get_mut(which) {
                        *none = true;
                    }
                    return self.unclosed_multiline();
                }
                Some(byte) if *byte == quote && self.bytes.get(at + 1..at + 3) == Some(&[quote, quote][..]) => {
                    break at + 3;
                }
                Some(b'\\') if quote == b'"' => at += 2,
                Some(_) => at += 1,
            }
        };
        if self.swallows_siblings(self.pos + 3, end) {
            return self.unclosed_multiline();
        }
        if quote == b'"' {
            self.check_interpolations(self.pos + 3, end - 3);
        }
        let start = self.pos;
        self.push(Tok::Text, end - start);
        self.enter_last_line(start, end);
    }

    /// After a token over several lines, the current line is the one that it ends on.
    fn enter_last_line(&mut self, start: usize, end: usize) {
        if let Some(last) = self.text.get(start..end).and_then(|text| text.rfind('\n')) {
            let pos = std::mem::replace(&mut self.pos, start + last + 1);
            self.begin_line();
            self.pos = pos;
        }
    }

    /// Does the text up to `end` look like statements between two strings, rather than one string? So it does when the closing quotes
    /// don't begin their line and a line before them is no deeper than the statement of the opening ones.
    fn swallows_siblings(&self, start: usize, end: usize) -> bool {
        let Some(inside) = self.text.get(start..end.saturating_sub(3)) else { return false };
        let Some(last) = inside.rfind('\n') else { return false };
        if inside.get(last..).unwrap_or_default().trim().is_empty() {
            return false;
        }
        let own = indentation(self.text.get(self.line_start..).unwrap_or_default());
        inside.lines().skip(1).filter(|line| !line.trim().is_empty()).any(|line| indentation(line) <= own)
    }

    /// The string goes on as far as lines are deeper than its statement; a broken closing quote at its end belongs to it.
    fn unclosed_multiline(&mut self) {
        let start = self.pos;
        let quotes = self.text.get(start..start + 3).unwrap_or_default();
        let own = indentation(self.text.get(self.line_start..).unwrap_or_default());
        let mut end = self.line_end();
        let mut at = end;
        while let Some(rest) =
            self.text.get(at..).and_then(|rest| rest.strip_prefix("\r\n").or(rest.strip_prefix('\n')))
        {
            let line = rest.split('\n').next().unwrap_or_default();
            let line_start = self.text.len() - rest.len();
            let text = line.trim();
            let closes = text.starts_with(['"', '\'']);
            if !text.is_empty() && indentation(line) <= own && !closes {
                break;
            }
            at = line_start + line.trim_end_matches('\r').len();
            if !text.is_empty() {
                end = at;
            }
            if closes {
                break;
            }
        }
        end = start + self.text.get(start..end).unwrap_or_default().trim_end().len().max(3);
        let span = Span::new(self.source, start, start + 3);
        let diagnostic =
            Diagnostic::error(&codes::UNCLOSED_STRING, span, format!("the text that {quotes} opens here has no end"))
                .with_related(Span::new(self.source, end, end), format!("{quotes} may be missing here"))
                .with_help(
                    self.closing_quotes(start, end, quotes).say(format!("close it with {quotes} on a line of its own")),
                );
        // Where only the quotes are on the line, it is the opening ones that are broken, on a line above.
        let mut from = start;
        if self.tokens.len() == self.line_token
            && let Some(opener) = self.broken_opener(own)
        {
            from = opener;
            end = start + 3;
            let quote = self.text.get(start..start + 1).unwrap_or_default();
            let span = Span::new(self.source, from, from + 1);
            let diagnostic = Diagnostic::error(
                &codes::UNCLOSED_STRING,
                span,
                format!("the text that {quotes} closes below isn't opened by three quotes"),
            )
            .with_related(Span::new(self.source, start, start + 3), "closed here")
            .with_help(
                Correction::replace(self.odd_quotes(from), quotes)
                    .help(|quotes| format!("write {quotes} here, or close the string on its line with {quote}")),
            );
            return self.replace_with_text(from, end, diagnostic);
        }
        self.flag(from, end, diagnostic);
        self.push(Tok::Text, end - start);
        self.enter_last_line(start, end);
    }

    /// What closes a text that begins at `start` and may end at `end`: on a line of its own, as deep as the statement. Quotes on
    /// such a line, too few, are completed.
    fn closing_quotes(&self, start: usize, end: usize, quotes: &str) -> Correction {
        let inside = self.text.get(start + 3..end).unwrap_or_default();
        let last = inside.rsplit_once('\n').map_or("", |(_, last)| last.trim());
        if !last.is_empty() && last.trim_matches(['"', '\'']).is_empty() {
            return Correction::replace(Span::new(self.source, end - last.len(), end), quotes);
        }
        let line = self.text.get(self.line_start..start).unwrap_or_default();
        let indent = line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default();
        Correction::insert_after(Span::new(self.source, end, end), format!("\n{indent}{quotes}"))
    }

    /// The one or two quotes at a place.
    fn odd_quotes(&self, at: usize) -> Span {
        let rest = self.text.get(at..).unwrap_or_default();
        Span::new(self.source, at, at + rest.bytes().take(2).take_while(|byte| matches!(byte, b'"' | b'\'')).count())
    }

    /// The quote on a line above, no deeper than `indent`, that was to open the text that ends here.
    fn broken_opener(&self, indent: usize) -> Option<usize> {
        const FAR: usize = 200;
        let mut line_end = self.line_start.checked_sub(1)?;
        for _ in 0..FAR {
            let line_start = self.text.get(..line_end)?.rfind('\n').map_or(0, |n| n + 1);
            let line = self.text.get(line_start..line_end)?.trim_end();
            let own = indentation(line);
            let opener = line.trim_end_matches(['"', '\'']);
            // One or two quotes are left, and what opens a text isn't alone on its line.
            if own <= indent && (1..=2).contains(&(line.len() - opener.len())) && opener.len() > own {
                return Some(line_start + opener.len());
            }
            if own < indent && !line.trim().is_empty() {
                return None;
            }
            line_end = line_start.checked_sub(1)?;
        }
        None
    }

    /// Everything from `from` on was text: takes back its tokens, comments and diagnostics.
    fn replace_with_text(&mut self, from: usize, end: usize, diagnostic: Diagnostic) {
        let before = |start: u32| (start as usize) < from;
        while self.tokens.last().is_some_and(|token| !before(token.start)) {
            self.tokens.pop();
        }
        while self.comments.last().is_some_and(|comment| !before(comment.span.start)) {
            self.comments.pop();
        }
        while self.blank.last().is_some_and(|range| !before(range.0)) {
            self.blank.pop();
        }
        let line = self.text.get(..from).and_then(|text| text.rfind('\n')).map_or(0, |n| n + 1);
        self.guessed.retain(|range| (range.0 as usize) < line);
        self.poison.retain(|range| (range.0 as usize) < line);
        self.diagnostics.retain(|diagnostic| (diagnostic.span.start as usize) < line);
        self.pos = from;
        self.flag(from, end, diagnostic);
        self.push(Tok::Text, end - from);
        self.enter_last_line(from, end);
    }

    /// Flags every `{{` between the two offsets that isn't closed.
    fn check_interpolations(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            match self.bytes.get(at) {
                Some(b'\\') => at += if self.bytes.get(at + 1..at + 3) == Some(b"{{") { 3 } else { 2 },
                Some(b'{') if self.bytes.get(at + 1) == Some(&b'{') => match interpolation_end(self, at) {
                    Some(after) if after <= end => at = after,
                    _ => {
                        self.unclosed_interpolation(at);
                        return;
                    }
                },
                Some(_) => at += 1,
                None => return,
            }
        }
    }

    fn unclosed_interpolation(&mut self, at: usize) {
        let message = "this `{{` has no `}}` on its line";
        let help = match closed(self.text, self.source, at) {
            Some((correction, _)) => {
                correction.help(|braced| format!("write `{braced}`; a literal `{{{{` is written `\\{{{{`"))
            }
            None => "write `}}` behind the expression; a literal `{{` is written `\\{{`, or is in a '…' string".into(),
        };
        let span = Span::new(self.source, at, at + 2);
        self.flag(at, at + 1, Diagnostic::error(&codes::UNCLOSED_INTERPOLATION, span, message).with_help(help));
    }
}

/// `{name`, `{{name`, `{name}}` at a place with both of its braces on both sides; nothing where no name is in them.
pub(super) fn closed(text: &str, source: SourceId, at: usize) -> Option<(Correction, usize)> {
    let name = braced_name(text, at);
    if name.is_empty() {
        return None;
    }
    let opened = text.get(at..)?.find(name)?;
    let after = text.get(at + opened + name.len()..)?;
    let closers = after.bytes().take(2).take_while(|byte| *byte == b'}').count();
    let span = Span::new(source, at, at + opened + name.len() + closers);
    let braced = format!("{{{{{name}}}}}");
    // With all its braces, it is something before it that is open.
    let is_whole = text.get(span.start as usize..span.end as usize) == Some(&braced);
    (!is_whole).then(|| (Correction::replace(span, braced), span.end as usize))
}

/// The end of the interpolation whose `{{` is at `at`. Strings may be in it; it stays on its line.
pub(super) fn interpolation_end(scanner: &mut Scanner, at: usize) -> Option<usize> {
    let bytes = scanner.bytes;
    if at < scanner.no_interpolation_before || bytes.get(at + 1) != Some(&b'{') {
        return None;
    }
    let mut end = at + 2;
    let found = loop {
        match bytes.get(end) {
            Some(b'}') if bytes.get(end + 1) == Some(&b'}') => break Some(end + 2),
            Some(b'{' | b'}' | b'\n') | None => break None,
            Some(quote @ (b'"' | b'\'')) => match inner_string_end(bytes, end, *quote) {
                Some(after) => end = after,
                None => break None,
            },
            Some(_) => end += 1,
        }
    };
    if found.is_none() {
        // Whatever begins between here and there meets the same end; a brace may be met from its other side.
        scanner.no_interpolation_before = end;
    }
    found
}

fn inner_string_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut end = at + 1;
    loop {
        match *bytes.get(end)? {
            b'\n' => return None,
            byte if byte == quote => return Some(end + 1),
            b'\\' if quote == b'"' => end += 2,
            _ => end += 1,
        }
    }
}

/// The dotted name behind the braces at `at`.
pub(super) fn braced_name(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default().trim_start_matches('{');
    let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
    rest.get(..len).unwrap_or_default()
}

/// How deep a line is; a tab counts as four.
pub fn indentation(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).map(|b| if b == b'\t' { 4 } else { 1 }).sum()
}
