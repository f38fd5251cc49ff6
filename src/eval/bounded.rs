//! HTML and XML in no more memory than there is room for. How large a tree becomes doesn't follow from the size of its text alone: elements for formatting
//! that were left open are made again in every block behind them (WHATWG HTML, section 13.2.4.3), and entities of XML stand for what they name.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, ParseOpts, QualName};
use scraper::{Html, HtmlTreeSink};

use super::unsuitable::{Unsuitable, given_up};
use crate::value::effort;

/// Takes so many bytes more for a tree.
///
/// # Errors
/// There is no room for them: in words that say whose limit it is.
pub type Take = dyn Fn(u64) -> Result<(), String> + Send + Sync;

/// What a node of each tree takes beside its text, an attribute likewise, in bytes: no less than it does.
const HTML_NODE: u64 = 256;
const HTML_ATTRIBUTE: u64 = 96;
const XML_NODE: u64 = 128;
const XML_ATTRIBUTE: u64 = 160;
/// Of the tree that XPaths look into.
const DOCUMENT_NODE: u64 = 200;
/// Room is taken for so much at a time.
const AT_ONCE: u64 = 64 << 10;

pub(super) fn no_room(words: &str) -> Unsuitable {
    Unsuitable {
        reason: format!("the response is too large to be looked into: {words}"),
        help: "ask for less at a time; nothing is known of what it holds, so neither that something is there nor that it is missing",
    }
}

/// Why the making of a tree was given up.
enum GivenUp {
    NoRoom(String),
    Late,
}

/// A document as browsers read it.
///
/// # Errors
/// There is no room for it, or no time.
pub(super) fn html(text: &str, take: &Take) -> Result<Html, Unsuitable> {
    let sink = Bounded { sink: HtmlTreeSink::new(Html::new_document()), take, taken: Cell::new(0), used: Cell::new(0) };
    // The parser has no way to be stopped but this one. It and its tree are given up with it.
    let made = catch_unwind(AssertUnwindSafe(|| html5ever::parse_document(sink, ParseOpts::default()).one(text)));
    made.map_err(|why| match why.downcast::<GivenUp>() {
        Ok(why) => match *why {
            GivenUp::NoRoom(words) => no_room(&words),
            GivenUp::Late => given_up(),
        },
        Err(other) => resume_unwind(other),
    })
}

/// How many nodes a text of XML may become, with room taken for them.
///
/// # Errors
/// There is no room for them.
pub(super) fn xml(text: &str, take: &Take) -> Result<u32, Unsuitable> {
    let count = |byte: u8| text.bytes().filter(|one| *one == byte).count() as u64;
    // An element, and the text behind its tag. What stands for entities is no more than this, or the text is refused.
    let (nodes, attributes) = (count(b'<') * 2 + 16, count(b'='));
    let bytes = nodes * (XML_NODE + DOCUMENT_NODE) + attributes * (XML_ATTRIBUTE + DOCUMENT_NODE) + text.len() as u64;
    take(bytes).map_err(|words| no_room(&words))?;
    Ok(u32::try_from(nodes).unwrap_or(u32::MAX))
}

/// Room for the tree that XPaths look into, of one that is there.
///
/// # Errors
/// There is none.
pub(super) fn document(html: &Html, take: &Take) -> Result<(), Unsuitable> {
    let attributes: usize = html.tree.values().filter_map(scraper::Node::as_element).map(|one| one.attrs.len()).sum();
    let nodes = html.tree.values().len() + attributes;
    take(nodes as u64 * DOCUMENT_NODE).map_err(|words| no_room(&words))
}

/// Counts what a tree takes while it is made.
struct Bounded<'t> {
    sink: HtmlTreeSink,
    take: &'t Take,
    taken: Cell<u64>,
    used: Cell<u64>,
}

impl Bounded<'_> {
    fn use_up(&self, bytes: u64) {
        self.used.set(self.used.get().saturating_add(bytes));
        if self.used.get() > self.taken.get() {
            let more = (self.used.get() - self.taken.get()).max(AT_ONCE);
            if let Err(words) = (self.take)(more) {
                resume_unwind(Box::new(GivenUp::NoRoom(words)));
            }
            self.taken.set(self.taken.get() + more);
        }
        if effort::is_vain(1) {
            resume_unwind(Box::new(GivenUp::Late));
        }
    }

    fn text(&self, text: &StrTendril) {
        self.use_up(HTML_NODE + text.len() as u64);
    }

    fn child(&self, child: &NodeOrText<<HtmlTreeSink as TreeSink>::Handle>) {
        if let NodeOrText::AppendText(text) = child {
            self.text(text);
        }
    }

    fn attributes(&self, attributes: &[Attribute]) {
        let texts: usize = attributes.iter().map(|one| one.name.local.len() + one.value.len()).sum();
        self.use_up(attributes.len() as u64 * HTML_ATTRIBUTE + texts as u64);
    }
}

impl TreeSink for Bounded<'_> {
    type Handle = <HtmlTreeSink as TreeSink>::Handle;
    type Output = Html;
    type ElemName<'a>
        = <HtmlTreeSink as TreeSink>::ElemName<'a>
    where
        Self: 'a;

    fn finish(self) -> Html {
        self.sink.finish()
    }

    fn parse_error(&self, message: Cow<'static, str>) {
        self.sink.parse_error(message);
    }

    fn get_document(&self) -> Self::Handle {
        self.sink.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Self::Handle) -> Self::ElemName<'a> {
        self.sink.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Self::Handle {
        // A template has a second node for what it holds.
        let nodes = if &*name.local == "template" { 2 } else { 1 };
        self.use_up(nodes * HTML_NODE);
        self.attributes(&attrs);
        self.sink.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Self::Handle {
        self.text(&text);
        self.sink.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Self::Handle {
        self.text(&target);
        self.text(&data);
        self.sink.create_pi(target, data)
    }

    fn append(&self, parent: &Self::Handle, child: NodeOrText<Self::Handle>) {
        self.child(&child);
        self.sink.append(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Self::Handle,
        prev_element: &Self::Handle,
        child: NodeOrText<Self::Handle>,
    ) {
        self.child(&child);
        self.sink.append_based_on_parent_node(element, prev_element, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        [&name, &public_id, &system_id].into_iter().for_each(|text| self.text(text));
        self.sink.append_doctype_to_document(name, public_id, system_id);
    }

    fn mark_script_already_started(&self, node: &Self::Handle) {
        self.sink.mark_script_already_started(node);
    }

    fn pop(&self, node: &Self::Handle) {
        self.sink.pop(node);
    }

    fn get_template_contents(&self, target: &Self::Handle) -> Self::Handle {
        self.sink.get_template_contents(target)
    }

    fn same_node(&self, x: &Self::Handle, y: &Self::Handle) -> bool {
        self.sink.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.sink.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Self::Handle, new_node: NodeOrText<Self::Handle>) {
        self.child(&new_node);
        self.sink.append_before_sibling(sibling, new_node);
    }

    fn add_attrs_if_missing(&self, target: &Self::Handle, attrs: Vec<Attribute>) {
        self.attributes(&attrs);
        self.sink.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &Self::Handle) {
        self.sink.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Self::Handle, new_parent: &Self::Handle) {
        self.sink.reparent_children(node, new_parent);
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Self::Handle) -> bool {
        self.sink.is_mathml_annotation_xml_integration_point(handle)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn within(limit: u64) -> Box<Take> {
        let left = AtomicU64::new(limit);
        Box::new(move |bytes| {
            let less = |left: u64| left.checked_sub(bytes);
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).map(|_| ()).map_err(|_| "no room".to_owned())
        })
    }

    #[test]
    fn a_document_is_the_same_as_without_a_limit() {
        for text in [
            "<p>a<b>b<p>c</b>d",
            "<table><tr>x<td>y</table>",
            "<template><i>z</i></template><svg><a/>",
            "",
            "x<!--c-->",
        ] {
            let bounded = html(text, &within(1 << 20)).map_err(|why| why.reason).unwrap();
            assert_eq!(bounded.tree, Html::parse_document(text).tree, "{text}");
        }
    }

    #[test]
    fn whatever_makes_a_tree_large_ends_at_the_limit() {
        let distinct: String = (0..2_000).map(|n| format!("<b id={n}>")).collect();
        let attributes: String = (0..20).map(|n| format!(" a{n}=v")).collect();
        let hostile = [
            "<i>x</i>".repeat(100_000),
            format!("<p>{distinct}{}", "<p>x".repeat(20_000)),
            format!("<p{attributes}>").repeat(5_000),
            "<!---->".repeat(100_000),
            "<table>".repeat(50_000),
            format!("<table>{}", "<a>x".repeat(50_000)),
            "x&lt;<br>".repeat(50_000),
        ];
        for text in hostile {
            let reason = html(&text, &within(4 << 20)).err().map(|why| why.reason).unwrap_or_default();
            assert!(reason.ends_with("no room"), "{reason}: {}", &text[..40]);
        }
    }
}
