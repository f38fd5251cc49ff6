//! A request that is given other time than it had, judged on what was recorded of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pair::Pair;
use crate::report::Redactor;
use crate::run::tests::scripted::say;
use crate::trace::{Rebuilt, Replay, Trace};

/// What becomes of a test whose only request, which is responded to after 300 ms, has one timeout in the run and another one in the replay.
fn outcomes(recorded: &str, replayed: &str) -> (String, String) {
    let spec =
        |timeout: &str| format!("suite \"s\" {{\n  test \"t\" {{\n    GET http://s/ {{ {timeout} }}\n  }}\n}}\n");
    let pair = Pair {
        spec: spec(recorded),
        variables: BTreeMap::new(),
        plan: None,
        respond: Arc::new(|_| say(200).after(300)),
        seed: 1,
        jobs: 1,
        fail_fast: false,
        stop_at: None,
    };
    let both = pair.run().unwrap_or_else(|_| unreachable!());
    let mut trace = Trace::read(&*both.bytes).unwrap();
    trace.files[0].bytes = spec(replayed).into();
    let rebuilt = Rebuilt::of_trace(&trace.header, &trace.files).unwrap_or_else(|_| unreachable!());
    let report = Replay::new(&trace, &rebuilt, Arc::new(Redactor::default())).report().report;
    let now = serde_json::to_value(&report.tests[0]).unwrap();
    let outcome = |test: &serde_json::Value| test["outcome"].as_str().unwrap_or_default().to_owned();
    (outcome(&both.was["tests"][0]), outcome(&now))
}

#[test]
fn another_timeout_is_judged_where_what_came_of_it_is_known() {
    let table = [
        // The response came in the time that there is now.
        ("expect status 200", "timeout 400ms; expect status 200", "passed", "passed"),
        ("timeout 400ms; expect status 200", "timeout 5s; expect status 200", "passed", "passed"),
        // It wouldn't have come.
        ("expect status 200", "timeout 200ms; expect status 200", "passed", "undecided"),
        // Nothing had come by then, and what came later no one saw.
        ("timeout 200ms; expect failure is timeout", "timeout 250ms; expect failure is timeout", "passed", "undecided"),
        ("timeout 200ms; expect failure is timeout", "timeout 5s; expect status 200", "passed", "undecided"),
        ("timeout 200ms; expect failure is timeout", "timeout 200ms; expect failure is timeout", "passed", "passed"),
    ];
    for (recorded, replayed, was, now) in table {
        assert_eq!(outcomes(recorded, replayed), (was.to_owned(), now.to_owned()), "{recorded} as {replayed}");
    }
}
