/// Reads an event stream (WHATWG HTML, section 9.2.6): bytes in, in any pieces, items out.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// The last byte was a CR: an LF right behind it belongs to the same line end.
    after_cr: bool,
    started: bool,
    event: Option<String>,
    data: Option<String>,
    /// The stream's last event ID; it stays until it is set again.
    pub last_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Event { event: String, data: String, id: Option<String> },
    Comment(String),
}

impl Parser {
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Item> {
        let mut items = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    items.extend(self.take_line(&line));
                }
                byte => {
                    self.after_cr = false;
                    self.line.push(*byte);
                }
            }
        }
        items
    }

    /// How much is held of what isn't finished, in bytes.
    pub fn pending(&self) -> usize {
        let held = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.line.len() + held(&self.data) + held(&self.event) + held(&self.last_id)
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Item> {
        let line = if std::mem::replace(&mut self.started, true) {
            line
        } else {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        };
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            return self.dispatch();
        }
        if let Some(comment) = line.strip_prefix(':') {
            return Some(Item::Comment(comment.strip_prefix(' ').unwrap_or(comment).to_owned()));
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = Some(value.to_owned()),
            "data" => {
                let data = self.data.get_or_insert_default();
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.to_owned()),
            // `retry` only says when to reconnect, which the spec decides here.
            _ => {}
        }
        None
    }

    /// An event without data is none.
    fn dispatch(&mut self) -> Option<Item> {
        let event = self.event.take().filter(|event| !event.is_empty());
        let mut data = self.data.take()?;
        data.pop();
        Some(Item::Event { event: event.unwrap_or_else(|| "message".to_owned()), data, id: self.last_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(event: &str, data: &str, id: Option<&str>) -> Item {
        Item::Event { event: event.into(), data: data.into(), id: id.map(str::to_owned) }
    }

    #[test]
    fn the_examples_of_the_standard_hold() {
        let mut parser = Parser::default();
        let items = parser.feed(b"\xef\xbb\xbf: hi\n\ndata: YHOO\ndata: +2\ndata:10\n\ndata\n\nid: 7\nevent: add\r\ndata:  x\r\rid\ndata: y\n\nevent: none\n\ndata: unfinished");
        let expected = vec![
            Item::Comment("hi".into()),
            event("message", "YHOO\n+2\n10", None),
            event("message", "", None),
            event("add", " x", Some("7")),
            event("message", "y", Some("")),
        ];
        assert_eq!(items, expected);
    }

    proptest! {
        /// However the bytes are cut into pieces, the same items come out.
        #[test]
        fn pieces_dont_matter(text in "(data|event|id|:|: x|\r|\n|\r\n|é| ){0,60}", cuts in prop::collection::vec(0usize..200, 0..8)) {
            let whole = Parser::default().feed(text.as_bytes());
            let mut parser = Parser::default();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<Item> = cuts.windows(2).flat_map(|cut| parser.feed(&text.as_bytes()[cut[0]..cut[1]])).collect();
            prop_assert_eq!(whole, pieces);
        }
    }
}
