//! The path and the query of a URL, as they are sent.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What isn't allowed in a path or a query (RFC 3986, appendix A); everything else is sent as written.
const ILLEGAL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Path and query as written: no dot segment is removed, and nothing is encoded that may be there.
pub fn target_of(written: &str) -> String {
    let target = split(written).1;
    let slash = if target.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", utf8_percent_encode(target, ILLEGAL))
}

/// The whole URL as it is sent: without its fragment.
pub fn url_of(written: &str) -> String {
    let (origin, target) = split(written);
    if origin.contains("://") { format!("{origin}{}", target_of(written)) } else { format!("{origin}{target}") }
}

/// Scheme and authority, and what is behind them.
fn split(written: &str) -> (&str, &str) {
    let written = written.split('#').next().unwrap_or_default();
    let authority = written.find("://").map_or(written.len(), |at| at + "://".len());
    let end = written[authority..].find(['/', '?', '\\']).map_or(written.len(), |at| authority + at);
    written.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_sent_as_written() {
        assert_eq!(target_of("http://h/a/../../etc/passwd?x=1#f"), "/a/../../etc/passwd?x=1");
        assert_eq!(target_of("http://h/a/%2E%2e/b c"), "/a/%2E%2e/b%20c");
        assert_eq!(target_of("http://h/a\\b/ü?q='x'&r=[1]"), "/a%5Cb/%C3%BC?q='x'&r=[1]");
        assert_eq!(target_of("http://h?a=/b"), "/?a=/b");
        assert_eq!(target_of("http://h#/b"), "/");
        assert_eq!(target_of("http://h"), "/");
        assert_eq!(target_of("http://h//x"), "//x");
        assert_eq!(target_of("no URL"), "/");
    }

    #[test]
    fn a_url_is_sent_without_its_fragment() {
        assert_eq!(url_of("http://h:1/a b?c#d"), "http://h:1/a%20b?c");
        assert_eq!(url_of("ws://h?a=#/b"), "ws://h/?a=");
        assert_eq!(url_of("HTTP://H#b"), "HTTP://H/");
        assert_eq!(url_of("no URL"), "no URL");
    }
}
