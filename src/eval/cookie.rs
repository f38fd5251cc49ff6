use crate::event::Response;
use crate::value::Value;

/// A cookie that a response sets, or one of its attributes (RFC 6265, section 4.1.2). Flags are booleans, ages durations. Where it is set more
/// than once, the last one counts, as for a client that keeps it (section 5.3).
pub(super) fn find(response: &Response, name: &str, attribute: Option<&str>) -> Option<Value> {
    let header = response.headers("set-cookie").filter(|header| {
        header.split(';').next().and_then(|pair| pair.split_once('=')).is_some_and(|(own, _)| own.trim() == name)
    });
    let header = header.last()?;
    let (_, value) = header.split(';').next()?.split_once('=')?;
    let Some(attribute) = attribute else { return Some(Value::from(value.trim())) };
    let wanted = attribute.replace('_', "").to_ascii_lowercase();
    let given = header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (key.trim().replace('-', "").eq_ignore_ascii_case(&wanted)).then(|| value.trim().to_owned())
    });
    match wanted.as_str() {
        "httponly" | "secure" | "partitioned" => Some(Value::from(crate::value::Json::from(given.is_some()))),
        "maxage" => given?.parse::<u64>().ok().map(|seconds| Value::Duration(std::time::Duration::from_secs(seconds))),
        _ => given.map(|given| Value::from(given.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Header;

    #[test]
    fn attributes_are_read_by_their_names_in_the_language() {
        let header = |value: &str| Header { name: "Set-Cookie".into(), value: value.into() };
        let response = Response {
            status: 200,
            version: "HTTP/1.1",
            url: String::new(),
            headers: vec![
                header("a=1"),
                header("sid=old; Domain=a.example"),
                header("sid=x=y; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"),
            ],
            body: Default::default(),
            wire_size: 0,
        };
        let text = |attribute| find(&response, "sid", attribute).map(|value| value.to_text());
        assert_eq!(text(None).as_deref(), Some("x=y"));
        assert_eq!(text(Some("http_only")).as_deref(), Some("true"));
        assert_eq!(text(Some("secure")).as_deref(), Some("false"));
        assert_eq!(text(Some("same_site")).as_deref(), Some("Lax"));
        assert_eq!(text(Some("max_age")).as_deref(), Some("1m"));
        assert_eq!(text(Some("domain")), None);
        assert_eq!(find(&response, "b", None), None);
    }
}
