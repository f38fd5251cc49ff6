//! Credentials as headers: Basic (RFC 7617) and Digest (RFC 7616).

use std::collections::HashMap;

use base64::Engine as _;
use md5::Digest as _;

/// The value of an `Authorization` header.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// The answer to a `WWW-Authenticate: Digest …` challenge, `None` when it is none that can be answered.
///
/// Algorithms: MD5, SHA-256 and their `-sess` forms; quality of protection: `auth`, or none (RFC 2069).
pub fn digest(challenge: &str, user: &str, password: &str, method: &str, uri: &str, cnonce: &str) -> Option<String> {
    let rest = challenge.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("digest ")).and(challenge.get(7..))?;
    let params = parameters(rest);
    let get = |name: &str| params.get(name).map(String::as_str);
    let (realm, nonce) = (get("realm").unwrap_or_default(), get("nonce")?);
    let algorithm = get("algorithm").unwrap_or("MD5");
    let hash: fn(&str) -> String = match algorithm.to_ascii_uppercase().trim_end_matches("-SESS") {
        "MD5" => |text| hex(&md5::Md5::digest(text.as_bytes())),
        "SHA-256" => |text| hex(&sha2::Sha256::digest(text.as_bytes())),
        _ => return None,
    };
    let mut a1 = hash(&format!("{user}:{realm}:{password}"));
    if algorithm.to_ascii_uppercase().ends_with("-SESS") {
        a1 = hash(&format!("{a1}:{nonce}:{cnonce}"));
    }
    let a2 = hash(&format!("{method}:{uri}"));
    let protected = match get("qop") {
        Some(offered) => {
            offered.split(',').find(|qop| qop.trim().eq_ignore_ascii_case("auth"))?;
            true
        }
        None => false,
    };
    let response = if protected {
        hash(&format!("{a1}:{nonce}:00000001:{cnonce}:auth:{a2}"))
    } else {
        hash(&format!("{a1}:{nonce}:{a2}"))
    };
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut header = format!(
        "Digest username=\"{}\", realm=\"{}\", uri=\"{uri}\", algorithm={algorithm}, nonce=\"{}\", response=\"{response}\"",
        quote(user),
        quote(realm),
        quote(nonce)
    );
    if protected {
        header.push_str(&format!(", nc=00000001, cnonce=\"{cnonce}\", qop=auth"));
    }
    if let Some(opaque) = get("opaque") {
        header.push_str(&format!(", opaque=\"{}\"", quote(opaque)));
    }
    Some(header)
}

/// `name=value` and `name="quoted value"`, separated by commas; names in lower case.
fn parameters(text: &str) -> HashMap<String, String> {
    let mut params = HashMap::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| *c == ',' || c.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=' && *c != ',') {
            name.push(c.to_ascii_lowercase());
        }
        if name.is_empty() {
            return params;
        }
        let mut value = String::new();
        if chars.next_if_eq(&'=').is_some() {
            if chars.next_if_eq(&'"').is_some() {
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => value.extend(chars.next()),
                        c => value.push(c),
                    }
                }
            } else {
                while let Some(c) = chars.next_if(|c| *c != ',') {
                    value.push(c);
                }
            }
        }
        params.insert(name.trim().to_owned(), value.trim().to_owned());
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616, section 3.9.1.
    #[test]
    fn the_examples_of_the_standard_hold() {
        let challenge = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let answer = |algorithm| {
            digest(&challenge(algorithm), "Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce).unwrap()
        };
        assert!(answer("MD5").contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
        assert!(
            answer("SHA-256").contains("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"")
        );
        assert!(digest("Basic realm=\"x\"", "a", "b", "GET", "/", "c").is_none());
        assert!(digest("Digest é", "a", "b", "GET", "/", "c").is_none());
    }
}
