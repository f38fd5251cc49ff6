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

const CASES: &[Case] = &[
    Case {
        name: "names of a hook, and tests",
        size: 700,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            one(suite(&format!("before each {{\n{names}}}\n{}", tests(n, "wait 1s\n"))))
        },
    },
    Case {
        name: "names that decide whether a test is skipped, and tests",
        size: 500,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            one(suite(&format!("before each {{\n{names}}}\n{}", tests(n, "skip when a0 == 1 because \"x\"\n"))))
        },
    },
    Case {
        name: "names, and branches that name more",
        size: 300,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            let branches = each(n, |at| format!("let b{at} = a{at}\n"));
            one(test(&format!("{names}parallel {{\n{branches}}}\n")))
        },
    },
    Case {
        name: "branches that name nothing",
        size: 800,
        files: |n| one(test(&format!("parallel {{\n{}}}\n", "wait 1s\n".repeat(n)))),
    },
    Case {
        name: "names, and blocks of branches",
        size: 200,
        files: |n| {
            let blocks = each(n, |at| format!("let a{at} = 1\nparallel {{ wait 1s; let b{at} = a{at} }}\n"));
            one(test(&blocks))
        },
    },
    Case {
        name: "fields of a row, and rows with a field of their own",
        size: 500,
        files: |n| {
            let rows = joined(n, ",", |at| format!("{{a{at}: 1}}"));
            one(test(&format!("let x = [{rows}]\nexpect x[0].a1 == 1\n")))
        },
    },
    Case {
        name: "fields of an object that are looked up",
        size: 500,
        files: |n| {
            let fields = joined(n, ",", |at| format!("a{at}: {at}"));
            one(test(&format!("let x = {{{fields}}}\n{}", each(n, |at| format!("expect x.a{at} == {at}\n")))))
        },
    },
    Case {
        name: "values that hold the one before twice, compared",
        // Both sizes are beyond the largest value that is known before a run.
        size: 32,
        files: |n| {
            let nested =
                each(n, |at| format!("let x{0} = {{a: x{at}, b: x{at}}}\nlet y{0} = {{a: y{at}, b: y{at}}}\n", at + 1));
            let first = "let x0 = {a: uuid()}\nlet y0 = {a: uuid()}\n";
            // Long enough to be measured.
            let rest = "let z = 1\nexpect z == 1\n".repeat(30 * n);
            one(test(&format!("{first}{nested}let both = [x{n}, y{n}]\nexpect both has length 2\n{rest}")))
        },
    },
    Case {
        name: "lists and texts that grow by every line",
        size: 1_500,
        files: |n| {
            let grown = each(n, |at| {
                format!("let l{0} = l{at} + [1]\nlet t{0} = t{at} + \"aaaaaaaaaaaaaaaaaaaaaaaa\"\n", at + 1)
            });
            one(test(&format!("let l0 = [1]\nlet t0 = \"a\"\n{grown}expect l{n} has length t{n}\n")))
        },
    },
    Case {
        name: "shapes that hold each other",
        size: 100,
        files: |n| {
            let shape = |own: usize, other: usize| {
                format!("shape S{own} {{\n{}}}\n", each(n, |at| format!("a{at}: S{other}\n")))
            };
            one(shape(0, 1) + &shape(1, 0) + &test("GET http://127.0.0.1:1/ { expect $ is S0 }\n"))
        },
    },
    Case {
        name: "a shape, and calls of a flow that gives it",
        size: 300,
        files: |n| {
            let shape = format!("shape S {{\n{}}}\n", each(n, |at| format!("a{at}: string\n")));
            let flow = "flow f() -> S { GET http://127.0.0.1:1/ { expect status 200; capture x = $ }; return x }\n";
            one(format!("{shape}{flow}{}", test(&each(n, |at| format!("let r{at} = f()\n")))))
        },
    },
    Case {
        name: "environments, and suites that run on them",
        size: 400,
        files: |n| {
            let request = "GET {{env.api}}/ { expect status 200 }\n";
            let suites = each(n, |at| format!("suite \"s{at}\" {{ test \"t\" {{ {request} }} }}\n"));
            let named = joined(n, ", ", |at| format!("e{at}"));
            let all = format!("suite \"all\" {{ runs on {named}\n{}}}\n", tests(n, request));
            one(environments(n) + &suites + &all)
        },
    },
    Case {
        name: "environments, and flows that read what some of them have",
        size: 300,
        files: |n| {
            let lacking = "environment lacking { other = 1 }\n";
            let flows = each(n, |at| match at + 1 < n {
                true => format!("flow f{at}() {{ call f{}() }}\n", at + 1),
                false => format!("flow f{at}() {{ GET {{{{env.api}}}}/ {{ expect status 200 }} }}\n"),
            });
            let named = joined(n, ", ", |at| format!("e{at}"));
            let suite = format!("suite \"s\" {{ runs on {named}\ntest \"t\" {{\ncall f0()\n}}\n}}\n");
            one(environments(n) + lacking + &flows + &suite)
        },
    },
    Case {
        name: "services that depend on each other",
        size: 400,
        files: |n| {
            let services = each(n, |at| format!("service s{at} {{ depends on s{}, s0 }}\n", (at + 1) % n));
            one(format!("environment e {{ api = \"http://h\"\n{services}}}\n{}", test("")))
        },
    },
    Case {
        name: "flows that call each other",
        size: 400,
        files: |n| {
            let flows = each(n, |at| format!("flow f{at}() {{ call f{}(); call f0() }}\n", (at + 1) % n));
            one(flows + &test("call f0()\n"))
        },
    },
    Case {
        name: "flows, and what is called of a module that isn't there",
        size: 500,
        files: |n| {
            let imports = each(n, |at| format!("import \"nope{at}.e2e\" as m{at}\n"));
            one(imports + &test(&each(n, |at| format!("call m{at}.x()\n"))))
        },
    },
    Case {
        name: "declarations of one name",
        size: 500,
        files: |n| one(format!("flow f() {{ {REQUEST} }}\n").repeat(n) + &test("call f()\n")),
    },
    Case {
        name: "expectations, captures and parts of a request",
        size: 400,
        files: |n| {
            let parts =
                each(n, |at| format!("expect $.a{at} == {at}\ncapture b{at} = $.b\nheader X-A{at}: \"{at}\"\n"));
            let used = each(n, |at| format!("expect b{at} == 1\n"));
            one(test(&format!("GET http://127.0.0.1:1/ {{\nexpect status 200\n{parts}}}\n{used}")))
        },
    },
    Case {
        name: "channels, and patterns of events",
        size: 300,
        files: |n| {
            let open = each(n, |at| format!("websocket c{at} ws://127.0.0.1:1/\n"));
            let expected = each(n, |at| format!("expect on c{at} event \"x\" within 5s\n"));
            let events = each(n, |at| format!("event \"e{at}\"\n"));
            one(test(&format!("{open}{expected}expect on c0 in order within 5m {{\n{events}}}\n")))
        },
    },
    Case {
        name: "tags and phases",
        size: 400,
        files: |n| {
            let tests = each(n, |at| format!("test \"t{at}\" {{\ntags g{at}\n{REQUEST}}}\n"));
            let phases = each(n, |at| format!("phase \"p{at}\" {{ run tags g{at} }}\n"));
            one(format!("{}plan p {{\n{phases}}}\n", suite(&tests)))
        },
    },
    Case { name: "broken statements", size: 1_000, files: |n| one(test(&"expct status 200\n".repeat(n))) },
    Case {
        name: "mistakes on one line",
        size: 1_000,
        files: |n| one(test(&(each(n, |at| format!("let a{at} = b{at}; ")) + "\n"))),
    },
    Case {
        name: "a long text, list and sum",
        size: 1_000,
        files: |n| {
            let list = joined(n, ",\n", |at| at.to_string());
            let text = "{{v}} ".repeat(n.min(1_000));
            one(test(
                &format!("let v = 1\nlet l = [{list}]\nlet t = \"{text}\"\nexpect l == [v]\nexpect t == \"a\"\n")
                    .repeat(2),
            ))
        },
    },
    Case {
        name: "files that name flows of one file",
        size: 200,
        files: |n| {
            let import = |at: usize| format!("import \"common.e2e\" (f{at})\n{}", test(&format!("call f{at}()\n")));
            let mut files: Files = (0..n).map(|at| (format!("f{at}.e2e"), import(at))).collect();
            files.push(("common.e2e".to_owned(), each(n, |at| format!("flow f{at}() {{ {REQUEST} }}\n"))));
            files
        },
    },
    Case {
        name: "files that import each other",
        size: 200,
        files: |n| {
            let import =
                |at: usize| format!("import \"f{}.e2e\" as g\nimport \"f0.e2e\" as h\n{}", (at + 1) % n, test(""));
            (0..n).map(|at| (format!("f{at}.e2e"), import(at))).collect()
        },
    },
    Case {
        name: "files that import what isn't there",
        size: 200,
        files: |n| {
            // No name that is there is as long as this one, so that none is compared with it in full.
            let import = |at: usize| format!("import \"such-a-long-name-has-no-file-{at}.e2e\" as g\n");
            (0..n).map(|at| (format!("f{at}.e2e"), import(at) + &test("call g.x()\n"))).collect()
        },
    },
    Case {
        name: "files with environments and declarations that nothing uses",
        size: 200,
        files: |n| {
            let text = |at: usize| {
                let request = "GET {{env.api}}/ { expect status 200 }\n";
                format!(
                    "environment e{at} {{ api = \"http://h\" }}\nflow f() {{ {REQUEST} }}\nflow f() {{ {REQUEST} }}\n{}",
                    test(&format!("{request}expct status 200\n"))
                )
            };
            (0..n).map(|at| (format!("f{at}.e2e"), text(at))).collect()
        },
    },
];

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
