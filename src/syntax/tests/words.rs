//! The table of words: its page, and that each of its examples is what it says.

use std::fmt::Write as _;

use super::{diagnostics, shown};
use crate::syntax::words::{Context, Gives, Of, STATEMENTS, SubjectWord, matcher_rows};
use crate::value::named::NAMED;

/// A file that holds a statement where the context says.
fn around(context: Context, statement: &str) -> String {
    let test = |body: &str| format!("suite \"s\" {{ test \"t\" {{\n{body}\n}} }}");
    let statement = statement.replace("{ … }", "{ }");
    match context {
        Context::File => statement,
        Context::Environment => format!("environment e {{\n{statement}\n}}"),
        Context::Service => format!("environment e {{ service s {{\n{statement}\n}} }}"),
        Context::Suite => format!("suite \"s\" {{\n{statement}\n}}"),
        Context::Test => test(&statement),
        Context::Flow => format!("flow f() {{\n{statement}\n}}"),
        Context::Request => test(&format!("GET {{{{env.api}}}}/x {{\n{statement}\n}}")),
        Context::Channel => test(&format!("websocket chat {{{{env.ws}}}} {{\n{statement}\n}}")),
        Context::Pattern => test(&format!("expect on chat in order within 5s {{\n{statement}\n}}")),
        Context::Together => test(&format!("expect within 5s {{\n{statement}\n}}")),
        Context::Item => test(&format!("expect on chat in order within 5s {{ event \"a\" {{\n{statement}\n}} }}")),
        Context::Load => format!("load \"l\" {{\n{statement}\n}}"),
        Context::Stages => format!("load \"l\" {{ stages {{\n{statement}\n}} }}"),
        Context::Arrivals => format!("load \"l\" {{ arrivals {{\n{statement}\n}} }}"),
        Context::Plan => format!("plan p {{\n{statement}\n}}"),
        Context::Phase => format!("plan p {{ phase \"x\" {{\n{statement}\n}} }}"),
    }
}

#[track_caller]
fn parses(context: Context, statement: &str) {
    let text = around(context, statement);
    let found = diagnostics(&text);
    assert!(found.is_empty(), "{statement}\n{}", shown(&text, &found));
}

#[test]
fn every_statement_is_said_to_be_where_it_is_parsed() {
    for one in STATEMENTS {
        assert!(!one.meaning.is_empty() && !one.contexts.is_empty());
        for context in one.contexts {
            parses(*context, one.example);
        }
        let first = |text: &str| text.split([' ', ':']).next().map(str::to_owned);
        let begins = one.words.is_empty() || one.words.iter().any(|phrase| first(phrase) == first(one.example));
        assert!(begins, "{}", one.example);
    }
}

/// A word of one place is a mistake of its own in the others, and not just unknown there.
#[test]
fn what_begins_no_statement_of_a_place_is_said_to_be_of_another() {
    for context in Context::ALL {
        assert!(!context.keywords().is_empty(), "{context:?}");
        for one in STATEMENTS.iter().filter(|one| !one.words.is_empty()) {
            let known = context.rule(one.words[0].split(' ').next().unwrap()).is_some();
            assert!(known || !one.contexts.contains(context), "{context:?}: {}", one.example);
        }
    }
}

#[test]
fn every_subject_matcher_and_type_has_an_example_that_is_parsed() {
    for row in SubjectWord::ALL.iter().map(|word| word.row()) {
        assert!(!row.meaning.is_empty() && row.example.contains(row.word), "{}", row.word);
        parses(if row.of == Of::Frames { Context::Item } else { Context::Request }, row.example);
        let takes = match row.word {
            "header" | "headers" | "cookie" | "certificate" => "expires",
            "xpath" | "css" => "\"//a\"",
            _ => "",
        };
        let bare = around(Context::Request, &format!("expect {} {takes} 1", row.word));
        assert_eq!(diagnostics(&bare).is_empty(), row.takes_bare, "{}", row.word);
    }
    for row in matcher_rows() {
        let word = if row.word == "==" { "<" } else { row.word };
        assert!(!row.meaning.is_empty() && row.example.contains(word), "{}", row.word);
        parses(Context::Request, row.example);
    }
    for ty in NAMED {
        assert!(!ty.meaning.is_empty() && ty.example.contains(ty.name), "{}", ty.name);
        parses(if ty.example.starts_with("flow") { Context::File } else { Context::Request }, ty.example);
        parses(Context::File, &format!("shape S {{ value: {} }}", ty.name));
    }
}

/// As `docs/language/words.md` has it.
fn page() -> String {
    let mut page = "# The words\n\nMade of the tables in `src/syntax/words` and `src/value/named.rs`, with which a test compares it; \
        `UPDATE_EXPECT=1 cargo test --lib words` writes it. `{ … }` is a block.\n"
        .to_owned();
    for context in Context::ALL {
        let _ = write!(page, "\n## Statements {}\n\n| word | what it is | example |\n|---|---|---|\n", context.place());
        for one in STATEMENTS.iter().filter(|one| one.contexts.contains(context)) {
            let words: Vec<String> = one.words.iter().map(|word| format!("`{word}`")).collect();
            row(&mut page, &[&words.join(", "), one.meaning, &code(one.example)]);
        }
    }
    page += "\n## Subjects\n\nAlso a JSONPath (`$.id`), and any value in scope. After those with `*`, a value may be alone: `expect status 201`.\n\n| word | of | gives | what it is | example |\n|---|---|---|---|---|\n";
    for one in SubjectWord::ALL.iter().map(|word| word.row()) {
        let of = match one.of {
            Of::Responses => "responses",
            Of::Frames => "frames",
            Of::Both => "both",
        };
        let gives = match one.gives {
            Gives::Anything => String::new(),
            Gives::One(kind) => kind.word().to_owned(),
            Gives::ListOf(kind) => format!("[{}]", kind.word()),
        };
        let alone = if one.takes_bare { " *" } else { "" };
        row(&mut page, &[&format!("`{}`{alone}", one.word), of, &gives, one.meaning, &code(one.example)]);
    }
    page += "\n## Matchers\n\n| word | holds of | example |\n|---|---|---|\n";
    for one in matcher_rows() {
        row(&mut page, &[&code(one.word), one.meaning, &code(one.example)]);
    }
    page += "\n## Types\n\nAlso shapes, lists (`[string]`), fields in place (`{ id: uuid }`), literals (`\"open\"`) and alternatives (`uuid or null`).\n\n\
        | type | what it is | elsewhere | example |\n|---|---|---|---|\n";
    for one in NAMED {
        row(&mut page, &[&code(one.name), one.meaning, &one.habits.join(", "), &code(one.example)]);
    }
    page
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn row(page: &mut String, cells: &[&str]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/words.md");
    let page = page();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let first = page.lines().zip(written.lines()).find(|(made, written)| made != written);
    assert!(
        written == page,
        "docs/language/words.md isn't what `UPDATE_EXPECT=1 cargo test --lib words` writes: {first:?}"
    );
}

/// In two statements of three that break where two of their words change places, that is what is said.
#[test]
fn words_that_changed_places_are_put_back() {
    let is_word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (mut broken, mut put_back, mut others) = (0, 0, String::new());
    for one in STATEMENTS {
        let words: Vec<&str> = one.example.split(' ').collect();
        for at in 1..words.len().saturating_sub(1) {
            if !words[at..at + 2].iter().copied().all(is_word) || words[at] == words[at + 1] {
                continue;
            }
            let mut swapped = words.clone();
            swapped.swap(at, at + 1);
            let text = around(one.contexts[0], &swapped.join(" "));
            let found = diagnostics(&text);
            let Some(first) = found.first() else { continue };
            broken += 1;
            let help = shown(&text, std::slice::from_ref(first));
            if help.contains(&words[at..at + 2].join(" ")) {
                put_back += 1;
            } else {
                let _ = writeln!(others, "{}\n{help}", swapped.join(" "));
            }
        }
    }
    assert!(broken > 10 && put_back * 3 >= broken * 2, "{put_back} of {broken}\n{others}");
}
