use super::{MAX_SOURCE_BYTES, SourceId, Span};
use crate::diag::{Diagnostic, codes};

/// The text of a file's bytes, for the source that will be `id`.
///
/// # Errors
/// One diagnostic when the bytes aren't UTF-8 text that can be a spec: too large, UTF-16 or UTF-32 by its byte order mark,
/// invalid UTF-8 or a NUL. The text that goes with it is what can be shown: the valid beginning of the file.
pub fn decode(id: SourceId, bytes: Vec<u8>) -> Result<String, (String, Box<Diagnostic>)> {
    if bytes.len() > MAX_SOURCE_BYTES {
        let mib = MAX_SOURCE_BYTES / 1024 / 1024;
        let diagnostic = Diagnostic::error(
            &codes::FILE_TOO_LARGE,
            Span::new(id, 0, 0),
            format!("this file is larger than {mib} MiB"),
        )
        .with_help(
            "split it: a spec file holds a few suites; large data belongs into a fixture that `file \"…\"` reads",
        );
        return Err((String::new(), Box::new(diagnostic)));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let diagnostic = Diagnostic::error(&codes::NOT_UTF8, Span::new(id, 0, 0), "this file is UTF-16, not UTF-8")
            .with_help("save it as UTF-8 (in most editors: \"Save with encoding\")");
        return Err((String::new(), Box::new(diagnostic)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => reject_nul(id, text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            // The byte itself can't be shown, so a replacement character is where it was.
            let text = String::from_utf8(bytes).unwrap_or_default() + "\u{fffd}";
            let diagnostic = Diagnostic::error(
                &codes::NOT_UTF8,
                Span::new(id, valid, text.len()),
                format!("byte 0x{byte:02x} here is not valid UTF-8"),
            )
            .with_help("save the file as UTF-8");
            Err((text, Box::new(diagnostic)))
        }
    }
}

fn reject_nul(id: SourceId, text: String) -> Result<String, (String, Box<Diagnostic>)> {
    let Some(at) = text.find('\0') else { return Ok(text) };
    let span = Span::new(id, at, at + 1);
    let diagnostic = Diagnostic::error(&codes::NUL_IN_FILE, span, "a NUL character is here: this isn't a text file")
        .with_help("remove it; in a string, write `\\0`");
    Err((text, Box::new(diagnostic)))
}
