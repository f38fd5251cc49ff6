//! Expressions and subjects: what they are worth, given the names in scope and the response or frame that is looked at. Pure: the
//! time, random numbers and credentials come in through [`Host`].

mod bounded;
mod cookie;
mod expr;
mod fault;
mod focus;
mod ground;
mod markup;
mod refusal;
mod root;
mod scope;
mod show;
mod subject;
mod taint;
mod unread;
mod unsuitable;
mod url;

pub(crate) use crate::value::json_equal;
pub use crate::value::{compare, equal};
pub use expr::evaluate;
pub use fault::Fault;
pub use focus::{Focus, Parsed};
pub use ground::{Baseless, Ground};
pub use refusal::{explained, near_field};
pub use scope::Scope;
pub use show::{show, show_json};
pub(crate) use subject::unreadable;
pub use subject::{Found, bound, find, locate};

pub use unread::Unread;
pub use url::url;

use crate::plan::{CredentialId, Plan};
use crate::value::{Function, SecretSink, Value};

/// What an expression may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub plan: &'a Plan,
    pub scope: &'a Scope,
    pub focus: Focus<'a>,
    pub host: &'a dyn Host,
}

/// What comes from outside: the run gives the real thing, a replay what was recorded.
pub trait Host: Sync {
    fn now(&self) -> jiff::Timestamp;
    /// A random number, evenly from all of `u64`.
    fn random(&self) -> u64;
    /// A credential that has been obtained.
    fn credential(&self, id: CredentialId) -> Option<Value>;
    /// Whether no one waits for the result any more: long work is given up then. Asked at the heads of loops over what a server sent.
    fn is_over(&self) -> bool {
        false
    }
    /// Takes note of what a function gave of a secret.
    fn computed(&self, _function: Function, _args: &[Value], _result: &Value) {}
    /// Takes note of what a text with secrets in it is made of: where each part of it ends, and whether that is a secret.
    fn composed(&self, _text: &str, _parts: &[(usize, bool)]) {}
    /// What a function gave when it was recorded, where that isn't to be calculated: the secrets themselves weren't recorded. `secret` when it is of
    /// what is a secret now.
    fn recall(&self, _function: Function, _args: &[Value], _secret: bool) -> Option<Value> {
        None
    }
    /// Who learns what is computed from secrets, and knows them; `None` where nothing is shown.
    fn secrets(&self) -> Option<&dyn SecretSink>;
}

/// Whether a value is a secret, or holds one.
pub(crate) fn is_secret(value: &Value, context: &Context<'_>) -> bool {
    taint::is_secret(value, context)
}

/// A value that was computed from another one: a secret if that is one.
pub(crate) fn computed_from(source: &Value, value: Value, context: &Context<'_>) -> Value {
    if taint::is_secret(source, context) { taint::computed(value, context) } else { value }
}
