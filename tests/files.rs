//! Files that never end, are no files, or can't be read: each is refused in words, in bounded time and memory.
#![cfg(unix)]

use std::process::Command;
use std::time::{Duration, Instant};

use super::harness::Test;

const SPEC: &str = "suite \"S\" { test \"t\" { GET http://127.0.0.1:1/ { expect status 200 } } }\n";

/// The kinds of files that something is read from, by name.
const KINDS: [&str; 6] = ["zero", "pipe", "folder", "sparse", "missing", "loop"];

/// Makes a file of a kind; one that is a device is a link to it.
fn make(test: &Test, kind: &str, name: &str) {
    let path = test.path(name);
    match kind {
        "zero" => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        "pipe" => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        "folder" => std::fs::create_dir(path).unwrap(),
        "sparse" => std::fs::File::create(path).unwrap().set_len(1 << 30).unwrap(),
        "loop" => std::os::unix::fs::symlink(&path, &path).unwrap(),
        _ => {}
    }
}

/// The reason that is expected for a file of a kind, in what may say it.
fn reasons(kind: &str) -> &'static [&'static str] {
    match kind {
        "zero" => &["larger than", "no file and no folder", "outside the project", "isn't a file", "there is no file"],
        "pipe" => &["did not come to its end", "no file and no folder", "isn't a file", "there is no file"],
        "folder" => &[
            "there is no file",
            "is a folder",
            "isn't a file",
            "holds no `.e2e` file",
            "doesn't exist",
            "Is a directory",
        ],
        "sparse" => &["larger than"],
        "missing" => &["No such file", "doesn't exist", "there is no file"],
        _ => &["symbolic links", "doesn't exist", "there is no file"],
    }
}

#[test]
fn whatever_is_read_has_an_end() {
    let fixture = |word: &str| {
        format!("suite \"S\" {{ test \"t\" {{ POST http://127.0.0.1:1/ {{ {word}; expect status 200 }} }} }}\n")
    };
    let by_flag: [&[&str]; 12] = [
        &["run", "a.e2e", "--env-file", "X"],
        &["list", "a.e2e", "--env-file", "X"],
        &["run", "a.e2e", "--cacert", "X"],
        &["run", "a.e2e", "--rerun-failed=X"],
        &["run", "a.e2e", "--resume=X"],
        &["report", "X"],
        &["report", "--from-journal", "X"],
        &["report", "merge", "X"],
        &["report", "compare", "X", "X"],
        &["run", "X.e2e"],
        &["check", "X.e2e"],
        &["check", "import.e2e"],
    ];
    let by_spec = [
        fixture("body file \"X\""),
        fixture("json file \"X.json\""),
        fixture("multipart { a: file \"X\" }"),
        "suite \"S\" { test \"t\" { GET http://127.0.0.1:1/ { expect $ matches schema file \"X.json\" } } }\n".to_owned(),
        "suite \"S\" { test \"t\" for each row in file \"X.csv\" { GET http://127.0.0.1:1/{{row.a}} { expect status 200 } } }\n".to_owned(),
    ];
    let mut rows: Vec<(String, Vec<String>, &str)> = Vec::new();
    for kind in KINDS {
        for args in by_flag {
            rows.push((SPEC.to_owned(), args.iter().map(|arg| (*arg).to_owned()).collect(), kind));
        }
        for spec in &by_spec {
            rows.push((spec.clone(), vec!["run".to_owned(), "a.e2e".to_owned()], kind));
        }
    }
    // They wait, and hardly compute: all at once.
    std::thread::scope(|scope| {
        for (spec, args, kind) in &rows {
            scope.spawn(move || {
                let test = Test::new()
                    .variable("COLUMNS", "300")
                    .file("a.e2e", spec)
                    .file("import.e2e", &format!("import \"X.e2e\" as x\n{SPEC}"))
                    .args(args.iter().map(String::as_str));
                for name in ["X", "X.e2e", "X.json", "X.csv"] {
                    make(&test, kind, name);
                }
                let started = Instant::now();
                let done = test.run();
                let words = format!("{kind} {args:?} {spec}\n{}{}", done.out, done.err);
                assert_eq!(done.code, Some(2), "{words}");
                assert!(reasons(kind).iter().any(|reason| done.err.contains(reason)), "{words}");
                // A pipe is waited for ten seconds, and many processes share two cores.
                assert!(started.elapsed() < Duration::from_secs(60), "{words}");
            });
        }
    });
}

/// What is beside a spec is read too.
#[test]
fn a_large_configuration_is_refused_and_a_pipe_among_specs_is_passed_over_in_words() {
    for name in ["e2e.toml", "environments.e2e"] {
        let test = Test::new().file("a.e2e", SPEC).args(["run", "a.e2e"]);
        make(&test, "sparse", name);
        test.code(2).err("larger than");
    }
    let test = Test::new().file("a.e2e", SPEC).args(["check", "."]);
    make(&test, "pipe", "b.e2e");
    test.code(2).err("can't be read");
}

#[test]
fn a_pipe_that_ends_is_read_like_a_file() {
    let spec = "environment local { api = variable(\"PEER_URL\") }\nsuite \"S\" { test \"t\" { GET {{env.api}}/ { expect status 200 } } }\n";
    let test = Test::new().file("a.e2e", spec).args(["list", "a.e2e", "--env-file", "vars"]);
    make(&test, "pipe", "vars");
    let path = test.path("vars");
    let writer = std::thread::spawn(move || std::fs::write(path, "PEER_URL=http://127.0.0.1:1\n"));
    test.code(0).out("1 test in 1 suite");
    writer.join().unwrap().unwrap();
}
