use std::ops::Range;

use super::super::PathStep;

/// Where a value is in a JSON text that is known to be valid, by the way to it: of a member, its value. A way that leads nowhere ends at the last value on
/// it that is there.
pub fn place(text: &str, way: &[PathStep]) -> Range<usize> {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    scan.space();
    for step in way {
        let start = scan.at;
        if !scan.enter(step) {
            scan.at = start;
            break;
        }
    }
    let start = scan.at;
    scan.value();
    start..scan.at.max(start)
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == 0xEF || byte == 0xBB || byte == 0xBF)
        {
            self.at += 1;
        }
    }

    /// Goes to an element or a member's value of the value that begins here; the last one of members that occur twice.
    fn enter(&mut self, step: &PathStep) -> bool {
        let is_object = match self.peek() {
            Some(b'{') => true,
            Some(b'[') => false,
            _ => return false,
        };
        self.at += 1;
        let mut found = None;
        let mut count = 0;
        loop {
            self.space();
            match self.peek() {
                None | Some(b'}' | b']') => break,
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            let mut is_it = false;
            if is_object {
                let start = self.at;
                self.value();
                let key = self.text.get(start..self.at).and_then(|key| super::Json::read(key).ok());
                let key = key.as_ref().and_then(super::Json::as_str).unwrap_or_default();
                is_it = match step {
                    PathStep::Key(wanted) => key == wanted,
                    PathStep::Index(wanted) => key == wanted.to_string(),
                };
                self.space();
                self.at += 1;
                self.space();
            } else if let PathStep::Index(wanted) = step {
                is_it = *wanted == count;
            }
            if is_it {
                found = Some(self.at);
            }
            count += 1;
            self.value();
        }
        match found {
            Some(at) => {
                self.at = at;
                true
            }
            None => false,
        }
    }

    /// Passes over a value.
    fn value(&mut self) {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                None => return,
                Some(b'"') => self.string(),
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b'}' | b']') if depth == 0 => return,
                Some(b'}' | b']') => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth == 0 => return,
                Some(byte) if byte.is_ascii_whitespace() || byte == b',' || byte == b':' => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {
                    while self.peek().is_some_and(|byte| !b",:]}".contains(&byte) && !byte.is_ascii_whitespace()) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_place() {
        let text = " {\"a\": [1, {\"b\\\"\": \"x]\"}], \"c\" : -1.5 , \"a\": [true]}";
        let at = |way: &[PathStep]| &text[place(text, way)];
        let key = |key: &str| PathStep::Key(key.to_owned());
        assert_eq!(at(&[]), text.trim());
        assert_eq!(at(&[key("c")]), "-1.5");
        assert_eq!(at(&[key("a"), PathStep::Index(0)]), "true");
        assert_eq!(at(&[key("c"), key("d")]), "-1.5");
        let text = "[1, {\"b\\\"\": \"x]\"}]";
        assert_eq!(&text[place(text, &[PathStep::Index(1), key("b\"")])], "\"x]\"");
    }
}
