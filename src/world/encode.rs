//! What goes over the wire from names and values: queries, forms, multipart bodies.

use bytes::{BufMut, Bytes, BytesMut};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a query's names and values: the unreserved characters of RFC 3986, section 2.3.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL with more parameters behind those that it has, before its fragment, which isn't sent.
pub fn with_query(url: &str, fields: &[(String, String)]) -> String {
    let url = url.split('#').next().unwrap_or_default();
    if fields.is_empty() {
        return url.to_owned();
    }
    let joint = match url.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value)));
    format!("{url}{joint}{}", pairs.collect::<Vec<_>>().join("&"))
}

/// `application/x-www-form-urlencoded` (WHATWG URL, section 5.2): a space is `+`.
pub fn form(fields: &[(String, String)]) -> String {
    let encode = |text: &str| percent(text).replace("%20", "+").replace('~', "%7E");
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// A part of a multipart body.
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub data: Bytes,
}

/// `multipart/form-data` (RFC 7578): the content type with its boundary, and the body. The boundary occurs in no part.
pub fn multipart(parts: &[Part]) -> (String, Bytes) {
    let boundary = (0u32..)
        .map(|n| format!("e2e-dsl-boundary-{n:08x}"))
        .find(|boundary| !parts.iter().any(|part| contains(&part.data, boundary.as_bytes())))
        .unwrap_or_default();
    let mut body = BytesMut::new();
    for part in parts {
        body.put_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name)).as_bytes(),
        );
        if let Some(filename) = &part.filename {
            body.put_slice(format!("; filename=\"{}\"", quoted(filename)).as_bytes());
        }
        if let Some(content_type) = &part.content_type {
            body.put_slice(format!("\r\nContent-Type: {content_type}").as_bytes());
        }
        body.put_slice(b"\r\n\r\n");
        body.put_slice(&part.data);
        body.put_slice(b"\r\n");
    }
    body.put_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.freeze())
}

/// WHATWG HTML, section 4.10.21.8: line ends and quotes are percent-encoded in names.
fn quoted(text: &str) -> String {
    text.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn queries_and_forms_are_encoded_as_their_standards_say() {
        assert_eq!(with_query("http://h/p?a=1#f", &fields(&[("b c", "é&")])), "http://h/p?a=1&b%20c=%C3%A9%26");
        assert_eq!(with_query("http://h/p", &fields(&[("a", "")])), "http://h/p?a=");
        assert_eq!(form(&fields(&[("a b", "1+2~")])), "a+b=1%2B2%7E");
    }

    #[test]
    fn a_boundary_never_is_in_a_part() {
        let data = Bytes::from_static(b"x e2e-dsl-boundary-00000000 y");
        let part = Part { name: "a\"b".into(), filename: None, content_type: None, data };
        let (content_type, body) = multipart(&[part]);
        assert!(content_type.ends_with("e2e-dsl-boundary-00000001"));
        assert!(
            body.starts_with(
                b"--e2e-dsl-boundary-00000001\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\nx "
            )
        );
    }
}
