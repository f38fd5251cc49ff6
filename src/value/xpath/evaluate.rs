use std::borrow::Cow;

use super::super::effort;
use super::document::{Document, Node, NodeKind};
use super::function::{number_of, text_of};
use super::syntax::{Axis, Expr, NodeTest, Operator, Path, Start, Step};
use super::{TooMuchWork, XPathResult};

/// How many nodes and bytes of text may be looked at: a second or so at most, whatever the path and the document are.
const MOST_WORK: u64 = 50_000_000;

pub(super) type Done<T> = Result<T, TooMuchWork>;

/// The result of an expression (section 1). Node sets are in document order, without duplicates.
#[derive(Clone, Debug)]
pub(super) enum Object {
    Nodes(Vec<usize>),
    Text(String),
    Number(f64),
    Bool(bool),
}

/// The context of section 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub node: usize,
    pub position: usize,
    pub size: usize,
}

pub(super) fn evaluate(expr: &Expr, document: &Document) -> Done<XPathResult> {
    let mut evaluator = Evaluator { document, work: MOST_WORK };
    Ok(match evaluator.expr(expr, At { node: 0, position: 1, size: 1 })? {
        Object::Nodes(nodes) => {
            let mut texts = Vec::with_capacity(nodes.len());
            for node in nodes {
                texts.push(evaluator.string_value(node)?.into_owned());
            }
            XPathResult::Nodes(texts)
        }
        Object::Text(text) => XPathResult::Text(text),
        Object::Number(number) => XPathResult::Number(number),
        Object::Bool(bool) => XPathResult::Bool(bool),
    })
}

pub(super) struct Evaluator<'d> {
    pub document: &'d Document,
    work: u64,
}

impl<'d> Evaluator<'d> {
    pub fn expr(&mut self, expr: &Expr, at: At) -> Done<Object> {
        self.spend(1)?;
        Ok(match expr {
            Expr::Or(parts) => Object::Bool(self.any(parts, at, true)?),
            Expr::And(parts) => Object::Bool(!self.any(parts, at, false)?),
            Expr::Chain(first, rest) => {
                let mut left = self.expr(first, at)?;
                for (operator, right) in rest {
                    let right = self.expr(right, at)?;
                    left = self.operate(*operator, left, right)?;
                }
                left
            }
            Expr::Negate(inner) => {
                let inner = self.expr(inner, at)?;
                Object::Number(-self.number(&inner)?)
            }
            Expr::Union(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.nodes(part, at)?);
                }
                Object::Nodes(in_order(all))
            }
            Expr::Text(text) => Object::Text(text.clone()),
            Expr::Number(number) => Object::Number(*number),
            Expr::Call(function, arguments) => self.call(*function, arguments, at)?,
            Expr::Path(path) => Object::Nodes(self.path(path, at)?),
        })
    }

    /// The nodes of an expression that is a node set.
    pub fn nodes(&mut self, expr: &Expr, at: At) -> Done<Vec<usize>> {
        match self.expr(expr, at)? {
            Object::Nodes(nodes) => Ok(nodes),
            _ => Ok(Vec::new()),
        }
    }

    /// Section 4.3, `boolean()`.
    pub fn boolean(object: &Object) -> bool {
        match object {
            Object::Nodes(nodes) => !nodes.is_empty(),
            Object::Text(text) => !text.is_empty(),
            Object::Number(number) => *number != 0.0 && !number.is_nan(),
            Object::Bool(bool) => *bool,
        }
    }

    /// Section 4.2, `string()`.
    pub fn text<'a>(&mut self, object: &'a Object) -> Done<Cow<'a, str>>
    where
        'd: 'a,
    {
        Ok(match object {
            Object::Nodes(nodes) => match nodes.first() {
                Some(node) => self.string_value(*node)?,
                None => Cow::Borrowed(""),
            },
            Object::Text(text) => Cow::Borrowed(text.as_str()),
            Object::Number(number) => Cow::Owned(text_of(*number)),
            Object::Bool(bool) => Cow::Borrowed(if *bool { "true" } else { "false" }),
        })
    }

    /// Section 4.4, `number()`.
    pub fn number(&mut self, object: &Object) -> Done<f64> {
        Ok(match object {
            Object::Number(number) => *number,
            Object::Bool(bool) => f64::from(u8::from(*bool)),
            other => number_of(&self.text(other)?),
        })
    }

    /// Section 5: of elements and the root, the texts of all text nodes below.
    pub fn string_value(&mut self, at: usize) -> Done<Cow<'d, str>> {
        let document = self.document;
        let Some(node) = document.node(at) else { return Ok(Cow::Borrowed("")) };
        if !matches!(node.kind, NodeKind::Root | NodeKind::Element) {
            self.spend(node.text.len() + 1)?;
            return Ok(Cow::Borrowed(node.text.as_str()));
        }
        let mut whole = String::new();
        for below in at..document.end(at) {
            let Some(node) = document.node(below) else { break };
            if node.kind == NodeKind::Text {
                self.spend(node.text.len())?;
                whole.push_str(&node.text);
            }
        }
        self.spend(document.end(at) - at)?;
        Ok(Cow::Owned(whole))
    }

    pub fn spend(&mut self, work: usize) -> Done<()> {
        self.work = self.work.checked_sub(work as u64).ok_or(TooMuchWork)?;
        if effort::is_vain(work) { Err(TooMuchWork) } else { Ok(()) }
    }

    /// Whether one of the parts is worth what is looked for; the parts behind it aren't evaluated (section 3.4).
    fn any(&mut self, parts: &[Expr], at: At, wanted: bool) -> Done<bool> {
        for part in parts {
            if Self::boolean(&self.expr(part, at)?) == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn operate(&mut self, operator: Operator, left: Object, right: Object) -> Done<Object> {
        let calculate = match operator {
            Operator::Add => |a: f64, b: f64| a + b,
            Operator::Subtract => |a, b| a - b,
            Operator::Multiply => |a, b| a * b,
            Operator::Divide => |a, b| a / b,
            // The sign is the dividend's (section 3.5).
            Operator::Modulo => |a, b| a % b,
            _ => return Ok(Object::Bool(self.compare(operator, left, right)?)),
        };
        Ok(Object::Number(calculate(self.number(&left)?, self.number(&right)?)))
    }

    /// Section 3.4: a node set holds a comparison if one of its nodes does.
    fn compare(&mut self, operator: Operator, left: Object, right: Object) -> Done<bool> {
        match (left, right) {
            (left @ Object::Nodes(_), right @ Object::Bool(_)) | (left @ Object::Bool(_), right @ Object::Nodes(_)) => {
                let (left, right) = (Object::Bool(Self::boolean(&left)), Object::Bool(Self::boolean(&right)));
                self.compare_single(operator, &left, &right)
            }
            (Object::Nodes(left), Object::Nodes(right)) => {
                let (left, right) = (self.texts(&left)?, self.texts(&right)?);
                for left in &left {
                    for right in &right {
                        if self.compare_single(operator, left, right)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            (Object::Nodes(left), right) => {
                for left in self.texts(&left)? {
                    if self.compare_single(operator, &left, &right)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (left, Object::Nodes(right)) => {
                for right in self.texts(&right)? {
                    if self.compare_single(operator, &left, &right)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (left, right) => self.compare_single(operator, &left, &right),
        }
    }

    fn texts(&mut self, nodes: &[usize]) -> Done<Vec<Object>> {
        nodes.iter().map(|node| Ok(Object::Text(self.string_value(*node)?.into_owned()))).collect()
    }

    /// A comparison of what are no node sets.
    fn compare_single(&mut self, operator: Operator, left: &Object, right: &Object) -> Done<bool> {
        self.spend(1)?;
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let equal = match (left, right) {
            _ if !is_equality => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                return Ok(match operator {
                    Operator::Less => left < right,
                    Operator::LessOrEqual => left <= right,
                    Operator::Greater => left > right,
                    _ => left >= right,
                });
            }
            (Object::Bool(_), _) | (_, Object::Bool(_)) => Self::boolean(left) == Self::boolean(right),
            (Object::Number(_), _) | (_, Object::Number(_)) => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                // NaN is equal to nothing, and unequal to everything.
                left == right
            }
            _ => {
                let (left, right) = (self.text(left)?, self.text(right)?);
                left == right
            }
        };
        Ok(equal == (operator == Operator::Equal))
    }

    fn path(&mut self, path: &Path, at: At) -> Done<Vec<usize>> {
        let mut nodes = match &path.start {
            Start::Root => vec![0],
            Start::Context => vec![at.node],
            Start::Filter(inner, predicates) => {
                let mut nodes = self.nodes(inner, at)?;
                for predicate in predicates {
                    nodes = self.filter(nodes, predicate)?;
                }
                nodes
            }
        };
        for step in &path.steps {
            let mut found = Vec::new();
            for node in nodes {
                found.extend(self.step(step, node)?);
            }
            nodes = in_order(found);
        }
        Ok(nodes)
    }

    fn step(&mut self, step: &Step, from: usize) -> Done<Vec<usize>> {
        let mut nodes = self.axis(step.axis, from)?;
        nodes.retain(|node| self.document.node(*node).is_some_and(|node| passes(&step.test, step.axis, node)));
        for predicate in &step.predicates {
            nodes = self.filter(nodes, predicate)?;
        }
        Ok(nodes)
    }

    /// Section 2.4. The nodes are in the order in which positions are counted.
    fn filter(&mut self, nodes: Vec<usize>, predicate: &Expr) -> Done<Vec<usize>> {
        // Most predicates are a position, and need no evaluation for each node.
        if let Expr::Number(position) = predicate {
            let at = nodes.iter().enumerate().find(|(index, _)| (index + 1) as f64 == *position);
            return Ok(at.map(|(_, node)| *node).into_iter().collect());
        }
        let size = nodes.len();
        let mut kept = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            let position = index + 1;
            let holds = match self.expr(predicate, At { node, position, size })? {
                Object::Number(number) => number == position as f64,
                other => Self::boolean(&other),
            };
            if holds {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    /// The nodes of an axis (section 2.2), the nearest first.
    fn axis(&mut self, axis: Axis, from: usize) -> Done<Vec<usize>> {
        let document = self.document;
        let Some(node) = document.node(from) else { return Ok(Vec::new()) };
        let is_attribute = |at: usize| document.node(at).is_some_and(|node| node.kind == NodeKind::Attribute);
        let end = document.end(from);
        let found: Vec<usize> = match axis {
            Axis::Itself => vec![from],
            Axis::Parent => node.parent.into_iter().collect(),
            Axis::Ancestor => self.ancestors(node.parent),
            Axis::AncestorOrSelf => self.ancestors(Some(from)),
            Axis::Attribute => (from + 1..end).take_while(|at| is_attribute(*at)).collect(),
            Axis::Child => self.children(from),
            Axis::Descendant => (from + 1..end).filter(|at| !is_attribute(*at)).collect(),
            Axis::DescendantOrSelf => {
                std::iter::once(from).chain((from + 1..end).filter(|at| !is_attribute(*at))).collect()
            }
            Axis::FollowingSibling | Axis::PrecedingSibling if is_attribute(from) => Vec::new(),
            Axis::FollowingSibling => self.siblings(node).into_iter().filter(|at| *at > from).collect(),
            Axis::PrecedingSibling => self.siblings(node).into_iter().filter(|at| *at < from).rev().collect(),
            Axis::Following => (end..document.len()).filter(|at| !is_attribute(*at)).collect(),
            // What ends before this node begins is none of its ancestors.
            Axis::Preceding => (0..from).rev().filter(|at| !is_attribute(*at) && document.end(*at) <= from).collect(),
        };
        let looked_at = match axis {
            Axis::Descendant | Axis::DescendantOrSelf => end - from,
            Axis::Following => document.len() - end,
            Axis::Preceding => from,
            Axis::FollowingSibling | Axis::PrecedingSibling => {
                node.parent.map_or(0, |parent| self.children(parent).len())
            }
            _ => found.len(),
        };
        self.spend(looked_at + 1)?;
        Ok(found)
    }

    fn ancestors(&self, from: Option<usize>) -> Vec<usize> {
        std::iter::successors(from, |at| self.document.node(*at).and_then(|node| node.parent)).collect()
    }

    fn siblings(&self, node: &Node) -> Vec<usize> {
        node.parent.map(|parent| self.children(parent)).unwrap_or_default()
    }

    fn children(&self, of: usize) -> Vec<usize> {
        let end = self.document.end(of);
        let after = |at: usize| (at < end).then_some(at);
        let all = std::iter::successors(after(of + 1), |at| after(self.document.end(*at)));
        let is_child = |at: &usize| self.document.node(*at).is_some_and(|node| node.kind != NodeKind::Attribute);
        all.filter(is_child).collect()
    }
}

/// Section 2.3. A name is an attribute's on the axis of attributes, an element's elsewhere.
fn passes(test: &NodeTest, axis: Axis, node: &Node) -> bool {
    let principal = if axis == Axis::Attribute { NodeKind::Attribute } else { NodeKind::Element };
    match test {
        NodeTest::Node => true,
        NodeTest::Text => node.kind == NodeKind::Text,
        NodeTest::Comment => node.kind == NodeKind::Comment,
        NodeTest::Instruction(target) => {
            node.kind == NodeKind::Instruction && target.as_ref().is_none_or(|target| node.name == *target)
        }
        NodeTest::Any => node.kind == principal,
        NodeTest::Name(name) => node.kind == principal && node.name == *name,
        NodeTest::Prefix(prefix) => node.kind == principal && node.name.starts_with(prefix.as_str()),
    }
}

/// Document order, each node once.
fn in_order(mut nodes: Vec<usize>) -> Vec<usize> {
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
