//! Nothing proves nothing: quantifiers and claims of absence over data that is missing, of another type, empty, of one and of many.

use std::fmt::Write as _;

use super::harness::Test;
use super::scripted::Scripted;

/// The bodies, by the letter's place in the table: no `items`, null, a scalar, an empty list, an empty object, one, many, no JSON.
const SHAPES: [(&str, &str); 8] = [
    ("missing", r#"{"other":[1]}"#),
    ("null", r#"{"items":null}"#),
    ("scalar", r#"{"items":5}"#),
    ("empty", r#"{"items":[]}"#),
    ("object", r#"{"items":{}}"#),
    ("one", r#"{"items":[{"id":1}]}"#),
    ("many", r#"{"items":[{"id":1},{"id":2}]}"#),
    ("text", "items"),
];

/// `P` passes, `F` doesn't, `W` passes on weak evidence.
const TABLE: [(&str, &str); 71] = [
    // A path that looks into each of several.
    ("$.items[*].id exists", "FFFFFPPF"),
    ("$.items[*].id each > 0", "FFFFFPPF"),
    ("$.items[*].id some == 1", "FFFFFPPF"),
    ("$.items[*].id none == 9", "FFFFFPPF"),
    ("$.items[*].id none == 1", "FFFFFFFF"),
    ("$.items[*].id not some == 9", "FFFFFPPF"),
    ("$.items[*].id not each == 9", "FFFFFPPF"),
    ("$.items[*].id not none == 1", "FFFFFPPF"),
    ("$.items[*].id is unique", "FFFFFWPF"),
    ("$.items[*].id is not unique", "FFFFFFFF"),
    ("$.items[*] is sorted by $.id", "FFFFFWPF"),
    ("$.items[*] is sorted by $.id descending", "FFFFFWFF"),
    ("$.items[*].id is empty", "FFFWWFFF"),
    ("$.items[*].id has length 0", "FFFWWFFF"),
    ("$.items[*].id == []", "FFFWWFFF"),
    ("$.items[*].id equals []", "FFFWWFFF"),
    ("$.items[*].id matches []", "FFFWWFFF"),
    ("$.items[*].id not exists", "FFFWWFFF"),
    ("$.items[*].id not contains 9", "FFFWWPPF"),
    ("$.items[*].id != [9]", "FFFWWPPF"),
    ("$.items[*].id not == [9]", "FFFWWPPF"),
    ("$.items[*].id not in [[9]]", "FFFWWPPF"),
    ("$.items[*].id not matches [9]", "FFFWWPPF"),
    ("$.items[*].id is [number]", "FFFWWPPF"),
    ("$.items[*].id is array", "FFFWWWWF"),
    ("$.items[*].id matches any array", "FFFWWWWF"),
    ("$.items[*].id none > 100", "FFFFFPPF"),
    // Of another type than what is asked about: it can't be said, or it says nothing.
    ("$.items[*].id none == \"x\"", "FFFFFWWF"),
    ("$.items[*].id none contains \"x\"", "FFFFFFFF"),
    ("$.items[*].id none > \"b\"", "FFFFFFFF"),
    ("$.items[*].id not some > \"b\"", "FFFFFFFF"),
    ("$.items[*].id not each > \"b\"", "FFFFFFFF"),
    ("$.items[*].id none in 5..9", "FFFFFPPF"),
    ("$.items[*].id none in [\"a\"]", "FFFFFWWF"),
    // A path to all elements: that there are none is just what it says.
    ("$.items[*] is empty", "FFFPPFFF"),
    ("$.items[*] has length 0", "FFFPPFFF"),
    ("$.items[*] == []", "FFFPPFFF"),
    ("$.items[*] not exists", "FFFPPFFF"),
    ("$.items[*] each is object", "FFFFFPPF"),
    ("$.items[?@.id == 9] is empty", "FFFWWPPF"),
    ("$.items[?@.id == 9] not exists", "FFFWWPPF"),
    ("$.items[?@.idd == 9] is empty", "FFFWWWWF"),
    ("$.items[?@.idd == 9].id not exists", "FFFWWWWF"),
    ("$.items[?@.idd == 9 || @.id == 9] is empty", "FFFWWWWF"),
    ("$.items[7:] is empty", "FFFWWPPF"),
    ("$..id is empty", "PPPPPFFF"),
    // A path to one value.
    ("$.items is empty", "FFFPPFFF"),
    ("$.items has length 0", "FFFPPFFF"),
    ("$.items == []", "FFFPFFFF"),
    ("$.items not exists", "PFFFFFFF"),
    ("$.items none == 9", "FFFFFWWF"),
    ("$.items is unique", "FFFFFWPF"),
    ("$.items not contains 9", "FFFWFWWF"),
    ("$.items not contains { id: 9 }", "FFFWFPPF"),
    ("$.items not contains { nr: 9 }", "FFFWFWWF"),
    ("$.items not contains { id: 9, nr: 9 }", "FFFWFWWF"),
    ("$.items not contains \"x\"", "FFFWWWWF"),
    ("$.items[*].id not contains \"x\"", "FFFWWWWF"),
    ("$.items != 6s", "FWWWWWWF"),
    ("$.items != 9", "FWPWWWWF"),
    ("$.items != null", "FFPPPPPF"),
    ("$.items not in []", "FWWWWWWF"),
    ("$.items not in 7..9", "FFPFFFFF"),
    ("$.items not matches { id: 9 }", "FWWWWWWF"),
    ("$.items matches any", "FWWWWWWF"),
    ("$.items is any", "FWWWWWWF"),
    ("$.items matches {}", "FFFFWFFF"),
    ("$.items[0].id not exists", "WWWWWFFF"),
    ("$.items[0] not exists", "WWWPWFFF"),
    ("$.items.deep.id not exists", "WWWWWWWF"),
    ("$.items not is null", "FFPPPPPF"),
];

#[test]
fn every_claim_over_every_shape_of_data_has_its_verdict() {
    let mut server = String::new();
    for (name, body) in SHAPES {
        let _ = writeln!(server, "GET /{name} 200\n  {body}");
    }
    let cases = TABLE.iter().flat_map(|(claim, verdicts)| {
        assert_eq!(verdicts.len(), SHAPES.len(), "{claim}");
        SHAPES.iter().zip(verdicts.chars()).map(move |((shape, _), verdict)| (*claim, *shape, verdict))
    });
    let cases: Vec<(&str, &str, char)> = cases.collect();
    let tests = cases.iter().enumerate().map(|(index, (claim, shape, _))| {
        format!("  test \"{index}\" {{ GET {{{{env.api}}}}/{shape} {{ expect status 200; expect {claim} }} }}\n")
    });
    let found = verdicts(&server, &tests.collect::<String>());
    assert_eq!(found.len(), cases.len());
    let mut wrong = String::new();
    for ((claim, shape, verdict), found) in cases.iter().zip(found) {
        if found != *verdict {
            let _ = writeln!(wrong, "{claim} of {shape}: {found}, not {verdict}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What came of each test, in their order.
fn verdicts(server: &str, tests: &str) -> Vec<char> {
    let server = Scripted::start(server);
    let spec = format!("environment local default {{ api = variable(\"API\") }}\n\nsuite \"S\" {{\n{tests}}}\n");
    let done = Test::new()
        .file("a.e2e", &spec)
        .variable("API", &format!("http://{}", server.addresses[0]))
        .args(["run", "a.e2e", "--report", "json=r.json"])
        .run();
    assert!(done.path("r.json").exists(), "{}{}", done.out, done.err);
    let report: serde_json::Value = serde_json::from_str(&done.read("r.json")).unwrap();
    let verdict = |test: &serde_json::Value| {
        let steps = test["steps"].as_array().unwrap().iter();
        let mut expectations = steps.flat_map(|step| step["expectations"].as_array().unwrap());
        match test["outcome"].as_str().unwrap() {
            "passed" if expectations.any(|one| one["weak"].is_object()) => 'W',
            "passed" => 'P',
            "failed" => 'F',
            _ => '?',
        }
    };
    report["tests"].as_array().unwrap().iter().map(verdict).collect()
}

/// A list that was captured is as good as the path that it came from.
#[test]
fn what_was_captured_of_nothing_proves_nothing_either() {
    let mut server = String::new();
    for (name, body) in SHAPES {
        let _ = writeln!(server, "GET /{name} 200\n  {body}");
    }
    let table = [
        ("ids is empty", "FFFPPFFF"),
        ("length(ids) == 0", "FFFPPFFF"),
        ("ids none == 9", "FFFFFPPF"),
        ("ids each > 0", "FFFFFPPF"),
        ("ids is unique", "FFFFFWPF"),
        ("1 not in ids", "FFFWWFFF"),
        ("ids not contains 9", "FFFWWPPF"),
    ];
    let (mut tests, mut expected) = (String::new(), String::new());
    for (claim, verdicts) in table {
        expected.push_str(verdicts);
        for (shape, _) in SHAPES {
            let _ = writeln!(
                tests,
                "  test \"{}\" {{ GET {{{{env.api}}}}/{shape} {{ expect status 200; capture ids = $.items[*].id }}; expect {claim} }}",
                tests.lines().count()
            );
        }
    }
    assert_eq!(verdicts(&server, &tests).into_iter().collect::<String>(), expected);
}

/// A document must be one, and have an element, before a path that finds nothing says anything.
#[test]
fn markup_must_be_there_before_nothing_is_found_in_it() {
    let server = "GET /empty 200 | Content-Type: text/html\nGET /words 200 | Content-Type: text/html\n  Internal error\n\
        GET /comment 200 | Content-Type: text/html\n  <!-- <p> -->\nGET /page 200 | Content-Type: text/html\n  <p>x</p>\n\
        GET /broken 200 | Content-Type: application/xml\n  <a>\nGET /feed 200 | Content-Type: application/xml\n  <a/>\n\
        GET /json 200 | Content-Type: application/json\n  {}\n";
    let pages = ["empty", "words", "comment", "page", "broken", "feed", "json"];
    let mut tests = String::new();
    let mut expected = String::new();
    for (claim, verdicts) in [
        ("css \"h1\" not exists", "FFFPFPF"),
        ("css \"h1\" is empty", "FFFPFPF"),
        ("css \"h1\" none == \"x\"", "FFFFFFF"),
        ("xpath \"//h1\" not exists", "FFFPFPF"),
        ("xpath \"//h1\" has length 0", "FFFPFPF"),
        ("xpath \"count(//h1)\" == 0", "FFFPFPF"),
        ("xpath \"//h1\" not contains \"x\"", "FFFWFWF"),
    ] {
        expected.push_str(verdicts);
        for page in pages {
            let _ = writeln!(
                tests,
                "  test \"{}\" {{ GET {{{{env.api}}}}/{page} {{ expect status 200; expect {claim} }} }}",
                tests.lines().count()
            );
        }
    }
    assert_eq!(verdicts(server, &tests).into_iter().collect::<String>(), expected);
}

/// Headers are always there to be looked through; one that is missing is no list to say anything of.
#[test]
fn headers_and_cookies_that_are_missing_are_judged_alike() {
    let server = "GET /with 200 | Vary: Origin | Set-Cookie: sid=y; Path=/ | Set-Cookie: sid=x; Path=/ | X-Empty:\n  {}\nGET /without 200\n  {}\n";
    let table = [
        ("headers Vary each == \"Origin\"", "PF"),
        ("headers Vary none == \"Cookie\"", "PF"),
        ("headers Vary is unique", "WF"),
        ("headers Vary is empty", "FP"),
        ("headers Vary not exists", "FP"),
        ("headers Vary not contains \"Cookie\"", "PW"),
        ("header Vary not contains \"Cookie\"", "PF"),
        ("header Vary != \"Cookie\"", "PF"),
        ("header Vary not matches /Cookie/", "PF"),
        ("header Vary not exists", "FP"),
        ("cookie sid not exists", "FP"),
        ("cookie sid.domain not exists", "PW"),
        // It is set twice: the last one counts.
        ("cookie sid != \"y\"", "PF"),
        ("cookie sid == \"x\"", "PF"),
        ("header X-Empty not contains \"x\"", "WF"),
        ("header X-Empty not matches /x/", "WF"),
        ("redirects none == \"http://a/\"", "FF"),
        ("redirects is empty", "PP"),
    ];
    let (mut tests, mut expected) = (String::new(), String::new());
    for (claim, verdicts) in table {
        expected.push_str(verdicts);
        for page in ["with", "without"] {
            let _ = writeln!(
                tests,
                "  test \"{}\" {{ GET {{{{env.api}}}}/{page} {{ expect status 200; expect {claim} }} }}",
                tests.lines().count()
            );
        }
    }
    assert_eq!(verdicts(server, &tests).into_iter().collect::<String>(), expected);
}

/// A body without a character lacks whatever is looked for in it.
#[test]
fn what_a_text_lacks_says_nothing_where_there_is_no_text() {
    let server =
        "GET /with 200 | Content-Type: text/plain\n  all is well\nGET /without 200 | Content-Type: text/plain\n";
    let claims = ["body not contains \"error\"", "body not matches /error/", "body text not contains \"error\""];
    let pages = claims.iter().flat_map(|claim| ["with", "without"].map(|page| (page, claim)));
    let tests = pages.enumerate().map(|(index, (page, claim))| {
        format!("  test \"{index}\" {{ GET {{{{env.api}}}}/{page} {{ expect status 200; expect {claim} }} }}\n")
    });
    assert_eq!(verdicts(server, &tests.collect::<String>()).into_iter().collect::<String>(), "PWPWPW");
}

/// By its characters, `never` would come after every time.
#[test]
fn what_is_no_time_is_neither_before_nor_after_one() {
    let texts = ["2020-01-01T00:00:00Z", "2020-01-01", "never", "31 Dec 2020", "2020-02-30", ""];
    let server: String =
        texts.iter().enumerate().map(|(at, text)| format!("GET /{at} 200\n  {{\"at\":\"{text}\"}}\n")).collect();
    let (mut tests, mut expected) = (String::new(), String::new());
    for (claim, verdicts) in [
        ("$.at < now()", "PPFFFF"),
        ("$.at > now()", "FFFFFF"),
        ("$.at not < now()", "FFFFFF"),
        ("$.at not > now()", "PPFFFF"),
        ("$.at >= \"2020-01-01T00:00:00Z\"", "PFFFFF"),
        ("$.at < \"b\"", "FPFPPP"),
    ] {
        expected.push_str(verdicts);
        for at in 0..texts.len() {
            let number = tests.lines().count();
            let _ = writeln!(
                tests,
                "  test \"{number}\" {{ GET {{{{env.api}}}}/{at} {{ expect status 200; expect {claim} }} }}"
            );
        }
    }
    assert_eq!(verdicts(&server, &tests).into_iter().collect::<String>(), expected);
}

/// The `format` of a schema is asserted; one that isn't known, and what only describes, asks nothing.
#[test]
fn a_text_has_the_format_that_a_schema_names() {
    const DRAFT_7: &str = "\"$schema\":\"http://json-schema.org/draft-07/schema#\",";
    let cases = [
        ("$.mail", "{\"format\":\"email\"}".to_owned(), 'P'),
        ("$.name", "{\"format\":\"email\"}".to_owned(), 'F'),
        ("$.name", "{\"type\":\"string\",\"format\":\"date-time\"}".to_owned(), 'F'),
        ("$", "{\"properties\":{\"name\":{\"format\":\"uuid\"}}}".to_owned(), 'F'),
        ("$.name", "{\"format\":\"uuidd\"}".to_owned(), 'W'),
        ("$.name", format!("{{{DRAFT_7}\"format\":\"uuid\"}}"), 'W'),
        ("$.name", format!("{{{DRAFT_7}\"format\":\"ipv4\"}}"), 'F'),
        ("$.name", "{\"contentEncoding\":\"base64\"}".to_owned(), 'W'),
        ("$.name", format!("{{{DRAFT_7}\"contentEncoding\":\"base64\"}}"), 'F'),
    ];
    let server = Scripted::start("GET / 200\n  {\"mail\":\"ada@example.com\",\"name\":\"ada!\"}\n");
    for (index, (subject, schema, verdict)) in cases.iter().enumerate() {
        let spec = format!(
            "suite \"S\" {{ test \"t\" {{ GET http://{}/ {{ expect {subject} matches schema file \"s.json\" }} }} }}\n",
            server.addresses[0]
        );
        let test = Test::new().file("a.e2e", &spec).file("s.json", schema);
        let done = test.args(["run", "a.e2e"]).code(i32::from(*verdict == 'F'));
        assert_eq!(done.out.contains("weak evidence"), *verdict == 'W', "{index}: {}", done.out);
    }
}
