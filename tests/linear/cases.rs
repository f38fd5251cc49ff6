//! What is repeated, and checked at two sizes.

use super::{Case, Files, REQUEST, each, environments, joined, one, suite, test, tests};

pub const CASES: &[Case] = &[
    Case {
        name: "names of a hook, and tests",
        size: 700,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            one(suite(&format!("before each {{\n{names}}}\n{}", tests(n, "wait 1s\n"))))
        },
    },
    Case {
        name: "names that decide whether a test is skipped, and tests",
        size: 500,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            one(suite(&format!("before each {{\n{names}}}\n{}", tests(n, "skip when a0 == 1 because \"x\"\n"))))
        },
    },
    Case {
        name: "names, and branches that name more",
        size: 300,
        files: |n| {
            let names = each(n, |at| format!("let a{at} = {at}\n"));
            let branches = each(n, |at| format!("let b{at} = a{at}\n"));
            one(test(&format!("{names}parallel {{\n{branches}}}\n")))
        },
    },
    Case {
        name: "branches that name nothing",
        size: 800,
        files: |n| one(test(&format!("parallel {{\n{}}}\n", "wait 1s\n".repeat(n)))),
    },
    Case {
        name: "names, and blocks of branches",
        size: 200,
        files: |n| {
            let blocks = each(n, |at| format!("let a{at} = 1\nparallel {{ wait 1s; let b{at} = a{at} }}\n"));
            one(test(&blocks))
        },
    },
    Case {
        name: "fields of a row, and rows with a field of their own",
        size: 500,
        files: |n| {
            let rows = joined(n, ",", |at| format!("{{a{at}: 1}}"));
            one(test(&format!("let x = [{rows}]\nexpect x[0].a1 == 1\n")))
        },
    },
    Case {
        name: "fields of an object that are looked up",
        size: 500,
        files: |n| {
            let fields = joined(n, ",", |at| format!("a{at}: {at}"));
            one(test(&format!("let x = {{{fields}}}\n{}", each(n, |at| format!("expect x.a{at} == {at}\n")))))
        },
    },
    Case {
        name: "values that hold the one before twice, compared",
        // Both sizes are beyond the largest value that is known before a run.
        size: 32,
        files: |n| {
            let nested =
                each(n, |at| format!("let x{0} = {{a: x{at}, b: x{at}}}\nlet y{0} = {{a: y{at}, b: y{at}}}\n", at + 1));
            let first = "let x0 = {a: uuid()}\nlet y0 = {a: uuid()}\n";
            // Long enough to be measured.
            let rest = "let z = 1\nexpect z == 1\n".repeat(30 * n);
            one(test(&format!("{first}{nested}let both = [x{n}, y{n}]\nexpect both has length 2\n{rest}")))
        },
    },
    Case {
        name: "lists and texts that grow by every line",
        size: 1_500,
        files: |n| {
            let grown = each(n, |at| {
                format!("let l{0} = l{at} + [1]\nlet t{0} = t{at} + \"aaaaaaaaaaaaaaaaaaaaaaaa\"\n", at + 1)
            });
            one(test(&format!("let l0 = [1]\nlet t0 = \"a\"\n{grown}expect l{n} has length t{n}\n")))
        },
    },
    Case {
        name: "shapes that hold each other",
        size: 100,
        files: |n| {
            let shape = |own: usize, other: usize| {
                format!("shape S{own} {{\n{}}}\n", each(n, |at| format!("a{at}: S{other}\n")))
            };
            one(shape(0, 1) + &shape(1, 0) + &test("GET http://127.0.0.1:1/ { expect $ is S0 }\n"))
        },
    },
    Case {
        name: "a shape, and calls of a flow that gives it",
        size: 300,
        files: |n| {
            let shape = format!("shape S {{\n{}}}\n", each(n, |at| format!("a{at}: string\n")));
            let flow = "flow f() -> S { GET http://127.0.0.1:1/ { expect status 200; capture x = $ }; return x }\n";
            one(format!("{shape}{flow}{}", test(&each(n, |at| format!("let r{at} = f()\n")))))
        },
    },
    Case {
        name: "environments, and suites that run on them",
        size: 400,
        files: |n| {
            let request = "GET {{env.api}}/ { expect status 200 }\n";
            let suites = each(n, |at| format!("suite \"s{at}\" {{ test \"t\" {{ {request} }} }}\n"));
            let named = joined(n, ", ", |at| format!("e{at}"));
            let all = format!("suite \"all\" {{ runs on {named}\n{}}}\n", tests(n, request));
            one(environments(n) + &suites + &all)
        },
    },
    Case {
        name: "environments, and flows that read what some of them have",
        size: 300,
        files: |n| {
            let lacking = "environment lacking { other = 1 }\n";
            let flows = each(n, |at| match at + 1 < n {
                true => format!("flow f{at}() {{ call f{}() }}\n", at + 1),
                false => format!("flow f{at}() {{ GET {{{{env.api}}}}/ {{ expect status 200 }} }}\n"),
            });
            let named = joined(n, ", ", |at| format!("e{at}"));
            let suite = format!("suite \"s\" {{ runs on {named}\ntest \"t\" {{\ncall f0()\n}}\n}}\n");
            one(environments(n) + lacking + &flows + &suite)
        },
    },
    Case {
        name: "services that depend on each other",
        size: 400,
        files: |n| {
            let services = each(n, |at| format!("service s{at} {{ depends on s{}, s0 }}\n", (at + 1) % n));
            one(format!("environment e {{ api = \"http://h\"\n{services}}}\n{}", test("")))
        },
    },
    Case {
        name: "flows that call each other",
        size: 400,
        files: |n| {
            let flows = each(n, |at| format!("flow f{at}() {{ call f{}(); call f0() }}\n", (at + 1) % n));
            one(flows + &test("call f0()\n"))
        },
    },
    Case {
        name: "flows, and what is called of a module that isn't there",
        size: 500,
        files: |n| {
            let imports = each(n, |at| format!("import \"nope{at}.e2e\" as m{at}\n"));
            one(imports + &test(&each(n, |at| format!("call m{at}.x()\n"))))
        },
    },
    Case {
        name: "declarations of one name",
        size: 500,
        files: |n| one(format!("flow f() {{ {REQUEST} }}\n").repeat(n) + &test("call f()\n")),
    },
    Case {
        name: "expectations, captures and parts of a request",
        size: 400,
        files: |n| {
            let parts =
                each(n, |at| format!("expect $.a{at} == {at}\ncapture b{at} = $.b\nheader X-A{at}: \"{at}\"\n"));
            let used = each(n, |at| format!("expect b{at} == 1\n"));
            one(test(&format!("GET http://127.0.0.1:1/ {{\nexpect status 200\n{parts}}}\n{used}")))
        },
    },
    Case {
        name: "channels, and patterns of events",
        size: 300,
        files: |n| {
            let open = each(n, |at| format!("websocket c{at} ws://127.0.0.1:1/\n"));
            let expected = each(n, |at| format!("expect on c{at} event \"x\" within 5s\n"));
            let events = each(n, |at| format!("event \"e{at}\"\n"));
            one(test(&format!("{open}{expected}expect on c0 in order within 5m {{\n{events}}}\n")))
        },
    },
    Case {
        name: "tags and phases",
        size: 400,
        files: |n| {
            let tests = each(n, |at| format!("test \"t{at}\" {{\ntags g{at}\n{REQUEST}}}\n"));
            let phases = each(n, |at| format!("phase \"p{at}\" {{ run tags g{at} }}\n"));
            one(format!("{}plan p {{\n{phases}}}\n", suite(&tests)))
        },
    },
    Case { name: "broken statements", size: 1_000, files: |n| one(test(&"expct status 200\n".repeat(n))) },
    Case {
        name: "mistakes on one line",
        size: 1_000,
        files: |n| one(test(&(each(n, |at| format!("let a{at} = b{at}; ")) + "\n"))),
    },
    Case {
        name: "a long text, list and sum",
        size: 1_000,
        files: |n| {
            let list = joined(n, ",\n", |at| at.to_string());
            let text = "{{v}} ".repeat(n.min(1_000));
            one(test(
                &format!("let v = 1\nlet l = [{list}]\nlet t = \"{text}\"\nexpect l == [v]\nexpect t == \"a\"\n")
                    .repeat(2),
            ))
        },
    },
    Case {
        name: "files that name flows of one file",
        size: 200,
        files: |n| {
            let import = |at: usize| format!("import \"common.e2e\" (f{at})\n{}", test(&format!("call f{at}()\n")));
            let mut files: Files = (0..n).map(|at| (format!("f{at}.e2e"), import(at))).collect();
            files.push(("common.e2e".to_owned(), each(n, |at| format!("flow f{at}() {{ {REQUEST} }}\n"))));
            files
        },
    },
    Case {
        name: "files that import each other",
        size: 200,
        files: |n| {
            let import =
                |at: usize| format!("import \"f{}.e2e\" as g\nimport \"f0.e2e\" as h\n{}", (at + 1) % n, test(""));
            (0..n).map(|at| (format!("f{at}.e2e"), import(at))).collect()
        },
    },
    Case {
        name: "files that import what isn't there",
        size: 200,
        files: |n| {
            // No name that is there is as long as this one, so that none is compared with it in full.
            let import = |at: usize| format!("import \"such-a-long-name-has-no-file-{at}.e2e\" as g\n");
            (0..n).map(|at| (format!("f{at}.e2e"), import(at) + &test("call g.x()\n"))).collect()
        },
    },
    Case {
        name: "files with environments and declarations that nothing uses",
        size: 200,
        files: |n| {
            let text = |at: usize| {
                let request = "GET {{env.api}}/ { expect status 200 }\n";
                format!(
                    "environment e{at} {{ api = \"http://h\" }}\nflow f() {{ {REQUEST} }}\nflow f() {{ {REQUEST} }}\n{}",
                    test(&format!("{request}expct status 200\n"))
                )
            };
            (0..n).map(|at| (format!("f{at}.e2e"), text(at))).collect()
        },
    },
];
