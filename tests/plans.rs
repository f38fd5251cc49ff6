//! Plans on real sockets: what runs when, what gates and abort conditions make of it, and what is reported about the rest.

use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

use super::harness::{Done, Test};
use super::scripted::Scripted;
use super::servers::{head, serve, silent};

/// Answers `/ok` rightly, `/bad` with 500, and `/once` with 503 before it is right.
const SERVER: &str = "GET /ok 200\n  {}\nGET /bad 500\n  {}\nGET /once 503\n  {}\nGET /once 200\n  {}\nGET /health 200\n  {}\n\
    websocket /ws\n";

pub fn server() -> String {
    format!("http://{}", Scripted::start(SERVER).addresses[0])
}

/// Runs `plan p` of a spec.
pub fn run(spec: &str, code: i32) -> Done {
    Test::new().file("a.e2e", spec).args(["run", "a.e2e", "--plan", "p"]).code(code)
}

fn outcomes(report: &Json) -> Vec<(String, String)> {
    let tests = report["tests"].as_array().unwrap().iter();
    tests
        .map(|test| (test["name"].as_str().unwrap().to_owned(), test["outcome"].as_str().unwrap().to_owned()))
        .collect()
}

pub fn outcome<'r>(report: &'r Json, name: &str) -> &'r Json {
    report["tests"].as_array().unwrap().iter().find(|test| test["name"] == name).unwrap()
}

/// A suite whose tests ask for these paths and want 200.
pub fn suite(name: &str, meta: &str, api: &str, paths: &[&str]) -> String {
    let test = |path: &&str| format!("  test \"{name} {path}\" {{ GET {api}{path} {{ expect status 200 }} }}\n");
    format!("suite \"{name}\" {{\n  {meta}\n{}}}\n", paths.iter().map(test).collect::<String>())
}

#[test]
fn phases_run_in_order_and_a_test_runs_once() {
    let api = server();
    let spec = format!(
        "environment e default {{ api = \"{api}\" }}\n\
         plan p {{\n\
           phase \"First\" {{ run tags smoke; gate success > 90% }}\n\
           phase \"Second\" {{ pause 300ms before; run priority P1; run suites \"C\"; gate success > 90%; budget 1m }}\n\
           phase \"Rest\" {{ run everything not run; gate success > 90% }}\n\
           gate p95(time) < 10s\n\
         }}\n{}{}{}{}",
        suite("A", "tags smoke\n  priority P1", &api, &["/ok"]),
        suite("B", "priority P1", &api, &["/ok", "/health"]),
        suite("C", "tags other", &api, &["/ok"]),
        suite("D", "tags other", &api, &["/ok"]),
    );
    let done = run(&spec, 0);
    let report = done.json();
    assert_eq!(report["verdict"]["state"], "READY", "{:#}", report["verdict"]);
    assert_eq!(report["run"]["plan"], "p");
    let phase = |name: &str| report["tests"].as_array().unwrap().iter().filter(|test| test["phase"] == name).count();
    assert_eq!((phase("First"), phase("Second"), phase("Rest")), (1, 3, 1));
    let phases = report["phases"].as_array().unwrap();
    let totals: Vec<_> = phases.iter().map(|phase| phase["summary"]["total"].as_u64().unwrap()).collect();
    assert_eq!(totals, [1, 4, 1], "a phase is judged by all that it selects, whichever phase ran it");
    let times = |phase: &Json| (phase["started_ms"].as_f64().unwrap(), phase["duration_ms"].as_f64().unwrap());
    let ends: Vec<f64> = phases.iter().map(|phase| times(phase).0 + times(phase).1).collect();
    assert!(times(&phases[1]).0 >= ends[0] + 300.0 && times(&phases[2]).0 >= ends[1], "{phases:#?}");
    assert_eq!(report["gates"][0]["text"], "p95(time) < 10s");
    let done = done.out("phase 2 of 3: Second (4 tests, 1 of them run before; budget 1m; gate success > 90%)");
    done.out("success > 90%: 100% (4 of 4 tests)");
}

#[test]
fn gates_decide_between_ready_degraded_and_not_ready() {
    let api = server();
    let spec = |limit: &str| {
        let tests = suite("A", "at risk $120K MRR", &api, &["/ok", "/ok?2", "/ok?3", "/bad"]);
        format!(
            "environment e default {{ api = \"{api}\" }}\nplan p {{ phase \"All\" {{ run everything not run; gate success {limit} }} }}\n{tests}"
        )
    };
    let report = run(&spec("> 74%"), 1).json();
    assert_eq!((&report["verdict"]["state"], &report["phases"][0]["state"]), (&"DEGRADED".into(), &"passed".into()));
    let report = run(&spec("> 75%"), 1).json();
    assert_eq!((&report["verdict"]["state"], &report["phases"][0]["state"]), (&"NOT READY".into(), &"failed".into()));
    let reason = "phase \"All\": the gate success > 75% does not hold: 75% (3 of 4 tests)";
    assert_eq!(report["verdict"]["reasons"][0], reason);
    assert_eq!(
        report["verdict"]["at_risk"][0],
        serde_json::json!({ "amount": 120000.0, "currency": "USD", "per": "MRR" })
    );
}

#[test]
fn a_phase_that_selects_nothing_does_not_hold() {
    let api = server();
    let spec = format!(
        "environment e default {{ api = \"{api}\" }}\n\
         plan p {{ phase \"None\" {{ run tags nothing; gate success > 1% }} phase \"All\" {{ run everything not run; gate success > 90% }} }}\n{}",
        suite("A", "tags smoke", &api, &["/ok"])
    );
    let spec = spec.replace("} phase", "}\n phase");
    let report = run(&spec, 1).json();
    assert_eq!(report["verdict"]["state"], "NOT READY");
    assert_eq!(report["phases"][0]["gates"][0]["measured"], Json::Null);
    let reason = "phase \"None\": the gate success > 1% does not hold: nothing was measured (there are no tests)";
    assert_eq!(report["verdict"]["reasons"][0], reason);
}

/// A server that remembers the paths it was asked for, answers `/bad…` with 500 and `/hang…` not at all.
pub fn remembering() -> (String, Arc<Mutex<Vec<String>>>) {
    remembering_in_order(None)
}

/// The same, which answers the second of two paths only when the first one was asked for.
fn remembering_in_order(order: Option<(&'static str, &'static str)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let (log, more) = (seen.clone(), Arc::new(Condvar::new()));
    let url = serve(move |stream| {
        let path = head(stream).split(' ').nth(1).unwrap_or_default().to_owned();
        let status = if path.starts_with("/bad") { "500 No" } else { "200 OK" };
        let hangs = path.starts_with("/hang");
        let first = order.filter(|(_, second)| *second == path).map(|(first, _)| first);
        let mut asked = log.lock().unwrap();
        asked.push(path);
        more.notify_all();
        if let Some(first) = first {
            let isnt_there = |asked: &mut Vec<String>| !asked.iter().any(|one| one == first);
            drop(more.wait_timeout_while(asked, Duration::from_secs(20), isnt_there).unwrap());
        } else {
            drop(asked);
        }
        if hangs {
            let _ = head(stream);
        }
        let _ = stream.write_all(
            format!("HTTP/1.1 {status}\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{{\"items\":[]}}").as_bytes(),
        );
    });
    (url, seen)
}

#[test]
fn hooks_after_tests_run_for_what_began_and_for_nothing_else() {
    // What fails in suite `b` ends the run: before the hook of `a` has begun, that would leave nothing to clean up.
    let (api, seen) = remembering_in_order(Some(("/beforea", "/badb")));
    let suite = |name: &str, before: &str, path: &str| {
        format!(
            "suite \"{name}\" {{\n before all {{ GET {api}/{before}{name} {{ expect status 200 }} }}\n after all {{ DELETE {api}/after{name} {{ expect status 200 }} }}\n\
             tags {name}\n test \"{name}\" {{ GET {api}/{path} {{ expect status 200 }} }} }}\n"
        )
    };
    let spec = format!(
        "plan p {{\n phase \"1\" {{ run tags a, b; gate success > 1%; abort on any failure }}\n phase \"2\" {{ run tags c; gate success > 1% }}\n }}\n{}{}{}",
        suite("a", "before", "bad"),
        suite("b", "bad", "never"),
        suite("c", "before", "never"),
    );
    let report = run(&spec, 3).json();
    let paths = seen.lock().unwrap().clone();
    let has = |path: &str| paths.iter().any(|one| one == path);
    assert!(has("/beforea") && has("/aftera"), "{paths:?}");
    assert_eq!(has("/badb"), has("/afterb"), "what a hook made before it failed is cleaned up: {paths:?}");
    assert!(!has("/beforec") && !has("/afterc") && !has("/never"), "nothing of the next phase began: {paths:?}");
    assert_eq!(outcome(&report, "c")["outcome"], "not_run");
}

#[test]
fn what_a_hook_keeps_from_running_has_a_cause_and_trips_aborts() {
    let (api, _) = remembering();
    let spec = format!(
        "plan p {{\n phase \"1\" {{ run tags a; gate success > 1%; abort on any failure of P1 }}\n phase \"2\" {{ run everything not run; gate success > 1% }}\n }}\n\
         suite \"A\" {{ tags a\n priority P1\n at risk $9K day\n before all {{ GET {api}/bad {{ expect status 200 }} }}\n test \"kept\" {{ GET {api}/ok {{ expect status 200 }} }} }}\n{}",
        suite("B", "tags b", &api, &["/ok"])
    );
    let report = run(&spec, 3).json();
    assert_eq!(report["abort"]["condition"], "any failure of P1");
    assert_eq!(report["causes"][0]["tests"].as_array().unwrap().len(), 1);
    assert_eq!(report["verdict"]["at_risk"][0]["amount"], 9000.0);
}

#[test]
fn a_budget_bounds_hooks_too() {
    let (api, _) = remembering();
    let spec = format!(
        "plan p {{ phase \"1\" {{ run tags a; budget 400ms; gate success > 1% }} }}\n\
         suite \"A\" {{ tags a\n before all {{ GET {api}/hang {{ expect status 200 }} }}\n test \"t\" {{ GET {api}/ok {{ expect status 200 }} }} }}\n"
    );
    let report = run(&spec, 1).json();
    let duration = report["run"]["duration_ms"].as_f64().unwrap();
    assert!(duration < 10_000.0, "{duration}");
    assert_eq!(outcome(&report, "t")["outcome"], "not_run");
}

#[test]
fn gates_see_what_earlier_attempts_asked() {
    let api = server();
    let spec = format!(
        "plan p {{ retry infrastructure 1 times every 10ms\n phase \"All\" {{ run everything not run; gate error rate < 50% }} }}\n{}",
        suite("S", "tags t", &api, &["/once"])
    );
    let report = run(&spec, 1).json();
    assert_eq!(outcome(&report, "S /once")["outcome"], "flaky");
    assert_eq!(report["phases"][0]["gates"][0]["measured"], 0.5);
}

#[test]
fn limits_of_a_plan_are_known_before_it_begins() {
    let api = server();
    let spec = format!(
        "environment e default {{ api = \"{api}\"; slowest = 9s; share = variable(\"SHARE\", default: 90%) }}\n\
         plan p {{ phase \"All\" {{ run everything not run; gate success > env.share; gate p95(time) < env.slowest }} }}\n{}",
        suite("S", "tags t", &api, &["/ok"])
    );
    let test = |set: &str, share: &str| {
        Test::new().file("a.e2e", &spec).variable("SHARE", share).args(["run", "a.e2e", "--plan", "p", "--set", set])
    };
    let report = test("env.slowest=1us", "90.1%").code(1).json();
    let gates = report["phases"][0]["gates"].as_array().unwrap();
    assert_eq!(
        (&gates[0]["held"], &gates[1]["held"]),
        (&true.into(), &false.into()),
        "the limit given is the limit kept"
    );
    assert_eq!(report["plan"]["phases"][0]["gates"][0]["limit"], 0.901);
    test("env.slowest=fast", "90%").code(2).err("e2e::plan::limit").err("`env.slowest` isn't a duration");
    test("env.slowest=9s", "most").code(2).err("`env.share` isn't a percentage");
    let probe = format!(
        "environment e default {{ api = \"{api}\"; patience = 5s; service s {{ probe GET {{{{env.api}}}}/ok within env.patience }} }}\n{}",
        suite("S", "needs s", &api, &["/ok"])
    );
    let test = |set: &str| Test::new().file("a.e2e", &probe).args(["run", "a.e2e", "--set", set]);
    assert_eq!(test("env.patience=3s").code(0).json()["services"][0]["within_ms"], 3000.0);
    test("env.patience=long").code(2).err("e2e::plan::limit");
}

#[test]
fn a_budget_bounds_its_phase_and_what_is_left_of_it_is_reported() {
    let (api, silent) = (server(), silent());
    let spec = format!(
        "environment e default {{ api = \"{api}\" }}\n\
         plan p {{\n phase \"Short\" {{ run tags slow; budget 500ms; gate success > 1% }}\n phase \"Next\" {{ run everything not run; gate success > 1% }}\n }}\n\
         suite \"S\" {{ tags slow\n test \"good\" {{ GET {api}/ok {{ expect status 200 }} }}\n test \"hangs\" {{ GET {silent}/ {{ expect status 200 }} }}\n test \"late\" {{ GET {api}/ok {{ expect status 200 }} }} }}\n{}",
        suite("N", "tags next", &api, &["/ok"])
    );
    let report = run(&spec, 1).json();
    let names: Vec<_> = outcomes(&report).into_iter().map(|(name, outcome)| format!("{name}: {outcome}")).collect();
    assert_eq!(names, ["good: passed", "hangs: timed_out", "late: not_run", "N /ok: passed"]);
    assert_eq!(outcome(&report, "late")["reason"], "the phase's budget of 500ms was used up");
    assert_eq!((&report["phases"][0]["state"], &report["phases"][0]["over_budget"]), (&"failed".into(), &true.into()));
    assert_eq!(report["verdict"]["reasons"][0], "phase \"Short\" used up its budget of 500ms");
}

#[test]
fn infrastructure_failures_are_tried_again_and_others_are_not() {
    let spec = |api: &str, retry: &str, path: &str| {
        format!(
            "environment e default {{ api = \"{api}\" }}\nplan p {{ {retry}\n phase \"All\" {{ run everything not run; gate success > 90%; gate flaky < 5% }} }}\n{}",
            suite("S", "tags t", api, &[path])
        )
    };
    let retry = "retry infrastructure 2 times every 50ms";
    let report = run(&spec(&server(), retry, "/once"), 1).json();
    let test = outcome(&report, "S /once");
    assert_eq!((&test["outcome"], &test["attempts"]), (&"flaky".into(), &2.into()), "503 is the infrastructure's");
    let held: Vec<_> =
        report["phases"][0]["gates"].as_array().unwrap().iter().map(|gate| gate["held"].clone()).collect();
    assert_eq!(held, [true, false], "a flaky test is a success, and counts as flaky");
    let report = run(&spec(&server(), retry, "/bad"), 1).json();
    assert_eq!(outcome(&report, "S /bad")["attempts"], 1, "500 is the application's");
    let report = run(&spec(&server(), "", "/once"), 1).json();
    assert_eq!(outcome(&report, "S /once")["attempts"], 1);
}

#[test]
fn what_needs_a_service_that_is_down_is_skipped_with_its_cause() {
    let api = server();
    let spec = format!(
        "environment e default {{\n  api = \"{api}\"\n\
           service store {{ probe GET {{{{env.api}}}}/bad within 300ms; depends on nothing }}\n\
           service shop {{ probe GET {{{{env.api}}}}/ok within 300ms; depends on store }}\n\
           service mail {{ probe GET {{{{env.api}}}}/ok within 300ms }}\n}}\n{}{}{}{}",
        suite("Store", "needs store", &api, &["/ok"]),
        suite("Shop", "needs shop", &api, &["/ok"]),
        suite("Mail", "needs mail", &api, &["/ok"]),
        suite("Free", "tags free", &api, &["/ok"]),
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1);
    let report = done.json();
    let names: Vec<_> = outcomes(&report).into_iter().map(|(name, outcome)| format!("{name}: {outcome}")).collect();
    assert_eq!(names, ["Store /ok: skipped", "Shop /ok: skipped", "Mail /ok: passed", "Free /ok: passed"]);
    let (store, shop) = (outcome(&report, "Store /ok"), outcome(&report, "Shop /ok"));
    assert_eq!((&store["blocked_by"], &shop["blocked_by"]), (&"store".into(), &"store".into()));
    assert_eq!(store["reason"], "store is down: 500");
    assert_eq!(shop["reason"], "store, which shop depends on, is down: 500");
    assert_eq!(report["verdict"]["state"], "NOT READY");
    let cause = &report["causes"][0];
    assert_eq!((&cause["suspect"], &cause["classification"]), (&"store".into(), &"persistent".into()));
    assert_eq!(cause["tests"].as_array().unwrap().len(), 2);
}

#[test]
fn a_service_is_asked_again_when_tests_meet_an_outage() {
    // Right when it is first asked, and away from then on.
    let asked = Arc::new(Mutex::new(0));
    let api = serve(move |stream| {
        head(stream);
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        let status = if *asked == 1 { "200 OK" } else { "503 Away" };
        let _ =
            stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    });
    let spec = format!(
        "environment e default {{ api = \"{api}\"; service backend {{ probe GET {{{{env.api}}}}/health within 400ms }} }}\n{}",
        suite("S", "needs backend", &api, &["/1", "/2", "/3"])
    );
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
    let names: Vec<_> = outcomes(&report).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(names, ["failed", "skipped", "skipped"], "the others wait for what the probe says");
    assert_eq!(report["services"][0]["state"], "down");
    assert_eq!(report["causes"].as_array().unwrap().len(), 1);
    assert_eq!(report["causes"][0]["tests"].as_array().unwrap().len(), 3);
}

#[test]
fn a_plan_says_what_it_lacks_before_anything_is_sent() {
    let spec = "environment e default { api = \"http://127.0.0.1:1\"; a = secret(\"PLAN_A\", default: \"\"); b = variable(\"PLAN_B\", default: \"\") }\n\
        plan p { require env a, b\n phase \"All\" { run everything not run; gate success > 1% } }\n\
        suite \"S\" { test \"t\" { GET {{env.api}}/ { header A: env.a; header B: env.b; expect status 200 } } }\n";
    let test = || Test::new().file("a.e2e", spec);
    let done = test().args(["run", "a.e2e", "--plan", "p"]).code(2);
    let done = done.err("e2e::plan::value_required").err("this plan requires `env.a` and `env.b`, which are empty");
    assert!(!done.path("test_results.json").exists());
    test()
        .variable("PLAN_A", "x")
        .args(["run", "a.e2e", "--plan", "p"])
        .code(2)
        .err("requires `env.b`, which is empty");
    test().args(["run", "a.e2e", "--plan", "pp"]).code(2).err("did you mean `--plan p`?");
}
