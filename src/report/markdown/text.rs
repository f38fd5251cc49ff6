//! Texts that others wrote, as Markdown that shows them and does nothing else.

use crate::diag::sanitize;

/// Is between a mark and the word that it would make a mention or a reference of; it is not seen.
const JOINER: char = '\u{2060}';

/// In a line of text, or in a cell of a table.
pub fn inline(text: &str) -> String {
    let text = sanitize(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '{' | '}' | '!' | '<' | '>' | '&' => {
                out.push('\\');
                out.push(c);
            }
            '#' => {
                out.push_str("\\#");
                out.extend(next.filter(char::is_ascii_digit).map(|_| JOINER));
            }
            '@' => {
                out.push('@');
                out.extend(next.filter(|next| next.is_alphanumeric()).map(|_| JOINER));
            }
            // An address is no link.
            ':' if next == Some('/') => out.push_str("\\:"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            // Where a block begins, these would make it a list or a heading.
            '-' | '+' | '=' if first => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if out.bytes().all(|byte| byte.is_ascii_digit()) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        first = false;
    }
    out
}

/// A sentence with names and values in backticks, which show as code.
pub fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd backtick is one of the text's, and so are several in a row.
    let inside = parts.get(1..parts.len() - 1).unwrap_or_default();
    if parts.len().is_multiple_of(2) || inside.iter().any(|part| part.is_empty()) {
        return inline(text);
    }
    let shown = parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 { code(part) } else { inline(part) });
    shown.collect()
}

/// In a line, as code: nothing in it is markup.
pub fn code(text: &str) -> String {
    let text = sanitize(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // A pipe ends a cell, in code too (GFM, section 4.10).
    format!("{ticks}{space}{}{space}{ticks}", text.replace('|', "\\|"))
}

/// Lines as they are, between fences that no line of them can be.
pub fn fenced(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().split('\n').map(|line| sanitize(line.trim_end())).collect();
    let text = lines.join("\n");
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Inside of an element of HTML.
pub fn html(text: &str) -> String {
    let mut out = String::new();
    let text = sanitize(text);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // Below a summary, Markdown may still be read.
            '*' | '_' | '`' | '[' | ']' | '~' | '$' | '\\' | '!' | '|' => out.push_str(&format!("&#{};", u32::from(c))),
            '@' | '#' => {
                out.push(c);
                out.extend(chars.peek().filter(|next| next.is_alphanumeric()).map(|_| JOINER));
            }
            ':' if chars.peek() == Some(&'/') => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_and_do_nothing() {
        assert_eq!(inline("a *b* <img src=x> | c"), "a \\*b\\* \\<img src=x\\> \\| c");
        assert_eq!(inline("- 1. x"), "\\- 1. x");
        assert_eq!(inline("12. x"), "12\\. x");
        assert_eq!(inline("# x\n# y"), "\\# x\\n# y".replace("\\n#", "\\\\n\\#"));
        assert_eq!(inline("@all and #12"), "@\u{2060}all and \\#\u{2060}12");
        assert_eq!(inline("http://a www.b.c"), "http\\://a www\\.b.c");
        assert_eq!(sentence("`a<b>` is *"), "`a<b>` is \\*");
        assert_eq!(sentence("a ``` b ```"), "a \\`\\`\\` b \\`\\`\\`");
        assert_eq!(sentence("`a` `b`"), "`a` `b`");
        assert_eq!(sentence("`a` is `"), "\\`a\\` is \\`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a|b"), "`` `a\\|b ``");
        assert_eq!(fenced("x\n````\n</details>"), "`````text\nx\n````\n</details>\n`````\n");
        assert_eq!(html("<b>@all</b>"), "&lt;b&gt;@\u{2060}all&lt;/b&gt;");
    }
}
