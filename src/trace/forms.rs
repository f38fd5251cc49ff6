//! What programs make of texts, and what texts they may have been made of; and which parts of a text belong together.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// How far from a secret digits and escapes are looked at that may belong to it, in bytes.
const MOST_NEAR: usize = 1 << 20;

/// The parts of a text that are looked at: what was found, with what may belong to the same digits or escapes.
pub(super) fn segments(text: &str, found: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_near = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-%\\&;#\r\n".contains(byte);
    let mut segments: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        let (before, behind) = (text.as_bytes().get(..range.start), text.as_bytes().get(range.end..));
        let before = before.unwrap_or_default().iter().rev().take(MOST_NEAR).take_while(|byte| is_near(byte)).count();
        let behind = behind.unwrap_or_default().iter().take(MOST_NEAR).take_while(|byte| is_near(byte)).count();
        let (start, end) = (range.start - before, range.end + behind);
        match segments.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => segments.push(start..end),
        }
    }
    segments
}

/// Ranges in order, those that overlap as one.
pub(super) fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// RFC 3986, section 2.3.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) type Encode = fn(&str) -> String;

/// The texts that a text may be an encoding of, each with what encodes it so.
pub(super) fn decodings(piece: &str) -> Vec<(String, Encode)> {
    let base64: [(_, Encode); 4] = [
        (&STANDARD, |text| STANDARD.encode(text)),
        (&STANDARD_NO_PAD, |text| STANDARD_NO_PAD.encode(text)),
        (&URL_SAFE, |text| URL_SAFE.encode(text)),
        (&URL_SAFE_NO_PAD, |text| URL_SAFE_NO_PAD.encode(text)),
    ];
    let mut found: Vec<(String, Encode)> = Vec::new();
    for (engine, encode) in base64 {
        let text = engine.decode(piece).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        found.extend(text.filter(|text| encode(text) == piece).map(|text| (text, encode)));
    }
    let percent: [Encode; 5] = [
        |text| percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string(),
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string(),
        |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    ];
    if piece.contains('%')
        && let Ok(text) = percent_encoding::percent_decode_str(piece).decode_utf8()
    {
        let fitting = percent.into_iter().find(|encode| encode(&text) == piece);
        found.extend(fitting.map(|encode| (text.into_owned(), encode)));
    }
    found
}

/// The texts that programs make of a text. They change neither letters nor digits, and so give the same of a secret as of its surrogate.
pub(super) fn texts(text: &str) -> Vec<String> {
    use percent_encoding::utf8_percent_encode;
    let quoted = serde_json::Value::from(text).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let ascii: String = json
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let percent = utf8_percent_encode(text, UNRESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![text.to_owned(), json.replace('/', "\\/"), json, ascii, percent, form, html, hex.to_uppercase(), hex]
}
