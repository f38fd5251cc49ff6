//! JSON Web Tokens (RFC 7519) in the compact form (RFC 7515, section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};

use super::{ArgumentFault, bytes, text, wrong};
use crate::value::{Json, Value};

/// A token's header. The signature isn't verified: what is asked is what a server would read.
pub(super) fn header(args: &[Value]) -> Result<Value, ArgumentFault> {
    part(&args[0], 0)
}

/// A token's claims, as [`header`].
pub(super) fn claims(args: &[Value]) -> Result<Value, ArgumentFault> {
    part(&args[0], 1)
}

fn part(token: &Value, at: usize) -> Result<Value, ArgumentFault> {
    let token = token.to_text();
    let part = token.split('.').nth(at).filter(|_| token.split('.').count() == 3);
    let decoded = part.and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    let parsed = decoded.and_then(|json| Json::read(&json).ok());
    parsed.map(Value::from).ok_or_else(|| {
        let help = "a token has three parts between dots, the first two of them JSON in base64 (RFC 7519)";
        wrong(0, "this isn't a JSON Web Token", help)
    })
}

/// The code of a message under a key; `None` of a key that can't be used.
type Sign = fn(&[u8], &[u8]) -> Option<Vec<u8>>;

/// The algorithms that a token is signed with (RFC 7518, section 3.2).
const ALGORITHMS: [(&str, Sign); 3] =
    [("HS256", mac::<Hmac<sha2::Sha256>>), ("HS384", mac::<Hmac<sha2::Sha384>>), ("HS512", mac::<Hmac<sha2::Sha512>>)];

/// Keys of any length are taken.
fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

/// Claims, a key and the name of an algorithm. Times and sizes among the claims are numbers, as in a body.
pub(super) fn sign(args: &[Value]) -> Result<Value, ArgumentFault> {
    let (key, name) = (bytes(&args[1]), args[2].to_text());
    let Some((name, sign)) = ALGORITHMS.iter().find(|(known, _)| *known == name) else {
        let message = "this isn't an algorithm that a token can be signed with here";
        return Err(wrong(2, message, "these are: \"HS256\", \"HS384\" and \"HS512\""));
    };
    if key.is_empty() {
        return Err(wrong(1, "an empty key signs nothing", "give the key that the server knows"));
    }
    let header = format!("{{\"alg\":\"{name}\",\"typ\":\"JWT\"}}");
    let claims = args[0].to_json().to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature =
        sign(&key, signed.as_bytes()).ok_or_else(|| wrong(1, "this key can't be used", "give a text or bytes"))?;
    Ok(text(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Function;

    fn unhex(digits: &str) -> Vec<u8> {
        let digits: String = digits.split_whitespace().collect();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    fn signed(claims: &str, key: Value, algorithm: &str) -> Result<Value, String> {
        let args = [Value::from(Json::parse(claims).unwrap()), key, Value::from(algorithm)];
        Function::JwtSign.call(&args, |value| value.to_text()).unwrap().map_err(|fault| fault.message)
    }

    /// RFC 7515, appendix A.1: the standard's header is written in another way than ours, so that its parts are signed here.
    #[test]
    fn the_example_of_the_standard_is_signed_and_read() {
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = mac::<Hmac<sha2::Sha256>>(&key, input.as_bytes()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let token = Value::from(format!("{input}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").as_str());
        let read = |function: Function| {
            function.call(std::slice::from_ref(&token), |value| value.to_text()).unwrap().unwrap().to_text()
        };
        assert_eq!(read(Function::JwtHeader), r#"{"typ":"JWT","alg":"HS256"}"#);
        assert_eq!(read(Function::Jwt), r#"{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}"#);
    }

    /// RFC 4231, sections 4.2 to 4.7 (but for the truncated one of 4.6).
    #[test]
    fn the_vectors_of_the_standard_are_signed() {
        let cases: [(Vec<u8>, Vec<u8>, [&str; 3]); 4] = [
            (
                vec![0x0b; 20],
                b"Hi There".to_vec(),
                [
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
                    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
                ],
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                [
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
                ],
            ),
            (
                vec![0xaa; 20],
                vec![0xdd; 50],
                [
                    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                    "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
                    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
                ],
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                [
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
                    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
                ],
            ),
        ];
        for (key, message, macs) in cases {
            for ((name, sign), mac) in ALGORITHMS.iter().zip(macs) {
                assert_eq!(sign(&key, &message), Some(unhex(mac)), "{name}");
            }
        }
    }

    /// What other tools make of the same (RFC 7519's claims in this order, the key `your-256-bit-secret`).
    #[test]
    fn a_token_is_what_others_make_of_it() {
        let claims = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        assert_eq!(signed(claims, "your-256-bit-secret".into(), "HS256"), Ok(token.into()));
        let key = Value::Bytes(b"your-256-bit-secret".as_slice().into());
        assert_eq!(signed(claims, key, "HS256"), Ok(token.into()));
    }

    #[test]
    fn what_signs_nothing_is_refused() {
        for algorithm in ["none", "hs256", "RS256", "ES256", "HS255", ""] {
            let message = "this isn't an algorithm that a token can be signed with here";
            assert_eq!(signed("{}", "key".into(), algorithm), Err(message.to_owned()), "{algorithm}");
        }
        assert_eq!(signed("{}", "".into(), "HS256"), Err("an empty key signs nothing".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read_again(name in ".{0,12}", number: i64, key in ".{1,40}", algorithm in 0..3_usize) {
            let mut claims = crate::value::JsonMap::new();
            claims.insert("sub", name);
            claims.insert("exp", number);
            let claims = Json::Object(claims);
            let algorithm = ALGORITHMS[algorithm].0;
            let token = signed(&claims.to_string(), key.as_str().into(), algorithm).unwrap();
            let read = |function: Function| function.call(std::slice::from_ref(&token), |value| value.to_text());
            prop_assert_eq!(read(Function::Jwt).unwrap().unwrap(), Value::from(claims));
            let header = read(Function::JwtHeader).unwrap().unwrap().to_text();
            prop_assert_eq!(header, format!("{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\"}}"));
        }
    }
}
