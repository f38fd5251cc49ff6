//! What a body's text is written in (WHATWG Encoding): by its byte order mark, else by the charset that its Content-Type declares, else by what an
//! XML declaration or an HTML `meta` says, else UTF-8.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// How a text is encoded, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charset {
    encoding: &'static Encoding,
    said_by: SaidBy,
    /// Bytes of the byte order mark.
    mark: usize,
    /// A label that isn't one of WHATWG Encoding, section 4.2, so that UTF-8 is read.
    pub unknown: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SaidBy {
    Mark,
    ContentType,
    Xml,
    Meta,
    NoOne,
}

/// Bytes that aren't a text: why, to go on after "the body".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    pub reason: String,
}

/// What a body is, as far as it says where else its charset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    None,
    Xml,
    Html,
}

impl Charset {
    /// That of a whole body.
    pub fn of(body: &[u8], content_type: Option<&str>) -> Self {
        let known = |encoding, said_by, mark| Self { encoding, said_by, mark, unknown: None };
        if let Some((encoding, mark)) = Encoding::for_bom(body).filter(|_| !is_binary(content_type)) {
            return known(encoding, SaidBy::Mark, mark);
        }
        if let Some(label) = content_type.and_then(declared_label) {
            return Self::labelled(label, SaidBy::ContentType);
        }
        let found = match markup(body, content_type) {
            Markup::None => None,
            Markup::Xml => xml_declaration(body).map(|label| (label, SaidBy::Xml)),
            Markup::Html => meta(body).map(|label| (label, SaidBy::Meta)),
        };
        match found {
            // A label that could be read byte by byte isn't in UTF-16, whatever it says (WHATWG HTML, section 13.2.3.2).
            Some((label, said_by)) => {
                let found = Self::labelled(&label, said_by);
                let encoding = match found.encoding {
                    encoding if encoding == UTF_16LE || encoding == UTF_16BE => UTF_8,
                    encoding if encoding == X_USER_DEFINED => WINDOWS_1252,
                    encoding => encoding,
                };
                Self { encoding, ..found }
            }
            None => known(unmarked_utf_16(body).unwrap_or(UTF_8), SaidBy::NoOne, 0),
        }
    }

    /// That of a stream, by its Content-Type alone.
    pub fn declared(content_type: Option<&str>) -> Self {
        match content_type.and_then(declared_label) {
            Some(label) => Self::labelled(label, SaidBy::ContentType),
            None => Self { encoding: UTF_8, said_by: SaidBy::NoOne, mark: 0, unknown: None },
        }
    }

    fn labelled(label: &str, said_by: SaidBy) -> Self {
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) => Self { encoding, said_by, mark: 0, unknown: None },
            None => Self { encoding: UTF_8, said_by, mark: 0, unknown: Some(label.to_owned()) },
        }
    }

    /// The encoding's name in WHATWG Encoding.
    pub fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// The text of a whole body, without its byte order mark. UTF-8 isn't copied.
    ///
    /// # Errors
    /// A byte sequence that the encoding doesn't have: none is replaced.
    pub fn decode<'b>(&self, body: &'b [u8]) -> Result<Cow<'b, str>, Undecodable> {
        let bytes = body.get(self.mark..).unwrap_or_default();
        self.encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
            let mut decoder = Incremental { charset: self.clone(), decoder: self.decoder(), read: self.mark };
            let mut rest = String::new();
            let failed = decoder.push(bytes, &mut rest).and_then(|()| decoder.finish(&mut rest));
            failed.err().unwrap_or_else(|| self.undecodable(self.mark))
        })
    }

    fn decoder(&self) -> encoding_rs::Decoder {
        self.encoding.new_decoder_without_bom_handling()
    }

    fn undecodable(&self, at: usize) -> Undecodable {
        let name = self.name();
        let whence = match self.said_by {
            _ if self.unknown.is_some() => "as which it is read, since its declared charset isn't known",
            SaidBy::Mark => "which its byte order mark promises",
            SaidBy::ContentType => "which its Content-Type declares",
            SaidBy::Xml => "which its XML declaration promises",
            SaidBy::Meta => "which its `meta` element promises",
            SaidBy::NoOne => "as which a text without a declared charset is read",
        };
        let reason = match name {
            "replacement" => "isn't read as text: its declared charset is one that is refused as unsafe".to_owned(),
            _ => format!("isn't text in {name}, {whence}: its byte {} can't be decoded", at + 1),
        };
        Undecodable { reason }
    }
}

/// Decodes a text that comes in pieces.
pub struct Incremental {
    charset: Charset,
    decoder: encoding_rs::Decoder,
    /// Bytes so far, for messages.
    read: usize,
}

impl Incremental {
    /// Of a stream, by what its Content-Type declares. A byte order mark at its start is removed, and wins.
    pub fn declared(content_type: Option<&str>) -> Self {
        let charset = Charset::declared(content_type);
        let decoder = charset.encoding.new_decoder();
        Self { charset, decoder, read: 0 }
    }

    pub fn charset(&self) -> &Charset {
        &self.charset
    }

    /// Appends what the bytes are the text of. A character may be cut anywhere between pieces.
    ///
    /// # Errors
    /// As for [`Charset::decode`]. The text before it has been appended; nothing more can be.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) -> Result<(), Undecodable> {
        self.run(bytes, text, false)
    }

    /// The text is over: a character that was cut is an error.
    ///
    /// # Errors
    /// As for [`Incremental::push`].
    pub fn finish(&mut self, text: &mut String) -> Result<(), Undecodable> {
        self.run(b"", text, true)
    }

    fn run(&mut self, mut bytes: &[u8], text: &mut String, last: bool) -> Result<(), Undecodable> {
        loop {
            let room = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(1 << 16);
            text.reserve(room.clamp(16, 1 << 20));
            let (result, read) = self.decoder.decode_to_string_without_replacement(bytes, text, last);
            self.read += read;
            bytes = bytes.get(read..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let at = self.read.saturating_sub(usize::from(length) + usize::from(after));
                    return Err(self.charset.undecodable(at));
                }
            }
        }
    }
}

/// Media that are no text, in which what looks like a byte order mark is none.
fn is_binary(content_type: Option<&str>) -> bool {
    let media = content_type.unwrap_or_default().trim_start().to_ascii_lowercase();
    ["image/", "audio/", "video/", "font/", "application/octet-stream"].iter().any(|kind| media.starts_with(kind))
        && !media.contains("svg")
}

/// The value of a `charset` parameter (RFC 9110, section 8.3.1), without quotes.
fn declared_label(content_type: &str) -> Option<&str> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.rsplit(';').next().unwrap_or(name).trim();
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if name.eq_ignore_ascii_case("charset") {
            return Some(value.trim().trim_matches('\'')).filter(|label| !label.is_empty());
        }
        rest = next;
    }
}

fn markup(body: &[u8], content_type: Option<&str>) -> Markup {
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let starts_as_xml = body.starts_with(b"<?xml");
    if media == "text/html" {
        return Markup::Html;
    }
    if media.ends_with("/xml") || media.ends_with("+xml") {
        return Markup::Xml;
    }
    match body.trim_ascii_start().first() {
        Some(b'<') if media.is_empty() => {
            if starts_as_xml {
                Markup::Xml
            } else {
                Markup::Html
            }
        }
        _ => Markup::None,
    }
}

/// The encoding that an XML declaration names (XML 1.0, section 4.3.3).
fn xml_declaration(body: &[u8]) -> Option<String> {
    let rest = body.strip_prefix(b"<?xml")?;
    let end = rest.iter().take(1024).position(|byte| *byte == b'>')?;
    let declaration = String::from_utf8_lossy(rest.get(..end)?);
    let at = declaration.find("encoding")?;
    let value = declaration.get(at + "encoding".len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label.trim().to_owned())
}

/// UTF-16 without a mark, as an XML text begins in it (XML 1.0, appendix F.1).
fn unmarked_utf_16(body: &[u8]) -> Option<&'static Encoding> {
    match body.get(..4)? {
        b"<\0?\0" => Some(UTF_16LE),
        b"\0<\0?" => Some(UTF_16BE),
        _ => None,
    }
}

/// The charset of the first `meta` element that names one (WHATWG HTML, section 13.2.3.2), within the first 1024 bytes.
fn meta(body: &[u8]) -> Option<String> {
    let head: String = body.iter().take(1024).map(|byte| (*byte as char).to_ascii_lowercase()).collect();
    let mut rest = head.as_str();
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..)?;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.get(comment.find("-->")? + 3..)?;
            continue;
        }
        let name_end = rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')?;
        let name = rest.get(..name_end)?;
        let (attributes, after) = attributes(rest.get(name_end..)?);
        rest = after;
        if name != "meta" {
            continue;
        }
        let get = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        if let Some(label) = get("charset") {
            return Some(label.trim().to_owned());
        }
        let content = get("content").filter(|_| get("http-equiv").is_some_and(|kind| kind.trim() == "content-type"));
        if let Some(label) = content.and_then(declared_label) {
            return Some(label.to_owned());
        }
    }
    None
}

/// The attributes of a tag, and what is behind it.
fn attributes(tag: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (found, rest);
        }
        let end = rest
            .char_indices()
            .find(|(at, c)| (*at > 0 && *c == '=') || c.is_ascii_whitespace() || matches!(c, '/' | '>'))
            .map_or(rest.len(), |(at, _)| at);
        let (name, after) = rest.split_at(end);
        let after_space = after.trim_start();
        let Some(value) = after_space.strip_prefix('=') else {
            found.push((name.to_owned(), String::new()));
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let (value, next) = match quote {
            Some(quote) => {
                let quoted = value.get(1..).unwrap_or_default();
                quoted.split_once(quote).unwrap_or((quoted, ""))
            }
            None => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
        };
        found.push((name.to_owned(), value.to_owned()));
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// WHATWG Encoding, section 4.2: the names, and their labels.
    const LABELS: &str = include_str!("../../tests/data/encoding-labels.txt");

    fn read(body: &[u8], content_type: &str) -> Result<String, String> {
        let content_type = (!content_type.is_empty()).then_some(content_type);
        Charset::of(body, content_type).decode(body).map(Cow::into_owned).map_err(|error| error.reason)
    }

    #[test]
    fn every_label_of_the_standard_names_its_encoding() {
        let mut count = 0;
        for line in LABELS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, labels) = line.split_once(':').unwrap();
            for label in labels.split_whitespace() {
                for written in [label.to_owned(), label.to_ascii_uppercase(), format!("\"{label}\"")] {
                    let charset = Charset::declared(Some(&format!("text/plain; a=\"x;charset=y\"; Charset={written}")));
                    assert_eq!((charset.name(), &charset.unknown), (name, &None), "{label}");
                }
                count += 1;
            }
        }
        assert_eq!(count, 228);
    }

    #[test]
    fn a_text_is_decoded_by_the_first_that_declares_its_encoding() {
        let latin = b"St\xf6rung";
        assert_eq!(read(latin, "text/plain; charset=ISO-8859-1"), Ok("Störung".to_owned()));
        assert_eq!(read("Störung".as_bytes(), ""), Ok("Störung".to_owned()));
        assert_eq!(read(b"\xef\xbb\xbfSt\xc3\xb6r", "text/plain; charset=iso-8859-1"), Ok("Stör".to_owned()));
        assert_eq!(read(b"\xff\xfea\0", "text/plain"), Ok("a".to_owned()));
        assert_eq!(read(b"\xfe\xff\0a", ""), Ok("a".to_owned()));
        assert!(read(b"\xff\xfeab", "image/png").is_err());
        assert_eq!(read(b"a\0b\0", "application/json; charset=utf-16"), Ok("ab".to_owned()));
        let xml = b"<?xml version=\"1.0\" encoding = 'ISO-8859-1' ?><a>\xf6</a>";
        assert!(read(xml, "application/xml").unwrap().ends_with("<a>ö</a>"));
        assert!(read(xml, "").unwrap().ends_with("<a>ö</a>"));
        assert!(read(xml, "text/plain").is_err());
        assert!(read(xml, "application/xml; charset=utf-8").is_err());
        assert!(read(b"<?xml version='1.0' encoding='utf-16'?><a/>", "text/xml").unwrap().ends_with("<a/>"));
        assert_eq!(read(b"<\0?\0x\0m\0l\0", "text/xml"), Ok("<?xml".to_owned()));
        for html in [
            "<meta charset=latin1>",
            "<!-- <meta charset=utf-8> --><HTML><Meta Charset = 'Latin1'>",
            "<meta name=x><meta http-equiv=Content-Type content=\"text/html; charset=latin1\">",
            "<meta content='text/html;charset=latin1' http-equiv='content-type'/>",
        ] {
            let body = [html.as_bytes(), b"<p>\xf6"].concat();
            assert!(read(&body, "text/html").is_ok_and(|text| text.ends_with("<p>ö")), "{html}");
            assert!(read(&body, "").is_ok_and(|text| text.ends_with("<p>ö")), "{html}");
        }
        assert!(read(b"<meta charset=utf-16><p>a", "text/html").is_ok());
        assert!(read(b"<meta content='text/html;charset=latin1'><p>\xf6", "text/html").is_err());
    }

    #[test]
    fn what_cant_be_decoded_is_named() {
        let reason = |body: &[u8], content_type: &str| read(body, content_type).unwrap_err();
        assert_eq!(
            reason(b"ab\xf6c", "text/plain"),
            "isn't text in UTF-8, as which a text without a declared charset is read: its byte 3 can't be decoded"
        );
        assert_eq!(
            reason(b"ab\xf6c", "text/plain; charset=\"utf-8\""),
            "isn't text in UTF-8, which its Content-Type declares: its byte 3 can't be decoded"
        );
        assert!(reason(b"\xef\xbb\xbf\xff", "").contains("which its byte order mark promises: its byte 4 "));
        assert!(reason(b"a\0b", "text/plain; charset=utf-16le").contains("byte 3"));
        assert!(reason(b"ab\xe3\x81", "").contains("byte 3"), "{}", reason(b"ab\xe3\x81", ""));
        assert!(reason(b"a", "text/plain; charset=hz-gb-2312").contains("refused as unsafe"));
        let odd = Charset::of(b"a", Some("text/plain; charset=klingon"));
        assert_eq!((odd.unknown.as_deref(), odd.name()), (Some("klingon"), "UTF-8"));
        assert_eq!(Charset::of(b"a", Some("text/plain; charset=")).unknown, None);
    }

    proptest! {
        /// However a text is cut into pieces, the same comes out, or the same failure.
        #[test]
        fn pieces_dont_matter(
            bytes in prop::collection::vec(prop_oneof![Just(0u8), Just(0x1b), Just(b'('), any::<u8>(), b'a'..b'f'], 0..40),
            label in prop::sample::select(vec!["utf-8", "utf-16le", "shift_jis", "gb18030", "iso-2022-jp", "latin1", "euc-kr"]),
            cuts in prop::collection::vec(0usize..40, 0..6),
        ) {
            let content_type = format!("text/plain; charset={label}");
            let decode = |cuts: &[usize]| {
                let (mut decoder, mut text, mut from) = (Incremental::declared(Some(&content_type)), String::new(), 0);
                for cut in cuts.iter().copied().chain([bytes.len()]) {
                    decoder.push(&bytes[from..cut], &mut text)?;
                    from = cut;
                }
                decoder.finish(&mut text).map(|()| text)
            };
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let (whole, pieces) = (decode(&[]), decode(&cuts));
            prop_assert_eq!(whole.is_ok(), pieces.is_ok());
            if let Ok(text) = &whole {
                prop_assert_eq!(Ok(text), pieces.as_ref());
                let body = Charset::of(&bytes, Some(&content_type));
                prop_assert_eq!(body.decode(&bytes).unwrap(), text.as_str());
            }
        }

        #[test]
        fn any_bytes_have_a_charset(bytes in prop::collection::vec(any::<u8>(), 0..60), head in "[ -~]{0,60}") {
            let body = [head.as_bytes(), &bytes].concat();
            for content_type in [None, Some("text/html"), Some("text/xml"), Some(head.as_str())] {
                let _ = Charset::of(&body, content_type).decode(&body);
            }
        }
    }
}
