//! Whatever is changed in a project, a load and a check with what the last ones left find what fresh ones find, and the trees are the same.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::outlines::{FILES, tokens};
use crate::check::{self, diagnose, diagnose_again};
use crate::project::{self, Files, Options, Project, load, load_again};

/// Suites of many tests, with hooks, and with what refers to the other files.
fn large() -> String {
    let test = |n: usize| {
        let body = match n % 7 {
            0 => format!("    let id = shared.thread(\"t{n} é\")\n    GET {{{{env.api}}}}/threads/{{{{id}}}} {{\n      expect status 200\n      expect $ is Thread\n      expect $.n == {n}\n    }}\n"),
            1 => format!("    # 漢字 {n}\n    GET {{{{env.api}}}}/{{{{base}}}} {{ expect status 200; expect $.a matches /^{n}+$/ }}\n    let unused = {n}\n"),
            2 => "    websocket chat {{env.api}} { events by $.type }\n    expect on chat event \"a\" within 5s { $.x == base }\n    capture token = \"\"\n".to_owned(),
            3 => "    skip when env.token == \"x\" because \"y\"\n    POST {{env.api}}/ {\n      bearer env.token\n      json {\n        title: \"\"\"\n          a text\n          \"\"\"\n      }\n      expect status 201\n      expect status 202\n    }\n".to_owned(),
            4 => format!("    timeout {n}s\n    call local(n: {n})\n    call local(\"{n}\")\n    expect bse == 1\n"),
            5 => "    wait 1s\n".to_owned(),
            _ => "    let rows = file \"rows.csv\"\n    for each row in rows { GET {{env.api}}/{{row.name}} { expect status 200 } }\n".to_owned(),
        };
        format!("  ## About it.\n  test \"no {n}\" {{\n{body}  }}\n")
    };
    let hooks = "  before each {\n    let base = 1\n    let spare = 2\n  }\n  after each { expect base == 1 }\n";
    let suites = ["A", "B", "C"].map(|name| {
        let tests: String = (0..8).map(test).collect();
        format!("suite \"{name}\" {{\n  tags large\n{hooks}{tests}}}\n")
    });
    let head = "import \"shared.e2e\" as shared\nimport \"shared.e2e\" (Thread)\n";
    let flow =
        "## Local.\nflow local(n: number) {\n  expect n > 0\n  wait 5ms\n}\nshape Own {\n  ## An id.\n  id: uuid\n}\n";
    format!("{head}{}{flow}{}{}", suites[0], suites[1], suites[2])
}

/// One change of a file of the project.
#[derive(Clone, Debug)]
enum Edit {
    /// Tokens are taken away, at a place.
    Delete(usize, usize),
    Insert(usize, &'static str),
    /// A line is put somewhere else.
    Line(usize, usize),
    /// A brace or quote is taken away.
    Unpair(usize),
    /// A word in it becomes another one of the same file.
    Rename(usize, usize),
    /// The file is again what it was some changes ago.
    Undo(usize),
}

const TEXTS: [&str; 34] = [
    "{",
    "}",
    "\"",
    "\"\"\"",
    "(",
    "/",
    "\n",
    "# ",
    "## ",
    "## é\n",
    "; ",
    "é",
    "漢",
    "\u{1f600}",
    "\u{a0}",
    "\r\n",
    "x",
    " 1",
    "{{base}}",
    "env.token ",
    "test \"no 1\" {\n}\n",
    "suite \"A\" {\n",
    "}\nsuite \"D\" {\n",
    "flow local() { wait 1s }\n",
    "shape Thread { id: string }\n",
    "flw x() {}\n",
    "tset ",
    "let threadId = 1\n",
    "let base = \"x\"\n",
    "import std.http (healthy)\n",
    "runs on demo\n",
    "// no\n",
    "wait 1s\n",
    "environment third { other = \"https://x.example\" }\n",
];

fn edit() -> impl Strategy<Value = (usize, Edit)> {
    let edit = prop_oneof![
        2 => (any::<usize>(), 1..5_usize).prop_map(|(at, n)| Edit::Delete(at, n)),
        4 => (any::<usize>(), prop::sample::select(&TEXTS[..])).prop_map(|(at, text)| Edit::Insert(at, text)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Edit::Line(from, to)),
        2 => any::<usize>().prop_map(Edit::Unpair),
        2 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Edit::Rename(a, b)),
        3 => (1..4_usize).prop_map(Edit::Undo),
    ];
    // The large file is where most is kept.
    (prop_oneof![3 => Just(0_usize), 1 => 1..FILES.len()], edit)
}

/// `history`: what the file was before.
fn edited(text: &str, edit: &Edit, history: &[String]) -> String {
    let mut all = tokens(text);
    let len = all.len().max(1);
    match edit {
        Edit::Delete(at, n) => {
            let at = at % len;
            all.drain(at..(at + n).min(all.len()));
        }
        Edit::Insert(at, text) => all.insert((at % len).min(all.len()), (*text).to_owned()),
        Edit::Line(from, to) => {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            if !lines.is_empty() {
                let line = lines.remove(from % lines.len());
                lines.insert(to % (lines.len() + 1), line);
            }
            return lines.concat();
        }
        Edit::Unpair(at) => {
            let places: Vec<usize> = (0..all.len())
                .filter(|at| matches!(all[*at].as_str(), "{" | "}" | "\"" | "(" | ")" | "[" | "]"))
                .collect();
            if !places.is_empty() {
                all.remove(places[at % places.len()]);
            }
        }
        Edit::Rename(a, b) => {
            let words: Vec<usize> = (0..all.len()).filter(|at| all[*at].starts_with(char::is_alphabetic)).collect();
            if !words.is_empty() {
                all[words[a % words.len()]] = all[words[b % words.len()]].clone();
            }
        }
        Edit::Undo(steps) => {
            let before = history.len().checked_sub(*steps).and_then(|at| history.get(at));
            return before.cloned().unwrap_or_else(|| text.to_owned());
        }
    }
    all.concat()
}

/// The files of a project over its changes, each with what it was before.
struct Editor {
    texts: Vec<(PathBuf, Vec<String>)>,
    parsed: project::Cache,
    checked: check::Cache,
    /// The last load, where someone still has it.
    held: Option<Project>,
}

impl Editor {
    fn new() -> Self {
        let mut files = FILES.map(|(name, text)| (name, text.to_owned()));
        files.swap(0, 2);
        files[0].1 = large();
        let texts = files.map(|(name, text)| (PathBuf::from(name), vec![text]));
        Self { texts: texts.to_vec(), parsed: Default::default(), checked: Default::default(), held: None }
    }

    fn text(&self, file: usize) -> &str {
        self.texts[file].1.last().map_or("", String::as_str)
    }

    fn edit(&mut self, file: usize, edit: &Edit) {
        let (_, history) = &self.texts[file];
        let (now, before) = history.split_last().unwrap();
        let text = edited(now, edit, before);
        self.texts[file].1.push(text);
    }

    fn files(&self) -> Files {
        let rows = (PathBuf::from("rows.csv"), b"name,n\na,1\n".to_vec());
        let texts = (0..self.texts.len()).map(|at| (self.texts[at].0.clone(), self.text(at).as_bytes().to_vec()));
        Files::memory(texts.chain([rows]))
    }

    /// Loads and checks what has changed, and everything; both must be the same.
    fn compare(&mut self, options: &Options, holds: bool) -> Result<Vec<String>, TestCaseError> {
        let files = self.files();
        let fresh = load(&files, options);
        let again = load_again(&files, options, &mut self.parsed);
        for (a, b) in again.modules.iter().zip(&fresh.modules) {
            prop_assert_eq!(format!("{:?}", a.ast), format!("{:?}", b.ast));
        }
        let found = |all: Vec<crate::diag::Diagnostic>| all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>();
        let expected = found(diagnose(&fresh));
        prop_assert_eq!(found(diagnose_again(&again, &mut self.checked)), expected.clone(), "{:?}", self.text(0));
        self.held = holds.then_some(again);
        Ok(expected)
    }
}

/// How many projects are changed.
fn cases() -> u32 {
    std::env::var("EDITS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

/// Another one for each number of cases, so that more of them aren't the same ones first.
fn config() -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(5_003 + u64::from(cases()));
    ProptestConfig { cases: cases(), failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_kept_is_what_would_be_found(
        edits in prop::collection::vec((edit(), any::<bool>()), 1..12),
        outlines in prop::bool::weighted(0.2),
        all in prop::bool::weighted(0.7),
    ) {
        let paths = if all { Vec::new() } else { vec![PathBuf::from("main.e2e"), PathBuf::from("release.e2e")] };
        let options = Options { outlines, paths, ..Options::default() };
        let mut editor = Editor::new();
        editor.compare(&options, false)?;
        for ((file, edit), holds) in &edits {
            editor.edit(*file, edit);
            editor.compare(&options, *holds)?;
        }
    }
}

/// How many tests were found again by the last check.
fn kept(editor: &Editor) -> usize {
    editor.checked.again()
}

#[test]
fn only_the_tests_that_have_changed_are_walked_again() {
    let mut editor = Editor::new();
    let options = Options::default();
    editor.compare(&options, false).unwrap();
    assert_eq!(kept(&editor), 0);
    editor.compare(&options, false).unwrap();
    let all = kept(&editor);
    // Those that read files are always walked.
    assert!(all > 20, "{all}");
    let mut change = |from: &str, to: &str| {
        let text = editor.text(0).to_owned();
        assert!(text.contains(from), "{from}");
        editor.texts[0].1.push(text.replacen(from, to, 1));
        editor.compare(&options, false).unwrap();
        kept(&editor)
    };
    // The tests of one body, in another suite or moved, aren't those that were changed.
    assert_eq!(change("expect $.n == 0", "expect $.n == 10"), all - 1);
    assert_eq!(change("expect $.n == 10", "expect $.n = = 10"), all - 1);
    assert_eq!(change("expect $.n = = 10", "expect $.n == 10\n      # é"), all - 1);
    assert_eq!(change("  after each {", "  # more\n  after each {"), all);
    // What the tests of one suite begin with.
    let of_suite = change("let spare = 2", "let spare = 3");
    assert!(0 < of_suite && of_suite < all, "{of_suite}");
    // What others refer to.
    assert_eq!(change("flow local(n: number)", "flow local(n: string)"), 0);
    assert_eq!(change("tags large", "tags large, more"), all - (all - of_suite));
}
