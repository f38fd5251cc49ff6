//! Credentials: fetched once, shared, renewed in time.

use base64::Engine as _;

use super::scripted::{Asked, Case, Said, file, json, say};
use crate::judge::Outcome;

const FLOW: &str = "flow login() -> secret {\n  POST http://s/login { expect status 200; capture secret token = $.token; capture life = $.life }\n  \
    return token expires in life\n}\n";

/// The n-th token, which lives so many seconds.
fn token(asked: &Asked<'_>, life: &str) -> Said {
    json(&format!("{{\"token\":\"token-number-{}\",\"life\":{life}}}", asked.nth))
}

/// A test `t` that uses the credential at once, and then after each of these times.
fn used(refresh: &str, pauses: &[&str]) -> Case {
    let ask = "    GET http://s/a { bearer token; expect status 200 }\n";
    let more: String = pauses.iter().map(|pause| format!("    wait {pause}\n{ask}")).collect();
    file(&format!("{FLOW}credential token = login() {refresh}\nsuite \"s\" {{\n  test \"t\" {{\n{ask}{more}  }}\n}}\n"))
}

fn renewed_at(refresh: &str, life: &'static str, pauses: &[&str]) -> Vec<u64> {
    let ran = used(refresh, pauses)
        .responds(move |asked| if asked.path == "/login" { token(asked, life) } else { say(200) })
        .run()
        .passed();
    ran.at("POST /login")
}

#[test]
fn tests_that_need_it_at_once_wait_for_the_one_that_fetches_it() {
    let spec = format!(
        "{FLOW}credential token = login()\nsuite \"s\" {{\n  tests side by side\n{}}}\n",
        ["t", "u", "v"]
            .map(|name| format!("  test \"{name}\" {{ GET http://s/{name} {{ bearer token; expect status 200 }} }}\n"))
            .concat()
    );
    let ran = file(&spec)
        .responds(|asked| if asked.path == "/login" { token(asked, "3600").after(500) } else { say(200) })
        .run()
        .passed();
    assert_eq!(ran.at("POST /login"), [0]);
    assert_eq!((ran.at("GET /t"), ran.at("GET /u"), ran.at("GET /v")), (vec![500], vec![500], vec![500]));
    let bearer = |call: &&super::scripted::Call| {
        call.headers.contains(&("Authorization".to_owned(), "Bearer token-number-1".to_owned()))
    };
    assert_eq!(ran.calls.iter().filter(bearer).count(), 3);
    assert_eq!(ran.result.credentials[0].obtained.len(), 1);
}

#[test]
fn it_is_renewed_so_long_before_it_expires() {
    assert_eq!(renewed_at("refresh before 60s", "600", &["539999ms", "1ms"]), [0, 540_000]);
    assert_eq!(renewed_at("refresh before 60s", "600", &["539999ms"]), [0]);
    // A tenth of its life, and thirty seconds at most.
    assert_eq!(renewed_at("", "100", &["89999ms", "1ms", "1ms"]), [0, 90_000]);
    assert_eq!(renewed_at("", "590", &["559999ms", "1ms"]), [0, 560_000]);
}

#[test]
fn a_duration_says_how_long_it_lives_too() {
    let spec = format!(
        "{}credential token = login() refresh before 10s\nsuite \"s\" {{ timeout 1h\n  test \"t\" {{\n    GET http://s/a {{ bearer token; expect status 200 }}\n    wait 289999ms\n    GET http://s/b {{ bearer token; expect status 200 }}\n    wait 1ms\n    GET http://s/c {{ bearer token; expect status 200 }}\n  }}\n}}\n",
        FLOW.replace("expires in life", "expires in 5m")
    );
    let ran =
        file(&spec).responds(|asked| if asked.path == "/login" { token(asked, "1") } else { say(200) }).run().passed();
    assert_eq!(ran.at("POST /login"), [0, 290_000]);
}

#[test]
fn a_jwt_says_itself_when_it_expires() {
    // The run began at 1793491200; this one is good for a hundred seconds, and is renewed a tenth of that early.
    let jwt = |exp: f64| {
        format!("e30.{}.c2ln", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}")))
    };
    let flow = FLOW.replace(" expires in life", "").replace("; capture life = $.life", "");
    let ask = |path: &str| format!("    GET http://s/{path} {{ bearer token; expect status 200 }}\n");
    let spec = format!(
        "{flow}credential token = login()\nsuite \"s\" {{\n  test \"t\" {{\n{}    wait 89999ms\n{}    wait 1ms\n{}  }}\n}}\n",
        ask("a"),
        ask("b"),
        ask("c")
    );
    let ran = file(&spec)
        .responds(move |asked| match asked.path {
            "/login" => json(&format!("{{\"token\":\"{}\"}}", jwt(1_793_491_300.0))),
            _ => say(200),
        })
        .run()
        .passed();
    assert_eq!(ran.at("POST /login"), [0, 90_000]);
}

#[test]
fn one_that_can_not_be_obtained_fails_the_test_that_needs_it() {
    let ran = used("", &[]).responds(|asked| say(if asked.path == "/login" { 500 } else { 200 })).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert!(ran.messages("t").contains(&"the credential `token` can't be obtained"), "{}", ran.drawn());
    assert_eq!(ran.at("GET /a").len(), 0);
    let record = &ran.result.credentials[0];
    assert!(record.obtained.is_empty() && record.failed.is_some(), "{record:?}");
}

#[test]
fn the_next_test_tries_again_where_it_could_not_be_obtained() {
    let spec = format!(
        "{FLOW}credential token = login()\nsuite \"s\" {{\n  test \"t\" {{ GET http://s/a {{ bearer token; expect status 200 }} }}\n  test \"u\" {{ GET http://s/b {{ bearer token; expect status 200 }} }}\n}}\n"
    );
    let ran = file(&spec)
        .responds(|asked| match (asked.path, asked.nth) {
            ("/login", 1) => say(500),
            ("/login", _) => token(asked, "3600"),
            _ => say(200),
        })
        .run();
    assert_eq!((ran.outcome("t"), ran.outcome("u")), (&Outcome::Failed, &Outcome::Passed));
}

#[test]
fn fetching_it_takes_of_the_time_of_the_test() {
    let spec = format!(
        "{FLOW}credential token = login()\nsuite \"s\" {{\n  test \"t\" {{\n    timeout 2s\n    GET http://s/a {{ bearer token; expect status 200 }}\n  }}\n}}\n"
    );
    let ran = file(&spec).responds(|_| super::scripted::silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert_eq!(ran.took(), 2_000);
}

/// What a test proves, it proves of what it asks itself.
#[test]
fn fetching_it_proves_nothing_for_the_test() {
    let spec =
        format!("{FLOW}credential token = login()\nsuite \"s\" {{\n  test \"t\" {{ let x = \"{{{{token}}}}\" }}\n}}\n");
    let ran = file(&spec).responds(|asked| token(asked, "3600")).run();
    assert_eq!(*ran.outcome("t"), Outcome::Vacuous);
    assert_eq!(ran.at("POST /login"), [0]);
}

fn plan(conditions: &str, second: &str) -> Case {
    let spec = format!(
        "environment e {{ api = \"http://s\" }}\n{FLOW}credential token = login()\nplan p {{\n  phase \"one\" {{ run tags one }}\n  \
         phase \"two\" {{ run everything not run; {second} }}\n  {conditions}\n}}\nsuite \"s\" {{\n  \
         test \"t\" {{\n    tags one\n    GET http://s/a {{ bearer token; expect status 200 }}\n  }}\n  test \"u\" {{ GET http://s/b {{ bearer token; expect status 200 }} }}\n}}\n"
    );
    file(&spec).by_plan("p")
}

#[test]
fn a_phase_that_renews_obtains_it_anew_when_it_is_next_needed() {
    let run = |second: &str| {
        plan("", second)
            .responds(|asked| if asked.path == "/login" { token(asked, "3600").after(100) } else { say(200) })
            .run()
            .passed()
    };
    assert_eq!(run("").at("POST /login"), [0]);
    let ran = run("renew credentials");
    assert_eq!(ran.at("POST /login"), [0, 100]);
    assert_eq!(ran.at("GET /b"), [200]);
    assert_eq!(run("renew credentials; pause 5s before").at("POST /login"), [0, 5_100]);
}

#[test]
fn a_condition_on_it_has_it_obtained_before_the_first_phase_and_aborts_the_run() {
    let condition = "abort when credential token cannot be obtained";
    let good = plan(condition, "")
        .responds(|asked| if asked.path == "/login" { token(asked, "3600").after(300) } else { say(200) })
        .run();
    let received = good.received();
    assert!(received.contains(&(300, "phase 0".to_owned())), "{received:?}");
    assert_eq!(good.at("POST /login"), [0]);
    let bad = plan(condition, "").responds(|_| say(500).after(300)).run();
    assert_eq!(bad.calls(), [(0, "POST /login")]);
    for name in ["t", "u"] {
        assert_eq!(bad.cause(name), "aborted: credential token cannot be obtained");
    }
    assert_eq!(bad.result.abort.as_ref().map(|abort| abort.at.as_millis()), Some(300));
}

#[test]
fn a_test_waits_for_another_ones_fetch_until_its_own_limit() {
    let spec = format!(
        "{FLOW}credential token = login()\nsuite \"s\" {{\n  tests side by side\n  test \"long\" {{ GET http://s/a {{ bearer token; expect status 200 }} }}\n  \
         test \"t\" {{ wait 1ms; within 2s {{ GET http://s/b {{ bearer token; expect status 200 }} }} }}\n}}\n"
    );
    let ran = file(&spec)
        .responds(|asked| if asked.path == "/login" { token(asked, "3600").after(9_000) } else { say(200) })
        .run()
        .ended(Outcome::TimedOut, "the limit `within` of 2s was reached");
    assert_eq!(ran.span("t"), (0, 2_001));
    assert_eq!((ran.outcome("long"), ran.at("GET /a")), (&Outcome::Passed, vec![9_000]));
}

#[test]
fn a_login_that_never_answers_can_not_be_obtained() {
    let condition = "abort when credential token cannot be obtained";
    let ran = plan(condition, "").responds(|_| super::scripted::silence()).run();
    // The request's own limit, since no test is there that had one.
    assert_eq!(ran.result.abort.as_ref().map(|abort| abort.at.as_millis()), Some(30_000));
    assert_eq!((ran.cause("t"), ran.calls().len()), ("aborted: credential token cannot be obtained", 1));
}

#[test]
fn a_limit_of_a_test_that_cuts_the_fetch_off_says_nothing_of_the_credential() {
    let spec = format!(
        "environment e {{ api = \"http://s\" }}\n{FLOW}credential token = login()\nplan p {{\n  phase \"one\" {{ run everything not run }}\n  \
         abort when credential token cannot be obtained\n}}\nsuite \"s\" {{\n  test \"t\" {{\n    wait 5s\n    within 2s {{ GET http://s/a {{ bearer token; expect status 200 }} }}\n  }}\n  \
         test \"u\" {{ GET http://s/b {{ bearer token; expect status 200 }} }}\n}}\n"
    );
    // One that is used up at once, and a server that is slow the second time.
    let ran = file(&spec)
        .by_plan("p")
        .responds(|asked| match (asked.path, asked.nth) {
            ("/login", 1) => token(asked, "1"),
            ("/login", 2) => super::scripted::silence(),
            ("/login", _) => token(asked, "3600"),
            _ => say(200),
        })
        .run();
    assert_eq!((ran.outcome("t"), ran.outcome("u")), (&Outcome::TimedOut, &Outcome::Passed));
    assert!(ran.result.abort.is_none());
}
