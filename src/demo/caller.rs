//! Who sends a request: the bearer token, read and judged.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::answer::Failure;
use super::token::Claims;
use super::world::{Service, System};

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenProblem {
    Missing,
    Invalid,
    Expired,
    Revoked,
}

impl TokenProblem {
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Invalid => "token_invalid",
            Self::Expired => "token_expired",
            Self::Revoked => "token_revoked",
        }
    }

    /// 401 as RFC 6750, section 3, has it.
    pub fn failure(self) -> Failure {
        let (message, challenge) = match self {
            Self::Missing => ("A bearer token is needed.", "Bearer realm=\"demo\""),
            Self::Invalid => ("The token isn't valid.", "Bearer realm=\"demo\", error=\"invalid_token\""),
            Self::Expired => ("The token has expired.", "Bearer realm=\"demo\", error=\"invalid_token\""),
            Self::Revoked => ("The token was revoked.", "Bearer realm=\"demo\", error=\"invalid_token\""),
        };
        Failure::new(StatusCode::UNAUTHORIZED, self.code(), message).header(header::WWW_AUTHENTICATE, challenge)
    }
}

/// The owner of a good bearer token.
#[derive(Clone, Debug)]
pub(super) struct Caller(pub Claims);

impl Caller {
    /// The key of what belongs to the caller.
    pub fn owner(&self) -> &str {
        &self.0.sub
    }

    pub fn has_role(&self, role: &str) -> bool {
        self.0.roles.iter().any(|own| own == role)
    }

    pub fn may(&self, world: &System, scope: &str) -> bool {
        !world.behaviour().auth.checks_scopes || self.0.scope.split(' ').any(|own| own == scope)
    }

    /// 403 if the token lacks a scope.
    pub fn needs(&self, world: &System, scope: &str) -> Result<(), Failure> {
        if self.may(world, scope) {
            return Ok(());
        }
        let challenge = format!("Bearer realm=\"demo\", error=\"insufficient_scope\", scope=\"{scope}\"");
        let message = format!("The token lacks the scope `{scope}`.");
        let failure = Failure::new(StatusCode::FORBIDDEN, "insufficient_scope", message);
        Err(failure.header(header::WWW_AUTHENTICATE, &challenge))
    }
}

impl FromRequestParts<Service> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Failure> {
        let token = bearer(&parts.headers).ok_or_else(|| TokenProblem::Missing.failure())?;
        judge(&service.world, token).map(Self).map_err(TokenProblem::failure)
    }
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// A token's claims, if it is good at this moment.
pub(super) fn judge(world: &System, token: &str) -> Result<Claims, TokenProblem> {
    let behaviour = world.behaviour();
    let claims = world.accounts.signer.open(token).ok_or(TokenProblem::Invalid)?;
    if behaviour.auth.checks_expiry && claims.exp <= now() {
        return Err(TokenProblem::Expired);
    }
    if behaviour.auth.checks_revocation && world.accounts.is_revoked(&claims) {
        return Err(TokenProblem::Revoked);
    }
    Ok(claims)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    jiff::Timestamp::now().as_second().try_into().unwrap_or_default()
}
