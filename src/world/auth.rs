//! Credentials as headers: Basic (RFC 7617) and Digest (RFC 7616).

use base64::Engine as _;
use md5::Digest as _;

/// The value of an `Authorization` header.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// The request that a challenge is about.
pub struct Asked<'a> {
    pub method: &'a str,
    /// The request target, as it is sent.
    pub uri: &'a str,
    pub body: &'a [u8],
}

/// The response to the strongest Digest challenge among the values of `WWW-Authenticate`, each of which may hold several challenges; `None` when
/// there is none that can be answered.
///
/// Algorithms: SHA-512-256, SHA-256, MD5, in this order, and their `-sess` forms. Quality of protection: `auth`, else `auth-int`, else
/// none (RFC 2069).
pub fn digest(challenges: &[&str], user: &str, password: &str, asked: &Asked<'_>, cnonce: &str) -> Option<String> {
    let offered =
        challenges.iter().flat_map(|text| parse(text)).filter(|one| one.scheme.eq_ignore_ascii_case("digest"));
    let usable: Vec<(Algorithm, Option<&str>, Challenge)> =
        offered.filter_map(|one| Some((one.algorithm()?, one.protection()?, one))).collect();
    // Of equals the first: a server names them in its order.
    let strongest = usable.iter().map(|(algorithm, ..)| algorithm.hash).max()?;
    let (algorithm, protection, challenge) = usable.iter().find(|(algorithm, ..)| algorithm.hash == strongest)?;
    response(challenge, *algorithm, *protection, (user, password), asked, cnonce)
}

/// From the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
    Sha512_256,
}

#[derive(Clone, Copy, Debug)]
struct Algorithm {
    hash: Hash,
    session: bool,
}

impl Hash {
    fn of(self, bytes: &[u8]) -> String {
        match self {
            Hash::Md5 => hex(&md5::Md5::digest(bytes)),
            Hash::Sha256 => hex(&sha2::Sha256::digest(bytes)),
            Hash::Sha512_256 => hex(&sha2::Sha512_256::digest(bytes)),
        }
    }
}

fn response(
    challenge: &Challenge,
    algorithm: Algorithm,
    protection: Option<&str>,
    (user, password): (&str, &str),
    asked: &Asked<'_>,
    cnonce: &str,
) -> Option<String> {
    let (realm, nonce) = (challenge.get("realm").unwrap_or_default(), challenge.get("nonce")?);
    let hash = |text: &str| algorithm.hash.of(text.as_bytes());
    let mut a1 = hash(&format!("{user}:{realm}:{password}"));
    if algorithm.session {
        a1 = hash(&format!("{a1}:{nonce}:{cnonce}"));
    }
    let Asked { method, uri, body } = asked;
    let a2 = match protection {
        Some("auth-int") => hash(&format!("{method}:{uri}:{}", algorithm.hash.of(body))),
        _ => hash(&format!("{method}:{uri}")),
    };
    let response = match protection {
        Some(qop) => hash(&format!("{a1}:{nonce}:00000001:{cnonce}:{qop}:{a2}")),
        None => hash(&format!("{a1}:{nonce}:{a2}")),
    };
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    // Section 3.4.4: a server may ask for the name's hash. What isn't ASCII has a form of its own (RFC 8187).
    let is_hashed = challenge.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let name = if is_hashed {
        format!("username=\"{}\", userhash=true", hash(&format!("{user}:{realm}")))
    } else if user.is_ascii() {
        format!("username=\"{}\"", quote(user))
    } else {
        let encoded = percent_encoding::utf8_percent_encode(user, percent_encoding::NON_ALPHANUMERIC);
        format!("username*=UTF-8''{encoded}")
    };
    let mut header = format!(
        "Digest {name}, realm=\"{}\", uri=\"{}\", nonce=\"{}\", response=\"{response}\"",
        quote(realm),
        quote(uri),
        quote(nonce)
    );
    if let Some(named) = challenge.get("algorithm") {
        header.push_str(&format!(", algorithm={named}"));
    }
    if let Some(qop) = protection {
        header.push_str(&format!(", nc=00000001, cnonce=\"{cnonce}\", qop={qop}"));
    } else if algorithm.session {
        header.push_str(&format!(", cnonce=\"{cnonce}\""));
    }
    if let Some(opaque) = challenge.get("opaque") {
        header.push_str(&format!(", opaque=\"{}\"", quote(opaque)));
    }
    Some(header)
}

/// One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1).
#[derive(Debug)]
struct Challenge {
    scheme: String,
    /// Names in lower case.
    params: Vec<(String, String)>,
}

impl Challenge {
    fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `None` for one that isn't known.
    fn algorithm(&self) -> Option<Algorithm> {
        let name = self.get("algorithm").unwrap_or("MD5").to_ascii_uppercase();
        let (base, session) = name.strip_suffix("-SESS").map_or((name.as_str(), false), |base| (base, true));
        let hash = match base {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            "SHA-512-256" => Hash::Sha512_256,
            _ => return None,
        };
        Some(Algorithm { hash, session })
    }

    /// The quality of protection to use: `Some(None)` where none is offered, `None` where none of those offered is known.
    fn protection(&self) -> Option<Option<&'static str>> {
        let Some(offered) = self.get("qop") else { return Some(None) };
        let is_offered = |wanted: &&str| offered.split(',').any(|qop| qop.trim().eq_ignore_ascii_case(wanted));
        ["auth", "auth-int"].into_iter().find(is_offered).map(Some)
    }
}

/// The challenges of one header value. Those that are no challenge are passed over.
fn parse(text: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| *c == ',' || *c == '=' || c.is_whitespace()).is_some() {}
        let mut word = String::new();
        while let Some(c) = chars.next_if(|c| !matches!(c, '=' | ',' | '"') && !c.is_whitespace()) {
            word.push(c);
        }
        if word.is_empty() {
            // A quote where a name should be: what it holds belongs to nothing.
            if quoted(&mut chars).is_none() {
                return challenges;
            }
            continue;
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.next_if_eq(&'=').is_none() {
            challenges.push(Challenge { scheme: word, params: Vec::new() });
            continue;
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let value = quoted(&mut chars).unwrap_or_else(|| {
            let mut value = String::new();
            while let Some(c) = chars.next_if(|c| *c != ',' && !c.is_whitespace()) {
                value.push(c);
            }
            value
        });
        if let Some(last) = challenges.last_mut() {
            last.params.push((word.to_ascii_lowercase(), value));
        }
    }
}

/// A quoted string, if one is next (RFC 9110, section 5.6.4).
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    chars.next_if_eq(&'"')?;
    let mut value = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    Some(value)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn challenge(algorithm: &str, qop: &str) -> String {
        format!(
            "Digest realm=\"http-auth@example.org\", qop=\"{qop}\", algorithm={algorithm}, nonce=\"{NONCE}\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        )
    }

    fn asked(challenges: &[&str]) -> Option<String> {
        let asked = Asked { method: "GET", uri: "/dir/index.html", body: b"" };
        digest(challenges, "Mufasa", "Circle of Life", &asked, CNONCE)
    }

    fn response(header: &str) -> &str {
        header.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    /// RFC 7616, section 3.9.1.
    #[test]
    fn the_examples_of_the_standard_hold() {
        let (md5, sha) = (challenge("MD5", "auth, auth-int"), challenge("SHA-256", "auth, auth-int"));
        let of_sha = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert_eq!(response(&asked(&[&md5]).unwrap()), "8ca523f5e9506fed4657c9700eebdbec");
        // The strongest is taken, in whatever order and however many headers they come.
        for offered in [vec![sha.as_str()], vec![&md5, &sha], vec![&sha, &md5]] {
            assert_eq!(response(&asked(&offered).unwrap()), of_sha);
        }
        for joined in [format!("{md5}, {sha}"), format!("Basic realm=\"a, Digest b\", {md5},{sha} , Bearer")] {
            assert_eq!(response(&asked(&[&joined]).unwrap()), of_sha);
        }
        assert!(asked(&[&challenge("SHA-256", "auth")]).unwrap().contains(", qop=auth, opaque="));
    }

    /// RFC 7616, section 3.9.2, as its erratum 4897 has it (SHA-512/256 of FIPS 180-4, not SHA-512 cut short).
    #[test]
    fn a_name_that_is_hashed_holds_too() {
        let challenge = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
            nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", \
            charset=UTF-8, userhash=true";
        let asked = Asked { method: "GET", uri: "/doe.json", body: b"" };
        let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
        let header = digest(&[challenge], "Jäsøn Doe", "Secret, or not?", &asked, cnonce).unwrap();
        assert_eq!(response(&header), "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
        let name = "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", userhash=true";
        assert!(header.contains(name), "{header}");
        let plain = challenge.replace(", userhash=true", "");
        let header = digest(&[&plain], "Jäsøn Doe", "Secret, or not?", &asked, cnonce).unwrap();
        assert!(header.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, "), "{header}");
    }

    #[test]
    fn every_algorithm_and_protection_is_known_and_no_other() {
        let md5 = |text: &str| Hash::Md5.of(text.as_bytes());
        let a1 = md5("Mufasa:http-auth@example.org:Circle of Life");
        let session = md5(&format!("{a1}:{NONCE}:{CNONCE}"));
        let a2 = md5("GET:/dir/index.html");
        let whole = md5(&format!("GET:/dir/index.html:{}", md5("")));
        let with = |a1: &str, qop: &str, a2: &str| md5(&format!("{a1}:{NONCE}:00000001:{CNONCE}:{qop}:{a2}"));
        for (algorithm, qop, expected) in [
            ("MD5", "auth", with(&a1, "auth", &a2)),
            ("md5-sess", "AUTH", with(&session, "auth", &a2)),
            ("MD5", "auth-int", with(&a1, "auth-int", &whole)),
            ("MD5-sess", "x, auth-int", with(&session, "auth-int", &whole)),
        ] {
            let header = asked(&[&challenge(algorithm, qop)]).unwrap();
            assert_eq!(response(&header), expected, "{algorithm} {qop}");
        }
        let old = format!("digest realm=\"http-auth@example.org\", nonce=\"{NONCE}\"");
        assert_eq!(response(&asked(&[&old]).unwrap()), md5(&format!("{a1}:{NONCE}:{a2}")));
        for (algorithm, length) in [("MD5", 32), ("SHA-256-sess", 64), ("SHA-512-256", 64), ("SHA-512-256-sess", 64)] {
            assert_eq!(response(&asked(&[&challenge(algorithm, "auth")]).unwrap()).len(), length);
        }
        for other in [
            &challenge("SHA-512", "auth"),
            &challenge("MD5", "token"),
            "Digest realm=\"x\"",
            "Basic realm=\"x\"",
            "Digest é",
            "Digest \"",
            "",
            "=,=\"",
        ] {
            assert_eq!(asked(&[other]), None, "{other}");
        }
    }
}
