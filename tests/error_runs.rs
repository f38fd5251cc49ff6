//! The pages of errors that only a run can show: their wrong example fails with exactly this code, their right one holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e_dsl::diag::codes;

use crate::harness::Test;
use crate::lang::pages;

/// The stages whose examples are run here; `errors_run` has the others, which need servers and arguments.
const RUN: [&str; 1] = ["channel"];
/// How many examples run at a time.
const AT_ONCE: usize = 4;

fn run_pages() -> Vec<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors"));
    pages(folder).into_iter().filter(|page| RUN.contains(&stage(page))).collect()
}

fn stage(page: &Path) -> &str {
    page.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next()).unwrap_or_default()
}

#[test]
fn each_code_of_channels_has_a_page_and_each_page_a_code() {
    let file = |code: &str| code.trim_start_matches("e2e::").replace("::", ".") + ".md";
    let codes: BTreeSet<String> = codes::all().map(|code| file(code.name)).collect();
    let pages: BTreeSet<String> =
        run_pages().iter().map(|page| page.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let without_page: Vec<_> = codes.difference(&pages).filter(|name| name.starts_with("channel.")).collect();
    let without_code: Vec<_> = pages.difference(&codes).collect();
    assert!(without_page.is_empty() && without_code.is_empty(), "no page: {without_page:?}\nno code: {without_code:?}");
}

#[test]
fn wrong_examples_fail_with_their_code_and_right_ones_hold() {
    let (pages, next, faults) = (run_pages(), AtomicUsize::new(0), Mutex::new(String::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(fault) = judge(page) {
                        let _ = writeln!(faults.lock().unwrap(), "{}: {fault}", page.display());
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "\n{faults}");
}

fn judge(page: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(page).map_err(|error| error.to_string())?;
    let code = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    let (wrong, right) = text.split_once("\n## Right\n").ok_or("has no `## Right`")?;
    let (_, wrong) = wrong.split_once("\n## Wrong\n").ok_or("has no `## Wrong`")?;
    match run(wrong)? {
        (Some(1 | 4), codes, _) if codes == BTreeSet::from([code.to_owned()]) => {}
        (exit, codes, out) => return Err(format!("the wrong example exits with {exit:?} and gives {codes:?}\n{out}")),
    }
    match run(right)? {
        (Some(0), codes, _) if codes.is_empty() => Ok(()),
        (exit, codes, out) => Err(format!("the right example exits with {exit:?} and gives {codes:?}\n{out}")),
    }
}

/// Runs the one spec of a section: its exit code, the codes of its diagnostics, and what it printed.
fn run(section: &str) -> Result<(Option<i32>, BTreeSet<String>, String), String> {
    let (_, fence) = section.split_once("```e2e run").ok_or("has no spec to run")?;
    let (info, body) = fence.split_once('\n').ok_or("has no spec to run")?;
    let (spec, _) = body.split_once("\n```").ok_or("has a fence without an end")?;
    let fault = info.trim().strip_prefix("fault=");
    let args = ["run", "page.e2e"].into_iter().chain(fault.into_iter().flat_map(|fault| ["--demo-fault", fault]));
    let done = Test::new().file("page.e2e", spec).args(args).run();
    let out = format!("{}{}", done.out, done.err);
    let codes = out.split_whitespace().filter(|word| word.starts_with("e2e::")).map(str::to_owned).collect();
    Ok((done.code, codes, out))
}
