//! The house rules of `docs/architecture.md`, kept: each failure names the rule that it breaks.

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
    path.starts_with("tests") || path.components().any(|part| part.as_os_str() == "tests")
}

/// A file's code without its test module and its comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
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
        for used in code(text).split("crate::").skip(1) {
            let name: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
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
