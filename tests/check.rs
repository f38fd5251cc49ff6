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

/// The same file with every mistake mended.
const MENDED: &str = r#"environment demo default { target demo }

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
    let project = from_memory(&[("spec.e2e", MENDED)]);
    assert_eq!(report(&project), Vec::<String>::new());
}

/// A spec whose mistakes stand between `⟦` and `⟧`: the text without the marks, and the places in bytes.
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
