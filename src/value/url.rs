//! URLs that values are put into: what a value may hold, and how it is encoded, depends on where it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a query's value: the unreserved characters of RFC 3986, section 2.3.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the next value of a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPlace {
    /// At the very beginning: it is a URL itself.
    Beginning,
    /// Before the query: scheme, host, path.
    Path,
    /// Between `=` and `&` of the query.
    QueryValue,
    /// Elsewhere in the query.
    Query,
    /// Behind a `#`, which isn't sent.
    Fragment,
}

/// A URL that is put together from texts and values, in their order.
#[derive(Clone, Debug, Default)]
pub struct UrlWriter {
    url: String,
    in_query: bool,
    /// An `=` has come since the query's last `&`.
    in_value: bool,
    in_fragment: bool,
}

impl UrlWriter {
    pub fn place(&self) -> UrlPlace {
        match (self.in_fragment, self.in_query, self.in_value) {
            (true, ..) => UrlPlace::Fragment,
            (_, true, true) => UrlPlace::QueryValue,
            (_, true, false) => UrlPlace::Query,
            _ if self.url.is_empty() => UrlPlace::Beginning,
            _ => UrlPlace::Path,
        }
    }

    /// What the spec says.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '#' => self.in_fragment = true,
                _ if self.in_fragment => {}
                '?' if !self.in_query => (self.in_query, self.in_value) = (true, false),
                '&' if self.in_query => self.in_value = false,
                '=' if self.in_query => self.in_value = true,
                _ => {}
            }
        }
        self.url.push_str(text);
    }

    /// An interpolated value.
    ///
    /// # Errors
    /// A character of it would mean something else where it is: it is given.
    pub fn value(&mut self, value: &str) -> Result<(), char> {
        match self.place() {
            UrlPlace::Beginning => self.text(value.split('#').next().unwrap_or_default()),
            UrlPlace::QueryValue => self.url.extend(utf8_percent_encode(value, QUERY)),
            UrlPlace::Fragment => self.url.push_str(value),
            place @ (UrlPlace::Path | UrlPlace::Query) => {
                let is_refused =
                    |c: char| c == '#' || c.is_whitespace() || c.is_control() || (c == '?' && place == UrlPlace::Path);
                if let Some(refused) = value.chars().find(|c| is_refused(*c)) {
                    return Err(refused);
                }
                // A `&` or `=` of a query's name says where the next value is.
                self.text(value);
            }
        }
        Ok(())
    }

    pub fn finish(self) -> String {
        self.url
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `{}` stands for the next value.
    fn written(template: &str, values: &[&str]) -> Result<String, char> {
        let (mut writer, mut values) = (UrlWriter::default(), values.iter());
        for (at, text) in template.split("{}").enumerate() {
            if at > 0 {
                writer.value(values.next().unwrap())?;
            }
            writer.text(text);
        }
        Ok(writer.finish())
    }

    #[test]
    fn a_value_is_written_as_its_place_asks() {
        let cases: &[(&str, &[&str], Result<&str, char>)] = &[
            ("{}/find?q={}&limit=5", &["http://h", "x#y&admin=1"], Ok("http://h/find?q=x%23y%26admin%3D1&limit=5")),
            ("{}?q={}", &["http://h/a", "a b+c/d%é"], Ok("http://h/a?q=a%20b%2Bc%2Fd%25%C3%A9")),
            ("http://h/?q=x{}y{}&r", &["=&", " "], Ok("http://h/?q=x%3D%26y%20&r")),
            ("{}", &["http://h/p?a=1&b=2#top"], Ok("http://h/p?a=1&b=2")),
            ("{}&c={}", &["http://h/p?a=1#x", "&"], Ok("http://h/p?a=1&c=%26")),
            ("{}/x", &["http://h#f"], Ok("http://h/x")),
            ("{}/a/{}", &["http://h", "b/../c%20d"], Ok("http://h/a/b/../c%20d")),
            ("{}/a/{}", &["http://h", "b?c"], Err('?')),
            ("{}/a/{}", &["http://h", "b#c"], Err('#')),
            ("{}/a/{}", &["http://h", "b c"], Err(' ')),
            ("{}/a/{}", &["http://h", "b\u{a0}c"], Err('\u{a0}')),
            ("{}/a/{}", &["http://h", "b\u{7f}"], Err('\u{7f}')),
            ("http://{}:{}/", &["h", "80"], Ok("http://h:80/")),
            ("http://{}/", &["h?x"], Err('?')),
            ("http://h/?{}", &["a=1&b=?"], Ok("http://h/?a=1&b=?")),
            ("http://h/?{}", &["a#"], Err('#')),
            ("http://h/?{}={}", &["a", "="], Ok("http://h/?a=%3D")),
            ("http://h/a=b&c={}", &["d/e"], Ok("http://h/a=b&c=d/e")),
            ("http://h/?a=b?c={}&{}", &["&", "d"], Ok("http://h/?a=b?c=%26&d")),
            ("http://h/#?q={}", &["#"], Ok("http://h/#?q=#")),
            ("{}{}", &["", "http://h"], Ok("http://h")),
        ];
        for (template, values, expected) in cases {
            assert_eq!(written(template, values), expected.map(str::to_owned), "{template} {values:?}");
        }
    }

    proptest! {
        /// Whatever a query's value is, a reader of the URL finds it, and finds nothing else.
        #[test]
        fn any_value_of_a_query_arrives(value in any::<String>(), more in any::<String>()) {
            let url = written("{}/find?q={}&limit=5&r={}", &["http://h", &value, &more]).unwrap();
            let pairs: Vec<(String, String)> = url::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            prop_assert_eq!(pairs, vec![pair("q", &value), pair("limit", "5"), pair("r", &more)]);
        }

        /// A value of the path that is let through changes nothing behind it.
        #[test]
        fn no_value_of_a_path_reaches_the_query(value in any::<String>()) {
            match written("http://h/a/{}/b?q={}", &[&value, "1"]) {
                Ok(url) => prop_assert_eq!(url, format!("http://h/a/{value}/b?q=1")),
                Err(refused) => prop_assert!(value.contains(refused)),
            }
        }
    }
}
