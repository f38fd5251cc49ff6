//! A secret that comes in several frames: wherever a part of it is quoted then, no output shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pair::{Both, Pair};
use crate::run::tests::scripted::{Asked, Said, json, open, say};

const TOKEN: &str = "tok_live_Zq7Hk2-Wv9Xp4-Jd8Mt6Rs3";
const FIRST: &str = "tok_live_Zq7Hk2-";
const SECOND: &str = "Wv9Xp4-Jd8Mt6Rs3";

fn answered(asked: &Asked<'_>) -> Said {
    match asked.path {
        "/login" => json(&serde_json::json!({ "id": TOKEN }).to_string()),
        "/ws" => open().text(1, FIRST).text(2, SECOND),
        // Nothing comes behind the first part.
        "/begins" => open().text(1, FIRST),
        "/binary" => open().text(1, &format!("a {FIRST}")).text(2, &format!("{SECOND} z")),
        "/health" if asked.nth > 1 => {
            let body = serde_json::json!({ "status": FIRST, "checks": [{ "name": SECOND, "status": "down" }] });
            say(503).with("content-type", "application/json").body(&body.to_string())
        }
        "/bad" => say(503).body(SECOND),
        "/quoted" => say(200).body(FIRST),
        _ => say(200),
    }
}

fn run(spec: &str, has_plan: bool) -> Both {
    let pair = Pair {
        spec: spec.to_owned(),
        variables: BTreeMap::new(),
        plan: has_plan.then_some("p"),
        respond: Arc::new(answered),
        seed: 1,
        jobs: 1,
        fail_fast: false,
        stop_at: None,
    };
    pair.run().unwrap_or_else(|_| panic!("it never ends: {spec}"))
}

/// What capital letters an output may have lost.
fn shows(text: &str, part: &str) -> bool {
    text.contains(part) || text.to_lowercase().contains(&part.to_lowercase())
}

const LOGIN: &str = "GET http://s/login { expect status 200; capture secret tok = $.id }";
const SEE: &str = "websocket c ws://s/ws; expect on c event \"a\" within 100ms";
const OK: &str = "GET http://s/ok { expect status 200 }";

/// Each place that says something of a run, by a spec in which it quotes frames, and a word of it that must be in the report.
fn places(see: &str) -> Vec<(String, bool, &'static str)> {
    let test = |body: &str| format!("  test \"t\" {{ {body} }}\n");
    let suite = |body: &str| format!("suite \"s\" {{\n{body}}}\n");
    let hook = |hook: &str| suite(&format!("  {hook} {{ {see} }}\n{}", test(OK)));
    let flow = format!("flow get() -> secret {{\n  {see}\n  return \"0123456789\"\n}}\ncredential cred = get()\n");
    let uses = suite(&test("GET http://s/ok { bearer cred; expect status 200 }"));
    let plan = |condition: &str| {
        format!("plan p {{\n  phase \"one\" {{ run everything not run }}\n  abort when {condition}\n}}\n")
    };
    let environment =
        "environment e default {\n  api = \"http://s\"\n  service backend { probe GET http://s/health within 1s }\n}\n";
    let outage = format!(
        "  test \"a\" {{ {see} }}\n  test \"b\" {{ GET http://s/bad {{ expect status 200 }} }}\n  test \"c\" {{ wait 5s; {OK} }}\n"
    );
    vec![
        (hook("before all"), false, "carried"),
        (hook("after all"), false, "carried"),
        (hook("before each"), false, "carried"),
        (hook("after each"), false, "carried"),
        (suite(&test(see)), false, "carried"),
        (suite(&test(&format!("eventually within 1s every 500ms {{ {see} }}"))), false, "failed"),
        (format!("{flow}{uses}"), false, "carried"),
        (format!("{flow}{}{uses}", plan("credential cred cannot be obtained")), true, "credential cred"),
        (
            format!("{environment}{}{}", plan("service backend is down"), suite(&outage)),
            true,
            "service backend is down",
        ),
        (suite(&test(&format!("{see}\n    {OK}"))), false, "carried"),
    ]
}

/// The outputs of a run that show a part.
fn shown(both: &Both, is_late: bool) -> Vec<String> {
    let shows = both.outputs.iter().flat_map(|(name, text)| {
        let parts = [FIRST, SECOND].into_iter().filter(|part| shows(text, part));
        parts.map(move |part| format!("{part} is in {name}: {text}"))
    });
    // What was said can't be taken back when it turns out to be a secret.
    shows.filter(|one| !is_late || !one.contains(" is in terminal: ")).collect()
}

#[test]
fn no_output_shows_a_part_wherever_frames_are_quoted() {
    for ws in ["/ws", "/begins", "/binary"] {
        let see = format!("{LOGIN}; {}", SEE.replace("s/ws", &format!("s{ws}")));
        for (spec, has_plan, word) in places(&see) {
            let both = run(&spec, has_plan);
            let wrong = shown(&both, false);
            assert!(wrong.is_empty(), "{spec}\n{}", wrong[0]);
            assert!(both.was.to_string().contains(word), "{spec}\n{}", both.was);
            let undecided = both.undecided().unwrap_or_else(|wrong| panic!("{spec}\n{wrong}"));
            assert_eq!(undecided, Vec::<String>::new(), "{spec}");
        }
    }
}

/// It is no secret when the frames come, and when they are quoted.
#[test]
fn no_output_shows_a_part_of_what_is_a_secret_only_later() {
    for (spec, has_plan, word) in places(SEE) {
        let later = format!("suite \"z\" {{\n  test \"later\" {{ wait 20s; {LOGIN} }}\n}}\n");
        let both = run(&format!("{spec}{later}"), has_plan);
        // A condition of a plan may have ended the run before.
        let is_known = both.secrets.iter().any(|secret| secret == TOKEN);
        assert!(is_known || has_plan, "{spec}\n{:?}", both.secrets);
        let wrong = if is_known { shown(&both, true) } else { Vec::new() };
        assert!(wrong.is_empty(), "{spec}\n{}", wrong[0]);
        assert!(both.was.to_string().contains(word), "{spec}\n{}", both.was);
        both.undecided().unwrap_or_else(|wrong| panic!("{spec}\n{wrong}"));
    }
}

/// What a frame was captured of is used elsewhere.
#[test]
fn no_output_shows_a_part_that_was_captured() {
    let body = format!(
        "suite \"s\" {{\n  test \"t\" {{\n    {LOGIN}\n    websocket c ws://s/ws\n    expect on c frame within 1s {{ capture part = text /(.*)/ }}\n    GET http://s/quoted?of={{{{part}}}} {{ expect body == \"x\" }}\n  }}\n}}\n"
    );
    let both = run(&body, false);
    let wrong = shown(&both, false);
    assert!(wrong.is_empty(), "{}", wrong[0]);
}
