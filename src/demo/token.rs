//! Access tokens: JWTs signed with HMAC-SHA-256 (RFC 7519, RFC 7515; `alg` HS256).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub sub: String,
    pub name: String,
    pub team: String,
    pub roles: Vec<String>,
    pub scope: String,
    /// Seconds since 1970.
    pub iat: u64,
    /// Seconds since 1970; the token is no longer good in this second.
    pub exp: u64,
    pub jti: String,
    /// The login that the token descends from; ended as a whole.
    pub family: String,
}

pub(super) const ISSUER: &str = "demo-auth";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The key of one demo; made for each, so that no token of one is good in another.
#[derive(Debug)]
pub(super) struct Signer {
    key: [u8; 16],
}

impl Signer {
    pub fn new() -> Self {
        Self { key: *uuid::Uuid::new_v4().as_bytes() }
    }

    pub fn sign(&self, claims: &Claims) -> String {
        let body = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(body));
        let signature = self.mac(&signed).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!("{signed}.{}", signature.unwrap_or_default())
    }

    /// The claims of a token with a good signature, whether or not it has expired.
    pub fn open(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, body) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(signed)?.verify_slice(&signature).ok()?;
        (URL_SAFE_NO_PAD.decode(header).ok()? == HEADER.as_bytes()).then_some(())?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
    }

    fn mac(&self, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(text.as_bytes());
        Some(mac)
    }
}
