//! What programs make of a text on its way.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub type Encode = fn(&str) -> String;

pub const ALL: [(&str, Encode); 18] = [
    ("plain", |text| text.to_owned()),
    ("JSON", |text| serde_json::json!({ "in": text }).to_string()),
    ("JSON in ASCII", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("JSON in ASCII, upper case", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()),
    ("HTML, named", |text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")),
    ("HTML, numbers", |text| text.chars().map(|c| format!("&#{};", c as u32)).collect()),
    ("HTML, hexadecimal numbers", |text| text.chars().map(|c| format!("&#x{:x};", c as u32)).collect()),
    ("HTML, numbers of what isn't plain", |text| {
        let escaped = |c: char| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("&#{};", c as u32) };
        text.chars().map(escaped).collect()
    }),
    ("URL", |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()),
    ("form", |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect()),
    ("every byte", |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect()),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 for URLs", |text| URL_SAFE_NO_PAD.encode(text)),
    ("base64 in lines of 16", |text| lines(&STANDARD.encode(text), 16, "\n")),
    ("base64 in lines of 76", |text| lines(&STANDARD.encode(text), 76, "\r\n")),
    ("hexadecimal", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("upper case", |text| text.to_uppercase()),
    ("lower case", |text| text.to_lowercase()),
];

fn lines(text: &str, width: usize, end: &str) -> String {
    text.as_bytes().chunks(width).map(String::from_utf8_lossy).collect::<Vec<_>>().join(end)
}
