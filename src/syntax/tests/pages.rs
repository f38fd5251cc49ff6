//! The error index: the wrong example of each page of this stage has its code, the right one has nothing to say about its syntax.

use std::path::Path;

use super::{diagnostics, shown};
use crate::diag::codes;

/// The first fenced block behind a heading.
fn example(page: &str, heading: &str) -> String {
    let behind = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_default();
    let block = behind.split("```e2e\n").nth(1).unwrap_or_default();
    block.split("```\n").next().unwrap_or_default().to_owned()
}

#[test]
fn every_code_has_a_page_whose_examples_are_true() {
    let mut wrong = Vec::new();
    for code in codes::all().filter(|code| code.name.starts_with("e2e::syntax::")) {
        let name = code.name.trim_start_matches("e2e::").replace("::", ".");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/errors/{name}.md"));
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let (bad, good) = (example(&page, "Wrong"), example(&page, "Right"));
        let found = diagnostics(&bad);
        if !page.starts_with(&format!("# {}\n\n", code.name))
            || !found.iter().any(|diagnostic| diagnostic.code.name == code.name)
        {
            wrong.push(format!("{name}, wrong:\n{}", shown(&bad, &found)));
        }
        let found = diagnostics(&good);
        if good.is_empty() || !found.is_empty() {
            wrong.push(format!("{name}, right:\n{}", shown(&good, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
