//! CSV (RFC 4180), read strictly: line ends may also be LF alone, and a byte order mark may come first. White space belongs to its field.

/// A header line and the records below it. Every record has as many fields as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// No name occurs twice.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// What isn't CSV, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// Goes on after the file's name and its place: `this quote is never closed`.
    pub reason: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

/// Where a field begins, in bytes.
type At = usize;

impl Table {
    /// # Errors
    /// The first place at which the bytes aren't CSV in UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Table, CsvError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
                let text = valid.unwrap_or_default();
                return Err(error_at(text, text.len(), "what follows isn't text in UTF-8"));
            }
        };
        let mut reader = Reader { text, at: text.strip_prefix('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8()) };
        let header = reader.record()?;
        let Some(header) = header.filter(|fields| fields.iter().any(|(_, name)| !name.is_empty())) else {
            return Err(error_at(text, 0, "its first line must name the columns"));
        };
        let mut seen = std::collections::HashSet::new();
        if let Some((at, name)) = header.iter().find(|(_, name)| !seen.insert(name.as_str())) {
            return Err(error_at(text, *at, &format!("there is a column `{name}` already")));
        }
        let mut rows = Vec::new();
        loop {
            let start = reader.at;
            let Some(record) = reader.record()? else { break };
            if record.len() != header.len() {
                let is_blank = matches!(record.as_slice(), [(_, only)] if only.is_empty());
                let reason = if is_blank {
                    format!("this line is empty, and a row has {}", fields(header.len()))
                } else {
                    format!("this row has {}, and the header line {}", fields(record.len()), header.len())
                };
                return Err(error_at(text, start, &reason));
            }
            rows.push(record.into_iter().map(|(_, field)| field).collect());
        }
        Ok(Table { columns: header.into_iter().map(|(_, name)| name).collect(), rows })
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

fn error_at(text: &str, at: usize, reason: &str) -> CsvError {
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let in_line = before.get(line_start..).unwrap_or_default().trim_start_matches('\u{feff}');
    CsvError { reason: reason.to_owned(), line: before.matches('\n').count() + 1, column: in_line.chars().count() + 1 }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, at: usize, reason: &str) -> Result<T, CsvError> {
        Err(error_at(self.text, at, reason))
    }

    /// The next record, with where its fields begin; `None` at the end of the text.
    fn record(&mut self) -> Result<Option<Vec<(At, String)>>, CsvError> {
        if self.rest().is_empty() {
            return Ok(None);
        }
        let mut record = Vec::new();
        loop {
            let start = self.at;
            let field = if self.rest().starts_with('"') { self.quoted()? } else { self.plain()? };
            record.push((start, field));
            let rest = self.rest();
            if rest.starts_with(',') {
                self.at += 1;
            } else if rest.starts_with("\r\n") {
                self.at += 2;
                return Ok(Some(record));
            } else if rest.starts_with('\n') {
                self.at += 1;
                return Ok(Some(record));
            } else if rest.is_empty() {
                return Ok(Some(record));
            } else {
                return self.fail(self.at, "after a closing quote comes a comma or the line's end");
            }
        }
    }

    /// Up to a comma or the line's end.
    fn plain(&mut self) -> Result<String, CsvError> {
        let rest = self.rest();
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        let field = rest.get(..end).unwrap_or_default();
        // The CR of a line end isn't the field's.
        let of_line_end = rest.get(end..).is_some_and(|after| after.starts_with('\n')) && field.ends_with('\r');
        let field = if of_line_end { &field[..field.len() - 1] } else { field };
        if let Some(quote) = field.find('"') {
            let reason =
                "a quote is in a field that doesn't begin with one; quote the field, and write the quote twice";
            return self.fail(self.at + quote, reason);
        }
        let field = field.to_owned();
        self.at += field.len();
        Ok(field)
    }

    fn quoted(&mut self) -> Result<String, CsvError> {
        let open = self.at;
        self.at += 1;
        let mut field = String::new();
        loop {
            let Some(end) = self.rest().find('"') else { return self.fail(open, "this quote is never closed") };
            field.push_str(self.rest().get(..end).unwrap_or_default());
            self.at += end + 1;
            if !self.rest().starts_with('"') {
                return Ok(field);
            }
            field.push('"');
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let table = Table::parse(text.as_bytes()).unwrap();
        std::iter::once(table.columns).chain(table.rows).collect()
    }

    fn error(bytes: &[u8]) -> String {
        let error = Table::parse(bytes).unwrap_err();
        format!("{}:{} {}", error.line, error.column, error.reason)
    }

    /// RFC 4180, section 2, rule by rule.
    #[test]
    fn the_rules_of_the_standard_hold() {
        assert_eq!(rows("aaa,bbb\r\nzzz,yyy\r\n"), [["aaa", "bbb"], ["zzz", "yyy"]]);
        assert_eq!(rows("aaa,bbb\r\nzzz,yyy"), [["aaa", "bbb"], ["zzz", "yyy"]]);
        assert_eq!(rows("\u{feff}a, b \n 1 ,\t"), [["a", " b "], [" 1 ", "\t"]]);
        assert_eq!(rows("\"a\",\"b\r\nb\"\r\n\"\",\"x\"\"y\""), [["a", "b\r\nb"], ["", "x\"y"]]);
        assert_eq!(rows("a\n\nb\n"), [["a"], [""], ["b"]]);
        assert_eq!(rows("a,b\n,\n"), [["a", "b"], ["", ""]]);
        assert_eq!(rows("a\nx\ry\n"), [["a"], ["x\ry"]]);
    }

    #[test]
    fn what_isnt_csv_is_named_at_its_place() {
        assert_eq!(error(b"id,name\n1,\"open\n2,b\n"), "2:3 this quote is never closed");
        assert_eq!(error(b"a\n\"x\" y\n"), "2:4 after a closing quote comes a comma or the line's end");
        assert!(error(b"a\n5\" disk\n").starts_with("2:2 a quote is in a field that doesn't begin with one"));
        assert_eq!(error(b"a,b\n1,2\n\xc3\xa4\n"), "3:1 this row has 1 field, and the header line 2");
        assert_eq!(error(b"a,b\n1,2,3\n"), "2:1 this row has 3 fields, and the header line 2");
        assert_eq!(error(b"a,b\n1,2\n\n"), "3:1 this line is empty, and a row has 2 fields");
        assert_eq!(error("\u{feff}ä,b,ä\n".as_bytes()), "1:5 there is a column `ä` already");
        assert_eq!(error(b""), "1:1 its first line must name the columns");
        assert_eq!(error(b"a\n1\n\xff"), "3:1 what follows isn't text in UTF-8");
    }

    proptest! {
        /// Whatever is written as CSV is read as it was.
        #[test]
        fn what_is_written_is_read(
            table in (1usize..4).prop_flat_map(|width| prop::collection::vec(prop::collection::vec("[a,\"\r\n ü]{0,5}", width), 0..5)),
            (mark, quotes, lf, last) in any::<(bool, bool, bool, bool)>(),
        ) {
            let width = table.first().map_or(1, Vec::len);
            let columns: Vec<String> = (0..width).map(|n| format!("c{n}")).collect();
            let written = |field: &String| {
                if quotes || field.is_empty() || field.contains(['"', ',', '\r', '\n']) {
                    format!("\"{}\"", field.replace('"', "\"\""))
                } else {
                    field.clone()
                }
            };
            let line = |row: &Vec<String>| row.iter().map(written).collect::<Vec<_>>().join(",");
            let end = if lf { "\n" } else { "\r\n" };
            let lines: Vec<String> = std::iter::once(&columns).chain(&table).map(line).collect();
            let text = format!("{}{}{}", if mark { "\u{feff}" } else { "" }, lines.join(end), if last { end } else { "" });
            prop_assert_eq!(Table::parse(text.as_bytes()), Ok(Table { columns, rows: table }));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), any::<u8>()], 0..60)) {
            let _ = Table::parse(&bytes);
        }
    }
}
