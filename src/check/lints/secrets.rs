use super::super::cx::Cx;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// Parts of names under which secrets go.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearertoken",
    "credential",
];

/// Names that are one of those alone.
const WHOLE_NAMES: [&str; 3] = ["token", "pwd", "jwt"];

/// Words by which a text says that it is no real secret: it is sent to be refused.
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
    "no-",
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
    "***",
    "<",
];

/// Beginnings of the secrets of well-known services.
const PREFIXES: [&str; 10] =
    ["sk_live_", "rk_live_", "ghp_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza", "-----BEGIN"];

/// A field, argument or value whose name says that it is secret.
pub fn field(cx: &mut Cx<'_>, name: &str, value: Option<&Expr>) {
    let Some((text, span)) = value.and_then(literal) else { return };
    if !is_secret_name(name) || is_harmless(&text) || looks_like_token(&text) {
        return;
    }
    report(cx, span, &format!("the value of `{name}` is written out in the spec"));
}

/// A token or password of `bearer`, `basic` or `digest`.
pub fn credential(cx: &mut Cx<'_>, value: &Expr, what: &str) {
    let Some((text, span)) = literal(value) else { return };
    if is_harmless(&text) || looks_like_token(&text) {
        return;
    }
    report(cx, span, &format!("a {what} is written out in the spec"));
}

pub fn header(cx: &mut Cx<'_>, name: &str, value: &Expr) {
    let plain = plain(name);
    let secret = plain == "authorization" || plain == "cookie" || is_secret_name(name);
    let Some((text, span)) = literal(value) else { return };
    let token = text.rsplit(' ').next().unwrap_or_default();
    if secret && !is_harmless(&text) && !looks_like_token(token) {
        report(cx, span, &format!("the header `{name}` holds a secret that is written out in the spec"));
    }
}

/// Any text that looks like a token: a JWT, or a key of a well-known service.
pub fn text(cx: &mut Cx<'_>, text: &str, span: Span) {
    if text.split_whitespace().any(looks_like_token) {
        report(cx, span, "this looks like a real token");
    }
}

pub fn in_url(cx: &mut Cx<'_>, span: Span) {
    report(cx, span, "a password stands in this URL");
}

fn report(cx: &mut Cx<'_>, span: Span, message: &str) {
    cx.report(
        Diagnostic::warning(&codes::SECRET_IN_CLEAR, span, message)
            .with_help("take it from the environment: `NAME = secret(\"VARIABLE\")` there, and `env.NAME` here; a value that is meant to be refused says so: `\"wrong-password\"`"),
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

fn is_secret_name(name: &str) -> bool {
    let plain = plain(name);
    WHOLE_NAMES.contains(&plain.as_str()) || SECRET_NAMES.iter().any(|known| plain.ends_with(known))
}

fn is_harmless(text: &str) -> bool {
    const SHORTEST: usize = 4;
    let lower = text.to_ascii_lowercase();
    text.chars().count() < SHORTEST || HARMLESS.iter().any(|word| lower.contains(word)) || is_phrase(text)
}

/// Plain words joined by `-` or spaces: a text that a person made up for the spec.
fn is_phrase(text: &str) -> bool {
    let mut words = text.split(['-', ' ', '_', '.']);
    text.contains(['-', ' ', '_', '.'])
        && words.all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()))
}

fn looks_like_token(text: &str) -> bool {
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
        assert!(is_harmless("a-long-password") && is_harmless("WRONG1") && !is_harmless("hunter22"));
        assert!(looks_like_token("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r"));
        assert!(!looks_like_token("a.b.c") && !looks_like_token("eyJ.eyJ.x"));
        assert!(looks_like_token("ghp_0123456789abcdef0123"));
    }
}
