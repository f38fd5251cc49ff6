use std::collections::{BTreeMap, BTreeSet};

use super::ServiceWatch;

/// A service that explains why others fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub service: String,
    /// The failing services that it explains, itself among them when it was seen to fail; those that depend on it last come last.
    pub explains: Vec<String>,
    /// Failing services whose own health says that it is down.
    pub named_by: Vec<String>,
}

/// What is known of the services, for the search.
pub(super) struct Known<'a> {
    pub services: &'a [ServiceWatch],
    /// Seen to fail.
    pub failing: &'a BTreeSet<String>,
    /// Seen to work.
    pub working: &'a BTreeSet<String>,
}

/// The fewest services that explain all that fail, along the `depends on` edges.
///
/// A service explains itself and whatever depends on it. One that was never seen to fail can be suspected when something that depends on it says
/// so, or when it explains two failures or more that nothing else explains together; it can't be when something that depends on it works.
pub(super) fn suspects(known: &Known<'_>) -> Vec<Suspect> {
    let graph = Graph::new(known.services);
    let mut open: BTreeSet<&str> = known.failing.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    while !open.is_empty() {
        let mut candidates: BTreeSet<&str> = open.clone();
        for name in &open {
            candidates.extend(graph.below(name));
        }
        let best = candidates
            .into_iter()
            .filter_map(|name| {
                let explains: BTreeSet<&str> =
                    open.iter().copied().filter(|one| *one == name || graph.below(one).contains(name)).collect();
                let named_by = named_by(known, name, &explains);
                let seen = known.failing.contains(name);
                let exonerated = known.working.contains(name)
                    || (!seen && known.working.iter().any(|works| graph.below(works).contains(name)));
                let credible = seen || !named_by.is_empty() || explains.len() > 1;
                // More explained first; then what was seen over what is supposed; then what lies deeper.
                let rank = (
                    explains.len(),
                    seen || !named_by.is_empty(),
                    !named_by.is_empty(),
                    std::cmp::Reverse(graph.below(name).len()),
                );
                (credible && !exonerated && !explains.is_empty()).then_some((rank, name, explains, named_by))
            })
            .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        let Some((_, name, explains, named_by)) = best else { break };
        for one in &explains {
            open.remove(one);
        }
        let mut explains: Vec<String> = explains.into_iter().map(str::to_owned).collect();
        explains.sort_by_key(|one| (graph.below(one).len(), one.clone()));
        found.push(Suspect { service: name.to_owned(), explains, named_by });
    }
    found
}

fn named_by(known: &Known<'_>, name: &str, among: &BTreeSet<&str>) -> Vec<String> {
    let says = |watch: &&ServiceWatch| {
        watch.name != name
            && among.contains(watch.name.as_str())
            && watch
                .sightings
                .iter()
                .any(|one| !one.held && one.names_down.iter().any(|down| down.eq_ignore_ascii_case(name)))
    };
    known.services.iter().filter(says).map(|watch| watch.name.clone()).collect()
}

/// Who depends on whom, through however many steps.
pub(super) struct Graph<'a> {
    below: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Graph<'a> {
    pub fn new(services: &'a [ServiceWatch]) -> Self {
        let direct: BTreeMap<&str, &[String]> =
            services.iter().map(|one| (one.name.as_str(), one.depends_on.as_slice())).collect();
        let mut below = BTreeMap::new();
        for service in services {
            let mut reached: BTreeSet<&str> = BTreeSet::new();
            let mut next: Vec<&str> = vec![&service.name];
            while let Some(name) = next.pop() {
                for one in direct.get(name).copied().unwrap_or_default() {
                    if one != &service.name && reached.insert(one) {
                        next.push(one);
                    }
                }
            }
            below.insert(service.name.as_str(), reached);
        }
        Self { below }
    }

    /// All that a service depends on.
    pub fn below(&self, name: &str) -> BTreeSet<&'a str> {
        self.below.get(name).cloned().unwrap_or_default()
    }
}
