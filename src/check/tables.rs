use super::cx::Cx;
use super::types::Ty;
use crate::diag::{Diagnostic, Excerpt, codes, sanitize};
use crate::syntax::ast::StrLit;
use crate::value::{CsvError, Table};

/// How much of a line of a table is shown, in characters before and behind the place that is meant.
const SHOWN: usize = 60;

impl Cx<'_> {
    /// What is known of a file's content as a value: the columns of a CSV file. A file that isn't one is reported.
    pub fn table(&mut self, literal: &StrLit) -> Ty {
        if !literal.value.to_ascii_lowercase().ends_with(".csv") {
            return Ty::Unknown;
        }
        let Ok(path) = self.index.project.find_file(self.module, &literal.value) else { return Ty::Unknown };
        if let Some(known) = self.tables.get(&path) {
            return known.clone();
        }
        // What can't be read, or is too large to be, is the run's to refuse.
        let Ok(bytes) = self.index.project.files.read(&path) else { return Ty::Unknown };
        if bytes.len() > crate::source::MAX_SOURCE_BYTES {
            return Ty::Unknown;
        }
        let ty = match Table::parse(&bytes) {
            Ok(table) => {
                let columns = table.columns.into_iter().map(|name| (name, Ty::String)).collect();
                Ty::list_of(Ty::object(columns))
            }
            Err(error) => {
                self.report(refused(literal, &error, &bytes));
                Ty::Unknown
            }
        };
        self.tables.insert(path, ty.clone());
        ty
    }
}

fn refused(literal: &StrLit, error: &CsvError, bytes: &[u8]) -> Diagnostic {
    let name = &literal.value;
    let CsvError { reason, line, column } = error;
    let message = format!("\"{name}\" isn't CSV: in line {line}, column {column}, {reason}");
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let of_line = text.split('\n').nth(line - 1).unwrap_or_default().trim_end_matches('\r');
    let from = column.saturating_sub(SHOWN);
    let before: String = of_line.chars().take(column - 1).skip(from).collect();
    let behind: String = of_line.chars().skip(column - 1).take(SHOWN).collect();
    let (before, behind) = (sanitize(&before), sanitize(&behind));
    let end = before.len() + behind.chars().next().map_or(0, char::len_utf8);
    let excerpt = Excerpt {
        name: format!("{name}, line {line}"),
        labels: vec![(before.len()..end.max(1).min(before.len() + behind.len()), reason.clone())],
        text: before + &behind,
    };
    Diagnostic::error(&codes::INVALID_CSV, literal.span, message)
        .with_help("CSV is written as RFC 4180 has it: `\"` around a field with a comma, a quote or a line end in it, and its quotes twice")
        .with_excerpt(excerpt)
}
