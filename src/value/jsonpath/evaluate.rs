//! What a query selects. Every node knows where it is, by a list of steps that nodes share.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::effort;
use super::super::{Json, JsonMap, JsonNumber};
use super::PathStep;
use super::iregexp::IRegexp;
use super::syntax::{Logical, Op, Operand, Query, Segment, Selector};

/// How many nodes may be looked at.
const MOST_WORK: u64 = 100_000_000;

/// Why a path has no result.
#[derive(Clone, Debug, PartialEq)]
pub enum PathFault {
    /// A member that is read occurs twice in its object: the way to it, and both values.
    Twice { way: Vec<PathStep>, first: Json, second: Json },
    /// It would look at more nodes than is sensible, or no one waits for it any more.
    TooMuchWork,
}

/// The nodes that a path selects, and the way to each.
#[derive(Debug)]
pub struct Located<'a> {
    nodes: Vec<Node<'a>>,
    steps: Vec<Step<'a>>,
    twice: Vec<Twice<'a>>,
}

impl<'a> Located<'a> {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &'a Json> {
        self.nodes.iter().map(|node| node.json)
    }

    /// The way to a node, by its number.
    pub fn way(&self, index: usize) -> Option<Vec<PathStep>> {
        self.nodes.get(index).map(|node| way(&self.steps, &self.twice, node.at))
    }
}

#[derive(Clone, Copy, Debug)]
struct Node<'a> {
    json: &'a Json,
    /// Its last step; the first of all steps is the root's.
    at: u32,
}

#[derive(Clone, Copy, Debug)]
struct Step<'a> {
    from: u32,
    part: Part<'a>,
}

/// There is one for each node that is looked at, perhaps millions: what is rare is apart.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Root,
    /// A name that occurs once.
    Key(&'a str),
    /// One that occurs more than once, by its place among those.
    Twice(usize),
    Index(usize),
}

/// A member that occurs more than once in its object, and its first two values.
#[derive(Clone, Copy, Debug)]
struct Twice<'a> {
    name: &'a str,
    first: &'a Json,
    second: &'a Json,
}

fn way(steps: &[Step<'_>], twice: &[Twice<'_>], mut at: u32) -> Vec<PathStep> {
    let mut way = Vec::new();
    while let Some(step) = steps.get(at as usize) {
        match step.part {
            Part::Root => break,
            Part::Key(key) => way.push(PathStep::Key(key.to_owned())),
            Part::Twice(number) => way.extend(twice.get(number).map(|twice| PathStep::Key(twice.name.to_owned()))),
            Part::Index(index) => way.push(PathStep::Index(index)),
        }
        at = step.from;
    }
    way.reverse();
    way
}

pub(super) fn find<'a>(query: &Query, values: &[Json], root: &'a Json) -> Result<Located<'a>, PathFault> {
    let mut search = Search {
        root,
        values,
        steps: vec![Step { from: 0, part: Part::Root }],
        work: 0,
        twice: Vec::new(),
        regexes: HashMap::new(),
    };
    let nodes = search.query(query, Node { json: root, at: 0 })?;
    Ok(Located { nodes, steps: search.steps, twice: search.twice })
}

struct Search<'a, 'q> {
    root: &'a Json,
    values: &'q [Json],
    steps: Vec<Step<'a>>,
    work: u64,
    /// The members that occur twice through which a way led.
    twice: Vec<Twice<'a>>,
    /// Patterns that come from values.
    regexes: HashMap<(String, bool), Option<IRegexp>>,
}

type Nodes<'a> = Result<Vec<Node<'a>>, PathFault>;

/// What an operand is worth.
enum Worth<'v> {
    Nothing,
    Of(&'v Json),
    Made(Json),
}

impl Worth<'_> {
    fn json(&self) -> Option<&Json> {
        match self {
            Worth::Nothing => None,
            Worth::Of(json) => Some(json),
            Worth::Made(json) => Some(json),
        }
    }
}

impl<'a, 'q> Search<'a, 'q> {
    fn query(&mut self, query: &'q Query, current: Node<'a>) -> Nodes<'a> {
        let start = if query.absolute { Node { json: self.root, at: 0 } } else { current };
        let mut nodes = vec![start];
        for segment in &query.segments {
            let mut found = Vec::new();
            for node in nodes {
                if segment.descendant {
                    self.descend(node, segment, &mut found)?;
                } else {
                    self.apply(node, segment, &mut found)?;
                }
            }
            nodes = found;
        }
        if !self.twice.is_empty() {
            for node in &nodes {
                self.read_once(node.at)?;
            }
        }
        Ok(nodes)
    }

    /// No step on the way to what is read may be of a member that occurs twice.
    fn read_once(&self, mut at: u32) -> Result<(), PathFault> {
        while let Some(step) = self.steps.get(at as usize) {
            match step.part {
                Part::Root => break,
                Part::Twice(number) => {
                    let Some(twice) = self.twice.get(number) else { break };
                    let way = way(&self.steps, &self.twice, at);
                    return Err(PathFault::Twice { way, first: twice.first.clone(), second: twice.second.clone() });
                }
                Part::Key(_) | Part::Index(_) => at = step.from,
            }
        }
        Ok(())
    }

    fn worked(&mut self, more: usize) -> Result<(), PathFault> {
        self.work += more as u64;
        if self.work > MOST_WORK || effort::is_vain(more.max(1)) { Err(PathFault::TooMuchWork) } else { Ok(()) }
    }

    fn below(&mut self, from: Node<'a>, part: Part<'a>, json: &'a Json) -> Result<Node<'a>, PathFault> {
        let at = u32::try_from(self.steps.len()).map_err(|_| PathFault::TooMuchWork)?;
        self.steps.push(Step { from: from.at, part });
        Ok(Node { json, at })
    }

    fn member(
        &mut self,
        from: Node<'a>,
        fields: &'a JsonMap,
        name: &'a str,
        json: &'a Json,
    ) -> Result<Node<'a>, PathFault> {
        let Some((first, second)) = fields.twice(name) else { return self.below(from, Part::Key(name), json) };
        let number = self.twice.len();
        self.twice.push(Twice { name, first, second });
        self.below(from, Part::Twice(number), json)
    }

    /// The node itself and all below it, each before its children.
    fn descend(&mut self, node: Node<'a>, segment: &'q Segment, found: &mut Vec<Node<'a>>) -> Result<(), PathFault> {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            self.worked(1)?;
            self.apply(node, segment, found)?;
            let first = open.len();
            match node.json {
                Json::Array(items) => {
                    for (index, item) in items.iter().enumerate().filter(|(_, item)| has_parts(item)) {
                        open.push(self.below(node, Part::Index(index), item)?);
                    }
                }
                Json::Object(fields) => {
                    for (name, value) in fields.iter().filter(|(_, value)| has_parts(value)) {
                        open.push(self.member(node, fields, name, value)?);
                    }
                }
                _ => {}
            }
            if let Some(children) = open.get_mut(first..) {
                children.reverse();
            }
        }
        Ok(())
    }

    fn apply(&mut self, node: Node<'a>, segment: &'q Segment, found: &mut Vec<Node<'a>>) -> Result<(), PathFault> {
        for selector in &segment.selectors {
            self.select(node, selector, found)?;
        }
        Ok(())
    }

    fn select(&mut self, node: Node<'a>, selector: &'q Selector, found: &mut Vec<Node<'a>>) -> Result<(), PathFault> {
        self.worked(1)?;
        match (selector, node.json) {
            (Selector::Name(name), Json::Object(fields)) => self.named(node, fields, name, found)?,
            (Selector::Index(index), Json::Array(items)) => self.indexed(node, items, *index, found)?,
            (Selector::Slot(slot), json) => match (self.values.get(*slot), json) {
                (Some(Json::String(name)), Json::Object(fields)) => self.named(node, fields, name, found)?,
                (Some(Json::Number(index)), Json::Array(items)) => {
                    if let Some(index) = index.as_i64() {
                        self.indexed(node, items, index, found)?;
                    }
                }
                _ => {}
            },
            (Selector::Wildcard, _) => {
                for child in self.children(node)? {
                    found.push(child);
                }
            }
            (Selector::Slice { start, end, step }, Json::Array(items)) => {
                for index in slice(items.len(), *start, *end, *step) {
                    if let Some(item) = items.get(index) {
                        self.worked(1)?;
                        found.push(self.below(node, Part::Index(index), item)?);
                    }
                }
            }
            (Selector::Filter(filter), _) => {
                for child in self.children(node)? {
                    // What a filter looks at is forgotten again.
                    let mark = self.steps.len();
                    let holds = self.holds(filter, child)?;
                    self.steps.truncate(mark);
                    if holds {
                        found.push(child);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn named(
        &mut self,
        node: Node<'a>,
        fields: &'a JsonMap,
        name: &str,
        found: &mut Vec<Node<'a>>,
    ) -> Result<(), PathFault> {
        if let Some((name, json)) = fields.entry(name) {
            found.push(self.member(node, fields, name, json)?);
        }
        Ok(())
    }

    fn indexed(
        &mut self,
        node: Node<'a>,
        items: &'a [Json],
        index: i64,
        found: &mut Vec<Node<'a>>,
    ) -> Result<(), PathFault> {
        let at = if index < 0 {
            usize::try_from(index.unsigned_abs()).ok().and_then(|back| items.len().checked_sub(back))
        } else {
            usize::try_from(index).ok()
        };
        if let Some((at, item)) = at.and_then(|at| Some((at, items.get(at)?))) {
            found.push(self.below(node, Part::Index(at), item)?);
        }
        Ok(())
    }

    fn children(&mut self, node: Node<'a>) -> Nodes<'a> {
        let mut children = Vec::new();
        match node.json {
            Json::Array(items) => {
                self.worked(items.len())?;
                children.reserve_exact(items.len());
                for (index, item) in items.iter().enumerate() {
                    children.push(self.below(node, Part::Index(index), item)?);
                }
            }
            Json::Object(fields) => {
                self.worked(fields.len())?;
                children.reserve_exact(fields.len());
                for (name, value) in fields {
                    children.push(self.member(node, fields, name, value)?);
                }
            }
            _ => {}
        }
        Ok(children)
    }

    fn holds(&mut self, logical: &'q Logical, node: Node<'a>) -> Result<bool, PathFault> {
        self.worked(1)?;
        Ok(match logical {
            Logical::Or(parts) => {
                for part in parts {
                    if self.holds(part, node)? {
                        return Ok(true);
                    }
                }
                false
            }
            Logical::And(parts) => {
                for part in parts {
                    if !self.holds(part, node)? {
                        return Ok(false);
                    }
                }
                true
            }
            Logical::Not(inner) => !self.holds(inner, node)?,
            Logical::Exists(query) => !self.query(query, node)?.is_empty(),
            Logical::Compare(op, left, right) => {
                let (left, right) = (self.worth(left, node)?, self.worth(right, node)?);
                compare(*op, left.json(), right.json())
            }
            Logical::Matches { text, pattern, compiled, whole } => {
                let text = self.worth(text, node)?;
                let Some(text) = text.json().and_then(Json::as_str) else { return Ok(false) };
                match compiled {
                    Some(regex) => regex.is_match(text),
                    None => {
                        let pattern = self.worth(pattern, node)?;
                        let Some(pattern) = pattern.json().and_then(Json::as_str) else { return Ok(false) };
                        self.regex(pattern, *whole).is_some_and(|regex| regex.is_match(text))
                    }
                }
            }
        })
    }

    /// A pattern that comes from a value is compiled when it is first met.
    fn regex(&mut self, pattern: &str, whole: bool) -> Option<IRegexp> {
        const MOST_KEPT: usize = 64;
        let key = (pattern.to_owned(), whole);
        if let Some(known) = self.regexes.get(&key) {
            return known.clone();
        }
        let compiled = IRegexp::compile(pattern, whole).ok();
        if self.regexes.len() < MOST_KEPT {
            self.regexes.insert(key, compiled.clone());
        }
        compiled
    }

    fn worth<'v>(&mut self, operand: &'q Operand, node: Node<'a>) -> Result<Worth<'v>, PathFault>
    where
        'a: 'v,
        'q: 'v,
    {
        let made = |number: usize| Worth::Made(Json::from(number));
        Ok(match operand {
            Operand::Literal(json) => Worth::Of(json),
            Operand::Slot(slot) => self.values.get(*slot).map_or(Worth::Nothing, Worth::Of),
            Operand::Query(query) => {
                self.query(query, node)?.first().map_or(Worth::Nothing, |found| Worth::Of(found.json))
            }
            Operand::Count(query) => made(self.query(query, node)?.len()),
            Operand::Value(query) => match self.query(query, node)?.as_slice() {
                [only] => Worth::Of(only.json),
                _ => Worth::Nothing,
            },
            Operand::Length(of) => match self.worth(of, node)?.json() {
                Some(Json::String(text)) => made(text.chars().count()),
                Some(Json::Unpaired(text)) => made(text.len()),
                Some(Json::Array(items)) => made(items.len()),
                Some(Json::Object(fields)) => made(fields.len()),
                _ => Worth::Nothing,
            },
        })
    }
}

fn has_parts(json: &Json) -> bool {
    matches!(json, Json::Array(_) | Json::Object(_))
}

/// RFC 9535, section 2.3.5.2.2
fn compare(op: Op, a: Option<&Json>, b: Option<&Json>) -> bool {
    let equal = || a == b;
    let order = || match (a?, b?) {
        (Json::Number(a), Json::Number(b)) => Some(JsonNumber::cmp(a, b)),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match op {
        Op::Equal => equal(),
        Op::NotEqual => !equal(),
        Op::Less => order() == Some(Ordering::Less),
        Op::Greater => order() == Some(Ordering::Greater),
        Op::LessEqual => order() == Some(Ordering::Less) || equal(),
        Op::GreaterEqual => order() == Some(Ordering::Greater) || equal(),
    }
}

/// RFC 9535, section 2.3.4.2.2
fn slice(len: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Box<dyn Iterator<Item = usize>> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let normal = |index: i64| if index >= 0 { index } else { len + index };
    let Ok(stride) = usize::try_from(step.unsigned_abs()) else { return Box::new(std::iter::empty()) };
    if step > 0 {
        let lower = start.map_or(0, normal).clamp(0, len);
        let upper = end.map_or(len, normal).clamp(0, len);
        return Box::new((lower as usize..upper.max(lower) as usize).step_by(stride));
    }
    if step < 0 {
        let upper = start.map_or(len - 1, normal).clamp(-1, len - 1);
        let lower = end.map_or(-1, normal).clamp(-1, len - 1);
        // From `upper` down to above `lower`.
        let (from, to) = (usize::try_from(lower + 1).unwrap_or(0), usize::try_from(upper + 1).unwrap_or(0));
        return Box::new((from..to.max(from)).rev().step_by(stride));
    }
    Box::new(std::iter::empty())
}
