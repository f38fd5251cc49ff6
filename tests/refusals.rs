//! One rule, two places: what `run` refuses before anything is sent, `check` refuses too, with the same code at the same place.

use super::harness::Test;

macro_rules! test {
    ($head:literal) => {
        concat!("suite \"S\" { test \"t\" ", $head, " { GET {{env.api}}/{{row}} { expect status 200 } } }\n")
    };
}
macro_rules! steps {
    ($steps:literal) => {
        concat!("suite \"S\" {\n  test \"t\" {\n    ", $steps, "\n    GET {{env.api}}/ { expect status 200 }\n  }\n}\n")
    };
}
const HEAD: &str = "environment e default { api = \"http://127.0.0.1:9\" }\n\n";

/// A spec, the files beside it, and the code of what is wrong.
type Case = (&'static str, Files, &'static str);
type Files = &'static [(&'static str, &'static [u8])];

const CASES: [Case; 26] = [
    (test!("for each row in file \"rows.csv\""), &[("rows.csv", b"name\n")], "plan::no_cases"),
    (test!("for each row in file \"rows.json\""), &[("rows.json", b"[]")], "plan::no_cases"),
    (test!("for each row in file \"rows.json\".rows"), &[("rows.json", b"{\"rows\":[]}")], "plan::no_cases"),
    (test!("for each row in []"), &[], "check::never_runs"),
    (test!("for each row in file \"rows.json\""), &[("rows.json", b"{\"a\":1}")], "plan::cases_unknown"),
    (test!("for each row in file \"rows.json\".rows"), &[("rows.json", b"{\"a\":1}")], "plan::cases_unknown"),
    (test!("for each row in file \"rows.txt\""), &[("rows.txt", b"a")], "plan::cases_unknown"),
    (test!("for each row in split(env.api, \",\")"), &[], "plan::cases_unknown"),
    (test!("for each row in file \"rows.csv\""), &[], "check::file_missing"),
    (test!("for each row in file \"rows.json\""), &[("rows.json", b"[1,")], "plan::file"),
    (test!("for each row in file \"rows.json\""), &[("rows.json", b"[{\"a\":1,\"a\":2}]")], "plan::file"),
    (test!("for each row in file \"rows.csv\""), &[("rows.csv", b"a,b\n1\n")], "check::invalid_csv"),
    (test!("for each row in file \"rows.csv\""), &[("rows.csv", b"a\n\xff\n")], "check::invalid_csv"),
    (
        steps!("for each row in file \"rows.csv\" { GET {{env.api}}/ { expect status 200 } }"),
        &[("rows.csv", b"a\n")],
        "check::never_runs",
    ),
    (
        steps!("parallel for each row in file \"rows.json\" { GET {{env.api}}/ { expect status 200 } }"),
        &[("rows.json", b"[]")],
        "check::never_runs",
    ),
    (
        steps!("for each row in file \"rows.json\" or none { GET {{env.api}}/ { expect status 200 } }"),
        &[("rows.json", b"{}")],
        "check::not_a_list",
    ),
    (steps!("POST {{env.api}}/ { json file \"body.json\"; expect status 200 }"), &[("body.json", b"{")], "plan::file"),
    (steps!("let rows = file \"rows.json\"\n    expect rows exists"), &[("rows.json", b"nope")], "plan::file"),
    (steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"), &[("s.json", b"nope")], "plan::schema"),
    (steps!("GET {{env.api}}/ { expect body matches schema file \"s.txt\" }"), &[("s.txt", b"nope")], "plan::schema"),
    (
        steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"),
        &[("s.json", b"{\"type\":\"objekt\"}")],
        "plan::schema",
    ),
    (steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"), &[("s.json", b"5")], "plan::schema"),
    (
        steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"),
        &[("s.json", b"{\"$ref\":\"#/$defs/none\"}")],
        "plan::schema",
    ),
    (
        steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"),
        &[("s.json", b"{\"pattern\":\"(\"}")],
        "plan::schema",
    ),
    (
        steps!("GET {{env.api}}/ { either { expect $.a matches schema file \"s.json\" } or { expect status 404 } }"),
        &[("s.json", b"[]")],
        "plan::schema",
    ),
    (
        "load \"l\" { users 1 hold 1s; data file \"rows.csv\" next as row; scenario { GET {{env.api}}/ { expect status 200 } } threshold p95(time) < 1s }\n",
        &[("rows.csv", b"a\n")],
        "check::never_runs",
    ),
];

/// The codes, with their places.
fn reported(spec: &str, files: &[(&str, &[u8])], args: &[&str]) -> (Option<i32>, Vec<(String, String)>, String) {
    let mut test = Test::new().file("a.e2e", &format!("{HEAD}{spec}"));
    for (name, bytes) in files {
        test = test.bytes(name, bytes);
    }
    let done = test.args(args.iter().copied()).run();
    let report = serde_json::from_str::<serde_json::Value>(&done.out).ok();
    let all = report.iter().flat_map(|report| report["diagnostics"].as_array().cloned().unwrap_or_default());
    let errors = all.filter(|one| one["severity"] == "error");
    let codes = errors.map(|one| (one["code"].as_str().unwrap().to_owned(), one["span"]["start"].to_string()));
    (done.code, codes.collect(), format!("{}{}", done.out, done.err))
}

#[test]
fn what_a_run_refuses_the_check_refuses_too() {
    let mut wrong = String::new();
    for (spec, files, code) in CASES {
        let (exit, checked, text) = reported(spec, files, &["check", "a.e2e", "--format", "json"]);
        let code = format!("e2e::{code}");
        if exit != Some(2) || !checked.iter().any(|(found, _)| *found == code) {
            wrong.push_str(&format!("check of\n{spec}{code}: {exit:?} {text}\n"));
        }
        let (exit, _, text) = reported(spec, files, &["run", "a.e2e", "--report", "none"]);
        if exit != Some(2) || !text.contains(&code) {
            wrong.push_str(&format!("run of\n{spec}{code}: {exit:?} {text}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_fixture_that_is_too_large_is_refused_by_both() {
    let spec = format!(
        "{HEAD}suite \"S\" {{ test \"t\" {{ POST {{{{env.api}}}}/ {{ body file \"big.bin\"; expect status 200 }} }} }}\n"
    );
    for args in [&["check", "a.e2e"][..], &["run", "a.e2e", "--report", "none"]] {
        let test = Test::new().file("a.e2e", &spec).args(args.iter().copied());
        std::fs::File::create(test.path("big.bin")).unwrap().set_len((64 << 20) + 1).unwrap();
        let done = test.code(2);
        let text = format!("{}{}", done.out, done.err);
        assert!(text.contains("e2e::plan::file") && text.contains("is larger than 64 MiB"), "{text}");
    }
}

/// What only a chosen environment gives is left to the run, and what is fine is fine.
#[test]
fn the_check_refuses_nothing_that_a_run_would_not() {
    let fine: [(&str, Files); 4] = [
        (test!("for each row in file \"rows.csv\""), &[("rows.csv", b"name\nada\n")]),
        (test!("for each row in [env.api, lower(\"A\")]"), &[]),
        (
            steps!("GET {{env.api}}/ { expect body matches schema file \"s.json\" }"),
            &[("s.json", b"{\"type\":\"object\"}")],
        ),
        (
            steps!("GET {{env.api}}/ { expect $ matches schema file \"s.json\" }"),
            &[("s.json", b"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"object\"}}}")],
        ),
    ];
    for (spec, files) in fine {
        let (exit, checked, text) = reported(spec, files, &["check", "a.e2e", "--format", "json"]);
        assert!(exit == Some(0) && checked.is_empty(), "{spec}{text}");
        let (exit, _, text) = reported(spec, files, &["run", "a.e2e", "--report", "none"]);
        assert_eq!(exit, Some(1), "{spec}{text}");
    }
}
