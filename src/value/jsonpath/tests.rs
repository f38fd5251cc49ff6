use proptest::prelude::*;

use super::*;
use crate::value::test_json as json;

fn found(path: &str, value: &Json) -> Vec<Json> {
    JsonPath::compile(path).unwrap().select(value).into_iter().cloned().collect()
}

#[test]
fn the_public_compliance_suite_passes() {
    const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/jsonpath-cts.json");
    let Ok(text) = std::fs::read(SUITE) else {
        eprintln!("skipped: the JSONPath compliance test suite isn't at {SUITE}");
        return;
    };
    let suite = Json::read(&text).unwrap();
    let cases = suite.get("tests").and_then(Json::as_array).unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let text = |name: &str| case.get(name).and_then(Json::as_str).unwrap_or_default();
        let reported = format!("{}: {}", text("name"), text("selector"));
        match (JsonPath::compile(text("selector")), case.get("invalid_selector")) {
            (Ok(_), Some(_)) => wrong.push(format!("{reported}: accepted")),
            (Err(error), None) => wrong.push(format!("{reported}: refused, {}", error.message)),
            (Err(_), Some(_)) => {}
            (Ok(path), None) => {
                let document = case.get("document").unwrap();
                let located = path.find(document).unwrap();
                let nodes: Json = located.nodes().cloned().collect();
                let ways: Json = (0..located.len()).map(|index| normalized(&located.way(index).unwrap())).collect();
                let one = |single: &str, several: &str| -> Vec<Json> {
                    let several = case.get(several).and_then(Json::as_array).unwrap_or_default();
                    case.get(single).into_iter().chain(several).cloned().collect()
                };
                // Where several orders are right, the paths are in the same order as the results.
                let at = one("result", "results").iter().position(|result| *result == nodes);
                let paths = one("result_paths", "results_paths");
                if at.is_none() || !(paths.is_empty() || paths.contains(&ways)) {
                    wrong.push(format!("{reported}: {nodes} at {ways}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 703, "{}", cases.len());
}

/// A normalized path (RFC 9535, section 2.7).
fn normalized(way: &[PathStep]) -> String {
    let mut text = "$".to_owned();
    for step in way {
        match step {
            PathStep::Index(index) => text.push_str(&format!("[{index}]")),
            PathStep::Key(key) => {
                let quoted = Json::from(key.as_str()).to_string();
                let inner = quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
                text.push_str(&format!("['{inner}']"));
            }
        }
    }
    text
}

#[test]
fn names_are_worth_what_they_are_bound_to() {
    let value = json!({ "items": [{ "id": "b", "n": 2 }, { "id": 7, "n": null }], "k": { "x y": [1, 2] } });
    let found = |path: &str, values: Vec<Json>| {
        let path = JsonPath::with_names(path).unwrap();
        assert_eq!(path.names().len(), values.len());
        path.bind(values).select(&value).into_iter().cloned().collect::<Json>()
    };
    assert_eq!(found("$.items[?@.id == order.id].n", vec!["b".into()]), json!([2]));
    assert_eq!(found("$.items[?@.id == order_id].n", vec!["{{x}}".into()]), json!([]));
    assert_eq!(found("$.items[?id != @.id].id", vec![7.into()]), json!(["b"]));
    assert_eq!(found("$.items[?@.n == nothing].id", vec![Json::Null]), json!([7]));
    assert_eq!(found("$.items[?match(@.id, word)].n", vec!["[a-c]".into()]), json!([2]));
    assert_eq!(found("$.k[key][at]", vec!["x y".into(), Json::from(-1)]), json!([2]));
    assert_eq!(found("$.items[?@.n >= least && @.n <= most].id", vec![1.into(), "2.0".parse().unwrap()]), json!(["b"]));
    let path = JsonPath::with_names("$[?@ == a.b]").unwrap();
    assert_eq!(path.names()[0].segments, [("a".to_owned(), 8..9), ("b".to_owned(), 10..11)]);
    for path in ["$[?name]", "$[?@.a == name(1)]", "$[?length(@.*) == n]", "$[?!n == 1]"] {
        assert!(JsonPath::with_names(path).is_err(), "{path}");
    }
    let error = JsonPath::compile("$[?@.id == order.id]").unwrap_err();
    assert_eq!((error.start, error.end), (11, 19));
}

#[test]
fn texts_and_names_stay_what_they_are() {
    let value = json!({ "0": 1, "\u{a0}": 2, "é\u{3000}": 3, "a'b": 4, "\"\u{1f600}\n": 5, "x": "\\\u{e9}" });
    assert_eq!(found("$['0']", &value), [json!(1)]);
    assert_eq!(found("$['0', '1', '2']", &value), [json!(1)]);
    assert_eq!(found("$.\u{a0}", &value), [json!(2)]);
    assert_eq!(found("$..é\u{3000}", &value), [json!(3)]);
    assert_eq!(found("$[?$.é\u{3000} == @]", &value), [json!(3)]);
    assert_eq!(found("$['a\\'b']", &value), [json!(4)]);
    assert_eq!(found("$[\"\\\"\\ud83d\\uDE00\\n\"]", &value), [json!(5)]);
    assert_eq!(found("$[?@ == \"\\\\\\u00e9\"]", &value), [json!("\\é")]);
    assert_eq!(found("$[?@ == '0']", &value), Vec::<Json>::new());
}

#[test]
fn numbers_in_paths_are_exact() {
    let value = "[9007199254740992, 9007199254740993, 1e400, 0.1]".parse().unwrap();
    let text = |path: &str| found(path, &value).iter().map(Json::to_string).collect::<Vec<_>>();
    assert_eq!(text("$[?@ == 9007199254740993]"), ["9007199254740993"]);
    assert_eq!(text("$[?@ > 9007199254740992.5]"), ["9007199254740993", "1e400"]);
    assert_eq!(text("$[?@ == 10e399]"), ["1e400"]);
    assert_eq!(text("$[?@ == 0.10 || @ == 0.1000000000000000000001]"), ["0.1"]);
}

#[test]
fn what_occurs_twice_is_a_fault_once_it_is_read() {
    let value: Json = r#"{"a":1,"b":{"c":1,"c":{"d":2}},"a":3,"e":[{"f":1,"f":2},{"f":3}]}"#.parse().unwrap();
    let way = |path: &str| match JsonPath::compile(path).unwrap().find(&value) {
        Ok(found) => format!("{}", found.len()),
        Err(PathFault::Twice { way, first, second }) => format!("{} {first} {second}", path_text(&way)),
        Err(other) => format!("{other:?}"),
    };
    assert_eq!(way("$.a"), "$.a 1 3");
    assert_eq!(way("$.*"), "$.a 1 3");
    assert_eq!(way("$.b"), "1");
    assert_eq!(way("$.b.c.d"), "$.b.c 1 {\"d\":2}");
    assert_eq!(way("$..d"), "$.b.c 1 {\"d\":2}");
    assert_eq!(way("$..f"), "$.e[0].f 1 2");
    assert_eq!(way("$..g"), "0");
    assert_eq!(way("$.e[1].f"), "1");
    assert_eq!(way("$.e[?@.f == 3]"), "$.e[0].f 1 2");
    assert_eq!(way("$.e[?@.g == 3]"), "0");
    assert_eq!(way("$.e"), "1");
}

#[test]
fn faults_are_placed_and_misuses_refused() {
    let table = [
        ("$.a[", 3, 4),
        ("$.a[§]", 4, 6),
        ("a", 0, 1),
        ("$.a[?@.b = 1]", 9, 10),
        ("$[?match(@.a, '[')]", 14, 17),
        ("$[?match(@.a, '\\\\d+')]", 14, 20),
        ("$[?lenght(@.a) > 2]", 3, 9),
        ("$[?@.a == '\\ud800']", 11, 17),
        ("$[?@.long == 'some text' &&& @.b]", 27, 28),
        ("$[?@.long == 12345678 @.b]", 22, 23),
        ("$[?@.é == 'é' 7]", 16, 17),
        ("$[?@.a == 1 && @.b.* == 2]", 15, 20),
        ("$[?1 == @..b]", 8, 12),
        ("$[?@.a || length(@.b[1, 2]) > 2]", 17, 26),
        ("$[?@.a && count(@.b) ]", 10, 20),
        ("$[?count(value(@.a)) > 1]", 9, 19),
        ("$[?search(@.a, 'b') == true]", 3, 19),
        ("$[?length(match(@.a, 'b')) > 1]", 10, 25),
        ("$[?@.a == 1 || 'x']", 15, 18),
        ("$. a", 2, 3),
        ("$.a b", 4, 5),
        ("$.a 1", 4, 5),
        ("$[1 2]", 4, 5),
        ("$[- 1]", 3, 4),
        ("$.a ", 3, 4),
        ("$[?length (@.a) > 1]", 10, 11),
        ("$[?in(@.a, 'b')]", 3, 5),
        ("$[?length(@.a == 1) > 1]", 14, 15),
        ("$[?match(@.a)]", 12, 13),
    ];
    let mut wrong = Vec::new();
    for (path, start, end) in table {
        let error = JsonPath::compile(path).unwrap_err();
        if (error.start, error.end) != (start, end) {
            wrong.push(format!("{path}: {error:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for path in [
        "$[?count(@.*)]",
        "$[?length(@.a)]",
        "$[?value(@.a)]",
        "$[?count(1)>2]",
        "$[?length(@.*)<3]",
        "$[?@.*==1]",
        "$[?match(@.a, 'b')==true]",
        "$[?1]",
        "$[?@.a==01]",
        "$[01]",
        "$[-0]",
        "$[9007199254740992]",
    ] {
        assert!(JsonPath::compile(path).is_err(), "{path}");
    }
}

#[test]
fn hostile_paths_end() {
    for (open, close) in [("[", "]"), ("(", ")"), ("!", ""), ("[?(", ")]"), ("..", ""), ("length(", ")"), ("[?@", "]")]
    {
        let path = format!("$[?{}@.a{}]", open.repeat(500), close.repeat(500));
        assert!(JsonPath::compile(&path).is_err(), "{open}");
    }
    assert!(JsonPath::compile(&format!("$.{}", "a".repeat(5000))).is_err());
    // The deepest that are read.
    for (open, core, close, times) in [
        ("[?@", "", "]", 64),
        ("(", "@.a", ")", 63),
        ("length(value(@[?", "@", "]))>1", 2),
        ("match(value(@[?", "@", "]),'')", 2),
    ] {
        let inner = format!("{}{core}{}", open.repeat(times), close.repeat(times));
        let path = if open == "[?@" { format!("${inner}") } else { format!("$[?{inner}]") };
        let error = JsonPath::compile(&path).err();
        assert_eq!(error, None, "{path}");
        let path = path.replace('@', "@.a,");
        assert!(JsonPath::compile(&path).is_err(), "{path}");
    }
    let mut deep = "[]".to_owned();
    for _ in 0..100 {
        deep = format!("[{deep},1]");
    }
    let deep = deep.parse().unwrap();
    let path = JsonPath::compile(&format!("${}", "..*".repeat(12))).unwrap();
    assert_eq!(path.find(&deep).unwrap_err(), PathFault::TooMuchWork);
}

#[test]
fn nodes_know_where_they_are() {
    let value = json!({ "a": [1, { "x y": 1 }], "it's": [[0]] });
    let ways = |path: &str| {
        let path = JsonPath::compile(path).unwrap();
        let located = path.find(&value).unwrap();
        (0..located.len()).map(|index| path_text(&located.way(index).unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(ways("$..['x y']"), ["$.a[1]['x y']"]);
    assert_eq!(ways("$.a[*]"), ["$.a[0]", "$.a[1]"]);
    assert_eq!(ways("$.a[-1]"), ["$.a[1]"]);
    assert_eq!(ways("$[\"it's\"][?@[0] == 0]"), ["$['it\\'s'][0]"]);
    assert_eq!(ways("$"), ["$"]);
}

proptest! {
    #[test]
    fn any_text_is_a_path_or_a_fault_inside_it(text in "\\$[\\[\\]().?@'\"a-c0-2,:*&|!=<> \\\\u{{}}é-]{0,24}") {
        if let Err(error) = JsonPath::with_names(&text) {
            prop_assert!(error.start <= error.end && error.end <= text.len(), "{:?}", error);
            prop_assert!(text.get(error.start..error.end).is_some());
        }
    }
}
