//! The work of `check`, and of laying out what it finds sound, grows with the length of what it is given, not with its square: each case repeats something, and is checked at
//! two sizes, the one eight times the other.
//!
//! What is compared are times, since nothing else counts all that is done (searches in lists and copies of tables above all). So that
//! a busy machine doesn't matter, all is done by one thread whose time on the CPU is what counts (where the system says it), of each size
//! the fastest of several rounds counts, more rounds are made as long as the ratio is too large, and the bound lies in the middle: linear
//! work takes 8 times as long, quadratic work 64 times, and 18 times is allowed (an exponent of 1.4). A disturbance only ever adds time, so
//! what stays above the bound for all of the rounds is no disturbance; and a part that is quadratic decides the ratio, since the sizes are
//! so chosen that the larger one would take it seconds.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use e2e_dsl::{check, plan, project};

mod cases;

use cases::CASES;

const REQUEST: &str = "GET http://127.0.0.1:1/ { expect status 200 }\n";

/// How many times larger the second size is, and how many times longer it may take.
const FACTOR: usize = 8;
const BOUND: f64 = 18.4;

/// After so many rounds, a ratio that is still too large is taken for what it is.
const ROUNDS: usize = 24;

type Files = Vec<(String, String)>;

struct Case {
    name: &'static str,
    /// The smaller size.
    size: usize,
    files: fn(usize) -> Files,
}

fn each(n: usize, one: impl Fn(usize) -> String) -> String {
    (0..n).map(one).collect()
}

fn joined(n: usize, separator: &str, one: impl Fn(usize) -> String) -> String {
    (0..n).map(one).collect::<Vec<_>>().join(separator)
}

fn one(text: String) -> Files {
    vec![("a.e2e".to_owned(), text)]
}

fn suite(entries: &str) -> String {
    format!("suite \"s\" {{\n{entries}}}\n")
}

fn test(steps: &str) -> String {
    suite(&format!("test \"t\" {{\n{steps}{REQUEST}}}\n"))
}

fn tests(n: usize, steps: &str) -> String {
    each(n, |at| format!("test \"t{at}\" {{\n{steps}}}\n"))
}

fn environments(n: usize) -> String {
    each(n, |at| format!("environment e{at} {{ api = \"http://h{at}\" }}\n"))
}

/// When work began, by the time that this thread has had on the CPU; by the clock where the system doesn't say it.
struct Work {
    clock: Instant,
    on_cpu: Option<Duration>,
}

impl Work {
    fn begin() -> Self {
        Self { clock: Instant::now(), on_cpu: on_cpu() }
    }

    fn took(&self) -> Duration {
        self.on_cpu.zip(on_cpu()).map_or_else(|| self.clock.elapsed(), |(before, now)| now.saturating_sub(before))
    }
}

/// How long this thread has been on the CPU.
fn on_cpu() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// Loads and checks; gives how long it took.
fn checked(files: &Files) -> Duration {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let work = Work::begin();
    let project = project::from_memory(&files);
    let found = check::diagnose(&project);
    let took = work.took();
    // What is found is output too.
    assert!(found.iter().map(|one| one.message.len()).sum::<usize>() < 1 << 20);
    took
}

#[test]
fn checking_eight_times_as_much_takes_about_eight_times_as_long() {
    grow(CASES, Clone::clone, checked);
}

/// Compares both sizes of each case; what is made of the files first isn't measured.
fn grow<P: Sync>(cases: &[Case], make: impl Fn(&Files) -> P, measured: impl Fn(&P) -> Duration + Sync) {
    // What is done in parallel elsewhere is done here by this thread, one after the other.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
    let measured = |made: &P| pool.install(|| measured(made));
    let mut faults = String::new();
    for case in cases {
        let (small, large) = (make(&(case.files)(case.size)), make(&(case.files)(FACTOR * case.size)));
        let (mut of_small, mut of_large) = (Duration::MAX, Duration::MAX);
        let mut ratio = f64::MAX;
        for _ in 0..ROUNDS {
            of_small = of_small.min(measured(&small)).min(measured(&small)).min(measured(&small));
            of_large = of_large.min(measured(&large));
            ratio = of_large.as_secs_f64() / of_small.as_secs_f64();
            if ratio < BOUND {
                break;
            }
        }
        if ratio >= BOUND {
            let _ = writeln!(faults, "{}: {of_small:?} and {of_large:?}, {ratio:.0} times as long", case.name);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// What an editor has, before one of its lines is changed. Most have no problems: where there are more than are kept, no more is left to the next check.
const EDITED: &[Case] = &[
    Case {
        name: "tests",
        size: 500,
        files: |n| one(suite(&tests(n, "let a = 1\nGET http://127.0.0.1:1/{{a}} { expect status 200 }\n"))),
    },
    Case {
        name: "suites of one test",
        size: 500,
        files: |n| one(each(n, |at| format!("suite \"s{at}\" {{\n test \"t\" {{\n{REQUEST}}}\n}}\n"))),
    },
    Case {
        name: "names of a hook, and tests that use them",
        size: 400,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            let tests = each(n, |at| {
                format!("test \"t{at}\" {{\nGET http://127.0.0.1:1/{{{{a{at}}}}} {{ expect status 200 }}\n}}\n")
            });
            one(suite(&format!("before each {{\n{names}}}\n{tests}")))
        },
    },
    Case {
        name: "flows, and tests that call them",
        size: 400,
        files: |n| {
            let flows = each(n, |at| format!("flow f{at}() {{\n{REQUEST}}}\n"));
            one(format!("{flows}{}", suite(&each(n, |at| format!("test \"t{at}\" {{\ncall f{at}()\n}}\n")))))
        },
    },
    Case {
        name: "tests that don't parse",
        size: 400,
        files: |n| one(suite(&tests(n, &format!("let = 1\nexpect a{n} == 1\n{REQUEST}")))),
    },
    Case { name: "steps of one test", size: 2_000, files: |n| one(test(&each(n, |at| format!("let a{at} = {at}\n")))) },
];

/// Loads and checks with what is left of an earlier time, after a line is put before all others and another one behind them.
fn checked_again(files: &Files) -> Duration {
    let options = project::Options::default();
    let (mut parsed, mut checked) = (project::Cache::default(), check::Cache::default());
    let mut round = |before: &str, behind: &str| {
        let changed = files.iter().map(|(name, text)| (name.into(), format!("{before}{text}{behind}").into_bytes()));
        let changed = project::Files::memory(changed);
        let work = Work::begin();
        let project = project::load_again(&changed, &options, &mut parsed);
        let found = check::diagnose_again(&project, &mut checked);
        (found, work.took())
    };
    let (first, _) = round("", "");
    let (found, took) = round("# A\n", "");
    assert_eq!(found.len(), first.len());
    let (_, again) = round("# A\n", "# B\n");
    took + again
}

#[test]
fn checking_again_eight_times_as_much_takes_about_eight_times_as_long() {
    grow(EDITED, Clone::clone, checked_again);
}

/// What is laid out after it is checked: the plan, its phases, and the list of them.
const LAID_OUT: &[Case] = &[
    Case {
        name: "tags of a suite, and tests",
        size: 1_000,
        files: |n| {
            let tags = joined(n, ", ", |at| format!("g{at}"));
            one(suite(&format!("tags {tags}\n{}", tests(n, REQUEST))))
        },
    },
    Case {
        name: "services that a suite needs, and tests",
        size: 600,
        files: |n| {
            let services = each(n, |at| format!("service s{at} {{ }}\n"));
            let needed = joined(n, ", ", |at| format!("s{at}"));
            let suite = suite(&format!("needs {needed}\n{}", tests(n, REQUEST)));
            one(format!("environment e {{ api = \"http://h\"\n{services}}}\n{suite}"))
        },
    },
    Case {
        name: "names of hooks, and tests",
        size: 1_000,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            one(suite(&format!("before each {{\n{names}}}\n{}", tests(n, REQUEST))))
        },
    },
    Case {
        name: "tests, and phases that each select one",
        size: 1_000,
        files: |n| {
            let tests = each(n, |at| format!("test \"t{at}\" {{\ntags g{at}\n{REQUEST}}}\n"));
            let phases = each(n, |at| format!("phase \"p{at}\" {{ run tags g{at} }}\n"));
            one(format!("{}plan p {{\n{phases}}}\n", suite(&tests)))
        },
    },
    Case {
        name: "tests, and phases that select what is left",
        size: 1_000,
        files: |n| {
            let phases = each(n, |at| format!("phase \"p{at}\" {{ run everything not run }}\n"));
            one(format!("{}plan p {{\n{phases}}}\n", suite(&tests(n, REQUEST))))
        },
    },
    Case {
        name: "suites, and phases that each select one",
        size: 600,
        files: |n| {
            let suites = each(n, |at| format!("suite \"s{at}\" {{ test \"t\" {{ {REQUEST} }} }}\n"));
            let phases = each(n, |at| format!("phase \"p{at}\" {{ run suite \"s{at}\" }}\n"));
            one(format!("{suites}plan p {{\n{phases}}}\n"))
        },
    },
];

/// Lays out and lists; gives how long it took.
fn laid_out(project: &project::Project) -> Duration {
    let work = Work::begin();
    let release = plan::choose_plan(project, "p").ok();
    let mut plan = plan::compile(project, plan::Environment::default(), release).unwrap();
    plan::select(&mut plan, &plan::Selection::default()).unwrap();
    let release = plan::lay_out_phases(&mut plan);
    let text = plan::describe_phases(&release) + &plan::tree(&plan);
    let took = work.took();
    assert!(!plan.suites.is_empty() && text.contains(" in "));
    took
}

#[test]
fn laying_out_eight_times_as_much_takes_about_eight_times_as_long() {
    grow(LAID_OUT, loaded, laid_out);
}

fn loaded(files: &Files) -> project::Project {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let project = project::from_memory(&files);
    let problems: Vec<_> = project.diagnostics.iter().map(|one| one.message.clone()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    project
}

/// A stack is no deeper than the thread's; a chain of calls may be.
#[test]
fn a_long_chain_of_calls_is_laid_out() {
    let n = 20_000;
    let flows = each(n, |at| format!("flow f{at}() {{ call f{}() }}\n", at + 1));
    let text =
        format!("environment e {{ api = \"http://h\" }}\n{flows}flow f{n}() {{ {REQUEST} }}\n{}", test("call f0()\n"));
    let project = project::from_memory(&[("a.e2e", &text)]);
    let codes: Vec<_> = check::diagnose(&project).iter().map(|one| one.code.name).collect();
    assert_eq!(codes, ["e2e::check::calls_too_deep"]);
    let environment = plan::Environment::default();
    let plan = plan::compile(&project, environment, None).unwrap();
    assert_eq!(plan.flows.len(), n + 1);
}
