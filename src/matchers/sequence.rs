use std::borrow::Cow;
use std::collections::HashMap;

use super::{Comparison, Kind, Mismatch};
use crate::eval::{Context, compare, equal, evaluate, show};
use crate::plan::Expr;
use crate::value::{Json, JsonPath, PathStep, Value, effort};

pub(super) fn is_empty(value: &Value, text: Option<&str>) -> Result<(), Box<Mismatch>> {
    match text.map(|text| text.len() as u64).or_else(|| value.length()) {
        Some(0) => Ok(()),
        Some(_) => Err(Mismatch::new(format!("is {}, expected it to be empty", show(value)))),
        None => Err(unsuitable(value, "can't be empty")),
    }
}

pub(super) fn has_length(value: &Value, operand: &Expr, context: &Context<'_>) -> Comparison {
    let expected = evaluate(operand, context)?;
    let Some(length) = value.length() else { return Ok(Err(unsuitable(value, "has no length"))) };
    let actual = Value::from(crate::value::Json::from(length));
    if equal(&actual, &expected) {
        return Ok(Ok(()));
    }
    Ok(Err(Mismatch::new(format!("has the length {length}, expected {}", show(&expected)))))
}

pub(super) fn is_unique(value: &Value) -> Result<(), Box<Mismatch>> {
    let Some(items) = json_elements(value) else { return Err(unsuitable(value, "isn't a list")) };
    if items.is_empty() {
        return Err(Mismatch::of_nothing("has no elements, expected them to be unique"));
    }
    // By a number of each: lists may have millions of elements, whose texts would take more than the list.
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(items.len());
    // Those that have the number of another one, and are worth something else.
    let mut others: Vec<usize> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if effort::is_vain(1 + others.len()) {
            return Err(Mismatch::given_up());
        }
        let known = *seen.entry(item.fingerprint()).or_insert(index);
        if known == index {
            continue;
        }
        let same = |at: &usize| items.get(*at).is_some_and(|other| other == item);
        if let Some(first) = Some(known).filter(same).or_else(|| others.iter().copied().find(same)) {
            let shown = show(&Value::from(item.clone()));
            let mut mismatch = Mismatch::of(
                Kind::Element,
                format!("holds {shown} twice, at {first} and at {index}, expected each only once"),
            );
            mismatch.path = vec![PathStep::Index(index)];
            return Err(mismatch);
        }
        others.push(index);
    }
    Ok(())
}

/// The elements as JSON, copied only where they aren't.
fn json_elements(value: &Value) -> Option<Cow<'_, [Json]>> {
    match value {
        Value::List(values) => Some(values.iter().map(Value::to_json).collect()),
        Value::Json(json) => json.as_array().map(Cow::Borrowed),
        _ => None,
    }
}

pub(super) fn is_sorted(value: &Value, by: Option<&JsonPath>, descending: bool) -> Result<(), Box<Mismatch>> {
    let Some(items) = value.elements() else { return Err(unsuitable(value, "isn't a list")) };
    if items.is_empty() {
        return Err(Mismatch::of_nothing("has no elements, expected them to be sorted"));
    }
    let mut keys = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if effort::is_vain(1) {
            return Err(Mismatch::given_up());
        }
        let key = match by {
            None => Some(item.clone()),
            Some(path) => path.select(&item.to_json()).first().map(|key| Value::from((*key).clone())),
        };
        let Some(key) = key else {
            let path = by.map(JsonPath::as_str).unwrap_or_default();
            let mut mismatch =
                Mismatch::of(Kind::Element, format!("has no `{path}` at {index}, by which it is to be sorted"));
            mismatch.undecided = true;
            mismatch.path = vec![PathStep::Index(index)];
            return Err(mismatch);
        };
        keys.push(key);
    }
    for (index, pair) in keys.windows(2).enumerate() {
        if effort::is_vain(1) {
            return Err(Mismatch::given_up());
        }
        let order = compare(&pair[0], &pair[1]);
        let wrong = match order {
            Some(order) => {
                if descending {
                    order.is_lt()
                } else {
                    order.is_gt()
                }
            }
            None => {
                let text = format!("holds {} and {}, which can't be ordered", show(&pair[0]), show(&pair[1]));
                return Err(Mismatch::of(Kind::Unsuitable, text));
            }
        };
        if wrong {
            let direction = if descending { "descending" } else { "ascending" };
            let text = format!(
                "isn't sorted: {} is before {} (at {index}), expected {direction}",
                show(&pair[0]),
                show(&pair[1])
            );
            let mut mismatch = Mismatch::of(Kind::Element, text);
            mismatch.path = vec![PathStep::Index(index + 1)];
            return Err(mismatch);
        }
    }
    Ok(())
}

fn unsuitable(value: &Value, why: &str) -> Box<Mismatch> {
    Mismatch::of(Kind::Unsuitable, format!("is {} ({}), which {why}", show(value), value.kind()))
}

#[cfg(test)]
mod tests {
    use crate::value::test_json as json;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorted_and_unique_agree_with_a_simple_oracle(list in prop::collection::vec(-3i64..4, 0..8)) {
            let value = Value::from(json!(list));
            prop_assert_eq!(is_sorted(&value, None, false).is_ok(), !list.is_empty() && list.is_sorted());
            prop_assert_eq!(is_sorted(&value, None, true).is_ok(), !list.is_empty() && list.iter().rev().is_sorted());
            let set: std::collections::HashSet<_> = list.iter().collect();
            prop_assert_eq!(is_unique(&value).is_ok(), !list.is_empty() && set.len() == list.len());
        }
    }

    #[test]
    fn numbers_that_are_equal_are_the_same_element() {
        assert!(is_unique(&Value::from(json!([1, 1.0]))).is_err());
        assert!(is_unique(&Value::from(json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}]))).is_err());
        assert!(is_unique(&Value::from(json!(["1", 1]))).is_ok());
    }
}
