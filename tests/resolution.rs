//! What names refer to: the table of a file is complete and right, so that whatever is renamed by it means the same.

use std::collections::{BTreeMap, HashMap};

use e2e_dsl::check::{self, Definition, DefinitionKind, Resolution, Role};
use e2e_dsl::project::{Project, from_memory};
use e2e_dsl::source::SourceId;

use super::fixes::shipped;

/// The specs that ship, and the modules of the standard library as though they were specs.
fn projects() -> Vec<Vec<(String, String)>> {
    let (std, specs): (Vec<_>, Vec<_>) = shipped().into_iter().partition(|(name, _)| name.starts_with("stdlib/"));
    let environment = ("environments.e2e".to_owned(), "environment demo default { target demo }\n".to_owned());
    let mut projects: Vec<_> = std.into_iter().map(|module| vec![module, environment.clone()]).collect();
    projects.push(specs);
    projects.push(vec![("load.e2e".to_owned(), LOAD.to_owned())]);
    projects
}

/// None of the shipped specs has one.
const LOAD: &str = r#"environment demo default { target demo }
flow talk(chat: channel) -> channel {
  websocket answers {{env.ws}} { events by $.type }
  send chat json { type: "hi" }
  return answers
}
load "L" {
  users 3 hold 10s
  data [{ id: 1 }, { id: 2 }, { id: 3 }] next as row
  data 1..3 shared as number
  before each user {
    POST {{env.auth}}/{{row.id}} { expect status 200; capture token = $.token }
    websocket chat {{env.ws}} { bearer token; events by $.type }
  }
  scenario "a" {
    let answers = talk(chat)
    expect on answers event "done" within 5s
    websocket news {{env.ws}}/{{number}} { bearer token }
  }
  scenario "b" {
    websocket news {{env.ws}} { bearer token }
    let url = "{{env.api}}/{{row.id}}"
    GET {{url}} { expect status 200 }
  }
  after each user { POST {{env.auth}}/{{row.id}} { bearer token; expect status 200 } }
  threshold p95(connect chat) < 1s
  threshold success of connect news > 99%
  threshold max(connect answers) < 1s
}
"#;

fn load(files: &[(String, String)]) -> Project {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    from_memory(&files)
}

fn said(project: &Project) -> Vec<String> {
    check::diagnose(project).iter().map(|one| format!("{} {}", one.code.name, one.message)).collect()
}

/// The names that are values in a tree, with their places, read off its debug form.
fn values(project: &Project, source: SourceId) -> Vec<(String, u32)> {
    let module = project.modules.iter().find(|module| module.source == source).unwrap();
    let tree = format!("{:?}", module.ast);
    let mut found = Vec::new();
    for (at, _) in tree.match_indices("kind: Name(Ident { text: \"") {
        let mut parts = tree[at..].splitn(3, '"');
        let name = parts.nth(1).unwrap();
        let start = parts.next().unwrap().split("start: ").nth(1).unwrap();
        found.push((name.to_owned(), start.split(',').next().unwrap().parse().unwrap()));
    }
    found
}

#[test]
fn every_name_refers_to_a_definition_of_that_name() {
    let mut seen: BTreeMap<DefinitionKind, usize> = BTreeMap::new();
    for files in projects() {
        let project = load(&files);
        assert_eq!(said(&project), Vec::<String>::new());
        for module in &project.modules {
            let table = check::resolution(&project, module.id);
            for one in table.references() {
                let (name, definition) = (project.sources.text(one.span), project.sources.text(one.definition.span));
                assert!(!name.is_empty() && name == definition, "`{name}` refers to `{definition}`");
                assert_eq!(table.at(one.span.start), Some(one));
                assert_eq!(table.at(one.span.end), Some(one));
                if one.role == Role::Uses {
                    *seen.entry(one.definition.kind).or_default() += 1;
                }
            }
            for (name, start) in values(&project, module.source) {
                let found = table.at(start).is_some_and(|one| one.span.start == start);
                assert!(found || name == "env", "`{name}` at {start} of {:?} refers to nothing", module.origin);
            }
        }
    }
    for kind in [
        DefinitionKind::Value,
        DefinitionKind::Capture,
        DefinitionKind::Parameter,
        DefinitionKind::Loop,
        DefinitionKind::Channel,
        DefinitionKind::Mark,
        DefinitionKind::Flow,
        DefinitionKind::Shape,
        DefinitionKind::Credential,
        DefinitionKind::Module,
        DefinitionKind::Environment,
        DefinitionKind::EnvValue,
        DefinitionKind::Service,
    ] {
        assert!(seen.contains_key(&kind), "no use of a {kind:?}: {seen:?}");
    }
}

/// Whether renaming it is a matter of the specs alone: a module's own name is its file's, and the demo system's values have names of theirs.
fn can_be_renamed(project: &Project, definition: Definition) -> bool {
    let name = project.sources.text(definition.span);
    match definition.kind {
        DefinitionKind::Module => {
            let text = &project.sources.get(definition.file()).unwrap().text;
            text[..definition.span.start as usize].trim_end().ends_with(" as")
        }
        DefinitionKind::EnvValue => !e2e_dsl::project::DEMO_VALUES.iter().any(|(demo, _)| *demo == name),
        _ => true,
    }
}

fn renamed(project: &Project, tables: &[Resolution], names: &HashMap<Definition, String>) -> Vec<(String, String)> {
    let mut edits: BTreeMap<(SourceId, u32), (u32, String)> = BTreeMap::new();
    for one in tables.iter().flat_map(Resolution::references) {
        let Some(name) = names.get(&one.definition) else { continue };
        let old = project.sources.text(one.span);
        let new = if one.is_field { format!("{old}: {name}") } else { name.clone() };
        edits.insert((one.span.source, one.span.start), (one.span.end, new));
    }
    let is_own = |name: &str| !name.starts_with('<');
    let files = project.sources.iter().filter(|file| is_own(&file.name));
    files
        .map(|file| {
            let mut text = file.text.to_string();
            for ((source, start), (end, new)) in edits.iter().rev() {
                if *source == file.id {
                    text.replace_range(*start as usize..*end as usize, new);
                }
            }
            (file.name.clone(), text)
        })
        .collect()
}

#[test]
fn what_is_renamed_means_the_same() {
    let mut count = 0;
    for files in projects() {
        let project = load(&files);
        let tables = check::resolutions(&project);
        let mut all = HashMap::new();
        for table in &tables {
            let own: Vec<Definition> = table.definitions().filter(|one| can_be_renamed(&project, *one)).collect();
            let is_own_file =
                own.first().is_some_and(|one| !project.sources.get(one.file()).unwrap().name.starts_with('<'));
            if !is_own_file {
                continue;
            }
            let mut names = HashMap::new();
            for definition in own {
                count += 1;
                let name = match definition.kind {
                    DefinitionKind::Shape => format!("Renamed{count}"),
                    // What begins with `_` need not be used.
                    _ if project.sources.text(definition.span).starts_with('_') => format!("_renamed_{count}"),
                    _ => format!("renamed_{count}"),
                };
                names.insert(definition, name);
            }
            let changed = renamed(&project, &tables, &names);
            assert_eq!(said(&load(&changed)), said(&project), "{:?}", names.values());
            all.extend(names);
        }
        let changed = renamed(&project, &tables, &all);
        assert_ne!(changed, files);
        assert_eq!(said(&load(&changed)), said(&project));
    }
    assert!(count > 300, "only {count} names");
}

/// What a spec with warnings of names says stays the same too, but for the names.
#[test]
fn what_is_never_used_is_what_the_table_has_no_use_of() {
    let spec = r#"import std.health
environment e { api = "http://127.0.0.1:1" }
suite "S" {
  before each { let of_hook = uuid(); let unused_hook = 1 }
  test "t" {
    let used = of_hook
    let not_used = 1
    GET {{env.api}}/{{used}} { capture again = $.a; expect status 200 }
    GET {{env.api}}/ { capture again = $.b; expect $.x == { again }; expect status 200 }
    parallel { let a = 1; let b = 2 }
    GET {{env.api}}/{{a}} { expect status 200 }
  }
  test "u" { let of_hook = 2; GET {{env.api}}/{{of_hook}} { expect status 200 } }
}
flow never(p) { GET {{env.api}}/ { expect status 200 } }
"#;
    let project = from_memory(&[("spec.e2e", spec)]);
    let table = check::resolution(&project, project.roots[0]);
    let used = |definition: Definition| table.of(definition).any(|one| one.role == Role::Uses);
    let unused: Vec<&str> = table
        .definitions()
        .filter(|one| one.kind != DefinitionKind::Environment && !used(*one))
        .map(|one| project.sources.text(one.span))
        .collect();
    assert_eq!(unused, ["health", "unused_hook", "not_used", "b", "never", "p"]);
    let warned: Vec<&str> = check::diagnose(&project)
        .iter()
        .filter(|one| {
            ["unused_name", "unused_import", "unused_declaration"].iter().any(|code| one.code.name.ends_with(code))
        })
        .map(|one| project.sources.text(one.span).trim_start_matches("std."))
        .collect();
    assert_eq!(warned, unused);
    let again = table.definitions().find(|one| project.sources.text(one.span) == "again").unwrap();
    let roles: Vec<(Role, bool)> = table.of(again).map(|one| (one.role, one.is_field)).collect();
    assert_eq!(roles, [(Role::Gives, false), (Role::Gives, false), (Role::Uses, true)]);
}
