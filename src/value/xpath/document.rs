/// A document as XPath sees it (section 5): a list of nodes in document order, each with the end of its subtree.
#[derive(Clone, Debug)]
pub struct Document {
    nodes: Vec<Node>,
    /// The elements that are still open while it is built.
    open: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: NodeKind,
    /// As written in the document, with its prefix.
    pub name: String,
    /// The value of an attribute, the text of a text node, a comment or an instruction.
    pub text: String,
    pub parent: Option<usize>,
    /// Behind the last of its descendants and attributes.
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    Root,
    Element,
    Attribute,
    Text,
    Comment,
    Instruction,
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// A document that is only its root.
    pub fn new() -> Self {
        let root = Node { kind: NodeKind::Root, name: String::new(), text: String::new(), parent: None, end: 1 };
        Self { nodes: vec![root], open: vec![0] }
    }

    /// What comes next goes into this element, up to [`Document::close`], which every element needs.
    pub fn open(&mut self, name: &str) {
        let element = self.add(NodeKind::Element, name, "");
        self.open.push(element);
    }

    /// An attribute of the element that was opened last, before anything else in it.
    pub fn attribute(&mut self, name: &str, value: &str) {
        self.add(NodeKind::Attribute, name, value);
    }

    /// Texts that follow each other are one node (section 5.7); an empty one is none.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let parent = self.open.last().copied();
        match self.nodes.last_mut() {
            Some(last) if last.kind == NodeKind::Text && last.parent == parent => last.text.push_str(text),
            _ => {
                self.add(NodeKind::Text, "", text);
            }
        }
    }

    pub fn comment(&mut self, text: &str) {
        self.add(NodeKind::Comment, "", text);
    }

    pub fn instruction(&mut self, target: &str, text: &str) {
        self.add(NodeKind::Instruction, target, text);
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        let end = self.nodes.len();
        if let Some(node) = self.open.pop().and_then(|element| self.nodes.get_mut(element)) {
            node.end = end;
        }
    }

    pub(super) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Behind the last node below this one.
    pub(super) fn end(&self, at: usize) -> usize {
        // The root is never closed.
        if at == 0 { self.nodes.len() } else { self.node(at).map_or(at + 1, |node| node.end) }
    }

    fn add(&mut self, kind: NodeKind, name: &str, text: &str) -> usize {
        let at = self.nodes.len();
        let parent = self.open.last().copied();
        self.nodes.push(Node { kind, name: name.to_owned(), text: text.to_owned(), parent, end: at + 1 });
        at
    }
}
