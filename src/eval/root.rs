//! Whether HTML has any element of its own: its parser makes `html`, `head` and `body` of an empty text, too.

/// Whether a text holds a start tag outside of comments (WHATWG HTML, 13.2.5.6: `<` and a letter).
pub(super) fn has_element(html: &str) -> bool {
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        rest = match behind.strip_prefix("!--") {
            Some(comment) => comment.split_once("-->").map_or("", |(_, after)| after),
            None if behind.starts_with(|c: char| c.is_ascii_alphabetic()) => return true,
            None => behind,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_element;

    #[test]
    fn an_element_needs_a_start_tag() {
        for (html, expected) in [
            ("", false),
            ("Internal error", false),
            ("<!doctype html>", false),
            ("<!-- <p>a</p> -->", false),
            ("a < b, </p>", false),
            ("<!-- a --><p>", true),
            ("<!doctype html><title>T", true),
            ("text <br>", true),
            ("<HTML>", true),
        ] {
            assert_eq!(has_element(html), expected, "{html}");
        }
    }
}
