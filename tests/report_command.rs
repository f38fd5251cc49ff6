//! `report`: results rendered again, and files that are none.

use super::harness::{DEMO, Done, Test};
use super::made::{FULL, GREEN};

fn report(file: &str, args: &[&str]) -> Test {
    Test::new().file("test_results.json", file).args(["report"].into_iter().chain(args.iter().copied()))
}

#[test]
fn without_formats_the_summary_is_printed_and_the_exit_code_is_the_runs() {
    report(GREEN, &[]).code(0).out("READY  1 test in");
    let done = report(FULL, &[]).code(3);
    let done = done.out("ABORTED  8 tests and 1 load").out("database is the prime suspect").out("at risk: $120K MRR");
    assert!(!done.path("test_results.html").exists());
    for (from, to, code) in [
        ("\"READY\"", "\"NOT READY\"", 1),
        ("\"READY\"", "\"DEGRADED\"", 1),
        ("\"READY\"", "\"INVALID\"", 4),
        ("\"interrupted\": false", "\"interrupted\": true", 130),
    ] {
        report(&GREEN.replace(from, to), &["test_results.json"]).code(code);
    }
}

#[test]
fn every_form_is_the_one_that_the_run_wrote() {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  test \"good\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"bad\" {{ GET {{{{env.api}}}}/health {{ expect $.status == \"ill\" }} }}\n}}\n"
    );
    let names = ["json=a.json", "html=a.html", "junit=a.xml", "tap=a.tap", "markdown=a.md"];
    let args = |prefix: &str| -> Vec<String> {
        names.iter().flat_map(|name| ["--report".to_owned(), name.replace("=a", &format!("={prefix}"))]).collect()
    };
    let ran =
        Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).args(args("a").iter().map(String::as_str)).code(1);
    let again = Test::new().file("a.json", &ran.read("a.json")).args(["report", "a.json"]);
    let again =
        again.args(args("b").iter().map(String::as_str)).code(1).out("reports: b.json, b.html, b.xml, b.tap, b.md");
    for ending in ["json", "html", "xml", "tap", "md"] {
        assert_eq!(ran.read(&format!("a.{ending}")), again.read(&format!("b.{ending}")), "{ending}");
    }
}

#[test]
fn annotations_are_reported_again() {
    let done = report(FULL, &["--report", "github"]).code(3);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("::error ")).count(), 10, "{}", done.out);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("::warning ")).count(), 1, "{}", done.out);
}

#[test]
fn a_file_that_is_no_report_is_reported_and_why() {
    let cut = &FULL[..2000];
    let newer = "{\"schema\": 2, \"tool\": {\"name\": \"e2e-dsl\", \"version\": \"9.1\"}, \"tests\": []}";
    let typed = FULL.replace("\"attempts\": 2", "\"attempts\": \"two\"");
    let missing = FULL.replacen("\"verdict\"", "\"verdikt\"", 1);
    let cases: [(&str, &str); 9] = [
        ("", "`test_results.json` is empty"),
        ("suite \"S\" {", "isn't JSON: see line 1, column 1"),
        (cut, "isn't JSON: it ends in the middle, on line"),
        ("[1, 2]", "is JSON, but no report of a run: it isn't an object"),
        ("{\"stats\": {}}", "is JSON, but no report of a run: it has no `schema`, no `tool`, no `tests`"),
        ("{\"schema\": \"x\", \"tool\": {}, \"tests\": []}", "its `schema` isn't a number"),
        (newer, "was written by e2e-dsl 9.1 in version 2 of the form, and this one reads 1"),
        (&typed, "column 80 is of another kind than it must be"),
        (&missing, "is not as a report must be: `verdict` is missing"),
    ];
    for (text, message) in cases {
        let done = report(text, &[]).code(2);
        let words = done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains("e2e::cli::results") && words.contains(message), "{message}:\n{}", done.err);
        for leak in ["expected", "struct", "u32", "String", "sequence"] {
            assert!(!done.err.contains(leak), "{leak}: {}", done.err);
        }
    }
    Test::new().bytes("test_results.json", b"\xff\xfe{}").args(["report"]).code(2).err("isn't text");
}

#[test]
fn a_report_of_an_earlier_version_is_read() {
    let mut old: serde_json::Value = serde_json::from_str(GREEN).unwrap();
    for field in ["gates", "abort", "services", "credentials", "diagnostics", "loads", "plan"] {
        old.as_object_mut().unwrap().remove(field);
    }
    for field in ["require_real", "shard", "specs"] {
        old["run"].as_object_mut().unwrap().remove(field);
    }
    report(&old.to_string(), &["--report", "junit=j.xml"]).code(0);
}

#[test]
fn what_is_mistyped_is_reported_before_anything_is_done() {
    let wrong = |args: &[&str], code: &str, message: &str| {
        let done = report(GREEN, args).code(2).err(code);
        let words = done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains(message), "{message}:\n{}", done.err);
        done
    };
    let none = |done: Done| assert!(!done.path("a.html").exists());
    none(wrong(&["--report", "html=a.html", "--report", "junti=x"], "cli::report", "did you mean `junit`?"));
    none(wrong(
        &["--report", "html=a.html", "--report", "junit"],
        "cli::report",
        "write for example `--report junit=out/results.xml`",
    ));
    wrong(&["--report", "out.md"], "cli::report", "write `--report markdown=out.md`");
    wrong(&["--report", "xml=out.xml"], "cli::report", "write `--report junit=out.xml`");
    wrong(&["--report", "yaml=x"], "cli::report", "there are `json=PATH`, `html=PATH`, `junit=PATH`, `tap=PATH`");
    wrong(&["--report", "junit=a", "--report", "tap=a"], "cli::report", "would both be written to `a`");
    wrong(&["--report", "github=x"], "cli::report", "write `--report github`");
    wrong(&["--report", "html=./"], "cli::report", "names a folder");
    wrong(&["--report", "journal=x.jsonl"], "cli::report", "only a run can write a journal");
    wrong(&["nowhere.json"], "cli::file", "there is no file `nowhere.json`");
    wrong(&["."], "cli::file", "`.` is a folder");
    wrong(&["compar"], "cli::file", "did you mean `e2e-dsl report compare`?");
    wrong(&["--report", "html=test_results.json/a.html"], "cli::file", "can't be written");
}
