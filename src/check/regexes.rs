use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::syntax::ast::RegexLit;
use crate::value::{Regex, RegexError};

/// How many regexes are remembered, and how long those may be.
const MOST: usize = 4_096;
const LONGEST: usize = 1_024;

/// What is known of the regexes of all files. Compiling one may cost more than all else of a file's check, and many files have the same ones.
#[derive(Debug, Default)]
pub(super) struct Regexes(Mutex<HashMap<(String, String), Known>>);

/// Whether a regex matches everything.
pub(super) type Known = Result<bool, RegexError>;

impl Regexes {
    /// Whether no more are remembered.
    pub fn is_full(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() >= MOST
    }

    /// # Errors
    /// Those of [`Regex::compile`].
    pub fn known(&self, literal: &RegexLit) -> Known {
        let key = (literal.pattern.clone(), literal.flags.clone());
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        // Without the lock: another thread that compiles the same meanwhile does no harm.
        let known = Regex::examine(&key.0, &key.1);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MOST && key.0.len() + key.1.len() <= LONGEST {
            all.insert(key, known.clone());
        }
        known
    }
}
