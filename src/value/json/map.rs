use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::{Json, Unpaired};

/// Objects of up to this many members are searched from their start.
const SMALL: usize = 8;

/// The members of an object, in their order. Cheap to clone. What is found by name needs no search through all of them.
#[derive(Clone, Debug, Default)]
pub struct JsonMap(Arc<Members>);

#[derive(Debug, Default)]
struct Members {
    list: Vec<(Name, Json)>,
    /// A name occurs more than once.
    twice: bool,
    /// The last place of each name, of a large object that has been searched.
    index: OnceLock<HashMap<Arc<str>, usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Text(Arc<str>),
    /// Which no name that is a text is equal to.
    Unpaired(Unpaired, Arc<str>),
}

impl Name {
    pub fn unpaired(text: Unpaired) -> Self {
        let shown = text.shown().into();
        Name::Unpaired(text, shown)
    }

    /// For messages; two names that differ may look alike.
    pub fn shown(&self) -> &str {
        match self {
            Name::Text(text) | Name::Unpaired(_, text) => text,
        }
    }
}

/// What an object has under a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Member<'a> {
    Absent,
    One(&'a Json),
    /// The first two of several. Which of them is meant isn't defined (RFC 8259, section 4).
    Twice(&'a Json, &'a Json),
}

impl Clone for Members {
    fn clone(&self) -> Self {
        Self { list: self.list.clone(), twice: self.twice, index: OnceLock::new() }
    }
}

impl JsonMap {
    pub fn new() -> Self {
        Self::default()
    }

    /// Members as they stand in a text, where a name may occur twice.
    pub(super) fn from_members(list: Vec<(Name, Json)>) -> Self {
        let twice = if list.len() <= SMALL {
            list.iter().enumerate().any(|(at, (name, _))| list.iter().take(at).any(|(other, _)| other == name))
        } else {
            let mut seen = HashSet::with_capacity(list.len());
            !list.iter().all(|(name, _)| seen.insert(name))
        };
        Self(Arc::new(Members { list, twice, index: OnceLock::new() }))
    }

    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// Sets a member: it stays where it is if it was there.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: impl Into<Json>) {
        let (name, value) = (name.into(), value.into());
        let at = self.place(&name);
        let members = Arc::make_mut(&mut self.0);
        match at.and_then(|at| members.list.get_mut(at)) {
            Some((_, old)) => *old = value,
            None => {
                if let Some(index) = members.index.get_mut() {
                    index.insert(name.clone(), members.list.len());
                }
                members.list.push((Name::Text(name), value));
            }
        }
    }

    /// The last member of that name, as most programs read one that occurs twice. What judges asks for [`JsonMap::member`].
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.list.get(self.place(name)?).map(|(_, value)| value)
    }

    pub fn member(&self, name: &str) -> Member<'_> {
        if !self.0.twice {
            return self.get(name).map_or(Member::Absent, Member::One);
        }
        let mut found = self.0.list.iter().filter(|(own, _)| is(own, name)).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(first), Some(second)) => Member::Twice(first, second),
            (Some(only), None) => Member::One(only),
            _ => Member::Absent,
        }
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The members with their names, of which one that is no text is made readable.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> + DoubleEndedIterator {
        self.0.list.iter().map(|(name, value)| (name.shown(), value))
    }

    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    pub fn values(&self) -> impl ExactSizeIterator<Item = &Json> {
        self.iter().map(|(_, value)| value)
    }

    pub(super) fn members(&self) -> &[(Name, Json)] {
        &self.0.list
    }

    pub fn has_twice(&self) -> bool {
        self.0.twice
    }

    /// A name that occurs twice, with its first two values.
    pub fn first_twice(&self) -> Option<(String, &Json, &Json)> {
        if !self.0.twice {
            return None;
        }
        let mut seen: HashMap<&Name, &Json> = HashMap::new();
        self.0.list.iter().find_map(|(name, value)| {
            let first = seen.insert(name, value)?;
            Some((name.shown().to_owned(), first, value))
        })
    }

    fn place(&self, name: &str) -> Option<usize> {
        let list = &self.0.list;
        if list.len() <= SMALL {
            return list.iter().rposition(|(own, _)| is(own, name));
        }
        let index = self.0.index.get_or_init(|| {
            let texts = list.iter().enumerate().filter_map(|(at, (name, _))| match name {
                Name::Text(text) => Some((text.clone(), at)),
                Name::Unpaired(..) => None,
            });
            texts.collect()
        });
        index.get(name).copied()
    }
}

fn is(own: &Name, name: &str) -> bool {
    matches!(own, Name::Text(own) if **own == *name)
}

impl PartialEq for JsonMap {
    fn eq(&self, other: &JsonMap) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        if self.len() != other.len() {
            return false;
        }
        let (a, b) = (&self.0.list, &other.0.list);
        // In one order they need no search, and names that occur twice have no other meaning.
        if a.iter().zip(b).all(|((a, _), (b, _))| a == b) {
            return a.iter().zip(b).all(|((_, a), (_, b))| a == b);
        }
        if self.0.twice || other.0.twice {
            return false;
        }
        a.iter().all(|(name, value)| match name {
            Name::Text(text) => other.get(text).is_some_and(|found| found == value),
            Name::Unpaired(..) => b.iter().any(|(other, found)| other == name && found == value),
        })
    }
}

impl<K: Into<Arc<str>>, V: Into<Json>> FromIterator<(K, V)> for JsonMap {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut map = JsonMap::new();
        for (name, value) in members {
            map.insert(name, value);
        }
        map
    }
}

impl<'a> IntoIterator for &'a JsonMap {
    type Item = (&'a str, &'a Json);
    type IntoIter = Box<dyn Iterator<Item = (&'a str, &'a Json)> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}
