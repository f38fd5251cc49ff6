//! `check` as a whole: what it finds, where exactly, and what it leaves alone.

use std::path::{Path, PathBuf};

use e2e_dsl::check;
use e2e_dsl::project::{Files, Options, Project, from_memory, load, std_modules};

use crate::literate::{assert_sound, shown};

fn report(project: &Project) -> Vec<String> {
    let diagnostics = check::diagnose(project);
    diagnostics
        .iter()
        .map(|diagnostic| {
            assert_sound(project, diagnostic);
            format!(
                "{}: {} ({})",
                shown(project, diagnostic),
                diagnostic.message,
                diagnostic.help.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

fn on_disk(path: &str) -> Project {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let options =
        Options { paths: vec![PathBuf::from(path)], working_directory: Some(here.to_path_buf()), ..Options::default() };
    load(&Files::disk(), &options)
}

#[test]
fn the_shipped_specs_are_clean() {
    let project = on_disk("specs");
    assert_eq!(report(&project), Vec::<String>::new());
    assert!(project.roots.len() > 5);
}

#[test]
fn the_standard_library_is_clean() {
    for name in std_modules() {
        let path = format!("stdlib/{name}.e2e");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
        // What its flows read of the environment is the business of the suites that call them.
        let environment = "environment demo default { target demo }\n";
        let project = from_memory(&[(path.as_str(), text.as_str()), ("environments.e2e", environment)]);
        assert_eq!(report(&project), Vec::<String>::new(), "{name}");
    }
}

/// Twelve mistakes, each between `⟦` and `⟧`.
const MISTAKES: &str = r#"environment demo default { target demo }

## Ünïcode above, so that bytes and characters differ.
suite "Threads" {
  priority ⟦P9⟧
  timeout 30s

  test "a thread can be created and read back" {
    let title = "hello é"
    POST {{env.⟦apii⟧}}/threads {
      header ⟦"X Test"⟧: "1"
      json { title, tags: [] }
      timeout ⟦1m⟧

      expect status 201
      expect time ⟦< 2⟧
      expect $.tags[*] ⟦== "a"⟧
      expect $.id matches /^⟦(⟧\d+/
      capture thread_id = $.id
    }
    GET {{env.api}}/threads/{{⟦thread_idd⟧}}?same={{thread_id}} { expect ⟦status in 100..599⟧ }
    call ⟦search⟧()
  }

  test ⟦"nothing is expected"⟧ {
    GET {{env.api}}/health
  }
}

flow search(text: string) {
  GET {{env.api}}/search?q={{text}} { expect $.items[?⟦]⟧ exists }
}
"#;

const CODES: [&str; 12] = [
    "unknown_priority",
    "unknown_env_value",
    "invalid_header",
    "wait_too_long",
    "type_mismatch",
    "list_compared",
    "invalid_regex",
    "unknown_name",
    "always_holds",
    "wrong_arguments",
    "expects_nothing",
    "invalid_jsonpath",
];

/// The same file with every mistake fixed.
const FIXED: &str = r#"environment demo default { target demo }

## Ünïcode above, so that bytes and characters differ.
suite "Threads" {
  priority P1
  timeout 30s

  test "a thread can be created and read back" {
    let title = "hello é"
    POST {{env.api}}/threads {
      header X-Test: "1"
      json { title, tags: [] }
      timeout 10s

      expect status 201
      expect time < 2s
      expect $.tags[*] none == "a"
      expect $.id matches /^(\d+)/
      capture thread_id = $.id
    }
    GET {{env.api}}/threads/{{thread_id}}?same={{thread_id}} { expect status in 200..299 }
    call search("hello")
  }

  test "something is expected" {
    GET {{env.api}}/health { expect status 200 }
  }
}

flow search(text: string) {
  GET {{env.api}}/search?q={{text}} { expect $.items[0] exists }
}
"#;

#[test]
fn each_mistake_is_found_at_its_exact_place_and_nothing_else() {
    let windows = MISTAKES.replace('\n', "\r\n");
    // A byte order mark and carriage returns move the places, and change nothing else.
    for spec in [MISTAKES.to_owned(), format!("\u{feff}{windows}"), MISTAKES.replace("  ", "\t")] {
        let (text, places) = marked(&spec);
        let project = from_memory(&[("spec.e2e", text.as_str())]);
        let diagnostics = check::diagnose(&project);
        let found: Vec<_> = diagnostics
            .iter()
            .map(|d| {
                (
                    d.code.name,
                    d.span.start as usize,
                    d.span.end as usize,
                    &text[d.span.start as usize..d.span.end as usize],
                )
            })
            .collect();
        let codes = CODES.map(|code| format!("e2e::check::{code}"));
        let expected: Vec<_> = codes
            .iter()
            .zip(&places)
            .map(|(code, (start, end))| (code.as_str(), *start, *end, &text[*start..*end]))
            .collect();
        assert_eq!(found, expected);
        diagnostics.iter().for_each(|diagnostic| assert_sound(&project, diagnostic));
    }
    let project = from_memory(&[("spec.e2e", FIXED)]);
    assert_eq!(report(&project), Vec::<String>::new());
}

/// A spec whose mistakes are between `⟦` and `⟧`: the text without the marks, and the places in bytes.
fn marked(text: &str) -> (String, Vec<(usize, usize)>) {
    let mut clean = String::new();
    let mut places = Vec::new();
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '⟦' => open.push(clean.len()),
            '⟧' => places.push((open.pop().unwrap(), clean.len())),
            _ => clean.push(c),
        }
    }
    places.sort_unstable();
    (clean, places)
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

/// The words and signs of a text, so that what is made of them is nearly a spec.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, c) in text.char_indices() {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|before| !(is_word(before) && is_word(c))) {
            pieces.push(&text[start..at]);
            start = at;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn every_spec() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["specs", "specs/staging", "specs/shared", "stdlib", "src/syntax/tests/fixtures"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(here.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let specs = paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "e2e"));
        texts.extend(specs.map(|path| std::fs::read_to_string(path).unwrap()));
    }
    texts
}

#[test]
fn broken_specs_are_checked_to_the_end() {
    let texts = every_spec();
    let texts: Vec<Vec<&str>> = texts.iter().map(|text| pieces(text)).collect();
    let mut dice = Dice(20_251_123);
    for _ in 0..1500 {
        // A window of one spec, with some of its words lost, doubled, swapped, or taken from another one.
        let own = &texts[dice.roll(texts.len())];
        let other = &texts[dice.roll(texts.len())];
        let start = dice.roll(own.len());
        let mut words: Vec<&str> = own[start..own.len().min(start + 400)].to_vec();
        if dice.roll(2) == 0 {
            words = own[..own.len().min(1500)].to_vec();
        }
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(words.len());
            match dice.roll(4) {
                0 => drop(words.remove(at)),
                1 => words.insert(at, words[at]),
                2 => words[at] = other[dice.roll(other.len())],
                _ => {
                    let with = dice.roll(words.len());
                    words.swap(at, with);
                }
            }
            if words.is_empty() {
                break;
            }
        }
        let text = words.concat();
        let project =
            from_memory(&[("spec.e2e", &text), ("environments.e2e", "environment demo default { target demo }\n")]);
        for diagnostic in check::diagnose(&project) {
            assert_sound(&project, &diagnostic);
        }
    }
}

#[test]
fn deep_and_long_specs_are_checked_in_bounded_time() {
    let url = "https://api.example.com/x";
    let nested = |open: &str, close: &str, times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
    let names: String = (0..5000).map(|n| format!("    let n{n} = {n}\n")).collect();
    let flows: String = (0..5000).map(|n| format!("flow f{n}() {{ call f{}() }}\n", n + 1)).collect();
    let shapes: String = (0..5000).map(|n| format!("shape S{n} {{ a: S{} }}\n", n + 1)).collect();
    let expects: String = (0..5000).map(|n| format!("      expect $.a != {n}\n")).collect();
    let specs = [
        format!("suite \"s\" {{ test \"t\" {{ let a = {} }} }}", nested("[", "]", 120)),
        format!("suite \"s\" {{ test \"t\" {{ let a = {} }} }}", nested("(1 + ", ")", 100)),
        format!("suite \"s\" {{ test \"t\" {{ let a = 1{} }} }}", " + 1".repeat(250)),
        format!("suite \"s\" {{ test \"t\" {{ let a = {}1 }} }}", "-".repeat(250)),
        format!("suite \"s\" {{ test \"t\" {{\n{names}    GET {url} {{ expect status 200 }}\n  }} }}"),
        format!("suite \"s\" {{ test \"t\" {{ GET {url} {{\n{expects}    }} }} }}"),
        format!("{flows}flow f5000() {{ call f0() }}\nsuite \"s\" {{ test \"t\" {{ call f0() }} }}"),
        format!("{shapes}shape S5000 {{ a: S0 }}\n"),
        format!("suite \"s\" {{ test \"t\" {{ {}GET {url}{} }} }}", "within 5s { ".repeat(100), " }".repeat(100)),
        format!(
            "suite \"s\" {{ test \"t\" {{ GET {url} {{ {}expect status 200{} }} }} }}",
            "either { ".repeat(100),
            " }".repeat(100)
        ),
    ];
    for spec in specs {
        let project = from_memory(&[("spec.e2e", spec.as_str())]);
        for diagnostic in check::diagnose(&project) {
            assert_sound(&project, &diagnostic);
        }
    }
}

/// What a help says to write is right as it is.
#[test]
fn a_comparison_of_types_that_never_meet_says_what_to_write() {
    for (wrong, help, right) in [
        ("header X-Left > 5", "`json(…) > 5`", "json(header X-Left) > 5"),
        ("header X-Left not in 1..9", "`json(…) in 1..9`", "json(header X-Left) not in 1..9"),
        ("header X-Left == 5", "this is text: write the value in quotes", "header X-Left == \"5\""),
        ("$.ids[*] != 3", "`each != 3`, `some != 3` or `none == 3`", "$.ids[*] none == 3"),
        ("$.ids[*] > 3", "`each > 3`, `some > 3` or `none > 3`", "$.ids[*] some > 3"),
        ("status != \"500\"", "write `status != 500`", "status != 500"),
        ("status \"200\"", "write `status 200`", "status 200"),
    ] {
        let of = |claim: &str| {
            let spec = format!("suite \"s\" {{ test \"t\" {{ GET http://a.example/ {{ expect {claim} }} }} }}\n");
            report(&from_memory(&[("a.e2e", spec.as_str())]))
        };
        let found = of(wrong);
        assert!(matches!(found.as_slice(), [only] if only.contains(help)), "{wrong}: {found:?}");
        assert_eq!(of(right), Vec::<String>::new(), "{right}");
    }
}
