use std::time::Duration;

use crate::diag::sanitize;
use crate::event::Instant;
use crate::trace::readable;

/// Bytes on a line of a dump.
const ROW: usize = 16;

/// A text from outside on one line.
pub fn line(text: &str) -> String {
    sanitize(text)
}

pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Where in the time of the run: `+12.345ms`.
pub fn when(at: Instant) -> String {
    format!("+{}", exact(at))
}

/// To a microsecond, so that what happened in the same millisecond can be ordered.
pub fn exact(duration: Duration) -> String {
    format!("{:.3}ms", duration.as_secs_f64() * 1e3)
}

/// The lines of a text from outside, each behind a prefix, so that none can pass for a line of ours.
pub fn lines(text: &str, prefix: &str, out: &mut String) {
    for one in text.split('\n') {
        let one = one.strip_suffix('\r').unwrap_or(one).replace('\t', "    ");
        out.push_str(format!("{prefix}{}", sanitize(&one)).trim_end());
        out.push('\n');
    }
}

/// Bytes in full: as the text that they are, else as a dump.
pub fn data(bytes: &[u8], content_type: Option<&str>, prefix: &str, out: &mut String) {
    match readable::text(bytes, content_type) {
        Some(text) => lines(text.strip_suffix('\n').unwrap_or(&text), prefix, out),
        None => dump(bytes, prefix, out),
    }
}

/// Offset, hexadecimal digits, and what can be printed of it.
pub fn dump(bytes: &[u8], prefix: &str, out: &mut String) {
    for (index, row) in bytes.chunks(ROW).enumerate() {
        let digits: String = row.iter().map(|byte| format!("{byte:02x} ")).collect();
        let shown = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let text: String = row.iter().map(shown).collect();
        out.push_str(&format!("{prefix}{:08x}  {digits:<width$} |{text}|\n", index * ROW, width = ROW * 3));
    }
}
