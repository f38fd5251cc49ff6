//! HTML and XML bodies: CSS selectors, and the part of XPath 1.0 that tests use.

use crate::value::Value;

/// The texts of the elements that a selector finds.
pub(super) fn css(body: &[u8], selector: &str) -> Result<Vec<Value>, String> {
    let selector = scraper::Selector::parse(selector).map_err(|_| format!("`{selector}` isn't a CSS selector"))?;
    let document = scraper::Html::parse_document(&String::from_utf8_lossy(body));
    let text = |element: scraper::ElementRef<'_>| element.text().collect::<String>();
    Ok(document.select(&selector).map(|element| Value::from(text(element).trim())).collect())
}

/// The texts of the nodes that a path finds. XML is read as XML; what isn't well-formed is read as HTML.
pub(super) fn xpath(body: &[u8], path: &str) -> Result<Vec<Value>, String> {
    let steps = parse(path).ok_or_else(|| {
        format!("`{path}` isn't an XPath that is understood here: steps by `/` and `//`, names, `*`, `@name`, `text()`, and predicates `[2]`, `[@a]`, `[@a='v']`, `[name='v']`")
    })?;
    let text = String::from_utf8_lossy(body);
    let tree = match roxmltree::Document::parse(&text) {
        Ok(document) => of_xml(document.root()),
        Err(_) => of_html(scraper::Html::parse_document(&text).tree.root()),
    };
    let mut nodes = vec![&tree];
    for (at, step) in steps.iter().enumerate() {
        let found: Vec<Found<'_>> = nodes.iter().flat_map(|node| step.select(node)).collect();
        if at + 1 == steps.len() {
            return Ok(found.iter().map(|found| Value::from(found.text().trim())).collect());
        }
        nodes = found.into_iter().filter_map(Found::element).collect();
    }
    Ok(Vec::new())
}

/// An element of either kind of document.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

enum Child {
    Element(Element),
    Text(String),
}

/// Documents nest no deeper than this; what lies deeper isn't looked at, so that no document can exhaust the stack.
const DEEPEST: usize = 256;

fn of_xml(node: roxmltree::Node<'_, '_>) -> Element {
    fn build(node: roxmltree::Node<'_, '_>, depth: usize) -> Element {
        let children = node.children().filter(|_| depth < DEEPEST).filter_map(|child| {
            if child.is_element() {
                Some(Child::Element(build(child, depth + 1)))
            } else {
                child.text().map(|text| Child::Text(text.to_owned()))
            }
        });
        Element {
            name: node.tag_name().name().to_owned(),
            attributes: node.attributes().map(|a| (a.name().to_owned(), a.value().to_owned())).collect(),
            children: children.collect(),
        }
    }
    build(node, 0)
}

fn of_html(node: ego_tree::NodeRef<'_, scraper::Node>) -> Element {
    fn build(node: ego_tree::NodeRef<'_, scraper::Node>, depth: usize) -> Element {
        let children = node.children().filter(|_| depth < DEEPEST).filter_map(|child| match child.value() {
            scraper::Node::Element(_) => Some(Child::Element(build(child, depth + 1))),
            scraper::Node::Text(text) => Some(Child::Text(text.to_string())),
            _ => None,
        });
        let children = children.collect();
        match node.value() {
            scraper::Node::Element(element) => Element {
                name: element.name().to_owned(),
                attributes: element.attrs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                children,
            },
            _ => Element { name: String::new(), attributes: Vec::new(), children },
        }
    }
    build(node, 0)
}

impl Element {
    fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    fn descendants<'a>(&'a self, into: &mut Vec<&'a Element>) {
        into.push(self);
        for child in self.elements() {
            child.descendants(into);
        }
    }

    fn text(&self) -> String {
        let text = |child: &Child| match child {
            Child::Text(text) => text.clone(),
            Child::Element(element) => element.text(),
        };
        self.children.iter().map(text).collect()
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

enum Found<'a> {
    Element(&'a Element),
    Text(String),
}

impl<'a> Found<'a> {
    fn text(&self) -> String {
        match self {
            Found::Element(element) => element.text(),
            Found::Text(text) => text.clone(),
        }
    }

    fn element(self) -> Option<&'a Element> {
        match self {
            Found::Element(element) => Some(element),
            Found::Text(_) => None,
        }
    }
}

struct Step {
    anywhere: bool,
    test: Test,
    predicates: Vec<Predicate>,
}

enum Test {
    Name(String),
    Any,
    Attribute(String),
    Text,
}

enum Predicate {
    Position(usize),
    HasAttribute(String),
    AttributeIs(String, String),
    HasChild(String),
    ChildIs(String, String),
}

impl Step {
    fn select<'a>(&self, node: &'a Element) -> Vec<Found<'a>> {
        let mut parents = vec![node];
        if self.anywhere {
            parents.clear();
            node.descendants(&mut parents);
        }
        parents.into_iter().flat_map(|parent| self.children(parent)).collect()
    }

    fn children<'a>(&self, parent: &'a Element) -> Vec<Found<'a>> {
        let mut found: Vec<&Element> = match &self.test {
            Test::Attribute(name) => {
                return parent.attribute(name).map(|value| Found::Text(value.to_owned())).into_iter().collect();
            }
            Test::Text => {
                let texts = parent.children.iter().filter_map(|child| match child {
                    Child::Text(text) => Some(Found::Text(text.clone())),
                    Child::Element(_) => None,
                });
                return texts.collect();
            }
            Test::Any => parent.elements().collect(),
            Test::Name(name) => parent.elements().filter(|element| element.name == *name).collect(),
        };
        for predicate in &self.predicates {
            found = match predicate {
                Predicate::Position(position) => {
                    position.checked_sub(1).and_then(|at| found.get(at)).copied().into_iter().collect()
                }
                other => found.into_iter().filter(|element| other.holds(element)).collect(),
            };
        }
        found.into_iter().map(Found::Element).collect()
    }
}

impl Predicate {
    fn holds(&self, element: &Element) -> bool {
        match self {
            Predicate::Position(_) => true,
            Predicate::HasAttribute(name) => element.attribute(name).is_some(),
            Predicate::AttributeIs(name, value) => element.attribute(name) == Some(value),
            Predicate::HasChild(name) => element.elements().any(|child| child.name == *name),
            Predicate::ChildIs(name, value) => {
                element.elements().any(|child| child.name == *name && child.text().trim() == value)
            }
        }
    }
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim();
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (anywhere, after) = match (rest.strip_prefix("//"), rest.strip_prefix('/')) {
            (Some(after), _) => (true, after),
            (None, Some(after)) => (false, after),
            (None, None) if steps.is_empty() => (true, rest),
            _ => return None,
        };
        let end = after.find(['/', '[']).unwrap_or(after.len());
        let (test, mut tail) = after.split_at(end);
        let mut predicates = Vec::new();
        while let Some(inner) = tail.strip_prefix('[') {
            let close = inner.find(']')?;
            predicates.push(predicate(&inner[..close])?);
            tail = &inner[close + 1..];
        }
        steps.push(Step { anywhere, test: node_test(test.trim())?, predicates });
        rest = tail;
    }
    (!steps.is_empty()).then_some(steps)
}

fn node_test(text: &str) -> Option<Test> {
    match text {
        "" => None,
        "*" => Some(Test::Any),
        "text()" => Some(Test::Text),
        text => match text.strip_prefix('@') {
            Some(name) => is_name(name).then(|| Test::Attribute(name.to_owned())),
            None => is_name(text).then(|| Test::Name(text.to_owned())),
        },
    }
}

fn predicate(text: &str) -> Option<Predicate> {
    let text = text.trim();
    if let Ok(position) = text.parse::<usize>() {
        return Some(Predicate::Position(position));
    }
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(unquote(value.trim())?)),
        None => (text, None),
    };
    match (name.strip_prefix('@'), value) {
        (Some(name), Some(value)) => is_name(name).then(|| Predicate::AttributeIs(name.to_owned(), value)),
        (Some(name), None) => is_name(name).then(|| Predicate::HasAttribute(name.to_owned())),
        (None, Some(value)) => is_name(name).then(|| Predicate::ChildIs(name.to_owned(), value)),
        (None, None) => is_name(name).then(|| Predicate::HasChild(name.to_owned())),
    }
}

fn unquote(text: &str) -> Option<String> {
    ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote).map(str::to_owned))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, path: &str) -> Vec<String> {
        xpath(body.as_bytes(), path).unwrap().iter().map(Value::to_text).collect()
    }

    #[test]
    fn paths_find_their_nodes_in_html_and_xml() {
        let html = "<!doctype html><title>T</title><ul><li class=a><a href=/x>one</a><li>two</ul><br>";
        assert_eq!(found(html, "//li"), ["one", "two"]);
        assert_eq!(found(html, "//li[2]"), ["two"]);
        assert_eq!(found(html, "//li[@class='a']/a/@href"), ["/x"]);
        assert_eq!(found(html, "/html/head/title/text()"), ["T"]);
        let xml = "<r><i id='1'><n>a</n></i><i id='2'><n>b</n></i></r>";
        assert_eq!(found(xml, "/r/i[n='b']/@id"), ["2"]);
        assert_eq!(found(xml, "/r/*[1]/n"), ["a"]);
        assert_eq!(found(xml, "//zzz"), Vec::<String>::new());
        assert!(xpath(b"<a/>", "//a[position()<2]").is_err());
        assert_eq!(css(html.as_bytes(), "li.a > a").unwrap().len(), 1);
        assert!(css(b"", "::").is_err());
    }
}
