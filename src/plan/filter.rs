use std::collections::{BTreeSet, HashSet};

use super::selection::Selection;
use super::{Plan, Release, Test};
use crate::diag::{Code, Diagnostic, closest, codes};
use crate::source::Span;

/// Keeps the tests and loads that the selection fits; suites without any are dropped.
///
/// # Errors
/// The selection fits no test, or names a tag or a priority that no test has.
pub fn select(plan: &mut Plan, selection: &Selection) -> Result<(), Vec<Diagnostic>> {
    let unknown = unknown(plan, selection);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    super::loads::select_loads(plan, selection);
    let total: usize = plan.suites.iter().map(|suite| suite.tests.len()).sum();
    let filters = selection.filters();
    // How many tests each filter fits, whatever the others say.
    let mut fitting = vec![0_usize; filters.len()];
    for suite in &mut plan.suites {
        let name = &suite.name;
        suite.tests.retain(|test| {
            let mut fits = true;
            for (filter, count) in filters.iter().zip(&mut fitting) {
                let fitted = (filter.fits)(name, test);
                *count += usize::from(fitted);
                fits &= fitted;
            }
            fits
        });
    }
    plan.suites.retain(|suite| !suite.tests.is_empty());
    if plan.suites.is_empty() && plan.loads.is_empty() && total > 0 {
        return Err(vec![nothing_selected(&filters, &fitting, total)]);
    }
    Ok(())
}

/// Narrows a plan that is selected already to the tests of these ids; nothing at all may be left. Its phases stay, even those without a test.
pub fn keep_only(plan: &mut Plan, release: &mut Release, ids: &HashSet<String>) {
    for phase in &mut release.phases {
        phase.tests.retain(|id| ids.contains(id));
    }
    for suite in &mut plan.suites {
        suite.tests.retain(|test| ids.contains(&test.id));
    }
    plan.suites.retain(|suite| !suite.tests.is_empty());
    plan.loads.retain(|load| ids.contains(&load.id));
    for phase in &mut release.phases {
        phase.loads.retain(|name| plan.loads.iter().any(|load| load.name == *name));
    }
}

/// Whether a filter fits a test, of the suite of this name.
type Fits<'s> = Box<dyn Fn(&str, &Test) -> bool + 's>;

/// One kind of filter.
struct Filter<'s> {
    /// As it is typed.
    words: String,
    fits: Fits<'s>,
}

impl<'s> Filter<'s> {
    fn new(words: String, fits: impl Fn(&str, &Test) -> bool + 's) -> Self {
        Self { words, fits: Box::new(fits) }
    }
}

impl Selection {
    fn filters(&self) -> Vec<Filter<'_>> {
        let tagged = |tags: &[String], test: &Test| tags.iter().any(|tag| test.meta.tags.contains(tag));
        let places = self.places.as_ref();
        let places =
            places.map(|places| Filter::new("the lines given".to_owned(), |_, test| places.hold(test.full_span)));
        let tags = (!self.tags.is_empty())
            .then(|| Filter::new(format!("`--tag {}`", self.tags.join(",")), move |_, test| tagged(&self.tags, test)));
        let without = (!self.without_tags.is_empty()).then(|| {
            let words = format!("`--tag !{}`", self.without_tags.join(",!"));
            Filter::new(words, move |_, test| !tagged(&self.without_tags, test))
        });
        let priorities = (!self.priorities.is_empty()).then(|| {
            let has = |own: &String| self.priorities.iter().any(|asked| asked.eq_ignore_ascii_case(own));
            let words = format!("`--priority {}`", self.priorities.join(","));
            Filter::new(words, move |_, test| test.meta.priority.as_ref().is_some_and(has))
        });
        let text = self.text.as_ref().map(|text| {
            let lower = text.to_lowercase();
            Filter::new(format!("`-k \"{text}\"`"), move |suite, test| {
                test.name.to_lowercase().contains(&lower) || suite.to_lowercase().contains(&lower)
            })
        });
        [places, tags, without, priorities, text].into_iter().flatten().collect()
    }
}

/// Names the filters that fit no test at all, or else how many each of them fits.
fn nothing_selected(filters: &[Filter<'_>], fitting: &[usize], total: usize) -> Diagnostic {
    let alone: Vec<&str> = filters
        .iter()
        .zip(fitting)
        .filter(|(_, count)| **count == 0)
        .map(|(filter, _)| filter.words.as_str())
        .collect();
    let message = match alone.as_slice() {
        [] => format!("no test is selected, out of {total}"),
        culprits => {
            let verb = if culprits.len() == 1 { "fits" } else { "fit" };
            format!("no test is selected, out of {total}: {} {verb} none", culprits.join(" and "))
        }
    };
    let counts: Vec<String> =
        filters.iter().zip(fitting).map(|(filter, count)| format!("{} fits {count}", filter.words)).collect();
    let help = match (alone.is_empty(), counts.as_slice()) {
        (true, [_, _, ..]) => format!("no test fits all filters at once ({}); give fewer of them", counts.join(", ")),
        _ => "loosen the filters; `e2e-dsl list` shows all tests with their tags and priorities".to_owned(),
    };
    Diagnostic::error(&codes::NOTHING_SELECTED, Span::nowhere(), message).with_help(help)
}

/// Tags and priorities that no test has: a typing mistake, or a selection that misses.
fn unknown(plan: &Plan, selection: &Selection) -> Vec<Diagnostic> {
    let tests = || plan.suites.iter().flat_map(|suite| &suite.tests);
    // What a suite says is looked at once, and not for every test.
    let of_suites = plan.suites.iter().filter(|suite| !suite.tests.is_empty()).flat_map(|suite| suite.meta.tags.iter());
    let of_tests = tests().flat_map(|test| test.meta.tags.own());
    let of_loads = plan.loads.iter().flat_map(|load| load.meta.tags.iter());
    let tags: BTreeSet<&str> = of_suites.chain(of_tests).chain(of_loads).collect();
    let of_tests = tests().filter_map(|test| test.meta.priority.as_deref());
    let of_loads = plan.loads.iter().filter_map(|load| load.meta.priority.as_deref());
    let priorities: BTreeSet<&str> = of_tests.chain(of_loads).collect();
    let mut problems = Vec::new();
    for tag in selection.tags.iter().chain(&selection.without_tags).filter(|tag| !tags.contains(tag.as_str())) {
        problems.push(names_nothing(&codes::UNKNOWN_TAG, "tag", tag, &tags));
    }
    let has = |asked: &String| priorities.iter().any(|own| own.eq_ignore_ascii_case(asked));
    for priority in selection.priorities.iter().filter(|asked| !has(asked)) {
        problems.push(names_nothing(&codes::PRIORITY_OF_NONE, "priority", priority, &priorities));
    }
    problems
}

fn names_nothing(code: &'static Code, what: &str, asked: &str, known: &BTreeSet<&str>) -> Diagnostic {
    const MOST: usize = 12;
    // Priorities differ in one character only: each is near to every other, and no suggestion means anything.
    let near = if what == "tag" { closest(asked, known.iter().copied()) } else { None };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("no test has a {what}; leave out the filter"),
        None if known.len() <= MOST => {
            let known: Vec<String> = known.iter().map(|one| format!("`{one}`")).collect();
            format!("tests have: {}", known.join(", "))
        }
        None => format!("`e2e-dsl list` shows each test's {what}"),
    };
    Diagnostic::error(code, Span::nowhere(), format!("no test has the {what} `{asked}`")).with_help(help)
}
