//! What README and `docs` show is true as it is shown: specs are checked, and run where they need nothing but the demo system; command lines are
//! understood.
//!
//! A block of ` ```e2e ` is a whole file. One of ` ```e2e test ` is the steps of a test, which are in a suite with the modules that they name
//! imported; ` ```e2e test-of=a,b ` are steps that use these names. A block of ` ```console ` is run in the folder in which the page's specs are
//! saved under the names that its commands give them; ` exits=1 ` is the exit code of its last command.

use std::path::{Path, PathBuf};

use e2e_dsl::check;
use e2e_dsl::project::{from_memory, std_modules};

use super::harness::Test;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// README and every page of `docs` but those of diagnostics, whose examples have tests of their own.
fn pages() -> Vec<(PathBuf, String)> {
    let in_folder = |folder: &str| {
        let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|ending| ending == "md"))
    };
    let mut paths: Vec<PathBuf> = in_folder(".").chain(in_folder("docs")).chain(in_folder("docs/language")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

struct Block {
    info: String,
    text: String,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (at, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), found.last_mut()) {
            (Some(_), _) if open => open = false,
            (Some(info), _) => {
                found.push(Block { info: info.to_owned(), text: String::new(), line: at + 1 });
                open = true;
            }
            (None, Some(block)) if open => block.text.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    found
}

/// The whole file that a block is, or stands for.
fn whole(block: &Block) -> String {
    let mut words = block.info.split_whitespace().skip(1);
    let names = match words.next() {
        None => return block.text.clone(),
        Some("test") => String::new(),
        Some(word) => {
            let names = word.strip_prefix("test-of=").unwrap();
            names.split(',').map(|name| format!("    let {name} = uuid()\n")).collect()
        }
    };
    let mut imports = String::new();
    for module in std_modules().filter(|module| block.text.contains(&format!("{module}."))) {
        imports.push_str(&format!("import std.{module}\n"));
    }
    let environment = "environment local { ws = \"ws://127.0.0.1:1\"; token = secret(\"TOKEN\") }\n";
    format!("{imports}{environment}suite \"S\" {{\n  test \"t\" {{\n{names}{}  }}\n}}\n", block.text)
}

#[test]
fn every_spec_that_is_shown_is_sound() {
    let mut seen = 0;
    let mut faults = String::new();
    for (path, page) in pages() {
        for block in blocks(&page).iter().filter(|block| block.info.split_whitespace().next() == Some("e2e")) {
            seen += 1;
            let project = from_memory(&[("shown.e2e", &whole(block))]);
            for found in check::diagnose(&project) {
                faults.push_str(&format!(
                    "{}:{}: {}: {}\n",
                    path.display(),
                    block.line,
                    found.code.name,
                    found.message
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(seen >= 10, "only {seen} specs are shown");
}

/// Whatever needs nothing but the demo system passes on it, in a folder that holds nothing else.
#[test]
fn every_spec_that_needs_the_demo_alone_passes_on_it() {
    let mut seen = 0;
    for (path, page) in pages() {
        for block in blocks(&page).iter().filter(|block| block.info == "e2e") {
            if !block.text.contains("default { target demo }") || !block.text.contains("test \"") {
                continue;
            }
            seen += 1;
            let done = Test::new().file("shown.e2e", &block.text).args(["run", "shown.e2e"]).run();
            assert_eq!(done.code, Some(0), "{}:{}\n{}{}", path.display(), block.line, done.out, done.err);
        }
    }
    assert!(seen >= 1);
}

/// README's first example is saved where README says, and its commands do what it says.
#[test]
fn the_first_run_goes_as_readme_says() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let blocks = blocks(&page);
    let first = blocks.iter().find(|block| block.info == "e2e").unwrap();
    let mut ran = 0;
    for block in blocks.iter().filter(|block| block.info.starts_with("console")) {
        let exits = block.info.split_once("exits=").map_or(0, |(_, code)| code.parse().unwrap());
        let lines: Vec<&str> = block.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let words = line.strip_prefix("$ e2e-dsl ").unwrap();
            let test = Test::new().file("first.e2e", &first.text).args(words.split_whitespace());
            test.code(if at + 1 == lines.len() { exits } else { 0 });
            ran += 1;
        }
    }
    assert_eq!(ran, 3);
}

/// The command lines of a page: lines of code, with those that go on behind a `\`, and code within a text.
fn commands(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in joined.lines() {
        let code = line.trim_start().trim_start_matches("$ ").trim_start_matches("cargo run --release -- ");
        let is_run = line.trim_start().starts_with("cargo run --release -- ");
        if let Some(words) = code.strip_prefix("e2e-dsl ").or(is_run.then_some(code)) {
            found.push(
                words
                    .split(" #")
                    .next()
                    .unwrap_or_default()
                    .split(['|', '>', ';'])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
        for (at, span) in line.split('`').enumerate() {
            if let Some(words) = span.strip_prefix("e2e-dsl ").filter(|_| at % 2 == 1) {
                found.push(words.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_command_line_that_is_shown_is_understood() {
    let mut faults = String::new();
    let mut seen = 0;
    for (path, page) in pages() {
        for command in commands(&page) {
            // A word in capitals stands for one of the reader's.
            if command.split_whitespace().next().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()))
            {
                continue;
            }
            seen += 1;
            let mut command = command;
            while let Some((start, end)) = command.find("${{").and_then(|start| Some((start, command.find("}}")? + 2)))
            {
                command.replace_range(start..end, "1");
            }
            let words: Vec<&str> = command.split_whitespace().collect();
            if let Err(fault) = e2e_dsl::cli::understood(&words) {
                faults.push_str(&format!("{}: {command}\n{fault}\n", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    assert!(seen >= 20, "only {seen} command lines are shown");
}
