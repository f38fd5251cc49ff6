//! Finds values in the bytes of a JSON text, without making anything of it. All of the text is read, so that what isn't JSON isn't taken for it; what can't be decided
//! by bytes alone (a name or a value with escapes, a member that occurs twice) is left to who makes a tree.

use super::super::jsonpath::PathStep;
use super::number::scan;
use super::read::{MOST_NESTED, plain};

/// Which values are looked for.
#[derive(Clone, Debug, Default)]
pub struct RawPaths {
    nodes: Vec<Node>,
    count: usize,
}

/// A place in the text that is on the way to a value.
#[derive(Clone, Debug, Default)]
struct Node {
    members: Vec<(Box<[u8]>, usize)>,
    items: Vec<(usize, usize)>,
    /// Those that end here, by their numbers.
    values: Vec<usize>,
}

impl RawPaths {
    pub fn new() -> Self {
        Self { nodes: vec![Node::default()], count: 0 }
    }

    /// Adds a value to look for, by the way to it; gives its number.
    pub fn add(&mut self, way: &[PathStep]) -> usize {
        let mut at = 0;
        for step in way {
            let next = self.nodes.len();
            let found = match step {
                PathStep::Key(key) => {
                    let members = &mut self.nodes[at].members;
                    let known = members.iter().find(|(name, _)| **name == *key.as_bytes()).map(|(_, node)| *node);
                    if known.is_none() {
                        members.push((key.as_bytes().into(), next));
                    }
                    known
                }
                PathStep::Index(index) => {
                    let items = &mut self.nodes[at].items;
                    let known = items.iter().find(|(own, _)| own == index).map(|(_, node)| *node);
                    if known.is_none() {
                        items.push((*index, next));
                    }
                    known
                }
            };
            if found.is_none() {
                self.nodes.push(Node::default());
            }
            at = found.unwrap_or(next);
        }
        self.nodes[at].values.push(self.count);
        self.count += 1;
        self.count - 1
    }

    /// The values as they are written, each where it is there; `None` where the text isn't JSON, or this can't be told from its bytes.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<Vec<Option<&'t [u8]>>> {
        std::str::from_utf8(text).ok()?;
        let mut reader = Reader { text, at: 0, paths: self, found: vec![None; self.count] };
        reader.space();
        reader.value(Some(0), 0)?;
        reader.space();
        (reader.at == text.len()).then_some(reader.found)
    }
}

struct Reader<'t, 'p> {
    text: &'t [u8],
    at: usize,
    paths: &'p RawPaths,
    found: Vec<Option<&'t [u8]>>,
}

impl<'t> Reader<'t, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self, node: Option<usize>, depth: usize) -> Option<()> {
        let start = self.at;
        match self.peek()? {
            b'{' => self.object(node, depth)?,
            b'[' => self.array(node, depth)?,
            b'"' => {
                self.string()?;
            }
            b'-' | b'0'..=b'9' => self.at += scan(self.text.get(self.at..)?).ok()?,
            _ => {
                let rest = self.text.get(self.at..)?;
                self.at += ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?.len();
            }
        }
        if let Some(node) = node {
            let value = self.text.get(start..self.at);
            self.paths.nodes[node].values.iter().for_each(|number| self.found[*number] = value);
        }
        Some(())
    }

    fn array(&mut self, node: Option<usize>, depth: usize) -> Option<()> {
        if depth >= MOST_NESTED {
            return None;
        }
        self.at += 1;
        self.space();
        if self.eat(b']').is_some() {
            return Some(());
        }
        let node = node.map(|node| &self.paths.nodes[node].items).filter(|items| !items.is_empty());
        for index in 0.. {
            let below = node.and_then(|items| items.iter().find(|(own, _)| *own == index)).map(|(_, node)| *node);
            self.space();
            self.value(below, depth + 1)?;
            self.space();
            if self.eat(b']').is_some() {
                return Some(());
            }
            self.eat(b',')?;
        }
        None
    }

    fn object(&mut self, node: Option<usize>, depth: usize) -> Option<()> {
        if depth >= MOST_NESTED {
            return None;
        }
        self.at += 1;
        self.space();
        if self.eat(b'}').is_some() {
            return Some(());
        }
        let wanted = node.map(|node| &self.paths.nodes[node].members).filter(|members| !members.is_empty());
        // One bit for each member on the way; a path has few.
        let mut seen = 0u64;
        loop {
            self.space();
            let (name, is_plain) = if self.peek() == Some(b'"') { self.string()? } else { return None };
            self.space();
            self.eat(b':')?;
            self.space();
            let mut below = None;
            if let Some(members) = wanted {
                if !is_plain {
                    return None;
                }
                if let Some((place, (_, node))) = members.iter().enumerate().find(|(_, (own, _))| **own == *name) {
                    let bit = 1u64.checked_shl(u32::try_from(place).ok()?)?;
                    if seen & bit != 0 {
                        return None;
                    }
                    seen |= bit;
                    below = Some(*node);
                }
            }
            self.value(below, depth + 1)?;
            self.space();
            if self.eat(b'}').is_some() {
                return Some(());
            }
            self.eat(b',')?;
        }
    }

    /// What is between the quotes, and whether it stands for itself.
    fn string(&mut self) -> Option<(&'t [u8], bool)> {
        self.at += 1;
        let start = self.at;
        let mut is_plain = true;
        loop {
            self.at += plain(self.text.get(self.at..)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_plain = false;
                    self.at += 1;
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let digits = self.text.get(self.at + 1..self.at + 5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 5;
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        let inside = self.text.get(start..self.at)?;
        self.at += 1;
        Some((inside, is_plain))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::{Json, JsonPath};

    const PATHS: [&str; 8] = ["$", "$.a", "$.a.b", "$.b[0]", "$.b[1].a", "$[0]", "$[2].b", "$.a.a.a"];

    fn paths() -> (RawPaths, Vec<JsonPath>) {
        let mut raw = RawPaths::new();
        let compiled: Vec<JsonPath> = PATHS.iter().map(|path| JsonPath::compile(path).unwrap()).collect();
        compiled.iter().for_each(|path| {
            raw.add(&path.way().unwrap());
        });
        (raw, compiled)
    }

    #[test]
    fn what_cannot_be_told_from_bytes_is_left_alone() {
        let (raw, _) = paths();
        for text in [
            "",
            "{",
            "{}x",
            "{\"a\":1,\"a\":2}",
            "{\"\\u0061\":1}",
            "[1,]",
            "{\"x\":01}",
            "{\"x\":\"\t\"}",
            "\u{feff}{}",
            "nul",
            "{\"x\":\"\\x\"}",
        ] {
            assert!(raw.find(text.as_bytes()).is_none(), "{text}");
        }
        assert!(raw.find(b"{\"x\":\xff}").is_none());
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(
            raw.find(deep(MOST_NESTED).as_bytes()).is_some() && raw.find(deep(MOST_NESTED + 1).as_bytes()).is_none()
        );
        // Beside the way, names may occur twice, as no path asks for them.
        let found = raw.find(br#"{"z":1,"z":2,"a":{"b": -0.5e1 ,"c":"\n"}}"#).unwrap();
        assert_eq!(found[2], Some(&b"-0.5e1"[..]));
    }

    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("1.50".to_owned()),
            Just("-7e2".to_owned()),
            Just("\"x\"".to_owned()),
            Just("\"\\u00e9\"".to_owned()),
            Just("\"é\"".to_owned()),
            Just("01".to_owned()),
            Just("{".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let name = prop::sample::select(vec!["a", "b", "c", "\\u0061", ""]);
            let members = prop::collection::vec((name, inner.clone()), 0..4);
            let object = members.prop_map(|members| {
                let all: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\" :{value}")).collect();
                format!("{{ {} }}", all.join(","))
            });
            prop_oneof![object, prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" , ")))]
        })
    }

    proptest! {
        /// What is found is what a tree has there.
        #[test]
        fn values_are_found_as_in_a_tree(text in texts()) {
            let (raw, compiled) = paths();
            if let Some(found) = raw.find(text.as_bytes()) {
                let tree = Json::parse(&text);
                prop_assert!(tree.is_ok(), "{}", text);
                let tree = tree.unwrap();
                for (path, found) in compiled.iter().zip(found) {
                    let located = path.find(&tree);
                    prop_assert!(located.is_ok(), "{} in {}", path.as_str(), text);
                    let located = located.unwrap();
                    let of_tree: Vec<&Json> = located.nodes().collect();
                    let own: Vec<Json> = found.iter().map(|raw| Json::read(raw).unwrap()).collect();
                    prop_assert_eq!(of_tree, own.iter().collect::<Vec<_>>(), "{} in {}", path.as_str(), text);
                }
            }
        }
    }
}
