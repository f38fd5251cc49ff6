use std::path::{Path, PathBuf};

use super::*;

fn found(project: &Project) -> Vec<(&'static str, String)> {
    let place = |d: &crate::diag::Diagnostic| {
        let name = project.sources.get(d.span.source).map_or("-", |file| file.name.as_str());
        format!("{name}: {}", project.sources.text(d.span))
    };
    project.diagnostics.iter().map(|d| (d.code.name, place(d))).collect()
}

fn names(project: &Project, roots_only: bool) -> Vec<String> {
    let modules = project.modules.iter().filter(|m| !roots_only || project.roots.contains(&m.id));
    modules.filter_map(|m| project.sources.get(m.source)).map(|file| file.name.clone()).collect()
}

#[test]
fn specs_below_a_folder_come_sorted_with_their_environments() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("specs/environments.e2e", "environment demo default { target demo }\n");
    write("specs/b/two.e2e", "import \"../shared/login.e2e\"\n");
    write("specs/a/one.e2e", "");
    write("specs/shared/login.e2e", "flow f() { wait 1s }\n");
    write("specs/.hidden.e2e", "");
    write("specs/a/notes.txt", "");
    let options = |paths: &[&str]| Options {
        paths: paths.iter().map(PathBuf::from).collect(),
        working_directory: Some(folder.path().to_path_buf()),
        ..Options::default()
    };
    let project = load(&Files::disk(), &options(&["specs"]));
    assert_eq!(found(&project), []);
    let all = ["specs/a/one.e2e", "specs/b/two.e2e", "specs/environments.e2e", "specs/shared/login.e2e"];
    assert_eq!(names(&project, true), all);

    let project = load(&Files::disk(), &options(&["specs/b/two.e2e", "specs/b"]));
    assert_eq!(names(&project, true), ["specs/b/two.e2e"]);
    assert_eq!(names(&project, false), ["specs/b/two.e2e", "specs/environments.e2e", "specs/shared/login.e2e"]);
    assert_eq!(project.root, folder.path().canonicalize().unwrap());

    write("specs/e2e.toml", "environment = \"demo\"\n");
    let project = load(&Files::disk(), &options(&["specs/b/two.e2e"]));
    assert_eq!(project.root, folder.path().canonicalize().unwrap().join("specs"));
    assert_eq!(project.config.environment.unwrap().value, "demo");

    let project = load(&Files::disk(), &options(&["spec", "specs/a/notes.txt"]));
    assert_eq!(
        found(&project).iter().map(|(code, _)| *code).collect::<Vec<_>>(),
        ["e2e::file::not_found", "e2e::file::no_specs"]
    );

    let open = folder.path().join("specs/a/one.e2e").canonicalize().unwrap();
    let overlay = Files::overlay([(open, "suite \"typed\" {}\n".to_owned())]);
    let project = load(&overlay, &options(&["specs/a/one.e2e"]));
    assert_eq!(project.modules[0].ast.items.len(), 1);
}

#[test]
fn imports_lead_to_declarations() {
    let project = from_memory(&[
        ("a/one.e2e", "import \"../shared/login.e2e\" as login\nimport \"../shared/login.e2e\" (Token)\n"),
        ("shared/login.e2e", "flow as_user() { wait 1s }\nshape Token { id: uuid }\n"),
    ]);
    assert_eq!(found(&project), []);
    let one = &project.modules[0];
    assert_eq!(one.imports.get("login"), Some(&Target::Module(ModuleId(1))));
    assert_eq!(one.imports.get("Token"), Some(&Target::Decl(DeclRef { module: ModuleId(1), item: 1 })));
}

#[test]
fn imports_that_lead_nowhere_are_placed() {
    let project = from_memory(&[
        (
            "a.e2e",
            "import \"bb.e2e\"\nimport \"../x.e2e\"\nimport std.htp\nimport \"b.e2e\" (lgin)\nimport http\nimport \"odd-name.e2e\"\n",
        ),
        ("b.e2e", "flow login() { wait 1s }\n"),
        ("odd-name.e2e", ""),
    ]);
    let expected = [
        ("e2e::check::import_not_found", "a.e2e: \"bb.e2e\""),
        ("e2e::check::import_outside", "a.e2e: \"../x.e2e\""),
        ("e2e::check::unknown_module", "a.e2e: htp"),
        ("e2e::check::unknown_import", "a.e2e: lgin"),
        ("e2e::check::unknown_module", "a.e2e: http"),
        ("e2e::check::import_needs_name", "a.e2e: \"odd-name.e2e\""),
    ];
    let found = found(&project);
    let found: Vec<_> = found.iter().map(|(code, place)| (*code, place.as_str())).collect();
    assert_eq!(found, expected);
    assert!(project.diagnostics.iter().all(|d| d.help.is_some()));
    assert_eq!(project.diagnostics[0].help.as_deref(), Some("did you mean \"b.e2e\"?"));
}

#[test]
fn a_cycle_is_reported_once_in_a_file_that_is_checked() {
    let files = Files::memory([
        (PathBuf::from("a.e2e"), b"import \"b.e2e\"\n".to_vec()),
        (PathBuf::from("b.e2e"), b"import \"c.e2e\"\n".to_vec()),
        (PathBuf::from("c.e2e"), b"import \"a.e2e\"\n".to_vec()),
        (PathBuf::from("self.e2e"), b"import \"self.e2e\"\n".to_vec()),
    ]);
    let at = |paths: &[&str]| {
        let options = Options { paths: paths.iter().map(PathBuf::from).collect(), ..Options::default() };
        found(&load(&files, &options))
    };
    let cycle = |place: &str| vec![("e2e::check::import_cycle", place.to_owned())];
    assert_eq!(at(&["a.e2e"]), cycle("a.e2e: \"b.e2e\""));
    assert_eq!(at(&["b.e2e"]), cycle("b.e2e: \"c.e2e\""));
    assert_eq!(at(&["a.e2e", "c.e2e"]), cycle("c.e2e: \"a.e2e\""));
    assert_eq!(at(&["self.e2e"]), cycle("self.e2e: \"self.e2e\""));
}

#[test]
fn what_is_no_text_is_a_diagnostic_and_the_rest_is_loaded() {
    let files = Files::memory([
        (PathBuf::from("a.e2e"), b"suite \"x\" {}\n".to_vec()),
        (PathBuf::from("b.e2e"), vec![b'a', 0xff]),
        (PathBuf::from("c.e2e"), b"a\0b".to_vec()),
    ])
    .with_unreadable(Path::new("d.e2e"), std::io::ErrorKind::PermissionDenied);
    let project = load(&files, &Options::default());
    let codes: Vec<_> = project.diagnostics.iter().map(|d| d.code.name).collect();
    assert_eq!(codes, ["e2e::file::not_utf8", "e2e::file::nul", "e2e::file::unreadable"]);
    assert_eq!(project.roots.len(), 4);
    assert_eq!(project.modules[0].ast.items.len(), 1);
}
