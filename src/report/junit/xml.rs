use std::fmt::Write as _;

/// Writes XML that any text leaves well-formed.
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    pub fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    pub fn open(&mut self, tag: &'static str, attributes: &[(&str, &str)]) {
        self.start(tag, attributes);
        self.text.push_str(">\n");
        self.open.push(tag);
    }

    pub fn close(&mut self) {
        if let Some(tag) = self.open.pop() {
            self.indent();
            let _ = writeln!(self.text, "</{tag}>");
        }
    }

    /// An element without elements in it.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[(&str, &str)], text: Option<&str>) {
        self.start(tag, attributes);
        match text {
            None => self.text.push_str("/>\n"),
            Some(text) => {
                self.text.push('>');
                escape(text, false, &mut self.text);
                let _ = writeln!(self.text, "</{tag}>");
            }
        }
    }

    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn start(&mut self, tag: &'static str, attributes: &[(&str, &str)]) {
        self.indent();
        let _ = write!(self.text, "<{tag}");
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"");
            escape(value, true, &mut self.text);
            self.text.push('"');
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// What XML can't hold (XML 1.0, section 2.2) is written as `\u{…}`; line ends in attributes are references, or a reader would make spaces of them
/// (section 3.3.3).
fn escape(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' | '\t' if attribute => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("&#13;"),
            c if c.is_control() || u32::from(c) & 0xfffe == 0xfffe => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a server sends, the document is well-formed; what XML can hold comes back as it was.
        #[test]
        fn any_text_stays_inside(text in any::<String>(), attribute in any::<String>(), plain in "[ -~é\n\t\r]{0,40}") {
            let mut xml = Xml::new();
            xml.open("a", &[("b", &attribute), ("c", &plain)]);
            xml.leaf("d", &[], Some(&text));
            xml.leaf("e", &[], Some(&plain));
            let written = xml.finish();
            let document = roxmltree::Document::parse(&written).map_err(|error| TestCaseError::fail(format!("{error}: {written}")))?;
            let root = document.root_element();
            prop_assert_eq!(root.attribute("c"), Some(&*plain));
            let text = |name| root.children().find(|node| node.has_tag_name(name)).and_then(|node| node.text()).unwrap_or_default().to_owned();
            prop_assert_eq!(text("e"), plain);
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_reported() {
        let mut xml = Xml::new();
        xml.leaf("a", &[("b", "\u{fffe}\n")], Some("]]>\u{0}\u{1b}[31m\u{ffff}\u{1fffe}"));
        let text = xml.finish();
        assert!(text.ends_with("<a b=\"\\u{fffe}&#10;\">]]&gt;\\u{0}\\u{1b}[31m\\u{ffff}\\u{1fffe}</a>\n"), "{text}");
    }
}
