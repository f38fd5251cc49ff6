//! The house rules of `docs/architecture.md`, kept: each failure names the rule that it breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module may use, beside itself. `docs/architecture.md#modules-point-one-way`
const USES: [(&str, &[&str]); 20] = [
    ("source", &["diag"]),
    ("diag", &["source"]),
    ("value", &[]),
    ("syntax", &["diag", "source", "value"]),
    ("project", &["diag", "source", "syntax"]),
    ("check", &["diag", "eval", "matchers", "plan", "project", "source", "syntax", "value"]),
    ("plan", &["diag", "event", "project", "source", "syntax", "value"]),
    ("event", &["value"]),
    ("eval", &["diag", "event", "plan", "source", "syntax", "value"]),
    ("matchers", &["diag", "eval", "event", "plan", "source", "syntax", "value"]),
    ("pattern", &["event", "value"]),
    ("judge", &["diag", "eval", "event", "matchers", "pattern", "plan", "source", "syntax", "value"]),
    ("world", &["event", "plan", "syntax", "value"]),
    ("net", &["diag", "event", "plan", "syntax", "value", "world"]),
    ("run", &["diag", "eval", "event", "judge", "matchers", "plan", "source", "syntax", "value", "world"]),
    ("report", &["diag", "event", "judge", "plan", "source", "syntax", "value"]),
    ("trace", &["diag", "event", "judge", "plan", "project", "report", "run", "source", "value", "world"]),
    ("demo", &[]),
    (
        "cli",
        &[
            "check", "demo", "diag", "judge", "net", "plan", "project", "report", "run", "source", "syntax", "trace",
            "value", "world",
        ],
    ),
    ("lib", &[]),
];

/// Words that only some modules may use, and the rule that says so.
const KEPT_IN: [(&str, &[&str], &str); 11] = [
    ("pest::", &["syntax", "value/jsonpath/parse.rs"], "pest-stays-in-syntax"),
    ("miette::", &["diag"], "miette-stays-in-diag"),
    ("reqwest::", &["net", "demo"], "sockets-only-in-net-and-demo"),
    ("TcpStream", &["net", "demo"], "sockets-only-in-net-and-demo"),
    ("TcpListener", &["net", "demo"], "sockets-only-in-net-and-demo"),
    ("hyper::", &["net", "demo"], "sockets-only-in-net-and-demo"),
    ("tungstenite", &["net", "demo"], "sockets-only-in-net-and-demo"),
    ("tokio::time", &["net", "demo"], "time-passes-in-the-world-alone"),
    ("spawn_blocking", &["net", "demo"], "time-passes-in-the-world-alone"),
    ("Instant::now", &["net/clock.rs", "demo"], "time-is-read-in-one-place"),
    ("Timestamp::now", &["net/clock.rs", "demo"], "time-is-read-in-one-place"),
];

/// The modules that do nothing but calculate: what they are given decides what they give.
const PURE: [&str; 10] = ["diag", "value", "syntax", "check", "event", "eval", "matchers", "pattern", "judge", "world"];

/// What reaches outside of the process, or waits for something that does.
const OUTSIDE: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::io",
    "std::thread::spawn",
    "tokio::fs",
    "tokio::net",
    "tokio::io",
    "hyper::",
];

/// Folders in which files may need each other: what they hold is one thing that is too long for one file.
const MUTUAL: [&[&str]; 7] = [
    // The services of one system.
    &["demo/"],
    // The walk through a tree, with what it knows and what it looks for.
    &["check/"],
    // What a mistake is recognised by is what its explanation shows.
    &["syntax/explain", "syntax/mistakes"],
    &["syntax/grammar", "syntax/matcher"],
    // An expression may be an argument of a function, and the other way round.
    &["value/xpath/evaluate", "value/xpath/function"],
    &["report/redact/edges", "report/redact/view"],
    // What is typed, of all commands.
    &["cli/args", "cli/report/args"],
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    walk(&root.join("tests"), &mut found);
    found
        .into_iter()
        .map(|path| (path.strip_prefix(root).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The module of a source file below `src`: its folder's name.
fn module(path: &Path) -> Option<String> {
    let inside = path.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    (inside.components().count() > 1).then(|| first.to_owned())
}

fn is_test(path: &Path) -> bool {
    path.starts_with("tests") || path.with_extension("").components().any(|part| part.as_os_str() == "tests")
}

/// A file's code without its test module and its comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path in a file's code that begins at the crate or above the file: those in lists of `use` each on their own.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
                follow(&code[at..], Vec::new(), &mut found);
            }
        }
    }
    found
}

/// Reads `a::b::{c, d::e}` from the beginning of a text; gives what is left of it.
fn follow<'t>(text: &'t str, mut so_far: Vec<String>, found: &mut Vec<Vec<String>>) -> &'t str {
    let mut text = text.trim_start();
    loop {
        if let Some(list) = text.strip_prefix('{') {
            let mut left = list;
            loop {
                left = follow(left, so_far.clone(), found).trim_start();
                match left.strip_prefix(',') {
                    Some(rest) => left = rest,
                    None => return left.strip_prefix('}').unwrap_or(left),
                }
            }
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        if end > 0 {
            so_far.push(text[..end].to_owned());
        }
        text = &text[end..];
        match text.strip_prefix("::") {
            Some(rest) if end > 0 => text = rest,
            _ => break,
        }
    }
    if !so_far.is_empty() {
        found.push(so_far);
    }
    // A new name, or a call: up to what ends it in a list.
    text.trim_start()
        .strip_prefix("as ")
        .map_or(text, |name| name.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == ' '))
}

/// A path of a file's code, from the root of the crate on; nothing where it leads out of it.
fn from_the_root(path: &Path, used: &[String]) -> Vec<String> {
    let mut at = file_path(path);
    let mut steps = used.iter().peekable();
    match steps.peek().map(|step| step.as_str()) {
        Some("crate") => {
            at.clear();
            steps.next();
        }
        _ => {
            while steps.peek().is_some_and(|step| *step == "super") {
                steps.next();
                at.pop();
            }
        }
    }
    at.extend(steps.cloned());
    at
}

/// The place of a file's module: `src/run/step/mod.rs` is `run::step`.
fn file_path(path: &Path) -> Vec<String> {
    let inside = path.strip_prefix("src").unwrap().with_extension("");
    let mut parts: Vec<String> =
        inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

#[test]
fn lists_of_uses_are_read_through() {
    let read = |code: &str| {
        let mut found: Vec<String> = paths(code).iter().map(|path| path.join("::")).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(
        read("use crate::{a::{B, c::D as E}, f};\nuse super::super::g::{self, H};\nfn i() { crate::j::k(3) }"),
        ["crate::a::B", "crate::a::c::D", "crate::f", "crate::j::k", "super::super::g::H", "super::super::g::self"]
    );
    let path = Path::new("src/run/step/call.rs");
    let used = |text: &str| from_the_root(path, &text.split("::").map(str::to_owned).collect::<Vec<_>>()).join("::");
    assert_eq!(used("super::super::host"), "run::host");
    assert_eq!(used("super::super::super::judge::Outcome"), "judge::Outcome");
}

/// Files that need each other can't be read one after the other, or tested one without the other.
#[test]
fn files_need_each_other_in_one_direction() {
    let files: BTreeMap<String, Vec<Vec<String>>> = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("src") && !is_test(path))
        .map(|(path, text)| {
            let used = paths(&code(text)).iter().map(|used| from_the_root(path, used)).collect();
            (file_path(path).join("/"), used)
        })
        .collect();
    // The longest beginning of a path that is a file. What a folder's own file gives is no edge: it names what is in it.
    let file_of = |used: &[String]| {
        (1..=used.len()).rev().map(|length| used[..length].join("/")).find(|name| files.contains_key(name))
    };
    let inside = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    let mutual = |a: &str, b: &str| {
        MUTUAL.iter().any(|group| [a, b].iter().all(|one| group.iter().any(|prefix| one.starts_with(prefix))))
    };
    let edges: BTreeMap<&str, BTreeSet<String>> = files
        .iter()
        .map(|(name, used)| {
            let to = used.iter().filter_map(|used| file_of(used));
            let to = to.filter(|to| to != name && !inside(to, name) && !inside(name, to) && !mutual(to, name));
            (name.as_str(), to.collect())
        })
        .collect();
    let reached = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = vec![from];
        while let Some(one) = next.pop() {
            for to in &edges[one] {
                if reached.insert(to.as_str()) {
                    next.push(to);
                }
            }
        }
        reached
    };
    let circles: Vec<String> = edges
        .keys()
        .filter(|name| reached(name).contains(**name))
        .map(|name| format!("{name} is needed by what it needs itself: {:?}", edges[name]))
        .collect();
    assert!(circles.is_empty(), "docs/architecture.md#files-need-each-other-in-one-direction\n{}", circles.join("\n"));
}

#[test]
fn what_is_pure_reaches_nothing_outside() {
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("src") && !is_test(path)) {
        let Some(module) = module(path).filter(|module| PURE.contains(&module.as_str())) else { continue };
        for word in OUTSIDE.iter().filter(|word| code(text).contains(**word)) {
            broken.push(format!("{}: `{module}` uses `{word}`", path.display()));
        }
    }
    assert!(broken.is_empty(), "docs/architecture.md#what-is-pure-reaches-nothing-outside\n{}", broken.join("\n"));
}

#[test]
fn modules_point_one_way() {
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        let Some(module) = module(path) else { continue };
        let Some((_, allowed)) = USES.iter().find(|(name, _)| *name == module) else {
            broken.push(format!("{}: the module `{module}` isn't in the list", path.display()));
            continue;
        };
        for name in paths(&code(text)).into_iter().filter_map(|used| from_the_root(path, &used).into_iter().next()) {
            if USES.iter().any(|(known, _)| *known == name) && name != module && !allowed.contains(&name.as_str()) {
                broken.push(format!("{}: `{module}` uses `{name}`", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "docs/architecture.md#modules-point-one-way\n{}", broken.join("\n"));
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("src") && !is_test(path)) {
        let inside = path.strip_prefix("src").unwrap();
        for (word, places, rule) in KEPT_IN {
            if code(text).contains(word) && !places.iter().any(|place| inside.starts_with(place)) {
                broken.push(format!("docs/architecture.md#{rule}: {} uses `{word}`", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_lint_is_silenced_and_nothing_is_left_undone() {
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.ends_with("tests/tidy.rs")) {
        for word in ["#[allow", "#![allow", "todo!(", "unimplemented!(", "#[ignore"] {
            if text.contains(word) {
                broken.push(format!("{}: `{word}`", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "docs/architecture.md#no-lint-is-silenced\n{}", broken.join("\n"));
}

#[test]
fn files_stay_small_enough_to_read() {
    const LONGEST: usize = 800;
    let long: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > LONGEST)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "docs/architecture.md#files-stay-small\n{}", long.join("\n"));
}

#[test]
fn nothing_in_a_run_depends_on_chance() {
    let run = sources().into_iter().filter(|(path, _)| module(path).as_deref() == Some("run"));
    let chance: Vec<String> = run
        .filter(|(_, text)| {
            let code = code(text);
            let mut selects = code.split("select! {").skip(1);
            selects.any(|arms| !arms.trim_start().starts_with("biased;")) || code.contains("watch::Sender")
        })
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(chance.is_empty(), "docs/architecture.md#time-passes-in-the-world-alone\n{}", chance.join("\n"));
}

#[test]
fn a_secret_cannot_be_printed() {
    let secret = e2e_dsl::value::Secret::new("hunter2-hunter2");
    assert!(!format!("{secret} {secret:?}").contains("hunter2"), "docs/architecture.md#a-secret-cannot-be-printed");
    let value = e2e_dsl::value::Value::Secret(secret);
    assert!(!format!("{value:?}").contains("hunter2"), "docs/architecture.md#a-secret-cannot-be-printed");
}
