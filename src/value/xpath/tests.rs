use proptest::prelude::*;

use super::*;

/// `<shop>` with a comment, an instruction, a prefix, and nested elements of one name.
fn shop() -> Document {
    let mut d = Document::new();
    d.instruction("style", "a=1");
    d.open("shop");
    d.attribute("name", "Corner");
    d.text(" ");
    d.open("item");
    d.attribute("id", "1");
    d.attribute("xml:lang", "en");
    d.open("title");
    d.text("Red ");
    d.open("b");
    d.text("bike");
    d.close();
    d.close();
    d.open("price");
    d.text(" 12.50 ");
    d.close();
    d.close();
    d.comment("sold out below");
    d.open("item");
    d.attribute("id", "2");
    d.open("title");
    d.text("Blue  car");
    d.close();
    d.open("price");
    d.text("7");
    d.close();
    d.open("item");
    d.attribute("id", "3");
    d.open("title");
    d.text("Wheel");
    d.close();
    d.close();
    d.close();
    d.open("g:note");
    d.text("x");
    d.close();
    d.close();
    d
}

fn found(path: &str) -> XPathResult {
    XPath::compile(path).unwrap_or_else(|error| panic!("{path}: {error:?}")).evaluate(&shop()).unwrap()
}

#[test]
fn location_paths_select_nodes_in_document_order_once() {
    let cases: &[(&str, &[&str])] = &[
        // Section 2.5, abbreviated syntax.
        ("/shop/item/@id", &["1", "2"]),
        ("//item/@id", &["1", "2", "3"]),
        ("shop/item[1]/title", &["Red bike"]),
        ("item", &[]),
        ("//item/.//title", &["Red bike", "Blue  car", "Wheel"]),
        ("//b/../../@id", &["1"]),
        ("//title/./text()", &["Red ", "Blue  car", "Wheel"]),
        ("//item[@id=3]/../@id", &["2"]),
        ("//@*", &["Corner", "1", "en", "2", "3"]),
        ("/shop/*/@id", &["1", "2"]),
        ("/", &[" Red bike 12.50 Blue  car7Wheelx"]),
        // `//para[1]` is each first one of a parent, `(//para)[1]` the first of all (the note of section 2.5).
        ("//item[1]/@id", &["1", "3"]),
        ("(//item)[1]/@id", &["1"]),
        ("(//item)[last()]/@id", &["3"]),
        ("//item[2]/@id", &["2"]),
        // Section 2.2, axes; positions on the reverse ones count from the nearest.
        ("//b/ancestor::*[1]", &["Red bike"]),
        ("//b/ancestor::item/@id", &["1"]),
        ("//b/ancestor-or-self::*[3]/@id", &["1"]),
        ("//item[@id='1']/following-sibling::item/@id", &["2"]),
        ("//item[@id='3']/preceding-sibling::*[1]", &["7"]),
        ("//item[@id='3']/preceding-sibling::*", &["Blue  car", "7"]),
        ("//item[@id='2']/descendant::title", &["Blue  car", "Wheel"]),
        ("//title[self::title][2]", &[]),
        ("//b/parent::title", &["Red bike"]),
        ("//b/parent::price", &[]),
        ("//price[1]/following::price", &["7"]),
        ("//item[@id='3']/preceding::price[1]", &["7"]),
        ("//item[@id='3']/preceding::title", &["Red bike", "Blue  car"]),
        ("//@id/following-sibling::node()", &[]),
        ("//@id/..//b", &["bike"]),
        ("/descendant-or-self::node()/child::b", &["bike"]),
        ("/shop/attribute::name", &["Corner"]),
        // Section 2.3, node tests. A name is as written, prefix and all.
        ("//comment()", &["sold out below"]),
        ("/processing-instruction()", &["a=1"]),
        ("/processing-instruction('style')", &["a=1"]),
        ("/processing-instruction('x')", &[]),
        ("/shop/node()[2]/@id", &["1"]),
        ("/shop/text()", &[" "]),
        ("//g:note", &["x"]),
        ("//g:*", &["x"]),
        ("//note", &[]),
        ("//@xml:lang", &["en"]),
        ("//@lang", &[]),
        // Section 2.4, predicates: each filters what the one before it left.
        ("//item[title='Wheel']/@id", &["3"]),
        ("//item[price>10]/@id", &["1"]),
        ("//item[price < 10 and @id]/@id", &["2"]),
        ("//item[@id=1 or title='Wheel']/@id", &["1", "3"]),
        ("//item[not(price)]/@id", &["3"]),
        ("//*[@id][2]/@id", &["2"]),
        ("//*[2][@id]/@id", &["2"]),
        ("//item[position()=2]/@id", &["2"]),
        ("/shop/*[last()]", &["x"]),
        ("/shop/*[last()-1]/@id", &["2"]),
        ("//item[.//b]/@id", &["1"]),
        ("//title[contains(., 'car')]", &["Blue  car"]),
        ("//item[starts-with(title, 'Red')]/@id", &["1"]),
        ("//title[normalize-space()='Blue car']", &["Blue  car"]),
        ("//*[name()='g:note']", &["x"]),
        ("//*[local-name()='note']", &["x"]),
        ("//title[string-length(text()) = 5]", &["Wheel"]),
        ("//item[@id!=1][1]/@id", &["2", "3"]),
        ("//item[count(*)=2]/@id", &["1"]),
        ("//item[price = //item[2]/price]/@id", &["2"]),
        // Section 3.3, node sets: a union is in document order.
        ("//b | //item[1]/@id", &["1", "bike", "3"]),
        ("//g:note | //b | //b", &["bike", "x"]),
        ("(//b | //g:note)/..//b", &["bike"]),
        ("(/shop/item)[2]/item//title", &["Wheel"]),
        // Section 3.7: names of operators are names where an operand is due.
        ("//div | //mod | //or", &[]),
        (" / shop [ 1 ] / @ name ", &["Corner"]),
    ];
    for (path, expected) in cases {
        let expected = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(found(path), XPathResult::Nodes(expected), "{path}");
    }
}

#[test]
fn expressions_give_texts_numbers_and_booleans() {
    let texts = [
        // Section 4.2, with its own examples.
        ("string(//title)", "Red bike"),
        ("string(//zzz)", ""),
        ("string(1 div 0)", "Infinity"),
        ("string(-1 div 0)", "-Infinity"),
        ("string(0 div 0)", "NaN"),
        ("string(-0)", "0"),
        ("string(1.50)", "1.5"),
        ("string(true())", "true"),
        ("concat('a', 1, //b)", "a1bike"),
        ("substring-before('1999/04/01', '/')", "1999"),
        ("substring-after('1999/04/01', '/')", "04/01"),
        ("substring-after('1999/04/01', '19')", "99/04/01"),
        ("substring-before('a', 'b')", ""),
        ("substring('12345', 2, 3)", "234"),
        ("substring('12345', 2)", "2345"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0, 3)", "12"),
        ("substring('12345', 0 div 0, 3)", ""),
        ("substring('12345', 1, 0 div 0)", ""),
        ("substring('12345', -42, 1 div 0)", "12345"),
        ("substring('12345', -1 div 0, 1 div 0)", ""),
        ("substring('äöü', 2, 1)", "ö"),
        ("normalize-space('  a \n b ')", "a b"),
        ("translate('bar', 'abc', 'ABC')", "BAr"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("name(//g:note)", "g:note"),
        ("local-name(//@xml:lang)", "lang"),
        ("name(/)", ""),
        ("'it is \"so\"'", "it is \"so\""),
    ];
    for (path, expected) in texts {
        assert_eq!(found(path), XPathResult::Text(expected.to_owned()), "{path}");
    }
    let numbers = [
        ("count(//item)", 3.0),
        ("sum(//price)", 19.5),
        ("number(//price)", 12.5),
        ("string-length('äb')", 2.0),
        // Section 3.5.
        ("5 mod 2", 1.0),
        ("5 mod -2", 1.0),
        ("-5 mod 2", -1.0),
        ("1.5 mod 0.5", 0.0),
        ("1 + 2 * 3 - 4 div 2", 5.0),
        ("10 - 2 - 3", 5.0),
        ("--3", 3.0),
        ("(1 + 2) * 3", 9.0),
        // A `*` behind an operand multiplies (section 3.7).
        ("count(//*) * 2", 22.0),
        ("//price * 2", 25.0),
        // Section 4.4.
        ("floor(-1.5)", -2.0),
        ("ceiling(-1.5)", -1.0),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -2.0),
        ("number(true())", 1.0),
        (".5 + 5.", 5.5),
        ("last() + position()", 2.0),
    ];
    for (path, expected) in numbers {
        assert_eq!(found(path), XPathResult::Number(expected), "{path}");
    }
    for path in ["number('1e3')", "number('+1')", "number('')", "number('a')", "number('1.2.3')", "number('-')"] {
        let XPathResult::Number(number) = found(path) else { panic!("{path}") };
        assert!(number.is_nan(), "{path}");
    }
}

#[test]
fn comparisons_ask_whether_one_node_holds() {
    let cases = [
        // Section 3.4: both hold, each by another node; with no node neither does.
        ("//price = 7", true),
        ("//price != 7", true),
        ("//zzz = //zzz", false),
        ("//zzz != 1", false),
        ("not(//price = 8)", true),
        ("//price < 8", true),
        ("8 > //price", true),
        ("//price >= 13", false),
        ("//item/@id = //item/@id", true),
        ("//b = true()", true),
        ("//zzz = false()", true),
        ("//zzz = ''", false),
        ("1 = '1'", true),
        ("'1.0' = '1'", false),
        ("'1.0' = 1", true),
        ("'a' < 'b'", false),
        ("true() = 'false'", true),
        ("0 div 0 = 0 div 0", false),
        ("0 div 0 != 0 div 0", true),
        ("3 > 2 > 1", false),
        ("3 > 2 = true()", true),
        ("boolean(//b)", true),
        ("boolean('')", false),
        ("boolean(0)", false),
        ("boolean(0 div 0)", false),
        ("true() or false() and false()", true),
        ("false() and true() or true()", true),
    ];
    for (path, expected) in cases {
        assert_eq!(found(path), XPathResult::Bool(expected), "{path}");
    }
}

#[test]
fn the_type_of_a_result_is_known_beforehand() {
    let cases = [
        ("//a", Kind::Nodes),
        ("(//a | //b)[1]", Kind::Nodes),
        ("string(//a)", Kind::Text),
        ("'a'", Kind::Text),
        ("count(//a) + 1", Kind::Number),
        ("-//a", Kind::Number),
        ("//a = 1", Kind::Bool),
        ("//a or //b", Kind::Bool),
    ];
    for (path, kind) in cases {
        assert_eq!(XPath::compile(path).unwrap().kind(), kind, "{path}");
    }
}

#[test]
fn faults_are_placed() {
    let cases = [
        ("", "", "this path is empty"),
        ("//a[", "[", "the path ends too early"),
        ("//a]", "]", "the path goes wrong at `]`"),
        ("//é[@]", "]", "the path goes wrong at `]`"),
        ("//a[@b=='c']", "==", "XPath compares with `=`, not with `==`"),
        ("//a && //b", "&&", "`&&` is written `and` in XPath"),
        ("//a[b || c]", "||", "`||` is written `or` in XPath"),
        ("//a[@b='c]", "'c]", "the closing `'` is missing"),
        ("//a[0]", "0", "no node has this position: they are counted 1, 2, 3 …, and the last is `last()`"),
        ("//a[-1]", "-1", "no node has this position: they are counted 1, 2, 3 …, and the last is `last()`"),
        ("//a[contain(., 'x')]", "contain", "XPath 1.0 has no function `contain()`"),
        ("//a[id('x')]", "id", "`id()` isn't supported"),
        ("//a/parents::b", "parents", "there is no axis `parents`"),
        ("//a[$b]", "$", "a path has no variables here"),
        ("count('a')", "'a'", "`count()` takes a node set, and this is a text"),
        ("//a | 'b'", "'b'", "`|` joins node sets, and this is a text"),
        ("1 | //a", "1", "`|` joins node sets, and this is a number"),
        ("'a'/b", "'a'", "a predicate or a step follows a node set, and this is a text"),
        ("contains('a')", "contains('a')", "`contains()` takes 2 arguments"),
        ("//a/b()", "b", "`b()` is no step of a path"),
        ("//a/string()", "string", "`string()` is no step of a path"),
        ("//a b", "b", "the path goes wrong at `b`"),
        ("//p:", ":", "the path ends too early"),
        ("///a", "/", "the path goes wrong at `/`"),
    ];
    for (path, place, message) in cases {
        let error = XPath::compile(path).unwrap_err();
        assert_eq!((&path[error.start..error.end], error.message.as_str()), (place, message), "{path}");
    }
}

#[test]
fn hostile_paths_end() {
    for (open, close) in [("(", ")"), ("a[", "]"), ("not(", ")"), ("string(", ")")] {
        let path = |depth: usize| format!("{}a{}", open.repeat(depth), close.repeat(depth));
        assert!(XPath::compile(&path(63)).is_ok(), "{open}");
        let error = XPath::compile(&path(64)).unwrap_err();
        assert_eq!(error.message, "this path nests too deeply", "{open}");
    }
    for part in ["-", "1+", "a or ", "a|", "//", "a/"] {
        let path = format!("{}a", part.repeat(4000 / part.len()));
        if let Ok(path) = XPath::compile(&path) {
            assert!(path.evaluate(&shop()).is_ok());
        }
    }
    assert_eq!(XPath::compile(&"a".repeat(5000)).unwrap_err().message, "this path is longer than 4 KiB");
}

#[test]
fn work_is_bounded() {
    let mut document = Document::new();
    document.open("r");
    for _ in 0..3000 {
        document.open("a");
        document.close();
    }
    document.close();
    let path = XPath::compile("//a[count(//a[count(//a[count(//a) = 1]) = 1]) = 1]").unwrap();
    assert_eq!(path.evaluate(&document), Err(TooMuchWork));
}

const WORDS: [&str; 36] = [
    "/",
    "//",
    "a",
    "item",
    "@",
    "id",
    "*",
    "[",
    "]",
    "(",
    ")",
    "::",
    "ancestor",
    "preceding",
    "and",
    "or",
    "div",
    "-",
    "1",
    ".5",
    "'x'",
    "\"",
    "'",
    "=",
    "!=",
    "<",
    "|",
    ",",
    "..",
    ".",
    "é",
    "p:",
    "count(",
    "text()",
    "substring(",
    " ",
];

proptest! {
    #[test]
    fn any_text_is_a_path_or_a_fault_inside_it(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..24),
        at in any::<prop::sample::Index>(),
        stray in any::<char>(),
    ) {
        let mut text = words.concat();
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
        for mutated in [false, true] {
            if mutated {
                text.insert(*at.get(&places), stray);
            }
            match XPath::compile(&text) {
                Ok(path) => prop_assert!(path.evaluate(&shop()).is_ok()),
                Err(error) => prop_assert!(text.get(error.start..error.end).is_some(), "{error:?}"),
            }
        }
    }

    #[test]
    fn paths_with_a_character_changed_never_panic(
        path in prop::sample::select(vec![
            "//item[@id='1' and not(price > 10)]/ancestor::*[last()]/@name",
            "(//title | //b)[position() mod 2 = 1]/text()",
            "substring(concat(name(//g:*), normalize-space(//price)), 2, 3)",
        ]),
        at in any::<prop::sample::Index>(),
        stray in any::<Option<char>>(),
    ) {
        let mut text: Vec<char> = path.chars().collect();
        let at = at.index(text.len());
        match stray {
            Some(stray) => text[at] = stray,
            None => drop(text.remove(at)),
        }
        let text: String = text.into_iter().collect();
        match XPath::compile(&text) {
            Ok(path) => prop_assert!(path.evaluate(&shop()).is_ok()),
            Err(error) => prop_assert!(text.get(error.start..error.end).is_some(), "{error:?}"),
        }
    }
}
