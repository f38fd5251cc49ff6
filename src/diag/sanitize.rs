use std::borrow::Cow;

/// Begins a style of our own in a text that is going to be printed: `[31m` follows. The door to the terminal ([`printable`]) makes the
/// terminal's escape of it; no text from outside keeps one, since [`sanitize`] makes it visible.
pub const STYLE: char = '\u{fdd4}';

/// Makes a text from outside safe to print on one line: control characters and those that change the direction of writing are
/// shown as escapes, so that no server can move the cursor or disguise what it sent.
pub fn sanitize(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| escape(c, &mut out));
    out
}

fn escape(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unsafe(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
        c => out.push(c),
    }
}

/// The door to a terminal or a log: whatever it was made of, a text that passed it holds no control characters but ends of lines (tabs become spaces), none
/// that separate lines otherwise, turn the direction of writing or can't be seen, and no escapes but the styles of ours, which stay only where
/// `color` is true.
pub fn printable(text: &str, color: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_unsafe(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\r' if rest.starts_with('\n') => {}
            STYLE => {
                let length = style(rest);
                if color && length > 0 {
                    out.push('\u{1b}');
                    out.push_str(&rest[..length]);
                }
                rest = &rest[length..];
            }
            c => escape(c, &mut out),
        }
    }
    Cow::Owned(out)
}

/// The length of `[1;31m` at the beginning of a text (ECMA-48, section 8.3.117: a style, which moves nothing); 0 where there is none.
fn style(text: &str) -> usize {
    const LONGEST: usize = 24;
    let Some(parameters) = text.strip_prefix('[') else { return 0 };
    match parameters.find(|c: char| !c.is_ascii_digit() && c != ';') {
        Some(end) if parameters[end..].starts_with('m') && end <= LONGEST => end + 2,
        _ => 0,
    }
}

/// Control characters, the separators U+2028 and U+2029, the marks that override or isolate the direction of writing (Unicode, UAX #9), invisible
/// ones, and noncharacters, which are marks of ours.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_or_turns_the_text_gets_through() {
        assert_eq!(sanitize("a\u{1b}[2Jb\u{202e}c\n"), "a\\u{1b}[2Jb\\u{202e}c\\n");
        assert_eq!(sanitize("plain é"), "plain é");
    }

    #[test]
    fn the_door_lets_styles_of_ours_through_and_nothing_else() {
        let red = format!("{STYLE}[31mred{STYLE}[0m\n");
        assert_eq!(printable(&red, true), "\u{1b}[31mred\u{1b}[0m\n");
        assert_eq!(printable(&red, false), "red\n");
        assert_eq!(printable("\u{1b}[31mred\u{2028}\u{9b}2J", true), "\\u{1b}[31mred\\u{2028}\\u{9b}2J");
        assert_eq!(printable(&format!("{STYLE}[2J{STYLE}]0;title\u{7}"), true), "[2J]0;title\\u{7}");
    }

    proptest! {
        #[test]
        fn no_control_characters_get_through(text in "[\u{0}-\u{ff}\u{2020}-\u{2070}\u{fdd0}-\u{fdef}\u{61c}\\[m0-9;]{0,60}") {
            for text in [printable(&text, false).into_owned(), sanitize(&text)] {
                prop_assert!(!text.chars().any(|c| c != '\n' && is_unsafe(c)), "{text:?}");
            }
            prop_assert!(!sanitize(&text).contains('\n'));
        }
    }
}
