//! Hooks: what runs before and after tests and suites, whatever becomes of them.

use super::scripted::{Ran, Said, file, json, say, silence};
use crate::judge::Outcome;

const SUITE: &str = "suite \"s\" {\n  before all { GET http://s/before-all { expect status 200; capture key = $.key } }\n  \
    after all { GET http://s/after-all/{{key}} { expect status 200 } }\n  \
    before each { GET http://s/before { expect status 200; capture id = $.id } }\n  \
    after each { GET http://s/after/{{id}} { expect status 200 } }\n  \
    test \"t\" { GET http://s/t/{{key}} { expect status 200 } }\n  test \"u\" { GET http://s/u { expect status 200 } }\n}\n";

fn answer(path: &str, nth: usize) -> Said {
    match path {
        "/before-all" => json(r#"{"key":"k"}"#),
        "/before" => json(&format!("{{\"id\":{nth}}}")),
        _ => say(200),
    }
}

fn run(bad: &'static str, how: fn() -> Said) -> Ran {
    file(SUITE)
        .responds(move |asked| if asked.path == bad { how() } else { answer(asked.path, asked.nth) }.after(10))
        .run()
}

fn paths(ran: &Ran) -> Vec<&str> {
    ran.calls().iter().map(|(_, what)| what.trim_start_matches("GET /")).collect()
}

#[test]
fn hooks_run_around_each_test_and_around_the_suite() {
    let ran = run("", || say(200)).passed();
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    let expected = ["before-all", "before", "t/k", "after/1", "before", "u", "after/2", "after-all/k"];
    assert_eq!(paths(&ran), expected);
    assert_eq!(ran.calls().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 10, 20, 30, 40, 50, 60, 70]);
}

#[test]
fn hooks_of_a_suite_run_in_each_phase_and_draw_values_of_their_own_there() {
    let spec = "environment e { api = \"http://s\" }\nplan p {\n  phase \"one\" { run tags one }\n  phase \"two\" { run everything not run }\n}\n\
                suite \"s\" {\n  before all {\n    let own = uuid()\n    GET http://s/made/{{own}} { expect status 200; capture key = $.key }\n  }\n  \
                test \"a\" {\n    tags one\n    GET http://s/use/{{key}} { expect status 200 }\n  }\n  \
                test \"t\" { GET http://s/use/{{key}} { expect status 200 } }\n}\n";
    // Each of the two is asked for once, by its own path.
    let made = std::sync::atomic::AtomicUsize::new(0);
    let ran = file(spec)
        .by_plan("p")
        .responds(move |asked| match asked.path.starts_with("/made/") {
            true => {
                let nth = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                json(&format!("{{\"key\":{nth}}}")).after(10)
            }
            false => say(200).after(10),
        })
        .run()
        .passed();
    let paths = paths(&ran);
    assert_eq!((paths.len(), paths[1], paths[3]), (4, "use/0", "use/1"));
    assert_ne!(paths[0], paths[2], "what is made in one phase must not collide with what another one makes");
}

#[test]
fn the_hook_after_a_test_runs_when_the_test_failed() {
    let ran = run("/t/k", || say(500)).ended(Outcome::Failed, "`status` is 500");
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    let expected = ["before-all", "before", "t/k", "after/1", "before", "u", "after/2", "after-all/k"];
    assert_eq!(paths(&ran), expected);
}

#[test]
fn a_test_whose_hook_before_it_failed_is_not_begun_and_is_cleaned_up() {
    let ran = run("/before", || say(500)).ended(Outcome::Failed, "`status` is 500");
    assert_eq!(*ran.outcome("u"), Outcome::Failed);
    // What the hook after it would need was never bound, which is no fault of its own.
    assert_eq!(paths(&ran), ["before-all", "before", "before", "after-all/k"]);
    assert!(ran.test("t").diagnostics.iter().all(|one| *one.code != crate::diag::codes::UNBOUND), "{}", ran.drawn());
}

#[test]
fn a_hook_after_a_test_that_fails_fails_the_test() {
    let ran = run("/after/1", || say(500)).ended(Outcome::Failed, "`status` is 500");
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
}

#[test]
fn a_suite_whose_hook_before_all_failed_runs_nothing_and_is_cleaned_up() {
    let spec = SUITE.replace("after-all/{{key}}", "after-all");
    let ran = file(&spec).responds(|asked| if asked.path == "/before-all" { say(500) } else { say(200) }).run();
    assert_eq!(
        (ran.cause("t"), ran.cause("u")),
        ("the suite's `before all` failed", "the suite's `before all` failed")
    );
    assert_eq!(paths(&ran), ["before-all", "after-all"]);
}

#[test]
fn a_hook_after_all_that_fails_is_a_problem_of_the_run_and_of_no_test() {
    let ran = run("/after-all/k", || say(500)).passed();
    let problems: Vec<&str> = ran.result.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("`status` is 500"), "{problems:?}");
}

#[test]
fn a_skip_in_a_hook_before_all_skips_the_suite() {
    let spec = "environment e { mode = \"ci\" }\nsuite \"s\" {\n  before all { skip when env.mode == \"ci\" because \"not here\" }\n  \
                test \"t\" { GET http://s/t { expect status 200 } }\n  test \"u\" { GET http://s/u { expect status 200 } }\n}\n";
    let ran = file(spec).run();
    assert_eq!((ran.cause("t"), ran.cause("u"), ran.calls().len()), ("not here", "not here", 0));
}

#[test]
fn the_hook_after_a_test_has_a_time_of_its_own() {
    let spec = "suite \"s\" {\n  after each { GET http://s/after { expect status 200 } }\n  \
                test \"t\" {\n    timeout 2s\n    GET http://s/t { expect status 200 }\n  }\n}\n";
    // The test has used its own time up.
    let ran = file(spec).responds(|asked| if asked.path == "/t" { silence() } else { say(200).after(3_000) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.messages("t").len(), 1, "{}", ran.drawn());
    assert_eq!((ran.at("GET /after"), ran.took()), (vec![2_000], 5_000));
}

#[test]
fn a_hook_that_never_ends_is_ended() {
    let spec = "suite \"s\" {\n  after each { wait 10m; GET http://s/after { expect status 200 } }\n  \
                after all { wait 10m; GET http://s/after-all { expect status 200 } }\n  \
                test \"t\" { GET http://s/t { expect status 200 } }\n}\n";
    let ran = file(spec).run().ended(Outcome::TimedOut, "the time for cleaning up of 30s was reached");
    assert_eq!(ran.took(), 30_000);
    assert_eq!((ran.calls().len(), ran.result.duration.as_millis()), (1, 60_000));
    assert_eq!(ran.result.diagnostics.len(), 1);
}

#[test]
fn a_hook_before_a_test_takes_of_the_time_of_the_test() {
    let spec = "suite \"s\" {\n  before each { GET http://s/before { expect status 200 } }\n  \
                test \"t\" {\n    timeout 2s\n    GET http://s/t { expect status 200 }\n  }\n}\n";
    let ran = file(spec).responds(|asked| if asked.path == "/t" { silence() } else { say(200).after(1_500) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.took(), 2_000);
}

#[test]
fn what_hooks_opened_ends_with_them() {
    let spec = "suite \"s\" {\n  before each { websocket ch ws://s/ws }\n  after each { send ch text \"bye\" }\n  \
                test \"t\" { send ch text \"hello\"; expect on ch event \"a\" within 1s }\n}\n";
    let ran = file(spec).responds(|_| super::scripted::open().answers("hello", 100, "a")).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /ws"), (0, "send hello"), (100, "send bye"), (100, "left 1001")]);
}
