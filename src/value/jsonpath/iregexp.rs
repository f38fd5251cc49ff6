//! The regexes of `match` and `search`: I-Regexp (RFC 9485).

use std::sync::Arc;

/// A compiled regex. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct IRegexp(Arc<regex::Regex>);

impl IRegexp {
    /// `whole`: all of the text must match, not a part of it.
    ///
    /// # Errors
    /// What is wrong with the pattern, in a user's words.
    pub fn compile(pattern: &str, whole: bool) -> Result<IRegexp, String> {
        let mut translation = Translation { rest: pattern.chars().peekable(), out: String::new() };
        translation.branches(0)?;
        if let Some(c) = translation.rest.next() {
            return Err(format!("`{c}` has no beginning"));
        }
        let inner = translation.out;
        let source = if whole { format!("\\A(?:{inner})\\z") } else { inner };
        regex::RegexBuilder::new(&source)
            .size_limit(1 << 20)
            .build()
            .map(|regex| IRegexp(Arc::new(regex)))
            .map_err(|_| "it has an unknown property, a range that ends before it begins, or is too large".to_owned())
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// From the grammar of RFC 9485, section 4 to the syntax of the engine. `^` and `$` are left as anchors, as its section 5.3 has them.
struct Translation<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
}

impl Translation<'_> {
    fn branches(&mut self, depth: usize) -> Result<(), String> {
        const DEEPEST: usize = 50;
        if depth > DEEPEST {
            return Err("its parentheses nest too deeply".to_owned());
        }
        let mut atom = false;
        while let Some(&c) = self.rest.peek() {
            match c {
                ')' => break,
                '|' => {
                    self.copy();
                    atom = false;
                    continue;
                }
                '*' | '+' | '?' | '{' => {
                    if !atom {
                        return Err(format!("`{c}` repeats nothing"));
                    }
                    self.quantifier(c)?;
                    atom = false;
                    continue;
                }
                '(' => {
                    self.rest.next();
                    self.out.push_str("(?:");
                    self.branches(depth + 1)?;
                    if self.rest.next() != Some(')') {
                        return Err("a `(` isn't closed".to_owned());
                    }
                    self.out.push(')');
                }
                '[' => self.class()?,
                '.' => {
                    self.rest.next();
                    self.out.push_str("[^\\n\\r]");
                }
                '\\' => self.escape()?,
                ']' | '}' => return Err(format!("`{c}` has no beginning; as itself it is written `\\{c}`")),
                '^' | '$' => self.copy(),
                _ => {
                    self.rest.next();
                    self.literal(c);
                }
            }
            atom = true;
        }
        Ok(())
    }

    fn copy(&mut self) {
        self.out.extend(self.rest.next());
    }

    fn literal(&mut self, c: char) {
        let mut bytes = [0; 4];
        self.out.push_str(&regex::escape(c.encode_utf8(&mut bytes)));
    }

    fn quantifier(&mut self, c: char) -> Result<(), String> {
        self.copy();
        if c != '{' {
            return Ok(());
        }
        let mut inner = String::new();
        while let Some(&digit) = self.rest.peek().filter(|c| c.is_ascii_digit() || **c == ',') {
            inner.push(digit);
            self.rest.next();
        }
        let right = match inner.split_once(',') {
            Some((least, most)) => !least.is_empty() && !most.contains(','),
            None => !inner.is_empty(),
        };
        if !right || self.rest.next() != Some('}') {
            return Err("a `{` is followed by numbers and `}`, as in `{2,5}`".to_owned());
        }
        self.out.push_str(&inner);
        self.out.push('}');
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        self.rest.next();
        match self.rest.next() {
            Some(c @ ('n' | 'r' | 't')) => {
                self.out.push('\\');
                self.out.push(c);
            }
            Some(c @ ('(' | ')' | '*' | '+' | '-' | '.' | '?' | '[' | '\\' | ']' | '^' | '{' | '|' | '}' | '$')) => {
                self.literal(c);
            }
            Some(c @ ('p' | 'P')) => {
                if self.rest.next() != Some('{') {
                    return Err(format!("`\\{c}` is followed by a category in braces, as in `\\{c}{{Lu}}`"));
                }
                let category: String =
                    std::iter::from_fn(|| self.rest.next_if(char::is_ascii_alphabetic)).take(2).collect();
                if category.is_empty() || self.rest.next() != Some('}') {
                    return Err(format!("`\\{c}` is followed by a category in braces, as in `\\{c}{{Lu}}`"));
                }
                self.out.push_str(&format!("\\{c}{{{category}}}"));
            }
            Some(c) => {
                let meant = match c {
                    'd' => "; digits are `[0-9]`",
                    'w' => "; word characters are `[A-Za-z0-9_]`",
                    's' => "; white space is `[ \\t\\r\\n]`",
                    _ => "",
                };
                return Err(format!("it has no `\\{c}`{meant}"));
            }
            None => return Err("it ends in a backslash".to_owned()),
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.copy();
        if self.rest.peek() == Some(&'^') {
            self.copy();
        }
        let mut empty = true;
        loop {
            match self.rest.peek().copied() {
                None => return Err("a `[` isn't closed".to_owned()),
                Some(']') if !empty => {
                    self.copy();
                    return Ok(());
                }
                Some('[') => return Err("a `[` in brackets is written `\\[`".to_owned()),
                // As itself at the very beginning and the very end, else between the ends of a range.
                Some('-') => {
                    self.rest.next();
                    if !empty && self.rest.peek() != Some(&']') {
                        self.out.push('-');
                    } else {
                        self.out.push_str("\\-");
                    }
                }
                Some('\\') => self.escape()?,
                Some(c) => {
                    self.rest.next();
                    self.literal(c);
                }
            }
            empty = false;
        }
    }
}
