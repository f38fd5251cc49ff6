use std::collections::{BTreeSet, HashMap};

use super::{Selector, Suite, Test};

/// Where a test is: its suite's index, and its own in it.
type Place = (usize, usize);

/// The tests of a plan by what selects them, so that a phase costs what it selects and not a look at every test.
pub(super) struct Selectable<'p> {
    suites: &'p [Suite],
    suites_by_name: HashMap<&'p str, Vec<usize>>,
    suites_by_tag: HashMap<&'p str, Vec<usize>>,
    /// By tags that suites don't say already.
    by_tag: HashMap<&'p str, Vec<Place>>,
    by_priority: HashMap<&'p str, Vec<Place>>,
    /// What no phase has selected so far.
    left: BTreeSet<Place>,
}

impl<'p> Selectable<'p> {
    pub fn new(suites: &'p [Suite]) -> Self {
        let mut one = Self {
            suites,
            suites_by_name: HashMap::new(),
            suites_by_tag: HashMap::new(),
            by_tag: HashMap::new(),
            by_priority: HashMap::new(),
            left: BTreeSet::new(),
        };
        for (at, suite) in suites.iter().enumerate() {
            one.suites_by_name.entry(&suite.name).or_default().push(at);
            suite.meta.tags.iter().for_each(|tag| one.suites_by_tag.entry(tag).or_default().push(at));
            for (index, test) in suite.tests.iter().enumerate() {
                let place = (at, index);
                test.meta.tags.own().for_each(|tag| one.by_tag.entry(tag).or_default().push(place));
                test.meta.priority.iter().for_each(|own| one.by_priority.entry(own).or_default().push(place));
                one.left.insert(place);
            }
        }
        one
    }

    /// The tests that a phase selects, in the order of the plan.
    pub fn take(&mut self, selectors: &[Selector]) -> Vec<&'p Test> {
        let mut found: BTreeSet<Place> = BTreeSet::new();
        let mut whole: BTreeSet<usize> = BTreeSet::new();
        for selector in selectors {
            match selector {
                Selector::Tags(tags) => {
                    whole.extend(tags.iter().filter_map(|tag| self.suites_by_tag.get(tag.as_str())).flatten());
                    found.extend(tags.iter().filter_map(|tag| self.by_tag.get(tag.as_str())).flatten());
                }
                Selector::Priorities(all) => {
                    found.extend(all.iter().filter_map(|one| self.by_priority.get(one.as_str())).flatten());
                }
                Selector::Suites(names) => {
                    whole.extend(names.iter().filter_map(|name| self.suites_by_name.get(name.as_str())).flatten());
                }
                Selector::EverythingNotRun => found.extend(&self.left),
            }
        }
        let suites = self.suites;
        found.extend(whole.iter().flat_map(|at| (0..suites[*at].tests.len()).map(|index| (*at, index))));
        found
            .iter()
            .map(|place| {
                self.left.remove(place);
                &suites[place.0].tests[place.1]
            })
            .collect()
    }
}
