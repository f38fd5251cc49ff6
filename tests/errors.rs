//! The error index: each code has a page in `docs/errors`, whose wrong example gives exactly this code, and whose right one nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use e2e_dsl::check;
use e2e_dsl::diag::codes;

use crate::lang::pages;
use crate::literate::{assert_sound, fences, project, shown};

/// The stages whose examples are checked; those of the others are run.
const CHECKED: [&str; 3] = ["file", "syntax", "check"];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors"))
}

fn file_name(code: &str) -> String {
    let mut parts = code.split("::").skip(1);
    format!("{}.{}.md", parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    let is_checked = |name: &str| CHECKED.contains(&name.split('.').next().unwrap_or_default());
    let codes: BTreeSet<String> =
        codes::all().map(|code| file_name(code.name)).filter(|name| is_checked(name)).collect();
    let pages: BTreeSet<String> = pages(folder())
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| is_checked(name))
        .collect();
    let without_page: Vec<_> = codes.difference(&pages).collect();
    let without_code: Vec<_> = pages.difference(&codes).collect();
    assert!(without_page.is_empty() && without_code.is_empty(), "no page: {without_page:?}\nno code: {without_code:?}");
}

#[test]
fn examples_are_wrong_and_right_as_they_say() {
    let mut faults = String::new();
    for path in pages(folder()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (stage, code) = name.split_once('.').unwrap_or_default();
        if !CHECKED.contains(&stage) {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        if let Err(fault) = page_fault(&format!("e2e::{stage}::{code}"), &page) {
            let _ = writeln!(faults, "{name}: {fault}");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

fn page_fault(code: &str, page: &str) -> Result<(), String> {
    let head = format!("# {code}\n");
    if !page.starts_with(&head) {
        return Err(format!("begins with `# {code}`"));
    }
    let (intro, rest) = page.split_once("\n## Wrong\n").ok_or("has no `## Wrong`")?;
    let (wrong, right) = rest.split_once("\n## Right\n").ok_or("has no `## Right`")?;
    if intro.trim_start_matches(&head).trim().len() < 40 {
        return Err("says nothing about the code".to_owned());
    }
    let wrong = found(wrong);
    // It takes many problems of another code to have too many.
    let exactly = code != codes::TOO_MANY_PROBLEMS.name;
    if !wrong.iter().any(|(found, _)| found == code) || (exactly && wrong.iter().any(|(found, _)| found != code)) {
        return Err(format!("the wrong example gives{}", listed(&wrong)));
    }
    let right = found(right);
    if !right.is_empty() {
        return Err(format!("the right example gives{}", listed(&right)));
    }
    Ok(())
}

fn listed(found: &[(String, String)]) -> String {
    if found.is_empty() {
        return " nothing".to_owned();
    }
    found.iter().take(8).map(|(_, shown)| format!("\n    {shown}")).collect()
}

fn found(section: &str) -> Vec<(String, String)> {
    let fences = fences(section);
    assert!(!fences.is_empty(), "a section without an example: {section}");
    let project = project(&fences);
    let diagnostics = check::diagnose(&project);
    diagnostics
        .iter()
        .map(|diagnostic| {
            assert_sound(&project, diagnostic);
            let line = format!(
                "{}: {} ({})",
                shown(&project, diagnostic),
                diagnostic.message,
                diagnostic.help.as_deref().unwrap_or("-")
            );
            (diagnostic.code.name.to_owned(), line)
        })
        .collect()
}
