use super::apply;
use crate::diag::codes;
use crate::eval::{Context, Fault, find};
use crate::plan::{Condition, ConditionKind};

/// Whether a condition holds. A path that finds nothing, and a frame that isn't JSON, make it false: a condition selects, it doesn't
/// judge.
///
/// # Errors
/// An operand has no value.
pub fn condition(condition: &Condition, context: &Context<'_>) -> Result<bool, Fault> {
    match &condition.kind {
        ConditionKind::And(all) => {
            for inner in all {
                if !self::condition(inner, context)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        ConditionKind::Or(any) => {
            for inner in any {
                if self::condition(inner, context)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        ConditionKind::Not(inner) => self::condition(inner, context).map(|holds| !holds),
        ConditionKind::Test(subject, matcher) => match find(subject, context) {
            Ok(found) => apply(matcher, &found, context).map(|verdict| verdict.is_ok()),
            Err(fault) if *fault.code == codes::NOT_JSON || *fault.code == codes::NO_SUCH_PART => Ok(false),
            Err(fault) => Err(fault),
        },
    }
}
