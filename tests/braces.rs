//! Braces in texts: only `{{` opens an interpolation, and `}}` alone closes nothing.

use e2e_dsl::check;
use e2e_dsl::project::from_memory;
use proptest::prelude::*;

use super::harness::Test;
use super::scripted::Scripted;

/// What `check` finds in a spec, one a line.
fn found(spec: &str) -> String {
    let project = from_memory(&[("a.e2e", spec)]);
    check::diagnose(&project).iter().map(|one| format!("{}: {}\n", one.code.name, one.message)).collect()
}

/// A spec in which a text is in every place that takes one, in every form of string that can hold it.
fn spec(inside: &str) -> String {
    let escaped = inside.replace('\\', "\\\\").replace('"', "\\\"");
    let mut strings = vec![
        format!("\"{escaped}\""),
        format!("\"\"\"{escaped} \"\"\""),
        format!("\"\"\"\n      {escaped}\n      \"\"\""),
    ];
    if !inside.contains('\'') {
        strings.push(format!("'{inside}'"));
        strings.push(format!("'''\n      {inside}\n      '''"));
    }
    let mut tests = String::new();
    for (at, string) in strings.iter().enumerate() {
        let one_line = !string.contains('\n');
        let of_one_line = one_line && !string.starts_with("\"\"\"");
        let key = if of_one_line { string.as_str() } else { "key" };
        // Titles differ.
        let name = if of_one_line {
            let (begun, quote) = string.split_at(string.len() - 1);
            format!("{begun}{at}{quote}")
        } else {
            format!("\"t{at}\"")
        };
        tests.push_str(&format!(
            "  test {name} {{\n    let text = {string}\n    POST {{{{env.api}}}}/x {{\n      json {{ of_a_name: text, {key}: {string}, \"nested\": {{ list: [{string}, {{ deep: {string} }}] }} }}\n      expect status 200\n      expect $.a == {string}\n      expect $.b contains {string}\n    }}\n    POST {{{{env.api}}}}/x {{ body {string}; expect status 200 }}\n    POST {{{{env.api}}}}/x {{ graphql {string}; expect status 200 }}\n    POST {{{{env.api}}}}/x {{ form {{ a: {string} }}; expect status 200 }}\n    GET {{{{env.api}}}}/x {{ header X-A: {string}; query a: {string}; expect status 200 }}\n  }}\n"
        ));
    }
    format!("environment local {{ api = \"http://127.0.0.1:1\" }}\nsuite \"S\" {{\n{tests}}}\n")
}

#[test]
fn what_braces_mean_nothing_is_accepted_in_every_form() {
    for inside in [
        "{items{id}}",
        "{a}}",
        "}}",
        "{ }} {",
        "query { thread(id: 1) { events { id } } }",
        "{\"a\":{\"b\":{}}}",
        "{x}}{y}}",
        "{name}}/{other}}",
        "a } b { c",
        "\\{x}}",
        "{f(a, b)[0]}}",
        "}{",
    ] {
        assert_eq!(found(&spec(inside)), "", "{inside}\n{}", spec(inside));
    }
    // What strict JSON is, is accepted as it is.
    let strict = r#"suite "S" { test "t" { POST http://127.0.0.1:1/ { json {"query":"{items{id}}","variables":{"{a}}":{"b":"}}"}}}; expect status 200 }}}"#;
    assert_eq!(found(strict), "");
    for url in [
        "GET http://127.0.0.1:1/x{ expect status 200 }",
        "GET http://127.0.0.1:1/{{env.a}}{expect status 200}",
        "GET \"http://127.0.0.1:1/{x}}\" {expect status 200}",
    ] {
        let spec = format!("environment local {{ a = \"x\" }}\nsuite \"S\" {{ test \"t\" {{ {url} }}}}\n");
        assert_eq!(found(&spec), "", "{spec}");
        let spec = format!("environment local {{ a = \"x\" }}\nsuite \"S\" {{ test \"t\" {{ {url}}}}}\n");
        assert_eq!(found(&spec), "", "{spec}");
    }
}

#[test]
fn an_interpolation_without_its_end_is_still_refused() {
    for inside in ["{{a", "{{a}", "x {{ y } z"] {
        let spec = format!(
            "suite \"S\" {{ test \"t\" {{ POST http://127.0.0.1:1/ {{ body \"{inside}\"; expect status 200 }} }} }}\n"
        );
        assert!(found(&spec).contains("e2e::syntax::unclosed_interpolation"), "{inside}: {}", found(&spec));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn texts_with_braces_are_accepted(inside in "[{}{}{}a-c_. :,()\"\\\\0-2\\[\\]/#;é-]{0,16}") {
        prop_assume!(!inside.contains("{{") && !inside.trim().is_empty());
        prop_assert_eq!(found(&spec(&inside)), "", "{}", spec(&inside));
    }
}

/// What is sent is what was written.
#[test]
fn braces_are_sent_as_they_are_written() {
    let server = Scripted::start("POST / 200 | Content-Type: application/json\n  {\"seen\": \"%body%\"}\n");
    let spec = format!(
        r#"suite "S" {{
  test "t" {{
    let id = "i"
    POST http://{0}/ {{ body "{{items{{id}}}} }}}}"; expect $.seen == '{{items{{id}}}} }}}}' }}
    POST http://{0}/ {{ body '{{a}}}}'; expect $.seen == "{{a}}}}" }}
    POST http://{0}/ {{ body "{{a{{{{id}}}}}}}}"; expect $.seen == "{{ai}}}}" }}
    POST http://{0}/ {{
      json {{"query":"{{items{{id}}}}","v":{{"w":{{}}}}}}
      expect $.seen == '{{"query":"{{items{{id}}}}","v":{{"w":{{}}}}}}'
    }}
    POST http://{0}/ {{
      graphql """{{items{{id}}}}"""
      expect $.seen == '{{"query":"{{items{{id}}}}"}}'
    }}
  }}
}}
"#,
        server.addresses[0]
    );
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0);
}
