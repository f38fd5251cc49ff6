//! From one kind of value to another: texts and numbers, and the URL that a reference stands for.

use super::{ArgumentFault, alike, text as plain_text, wrong};
use crate::value::{Json, JsonNumber, Value};

/// As interpolation writes it.
pub(super) fn text(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], args[0].to_text()))
}

/// A number of JSON (RFC 8259, section 6), with nothing around it.
pub(super) fn number(args: &[Value]) -> Result<Value, ArgumentFault> {
    let text = args[0].to_text();
    text.parse::<JsonNumber>().map(|number| Value::from(Json::Number(number))).map_err(|_| {
        let help = "a number is written as in JSON: `12`, `-0.5`, `1e3`, with no white space, sign `+` or leading zero";
        wrong(0, format!("{} isn't a number", shown(&args[0])), help)
    })
}

/// A text within a message, in quotes; of a long one the beginning.
fn shown(value: &Value) -> String {
    const SHOWN: usize = 60;
    if matches!(value, Value::Secret(_)) {
        return "***".to_owned();
    }
    let text = value.to_text();
    let beginning: String = text.chars().take(SHOWN).collect();
    let more = if beginning.len() < text.len() { "…" } else { "" };
    format!("{}{more}", Json::from(beginning))
}

/// What a reference stands for beside a base, as a client reads it (WHATWG URL; RFC 3986, section 5).
pub(super) fn url_join(args: &[Value]) -> Result<Value, ArgumentFault> {
    let base = url::Url::parse(&args[0].to_text()).map_err(|error| {
        wrong(
            0,
            format!("{} isn't an absolute URL: {error}", shown(&args[0])),
            "begin it with a scheme, as in `https://…`",
        )
    })?;
    let joined = base.join(&args[1].to_text()).map_err(|error| {
        let message = format!("{} leads nowhere from this base: {error}", shown(&args[1]));
        wrong(1, message, "give a path, a query or a whole URL")
    })?;
    Ok(plain_text(joined.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Function;

    fn given(function: Function, args: &[&str]) -> Result<Value, String> {
        let args: Vec<Value> = args.iter().map(|arg| Value::from(*arg)).collect();
        function.call(&args, |value| value.to_text()).unwrap().map_err(|fault| fault.message)
    }

    proptest! {
        #[test]
        fn a_number_is_what_json_takes(text in "[ +-]{0,2}[0-9]{0,3}([.,][0-9]{0,3})?([eE][+-]?[0-9]{0,2})?[ \n]?") {
            let number = given(Function::Number, &[&text]);
            let json = Json::parse(&text).ok().filter(|json| json.is_number() && text.trim() == text);
            prop_assert_eq!(number.ok(), json.map(Value::from));
        }

        #[test]
        fn the_text_of_a_number_is_that_number(text in "-?(0|[1-9][0-9]{0,30})([.][0-9]{1,20})?([eE][+-]?[0-9]{1,3})?") {
            let number = given(Function::Number, &[&text]).unwrap();
            prop_assert_eq!(number.to_text(), text.clone());
            let again = Function::Text.call(&[number], |value| value.to_text()).unwrap().unwrap();
            prop_assert_eq!(again.as_str(), Some(text.as_str()));
        }

        #[test]
        fn any_reference_is_joined_or_refused(base in "https?://[a-z.:/?#@]{0,12}", reference in ".{0,12}") {
            if let Ok(joined) = given(Function::UrlJoin, &[&base, &reference]) {
                prop_assert!(url::Url::parse(&joined.to_text()).is_ok());
            }
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        for text in
            ["", " 1", "1 ", "+1", "01", ".5", "5.", "1e", "0x10", "1_000", "NaN", "Infinity", "١", "1,5", "true"]
        {
            assert_eq!(given(Function::Number, &[text]), Err(format!("{} isn't a number", Json::from(text))));
        }
        let secret = Value::Secret(crate::value::Secret::new("hidden"));
        let refused = Function::Number.call(&[secret], |value| value.to_text()).unwrap().unwrap_err();
        assert_eq!(refused.message, "*** isn't a number");
        let long = given(Function::Number, &[&"x".repeat(1000)]).unwrap_err();
        assert!(long.len() < 100, "{long}");
    }

    /// RFC 3986, sections 5.4.1 and 5.4.2; as clients do, a URL without a path has `/` for one, and `http:g` is read as section 5.2.2 allows
    /// for the sake of older references.
    #[test]
    fn references_are_resolved_as_the_standard_shows() {
        for (reference, joined) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/./x", "http://a/b/c/g#s/./x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
            ("http:g", "http://a/b/c/g"),
        ] {
            assert_eq!(
                given(Function::UrlJoin, &["http://a/b/c/d;p?q", reference]),
                Ok(Value::from(joined)),
                "{reference}"
            );
        }
        for (base, reference) in [("/b/c", "g"), ("", "g"), ("mailto:a@b", "g"), ("http://a", "http://[")] {
            assert!(given(Function::UrlJoin, &[base, reference]).is_err(), "{base} {reference}");
        }
    }
}
