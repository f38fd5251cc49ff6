use std::collections::BTreeMap;
use std::ops::Range;

use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// Reads an `--env-file`: `NAME=VALUE` lines, `export ` before them, `#` comments. A value is written plainly (its ends are trimmed, and
/// ` #` begins a comment), in `'…'` (nothing in it means anything) or in `"…"` (with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`). Between quotes
/// it may go on over lines, whose ends become `\n`. Nothing is interpolated: `$` stands for itself. A later line wins over an earlier one.
///
/// # Errors
/// One diagnostic for each line that is none of these. No value is shown in them.
pub fn parse(source: SourceId, text: &str) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let mut values = BTreeMap::new();
    let mut diagnostics = Vec::new();
    let mut reader = Reader::new(text);
    while let Some(entry) = reader.next() {
        match entry {
            Ok((name, value)) => {
                values.insert(text[name].to_owned(), value);
            }
            Err(fault) => {
                let span = Span::new(source, fault.place.start, fault.place.end);
                diagnostics.push(Diagnostic::error(&codes::BAD_ENV_FILE, span, fault.message).with_help(fault.help));
            }
        }
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(diagnostics) }
}

/// The text to show in diagnostics: names are left as they are, and all else is hidden. Every offset stays.
pub fn hidden(text: &str) -> String {
    let mut names: Vec<Range<usize>> = Vec::new();
    let mut reader = Reader::new(text);
    while let Some(entry) = reader.next() {
        match entry {
            Ok((name, _)) => names.push(name),
            Err(Fault { place, quoted: None, .. }) => {
                let line = &text[place.clone()];
                // `NAME: VALUE` is the commonest mistake.
                let name = line.find([':', '=']).map_or("", |at| &line[..at]);
                if is_name(name.trim_end()) || line.starts_with('=') {
                    names.push(place.start..place.start + name.len() + 1);
                }
            }
            // From here on it isn't certain what is a name and what a line of a value.
            Err(Fault { quoted, .. }) => {
                names.extend(quoted);
                break;
            }
        }
    }
    names.sort_by_key(|name| name.start);
    let mut names = names.into_iter().peekable();
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        while names.peek().is_some_and(|name| name.end <= at) {
            names.next();
        }
        let kept =
            c.is_ascii_whitespace() || "=#'\"".contains(c) || names.peek().is_some_and(|name| name.contains(&at));
        match kept {
            true => shown.push(c),
            // One for each byte, so that places stay where they are.
            false => (0..c.len_utf8()).for_each(|_| shown.push('*')),
        }
    }
    shown
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(fits)
}

struct Fault {
    place: Range<usize>,
    message: &'static str,
    help: &'static str,
    /// The name whose value is quoted wrongly, so that it isn't certain where it ends.
    quoted: Option<Range<usize>>,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 } }
    }

    /// The next name and its value, or what is wrong with the next line that isn't empty.
    fn next(&mut self) -> Option<Result<(Range<usize>, String), Fault>> {
        while self.at < self.text.len() {
            let entry = self.entry().transpose();
            self.skip_line();
            if entry.is_some() {
                return entry;
            }
        }
        None
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What is left of the line.
    fn line(&self) -> &'t str {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn skip_blanks(&mut self) {
        let rest = self.line();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn skip_line(&mut self) {
        self.at = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end + 1);
    }

    fn entry(&mut self) -> Result<Option<(Range<usize>, String)>, Fault> {
        self.skip_blanks();
        if self.line().is_empty() || self.line().starts_with('#') {
            return Ok(None);
        }
        if let Some(after) = self.line().strip_prefix("export").filter(|after| after.starts_with([' ', '\t'])) {
            self.at += self.line().len() - after.len();
            self.skip_blanks();
        }
        let (start, line) = (self.at, self.line());
        let Some((name, _)) = line.split_once('=') else {
            return Err(Fault {
                place: start..start + line.trim_end().len(),
                message: "this line has no `=`",
                help: "write one `NAME=VALUE` a line; a comment begins with `#`",
                quoted: None,
            });
        };
        self.at += name.len() + 1;
        let name = name.trim_end();
        if !is_name(name) {
            return Err(Fault {
                // Where there is nothing, the `=` shows it.
                place: start..start + name.len().max(1),
                message: "what is before the `=` isn't the name of a variable",
                help: "a name is made of letters, digits and `_`, and doesn't begin with a digit",
                quoted: None,
            });
        }
        self.skip_blanks();
        let name = start..start + name.len();
        self.value(&name).map(|value| Some((name, value)))
    }

    fn value(&mut self, name: &Range<usize>) -> Result<String, Fault> {
        let Some(quote) = self.line().chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            let line = self.line();
            let comment = line.match_indices('#').find(|(at, _)| *at == 0 || line[..*at].ends_with([' ', '\t']));
            return Ok(comment.map_or(line, |(at, _)| &line[..at]).trim_end().to_owned());
        };
        let start = self.at;
        let mut value = String::new();
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at = start + 1 + at + 1;
                    return self.only_comment(name).map(|()| value);
                }
                '\\' if quote == '"' => match chars.peek().map(|(_, escaped)| *escaped) {
                    Some(escaped @ ('n' | 'r' | 't' | '"' | '\\' | '$')) => {
                        value.push(match escaped {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            other => other,
                        });
                        chars.next();
                    }
                    // As in a shell, a backslash before anything else stands for itself.
                    _ => value.push('\\'),
                },
                '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
                other => value.push(other),
            }
        }
        // All that follows would be part of the value.
        self.at = self.text.len();
        Err(Fault {
            place: start..start + 1,
            quoted: Some(name.clone()),
            message: "this quote is never closed",
            help: "close it behind the value; a value that holds one kind of quote is written in the other",
        })
    }

    fn only_comment(&mut self, name: &Range<usize>) -> Result<(), Fault> {
        self.skip_blanks();
        let rest = self.line();
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(());
        }
        Err(Fault {
            place: self.at..self.at + rest.trim_end().len(),
            quoted: Some(name.clone()),
            message: "more is behind the quoted value",
            help: "one value is in one pair of quotes; write `\\\"` for a quote within `\"…\"`",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source() -> SourceId {
        Span::nowhere().source
    }

    fn read(text: &str) -> Vec<(String, String)> {
        parse(source(), text).unwrap().into_iter().collect()
    }

    fn one(text: &str) -> String {
        let read = read(text);
        assert_eq!(read.len(), 1, "{read:?}");
        read[0].1.clone()
    }

    /// The faults, with what they point at.
    fn faults(text: &str) -> Vec<(String, String)> {
        let reported = parse(source(), text).unwrap_err();
        reported
            .iter()
            .map(|one| (text[one.span.start as usize..one.span.end as usize].to_owned(), one.message.clone()))
            .collect()
    }

    #[test]
    fn values_are_read_as_other_tools_read_them() {
        for (line, value) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A= b c ", "b c"),
            ("A = b", "b"),
            ("export A=b", "b"),
            ("\texport\tA=b", "b"),
            ("A=b#c", "b#c"),
            ("A=b # c", "b"),
            ("A=#c", ""),
            ("A='b # c' # d", "b # c"),
            ("A=\"b # c\"#d", "b # c"),
            ("A='\\n$B'", "\\n$B"),
            ("A=\"\\n\\t\\\"\\\\\\$\"", "\n\t\"\\$"),
            ("A=\"a\\d\"", "a\\d"),
            ("A=a$b${c}", "a$b${c}"),
            ("A=a=b==", "a=b=="),
            ("A=it's", "it's"),
            ("A=\"it's\"", "it's"),
            ("A=''", ""),
            ("A=é ", "é"),
            ("\u{feff}A=b", "b"),
            ("A=b\r\n", "b"),
            ("A='b'\r\n", "b"),
            ("# c\r\n\r\n  \r\nA=b", "b"),
            ("A=1\nA=2\n", "2"),
        ] {
            assert_eq!(one(line), value, "{line:?}");
        }
        assert_eq!(read(""), []);
        assert_eq!(read("export=x"), [("export".to_owned(), "x".to_owned())]);
        assert_eq!(read("my.setting-1=x"), [("my.setting-1".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn a_quoted_value_goes_on_over_lines() {
        let key = "KEY=\"-----BEGIN-----\r\nabc=\r\n# no comment\r\n-----END-----\"\r\nB=c\r\n";
        let expected = [
            ("B".to_owned(), "c".to_owned()),
            ("KEY".to_owned(), "-----BEGIN-----\nabc=\n# no comment\n-----END-----".to_owned()),
        ];
        assert_eq!(read(key), expected);
        assert_eq!(one("KEY='a\nb'"), "a\nb");
    }

    #[test]
    fn each_fault_is_at_its_place() {
        let reported = |text: &str| faults(text).remove(0);
        let fault = |place: &str, message: &str| (place.to_owned(), message.to_owned());
        assert_eq!(reported("A=b\n  TOKEN: abc \r\n"), fault("TOKEN: abc", "this line has no `=`"));
        assert_eq!(reported("2A=b"), fault("2A", "what is before the `=` isn't the name of a variable"));
        assert_eq!(reported("a b=c"), fault("a b", "what is before the `=` isn't the name of a variable"));
        assert_eq!(reported("=c"), fault("=", "what is before the `=` isn't the name of a variable"));
        assert_eq!(reported("A=\"b\nC=d\n"), fault("\"", "this quote is never closed"));
        assert_eq!(reported("A='b' c # d"), fault("c # d", "more is behind the quoted value"));
        assert_eq!(faults("A\nB=1\n3=2\nC='x'y\n").len(), 3);
    }

    #[test]
    fn no_value_is_shown() {
        let text = "\u{feff}export A=s3cret # é\nTOKEN: s3cret\ns3cret\nB='s3\ncret' x\n";
        let shown = hidden(text);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains("s3") && !shown.contains("cret"), "{shown}");
        assert!(shown.contains(" A=") && shown.contains("TOKEN:"), "{shown}");
        // A line of a value isn't taken for a name, wherever its quote went wrong.
        for text in ["K='a\nMIIs3cret==\n'\n", "K='a\nMIIs3cret==\n", "K='a' b\nMIIs3cret==\n'"] {
            assert!(!hidden(text).contains("s3cret"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(value in "[ -~é\\n]{0,40}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
            prop_assert_eq!(one(&format!("A=\"{escaped}\" # more")), value.clone());
            if !value.contains('\'') {
                prop_assert_eq!(one(&format!("A='{value}'")), value);
            }
        }

        #[test]
        fn nothing_panics(text in "([A-Z]|=|'|\"|\\\\|#|\n|\r\n| |é|export|\u{feff}){0,60}") {
            if let Err(reported) = parse(source(), &text) {
                for one in reported {
                    prop_assert!(text.get(one.span.start as usize..one.span.end as usize).is_some());
                }
            }
            prop_assert_eq!(hidden(&text).len(), text.len());
        }
    }
}
