use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> JsonNumber {
    text.parse().unwrap()
}

/// Any JSON text, spaced at random; members of an object have names of their own.
fn text() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        let space = prop_oneof![Just(""), Just(" "), Just("\r\n\t")];
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..6), space.clone())
                .prop_map(|(items, space)| format!("[{space}{}]", items.join(&format!("{space},{space}")))),
            (prop::collection::btree_map(any::<String>(), inner, 0..12), space).prop_map(|(members, space)| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, value)| format!("{}{space}:{value}", serde_json::to_string(&name).unwrap()))
                    .collect();
                format!("{{{}{space}}}", members.join(&format!("{space},")))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_valid_is_read_as_by_others_and_written_as_it_came(text in text()) {
        let read = Json::parse(&text).unwrap();
        let other: serde_json::Value = serde_json::from_str(&text).unwrap();
        // By their shortest texts, as numbers of 64 bits.
        prop_assert_eq!(rounded(&read), rounded(&Json::from(other)));
        let written = read.to_string();
        prop_assert_eq!(&Json::parse(&written).unwrap().to_string(), &written);
        prop_assert_eq!(Json::read(format!("\u{feff}{text}").as_bytes()).unwrap(), read);
    }

    /// A text with a byte changed: both readers agree on whether it is one, and ours places the fault inside.
    #[test]
    fn what_is_invalid_is_refused(text in text(), at: prop::sample::Index, byte in "[\\[\\]{}\",:0-9eE.+\\\\u \u{1}ax-]") {
        let mut changed = text.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte.as_bytes()[0];
        let ours = Json::read(&changed);
        // The other reader knows no halves of surrogate pairs, and no numbers that are too large for it.
        match serde_json::from_slice::<serde_json::Value>(&changed) {
            Ok(_) => prop_assert!(ours.is_ok(), "{:?} {:?}", text, ours),
            Err(error) if error.to_string().contains("surrogate") || error.to_string().contains("out of range") => {}
            Err(error) if error.to_string().contains("unexpected end of hex escape") => {}
            Err(_) => prop_assert!(ours.is_err_and(|fault| fault.offset <= changed.len()), "{:?}", text),
        }
    }

    #[test]
    fn numbers_are_ordered_as_written_out(a in small(), b in small()) {
        let order = scaled(&a).cmp(&scaled(&b));
        prop_assert_eq!(number(&a).cmp(&number(&b)), order);
        prop_assert_eq!(number(&a).canonical() == number(&b).canonical(), order.is_eq());
        prop_assert_eq!(number(&a).is_integer(), scaled(&a) % SCALE == 0);
    }

    #[test]
    fn arithmetic_is_exact(a in small(), b in small()) {
        let (x, y) = (number(&a), number(&b));
        prop_assert_eq!(scaled(&x.checked_add(&y).unwrap().to_string()), scaled(&a) + scaled(&b));
        prop_assert_eq!(scaled(&x.checked_sub(&y).unwrap().to_string()), scaled(&a) - scaled(&b));
        let product = x.checked_mul(&y).unwrap();
        if !y.is_zero() {
            prop_assert_eq!(product.checked_div(&y).unwrap(), x);
        }
    }

    /// A quotient of 34 digits is off by half of its last digit at most.
    #[test]
    fn quotients_are_near(a in 1i64.., b in 1i64..) {
        let quotient = number(&a.to_string()).checked_div(&number(&b.to_string())).unwrap();
        let back = quotient.checked_mul(&b.into()).unwrap();
        let off = back.checked_sub(&a.into()).unwrap();
        let off = off.to_string().trim_start_matches('-').parse::<f64>().unwrap();
        prop_assert!(off <= a as f64 * 0.51e-33, "{} / {} = {}", a, b, quotient);
    }
}

/// Numbers as others know them.
fn rounded(json: &Json) -> Json {
    match json {
        Json::Number(number) => Json::from(number.as_f64()),
        Json::Array(items) => items.iter().map(rounded).collect(),
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.to_owned(), rounded(value))).collect())
        }
        other => other.clone(),
    }
}

/// Texts of numbers whose every digit fits into an integer once the point is moved by [`SCALE`].
fn small() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,5})?([eE][+-]?0?[0-6])?"
}

const SCALE: i128 = 1_000_000_000_000;

/// The oracle: the text written out, without a point.
fn scaled(text: &str) -> i128 {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap();
    let (front, back) = digits.split_once('.').unwrap_or((digits, ""));
    let all: i128 = format!("{front}{back}").parse().unwrap();
    all * 10i128.pow((12 + exponent - back.len() as i32) as u32)
}

#[test]
fn numbers_keep_their_digits() {
    for text in
        ["1.0", "1e0", "-0", "1E+2", "0.10", "9007199254740993", "123456789012345678901234567890.5", "1e1000000000"]
    {
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(number("1"), number("10e-1"));
    assert_eq!(number("-0"), number("0.0e5"));
    assert_ne!(number("9007199254740993"), number("9007199254740992"));
    assert_eq!(number("1e1000000000").cmp(&number("1e999999999")), Ordering::Greater);
    assert_eq!(number("-1e1000000000").cmp(&number("1e-999999999")), Ordering::Less);
    assert_eq!(number("1e1000000000").checked_add(&1.into()), None);
    assert_eq!(number("1e1000000000").checked_mul(&number("1e-999999999")).unwrap().to_string(), "10");
    assert!(number("1e1000000000").is_integer() && !number("1e-1000000000").is_integer());
    assert_eq!((number("1.0").as_i64(), number("1.5").as_i64(), number("1e400").as_f64()), (Some(1), None, None));
    assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
}

#[test]
fn quotients_end_or_have_34_digits() {
    let quotient = |a: &str, b: &str| number(a).checked_div(&number(b)).map(|found| found.to_string());
    assert_eq!(quotient("1", "3").unwrap(), "0.3333333333333333333333333333333333");
    assert_eq!(quotient("2", "3").unwrap(), "0.6666666666666666666666666666666667");
    assert_eq!(quotient("1", "8").unwrap(), "0.125");
    assert_eq!(quotient("12345678901234567890123456789012345678901", "1").unwrap().len(), 41);
    assert_eq!(quotient("1e400", "1e399").unwrap(), "10");
    assert_eq!(quotient("1", "0.0"), None);
    // Half to even: the 35th digit is a 5 and nothing follows in the first, so it ends and is exact instead.
    assert_eq!(quotient("10000000000000000000000000000000005", "10").unwrap(), "1000000000000000000000000000000000.5");
    let long = "9".repeat(10_001);
    assert_eq!(number(&long).checked_add(&1.into()), None);
    assert!(number(&long) > number(&long[1..]));
}

#[test]
fn results_are_written_as_people_do() {
    let sum = |a: &str, b: &str| number(a).checked_add(&number(b)).unwrap().to_string();
    assert_eq!(sum("0.1", "0.2"), "0.3");
    assert_eq!(sum("1.10", "2.20"), "3.3");
    assert_eq!(sum("9223372036854775807", "1"), "9223372036854775808");
    assert_eq!(sum("5e-8", "0"), "5e-8");
    assert_eq!(sum("1.5e50", "0"), "1.5e50");
    assert_eq!(sum("0.5", "-0.5"), "0");
}

#[test]
fn rounding_is_half_to_even() {
    let table = [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("-2.5", -2), ("0.04", 0), ("1e3", 1000), ("7", 7)];
    for (text, whole) in table {
        assert_eq!(number(text).rounded(), Some(whole), "{text}");
    }
    assert_eq!(number("1e400").rounded(), None);
}

#[test]
fn faults_have_a_place_and_a_reason() {
    let table = [
        ("{\"a\":1,\"b\":[1,2,}", 16, 1, 17, "expected a value, found `}`"),
        ("", 0, 1, 1, "expected a value, the text ends"),
        ("{\n  \"ä\": tru\n}", 10, 2, 8, "expected a value, found `t`"),
        ("[1 2]", 3, 1, 4, "expected `,` or `]`, found `2`"),
        ("{a:1}", 1, 1, 2, "expected a member's name in double quotes, found `a`"),
        ("{\"a\" 1}", 5, 1, 6, "expected `:`, found `1`"),
        ("\"a\nb\"", 2, 1, 3, "expected an escape such as `\\n` for a control character, found `\\n`"),
        ("\"\\x\"", 2, 1, 3, "expected an escape (one of `\"\\/bfnrtu` after the backslash), found `x`"),
        ("01", 1, 1, 2, "expected no digit after a leading 0, found `1`"),
        ("1.", 2, 1, 3, "expected a digit after the decimal point, the text ends"),
        ("1e1234567890123456789", 2, 1, 3, "expected an exponent of at most 18 digits, found `1`"),
        ("[1] x", 4, 1, 5, "expected the end, found `x`"),
        ("\"\\u12g4\"", 5, 1, 6, "expected four hexadecimal digits after `\\u`, found `g`"),
    ];
    for (text, offset, line, column, reason) in table {
        let fault = Json::parse(text).unwrap_err();
        assert_eq!((fault.offset, fault.line, fault.column, &*fault.reason), (offset, line, column, reason), "{text}");
    }
    let fault = Json::read(b"[\"\xff\"]").unwrap_err();
    assert_eq!((fault.offset, &*fault.reason), (2, "the byte 0xff isn't UTF-8"));
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(Json::parse(&deep(MOST_NESTED)).is_ok());
    assert!(Json::parse(&deep(MOST_NESTED + 1)).unwrap_err().reason.contains("128 levels"));
    assert!(Json::parse(&"[{\"a\":".repeat(1_000_000)).is_err());
}

#[test]
fn members_that_occur_twice_are_both_there() {
    let text = r#"{"x":[{"a":1,"b":2,"a":3}]}"#;
    let json = Json::parse(text).unwrap();
    assert_eq!(json.to_string(), text);
    let object = json.get("x").unwrap().get(0).unwrap().as_object().unwrap();
    assert_eq!(object.member("a"), Member::Twice(&1.into(), &3.into()));
    assert_eq!((object.member("b"), object.member("c")), (Member::One(&2.into()), Member::Absent));
    let (way, first, second) = json.twice().unwrap();
    assert_eq!(crate::value::path_text(&way), "$.x[0].a");
    assert_eq!((first, second), (&1.into(), &3.into()));
    let large = format!("{{{},\"k5\":0}}", (0..1000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(","));
    let large = Json::parse(&large).unwrap();
    assert!(matches!(large.as_object().unwrap().member("k5"), Member::Twice(_, _)));
    assert_eq!(large.get("k999"), Some(&999.into()));
}

#[test]
fn halves_of_surrogate_pairs_are_kept() {
    for text in [r#"{"a":"\ud800","b":1}"#, r#"["x\udc00\ud83d","\ud83dz"]"#, r#"{"\ud800":1}"#] {
        let json = Json::parse(text).unwrap();
        assert_eq!(json.to_string(), text);
        assert_eq!(Json::parse(text).unwrap(), json);
    }
    assert_eq!(Json::parse(r#""\ud83d\ude00""#).unwrap().as_str(), Some("😀"));
    let json = Json::parse(r#"{"a":"ä\ud800","�":1,"\ud800":2}"#).unwrap();
    let Some(Json::Unpaired(text)) = json.get("a") else { panic!("{json}") };
    assert_eq!((text.shown(), text.half()), ("ä\\ud800".to_owned(), "\\ud800".to_owned()));
    assert_eq!(json.get("\u{fffd}"), Some(&1.into()));
    assert!(!json.as_object().unwrap().has_twice());
    assert_ne!(Json::parse(r#""\ud800""#).unwrap(), Json::parse(r#""\ud801""#).unwrap());
}

#[test]
fn no_body_is_anything_but_itself() {
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let json = Json::parse(&format!(r#"{{"{name}":"{{\"ok\":true}}"}}"#)).unwrap();
        assert_eq!(json.get(name).and_then(Json::as_str), Some(r#"{"ok":true}"#));
        assert_eq!(json.get("ok"), None);
    }
}

#[test]
fn the_seam_never_changes_a_number() {
    for text in ["1", "-5", "0.1", "1.50", "18446744073709551615", "1e300", "-0.0"] {
        assert_eq!(Json::from(Json::parse(text).unwrap().to_serde().unwrap()), Json::parse(text).unwrap(), "{text}");
    }
    for text in ["18446744073709551616", "9007199254740993.5", "1e400", "0.1000000000000000055511151231257827"] {
        assert_eq!(Json::parse(text).unwrap().to_serde(), Err(NotExact(number(text))));
    }
}

/// A body may hold millions of these.
#[test]
fn nodes_are_small() {
    assert!(size_of::<Json>() <= 24, "{}", size_of::<Json>());
    assert!(size_of::<super::map::Name>() <= 16, "{}", size_of::<super::map::Name>());
    assert!(size_of::<JsonMap>() <= 16, "{}", size_of::<JsonMap>());
}

#[test]
fn what_occurs_twice_is_found_in_small_and_large_objects() {
    for others in [0, 3, 20] {
        let other = |n: usize| format!("\"o{n}\":{n},");
        let text = |more: &str| format!("{{{}{more}\"z\":0}}", (0..others).map(other).collect::<String>());
        let json = Json::parse(&text("\"a\":1,\"b\":2,\"a\":3,\"a\":4,")).unwrap();
        let object = json.as_object().unwrap();
        assert!(object.has_twice());
        assert_eq!(object.member("a"), Member::Twice(&1.into(), &3.into()));
        assert_eq!(object.twice("a"), Some((&1.into(), &3.into())));
        assert_eq!((object.member("b"), object.twice("b")), (Member::One(&2.into()), None));
        assert_eq!((object.member("c"), object.get("a")), (Member::Absent, Some(&4.into())));
        assert_eq!(object.first_twice().map(|(name, ..)| name).as_deref(), Some("a"));
        // Halves of surrogate pairs are no text, and no text is equal to them.
        let json = Json::parse(&text("\"\\ud800\":1,\"\\ud800\":2,")).unwrap();
        assert!(json.as_object().unwrap().has_twice() && json.as_object().unwrap().twice("z").is_none());
        let json = Json::parse(&text("\"b\":2,")).unwrap();
        assert!(!json.as_object().unwrap().has_twice());
    }
}
