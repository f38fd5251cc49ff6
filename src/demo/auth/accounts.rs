//! Users, refresh tokens and what was revoked.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use indexmap::IndexMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::behaviour::{Auth, Refresh};
use super::super::caller::now;
use super::super::token::{Claims, ISSUER, Signer};
use super::super::world::lock;
use super::{ADA_PASSWORD, ADMIN_PASSWORD, CLIENT_ID, GRACE_PASSWORD, LINUS_PASSWORD};

/// What a user's token may do.
pub(super) const USER_SCOPE: &str = "threads:read threads:write agents:run";
/// The life of an access token, in seconds.
pub(super) const LIFETIME: u64 = 900;
/// The most that each of the tables holds. Above it they start again: a demo is bounded, whatever it is sent.
const MOST: usize = 100_000;

#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: String,
    pub name: String,
    pub team: String,
    pub roles: Vec<String>,
    pub password: String,
    pub disabled: bool,
}

impl User {
    pub fn shown(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "team": self.team, "roles": self.roles })
    }
}

/// An access token and what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub access_token: String,
    pub expires_in: u64,
    pub refresh_token: String,
    pub user: User,
}

#[derive(Clone, Debug)]
struct RefreshToken {
    family: String,
    user: String,
    used: bool,
}

#[derive(Debug)]
struct Tables {
    users: IndexMap<String, User>,
    refresh: HashMap<String, RefreshToken>,
    ended_families: HashSet<String>,
    revoked: HashSet<String>,
}

/// Why a refresh token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshProblem {
    Unknown,
    Reused,
}

#[derive(Debug)]
pub(in crate::demo) struct Accounts {
    pub signer: Signer,
    tables: Mutex<Tables>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { signer: Signer::new(), tables: Mutex::new(Tables::new()) }
    }
}

impl Tables {
    fn new() -> Self {
        let users = [
            ("ada", ADA_PASSWORD, "analytics", "user", false),
            ("grace", GRACE_PASSWORD, "compilers", "user", false),
            ("linus", LINUS_PASSWORD, "kernel", "user", false),
            ("admin", ADMIN_PASSWORD, "operations", "user admin", false),
            ("mallory", "mallory-is-disabled", "kernel", "user", true),
        ];
        let users = users.into_iter().map(|(name, password, team, roles, disabled)| User {
            id: Uuid::new_v4().to_string(),
            name: name.into(),
            team: team.into(),
            roles: roles.split(' ').map(str::to_owned).collect(),
            password: password.into(),
            disabled,
        });
        Self {
            users: users.map(|user| (user.name.clone(), user)).collect(),
            refresh: HashMap::new(),
            ended_families: HashSet::new(),
            revoked: HashSet::new(),
        }
    }

    fn bound(&mut self) {
        if self.refresh.len() >= MOST {
            self.refresh.clear();
        }
        if self.ended_families.len() >= MOST {
            self.ended_families.clear();
        }
        if self.revoked.len() >= MOST {
            self.revoked.clear();
        }
    }
}

impl Accounts {
    pub fn reset(&self) {
        *lock(&self.tables) = Tables::new();
    }

    pub fn list(&self) -> Vec<Value> {
        lock(&self.tables).users.values().map(User::shown).collect()
    }

    pub(super) fn user(&self, name: &str) -> Option<User> {
        lock(&self.tables).users.get(name).cloned()
    }

    /// Adds a user; none if the name is taken or the table is full.
    pub(super) fn register(&self, name: &str, password: &str, team: &str) -> Option<User> {
        let mut tables = lock(&self.tables);
        if tables.users.contains_key(name) || tables.users.len() >= MOST {
            return None;
        }
        let user = User {
            id: Uuid::new_v4().to_string(),
            name: name.into(),
            team: team.into(),
            roles: vec!["user".into()],
            password: password.into(),
            disabled: false,
        };
        tables.users.insert(name.to_owned(), user.clone());
        Some(user)
    }

    /// Begins a new family of tokens.
    pub(super) fn grant(&self, user: User, lifetime: u64, auth: &Auth) -> Grant {
        self.grant_in(Uuid::new_v4().to_string(), user, lifetime, auth)
    }

    fn grant_in(&self, family: String, user: User, lifetime: u64, auth: &Auth) -> Grant {
        let claims = claims(&user.id, &user.name, &user.team, user.roles.clone(), USER_SCOPE, lifetime, &family, auth);
        let refresh_token = Uuid::new_v4().simple().to_string();
        let mut tables = lock(&self.tables);
        tables.bound();
        tables.refresh.insert(refresh_token.clone(), RefreshToken { family, user: user.name.clone(), used: false });
        Grant { access_token: self.signer.sign(&claims), expires_in: lifetime, refresh_token, user }
    }

    pub(super) fn refresh(&self, token: &str, auth: &Auth) -> Result<Grant, RefreshProblem> {
        let mut tables = lock(&self.tables);
        let entry = tables.refresh.get_mut(token).ok_or(RefreshProblem::Unknown)?;
        let (family, name, used) = (entry.family.clone(), entry.user.clone(), entry.used);
        entry.used = true;
        if auth.refresh == Refresh::Refused || tables.ended_families.contains(&family) && !used {
            return Err(RefreshProblem::Unknown);
        }
        if used && auth.refresh != Refresh::AllowsReuse {
            tables.ended_families.insert(family);
            return Err(RefreshProblem::Reused);
        }
        let user = tables.users.get(&name).cloned().ok_or(RefreshProblem::Unknown)?;
        drop(tables);
        Ok(self.grant_in(family, user, LIFETIME, auth))
    }

    /// A token of the OAuth2 client, with no refresh token (RFC 6749, section 4.4.3).
    pub(super) fn grant_client(&self, scope: &str, auth: &Auth) -> String {
        let family = Uuid::new_v4().to_string();
        let subject = format!("client:{CLIENT_ID}");
        self.signer.sign(&claims(&subject, CLIENT_ID, "clients", Vec::new(), scope, LIFETIME, &family, auth))
    }

    /// Ends an access token and all that descends from the same login.
    pub(super) fn end(&self, claims: &Claims) {
        let mut tables = lock(&self.tables);
        tables.bound();
        tables.revoked.insert(claims.jti.clone());
        tables.ended_families.insert(claims.family.clone());
    }

    /// Ends the family of a refresh token, if there is such a token.
    pub(super) fn end_refresh(&self, token: &str) {
        let mut tables = lock(&self.tables);
        if let Some(family) = tables.refresh.get(token).map(|entry| entry.family.clone()) {
            tables.ended_families.insert(family);
        }
    }

    pub fn is_revoked(&self, claims: &Claims) -> bool {
        lock(&self.tables).revoked.contains(&claims.jti)
    }
}

#[expect(clippy::too_many_arguments, reason = "one for each claim that differs")]
fn claims(
    subject: &str,
    name: &str,
    team: &str,
    roles: Vec<String>,
    scope: &str,
    lifetime: u64,
    family: &str,
    auth: &Auth,
) -> Claims {
    let iat = now();
    Claims {
        iss: ISSUER.into(),
        sub: subject.into(),
        name: name.into(),
        team: team.into(),
        roles,
        scope: scope.into(),
        iat,
        exp: iat + auth.longest_token_life.map_or(lifetime, |most| most.min(lifetime)),
        jti: Uuid::new_v4().to_string(),
        family: family.into(),
    }
}
