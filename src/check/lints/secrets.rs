use super::super::cx::Cx;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// Parts of names under which secrets go.
const SECRET_NAMES: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "apitoken",
    "sessiontoken",
    "authtoken",
    "bearertoken",
    "credential",
];

/// Names that are one of those alone.
const WHOLE_NAMES: [&str; 3] = ["token", "pwd", "jwt"];

/// Words by which a text says that it is no real secret: it is sent to be refused. Only as words: `badminton22` isn't `bad`.
const HARMLESS: &[&str] = &[
    "wrong",
    "invalid",
    "bad",
    "incorrect",
    "fake",
    "dummy",
    "expired",
    "unknown",
    "not",
    "none",
    "no",
    "example",
    "placeholder",
    "malformed",
    "garbage",
    "short",
    "empty",
    "missing",
    "revoked",
    "disabled",
    "something",
    "no one",
    "nothing",
];

/// Beginnings of the secrets of well-known services.
const PREFIXES: [&str; 10] =
    ["sk_live_", "rk_live_", "ghp_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza", "-----BEGIN"];

const FROM_ENVIRONMENT: &str = "take it from the environment: `NAME = secret(\"VARIABLE\")` there, and `env.NAME` here";

/// A field, argument or value whose name says that it is secret.
pub fn field(cx: &mut Cx<'_>, name: &str, value: Option<&Expr>) {
    let Some((text, span)) = value.and_then(literal) else { return };
    if !is_secret_name(name) || is_harmless(&text) || looks_like_token(&text) {
        return;
    }
    report(cx, span, &format!("the value of `{name}` is written out in the spec"));
}

/// A token or password of `bearer`, `basic` or `digest`: what is written out there is a secret, unless it is marked, or says itself that it is none.
/// `marked` is how one is marked.
pub fn credential(cx: &mut Cx<'_>, value: &Expr, what: &str, marked: &str) {
    let Some((text, span)) = literal(value) else { return };
    // Of what looks like a token the text itself was reported.
    if is_harmless(&text) || looks_like_token(&text) {
        return;
    }
    let help = format!(
        "{FROM_ENVIRONMENT}; one that is meant to be refused is marked: `{marked}\"{}\"`",
        text.replace('"', "\\\"")
    );
    cx.report(
        Diagnostic::warning(&codes::SECRET_IN_CLEAR, span, format!("a {what} is written out in the spec"))
            .with_help(help),
    );
}

/// What a secret is when its variable isn't set.
pub fn default(cx: &mut Cx<'_>, value: &Expr) {
    let Some((text, span)) = literal(value) else { return };
    if !is_harmless(&text) && !looks_like_token(&text) {
        report(cx, span, "a secret is written out in the spec");
    }
}

/// A cookie that proves who asks: by its name, or as long as such are.
pub fn cookie(cx: &mut Cx<'_>, name: &str, value: &Expr) {
    const LONG: usize = 16;
    let Some((text, span)) = literal(value) else { return };
    let named =
        is_secret_name(name) || ["sid", "session", "sessionid", "auth", "jsessionid"].contains(&plain(name).as_str());
    let secret = named || text.chars().count() >= LONG && !text.contains(' ');
    if secret && !is_harmless(&text) && !looks_like_token(&text) {
        report(cx, span, &format!("the cookie `{name}` holds a secret that is written out in the spec"));
    }
}

pub fn header(cx: &mut Cx<'_>, name: &str, value: &Expr) {
    let plain = plain(name);
    let secret = ["authorization", "proxyauthorization", "cookie"].contains(&plain.as_str()) || is_secret_name(name);
    let Some((text, span)) = literal(value) else { return };
    let meant = |token: &str| !token.is_empty() && !is_harmless(token) && !looks_like_token(token);
    // `name=value; name=value`, `Bearer TOKEN`
    let found = match plain.as_str() {
        "cookie" => text.split(';').any(|pair| meant(pair.split_once('=').map_or(pair, |(_, value)| value).trim())),
        _ => meant(text.trim().rsplit(' ').next().unwrap_or_default()),
    };
    if secret && found {
        report(cx, span, &format!("the header `{name}` holds a secret that is written out in the spec"));
    }
}

/// Any text that looks like a token: a JWT, or a key of a well-known service.
pub fn text(cx: &mut Cx<'_>, text: &str, span: Span) {
    if text.split_whitespace().any(looks_like_token) {
        report(cx, span, "this looks like a real token");
    }
}

pub(super) fn report(cx: &mut Cx<'_>, span: Span, message: &str) {
    cx.report(
        Diagnostic::warning(&codes::SECRET_IN_CLEAR, span, message).with_help(format!(
            "{FROM_ENVIRONMENT}; a value that is meant to be refused says so, as `bearer invalid \"…\"` does, or in words: `\"wrong-password\"`"
        )),
    );
}

fn literal(value: &Expr) -> Option<(String, Span)> {
    match &value.kind {
        ExprKind::String(template) => {
            let text = template.as_text()?;
            (!text.trim().is_empty()).then_some((text, template.span))
        }
        _ => None,
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

pub(super) fn is_secret_name(name: &str) -> bool {
    let plain = plain(name);
    WHOLE_NAMES.contains(&plain.as_str()) || SECRET_NAMES.iter().any(|known| plain.ends_with(known))
}

pub(super) fn is_harmless(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    let placeholder = text.starts_with('<') && text.ends_with('>') || text.chars().all(|c| c == '*');
    placeholder || words.any(|word| HARMLESS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

pub(super) fn looks_like_token(text: &str) -> bool {
    const SHORTEST: usize = 16;
    if PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && text.len() >= SHORTEST {
        return !is_harmless(text);
    }
    // A JWT: three parts of base64url, of which the first two are JSON objects.
    let mut parts = text.split('.');
    let (Some(head), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_part = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    head.starts_with("eyJ")
        && claims.starts_with("eyJ")
        && signature.len() >= SHORTEST
        && [head, claims, signature].into_iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_of_secrets_are_known() {
        assert!(is_secret_name("X-Api-Key") && is_secret_name("client_secret") && is_secret_name("token"));
        assert!(!is_secret_name("token_type") && !is_secret_name("title"));
        assert!(
            !is_harmless("a-long-password") && !is_harmless("p") && is_harmless("WRONG1") && !is_harmless("hunter22")
        );
        assert!(!is_harmless("badminton22") && !is_harmless("Notting4Hill") && is_harmless("<token>"));
        assert!(looks_like_token("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"));
        assert!(!looks_like_token("a.b.c") && !looks_like_token("eyJ.eyJ.x"));
        assert!(looks_like_token("ghp_0123456789abcdef0123"));
    }
}
