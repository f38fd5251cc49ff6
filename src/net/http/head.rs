//! What is wrong with a response's head that isn't HTTP/1.1 (RFC 9112).

use crate::diag::cut::cut;
use crate::event::{Failure, FailureKind};

/// How much of a head is shown, in characters.
const SHOWN: usize = 60;

/// The failure of an exchange whose response began so.
pub(super) fn broken(head: &[u8], authority: &str) -> Failure {
    let text = String::from_utf8_lossy(head);
    let mut text = &*text;
    // Interim responses came whole (RFC 9110, section 15.2). 101 is none: nothing of HTTP/1.1 follows it.
    while let Some((interim, rest)) = text.split_once("\r\n\r\n")
        && status_of(interim.lines().next().unwrap_or_default())
            .is_some_and(|status| status / 100 == 1 && status != 101)
    {
        text = rest;
    }
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let status = status_of(first);
    let (status, what) = match status {
        // Known from its first bytes on: what follows them may not have come yet, and is none of a status that is known.
        _ if has_other_version(first) => {
            (None, format!("a version of HTTP that isn't known: `{}`", shown(first.get(..8).unwrap_or_default())))
        }
        None if first.starts_with("HTTP/") => (None, format!("a status line that isn't one: `{}`", shown(first))),
        None => {
            let message = format!("{authority} responded with what isn't HTTP: it begins with `{}`", shown(first));
            return Failure { kind: FailureKind::Protocol, message, status: None };
        }
        Some(status) => {
            let headers = lines.take_while(|line| !line.is_empty());
            (Some(status), of_status_line(first, status).unwrap_or_else(|| of_headers(first, headers)))
        }
    };
    Failure { kind: FailureKind::Protocol, message: format!("{authority} sent {what}"), status }
}

/// `HTTP/1.1 200 OK` (section 4).
fn status_of(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.")?;
    let (version, rest) = rest.split_once(' ')?;
    let status = rest.get(..3).filter(|_| rest.len() == 3 || rest.as_bytes().get(3) == Some(&b' '))?;
    let is_version = version.len() == 1 && version.bytes().all(|byte| byte.is_ascii_digit());
    if is_version && status.bytes().all(|byte| byte.is_ascii_digit()) { status.parse().ok() } else { None }
}

/// Whether a line begins with a version that has the form of one, and isn't one of HTTP/1 (section 2.3).
fn has_other_version(line: &str) -> bool {
    let Some(version) = line.strip_prefix("HTTP/").and_then(|rest| rest.as_bytes().first_chunk::<3>()) else {
        return false;
    };
    let [major, b'.', minor] = version else { return false };
    major.is_ascii_digit() && minor.is_ascii_digit() && !matches!(version, b"1.0" | b"1.1")
}

/// Of one that has the form of one.
fn of_status_line(line: &str, status: u16) -> Option<String> {
    if status < 100 {
        return Some(format!("the status {status:03}, which isn't one"));
    }
    let has_control = line.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f);
    has_control.then(|| "a control character in its status line".to_owned())
}

/// Whether the body of a response comes as its Transfer-Encoding says: no coding but `chunked` was asked for (RFC 9112, section 6.1; RFC 9110,
/// section 10.1.4), that one is applied once, and no Content-Length contradicts it (RFC 9112, section 6.3): programs on the way may each go by another.
///
/// # Errors
/// What the server sent instead, which says nothing about its content.
pub(super) fn transfer_codings<'a>(values: impl Iterator<Item = &'a str>, has_length: bool) -> Result<(), String> {
    let codings = values.flat_map(|value| value.split(',')).map(str::trim);
    let mut chunked = 0;
    for coding in codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")) {
        if !coding.eq_ignore_ascii_case("chunked") {
            return Err(format!("a body in the transfer coding `{}`, which wasn't asked for", shown(coding)));
        }
        chunked += 1;
    }
    if chunked > 1 {
        Err("a body in chunks of chunks: `chunked` appears twice in its Transfer-Encoding".to_owned())
    } else if chunked == 1 && has_length {
        Err("both a Content-Length and `Transfer-Encoding: chunked`, so that no one can say where its body ends"
            .to_owned())
    } else {
        Ok(())
    }
}

fn of_headers<'a>(first: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let mut lengths: Vec<&str> = Vec::new();
    for (at, line) in lines.enumerate() {
        let is_token = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
        };
        let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_token(name)) else {
            // Only the name, since a value may be a credential.
            let name = line.split(':').next().unwrap_or_default();
            return format!("a header that isn't one, `{}`, in line {} of its head", shown(name), at + 2);
        };
        if name.eq_ignore_ascii_case("content-length") {
            for length in value.split(',').map(str::trim) {
                if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
                    return format!("a Content-Length that isn't a number: `{}`", shown(length));
                }
                if !lengths.contains(&length) {
                    lengths.push(length);
                }
            }
            if let [first, second, ..] = lengths.as_slice() {
                return format!(
                    "two different values of Content-Length, {} and {}, so that no one can say where its body ends",
                    shown(first),
                    shown(second)
                );
            }
        }
        if name.eq_ignore_ascii_case("transfer-encoding") && first.starts_with("HTTP/1.0") {
            return "a Transfer-Encoding, which HTTP/1.0 doesn't have".to_owned();
        }
        if value.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
            return format!("a control character in the value of its header `{}`", shown(name));
        }
    }
    match lengths.first() {
        Some(length) if length.parse::<u64>().is_err() => {
            format!("a Content-Length that no body can have: {}", shown(length))
        }
        _ => "a head that breaks the rules of HTTP".to_owned(),
    }
}

/// A text of the server, cut once it is masked.
fn shown(text: &str) -> String {
    let visible = |c: char| if c.is_control() || c == '\u{fffd}' { '\u{b7}' } else { c };
    cut(&text.chars().map(visible).collect::<String>(), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_head_is_named() {
        let cases: &[(&str, Option<u16>, &str)] = &[
            ("SSH-2.0-OpenSSH_9.2\r\n", None, "h responded with what isn't HTTP: it begins with `SSH-2.0-OpenSSH_9.2`"),
            ("\u{15}\u{3}\u{1}", None, "h responded with what isn't HTTP: it begins with `···`"),
            ("HTTP/1.1 2x0 OK\r\n\r\n", None, "h sent a status line that isn't one: `HTTP/1.1 2x0 OK`"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nA: b\r\ncontent-length: 9\r\n\r\n",
                Some(200),
                "h sent two different values of Content-Length, 7 and 9, so that no one can say where its body ends",
            ),
            (
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 -\r\nConnection: keep-alive,\r\n Upgrade\r\n\r\n\u{81}\u{2}{}",
                Some(101),
                "h sent a header that isn't one, ` Upgrade`, in line 3 of its head",
            ),
            ("HTTP/1.2 200 OK\r\n\r\n", None, "h sent a version of HTTP that isn't known: `HTTP/1.2`"),
            ("HTTP/1.10 200 OK\r\n\r\n", None, "h sent a status line that isn't one: `HTTP/1.10 200 OK`"),
            ("HTTP/1.1 099 OK\r\n\r\n", Some(99), "h sent the status 099, which isn't one"),
            ("HTTP/1.1 200 \u{1b}[31m\r\n\r\n", Some(200), "h sent a control character in its status line"),
            (
                "HTTP/1.0 200 OK\r\nA: b\r\nTransfer-encoding: chunked\r\n\r\n",
                Some(200),
                "h sent a Transfer-Encoding, which HTTP/1.0 doesn't have",
            ),
            (
                "HTTP/1.1 101 -\r\nUpgrade : websocket\r\n\r\n",
                Some(101),
                "h sent a header that isn't one, `Upgrade `, in line 2 of its head",
            ),
            (
                "HTTP/1.1 200\r\nContent-Length: 7, 8\r\n\r\n",
                Some(200),
                "h sent two different values of Content-Length, 7 and 8, so that no one can say where its body ends",
            ),
            (
                "HTTP/1.1 200 \r\nContent-Length: -1\r\n\r\n",
                Some(200),
                "h sent a Content-Length that isn't a number: `-1`",
            ),
            (
                "HTTP/1.0 404 N\r\nContent-Length: 99999999999999999999\r\n\r\n",
                Some(404),
                "h sent a Content-Length that no body can have: 99999999999999999999",
            ),
            (
                "HTTP/1.1 200 OK\r\nA: b\r\nBad Name: x\r\n\r\n",
                Some(200),
                "h sent a header that isn't one, `Bad Name`, in line 3 of its head",
            ),
            (
                "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
                Some(200),
                "h sent a control character in the value of its header `A`",
            ),
            (
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: x\r\n\r\n",
                Some(201),
                "h sent a Content-Length that isn't a number: `x`",
            ),
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", Some(200), "h sent a head that breaks the rules of HTTP"),
        ];
        for (head, status, message) in cases {
            let failure = broken(head.as_bytes(), "h");
            assert_eq!((failure.status, failure.message.as_str()), (*status, *message));
        }
    }
    /// It is given up at once, whatever of the line has come by then.
    #[test]
    fn another_version_is_named_however_much_of_the_line_has_come() {
        for version in ["HTTP/1.2", "HTTP/2.0", "HTTP/0.9"] {
            let line = format!("{version} 200 OK\r\n");
            for len in version.len()..=line.len() {
                let failure = broken(&line.as_bytes()[..len], "h");
                assert_eq!(failure.message, format!("h sent a version of HTTP that isn't known: `{version}`"), "{len}");
                assert_eq!(failure.status, None);
            }
        }
    }

    #[test]
    fn only_chunks_come_unasked() {
        let cases: &[(&[&str], Option<&str>)] = &[
            (&[], None),
            (&["chunked"], None),
            (&["Chunked, "], None),
            (&["identity"], None),
            (&["gzip, chunked"], Some("`gzip`")),
            (&["gzip", "chunked"], Some("`gzip`")),
            (&["chunked, foo;a=b"], Some("`foo;a=b`")),
            (&["xchunked"], Some("`xchunked`")),
            (&["chunked", "chunked"], Some("twice")),
            (&["chunked, CHUNKED"], Some("twice")),
        ];
        for (values, wrong) in cases {
            let found = transfer_codings(values.iter().copied(), false);
            match wrong {
                None => assert_eq!(found, Ok(()), "{values:?}"),
                Some(wrong) => {
                    assert!(found.as_ref().is_err_and(|found| found.contains(wrong)), "{values:?}: {found:?}")
                }
            }
        }
        assert_eq!(transfer_codings(std::iter::once("identity"), true), Ok(()));
        let both = transfer_codings(std::iter::once("chunked"), true);
        assert!(both.is_err_and(|both| both.starts_with("both a Content-Length and")));
    }
}
