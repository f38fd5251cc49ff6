//! The meaning of the language, case by case: `tests/lang/*.md`. A case is prose, the files of a project, and a block ` ```expect ` with what
//! `check` says of it, a line each: `error CODE LINE:COLUMN-LINE:COLUMN`, or `clean`. `UPDATE_EXPECT=1` writes what is said now.

use std::fmt::Write as _;
use std::path::Path;

use e2e_dsl::check;

use crate::literate::{Fence, assert_sound, fences, project, shown};

#[test]
fn every_case_is_checked_as_written() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = String::new();
    for path in pages(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lang"))) {
        let page = std::fs::read_to_string(&path).unwrap();
        let mut updated = page.clone();
        let mut files: Vec<Fence> = Vec::new();
        for fence in fences(&page) {
            if fence.lang != "expect" {
                files.push(fence);
                continue;
            }
            let case = std::mem::take(&mut files);
            // Cases that run are `lang_run`'s.
            if !fence.name.is_empty() {
                continue;
            }
            let found = checked(&case);
            if found == fence.text {
                continue;
            }
            if update {
                updated = updated.replacen(
                    &expect_block(&fence.text, fence.line, &page),
                    &format!("```expect\n{found}```\n"),
                    1,
                );
            }
            let _ = write!(wrong, "{}:{}\nexpected:\n{}found:\n{found}\n", path.display(), fence.line, fence.text);
        }
        if updated != page {
            std::fs::write(&path, updated).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The block as it is in the page, with the line before it, so that only it is replaced.
fn expect_block(text: &str, _line: usize, _page: &str) -> String {
    format!("```expect\n{text}```\n")
}

fn checked(case: &[Fence]) -> String {
    let project = project(case);
    let diagnostics = check::diagnose(&project);
    let mut found = String::new();
    for diagnostic in &diagnostics {
        assert_sound(&project, diagnostic);
        let _ = writeln!(found, "{}", shown(&project, diagnostic));
    }
    if found.is_empty() { "clean\n".to_owned() } else { found }
}

pub fn pages(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    pages.sort();
    pages
}
