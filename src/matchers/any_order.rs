use std::collections::HashMap;

use super::{Comparison, Kind, Mismatch};
use crate::eval::{Context, equal, evaluate, show};
use crate::plan::Expr;
use crate::value::{Json, PathStep, Value, effort};

/// `equals in any order […]`: each element of one list is that of the other, as often.
pub(super) fn equals(value: &Value, operand: &Expr, context: &Context<'_>) -> Comparison {
    let expected = evaluate(operand, context)?;
    let (Some(items), Some(wanted)) = (value.elements(), expected.elements()) else {
        let kinds = (value.kind(), expected.kind());
        let text = format!("is {} ({}), expected a list like {} ({})", show(value), kinds.0, show(&expected), kinds.1);
        return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
    };
    Ok(paired(&items, &wanted).map_err(|unpaired| {
        let expected = show(&expected);
        match unpaired {
            Unpaired::Item(at, item) => {
                let text = format!("holds {} (at {at}) more often than {expected}", show(item));
                Box::new(Mismatch { path: vec![PathStep::Index(at)], ..*Mismatch::of(Kind::Element, text) })
            }
            Unpaired::Wanted(one) => {
                Mismatch::of(Kind::Element, format!("holds {} less often than {expected}", show(one)))
            }
            Unpaired::Unknown => Mismatch::given_up(),
        }
    }))
}

enum Unpaired<'v> {
    Item(usize, &'v Value),
    Wanted(&'v Value),
    /// No one waits for it any more.
    Unknown,
}

/// Equality goes over from one to the other, so that whichever equal elements are paired, the same are left.
fn paired<'v>(items: &'v [Value], wanted: &'v [Value]) -> Result<(), Unpaired<'v>> {
    // What isn't JSON may equal what is: only JSON is looked up by a number of its own.
    let are_json = items.iter().chain(wanted).all(|one| one.as_json().is_some());
    let number = |one: &Value| one.as_json().filter(|_| are_json).map_or(0, Json::fingerprint);
    let mut left: HashMap<u64, Vec<&Value>> = HashMap::new();
    for one in wanted {
        left.entry(number(one)).or_default().push(one);
    }
    for (at, item) in items.iter().enumerate() {
        let same = left.get_mut(&number(item)).ok_or(Unpaired::Item(at, item))?;
        if effort::is_vain(1 + same.len()) {
            return Err(Unpaired::Unknown);
        }
        let found = same.iter().position(|one| equal(item, one)).ok_or(Unpaired::Item(at, item))?;
        same.swap_remove(found);
    }
    // In the order in which they were written.
    let is_left =
        |one: &&Value| left.get(&number(one)).is_some_and(|left| left.iter().any(|of| std::ptr::eq(*of, *one)));
    wanted.iter().find(is_left).map_or(Ok(()), |one| Err(Unpaired::Wanted(one)))
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_are_equal_in_any_order_if_they_are_once_sorted(
            a in prop::collection::vec(-2i64..3, 0..7),
            b in prop::collection::vec(-2i64..3, 0..7),
        ) {
            let values = |list: &[i64]| list.iter().map(|one| Value::from(json!(*one))).collect::<Vec<_>>();
            let sorted = |list: &[i64]| { let mut list = list.to_vec(); list.sort_unstable(); list };
            prop_assert_eq!(paired(&values(&a), &values(&b)).is_ok(), sorted(&a) == sorted(&b));
            prop_assert!(paired(&values(&a), &values(&sorted(&a))).is_ok());
        }
    }

    #[test]
    fn what_is_equal_though_it_is_of_another_kind_is_paired() {
        let size = Value::Size(1000);
        let number = Value::from(json!(1000.0));
        let one = Value::from(json!({"a": 1, "b": [1]}));
        let same = Value::from(json!({"b": [1.0], "a": 1}));
        assert!(paired(&[size.clone(), one.clone()], &[same.clone(), number]).is_ok());
        assert!(paired(&[one], &[same]).is_ok());
        assert!(paired(&[size.clone(), size.clone()], &[size]).is_err());
    }
}
