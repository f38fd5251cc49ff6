//! What the language does, case by case: in `tests/lang/*.md`, a spec, a ` ```server ` that it runs against, and a block ` ```expect run ` with what came of
//! each test: `passed "NAME"`, or another outcome with its diagnostics below, `CODE LINE:COLUMN-LINE:COLUMN MESSAGE`. Times and addresses in
//! messages are as `#`. An expectation that passed on weak evidence is `weak LINE:COLUMN REASON`. `UPDATE_EXPECT=1` writes what is said now.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::Test;
use crate::lang::pages;
use crate::literate::{Fence, fences};
use crate::scripted::Scripted;

const AT_ONCE: usize = 4;
const ENVIRONMENT: &str = r#"environment local default {
  api   = variable("API")
  other = variable("OTHER")
  ws    = variable("WS")
}
"#;

struct Case {
    page: PathBuf,
    line: usize,
    spec: String,
    files: Vec<(String, String)>,
    server: String,
    expected: String,
}

#[test]
fn every_case_runs_as_written() {
    let (cases, next) = (cases(), AtomicUsize::new(0));
    assert!(cases.len() >= 25, "{}", cases.len());
    let wrong: Mutex<Vec<(usize, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    let found = case.run();
                    if found != case.expected {
                        wrong.lock().unwrap().push((index, found));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        // From the end of a page to its start, so that lines stay where they are.
        wrong.iter().rev().for_each(|(index, found)| cases[*index].rewrite(found));
    }
    let mut reported = String::new();
    for (index, found) in wrong {
        let case = &cases[index];
        let _ =
            write!(reported, "{}:{}\nexpected:\n{}found:\n{found}\n", case.page.display(), case.line, case.expected);
    }
    assert!(reported.is_empty(), "{reported}");
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for page in pages(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lang"))) {
        let (mut spec, mut files, mut server) = (String::new(), Vec::new(), String::new());
        for Fence { lang, name, text, line } in fences(&std::fs::read_to_string(&page).unwrap()) {
            match (lang.as_str(), name.as_str()) {
                ("e2e", "") => spec = text,
                ("text" | "csv" | "json", name) if !name.is_empty() => files.push((name.to_owned(), text)),
                ("server", _) => server = text,
                ("expect", "run") => cases.push(Case {
                    page: page.clone(),
                    line,
                    spec: std::mem::take(&mut spec),
                    files: std::mem::take(&mut files),
                    server: server.clone(),
                    expected: text,
                }),
                _ => {}
            }
        }
    }
    cases
}

impl Case {
    fn run(&self) -> String {
        let server = Scripted::start(&self.server);
        let [first, second] = &server.addresses;
        let with_files = self.files.iter().fold(Test::new(), |test, (name, text)| test.file(name, text));
        let done = with_files
            .file("spec.e2e", &self.spec)
            .file("environments.e2e", ENVIRONMENT)
            .variable("API", &format!("http://{first}"))
            .variable("OTHER", &format!("http://{second}"))
            .variable("WS", &format!("ws://{first}"))
            .args(["run", "spec.e2e", "environments.e2e", "--report", "json=r.json"])
            .run();
        let Ok(report) = std::fs::read(done.path("r.json")) else {
            return format!("no report:\n{}{}", done.out, done.err);
        };
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        let mut found = String::new();
        for test in report["tests"].as_array().unwrap() {
            let _ = writeln!(found, "{} {}", test["outcome"].as_str().unwrap(), test["name"]);
            for diagnostic in test["diagnostics"].as_array().unwrap() {
                let place = |end: &str| {
                    let at = &diagnostic["span"][end];
                    format!("{}:{}", at["line"], at["column"])
                };
                let code = diagnostic["code"].as_str().unwrap();
                let message = steady(diagnostic["message"].as_str().unwrap());
                let _ = writeln!(found, "  {code} {}-{} {message}", place("start"), place("end"));
            }
            for one in
                test["steps"].as_array().unwrap().iter().flat_map(|step| step["expectations"].as_array().unwrap())
            {
                if let Some(reason) = one["weak"]["reason"].as_str() {
                    let at = &one["span"]["start"];
                    let _ = writeln!(found, "  weak {}:{} {reason}", at["line"], at["column"]);
                }
            }
        }
        found
    }

    fn rewrite(&self, found: &str) {
        let page = std::fs::read_to_string(&self.page).unwrap();
        let mut lines: Vec<&str> = page.lines().collect();
        let count = self.expected.lines().count();
        lines.splice(self.line..self.line + count, found.lines());
        std::fs::write(&self.page, lines.join("\n") + "\n").unwrap();
    }
}

/// A message without what differs from run to run.
fn steady(message: &str) -> String {
    let address = regex::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    let time = regex::Regex::new(r"\+?\d+(\.\d+)?(m|µ|u|n)?s\b").unwrap();
    let rounds = regex::Regex::new(r"any of \d+ rounds").unwrap();
    let message = rounds.replace_all(message, "any of # rounds");
    time.replace_all(&address.replace_all(&message, "#"), "#").into_owned()
}
