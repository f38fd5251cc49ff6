use std::collections::{HashMap, HashSet, VecDeque};

use super::cx::BodyFacts;
use super::index::Index;
use crate::project::{DeclRef, ModuleOrigin};

/// Whether a declaration is of the standard library, which the user can't change.
pub(super) fn is_std(index: &Index<'_>, decl: DeclRef) -> bool {
    let module = index.project.module(decl.module);
    module.is_some_and(|module| matches!(module.origin, ModuleOrigin::Std(_)) && !index.is_root(module.id))
}

/// The declarations from which, by calls, one of `from` is reached.
pub(super) fn reaching(decls: &HashMap<DeclRef, &BodyFacts>, from: impl Fn(&BodyFacts) -> bool) -> HashSet<DeclRef> {
    let mut callers: HashMap<DeclRef, Vec<DeclRef>> = HashMap::new();
    for (decl, facts) in decls {
        for (to, _) in &facts.calls {
            callers.entry(*to).or_default().push(*decl);
        }
    }
    let mut queue: VecDeque<DeclRef> = decls.iter().filter(|(_, facts)| from(facts)).map(|(decl, _)| *decl).collect();
    let mut reached: HashSet<DeclRef> = queue.iter().copied().collect();
    while let Some(decl) = queue.pop_front() {
        for caller in callers.get(&decl).into_iter().flatten() {
            if reached.insert(*caller) {
                queue.push_back(*caller);
            }
        }
    }
    reached
}
