use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Json, Unpaired};

/// The members of an object, in their order. Cheap to clone. What is found by name needs no search through all of them.
///
/// A body may hold millions of small objects: each is one allocation, with nothing beside its members.
#[derive(Clone, Debug)]
pub struct JsonMap(Members);

#[derive(Clone, Debug)]
enum Members {
    /// At most [`JsonMap::SMALL`].
    Few(Arc<[(Name, Json)]>),
    Many(Arc<Indexed>),
}

#[derive(Default)]
struct Indexed {
    list: Vec<(Name, Json)>,
    /// The first two places of each name that occurs more than once; absent where none does. A name that is no text is none of them.
    twice: Option<HashMap<Arc<str>, (usize, usize)>>,
    /// The last place of each name, once the object has been searched.
    index: OnceLock<HashMap<Arc<str>, usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Text(Arc<str>),
    /// Which no name that is a text is equal to; and how it is shown. Boxed, since it is rare and a name must stay small.
    Unpaired(Box<(Unpaired, Arc<str>)>),
}

impl Name {
    pub fn unpaired(text: Unpaired) -> Self {
        let shown = text.shown().into();
        Name::Unpaired(Box::new((text, shown)))
    }

    /// For messages; two names that differ may look alike.
    pub fn shown(&self) -> &str {
        match self {
            Name::Text(text) => text,
            Name::Unpaired(name) => &name.1,
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

/// What it has, and not what has been searched of it.
impl fmt::Debug for Indexed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}

impl Clone for Indexed {
    fn clone(&self) -> Self {
        Self { list: self.list.clone(), twice: self.twice.clone(), index: OnceLock::new() }
    }
}

impl Default for JsonMap {
    fn default() -> Self {
        Self(Members::Few(Arc::from([])))
    }
}

impl JsonMap {
    /// Objects of up to this many members are searched from their start: an index would take longer to make than it saves.
    pub(super) const SMALL: usize = 32;

    pub fn new() -> Self {
        Self::default()
    }

    /// Members as they are in a text, where a name may occur twice.
    pub(super) fn from_members(list: Vec<(Name, Json)>) -> Self {
        if list.len() <= Self::SMALL {
            return Self::few(list.into());
        }
        Self::many(list)
    }

    /// At most [`JsonMap::SMALL`] members.
    pub(super) fn few(list: Arc<[(Name, Json)]>) -> Self {
        Self(Members::Few(list))
    }

    fn many(list: Vec<(Name, Json)>) -> Self {
        let mut seen: HashMap<&Name, usize> = HashMap::with_capacity(list.len());
        let mut twice: Option<HashMap<Arc<str>, (usize, usize)>> = None;
        for (at, (name, _)) in list.iter().enumerate() {
            let Some(first) = seen.get(name).copied() else {
                seen.insert(name, at);
                continue;
            };
            let known = twice.get_or_insert_default();
            if let Name::Text(text) = name {
                known.entry(text.clone()).or_insert((first, at));
            }
        }
        drop(seen);
        Self(Members::Many(Arc::new(Indexed { list, twice, index: OnceLock::new() })))
    }

    pub fn len(&self) -> usize {
        self.members().len()
    }

    pub fn is_empty(&self) -> bool {
        self.members().is_empty()
    }

    /// Sets a member: it stays where it is if it was there.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: impl Into<Json>) {
        let (name, value) = (name.into(), value.into());
        let at = self.place(&name);
        match &mut self.0 {
            Members::Few(list) => match at {
                Some(at) => {
                    if let Some((_, old)) = Arc::make_mut(list).get_mut(at) {
                        *old = value;
                    }
                }
                None => {
                    let more = [(Name::Text(name), value)];
                    *self = Self::from_members(list.iter().cloned().chain(more).collect());
                }
            },
            Members::Many(members) => {
                let members = Arc::make_mut(members);
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
        }
    }

    /// The last member of that name, as most programs read one that occurs twice. What judges asks for [`JsonMap::member`].
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members().get(self.place(name)?).map(|(_, value)| value)
    }

    /// As [`JsonMap::get`], with the name as it is in the object.
    pub fn entry(&self, name: &str) -> Option<(&str, &Json)> {
        self.members().get(self.place(name)?).map(|(name, value)| (name.shown(), value))
    }

    pub fn member(&self, name: &str) -> Member<'_> {
        match &self.0 {
            Members::Few(list) => {
                let mut found = list.iter().filter(|(own, _)| is(own, name)).map(|(_, value)| value);
                match (found.next(), found.next()) {
                    (Some(first), Some(second)) => Member::Twice(first, second),
                    (Some(only), None) => Member::One(only),
                    _ => Member::Absent,
                }
            }
            Members::Many(members) => {
                let value = |at: usize| members.list.get(at).map(|(_, value)| value);
                let places = members.twice.as_ref().and_then(|twice| twice.get(name));
                match places.and_then(|(first, second)| value(*first).zip(value(*second))) {
                    Some((first, second)) => Member::Twice(first, second),
                    None => self.get(name).map_or(Member::Absent, Member::One),
                }
            }
        }
    }

    /// The first two values of a name that occurs twice. Cheaper than [`JsonMap::member`] where it doesn't.
    pub fn twice(&self, name: &str) -> Option<(&Json, &Json)> {
        let is_possible = match &self.0 {
            Members::Few(list) => list.len() > 1,
            Members::Many(members) => members.twice.is_some(),
        };
        match is_possible.then(|| self.member(name))? {
            Member::Twice(first, second) => Some((first, second)),
            _ => None,
        }
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The members with their names, of which one that is no text is made readable.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> + DoubleEndedIterator {
        self.members().iter().map(|(name, value)| (name.shown(), value))
    }

    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    pub fn values(&self) -> impl ExactSizeIterator<Item = &Json> {
        self.iter().map(|(_, value)| value)
    }

    pub(super) fn members(&self) -> &[(Name, Json)] {
        match &self.0 {
            Members::Few(list) => list,
            Members::Many(members) => &members.list,
        }
    }

    pub fn has_twice(&self) -> bool {
        match &self.0 {
            Members::Few(list) => has_twice(list),
            Members::Many(members) => members.twice.is_some(),
        }
    }

    /// A name that occurs twice, with its first two values.
    pub fn first_twice(&self) -> Option<(String, &Json, &Json)> {
        if !self.has_twice() {
            return None;
        }
        let mut seen: HashMap<&Name, &Json> = HashMap::new();
        self.members().iter().find_map(|(name, value)| {
            let first = seen.insert(name, value)?;
            Some((name.shown().to_owned(), first, value))
        })
    }

    fn place(&self, name: &str) -> Option<usize> {
        let members = match &self.0 {
            Members::Few(list) => return list.iter().rposition(|(own, _)| is(own, name)),
            Members::Many(members) => members,
        };
        let index = members.index.get_or_init(|| {
            let texts = members.list.iter().enumerate().filter_map(|(at, (name, _))| match name {
                Name::Text(text) => Some((text.clone(), at)),
                Name::Unpaired(..) => None,
            });
            texts.collect()
        });
        index.get(name).copied()
    }
}

/// Of few members.
fn has_twice(list: &[(Name, Json)]) -> bool {
    list.iter().enumerate().any(|(at, (name, _))| list.iter().take(at).any(|(other, _)| other == name))
}

fn is(own: &Name, name: &str) -> bool {
    matches!(own, Name::Text(own) if **own == *name)
}

impl PartialEq for JsonMap {
    fn eq(&self, other: &JsonMap) -> bool {
        let same = match (&self.0, &other.0) {
            (Members::Few(a), Members::Few(b)) => Arc::ptr_eq(a, b),
            (Members::Many(a), Members::Many(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        if same {
            return true;
        }
        if self.len() != other.len() {
            return false;
        }
        let (a, b) = (self.members(), other.members());
        // In one order they need no search, and names that occur twice have no other meaning.
        if a.iter().zip(b).all(|((a, _), (b, _))| a == b) {
            return a.iter().zip(b).all(|((_, a), (_, b))| a == b);
        }
        if self.has_twice() || other.has_twice() {
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
