use super::{Json, JsonNumber, Kind, Value};

/// A type that has a name of its own.
pub struct NamedType {
    pub name: &'static str,
    /// In messages, with its article: `an integer`.
    pub words: &'static str,
    /// The kind that all of its values are of; `None` of `any`, which asks nothing.
    pub kind: Option<Kind>,
    /// What other languages call it.
    pub habits: &'static [&'static str],
    pub meaning: &'static str,
    /// What it is asked of, or how it is declared: a whole statement.
    pub example: &'static str,
    holds: fn(&Value) -> bool,
}

impl NamedType {
    pub fn holds(&self, value: &Value) -> bool {
        (self.holds)(value)
    }

    /// Whether it asks nothing.
    pub fn is_any(&self) -> bool {
        self.kind.is_none()
    }

    /// Whether its values are a spec's, and never what a server sends.
    pub fn is_of_specs(&self) -> bool {
        matches!(self.kind, Some(Kind::Secret | Kind::Channel))
    }
}

impl PartialEq for NamedType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for NamedType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What asks nothing: the type of whatever has none.
pub static ANY: NamedType = NamedType {
    name: "any",
    words: "any value",
    kind: None,
    habits: &[],
    meaning: "anything that is there, `null` too",
    example: "expect body matches { id: any }",
    holds: |_| true,
};

/// All types that have a name.
pub static NAMED: [&NamedType; 22] = [
    &ANY,
    &row("null", "null", Kind::Null, &[], "`null`", "expect $.deleted_at is null", |of| json(of, Json::is_null)),
    &row("bool", "a bool", Kind::Bool, &["boolean"], "`true` or `false`", "expect $.open is bool", |of| {
        json(of, Json::is_boolean)
    }),
    &row("number", "a number", Kind::Number, &["float", "double"], "any number", "expect $.price is number", |of| {
        json(of, Json::is_number)
    }),
    &row(
        "integer",
        "an integer",
        Kind::Number,
        &["int"],
        "a number without a fraction, however it is written: `1.0` and `1e2` too",
        "expect $.count is integer",
        |of| json(of, |json| json.as_number().is_some_and(JsonNumber::is_integer)),
    ),
    &row("string", "a string", Kind::String, &["str", "text"], "a text", "expect $.name is string", |of| {
        matches!(of, Value::Secret(_)) || json(of, Json::is_string)
    }),
    &row("array", "an array", Kind::List, &["list"], "a list of anything", "expect $.items is array", |of| {
        matches!(of, Value::List(_)) || json(of, Json::is_array)
    }),
    &row("object", "an object", Kind::Object, &["map"], "an object with any fields", "expect $ is object", |of| {
        matches!(of, Value::Object(_)) || json(of, Json::is_object)
    }),
    &row("duration", "a duration", Kind::Duration, &[], "a time span: `250ms`", "flow f(limit: duration) { }", |of| {
        matches!(of, Value::Duration(_))
    }),
    &row("size", "a size", Kind::Size, &[], "a number of bytes: `10KB`", "flow f(limit: size) { }", |of| {
        matches!(of, Value::Size(_))
    }),
    &row("percent", "a percentage", Kind::Percent, &[], "a percentage: `95%`", "flow f(share: percent) { }", |of| {
        matches!(of, Value::Percent(_))
    }),
    &row("money", "an amount of money", Kind::Money, &[], "an amount: `$120K`", "flow f(price: money) { }", |of| {
        matches!(of, Value::Money(_))
    }),
    &row("bytes", "bytes", Kind::Bytes, &[], "what isn't text", "flow f(image: bytes) { }", |of| {
        matches!(of, Value::Bytes(_))
    }),
    &row("uuid", "a uuid", Kind::String, &["guid"], "a UUID (RFC 9562)", "expect $.id is uuid", |of| text(of, is_uuid)),
    &row(
        "timestamp",
        "a timestamp",
        Kind::String,
        &["datetime", "time"],
        "a date, `T`, a time and an offset (RFC 3339, section 5.6)",
        "expect $.created_at is timestamp",
        |of| text(of, is_timestamp),
    ),
    &row("date", "a date", Kind::String, &[], "a full date (RFC 3339)", "expect $.born is date", |of| {
        text(of, is_date)
    }),
    &row("email", "an email address", Kind::String, &[], "an email address", "expect $.mail is email", |of| {
        text(of, is_email)
    }),
    &row("url", "a URL", Kind::String, &["uri"], "an absolute URL", "expect $.link is url", |of| text(of, is_url)),
    &row("ipv4", "an IPv4 address", Kind::String, &[], "an IPv4 address", "expect $.ip is ipv4", |of| {
        text(of, |text| text.parse::<std::net::Ipv4Addr>().is_ok())
    }),
    &row("ipv6", "an IPv6 address", Kind::String, &[], "an IPv6 address", "expect $.ip is ipv6", |of| {
        text(of, |text| text.parse::<std::net::Ipv6Addr>().is_ok())
    }),
    &row(
        "secret",
        "a secret",
        Kind::Secret,
        &[],
        "a text that is never shown",
        "flow f() -> secret { return \"x\" }",
        |of| matches!(of, Value::Secret(_)),
    ),
    &row("channel", "a channel", Kind::Channel, &[], "an open channel", "flow f(on: channel) { }", |of| {
        matches!(of, Value::Channel(_))
    }),
];

/// The type that a word names.
pub fn named(name: &str) -> Option<&'static NamedType> {
    NAMED.iter().find(|ty| ty.name == name).copied()
}

/// The type that a word of another language means.
pub fn by_habit(word: &str) -> Option<&'static NamedType> {
    NAMED.iter().find(|ty| ty.habits.iter().any(|habit| habit.eq_ignore_ascii_case(word))).copied()
}

const fn row(
    name: &'static str,
    words: &'static str,
    kind: Kind,
    habits: &'static [&'static str],
    meaning: &'static str,
    example: &'static str,
    holds: fn(&Value) -> bool,
) -> NamedType {
    NamedType { name, words, kind: Some(kind), habits, meaning, example, holds }
}

fn json(value: &Value, holds: impl Fn(&Json) -> bool) -> bool {
    matches!(value, Value::Json(json) if holds(json))
}

fn text(value: &Value, holds: fn(&str) -> bool) -> bool {
    json(value, |json| json.as_str().is_some_and(holds))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_timestamp(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() && text.get(10..11).is_some_and(|mark| mark.eq_ignore_ascii_case("t"))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.has_host() || !url.path().is_empty()) && text.contains(':')
}

/// WHATWG HTML, section 4.10.5.1.5: what a browser accepts as an address, with a dot in its host.
fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let user_ok =
        !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    user_ok && host.contains('.') && host.split('.').all(label_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(ty: &str, text: &str) -> bool {
        named(ty).unwrap().holds(&Value::from(Json::from(text)))
    }

    #[test]
    fn formats_are_strict() {
        let yes = [
            ("uuid", "c0ffee00-1111-4222-8333-444455556666"),
            ("timestamp", "2026-01-31T10:00:00.5Z"),
            ("timestamp", "2026-01-31T10:00:00+02:00"),
            ("date", "2024-02-29"),
            ("email", "ada.l+x@example.co.uk"),
            ("url", "https://example.com/a?b"),
            ("ipv4", "10.0.0.1"),
            ("ipv6", "::1"),
        ];
        for (ty, text) in yes {
            assert!(holds(ty, text), "{text}");
        }
        let no = [
            ("uuid", "c0ffee0011114222833344445555666"),
            ("timestamp", "2026-01-31 10:00:00Z"),
            ("timestamp", "2026-01-31T10:00:00"),
            ("timestamp", "2026-02-31T10:00:00Z"),
            ("date", "2025-02-29"),
            ("email", "ada@localhost"),
            ("email", "a b@example.com"),
            ("url", "/relative"),
            ("ipv4", "10.0.0.256"),
            ("ipv6", "10.0.0.1"),
        ];
        for (ty, text) in no {
            assert!(!holds(ty, text), "{text}");
        }
    }

    /// JSON Schema 2020-12, 6.1.1: `1.0` is an integer; a number of any size keeps its digits.
    #[test]
    fn an_integer_has_no_fraction_however_it_is_written() {
        let is = |number: &str| {
            let number: JsonNumber = number.parse().unwrap();
            named("integer").unwrap().holds(&Value::from(Json::Number(number)))
        };
        for number in
            ["0", "-0", "1.0", "1e2", "-3.00", "12.5e1", "9007199254740993", "123456789012345678901234567890.0"]
        {
            assert!(is(number), "{number}");
        }
        for number in ["0.5", "1e-2", "-1.25e1", "9007199254740993.5", "123456789012345678901234567890.1", "1e-400"] {
            assert!(!is(number), "{number}");
        }
        assert!(!holds("integer", "1"));
    }

    #[test]
    fn each_type_has_one_name() {
        let mut names: Vec<&str> =
            NAMED.iter().flat_map(|ty| std::iter::once(ty.name).chain(ty.habits.iter().copied())).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
