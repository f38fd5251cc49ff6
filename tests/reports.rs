//! The reports, as programs and browsers read them.

use std::collections::BTreeSet;

use super::harness::{DEMO, Test};
use super::servers::silent;

/// A spec with a test for each outcome that one run can have.
fn outcomes() -> String {
    let silent = silent();
    format!(
        r#"{DEMO}
suite "Outcomes" {{
  at risk $120K MRR "the core"
  test "passed" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}
  test "failed" {{ GET {{{{env.api}}}}/health {{ expect $.status == "ill"; expect $.nothing exists }} }}
  test "errored" {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}
  test "timed out" {{ GET {silent}/ {{ timeout 200ms; expect status 200 }} }}
  test "skipped" {{
    skip when env.client_id exists because "it is reported"
    GET {{{{env.api}}}}/health {{ expect status 200 }}
  }}
}}
suite "Elsewhere" {{
  runs on demo
  before all {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}
  test "not run" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}
}}
"#
    )
}

/// What is wrong with a report by its schema. `strict` also finds fields that the schema doesn't know.
pub fn faults(report: &serde_json::Value, strict: bool) -> Vec<String> {
    let schema = include_str!("../docs/test_results.schema.json");
    let mut schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    if strict {
        close(&mut schema);
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn close(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(fields) => {
            if fields.contains_key("properties") && fields.contains_key("required") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(close);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_schema_knows_every_field_and_its_type() {
    let full: serde_json::Value = serde_json::from_str(super::made::FULL).unwrap();
    assert_eq!(faults(&full, true), [""; 0]);
    let written = serde_json::to_value(super::made::full()).unwrap();
    assert_eq!(faults(&written, true), [""; 0]);
    // Each of these would be found.
    let wrong: [(&str, serde_json::Value); 12] = [
        ("/phases/0/state", "done".into()),
        ("/phases/0/gates/0/held", "yes".into()),
        ("/gates/0/unit", "metres".into()),
        ("/abort/at_ms", "soon".into()),
        ("/causes/0/classification", "odd".into()),
        ("/causes/0/at_risk/0/amount", "much".into()),
        ("/services/0/sightings/1/failure", "eaten".into()),
        ("/credentials/0/obtained_at_ms/0", (-1).into()),
        ("/plan/phases/0/gates/0/op", "~".into()),
        ("/tests/1/symptom/kind", "mood".into()),
        ("/tests/0/channels/0/frames/0/direction", "up".into()),
        ("/tests/0/exchanges/0/tls/verified", serde_json::Value::Null),
    ];
    for (place, value) in wrong {
        let mut report = written.clone();
        *report.pointer_mut(place).unwrap() = value;
        assert!(!faults(&report, false).is_empty(), "{place}");
    }
}

#[test]
fn the_json_report_keeps_its_schema_and_counts_every_outcome() {
    let done = Test::new().file("a.e2e", &outcomes()).args(["run", "a.e2e"]).code(1);
    let report = done.json();
    assert_eq!(faults(&report, true), [""; 0]);
    for (outcome, count) in
        [("passed", 1), ("failed", 1), ("errored", 1), ("timed_out", 1), ("skipped", 1), ("not_run", 1)]
    {
        assert_eq!(report["summary"][outcome], count, "{outcome}: {}", report["summary"]);
    }
    assert_eq!(report["verdict"]["state"], "NOT READY");
    assert_eq!(report["verdict"]["at_risk"][0]["amount"], 120_000.0);
    let passed = &report["tests"][0];
    assert_eq!(passed["steps"][0]["expectations"][0]["text"], "status 200");
    assert!(passed["exchanges"][0]["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[test]
fn the_html_report_loads_nothing_and_says_what_failed() {
    let done = Test::new().file("a.e2e", &outcomes()).args(["run", "a.e2e"]).code(1);
    let html = done.read("test_results.html");
    for loads in ["src=\"http", "href=\"http", "src='http", "@import", "url(http", "<link rel=\"stylesheet\""] {
        assert!(!html.contains(loads), "{loads}");
    }
    assert!(html.contains("default-src 'none'"));
    for reported in
        ["NOT READY", "$120K MRR", "What to look at first", "e2e::expect::missing", "it is reported", "a.e2e:"]
    {
        assert!(html.contains(reported), "{reported}");
    }
}

#[test]
fn a_server_cannot_write_markup_into_the_html_report() {
    let body = b"{\"a\": \"<script>alert(1)</script>\"}";
    let url = super::servers::fixed(super::servers::response("Content-Type: application/json\r\n", body));
    let spec = format!("suite \"S\" {{ test \"t\" {{ GET {url}/ {{ expect $.a == 1 }} }} }}\n");
    let html = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).read("test_results.html");
    assert!(!html.contains("<script>alert"), "markup of the server's is in the report");
}

#[test]
fn annotations_name_the_file_and_the_line() {
    let done = Test::new().file("a.e2e", &outcomes()).args(["run", "a.e2e", "--report", "github"]).code(1);
    assert!(done.out.lines().any(|line| line.starts_with("::error file=a.e2e,line=7,col=")), "{}", done.out);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_was_done() {
    let silent = silent();
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  test \"quick\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"slow\" {{ GET {silent}/ {{ timeout 60s; expect status 200 }} }}\n  test \"later\" {{ GET {silent}/ {{ expect status 200 }} }}\n}}\n"
    );
    let test = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--color", "never"]);
    let mut child =
        test.command().stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    // The line of the first test says that the second one is being run.
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("quick") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut out, &mut line).unwrap() > 0, "the run ended early");
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    std::io::Read::read_to_string(&mut out, &mut String::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(test.path("test_results.json")).unwrap()).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
    assert_eq!(report["summary"]["passed"], 1);
    assert_eq!(report["summary"]["not_run"], 2);
}

/// Every word for a kind that the schema lists is one of the types', and all of a type's are listed.
#[test]
fn the_schema_lists_the_words_that_are_written() {
    use e2e_dsl::report::model::word;

    fn lists(schema: &serde_json::Value, found: &mut Vec<BTreeSet<String>>) {
        match schema {
            serde_json::Value::Object(fields) => {
                if let Some(words) = fields.get("enum").and_then(serde_json::Value::as_array) {
                    found.push(words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect());
                }
                fields.values().for_each(|inner| lists(inner, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|inner| lists(inner, found)),
            _ => {}
        }
    }
    macro_rules! types {
        ($($name:ident)*) => {
            [$((stringify!($name), word::$name::ALL.iter().chain([&word::$name::Later]).map(|one| {
                // What is written is read again as the same.
                let written = serde_json::to_value(one).unwrap();
                assert_eq!(serde_json::from_value::<word::$name>(written.clone()).unwrap(), *one);
                assert_eq!(written, one.word());
                one.word().to_owned()
            }).collect::<BTreeSet<String>>())),*]
        };
    }
    let types = types!(
        Outcome Verdict Phase Classification Service Failure Symptom Step End Direction Frame Unit Measure Of Operator Severity Protocol LoadModel LoadMeasure Timed ErrorKind
    );
    let schema: serde_json::Value = serde_json::from_str(include_str!("../docs/test_results.schema.json")).unwrap();
    let mut found = Vec::new();
    lists(&schema, &mut found);
    for list in &found {
        assert!(types.iter().any(|(_, words)| words == list), "{list:?} are no type's words");
    }
    for (name, words) in &types {
        assert!(found.contains(words), "{name} isn't in the schema: {words:?}");
    }
    assert_eq!(serde_json::from_str::<word::Outcome>("\"of_a_later_version\"").unwrap(), word::Outcome::Later);
}
