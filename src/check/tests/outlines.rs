//! Whatever is wrong in a project, its outlines lead to the same diagnostics as its whole trees, and so does a load after changes with a cache.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::check::{listed, resolution, resolutions};
use crate::diag::codes;
use crate::plan::{Environment, compile};
use crate::project::{Cache, Files, Module, Options, Project, load, load_again};

pub const FILES: [(&str, &str); 4] = [
    (
        "environments.e2e",
        "environment demo default {\n  api = \"https://api.example.com\"\n  service backend { probe GET {{env.api}}/health }\n}\nenvironment staging {\n  api = \"https://staging.example.com\"\n  token = secret(\"TOKEN\")\n}\n",
    ),
    (
        "shared.e2e",
        "## A thread.\nshape Thread {\n  id: uuid\n  title?: string\n}\nflow thread(title: string) -> uuid {\n  POST {{env.api}}/threads {\n    json { title }\n    expect status 201\n    capture id = $.id\n  }\n  return id\n}\nflow unused_one() { GET {{env.api}}/ { expect status 200 } }\nsuite \"Shared\" {\n  tags shared\n  test \"makes a thread\" {\n    let id = thread(\"x\")\n    expect id is uuid\n  }\n}\n",
    ),
    (
        "main.e2e",
        "import \"shared.e2e\" as shared\nimport \"shared.e2e\" (Thread)\nimport std.http (healthy)\ncredential api = shared.thread(\"c\")\nsuite \"Main\" {\n  priority P1\n  needs backend\n  runs on demo, staging\n  before each {\n    let now_ = 1\n  }\n  test \"reads a thread\" {\n    let id = shared.thread(title: \"a\")\n    GET {{env.api}}/threads/{{id}} {\n      bearer env.token\n      expect status 200\n      expect $ is Thread\n      expect $.title matches /^a/\n      expect $.items[?@.id == id].name exists\n    }\n    websocket chat {{env.api}} { events by $.type }\n    expect on chat event \"a\" within 5s\n    call shared.unused_one()\n  }\n}\nload \"L\" {\n  stages {\n    ramp to 3 users over 1s\n    hold 1s\n  }\n  data [{ id: 1 }, { id: 2 }, { id: 3 }] next as row\n  think 1s\n  stop within 2s\n  before each user { let key = shared.thread(\"k\") }\n  scenario \"s\" weight 2 {\n    tags reading\n    GET {{env.api}}/{{row.id}} { bearer key; expect status 200 }\n    websocket chat {{env.api}} { events by $.type }\n    expect on chat event \"a\" within 5s\n  }\n  scenario \"t\" { GET {{env.api}}/ { expect status 200 } }\n  threshold p95(time of \"reading\") < 1s over last 1s abort after 1s\n  threshold success of connect chat > 9%\n  threshold max(time to event \"a\") < 1s\n  threshold errors of 5xx < 3\n  threshold p99(time of \"POST /threads\") < 1s\n}\nload \"M\" {\n  arrivals using at most 5 users {\n    5/s for 1s\n    ramp to 9/s over 1s\n  }\n  scenario { GET {{env.api}}/ { expect status 200 } }\n  threshold dropped arrivals == 0\n}\n",
    ),
    (
        "release.e2e",
        "plan release on staging {\n  require env token\n  phase \"One\" {\n    run tags shared\n    run priority P1\n    gate success > 90%\n  }\n  phase \"Two\" { run suites \"Main\", \"Shared\" }\n  phase \"Load\" { run load \"L\" }\n}\nsuite \"Late\" {\n  test \"t\" { GET {{env.api}}/ { expect status 200 } }\n}\n",
    ),
];

/// One change of the tokens of a file.
#[derive(Clone, Debug)]
enum Change {
    Delete(usize),
    Swap(usize, usize),
    Copy(usize, usize),
    Insert(usize, &'static str),
}

fn change() -> impl Strategy<Value = (usize, Change)> {
    let words = vec![
        "{",
        "}",
        "\"",
        "(",
        "suite ",
        "flw x() {}\n",
        "tset ",
        "##",
        "; ",
        "thread ",
        "backend ",
        "token ",
        "Thread ",
        "expct ",
        "demo ",
        "\n",
        "let threadId = 1\n",
        "let thread_id = threadId\n",
        "{{threadId}}",
        "capture threadId = $.id\n",
        "flow newThread() { wait 1s }\n",
        "newThread",
        "ramp to 5 users over 1s\n",
        "threshold errors of \"reading\" < 1\n",
        "users 5 hold 1s\n",
    ];
    let change = prop_oneof![
        any::<usize>().prop_map(Change::Delete),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::Swap(a, b)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::Copy(a, b)),
        (any::<usize>(), prop::sample::select(words)).prop_map(|(at, word)| Change::Insert(at, word)),
    ];
    (0..FILES.len(), change)
}

/// Words, and everything else character by character.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if c.is_alphanumeric() && last.ends_with(char::is_alphanumeric) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}

fn apply(tokens: &mut Vec<String>, change: &Change) {
    let len = tokens.len().max(1);
    if tokens.is_empty() {
        return;
    }
    match change {
        Change::Delete(at) => drop(tokens.remove(at % len)),
        Change::Swap(a, b) => tokens.swap(a % len, b % len),
        Change::Copy(from, to) => {
            let copy = tokens[from % len].clone();
            tokens.insert(to % len, copy);
        }
        Change::Insert(at, word) => tokens.insert(at % len, (*word).to_owned()),
    }
}

fn found(files: &[(PathBuf, Vec<u8>)], paths: &[&str], outlines: bool) -> Vec<String> {
    let options = Options { outlines, paths: paths.iter().map(PathBuf::from).collect(), ..Options::default() };
    let project = load(&Files::memory(files.to_vec()), &options);
    listed(&project).iter().map(|one| format!("{one:?}")).collect()
}

/// The plan, or why there is none, as text.
fn plan(files: &[(PathBuf, Vec<u8>)], outlines: bool) -> String {
    let project = load(&Files::memory(files.to_vec()), &Options { outlines, ..Options::default() });
    let plan = compile(&project, Environment::default(), None).map(|mut plan| {
        // Sets are in no order.
        let metas = plan.suites.iter_mut().flat_map(|suite| {
            std::iter::once(&mut suite.meta).chain(suite.tests.iter_mut().map(|test| &mut test.meta))
        });
        let words: Vec<_> = metas
            .map(|meta| [&mut meta.tags, &mut meta.needs].map(|words| std::mem::take(words).to_strings()))
            .collect();
        (words, plan)
    });
    format!("{plan:?}")
}

/// What a load with a cache finds, and how many of its files were parsed for it.
fn found_again(files: &[(PathBuf, Vec<u8>)], cache: &mut Cache, before: &mut Option<Project>) -> (Vec<String>, usize) {
    let project = load_again(&Files::memory(files.to_vec()), &Options::default(), cache);
    let is_kept = |module: &Module| {
        let same = before.iter().flat_map(|before| &before.modules).find(|known| known.origin == module.origin);
        same.is_some_and(|same| Arc::ptr_eq(&same.ast, &module.ast))
    };
    let parsed = project.modules.iter().filter(|module| !is_kept(module)).count();
    let found = listed(&project).iter().map(|one| format!("{one:?}")).collect();
    *before = Some(project);
    (found, parsed)
}

#[test]
fn only_what_has_changed_is_parsed_again() {
    let mut files: Vec<_> = FILES.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())).collect();
    let (mut cache, mut before) = (Cache::default(), None);
    // The module of the standard library as well.
    assert_eq!(found_again(&files, &mut cache, &mut before).1, FILES.len() + 1);
    assert_eq!(found_again(&files, &mut cache, &mut before).1, 0);
    files[2].1.extend(b"# A comment.\n");
    assert_eq!(found_again(&files, &mut cache, &mut before).1, 1);
    // A file before all others: they have other numbers.
    files.push((PathBuf::from("a.e2e"), b"flow f() { wait 1s }\n".to_vec()));
    assert_eq!(found_again(&files, &mut cache, &mut before).1, FILES.len() + 2);
}

/// In another style, in files of which there are outlines and in others.
const STYLES: [(&str, &str); 4] = [
    ("environments.e2e", "environment demo default {\n  api = \"https://api.example.com\"\n}\n"),
    (
        "flows.e2e",
        "flow newThread() {\n  POST {{env.api}}/ {\n    expect status 201\n    capture threadId = $.id\n  }\n  return threadId\n}\nflow ownThread(userId) { call newThread(); GET {{env.api}}/{{userId}} { expect status 200 } }\n",
    ),
    (
        "main.e2e",
        "import \"flows.e2e\" (newThread)\nflow onlyHere() { GET {{env.api}}/ { expect status 200 } }\nsuite \"S\" {\n  test \"t\" {\n    let threadId = newThread()\n    call onlyHere()\n    POST {{env.api}}/{{threadId}} { json { threadId }; expect status 200 }\n    let firstName = 1\n    GET {{env.api}}/{{firstName}} { expect status 200 }\n  }\n}\n",
    ),
    (
        "other.e2e",
        "suite \"O\" {\n  test \"t\" {\n    let first_name = 1\n    let lastName = 2\n    GET {{env.api}}/{{first_name}}/{{lastName}} { expect status 200 }\n  }\n}\n",
    ),
];

#[test]
fn what_outlines_leave_out_is_renamed_too() {
    let files: Vec<_> = STYLES.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())).collect();
    assert_eq!(found(&files, &[], true), found(&files, &[], false));
    let project = load(&Files::memory(files), &Options { outlines: true, ..Options::default() });
    let fixes: Vec<(&str, usize)> = listed(&project)
        .iter()
        .filter(|one| *one.code == codes::NAME_STYLE)
        .map(|one| (project.sources.text(one.span), one.fix.as_ref().map_or(0, |fix| fix.edits().len())))
        .collect();
    // How many places are rewritten: none where another file names it, or a name is taken already.
    assert_eq!(
        fixes,
        [
            ("newThread", 0),
            ("threadId", 2),
            ("ownThread", 1),
            ("userId", 2),
            ("onlyHere", 2),
            ("threadId", 0),
            ("firstName", 0),
            ("lastName", 2),
        ]
    );
}

#[test]
fn a_plan_of_outlines_is_that_of_whole_trees() {
    let text = FILES[2].1;
    // More files than have their trees at a time.
    let many = (0..100).map(|n| (PathBuf::from(format!("many{n}.e2e")), text.replace("Main", &format!("Main {n}"))));
    let files: Vec<_> =
        FILES.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned())).chain(many).collect();
    let files: Vec<_> = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let planned = plan(&files, true);
    assert!(planned.starts_with("Ok(") && planned.contains("Main 99"), "{}", &planned[..200]);
    assert_eq!(planned, plan(&files, false));
}

#[test]
fn names_refer_to_the_same_where_there_are_outlines() {
    let files: Vec<_> = FILES.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())).collect();
    let [outlined, whole] =
        [true, false].map(|outlines| load(&Files::memory(files.clone()), &Options { outlines, ..Options::default() }));
    assert!(outlined.modules.iter().any(|module| module.ast.is_outline));
    for (module, all) in whole.modules.iter().zip(resolutions(&outlined)) {
        let table = resolution(&whole, module.id);
        assert!(!table.references().is_empty());
        assert_eq!(resolution(&outlined, module.id).references(), table.references());
        assert_eq!(all.references(), table.references());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(7_919), ..ProptestConfig::default() })]

    #[test]
    fn outlines_lead_to_the_same_diagnostics(changes in prop::collection::vec(change(), 0..7), all in any::<bool>()) {
        let mut texts: Vec<Vec<String>> = FILES.iter().map(|(_, text)| tokens(text)).collect();
        for (file, change) in &changes {
            apply(&mut texts[*file], change);
        }
        let files: Vec<_> =
            FILES.iter().zip(&texts).map(|((name, _), text)| (PathBuf::from(name), text.concat().into_bytes())).collect();
        let paths: &[&str] = if all { &[] } else { &["main.e2e", "release.e2e"] };
        prop_assert_eq!(found(&files, paths, true), found(&files, paths, false), "{:?}", texts.iter().map(|text| text.concat()).collect::<Vec<_>>());
        prop_assert_eq!(plan(&files, true), plan(&files, false));
    }

    #[test]
    fn a_load_with_a_cache_finds_what_a_fresh_one_finds(changes in prop::collection::vec(change(), 1..9)) {
        let mut texts: Vec<Vec<String>> = FILES.iter().map(|(_, text)| tokens(text)).collect();
        let (mut cache, mut before) = (Cache::default(), None);
        for (file, change) in &changes {
            apply(&mut texts[*file], change);
            let texts = texts.iter().map(|text| text.concat().into_bytes());
            let files: Vec<_> = FILES.iter().map(|(name, _)| PathBuf::from(name)).zip(texts).collect();
            prop_assert_eq!(found_again(&files, &mut cache, &mut before).0, found(&files, &[], false));
        }
    }
}
