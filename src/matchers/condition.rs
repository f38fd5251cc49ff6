use super::apply;
use crate::diag::codes;
use crate::eval::{Context, Fault, Found, find};
use crate::plan::{Condition, ConditionKind, Matcher};

/// What a condition says, by the logic of three values (Kleene): what can't be known of a part decides only where another part doesn't already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Holds,
    Fails,
    /// It asks about what isn't there, or about what the question can't be asked of: neither it nor its contrary is true.
    Unknown,
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Truth::Holds => Truth::Fails,
            Truth::Fails => Truth::Holds,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

/// Whether a condition selects something: only what is known to fulfil it.
///
/// # Errors
/// An operand has no value.
pub fn selects(condition: &Condition, context: &Context<'_>) -> Result<bool, Fault> {
    Ok(truth(condition, context)? == Truth::Holds)
}

/// Whether a condition holds. Of a path that finds nothing, and of a frame that isn't JSON, nothing is known.
///
/// # Errors
/// An operand has no value.
pub fn truth(condition: &Condition, context: &Context<'_>) -> Result<Truth, Fault> {
    match &condition.kind {
        ConditionKind::And(all) => joined(all, Truth::Fails, context),
        ConditionKind::Or(any) => joined(any, Truth::Holds, context),
        ConditionKind::Not(inner) => truth(inner, context).map(|truth| !truth),
        ConditionKind::Test(subject, matcher) => match find(subject, context) {
            Ok(found) => test(matcher, &found, context),
            Err(fault) if *fault.code == codes::NOT_JSON || *fault.code == codes::NO_SUCH_PART => Ok(Truth::Unknown),
            Err(fault) => Err(fault),
        },
    }
}

/// Parts of which one that is `decisive` decides, whatever the others say.
fn joined(parts: &[Condition], decisive: Truth, context: &Context<'_>) -> Result<Truth, Fault> {
    let mut known = true;
    for part in parts {
        let truth = truth(part, context)?;
        if truth == decisive {
            return Ok(decisive);
        }
        known &= truth != Truth::Unknown;
    }
    Ok(if known { !decisive } else { Truth::Unknown })
}

fn test(matcher: &Matcher, found: &Found, context: &Context<'_>) -> Result<Truth, Fault> {
    let verdict = apply(matcher, found, context)?;
    let Err(mismatch) = verdict else { return Ok(Truth::Holds) };
    // Only `exists` asks about an absence.
    let absent = found.values.is_empty() && !found.plural && !matcher.kind.asks_of_absence();
    Ok(if absent || mismatch.is_undecided() { Truth::Unknown } else { Truth::Fails })
}
