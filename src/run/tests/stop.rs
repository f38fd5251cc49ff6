//! A run that is interrupted: what is running is cleaned up, nothing is begun, and every test has a result.

use super::scripted::{file, open, say, silence};
use crate::judge::Outcome;

const SUITE: &str = "suite \"s\" {\n  before all { GET http://s/made { expect status 200 } }\n  after all { GET http://s/gone { expect status 200 } }\n  \
    after each { GET http://s/clean { expect status 200 } }\n  test \"done\" { GET http://s/done { expect status 200 } }\n  \
    test \"t\" { GET http://s/t { expect status 200 } }\n  test \"u\" { GET http://s/u { expect status 200 } }\n}\n";

#[test]
fn what_is_running_is_cleaned_up_and_nothing_is_begun() {
    let ran =
        file(SUITE).responds(|asked| if asked.path == "/t" { silence() } else { say(200) }).stopped_at(1_500).run();
    assert_eq!(*ran.outcome("done"), Outcome::Passed);
    assert_eq!((ran.cause("t"), ran.cause("u")), ("interrupted", "interrupted"));
    assert_eq!((ran.at("GET /clean"), ran.at("GET /gone")), (vec![0, 1_500], vec![1_500]));
    assert_eq!(ran.result.duration.as_millis(), 1_500);
    assert!(ran.result.interrupted);
}

#[test]
fn a_run_that_is_interrupted_before_it_begins_asks_nothing() {
    let ran = file(SUITE).options(|options| options.stop.stop()).run();
    assert!(["done", "t", "u"].iter().all(|name| ran.cause(name) == "interrupted"));
    assert_eq!(ran.calls().len(), 0);
}

#[test]
fn an_interrupted_test_ends_its_channels() {
    let spec = "suite \"s\" { test \"t\" { websocket ch ws://s/ws; expect on ch event \"a\" within 1h } }\n";
    let ran = file(spec).responds(|_| open()).stopped_at(700).run();
    assert_eq!(ran.cause("t"), "interrupted");
    assert_eq!(ran.calls(), [(0, "GET /ws"), (700, "left 1001")]);
}

#[test]
fn whatever_goes_on_is_interrupted_at_once() {
    let on = |steps: &str| {
        let spec = format!("suite \"s\" {{ test \"t\" {{ timeout 2h; {steps} }} }}\n");
        let ran =
            file(&spec).responds(|asked| if asked.path == "/a" { silence() } else { say(503) }).stopped_at(700).run();
        assert_eq!(ran.cause("t"), "interrupted", "{steps}");
        assert_eq!(ran.result.duration.as_millis(), 700, "{steps}");
    };
    on("wait 1h");
    on("GET http://s/a { timeout 1h; expect status 200 }");
    on("GET http://s/b { retry 9 times every 1m on 503; expect status 200 }");
    on("eventually within 1h every 1m { GET http://s/b { expect status 200 } }");
    on("within 1h { parallel { wait 1h; GET http://s/a { timeout 1h; expect status 200 } } }");
    on("parallel for each x in [1, 2] { wait 1h }");
    on("repeat 5 times { wait 1h }");
}

#[test]
fn hooks_of_an_interrupted_run_have_a_moment() {
    let ran = file(SUITE)
        .responds(
            |asked| if matches!(asked.path, "/t" | "/gone") || asked.at.as_millis() > 0 { silence() } else { say(200) },
        )
        .stopped_at(1_000)
        .run();
    assert_eq!(ran.cause("t"), "interrupted");
    assert_eq!((ran.at("GET /clean"), ran.at("GET /gone")), (vec![0, 1_000], vec![1_700]));
    // `after all`, too, however long a request may take.
    assert_eq!(ran.result.duration.as_millis(), 2_400);
}

#[test]
fn hooks_that_are_under_way_when_the_run_is_interrupted_have_that_moment_left() {
    let ran = file(SUITE)
        .responds(|asked| if asked.path == "/clean" && asked.nth == 2 { silence() } else { say(200) })
        .stopped_at(10_000)
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert!(ran.drawn().contains("the time for cleaning up after an interruption of 700ms"), "{}", ran.drawn());
    assert!(ran.result.duration.as_millis() < 12_000, "{:?}", ran.result.duration);
    assert_eq!(ran.cause("u"), "interrupted");
}

#[test]
fn a_test_that_waits_for_its_place_or_a_lock_is_not_begun() {
    let suite = |name: &str| {
        format!(
            "suite \"{name}\" {{\n  locks \"x\"\n  test \"{name}\" {{ GET http://s/a {{ timeout 1h; expect status 200 }} }}\n}}\n"
        )
    };
    for jobs in [1, 4] {
        let spec = suite("t")
            + &suite("u")
            + "suite \"v\" { test \"v\" { GET http://s/a { timeout 1h; expect status 200 } } }\n";
        let ran = file(&spec).options(|options| options.jobs = jobs).responds(|_| silence()).stopped_at(2_000).run();
        assert_eq!(ran.result.tests.len(), 3);
        assert!(["t", "u", "v"].iter().all(|name| ran.cause(name) == "interrupted"), "{jobs}");
        assert_eq!(ran.result.duration.as_millis(), 2_000);
    }
}

#[test]
fn a_pause_between_phases_and_a_service_that_is_waited_for_are_cut_short() {
    let spec = "environment e default {\n  api = \"http://api\"\n  service backend { probe GET http://api/health within 10m }\n}\n\
                plan p {\n  phase \"one\" { run everything not run; pause 1h before }\n}\nsuite \"s\" { test \"t\" { GET http://api/t { expect status 200 } } }\n";
    let ran = file(spec).by_plan("p").responds(|_| say(503)).stopped_at(5_000).run();
    assert_eq!((ran.cause("t"), ran.result.duration.as_millis()), ("interrupted", 5_000));
    let ran = file(spec).by_plan("p").responds(|_| say(200)).stopped_at(5_000).run();
    assert_eq!((ran.cause("t"), ran.result.duration.as_millis()), ("interrupted", 5_000));
}

#[test]
fn the_pause_before_a_retry_is_cut_short() {
    let spec = "environment e { api = \"http://s\" }\nplan p {\n  retry infrastructure 3 times every 1h\n  phase \"one\" { run everything not run }\n}\n\
                suite \"s\" { test \"t\" { GET http://s/t { expect status 200 } } }\n";
    let ran = file(spec).by_plan("p").responds(|_| say(503)).stopped_at(5_000).run();
    // What it had found by then is.
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.result.duration.as_millis(), 5_000);
}

/// What comes of an expectation that is stopped, and of one that was looked at before anyone noticed that, is the same when it is run again: each of these is.
#[test]
fn what_came_about_the_instant_of_a_stop_is_judged_again_as_it_was() {
    let spec = "suite \"s\" { test \"t\" { websocket ch ws://s/ws; expect on ch event \"a\" within 5s; wait 1h } }\n";
    let expected = |ran: &super::scripted::Ran| ran.test("t").steps.iter().any(|step| !step.expectations.is_empty());
    // It arrived before, and was still being read.
    let ran = file(spec).responds(|_| open().slow_event(900, "a", 130)).stopped_at(950).run();
    assert_eq!((ran.cause("t"), expected(&ran)), ("interrupted", false));
    // It came behind it, and before anyone noticed.
    let ran = file(spec).responds(|_| open().event(1_000, "a")).stopped_at(950).noticed_at(1_010).run();
    assert_eq!((ran.cause("t"), expected(&ran)), ("interrupted", true));
    let waits = "suite \"s\" { test \"t\" { wait 1s; GET http://s/a { timeout 1h; expect status 200 } } }\n";
    let ran = file(waits).responds(|_| silence()).stopped_at(950).noticed_at(1_010).run();
    assert_eq!((ran.cause("t"), ran.at("GET /a")), ("interrupted", vec![1_000]));
    let pings = "suite \"s\" { test \"t\" { websocket ch ws://s/ws; ping ch expect pong within 5s; wait 1h } }\n";
    let ran = file(pings).responds(|_| open().pongs(1_000)).stopped_at(950).noticed_at(1_010).run();
    assert_eq!((ran.cause("t"), expected(&ran)), ("interrupted", true));
}
