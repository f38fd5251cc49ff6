//! What the names of a file refer to: a table that definitions, references, renaming and the lints of what is never used read.

use std::collections::{HashMap, HashSet};

use super::scope::{Kind, Scope};
use crate::source::{SourceId, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// `let`
    Value,
    /// `capture` and `collect`
    Capture,
    Parameter,
    Loop,
    Channel,
    Mark,
    Flow,
    Shape,
    Credential,
    /// A module under the name that an import gives it.
    Module,
    Environment,
    /// A value of the environment.
    EnvValue,
    Service,
}

impl From<Kind> for DefinitionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Let => DefinitionKind::Value,
            Kind::Capture | Kind::Collect => DefinitionKind::Capture,
            Kind::Param => DefinitionKind::Parameter,
            Kind::Loop | Kind::Row => DefinitionKind::Loop,
            Kind::Channel => DefinitionKind::Channel,
            Kind::Mark => DefinitionKind::Mark,
        }
    }
}

/// Where a name is given, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Definition {
    /// The name itself. Of what is named again under the same name (a capture of the next response, a value that several environments
    /// have), the first place.
    pub span: Span,
    pub kind: DefinitionKind,
}

impl Definition {
    pub fn file(self) -> SourceId {
        self.span.source
    }
}

/// What a name is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is given here: at the definition itself, or again.
    Gives,
    /// It is used.
    Uses,
    /// It is named without being used: in the list of an import, or as the name of an argument.
    Names,
}

/// A name in the file, and what it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Covers the name, and nothing else.
    pub span: Span,
    pub definition: Definition,
    pub role: Role,
    /// `{ thread_id }`: it is a field's name as well, which stays when the definition is renamed: `{ thread_id: id }`.
    pub is_field: bool,
}

/// The names of one file that are known, by their place.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    references: Vec<Reference>,
}

impl Resolution {
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What the name at an offset refers to; the end of a name counts too, as a cursor may be there.
    pub fn at(&self, offset: u32) -> Option<&Reference> {
        let next = self.references.partition_point(|one| one.span.end < offset);
        self.references.get(next).filter(|one| one.span.start <= offset)
    }

    /// The places of this file that refer to a definition, its own included.
    pub fn of(&self, definition: Definition) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |one| one.definition == definition)
    }

    /// What is defined in this file, by place.
    pub fn definitions(&self) -> impl Iterator<Item = Definition> {
        self.references
            .iter()
            .map(|one| one.definition)
            .filter(|definition| self.is_own(*definition))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
    }

    fn is_own(&self, definition: Definition) -> bool {
        self.references.first().is_some_and(|one| one.span.source == definition.span.source)
    }
}

/// The table while a file is walked.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    references: Vec<Reference>,
    /// The places of definitions that are used.
    used: HashSet<Span>,
    /// Those of them that were only counted.
    counted: Vec<Span>,
    /// Places that give one name to the same thing, each with the one that represents it.
    same: HashMap<Span, Span>,
}

/// How far a table had come.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamesBefore {
    references: usize,
    counted: usize,
}

impl Names {
    /// A name is given at a place: of a definition that represents several, not at its own.
    pub fn give_at(&mut self, span: Span, definition: Definition) {
        self.push(span, definition, Role::Gives);
    }

    pub fn use_at(&mut self, span: Span, definition: Definition) {
        self.used.insert(definition.span);
        self.push(span, definition, Role::Uses);
    }

    pub fn name_at(&mut self, span: Span, definition: Definition) {
        self.push(span, definition, Role::Names);
    }

    fn push(&mut self, span: Span, definition: Definition, role: Role) {
        self.references.push(Reference { span, definition, role, is_field: false });
    }

    /// The last reference, if it is at `span`, names a field too.
    pub fn is_field(&mut self, span: Span) {
        if let Some(last) = self.references.last_mut().filter(|last| last.span == span) {
            last.is_field = true;
        }
    }

    /// Counts a definition, or the name of an import, as used.
    pub fn count(&mut self, definition: Span) {
        self.used.insert(definition);
        self.counted.push(definition);
    }

    pub fn before(&self) -> NamesBefore {
        NamesBefore { references: self.references.len(), counted: self.counted.len() }
    }

    /// What was used since then that is defined outside of a part of the file: one reference to each, and what was only counted.
    pub fn uses_since(&self, before: NamesBefore, part: Span) -> (Vec<Reference>, Vec<Span>) {
        let is_outside = |place: Span| place.source != part.source || place.start < part.start || part.end < place.end;
        let mut seen = HashSet::new();
        let references = self.references.get(before.references..).unwrap_or_default();
        let uses = references
            .iter()
            .filter(|one| one.role == Role::Uses && is_outside(one.definition.span) && seen.insert(one.definition));
        let counted = self.counted.get(before.counted..).unwrap_or_default();
        (uses.copied().collect(), counted.iter().copied().filter(|place| is_outside(*place)).collect())
    }

    pub fn use_again(&mut self, one: Reference) {
        self.used.insert(one.definition.span);
        self.references.push(one);
    }

    pub fn is_used(&self, definition: Span) -> bool {
        self.used.contains(&definition)
    }

    /// Notes that what a scope names twice, or in several branches, is one thing. Gives the names of which nothing is used, in order.
    pub fn close<'p>(&mut self, scope: &Scope<'p>) -> Vec<(&'p str, Span, Kind)> {
        let mut places: HashMap<&str, Vec<Span>> = HashMap::new();
        for (name, span, _) in scope.named() {
            places.entry(name).or_default().push(*span);
        }
        let mut used = HashSet::new();
        for (name, places) in &places {
            self.are_same(places);
            if places.iter().any(|place| self.is_used(*place)) {
                used.insert(*name);
            }
        }
        scope.named().iter().filter(|(name, ..)| !used.contains(name)).copied().collect()
    }

    /// Notes that these places give a name to the same thing.
    pub fn are_same(&mut self, places: &[Span]) {
        let Some(first) = places.iter().map(|place| self.first(*place)).min() else { return };
        for place in places {
            let root = self.first(*place);
            if root != first {
                self.same.insert(root, first);
            }
        }
    }

    /// The place that represents all that give the name to the same thing.
    fn first(&self, mut place: Span) -> Span {
        while let Some(earlier) = self.same.get(&place) {
            place = *earlier;
        }
        place
    }

    /// The places of flows, shapes and credentials that are used, whichever file declares them.
    pub fn used_declarations(&self) -> HashSet<Span> {
        let is_declared =
            |kind| matches!(kind, DefinitionKind::Flow | DefinitionKind::Shape | DefinitionKind::Credential);
        let uses = self.references.iter().filter(|one| one.role == Role::Uses && is_declared(one.definition.kind));
        uses.map(|one| one.definition.span).collect()
    }

    pub fn into_table(mut self) -> Resolution {
        let mut references = std::mem::take(&mut self.references);
        let kinds: HashMap<Span, DefinitionKind> =
            references.iter().map(|one| (one.definition.span, one.definition.kind)).collect();
        for one in &mut references {
            let span = self.first(one.definition.span);
            let kind = kinds.get(&span).copied().unwrap_or(one.definition.kind);
            one.definition = Definition { span, kind };
        }
        references.retain(|one| !one.span.is_empty());
        references.sort_by_key(|one| (one.span, one.role != Role::Gives, one.definition));
        references.dedup_by_key(|one| one.span);
        Resolution { references }
    }
}
