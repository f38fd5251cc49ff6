//! HTML and XML bodies: CSS selectors and XPath.

use super::Parsed;
use super::bounded::{self, Take};
use super::unsuitable::{Unsuitable, given_up};
use crate::event::Response;
#[cfg(test)]
use crate::value::counted;
use crate::value::{Css, Document, Value, XPath, XPathResult, effort};

/// What a path finds.
pub(super) enum Markup {
    /// The texts of nodes, without the white space around them.
    Texts(Vec<Value>),
    Value(Value),
}

/// The texts of the elements that a selector finds.
pub(super) fn css((response, parsed): (&Response, &Parsed), selector: &Css) -> Result<Vec<Value>, Unsuitable> {
    parsed.html(response, |document| texts_of(document, selector))
}

fn texts_of(document: &scraper::Html, selector: &Css) -> Result<Vec<Value>, Unsuitable> {
    let mut texts = Vec::new();
    let mut room = MOST_TEXT;
    for element in selected(document, selector) {
        let mut text = String::new();
        room = room.checked_sub(OF_A_RESULT).ok_or_else(too_much_text)?;
        for piece in element.ok_or_else(given_up)?.text() {
            // Elements that are in each other have the same texts again and again.
            room = room.checked_sub(piece.len() + 1).ok_or_else(too_much_text)?;
            if effort::is_vain(1) {
                return Err(given_up());
            }
            text.push_str(piece);
        }
        texts.push(Value::from(text.trim()));
    }
    Ok(texts)
}

/// What a text that is found takes beside itself, in bytes.
const OF_A_RESULT: usize = 160;
/// How much the texts of the elements that a selector finds may take in all, in bytes.
const MOST_TEXT: usize = 256 << 20;

fn too_much_text() -> Unsuitable {
    Unsuitable {
        reason: "this selector finds more elements, or elements in elements with more text in all, than are read"
            .to_owned(),
        help: "name the elements that are meant instead of `*`",
    }
}

/// The elements that a selector finds, in document order; nothing at all where it is given up.
fn selected<'d>(
    document: &'d scraper::Html,
    css: &'d Css,
) -> Box<dyn Iterator<Item = Option<scraper::ElementRef<'d>>> + 'd> {
    let (selector, written) = (css.selector(), css.as_str());
    // What these look at is kept from element to element, which only the library can do.
    if written.contains(":nth") || written.contains(":has") {
        return Box::new(document.select(selector).map(Some));
    }
    let elements = document.tree.root().descendants().filter_map(scraper::ElementRef::wrap);
    Box::new(elements.filter_map(|element| match effort::is_vain(STEPS_OF_A_MATCH) {
        true => Some(None),
        false => selector.matches(&element).then_some(Some(element)),
    }))
}

/// A match may look at all siblings before an element, and at all that it is in.
const STEPS_OF_A_MATCH: usize = 64;

pub(super) fn xpath((response, parsed): (&Response, &Parsed), path: &XPath) -> Result<Markup, Unsuitable> {
    let result = path.evaluate(parsed.document(response)?).map_err(|_| Unsuitable {
        reason: "this XPath would look at too many nodes of the response".to_owned(),
        help: "name the elements on the way instead of `//` and `*`, above all inside predicates",
    })?;
    Ok(match result {
        XPathResult::Nodes(texts) => Markup::Texts(texts.into_iter().map(|text| Value::from(text.trim())).collect()),
        XPathResult::Text(text) => Markup::Value(Value::from(text.as_str())),
        XPathResult::Bool(bool) => Markup::Value(Value::from(crate::value::Json::from(bool))),
        XPathResult::Number(number) if number.is_finite() => Markup::Value(Value::from(whole(number))),
        XPathResult::Number(_) => {
            return Err(Unsuitable {
                reason: "this XPath gives no number: what it calculates with isn't one, or is missing".to_owned(),
                help: "look at the text first, as in `expect xpath \"string(//price)\" matches /^[0-9.]+$/`",
            });
        }
    })
}

/// A whole number is one of JSON's, too.
fn whole(number: f64) -> crate::value::Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return crate::value::Json::from(number as i64);
    }
    crate::value::Json::from(number)
}

enum Kind {
    Html,
    Xml,
    /// Not said; it begins like markup.
    Either,
}

/// What a body is by its Content-Type. Without one that says so, only what begins with `<` is taken for markup: in anything else no path finds
/// anything, and `not exists` would prove nothing.
fn kind_of(response: &Response, text: &str) -> Result<Kind, Unsuitable> {
    let content_type = response.header("content-type").unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media == "text/html" {
        return Ok(Kind::Html);
    }
    if media.ends_with("/xml") || media.ends_with("+xml") {
        return Ok(Kind::Xml);
    }
    if text.trim_ascii_start().starts_with('<') {
        return Ok(Kind::Either);
    }
    let reason = if media.is_empty() {
        "the response is neither HTML nor XML, so nothing can be found in it".to_owned()
    } else {
        format!(
            "the response is neither HTML nor XML but `{}`, so nothing can be found in it",
            crate::diag::sanitize(&media)
        )
    };
    Err(Unsuitable { reason, help: "JSON is looked at with a JSONPath such as `$.items[0]`, any text with `body`" })
}

fn text_of(response: &Response) -> Result<std::borrow::Cow<'_, str>, Unsuitable> {
    response.text().map_err(|why| Unsuitable {
        reason: format!("the body {}, so nothing can be found in it", crate::diag::sanitize(&why.reason)),
        help: "does the server declare the charset that it sends? `expect header Content-Type …` looks at it",
    })
}

/// Where there is no element at all, that a path finds none says nothing.
fn rooted(text: &str) -> Result<(), Unsuitable> {
    if super::root::has_element(text) {
        return Ok(());
    }
    Err(Unsuitable {
        reason: "the body has no element at all, so nothing can be found in it".to_owned(),
        help: "look at it with `expect body …`; that a path finds nothing counts only in a document",
    })
}

/// A body as browsers read it. What says that it is XML must be well-formed.
pub(super) fn html(response: &Response, take: &Take) -> Result<scraper::Html, Unsuitable> {
    let text = text_of(response)?;
    if matches!(kind_of(response, &text)?, Kind::Xml) {
        xml(&text, true, take)?;
    }
    rooted(&text)?;
    #[cfg(test)]
    counted::count(&counted::HTML_BODIES);
    bounded::html(&text, take)
}

/// A body as what it says that it is; where it doesn't say, as XML where it is well-formed.
pub(super) fn document(response: &Response, parsed: &Parsed) -> Result<Document, Unsuitable> {
    let text = text_of(response)?;
    let kind = kind_of(response, &text)?;
    rooted(&text)?;
    let take = parsed.take();
    let html = || {
        parsed.html(response, |html| {
            bounded::document(html, take)?;
            Ok(of_html(html.tree.root()))
        })
    };
    match kind {
        Kind::Html => html(),
        Kind::Either => match xml(&text, false, take) {
            Ok(xml) => Ok(of_xml(&xml)),
            Err(_) => html(),
        },
        Kind::Xml => xml(&text, true, take).map(|xml| of_xml(&xml)),
    }
}

fn xml<'t>(text: &'t str, allow_dtd: bool, take: &Take) -> Result<roxmltree::Document<'t>, Unsuitable> {
    #[cfg(test)]
    counted::count(&counted::XML_BODIES);
    // Files are never read.
    let options = roxmltree::ParsingOptions { allow_dtd, nodes_limit: bounded::xml(text, take)?, ..Default::default() };
    roxmltree::Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => Unsuitable {
            reason: "the entities that the response declares stand for more elements than are read".to_owned(),
            help: "nothing is known of what they stand for; look at the text itself with `expect body contains …`",
        },
        error => Unsuitable {
            reason: format!("the response isn't well-formed XML: {}", crate::diag::sanitize(&error.to_string())),
            help: "its Content-Type promises XML; look at it with `expect body contains …`",
        },
    })
}

/// Both builders walk without recursion: how deep a document nests is the server's choice.
fn of_xml(xml: &roxmltree::Document<'_>) -> Document {
    let mut document = Document::new();
    let mut next = xml.root().first_child();
    while let Some(node) = next {
        match node.node_type() {
            roxmltree::NodeType::Element => {
                document.open(written_name(&node));
                for attribute in node.attributes() {
                    let name = xml.input_text().get(attribute.range_qname()).unwrap_or(attribute.name());
                    document.attribute(name, attribute.value());
                }
            }
            roxmltree::NodeType::Text => document.text(node.text().unwrap_or_default()),
            roxmltree::NodeType::Comment => document.comment(node.text().unwrap_or_default()),
            roxmltree::NodeType::PI => {
                if let Some(pi) = node.pi() {
                    document.instruction(pi.target, pi.value.unwrap_or_default());
                }
            }
            roxmltree::NodeType::Root => {}
        }
        next = node.first_child();
        let mut at = node;
        while next.is_none() {
            if at.is_element() {
                document.close();
            }
            next = at.next_sibling();
            match at.parent() {
                Some(parent) if next.is_none() => at = parent,
                _ => break,
            }
        }
    }
    document
}

/// The name as it is behind the `<`, with its prefix.
fn written_name<'a>(node: &roxmltree::Node<'_, 'a>) -> &'a str {
    let local = node.tag_name().name();
    let source = node.document().input_text().get(node.range()).and_then(|text| text.strip_prefix('<'));
    let written = source.and_then(|text| text.split([' ', '\t', '\r', '\n', '/', '>']).next());
    written.filter(|written| written.rsplit(':').next() == Some(local)).unwrap_or(local)
}

fn of_html(root: ego_tree::NodeRef<'_, scraper::Node>) -> Document {
    let mut document = Document::new();
    for edge in root.traverse() {
        let (node, opens) = match edge {
            ego_tree::iter::Edge::Open(node) => (node, true),
            ego_tree::iter::Edge::Close(node) => (node, false),
        };
        match node.value() {
            scraper::Node::Element(_) if !opens => document.close(),
            _ if !opens => {}
            scraper::Node::Element(element) => {
                document.open(element.name());
                for (name, value) in &element.attrs {
                    match &name.prefix {
                        Some(prefix) if !prefix.is_empty() => {
                            document.attribute(&format!("{prefix}:{}", &*name.local), value);
                        }
                        _ => document.attribute(&name.local, value),
                    }
                }
            }
            scraper::Node::Text(text) => document.text(text),
            scraper::Node::Comment(comment) => document.comment(comment),
            scraper::Node::ProcessingInstruction(pi) => document.instruction(&pi.target, &pi.data),
            scraper::Node::Document | scraper::Node::Fragment | scraper::Node::Doctype(_) => {}
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Header;

    fn response(content_type: Option<&str>, body: &str) -> Response {
        let header = |value: &str| Header { name: "content-type".to_owned(), value: value.to_owned() };
        Response {
            status: 200,
            version: "HTTP/1.1",
            url: "http://a/".to_owned(),
            headers: content_type.map(header).into_iter().collect(),
            body: body.to_owned().into(),
            wire_size: 0,
        }
    }

    fn ask(content_type: Option<&str>, body: &str, path: &str) -> Result<Markup, Unsuitable> {
        xpath((&response(content_type, body), &Parsed::default()), &XPath::compile(path).unwrap())
    }

    fn texts(content_type: Option<&str>, body: &str, path: &str) -> Vec<String> {
        match ask(content_type, body, path) {
            Ok(Markup::Texts(texts)) => texts.iter().map(Value::to_text).collect(),
            Ok(Markup::Value(value)) => panic!("{path}: {value:?}"),
            Err(why) => panic!("{path}: {}", why.reason),
        }
    }

    fn refused(content_type: Option<&str>, body: &str, path: &str) -> String {
        ask(content_type, body, path).err().map(|why| why.reason).unwrap_or_default()
    }

    #[test]
    fn html_is_read_as_browsers_do() {
        let html = "<!doctype html><title> T </title><UL><li class=a><a href=/x>one</a><li>two</ul><!--c--><svg><a xlink:href=y /></svg>";
        let found = |path: &str| texts(Some("text/html; charset=utf-8"), html, path);
        assert_eq!(found("//ul/li"), ["one", "two"]);
        assert_eq!(found("//li[@class='a']/a/@href"), ["/x"]);
        assert_eq!(found("/html/head/title"), ["T"]);
        assert_eq!(found("//comment()"), ["c"]);
        assert_eq!(found("//@xlink:href"), ["y"]);
        assert_eq!(found("//li[1]/following-sibling::li"), ["two"]);
        // Well-formed or not, HTML has a `body`.
        assert_eq!(texts(Some("text/html"), "<p>a</p>", "/html/body/p"), ["a"]);
        assert_eq!(texts(None, "<p>a</p>", "/p"), ["a"]);
        assert_eq!(texts(None, "<p>a<br></p>", "/html/body/p"), ["a"]);
    }

    #[test]
    fn names_of_xml_are_as_written() {
        let xml = "<?xml version='1.0'?>\n<a:r xmlns:a='urn:a' xmlns='urn:d'>\n<i a:id='1'/><a:i\nid='2'>x<![CDATA[<y>]]></a:i><?p q?></a:r>";
        let found = |path: &str| texts(Some("application/atom+xml"), xml, path);
        assert_eq!(found("/a:r/i/@a:id"), ["1"]);
        assert_eq!(found("/a:r/a:i"), ["x<y>"]);
        assert_eq!(found("/a:r/a:*/@id"), ["2"]);
        assert_eq!(found("/r"), Vec::<String>::new());
        assert_eq!(found("//@*"), ["1", "2"]);
        assert_eq!(found("//processing-instruction('p')"), ["q"]);
        assert_eq!(found("//*[local-name()='i']/@id"), ["2"]);
        assert_eq!(texts(Some("text/xml"), "<!DOCTYPE r [<!ENTITY e 'v'>]><r>&e;</r>", "/r"), ["v"]);
    }

    #[test]
    fn what_is_no_markup_is_refused() {
        let reason = refused(Some("application/json"), "{}", "//a");
        assert_eq!(
            reason,
            "the response is neither HTML nor XML but `application/json`, so nothing can be found in it"
        );
        assert!(refused(None, "", "//a").starts_with("the response is neither HTML nor XML,"));
        assert!(refused(Some("application/xml"), "<a>", "//a").starts_with("the response isn't well-formed XML: "));
        assert!(refused(None, "<a/>", "number(//b)").starts_with("this XPath gives no number"));
        assert!(css((&response(Some("text/plain"), "a"), &Parsed::default()), &Css::compile("a").unwrap()).is_err());
        assert_eq!(
            css((&response(Some("text/html"), "<p>a"), &Parsed::default()), &Css::compile("p").unwrap())
                .ok()
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn entities_do_not_multiply_elements() {
        let declared = |uses: usize| {
            let entity = "<b/>".repeat(20);
            format!("<!DOCTYPE r [<!ENTITY e \"{entity}\">]><r>{}</r>", "&e;".repeat(uses))
        };
        let found = |uses: usize| ask(Some("application/xml"), &declared(uses), "//b");
        assert!(
            matches!(found(2), Ok(Markup::Texts(texts)) if texts.len() == 40),
            "as many as there are tags to name them"
        );
        let reason = refused(Some("application/xml"), &declared(50), "//b");
        assert_eq!(reason, "the entities that the response declares stand for more elements than are read");
        let copies = format!("<!DOCTYPE r [<!ENTITY c 'x'>]><r>{}</r>", "&c;".repeat(200));
        assert_eq!(
            texts(Some("application/xml"), &copies, "/r"),
            ["x".repeat(200)],
            "texts make no nodes of their own"
        );
    }

    #[test]
    fn values_are_values() {
        let value = |path: &str| match ask(None, "<r><i>1.5</i><i>2.5</i></r>", path) {
            Ok(Markup::Value(value)) => value.to_text(),
            _ => panic!("{path}"),
        };
        assert_eq!(value("sum(//i)"), "4");
        assert_eq!(value("//i[1] * 1"), "1.5");
        assert_eq!(value("count(//i) = 2"), "true");
        assert_eq!(value("string(//i)"), "1.5");
    }

    #[test]
    fn deep_documents_are_walked() {
        let deep = format!("{}x{}", "<div>".repeat(3000), "</div>".repeat(3000));
        for content_type in ["text/html", "application/xml"] {
            assert_eq!(texts(Some(content_type), &deep, "//text()[count(ancestor::div) = 3000]"), ["x"]);
        }
    }
}
