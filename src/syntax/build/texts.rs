//! The inside of a string: escapes, interpolations, and the dedent of the multi-line forms.

use crate::syntax::ast::TemplateForm;

/// A part of a string. Offsets count bytes from the beginning of its inside.
pub enum Piece<'t> {
    Text { text: String, start: usize, end: usize, unknown: Vec<(usize, String)> },
    Expr { text: &'t str, at: usize },
}

/// Splits the inside of a string into text and expressions.
pub fn split(inside: &str, form: TemplateForm) -> Vec<Piece<'_>> {
    let is_multiline = matches!(form, TemplateForm::Multiline | TemplateForm::RawMultiline);
    let (start, end, indent) = if is_multiline { block(inside) } else { (0, inside.len(), 0) };
    let mut reader = Reader {
        inside,
        at: start,
        end,
        indent,
        is_multiline,
        escapes: matches!(form, TemplateForm::Quoted | TemplateForm::Multiline),
        interpolates: !matches!(form, TemplateForm::Raw | TemplateForm::RawMultiline),
        text: String::new(),
        text_start: start,
        unknown: Vec::new(),
        pieces: Vec::new(),
    };
    reader.run();
    reader.pieces
}

/// Where the text of a multi-line string begins and ends, and how many columns its lines lose: those of the closing quotes, where they
/// are on a line of their own. The line ends behind the opening quotes and before the closing ones are no part of it.
fn block(inside: &str) -> (usize, usize, usize) {
    let start = match inside.find('\n') {
        Some(at) if inside.get(..at).unwrap_or_default().trim().is_empty() => at + 1,
        _ => 0,
    };
    let Some(last) = inside.rfind('\n') else { return (start, inside.len(), 0) };
    let closing = inside.get(last + 1..).unwrap_or_default();
    if !closing.trim().is_empty() {
        return (start, inside.len(), 0);
    }
    let end = if inside.get(..last).unwrap_or_default().ends_with('\r') { last - 1 } else { last };
    (start, end.max(start), closing.len())
}

struct Reader<'t> {
    inside: &'t str,
    at: usize,
    end: usize,
    indent: usize,
    is_multiline: bool,
    escapes: bool,
    interpolates: bool,
    text: String,
    text_start: usize,
    unknown: Vec<(usize, String)>,
    pieces: Vec<Piece<'t>>,
}

impl Reader<'_> {
    fn run(&mut self) {
        if self.is_multiline {
            self.skip_indent();
        }
        while self.at < self.end {
            let rest = self.inside.get(self.at..self.end).unwrap_or_default();
            let Some(next) = rest.chars().next() else { break };
            match next {
                '\\' if self.escapes => self.escape(rest),
                '{' if self.interpolates && rest.starts_with("{{") => self.interpolation(rest),
                '\r' if self.is_multiline && rest.starts_with("\r\n") => self.at += 1,
                '\n' => {
                    self.text.push('\n');
                    self.at += 1;
                    self.skip_indent();
                }
                other => {
                    self.text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        self.end_text();
    }

    fn skip_indent(&mut self) {
        let rest = self.inside.get(self.at..self.end).unwrap_or_default();
        self.at += rest.bytes().take(self.indent).take_while(|b| matches!(b, b' ' | b'\t')).count();
    }

    fn end_text(&mut self) {
        if self.text.is_empty() && self.unknown.is_empty() {
            return;
        }
        self.pieces.push(Piece::Text {
            text: std::mem::take(&mut self.text),
            start: self.text_start,
            end: self.at,
            unknown: std::mem::take(&mut self.unknown),
        });
    }

    fn interpolation(&mut self, rest: &str) {
        let Some(len) = interpolation_len(rest) else {
            self.text.push_str("{{");
            self.at += 2;
            return;
        };
        self.end_text();
        let text = self.inside.get(self.at + 2..self.at + len - 2).unwrap_or_default();
        self.pieces.push(Piece::Expr { text, at: self.at + 2 });
        self.at += len;
        self.text_start = self.at;
    }

    fn escape(&mut self, rest: &str) {
        let mut chars = rest.chars();
        chars.next();
        let Some(next) = chars.next() else {
            self.at += 1;
            return;
        };
        let simple = match next {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '0' => Some('\0'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            '"' | '\\' | '/' | '{' => Some(next),
            _ => None,
        };
        if let Some(simple) = simple {
            self.text.push(simple);
            self.at += 2;
            // `\{{` is a literal `{{`: its second brace begins nothing.
            if rest.starts_with("\\{{") {
                self.text.push('{');
                self.at += 1;
            }
            return;
        }
        if next == 'u'
            && let Some((decoded, len)) = unicode_escape(rest)
        {
            self.text.push(decoded);
            self.at += len;
            return;
        }
        self.unknown.push((self.at, format!("\\{next}")));
        self.at += 1 + next.len_utf8();
    }
}

/// `\u{1F600}`, or JSON's `\u00e9` with its surrogate pairs: the character and the length of the escape.
fn unicode_escape(rest: &str) -> Option<(char, usize)> {
    if let Some(braced) = rest.strip_prefix("\\u{") {
        let digits = braced.get(..braced.find('}')?)?;
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() <= 6)?;
        return Some((char::from_u32(code)?, 4 + digits.len()));
    }
    let first = hex4(rest.get(2..)?)?;
    if let Some(plain) = char::from_u32(first) {
        return Some((plain, 6));
    }
    let second = hex4(rest.get(6..)?.strip_prefix("\\u")?)?;
    let pair = [first as u16, second as u16];
    let decoded = char::decode_utf16(pair).next()?.ok()?;
    Some((decoded, 12))
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// The length of the interpolation at the beginning of the text, its braces included.
fn interpolation_len(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 2;
    let mut quote = None;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (_, b'\n') => return None,
            (None, b'}') => return (bytes.get(at + 1) == Some(&b'}')).then_some(at + 2),
            (None, b'{') => return None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(b'"'), b'\\') => at += 1,
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
        at += 1;
    }
    None
}
