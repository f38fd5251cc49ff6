//! The cookies of one test (RFC 6265, sections 5.2 to 5.4).

use crate::event::Instant;

/// Cookies are kept apart for each test.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<Stored>,
}

/// A cookie of a jar, by when that took it: which of all responses set it, and nothing of its value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Kept {
    pub name: String,
    #[serde(with = "crate::event::form::nanoseconds")]
    pub at: Instant,
}

#[derive(Clone, Debug)]
struct Stored {
    name: String,
    value: String,
    domain: String,
    /// Only this very host (no Domain attribute was given).
    host_only: bool,
    path: String,
    secure: bool,
    expires: Option<Instant>,
    at: Instant,
}

/// What a `Set-Cookie` header says (RFC 6265, section 5.2). Of an attribute that is there several times, the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    /// Without its dot, in lower case.
    pub domain: Option<String>,
    pub path: Option<String>,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<String>,
    /// In seconds.
    pub max_age: Option<i64>,
    pub expires: Option<jiff::Timestamp>,
}

impl SetCookie {
    /// `None` where it sets none. `now` is for years of two digits.
    pub fn read(header: &str, now: jiff::Timestamp) -> Option<Self> {
        let mut attributes = header.split(';');
        let (name, value) = attributes.next()?.split_once('=')?;
        let mut cookie = Self { name: name.trim().to_owned(), value: value.trim().to_owned(), ..Self::default() };
        if cookie.name.is_empty() {
            return None;
        }
        for attribute in attributes {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.trim_start_matches('.').to_ascii_lowercase();
                    cookie.domain = Some(domain).filter(|domain| !domain.is_empty()).or(cookie.domain);
                }
                "path" if value.starts_with('/') => cookie.path = Some(value.to_owned()),
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = Some(value.to_owned()),
                "max-age" => cookie.max_age = value.parse().ok().or(cookie.max_age),
                "expires" => cookie.expires = date(value, now).or(cookie.expires),
                _ => {}
            }
        }
        Some(cookie)
    }
}

/// Where a request goes, as cookies see it.
struct Place {
    host: String,
    path: String,
    secure: bool,
}

impl Place {
    fn of(url: &str) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        let secure = matches!(url.scheme(), "https" | "wss");
        Some(Self { host: url.host_str()?.to_ascii_lowercase(), path: url.path().to_owned(), secure })
    }
}

impl Jar {
    /// Takes what a `Set-Cookie` header says. `epoch` is the wall clock's time at the run's epoch, for `Expires`.
    pub fn store(&mut self, header: &str, url: &str, now: Instant, epoch: jiff::Timestamp) {
        let Some(place) = Place::of(url) else { return };
        let Some(said) = SetCookie::read(header, epoch) else { return };
        let mut cookie = Stored {
            name: said.name,
            value: said.value,
            domain: place.host.clone(),
            host_only: true,
            path: said.path.unwrap_or_else(|| default_path(&place.path)),
            secure: said.secure,
            expires: said.expires.map(|at| since(epoch, at)),
            at: now,
        };
        if let Some(domain) = said.domain {
            if !domain_matches(&place.host, &domain) {
                return;
            }
            cookie.host_only = domain == place.host && is_address(&place.host);
            cookie.domain = domain;
        }
        if let Some(seconds) = said.max_age {
            // Max-Age wins over Expires (section 5.3, step 3).
            cookie.expires = Some(if seconds <= 0 {
                Instant::ZERO
            } else {
                now + Instant::from_secs(seconds.unsigned_abs().min(1 << 32))
            });
        }
        if cookie.secure && !place.secure && !is_loopback(&place.host) {
            return;
        }
        self.cookies.retain(|old| !(old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path));
        if cookie.expires.is_none_or(|at| at > now) {
            self.cookies.push(cookie);
        }
    }

    /// Whether it has no cookie for any URL.
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// The cookies to send to a URL, longest paths first (section 5.4).
    pub fn for_url(&self, url: &str, now: Instant) -> Vec<(String, String)> {
        self.fitting(url, now).iter().map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect()
    }

    /// The same, by when each was set.
    pub fn kept_for(&self, url: &str, now: Instant) -> Vec<Kept> {
        self.fitting(url, now).iter().map(|cookie| Kept { name: cookie.name.clone(), at: cookie.at }).collect()
    }

    fn fitting(&self, url: &str, now: Instant) -> Vec<&Stored> {
        if self.cookies.is_empty() {
            return Vec::new();
        }
        let Some(place) = Place::of(url) else { return Vec::new() };
        let fits = |cookie: &&Stored| {
            let domain = if cookie.host_only {
                cookie.domain == place.host
            } else {
                domain_matches(&place.host, &cookie.domain)
            };
            let secure = !cookie.secure || place.secure || is_loopback(&place.host);
            domain && secure && path_matches(&place.path, &cookie.path) && cookie.expires.is_none_or(|at| at > now)
        };
        let mut found: Vec<&Stored> = self.cookies.iter().filter(fits).collect();
        found.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        found
    }
}

/// A date as HTTP writes it, or as servers do that mean the same.
fn date(text: &str, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
    let lenient = |text: &str| jiff::fmt::rfc2822::parse(text).map(|zoned| zoned.timestamp()).ok();
    crate::value::http_date(text, now).or_else(|| lenient(text)).or_else(|| lenient(&text.replace('-', " ")))
}

/// A time as an instant of the run; one before the epoch is its start, so that the cookie is gone.
fn since(epoch: jiff::Timestamp, at: jiff::Timestamp) -> Instant {
    let seconds = at.as_second().saturating_sub(epoch.as_second());
    Instant::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(at) if at > 0 => path[..at].to_owned(),
        _ => "/".to_owned(),
    }
}

fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || (host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && !is_address(host))
}

fn path_matches(path: &str, cookie: &str) -> bool {
    path == cookie || path.strip_prefix(cookie).is_some_and(|rest| cookie.ends_with('/') || rest.starts_with('/'))
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

/// Browsers treat loopback as trustworthy (W3C Secure Contexts, section 3.1), so that a local system can be tested with its cookies.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(jar: &Jar, url: &str, now: u64) -> Vec<String> {
        jar.for_url(url, Instant::from_secs(now)).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_header_says_what_its_last_attributes_say() {
        let now = jiff::Timestamp::from_second(1_000_000_000).unwrap();
        let read = |header: &str| SetCookie::read(header, now);
        let plain = |value: &str| SetCookie { name: "a".into(), value: value.into(), ..SetCookie::default() };
        let date = "2099-10-21T07:28:00Z".parse().ok();
        let table = [
            ("a=b", Some(plain("b"))),
            (" a = b=c ", Some(plain("b=c"))),
            ("a=", Some(plain(""))),
            ("a", None),
            ("=b", None),
            ("", None),
            ("a=b; HttpOnly; secure; SameSite=Lax", {
                Some(SetCookie { secure: true, http_only: true, same_site: Some("Lax".into()), ..plain("b") })
            }),
            ("a=b; Path=/x; Path=/y; path=z", Some(SetCookie { path: Some("/y".into()), ..plain("b") })),
            ("a=b; Domain=.A.Example; domain=", Some(SetCookie { domain: Some("a.example".into()), ..plain("b") })),
            ("a=b; Max-Age=-5; max-age=x", Some(SetCookie { max_age: Some(-5), ..plain("b") })),
            ("a=b; Expires=Wed, 21 Oct 2099 07:28:00 GMT", Some(SetCookie { expires: date, ..plain("b") })),
            ("a=b; Expires=Wed, 21-Oct-2099 07:28:00 GMT; expires=soon", {
                Some(SetCookie { expires: date, ..plain("b") })
            }),
        ];
        for (header, expected) in table {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    #[test]
    fn cookies_go_where_their_attributes_say() {
        let mut jar = Jar::default();
        let epoch = jiff::Timestamp::from_second(1_000_000_000).unwrap();
        let mut set = |header: &str, url: &str| jar.store(header, url, Instant::ZERO, epoch);
        set("sid=1; Path=/api; Max-Age=10", "http://a.example/api/login");
        set("wide=1; Domain=example; Path=/", "http://a.example/");
        set("deep=1", "http://a.example/x/y/z");
        set("safe=1; Secure; Path=/", "https://a.example/");
        set("foreign=1; Domain=other.example", "http://a.example/");
        set("gone=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "http://a.example/");
        assert_eq!(names(&jar, "http://a.example/api/threads", 5), ["sid", "wide"]);
        assert_eq!(names(&jar, "http://a.example/api/threads", 10), ["wide"]);
        assert_eq!(names(&jar, "http://a.example/apix", 5), ["wide"]);
        assert_eq!(names(&jar, "http://b.example/", 5), ["wide"]);
        assert_eq!(names(&jar, "http://a.example/x/y", 5), ["deep", "wide"]);
        assert_eq!(names(&jar, "https://a.example/", 5), ["wide", "safe"]);
        jar.store("wide=; Domain=example; Path=/; Max-Age=0", "http://a.example/", Instant::ZERO, epoch);
        assert_eq!(names(&jar, "http://b.example/", 5), Vec::<String>::new());
    }
}
