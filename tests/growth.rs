//! Output that a file controls is bounded: problems are capped and counted, and the cap is said. How the time for it grows is measured by
//! `benches/scaling.rs`.

use std::fmt::Write as _;

use e2e_dsl::check;
use e2e_dsl::diag::MAX_PER_FILE;
use e2e_dsl::project::from_memory;

use super::harness::Test;

const ENVIRONMENT: &str = "environment local { api = \"http://127.0.0.1:1\" }\n";
const REQUEST: &str = "    GET {{env.api}}/ { expect status 200 }\n";

/// `n` of something that is wrong, or expensive to check.
fn hostile(what: &str, n: usize) -> String {
    let repeated = |each: &dyn Fn(usize) -> String| (0..n).map(each).collect::<String>();
    let test = |body: &str| format!("{ENVIRONMENT}suite \"s\" {{\n  test \"t\" {{\n{body}{REQUEST}  }}\n}}\n");
    match what {
        "suites" => format!("{ENVIRONMENT}{}", repeated(&|_| "suite \"a\" {}\n".to_owned())),
        "tests" => {
            format!("{ENVIRONMENT}suite \"s\" {{\n{}}}\n", repeated(&|_| format!("  test \"t\" {{\n{REQUEST}  }}\n")))
        }
        "unknown names" => test(&format!(
            "{}{}",
            repeated(&|at| format!("    let known{at} = {at}\n")),
            repeated(&|at| format!("    GET {{{{env.api}}}}/{{{{knwn{at}}}}} {{ expect status 200 }}\n"))
        )),
        "unknown names on one line" => test(&(repeated(&|at| format!("let a{at} = b{at}; ")) + "\n")),
        "unknown flows" => format!(
            "{}{}",
            repeated(&|at| format!("flow flow{at}() {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}\n")),
            test(&repeated(&|at| format!("    call flw{at}()\n")))
        ),
        "unknown tags" => {
            let tests = repeated(&|at| format!("  test \"t{at}\" {{\n    tags tag{at}\n{REQUEST}  }}\n"));
            let tags: Vec<String> = (0..n).map(|at| format!("tga{at}")).collect();
            let tags = tags.join(", ");
            format!("{ENVIRONMENT}suite \"s\" {{\n{tests}}}\nplan p {{\n  phase \"x\" {{ run tags {tags} }}\n}}\n")
        }
        "unused flows" => format!(
            "{}{}",
            repeated(&|at| format!("flow flow{at}() {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}\n")),
            test("")
        ),
        "broken statements and names" => {
            test(&repeated(&|at| format!("    expct status 200\n    let a{at} = b{at}\n")))
        }
        _ => unreachable!("{what}"),
    }
}

#[test]
fn problems_are_capped_whatever_a_file_repeats() {
    let mut faults = String::new();
    for what in [
        "suites",
        "tests",
        "unknown names",
        "unknown names on one line",
        "unknown flows",
        "unknown tags",
        "unused flows",
        "broken statements and names",
    ] {
        let project = from_memory(&[("a.e2e", &hostile(what, 2 * MAX_PER_FILE))]);
        let found = check::diagnose(&project);
        let said = found.iter().any(|one| one.code.name == "e2e::syntax::too_many_problems");
        // Syntax, names and the whole each have their cap.
        if found.len() > 3 * MAX_PER_FILE + 3 || !said {
            let _ = writeln!(faults, "{what}: {} problems, the cap is said: {said}", found.len());
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn a_file_of_nothing_but_empty_suites_is_refused_in_words() {
    let spec = hostile("suites", 36_000);
    let done = Test::new().file("a.e2e", &spec).args(["check", "a.e2e"]).code(2);
    done.err("… and at least 35,499 more problems in this file");
}
