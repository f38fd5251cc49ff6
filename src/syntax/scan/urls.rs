use super::scanner::Scanner;
use super::{Tok, strings};
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::words::{is_method, methods};

impl Scanner<'_> {
    /// A bare URL follows a method, or a channel's name.
    pub(super) fn after_first_word(&mut self, word: &str) {
        match word {
            "websocket" => self.channel(false),
            "sse" | "ndjson" => self.channel(true),
            "request" | "probe" if self.next_method().is_some() => {
                self.take_method();
                self.url(true);
            }
            "request" => self.url_at = self.behind_value(),
            _ if is_method(word) => self.url(true),
            _ if is_like_method(word) => self.url(false),
            _ => {}
        }
    }

    /// Where a bare URL begins that follows a value on the same line: `request row.method {{env.api}}/x`. The value is a name, a text or what is in brackets,
    /// with what belongs to it right behind.
    fn behind_value(&self) -> Option<usize> {
        let blanks = |at: usize| self.bytes.iter().skip(at).take_while(|b| matches!(b, b' ' | b'\t')).count();
        let start = self.pos + blanks(self.pos);
        let mut end = start;
        let mut open = 0usize;
        while let Some(byte) = self.bytes.get(end) {
            match byte {
                b'\n' => return None,
                b'"' | b'\'' => end = self.text_end(end)?,
                b'(' | b'[' => open += 1,
                b')' | b']' => open = open.checked_sub(1)?,
                b' ' | b'\t' if open == 0 => break,
                b'{' | b'}' | b';' | b':' | b'/' if open == 0 => return None,
                _ => {}
            }
            end += 1;
        }
        let url = end + blanks(end);
        let rest = self.text.get(url..)?;
        let is_url = ["{{", "http:", "https:", "ws:", "wss:"].iter().any(|start| rest.starts_with(start));
        (end > start && is_url).then_some(url)
    }

    /// The closing quote of a text of one line that begins at `at`.
    fn text_end(&self, at: usize) -> Option<usize> {
        let quote = *self.bytes.get(at)?;
        let mut end = at + 1;
        loop {
            match self.bytes.get(end)? {
                b'\n' => return None,
                b'\\' if quote == b'"' => end += 2,
                byte if *byte == quote => return Some(end),
                _ => end += 1,
            }
        }
    }

    fn channel(&mut self, method: bool) {
        self.skip_blanks();
        let end = self.ident_end(self.pos);
        if end == self.pos {
            // The name is missing, or this is no channel at all.
            if matches!(self.peek(0), Some(b'{')) && self.peek(1) == Some(b'{') {
                self.url(true);
            }
            return;
        }
        match self.bytes.get(end) {
            Some(b' ' | b'\t') => self.push(Tok::Word, end - self.pos),
            Some(b':') if self.bytes.get(end + 1) == Some(&b'/') => return self.url(true),
            _ => return,
        }
        if method && self.next_method().is_some() {
            self.take_method();
        }
        self.url(true);
    }

    /// The end of an upper-case word with white space behind it.
    fn next_method(&mut self) -> Option<usize> {
        self.skip_blanks();
        let end = self.pos + self.bytes.iter().skip(self.pos).take_while(|b| b.is_ascii_uppercase()).count();
        (end > self.pos && matches!(self.bytes.get(end), Some(b' ' | b'\t'))).then_some(end)
    }

    fn take_method(&mut self) {
        if let Some(end) = self.next_method() {
            self.push(Tok::Word, end - self.pos);
        }
    }

    /// Takes a bare URL, if one follows. Without `sure`, only what looks like one at its first characters.
    pub(super) fn url(&mut self, sure: bool) {
        self.skip_blanks();
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let looks_like_url =
            rest.starts_with("{{") || rest.starts_with("http") || rest.starts_with("ws") || rest.starts_with('/');
        if !sure && !looks_like_url || rest.starts_with(['=', ':', ',', '.', ')', '"', '\'']) {
            return;
        }
        let start = self.pos;
        let mut end = start;
        let mut damaged = None;
        while let Some(byte) = self.bytes.get(end) {
            match byte {
                b';' | b'"' => break,
                byte if byte.is_ascii_whitespace() => break,
                b'{' if self.bytes.get(end + 1) == Some(&b'{') => match strings::interpolation_end(self, end) {
                    Some(after) => end = after,
                    None => {
                        damaged.get_or_insert((end, "this `{{` has no `}}`"));
                        end = after_damage(self.bytes, end + 2).unwrap_or(end + 2);
                    }
                },
                b'{' => match self.damaged_brace(end, start) {
                    Some(after) => {
                        damaged.get_or_insert((end, "an interpolation in a URL has two braces on each side"));
                        end = after;
                    }
                    None => break,
                },
                b'}' if damaged.is_none() => break,
                _ => end += 1,
            }
        }
        if let Some((at, message)) = damaged {
            self.damaged_url(at, end, message);
        }
        // White space of other scripts ends it too, if it isn't in an interpolation.
        let is_other_space = |c: char| c.is_whitespace() && !c.is_ascii();
        let url = self.text.get(start..end).unwrap_or_default();
        if let Some(space) = url.find(is_other_space).filter(|_| !url.contains("{{")) {
            end = start + space;
        }
        let url = self.text.get(start..end).unwrap_or_default();
        end = start + url.trim_end().len();
        if end > start {
            self.push(Tok::Url, end - start);
        }
    }

    /// The end of `{name}`, or of `{ name }}`, at `at`: an interpolation that lacks a brace, not a block.
    fn damaged_brace(&self, at: usize, start: usize) -> Option<usize> {
        let name = strings::braced_name(self.text, at);
        let after_name = at + 1 + name.len();
        if !name.is_empty()
            && (self.bytes.get(after_name) == Some(&b'}') || at == start && self.bytes.get(after_name) == Some(&b'/'))
        {
            return Some(after_damage(self.bytes, after_name).unwrap_or(after_name));
        }
        let after = after_damage(self.bytes, at + 1)?;
        let two = self.bytes.get(after - 2..after) == Some(b"}}");
        // Two words, or a word and a bracket, are a statement of a block that ends with the block around it.
        let inside = self.text.get(at + 1..after - 2).unwrap_or_default().trim();
        let is_statement = inside.contains(char::is_whitespace) || inside.contains(['{', '=', ':', ';']);
        (two && !is_statement).then_some(after)
    }

    fn damaged_url(&mut self, at: usize, end: usize, message: &str) {
        let width = if self.bytes.get(at + 1) == Some(&b'{') { 2 } else { 1 };
        let span = Span::new(self.source, at, at + width);
        let sentence = |braced: &str| format!("write `{braced}`; a URL that needs braces of its own must be in quotes");
        let help = match strings::closed(self.text, self.source, at) {
            // Where another brace follows, it may be that one which is wrong.
            Some((correction, behind)) => {
                let rest = self.text.get(behind..end).unwrap_or_default();
                correction.safe_if(!rest.contains(['{', '}'])).help(sentence)
            }
            None => sentence("{{name}}").into(),
        };
        let diagnostic = Diagnostic::error(&codes::UNCLOSED_INTERPOLATION, span, message).with_help(help);
        self.flag(at, end, diagnostic);
    }
}

/// Behind the closing braces that come next on the line, if no other brace comes before them. Strings may.
fn after_damage(bytes: &[u8], from: usize) -> Option<usize> {
    const LONGEST: usize = 200;
    let mut in_string = false;
    for (at, byte) in bytes.iter().enumerate().skip(from).take(LONGEST) {
        match byte {
            b'"' => in_string = !in_string,
            b'\n' => return None,
            b'{' if !in_string => return None,
            b'}' if !in_string => return Some(at + if bytes.get(at + 1) == Some(&b'}') { 2 } else { 1 }),
            _ => {}
        }
    }
    None
}

/// A method that isn't known, or is written in lower case: what follows it may be a URL.
fn is_like_method(word: &str) -> bool {
    (word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase()))
        || methods().any(|method| method.eq_ignore_ascii_case(word))
}
