//! Characters that editors and chats put where a plain one was meant.

use super::Tok;
use super::scanner::Scanner;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;

impl Scanner<'_> {
    /// A sign that is no bracket and begins no token of more than one character.
    pub(super) fn symbol(&mut self) {
        let Some(sign) = self.text.get(self.pos..).and_then(|rest| rest.chars().next()) else {
            self.pos += 1;
            return;
        };
        match sign {
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' | '\u{ab}' | '\u{bb}' => {
                self.smart_quote(sign)
            }
            '`' => self.backtick(),
            _ if is_invisible(sign) => self.invisible(sign),
            _ => self.push(Tok::Symbol, sign.len_utf8()),
        }
    }

    /// “text”: taken as the string that was meant, so that what is in it is no code.
    fn smart_quote(&mut self, sign: char) {
        let start = self.pos;
        let line = self.text.get(start..self.line_end()).unwrap_or_default();
        let inside = line.get(sign.len_utf8()..).unwrap_or_default();
        let closing = inside
            .char_indices()
            .take(2000)
            .find(|(_, c)| matches!(c, '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{ab}' | '\u{bb}' | '"'));
        let (text, len) = match closing {
            Some((at, c)) => (inside.get(..at).unwrap_or_default(), sign.len_utf8() + at + c.len_utf8()),
            None => ("", sign.len_utf8()),
        };
        let span = Span::new(self.source, start, start + sign.len_utf8());
        let is_pair = closing.is_some();
        // A text with a plain quote or a backslash in it means something else between plain ones.
        let help = Correction::replace(Span { end: (start + len) as u32, ..span }, format!("\"{text}\""))
            .safe_if(is_pair && !text.contains(['"', '\\', '{']))
            .help(|string| if text.is_empty() { "write \" instead".to_owned() } else { format!("write {string}") });
        let diagnostic = Diagnostic::error(
            &codes::SMART_QUOTES,
            span,
            format!("{sign} is a typographic quote: strings are in plain ones"),
        )
        .with_help(help);
        self.flag(start, start + len, diagnostic);
        self.push(Tok::Text, len);
    }

    /// `text` in backticks.
    fn backtick(&mut self) {
        let start = self.pos;
        let line = self.text.get(start..self.line_end()).unwrap_or_default();
        let Some(close) = line.get(1..).and_then(|rest| rest.find('`')) else { return self.push(Tok::Symbol, 1) };
        let text = line.get(1..=close).unwrap_or_default().replace("${", "{{").replace('}', "}}");
        let span = Span::new(self.source, start, start + 1);
        let diagnostic = Diagnostic::error(&codes::BACKTICK_STRING, span, "strings aren't written in backticks")
            .with_help(
                Correction::replace(Span { end: (start + close + 2) as u32, ..span }, format!("\"{text}\""))
                    .safe_if(!text.contains(['"', '\\']))
                    .help(|string| format!("write {string}")),
            );
        self.flag(start, start + close + 2, diagnostic);
        self.push(Tok::Text, close + 2);
    }

    /// White space that isn't a space, or a character that can't be seen: it counts as white space, and is said once a line.
    fn invisible(&mut self, sign: char) {
        let len = sign.len_utf8();
        if self.line_invisible != Some(self.line_start) {
            self.line_invisible = Some(self.line_start);
            let span = Span::new(self.source, self.pos, self.pos + len);
            self.report(
                Diagnostic::error(
                    &codes::INVISIBLE_CHARACTER,
                    span,
                    format!("a character that can't be seen is here (U+{:04X})", sign as u32),
                )
                .with_help(
                    self.visible().safe().say("remove it, or type a plain space; in a string, write it as `\\u{…}`"),
                ),
            );
        }
        self.blank.push((self.pos as u32, (self.pos + len) as u32));
        self.pos += len;
    }

    /// The rest of the line without what can't be seen, up to where a string or a comment may begin.
    fn visible(&self) -> Correction {
        let line = self.text.get(self.pos..self.line_end()).unwrap_or_default();
        let code = line.split(['"', '\'', '#', '/']).next().unwrap_or_default();
        let mut corrections = Vec::new();
        let mut at = 0;
        while let Some(start) = code.get(at..).and_then(|rest| rest.find(is_invisible)).map(|found| at + found) {
            let run = code.get(start..).unwrap_or_default();
            let run = run.get(..run.find(|c| !is_invisible(c)).unwrap_or(run.len())).unwrap_or_default();
            let space = if run.contains(char::is_whitespace) { " " } else { "" };
            at = start + run.len();
            corrections.push(Correction::replace(Span::new(self.source, self.pos + start, self.pos + at), space));
        }
        let here = Span::new(self.source, self.pos, self.pos);
        corrections.into_iter().reduce(Correction::and).unwrap_or_else(|| Correction::remove(here))
    }

    /// `"${name}"`: a warning, since the text may be meant.
    pub(super) fn check_dollars(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        let Some(at) = text.find("${") else { return };
        let name = super::strings::braced_name(text, at + 1);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || text.as_bytes().get(at + 2 + name.len()) != Some(&b'}') {
            return;
        }
        let span = Span::new(self.source, start + at, start + at + 3 + name.len());
        self.report(
            Diagnostic::warning(
                &codes::DOLLAR_INTERPOLATION,
                span,
                format!("`${{{name}}}` is sent as it is: it interpolates nothing"),
            )
            .with_help(
                Correction::replace(span, format!("{{{{{name}}}}}")).help(|shown| {
                    format!("write `{shown}` for the value of `{name}`, or the text in '…' if it is meant")
                }),
            ),
        );
    }
}

fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{3000}' | '\u{feff}')
        || sign.is_control()
}
