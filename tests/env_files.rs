//! Where an environment's values come from: the process, `--env-file`, `--set`; and what is said of those that are missing.

use super::harness::{Done, Test};
use super::servers::{head, serve};

const SPEC: &str = "environment staging {\n  api = variable(\"API\")\n  token = secret(\"TOKEN\")\n  key = variable(\"KEY\", default: \"none\")\n}\n\
                    suite \"S\" { test \"t\" { GET {{env.api}}/ { bearer env.token; header X-Key: env.key; expect status 200 } } }\n";

/// A server that gives back the headers that it was sent.
fn echo() -> String {
    serve(|stream| {
        let head = head(stream);
        let _ = std::io::Write::write_all(stream, &super::servers::response("", head.as_bytes()));
    })
}

fn test(files: &[(&str, &str)]) -> Test {
    let mut test =
        Test::new().file("a.e2e", &SPEC.replace("expect status 200", "expect body contains \"no such text\""));
    test = test.variable("API", &echo()).args(["run", "a.e2e", "-v"]);
    files.iter().fold(test, |test, (name, text)| test.file(name, text).args(["--env-file", name]))
}

/// The value of a header as the server received it, from the body that is shown beside the failure.
fn received(done: &Done, header: &str) -> String {
    let json = done.json();
    let excerpt = &json["tests"][0]["diagnostics"][0]["excerpts"][0]["text"];
    let text = excerpt.as_str().unwrap().to_ascii_lowercase();
    let line = text.lines().find_map(|line| line.split_once(&format!("{header}: "))).unwrap();
    line.1.trim().trim_matches(['\'', '"']).to_owned()
}

#[test]
fn the_process_wins_over_files_and_a_later_file_over_an_earlier() {
    let files = [("a.env", "KEY=first\nTOKEN=a-token-of-the-first\n"), ("b.env", "KEY=second\n")];
    assert_eq!(received(&test(&files).code(1), "x-key"), "second");
    assert_eq!(received(&test(&files).variable("KEY", "process").code(1), "x-key"), "process");
    assert_eq!(
        received(&test(&files).args(["--set", "env.key=set"]).variable("KEY", "process").code(1), "x-key"),
        "set"
    );
    // Empty is as good as not set: what CI systems give for a secret that isn't there.
    assert_eq!(received(&test(&files).variable("KEY", "").code(1), "x-key"), "second");
    assert_eq!(received(&test(&files[..1]).variable("KEY", "").code(1), "x-key"), "first");
    assert_eq!(received(&test(&[("a.env", "KEY=\nTOKEN=a-token-of-the-first\n")]).code(1), "x-key"), "none");
}

#[test]
fn a_secret_of_a_file_is_masked() {
    let done = test(&[("a.env", "TOKEN='a token $with #signs'\n")]).code(1);
    assert_eq!(received(&done, "authorization"), "bearer ***");
    for text in [&done.out, &done.err, &done.read("test_results.json"), &done.read("test_results.html")] {
        assert!(!text.contains("token $with"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_files_is_reported_together_without_their_values() {
    let files = [
        ("a.env", "\u{feff}# first\r\nTOKEN: s3cr3t-of-a\r\nKEY='s3cr3t' s3cr3t\r\n"),
        ("b.env", "2KEY=s3cr3t-of-b\nTOKEN=\"s3cr3t\nmore\n"),
    ];
    let done = test(&files).code(2).err("a.env:2:1").err("a.env:3:14").err("b.env:1:1").err("b.env:2:7");
    let done =
        done.err("this line has no `=`").err("more is behind").err("isn't the name of a variable").err("never closed");
    assert!(!done.err.contains("s3cr3t") && done.err.contains("TOKEN:"), "{}", done.err);
    test(&[]).bytes("c.env", b"KEY=\xff\n").args(["--env-file", "c.env"]).code(2).err("the file `c.env` isn't UTF-8");
    test(&[]).args(["--env-file", "none.env"]).code(2).err("`none.env` can't be read");
}

#[test]
fn everything_that_is_missing_is_reported_at_once_before_anything_is_sent() {
    let run = |args: &[&str]| {
        Test::new().file("a.e2e", SPEC).variable("TOKEN", "").args(args.iter().copied()).args(["a.e2e"])
    };
    for args in [&["run"][..], &["run", "--dry-run"]] {
        let done = run(args).code(2).err("2 environment variables are not set: `API`, `TOKEN`");
        let done = done.err("a.e2e:2:18").err("not set either");
        assert_eq!(done.err.matches("e2e::plan::").count(), 1, "{}", done.err);
        assert!(!done.path("test_results.json").exists());
    }
    // What would run doesn't depend on them.
    run(&["list"]).code(0).out("1 test");
}
