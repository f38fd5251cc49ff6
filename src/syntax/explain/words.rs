use pest::error::Error;

use super::positives;
use crate::syntax::grammar::Rule;

/// What could have stood there, as part of a sentence.
pub fn expected(error: &Error<Rule>) -> String {
    let _ = positives(error);
    "something else".to_owned()
}
