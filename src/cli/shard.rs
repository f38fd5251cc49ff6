//! Which shard of how many this run is: as typed, as the environment says, or as the CI engine does.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, codes};
use crate::source::Span;

/// A shard, from 1, and how many there are.
pub type Shard = (u32, u32);

/// How a CI engine distinguishes its jobs.
struct Engine {
    name: &'static str,
    /// Says that it is this engine, where its variables have names that others use too.
    only_with: Option<&'static str>,
    index: &'static str,
    total: &'static str,
    first: u32,
}

const fn engine(name: &'static str, index: &'static str, total: &'static str, first: u32) -> Engine {
    Engine { name, only_with: None, index, total, first }
}

const OWN: Engine = engine("the environment", "E2E_SHARD_INDEX", "E2E_SHARD_TOTAL", 1);

const ENGINES: [Engine; 7] = [
    Engine { only_with: Some("GITLAB_CI"), ..engine("GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1) },
    engine("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    engine("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
    engine("Bitbucket", "BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0),
    engine("Semaphore", "SEMAPHORE_JOB_INDEX", "SEMAPHORE_JOB_COUNT", 1),
    engine("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", 0),
    engine("Cloud Run", "CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT", 0),
];

/// Of an Indexed Job in Kubernetes, counted from 0. How many pods there are isn't known to them: the manifest passes it.
const KUBERNETES_INDEX: &str = "JOB_COMPLETION_INDEX";

/// Those of this process that are text.
pub fn variables() -> BTreeMap<String, String> {
    let texts =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.collect()
}

/// The shard that is asked for; nothing for a whole run. What is typed overrules variables, and those of this tool overrule an engine's.
///
/// # Errors
///
/// A number that is none or out of range, one half of a pair, or an engine that runs several jobs without saying how many.
pub fn asked(typed: Option<&str>, variables: &BTreeMap<String, String>) -> Result<Option<Shard>, Box<Diagnostic>> {
    if let Some(typed) = typed {
        return self::typed(typed).map(Some);
    }
    let set = |name: &str| variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    match (set(OWN.index), set(OWN.total), set(KUBERNETES_INDEX)) {
        (Some(index), Some(total), _) => return OWN.shard(index, total).map(Some),
        (None, Some(total), Some(index)) => {
            let kubernetes = engine("Kubernetes", KUBERNETES_INDEX, OWN.total, 0);
            return kubernetes.shard(index, total).map(Some);
        }
        (Some(_), None, _) => return Err(OWN.half(OWN.index, OWN.total)),
        (None, Some(_), None) => return Err(OWN.half(OWN.total, OWN.index)),
        (None, None, _) => {}
    }
    for engine in &ENGINES {
        if engine.only_with.is_some_and(|name| set(name).is_none()) {
            continue;
        }
        match (set(engine.index), set(engine.total)) {
            (Some(index), Some(total)) => {
                return engine.shard(index, total).map(|shard| Some(shard).filter(|shard| shard.1 > 1));
            }
            // GitLab sets the total of 1 alone in jobs that aren't parallel.
            (None, Some("1")) => {}
            (Some(_), None) => return Err(engine.half(engine.index, engine.total)),
            (None, Some(_)) => return Err(engine.half(engine.total, engine.index)),
            (None, None) => {}
        }
    }
    match set(KUBERNETES_INDEX) {
        // Every pod would run all of the tests, and all would be green without having shared anything.
        Some(index) => {
            let message =
                format!("`{KUBERNETES_INDEX}` is `{index}`: this is one pod of several, and nothing says of how many");
            let help = "pass the Job's `completions` as `E2E_SHARD_TOTAL` in its manifest, or give `--shard 1/1` to run everything";
            Err(wrong(message, help))
        }
        None => Ok(None),
    }
}

/// What is to be said when it is the engine alone that makes a run a shard, and nothing is left of it that could be merged: GitLab sets the same
/// variables for jobs that differ in a matrix and share no tests. `shard` is what was asked for with the same arguments.
pub fn unmerged(
    shard: Option<Shard>,
    typed: Option<&str>,
    variables: &BTreeMap<String, String>,
) -> Option<Box<Diagnostic>> {
    let set = |name: &str| variables.get(name).is_some_and(|value| !value.trim().is_empty());
    let (index, total) = shard.filter(|(_, total)| *total > 1 && typed.is_none() && !set(OWN.total))?;
    let engine =
        ENGINES.iter().find(|engine| engine.only_with.is_none_or(set) && set(engine.index) && set(engine.total))?;
    let message = format!(
        "this run does only shard {index} of {total} of the tests, since {} says so (`{}`, `{}`), and leaves no blob: nothing judges the whole",
        engine.name, engine.index, engine.total
    );
    Some(Box::new(Diagnostic::warning(&codes::SHARD, Span::nowhere(), message).with_help(
        "run everything with `--shard 1/1`, or give each job `--report blob=PATH` and merge them with `e2e-dsl report merge`",
    )))
}

fn wrong(message: String, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(&codes::SHARD, Span::nowhere(), message).with_help(help))
}

fn typed(text: &str) -> Result<Shard, Box<Diagnostic>> {
    const HELP: &str = "write `--shard 2/4` for the second of four";
    let parts = text.split_once('/').map(|(index, total)| (index.trim().parse::<u32>(), total.trim().parse::<u32>()));
    match parts {
        Some((Ok(_), Ok(0))) => Err(wrong(format!("`--shard {text}` divides the tests among no shard"), HELP)),
        Some((Ok(0), Ok(total))) => {
            let help = format!("counts from 1: the first of {total} is `--shard 1/{total}`");
            Err(wrong(format!("`--shard {text}` names a shard 0"), &help))
        }
        Some((Ok(index), Ok(total))) if index > total => {
            let help = format!("counts from 1: the last of {total} is `--shard {total}/{total}`");
            Err(wrong(format!("`--shard {text}` names shard {index} of only {total}"), &help))
        }
        Some((Ok(index), Ok(total))) => Ok((index, total)),
        _ => Err(wrong(format!("`--shard {text}` doesn't say which shard of how many"), HELP)),
    }
}

impl Engine {
    fn half(&self, there: &str, missing: &str) -> Box<Diagnostic> {
        let message =
            format!("`{there}` is set and `{missing}` isn't, so it isn't clear which shard of how many this is");
        wrong(message, &format!("set both, or neither, or give `--shard i/n` ({})", self.name))
    }

    fn shard(&self, index: &str, total: &str) -> Result<Shard, Box<Diagnostic>> {
        let said = || format!("`{}={index}` and `{}={total}`", self.index, self.total);
        let help = format!("{} counts from {}; `--shard i/n` overrules it", self.name, self.first);
        let (Ok(number), Ok(count)) = (index.parse::<u32>(), total.parse::<u32>()) else {
            return Err(wrong(format!("{} aren't numbers of a shard", said()), &help));
        };
        let index = number.checked_sub(self.first).and_then(|at| at.checked_add(1));
        match index {
            Some(index) if count > 0 && index <= count => Ok((index, count)),
            // Several jobs run, and each would do everything.
            Some(_) if count == 1 => {
                Err(wrong(format!("{}: this is one of several jobs, and the total is 1", said()), &help))
            }
            _ => Err(wrong(format!("{} name no shard", said()), &help)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<Shard>, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        asked(typed, &variables).map_err(|reported| {
            assert_eq!(*reported.code, codes::SHARD);
            format!("{}; {}", reported.message, reported.help.clone().unwrap_or_default())
        })
    }

    #[test]
    fn each_engine_is_understood_and_counted_as_it_counts() {
        for (variables, shard) in [
            (vec![("GITLAB_CI", "true"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")], Some((2, 4))),
            (vec![("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")], None),
            (vec![("GITLAB_CI", "true"), ("CI_NODE_TOTAL", "1")], None),
            (vec![("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "4")], Some((1, 4))),
            (vec![("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "1")], None),
            (vec![("BUILDKITE_PARALLEL_JOB", "3"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")], Some((4, 4))),
            (vec![("BITBUCKET_PARALLEL_STEP", "1"), ("BITBUCKET_PARALLEL_STEP_COUNT", "2")], Some((2, 2))),
            (vec![("SEMAPHORE_JOB_INDEX", "1"), ("SEMAPHORE_JOB_COUNT", "2")], Some((1, 2))),
            (vec![("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "2")], Some((1, 2))),
            (vec![("CLOUD_RUN_TASK_INDEX", "9"), ("CLOUD_RUN_TASK_COUNT", "10")], Some((10, 10))),
            (vec![("JOB_COMPLETION_INDEX", "0"), ("E2E_SHARD_TOTAL", "3")], Some((1, 3))),
            (vec![("E2E_SHARD_INDEX", "1"), ("E2E_SHARD_TOTAL", "3"), ("JOB_COMPLETION_INDEX", "2")], Some((1, 3))),
            (vec![("E2E_SHARD_INDEX", "1"), ("E2E_SHARD_TOTAL", "1")], Some((1, 1))),
            (vec![("E2E_SHARD_INDEX", ""), ("E2E_SHARD_TOTAL", "")], None),
        ] {
            assert_eq!(found(None, &variables), Ok(shard), "{variables:?}");
        }
    }

    #[test]
    fn what_is_typed_has_the_last_word() {
        assert_eq!(found(Some("2/4"), &[("E2E_SHARD_INDEX", "nonsense")]), Ok(Some((2, 4))));
        assert_eq!(found(Some("1/1"), &[("JOB_COMPLETION_INDEX", "3")]), Ok(Some((1, 1))));
        let own = [
            ("E2E_SHARD_INDEX", "1"),
            ("E2E_SHARD_TOTAL", "2"),
            ("CIRCLE_NODE_INDEX", "0"),
            ("CIRCLE_NODE_TOTAL", "9"),
        ];
        assert_eq!(found(None, &own), Ok(Some((1, 2))));
    }

    #[test]
    fn jobs_that_would_all_run_everything_are_refused() {
        for (typed, variables, part) in [
            (Some("0/4"), vec![], "counts from 1"),
            (Some("5/4"), vec![], "only 4"),
            (Some("1/0"), vec![], "no shard"),
            (Some("2"), vec![], "doesn't say which"),
            (Some("a/b"), vec![], "doesn't say which"),
            (Some("-1/2"), vec![], "doesn't say which"),
            (None, vec![("E2E_SHARD_INDEX", "1")], "`E2E_SHARD_TOTAL` isn't"),
            (None, vec![("E2E_SHARD_TOTAL", "4")], "`E2E_SHARD_INDEX` isn't"),
            (None, vec![("E2E_SHARD_INDEX", "0"), ("E2E_SHARD_TOTAL", "4")], "counts from 1"),
            (None, vec![("E2E_SHARD_INDEX", "two"), ("E2E_SHARD_TOTAL", "4")], "aren't numbers"),
            (None, vec![("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "1")], "the total is 1"),
            (None, vec![("JOB_COMPLETION_INDEX", "1"), ("E2E_SHARD_TOTAL", "1")], "the total is 1"),
            (None, vec![("JOB_COMPLETION_INDEX", "1")], "nothing says of how many"),
            (None, vec![("JOB_COMPLETION_INDEX", "0")], "nothing says of how many"),
            (None, vec![("CIRCLE_NODE_INDEX", "1")], "`CIRCLE_NODE_TOTAL` isn't"),
            (None, vec![("AWS_BATCH_JOB_ARRAY_SIZE", "2")], "`AWS_BATCH_JOB_ARRAY_INDEX` isn't"),
            (None, vec![("BUILDKITE_PARALLEL_JOB", "4"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")], "no shard"),
        ] {
            let reported = found(typed, &variables).expect_err(&format!("{typed:?} {variables:?}"));
            assert!(reported.contains(part), "{reported}");
        }
    }
}
