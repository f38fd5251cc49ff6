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
