//! Fixes of diagnostics: they do what the help says, and after a safe one nothing is left to fix.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use e2e_dsl::check;
use e2e_dsl::diag::{Diagnostic, fix};
use e2e_dsl::project::{Project, from_memory, std_modules};
use e2e_dsl::source::SourceFile;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use super::harness::Test;
use super::lang::pages;
use super::literate::{Fence, fences, project, shown};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The wrong examples of the error index that are checked, each with its page's name.
fn wrong_examples() -> Vec<(String, Vec<Fence>)> {
    let mut examples = Vec::new();
    for path in pages(&Path::new(ROOT).join("docs/errors")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !["file.", "syntax.", "check."].iter().any(|stage| name.starts_with(stage)) {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let (_, rest) = page.split_once("\n## Wrong\n").unwrap();
        examples.push((name, fences(rest.split("\n## Right\n").next().unwrap())));
    }
    examples
}

/// The cases of the language that are checked, right and wrong ones.
fn language_cases() -> Vec<(String, Vec<Fence>)> {
    let mut cases = Vec::new();
    for path in pages(&Path::new(ROOT).join("tests/lang")) {
        let page = std::fs::read_to_string(&path).unwrap();
        let mut files: Vec<Fence> = Vec::new();
        for fence in fences(&page) {
            if fence.lang != "expect" {
                files.push(fence);
                continue;
            }
            let case = std::mem::take(&mut files);
            if fence.name.is_empty() {
                cases.push((format!("{}:{}", path.file_name().unwrap().to_string_lossy(), fence.line), case));
            }
        }
    }
    cases
}

fn file_of<'p>(project: &'p Project, one: &Diagnostic) -> &'p SourceFile {
    project.sources.get(one.fix.as_ref().unwrap().edits()[0].span.source).unwrap()
}

/// The project with a file's text replaced.
fn with(case: &[Fence], name: &str, text: &str) -> Project {
    let mut changed = case.to_vec();
    let is_it = |fence: &&mut Fence| {
        (if fence.name.is_empty() { "spec.e2e" } else { &fence.name }) == name && fence.lang != "console"
    };
    changed.iter_mut().find(is_it).unwrap().text = text.to_owned();
    project(&changed)
}

/// How often each message of each code was given.
fn counted(found: &[Diagnostic]) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for one in found {
        *counts.entry((one.code.name, one.message.as_str())).or_default() += 1;
    }
    counts
}

fn is_syntax(one: &Diagnostic) -> bool {
    one.code.name.starts_with("e2e::syntax::") && one.is_error()
}

/// Applies each safe fix of a case on its own. `alone`: the fix leaves nothing that wasn't there before.
fn safe_fixes(name: &str, case: &[Fence], alone: bool, wrong: &mut String) -> usize {
    let before = project(case);
    let found = check::diagnose(&before);
    let mut seen = 0;
    for one in found.iter().filter(|one| one.fix.as_ref().is_some_and(fix::Fix::is_safe)) {
        seen += 1;
        let file = file_of(&before, one);
        let applied = fix::apply(file, &one.fix);
        let after = with(case, &file.name, &applied.text);
        let left = check::diagnose(&after);
        let (were, are) = (counted(&found), counted(&left));
        let of_code = |found: &[Diagnostic]| found.iter().filter(|other| other.code == one.code).count();
        let is_gone = of_code(&left) < of_code(&found);
        let is_new = |kind: &(&str, &str)| were.get(kind).copied().unwrap_or(0) < are[kind];
        let new: Vec<_> = are.keys().filter(|kind| is_new(kind)).collect();
        let more_syntax =
            left.iter().filter(|one| is_syntax(one)).count() > found.iter().filter(|one| is_syntax(one)).count();
        if applied.made != 1 || !is_gone || more_syntax || alone && !new.is_empty() {
            let what =
                format!("{}: {} ({})", shown(&before, one), one.message, one.help.as_deref().unwrap_or_default());
            let _ =
                writeln!(wrong, "{name}: {what}\nmade {}, gone {is_gone}, new {new:?}\n{}", applied.made, applied.text);
        }
    }
    seen
}

#[test]
fn a_safe_fix_corrects_the_example_of_its_page() {
    let mut wrong = String::new();
    let seen: usize = wrong_examples().iter().map(|(name, case)| safe_fixes(name, case, true, &mut wrong)).sum();
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen > 25, "only {seen} safe fixes");
}

#[test]
fn a_safe_fix_corrects_what_it_is_for_in_the_cases_of_the_language() {
    let mut wrong = String::new();
    let seen: usize = language_cases().iter().map(|(name, case)| safe_fixes(name, case, false, &mut wrong)).sum();
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen > 10, "only {seen} safe fixes");
}

/// Every fix changes the file, its edits apart from each other and at boundaries of characters.
#[test]
fn every_fix_can_be_applied() {
    let mut wrong = String::new();
    let mut seen = 0;
    for (name, case) in wrong_examples().iter().chain(&language_cases()) {
        let project = project(case);
        for one in check::diagnose(&project).iter().filter(|one| one.fix.is_some()) {
            seen += 1;
            let file = file_of(&project, one);
            let applied = fix::apply(file, &one.fix);
            if applied.made != 1 || applied.text == *file.text {
                let _ = writeln!(wrong, "{name}: {} {:?}", shown(&project, one), one.fix);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen > 100, "only {seen} fixes");
}

/// Helps that say ``write `…` `` without a fix: what they show is an example, or isn't all that has to be done.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("check::channel_reopened", "write `reconnect", "one of three ways, and the block of the opening goes with it"),
    ("file::nul", "write `\\0`", "it is removed where it is in no string"),
    ("check::wrong_matcher", "write `gap < 10s` or", "which time is meant isn't known"),
    ("check::invalid_url", "write `wss://`", "the address is another file's, where an environment gives it"),
];

/// The text behind ``write ` `` or ``did you mean ` `` of a help, where it is no pattern to fill in: without `…` and words in capitals.
fn to_write(help: &str) -> Option<&str> {
    let behind = ["write `", "did you mean `"].into_iter().find_map(|words| help.split_once(words))?.1;
    let text = behind.split_once('`')?.0.trim_end_matches("(…)");
    let is_placeholder = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_uppercase())
            && !["GET", "POST", "HTTP", "KB", "MB"].contains(&word)
    };
    let is_pattern = text.contains('…') || text.split(|c: char| !c.is_ascii_alphabetic()).any(is_placeholder);
    (!is_pattern && !text.is_empty()).then_some(text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_help_says_to_write_its_fix_writes() {
    let mut wrong = String::new();
    let mut seen = 0;
    let mut unused: Vec<_> = EXAMPLES.iter().collect();
    for (name, case) in wrong_examples().iter().chain(&language_cases()) {
        let project = project(case);
        for one in check::diagnose(&project) {
            let Some(text) = one.help.as_deref().and_then(to_write) else { continue };
            let help = one.help.as_deref().unwrap_or_default();
            let is_example =
                |(code, part, _): &&(&str, &str, &str)| one.code.name.ends_with(code) && help.contains(part);
            if EXAMPLES.iter().any(|example| is_example(&example)) {
                unused.retain(|example| !is_example(example));
                continue;
            }
            seen += 1;
            let written = one.fix.as_ref().map(|_| fix::apply(file_of(&project, &one), &one.fix).text);
            // A long line is shortened in the help.
            if !written.is_some_and(|written| one_line(&written).contains(&one_line(text)) || text.len() > 100) {
                let _ = writeln!(wrong, "{name}: {}: {help}", shown(&project, &one));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(unused.is_empty(), "these aren't met any more: {unused:?}");
    assert!(seen > 50, "only {seen} corrections");
}

/// A name in another style is renamed everywhere, where all of its places are known.
#[test]
fn names_in_another_style_are_renamed_everywhere() {
    let spec = r#"environment e { api = "http://127.0.0.1:1" }
suite "S" {
  test "t" {
    let threadId = uuid()
    let takenName = taken_name()
    let taken_name = threadId
    POST {{env.api}}/{{threadId}} { json { threadId, nested: { other: threadId } }; expect $.x == { threadId }; expect $.ids[threadId] exists; expect status 200 }
    GET {{env.api}}/{{takenName}}/{{taken_name}} { expect status 200 }
    call postIt(threadId)
  }
}
flow postIt(bodyText) { POST {{env.api}}/ { body bodyText; expect status 200 } }
flow taken_name() -> string { GET {{env.api}}/ { capture id = $.id; expect status 200 }; return id }
"#;
    let project = from_memory(&[("spec.e2e", spec)]);
    let found = check::diagnose(&project);
    let fixes: BTreeMap<&str, Option<(bool, usize)>> = found
        .iter()
        .filter(|one| one.code.name == "e2e::syntax::name_style")
        .map(|one| (project.sources.text(one.span), one.fix.as_ref().map(|fix| (fix.is_safe(), fix.edits().len()))))
        .collect();
    let expected = [
        // Files that aren't given may call a flow, and name its parameters.
        ("bodyText", Some((false, 2))),
        ("postIt", Some((false, 2))),
        ("takenName", None),
        ("threadId", Some((true, 8))),
    ];
    assert_eq!(fixes, BTreeMap::from(expected));
    let file = project.sources.iter().find(|file| file.name == "spec.e2e").unwrap();
    let all = fix::apply(
        file,
        found.iter().filter(|one| one.code.name.ends_with("name_style")).filter_map(|one| one.fix.as_ref()),
    );
    assert_eq!(all.made, 3);
    assert!(all.text.contains("json { threadId: thread_id, nested: { other: thread_id } }"), "{}", all.text);
    let left = check::diagnose(&from_memory(&[("spec.e2e", &all.text)]));
    let kinds = |found: &[Diagnostic]| {
        found.iter().map(|one| one.code.name).filter(|code| !code.ends_with("name_style")).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&left), kinds(&found));
}

/// What could be meant otherwise is not applied unattended.
#[test]
fn what_is_doubtful_is_a_suggestion() {
    for (steps, code) in [
        // The brace that is too many may be the other one.
        ("GET {{env.api}a}/agents { expect status 200 }", "unclosed_interpolation"),
        // A value has no block; the line below lost its method.
        ("let password = \"x\"\n      {{env.api}}/register { expect status 200 }\n    }", "missing_brace"),
        ("GET {{env.api}}/ { json { text: hello world }; expect status 200 }", "missing_comma"),
        ("GET {{env.api}}/ { expect $.a less than or equal to 5 }", "foreign_matcher"),
        ("GET {{env.api}}/ { expect $.a some_matcher 5 }", "missing_matcher"),
        ("skip unless env.api == \"x\"", "misspelt_keyword"),
    ] {
        let spec = format!(
            "environment e {{ api = \"http://127.0.0.1:1\" }}\nsuite \"S\" {{\n  test \"t\" {{\n    {steps}\n  }}\n}}\n"
        );
        let found = check::diagnose(&from_memory(&[("spec.e2e", &spec)]));
        let fixes: Vec<bool> = found
            .iter()
            .filter(|one| one.code.name == format!("e2e::syntax::{code}"))
            .filter_map(|one| one.fix.as_ref().map(fix::Fix::is_safe))
            .collect();
        assert_eq!(fixes, [false], "{steps}: {found:#?}");
    }
}

/// What a tool for editors reads: edits with their places, by characters and by code units of UTF-16.
#[test]
fn fixes_are_written_for_machines() {
    let spec = "suite \"S\" {\n  test \"t\" {\n    let b: \"é\u{1f600}\"; let c: 2\n  }\n}\n";
    let test = || Test::new().file("a.e2e", spec);
    let done = test().args(["check", "a.e2e", "--format", "json"]).run();
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let of_code = |one: &&serde_json::Value| one["code"] == "e2e::syntax::missing_equals";
    let found: Vec<_> = report["diagnostics"].as_array().unwrap().iter().filter(of_code).collect();
    let fix = &found[1]["fix"];
    assert_eq!(fix["applicability"], "safe");
    let edit = &fix["edits"][0];
    let start = &edit["span"]["start"];
    let line = spec.lines().nth(2).unwrap();
    let at = line.find(": 2").unwrap();
    assert_eq!(start["line"], 3);
    assert_eq!(start["column"], line[..at].chars().count() + 1);
    assert_eq!(start["column_utf16"], line[..at].encode_utf16().count() + 1);
    assert_eq!(start["offset"], spec.find(": 2").unwrap());
    assert_eq!(edit["text"], " =");
    let done = test().args(["check", "a.e2e", "--format", "sarif"]).run();
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let fixed = results.iter().filter(|one| one["ruleId"] == "e2e::syntax::missing_equals").nth(1).unwrap();
    let replacement = &fixed["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], " =");
    assert_eq!(replacement["deletedRegion"]["startColumn"], line[..at].chars().count() + 1);
    let without = results.iter().find(|one| one["ruleId"] == "e2e::check::expects_nothing");
    assert!(without.is_none_or(|one| one.get("fixes").is_none()));
}

/// The specs that ship, as they are.
pub fn shipped() -> Vec<(String, String)> {
    let mut folders = vec![PathBuf::from(ROOT).join("specs")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "e2e") {
                files.push(path);
            }
        }
    }
    files.extend(std_modules().map(|name| Path::new(ROOT).join(format!("stdlib/{name}.e2e"))));
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(ROOT).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// One mistake of a writer's. The place is a fraction of the tokens.
#[derive(Clone, Debug)]
enum Slip {
    Leave { at: f64 },
    Twice { at: f64 },
    Typo { at: f64, with: char },
    Put { at: f64, text: &'static str },
}

fn slip() -> impl Strategy<Value = Slip> {
    let habits = prop::sample::select(vec![
        "=", ":", "==", "===", "&&", "!", ",", ";", "{", "}", "(", "]", "\u{201c}", "`", "//", " s", "$", "{{", "not ",
        "equals ", "is a ", "\u{a0}", "exactly ", "\r\n", "and ", "-",
    ]);
    prop_oneof![
        (0.0..1.0f64).prop_map(|at| Slip::Leave { at }),
        (0.0..1.0f64).prop_map(|at| Slip::Twice { at }),
        (0.0..1.0f64, prop::char::range('a', 'z')).prop_map(|(at, with)| Slip::Typo { at, with }),
        (0.0..1.0f64, habits).prop_map(|(at, text)| Slip::Put { at, text }),
    ]
}

/// Words, numbers, and single signs, as ranges of bytes.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut tokens: Vec<std::ops::Range<usize>> = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        match tokens.last_mut() {
            Some(last) if last.end == at && is_word(c) && text[last.clone()].chars().all(is_word) => {
                last.end = at + c.len_utf8();
            }
            _ => tokens.push(at..at + c.len_utf8()),
        }
    }
    tokens
}

fn slipped(text: &mut String, slip: &Slip) {
    let tokens = tokens(text);
    let token = |at: f64| tokens.get((tokens.len() as f64 * at) as usize).cloned().unwrap_or(0..0);
    match slip {
        Slip::Leave { at } => text.replace_range(token(*at), ""),
        Slip::Twice { at } => {
            let again = text[token(*at)].to_owned();
            text.insert_str(token(*at).start, &format!("{again} "));
        }
        Slip::Typo { at, with } => text.insert(token(*at).start, *with),
        Slip::Put { at, text: put } => text.insert_str(token(*at).start, put),
    }
}

/// Safe fixes of a damaged spec, all at once and again, come to an end, and leave no more errors of syntax than there were.
#[test]
fn safe_fixes_of_damaged_specs_come_to_an_end() {
    const ROUNDS: usize = 12;
    let specs = shipped();
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_011),
        ..ProptestConfig::default()
    };
    let made = std::cell::Cell::new(0);
    let damage = (0.0..1.0f64, prop::collection::vec(slip(), 1..4));
    let done = TestRunner::new(config).run(&damage, |(which, slips)| {
        let (name, mut text) = specs[(specs.len() as f64 * which) as usize].clone();
        for slip in &slips {
            slipped(&mut text, slip);
        }
        let mut errors = usize::MAX;
        for round in 0.. {
            let project = from_memory(&[(name.as_str(), text.as_str())]);
            let found = check::diagnose(&project);
            let now = found.iter().filter(|one| is_syntax(one)).count();
            prop_assert!(
                now <= errors,
                "{name}: round {round} has {now} errors of syntax after {errors}: {slips:?}\n{text}"
            );
            errors = now;
            let file = project.sources.iter().find(|file| file.name == name).unwrap();
            let applied = fix::apply(file, found.iter().filter_map(|one| one.fix.as_ref()).filter(|fix| fix.is_safe()));
            if applied.made == 0 {
                break;
            }
            made.set(made.get() + applied.made);
            prop_assert!(round < ROUNDS, "{name}: no end after {round} rounds: {slips:?}\n{}", applied.text);
            text = applied.text;
        }
        Ok(())
    });
    assert!(done.is_ok(), "{}", done.unwrap_err());
    assert!(made.get() > 100, "only {} fixes", made.get());
}
