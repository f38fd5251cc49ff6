use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which time of which step something is of: the same in every run of the same specs, whatever runs beside it. Two runs are compared, and a
/// recorded one is found again, by these.
#[derive(Clone)]
pub struct Occurrence(Arc<Node>);

struct Node {
    within: Option<Occurrence>,
    /// The outermost one; none for itself.
    root: Option<Occurrence>,
    part: Part,
    /// Of all parts from the root: what random values of the step are drawn from, beside the run's seed.
    digest: u64,
}

/// One of a few names; serde takes a written-out `&'static str` for one that is borrowed from what it reads.
type HookName = &'static str;

/// One level of an [`Occurrence`]. Numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// By its id.
    Test(Arc<str>),
    /// The hooks that all tests of a suite share: by the suite's file and name, and `before all` or `after all`.
    Suite(Arc<str>, #[serde(deserialize_with = "hook")] HookName),
    /// Of a plan, by its name: hooks of a suite run in each phase that runs tests of it.
    Phase(Arc<str>),
    /// By its name: obtained on behalf of no test.
    Credential(Arc<str>),
    /// By the service's name.
    Probe(Arc<str>),
    /// `before each` or `after each`; of a load's user, its hooks and its pauses.
    Hook(#[serde(deserialize_with = "hook")] HookName),
    /// Of a test.
    Attempt(u32),
    /// Of a load.
    User(u32),
    /// By its first line, and which of those with an equal one in its block.
    Step(Arc<str>, u32),
    /// A call of a flow, by its name.
    Call(Arc<str>),
    /// Which of a loop's elements.
    Element(u32),
    /// Of a `repeat`, an `eventually`, of a probe, or of a load's user.
    Round(u32),
    /// Which time a request was sent by its `retry`.
    Sent(u32),
}

impl Occurrence {
    pub fn root(part: Part) -> Self {
        let digest = part.digest(0);
        Self(Arc::new(Node { within: None, root: None, part, digest }))
    }

    pub fn then(&self, part: Part) -> Self {
        let digest = part.digest(self.0.digest);
        let root = self.0.root.clone().unwrap_or_else(|| self.clone());
        Self(Arc::new(Node { within: Some(self.clone()), root: Some(root), part, digest }))
    }

    /// Differs from that of every other occurrence, but for chances of one in 2^64.
    pub fn digest(&self) -> u64 {
        self.0.digest
    }

    pub fn part(&self) -> &Part {
        &self.0.part
    }

    /// Whether it is another one, or within that.
    pub fn is_within(&self, other: &Occurrence) -> bool {
        let mut at = Some(self);
        while let Some(one) = at {
            if one.digest() == other.digest() {
                return true;
            }
            at = one.within();
        }
        false
    }

    pub fn within(&self) -> Option<&Occurrence> {
        self.0.within.as_ref()
    }

    /// From the outermost part to the innermost.
    pub fn parts(&self) -> Vec<&Part> {
        let mut parts = vec![self.part()];
        let mut at = self;
        while let Some(within) = at.within() {
            parts.push(within.part());
            at = within;
        }
        parts.reverse();
        parts
    }

    /// The outermost part: a test, a suite's hooks, a credential, a probe.
    pub fn outermost(&self) -> &Part {
        self.0.root.as_ref().unwrap_or(self).part()
    }
}

/// As the list of its parts.
impl Serialize for Occurrence {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.parts())
    }
}

impl<'de> Deserialize<'de> for Occurrence {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut parts = Vec::<Part>::deserialize(from)?.into_iter();
        let first = parts.next().ok_or_else(|| serde::de::Error::custom("an occurrence without parts"))?;
        Ok(parts.fold(Self::root(first), |within, part| within.then(part)))
    }
}

/// The hooks that there are.
fn hook<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    const ALL: [&str; 7] =
        ["before all", "after all", "before each", "after each", "before each user", "after each user", "think"];
    let name = std::borrow::Cow::<str>::deserialize(from)?;
    let known = ALL.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| serde::de::Error::custom(format!("no hook is called `{name}`")))
}

impl Part {
    fn digest(&self, within: u64) -> u64 {
        use crate::value::{keyed, keyed_by};
        match self {
            Part::Test(id) => keyed(keyed(within, "test"), id),
            Part::Suite(name, hook) => keyed(keyed(within, hook), name),
            Part::Phase(name) => keyed(keyed(within, "phase"), name),
            Part::Credential(name) => keyed(keyed(within, "credential"), name),
            Part::Probe(name) => keyed(keyed(within, "probe"), name),
            Part::Hook(name) => keyed(within, name),
            Part::Attempt(n) => keyed_by(within, format_args!("attempt {n}")),
            Part::User(n) => keyed_by(within, format_args!("user {n}")),
            Part::Step(head, n) => keyed_by(keyed(within, head), format_args!("step {n}")),
            Part::Call(flow) => keyed(keyed(within, "call"), flow),
            Part::Element(n) => keyed_by(within, format_args!("element {n}")),
            Part::Round(n) => keyed_by(within, format_args!("round {n}")),
            Part::Sent(n) => keyed_by(within, format_args!("sent {n}")),
        }
    }
}

/// It may be as deep as blocks and calls of flows nest, which is deeper than a stack.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.within.take();
        while let Some(mut node) = next.and_then(|within| Arc::into_inner(within.0)) {
            next = node.within.take();
        }
    }
}

impl PartialEq for Occurrence {
    fn eq(&self, other: &Self) -> bool {
        let mut pair = (Some(self), Some(other));
        while let (Some(one), Some(other)) = pair {
            if Arc::ptr_eq(&one.0, &other.0) {
                return true;
            }
            if one.0.digest != other.0.digest || one.0.part != other.0.part {
                return false;
            }
            pair = (one.within(), other.within());
        }
        pair.0.is_none() && pair.1.is_none()
    }
}

impl Eq for Occurrence {}

impl std::hash::Hash for Occurrence {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Test(id) => f.write_str(id),
            Part::Suite(name, hook) => write!(f, "{name}, {hook}"),
            Part::Phase(name) => write!(f, "phase {name}"),
            Part::Credential(name) => write!(f, "credential {name}"),
            Part::Probe(name) => write!(f, "probe of {name}"),
            Part::Hook(name) => f.write_str(name),
            Part::Attempt(n) => write!(f, "attempt {n}"),
            Part::User(n) => write!(f, "user {n}"),
            Part::Step(head, 1) => write!(f, "`{head}`"),
            Part::Step(head, n) => write!(f, "`{head}` ({n})"),
            Part::Call(flow) => write!(f, "call {flow}"),
            Part::Element(n) => write!(f, "element {n}"),
            Part::Round(n) => write!(f, "round {n}"),
            Part::Sent(n) => write!(f, "sent {n}"),
        }
    }
}

/// From the outermost to the innermost: `a.e2e::s::t > attempt 1 > \`GET http://s/a\` > sent 1`.
impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts().into_iter().enumerate() {
            let joint = if at == 0 { "" } else { " > " };
            write!(f, "{joint}{part}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn occurrences_differ_by_each_of_their_parts() {
        let test = |id: &str| Occurrence::root(Part::Test(id.into()));
        let step = |head: &str, n| Part::Step(head.into(), n);
        let mut all = vec![test("a"), test("b"), Occurrence::root(Part::Credential("a".into()))];
        for attempt in 1..=3 {
            let attempt = test("a").then(Part::Attempt(attempt));
            for (head, n) in [("GET /a", 1), ("GET /a", 2), ("GET /b", 1)] {
                let one = attempt.then(step(head, n));
                all.extend([one.then(Part::Round(1)), one.then(Part::Element(1)), one.then(Part::Sent(2)), one]);
            }
        }
        let digests: HashSet<u64> = all.iter().map(Occurrence::digest).collect();
        let texts: HashSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!((digests.len(), texts.len()), (all.len(), all.len()));
        assert_eq!(
            all.iter().filter(|one| **one == test("a").then(Part::Attempt(1)).then(step("GET /a", 2))).count(),
            1
        );
        assert_eq!(all[5].to_string(), "a > attempt 1 > `GET /a` > sent 2");
    }
}
