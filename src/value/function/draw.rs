//! What chance gives within what the arguments ask for. `draw` gives 64 random bits; the same ones give the same value.

use super::{ArgumentFault, wrong};
use crate::value::{Json, JsonNumber, Value, compare};

/// How many characters may be drawn at once: 1 MiB of them.
const MOST_CHARACTERS: u64 = 1 << 20;

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX_DIGITS: &[u8] = b"0123456789abcdef";

type Drawn = Result<Value, ArgumentFault>;

/// From 0 to below `count`. Of 2^64 draws, each result has its share but for one at most.
fn below(count: u128, draw: &dyn Fn() -> u64) -> u128 {
    (u128::from(draw()) * count) >> 64
}

pub(super) fn uuid(_: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    let random = u128::from(draw()) << 64 | u128::from(draw());
    let uuid = uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid();
    Ok(Value::from(uuid.to_string().as_str()))
}

pub(super) fn random_int(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    let whole = |at: usize| {
        let message = || format!("{} isn't a whole number of 64 bits", args[at].to_text());
        args[at]
            .as_json()
            .and_then(Json::as_i64)
            .ok_or_else(|| wrong(at, message(), "write for example `random_int(1, 6)`"))
    };
    let (from, to) = (whole(0)?, whole(1)?);
    if from > to {
        return Err(reversed(args));
    }
    let count = (i128::from(to) - i128::from(from) + 1) as u128;
    Ok(Value::from(Json::from((i128::from(from) + below(count, draw) as i128) as i64)))
}

/// 53 random bits between two numbers, the greater one left out; of two equal ones that one.
pub(super) fn random_float(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    let bound = |at: usize| {
        let message = || format!("{} isn't within the range of floating-point numbers", args[at].to_text());
        args[at]
            .as_json()
            .and_then(Json::as_f64)
            .ok_or_else(|| wrong(at, message(), "write for example `random_float(0, 1)`"))
    };
    let (from, to) = (bound(0)?, bound(1)?);
    let order = compare(&args[0], &args[1]);
    if order.is_some_and(std::cmp::Ordering::is_gt) {
        return Err(reversed(args));
    }
    const STEPS: f64 = (1_u64 << 53) as f64;
    let share = (draw() >> 11) as f64 / STEPS;
    // A difference of the bounds could be infinite.
    let drawn = JsonNumber::from_f64(from * (1.0 - share) + to * share).map(|drawn| Value::from(Json::Number(drawn)));
    // Rounding may lead out of bounds that are close to each other, or have more digits than a floating-point number.
    let is_within = |drawn: &Value| {
        compare(&args[0], drawn).is_some_and(std::cmp::Ordering::is_le)
            && compare(drawn, &args[1]).is_some_and(std::cmp::Ordering::is_lt)
    };
    Ok(drawn.filter(is_within).unwrap_or_else(|| args[0].clone()))
}

fn reversed(args: &[Value]) -> ArgumentFault {
    let message = format!("no number lies between {} and {}", args[0].to_text(), args[1].to_text());
    ArgumentFault { argument: None, message, help: "give the smaller bound first" }
}

pub(super) fn random_bool(_: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    Ok(Value::from(draw() >> 63 == 1))
}

pub(super) fn random_text(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    characters(&args[0], LETTERS_AND_DIGITS, draw)
}

pub(super) fn random_hex(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    characters(&args[0], HEX_DIGITS, draw)
}

fn characters(count: &Value, alphabet: &[u8], draw: &dyn Fn() -> u64) -> Drawn {
    let asked = count.as_json().and_then(Json::as_u64).filter(|asked| (1..=MOST_CHARACTERS).contains(asked));
    let asked = asked.ok_or_else(|| {
        let message = format!("{} isn't a whole number from 1 to {MOST_CHARACTERS}", count.to_text());
        wrong(0, message, "give how many characters to draw, as in `random_text(12)`")
    })?;
    let drawn: String =
        (0..asked).map(|_| char::from(alphabet[below(alphabet.len() as u128, draw) as usize])).collect();
    Ok(Value::from(drawn.as_str()))
}

pub(super) fn one_of(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    let count = args[0].count().unwrap_or_default();
    let drawn = (count > 0).then(|| below(count as u128, draw) as usize).and_then(|at| args[0].element(at));
    drawn.ok_or_else(|| wrong(0, "this list is empty, so there is none of it to choose", "give it an element at least"))
}

/// Fisher and Yates, as Durstenfeld wrote it (CACM 7, 1964): every order is as likely as another.
pub(super) fn shuffled(args: &[Value], draw: &dyn Fn() -> u64) -> Drawn {
    let mut items = args[0].elements().unwrap_or_default();
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u128 + 1, draw) as usize);
    }
    Ok(Value::list(items))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::value::{Draws, Function};

    fn number(text: &str) -> Value {
        Value::from(Json::parse(text).unwrap())
    }

    fn list(of: &[i64]) -> Value {
        Value::from(Json::from(of.to_vec()))
    }

    fn given(function: Function, args: &[Value], seed: u64) -> Result<Value, String> {
        let draws = Draws::new(seed);
        function.drawn(args, &|| draws.draw()).unwrap().map_err(|fault| fault.message)
    }

    proptest! {
        #[test]
        fn a_float_lies_within_its_bounds(a in any::<f64>(), b in any::<f64>(), seed: u64) {
            prop_assume!(a.is_finite() && b.is_finite());
            let (least, most) = (a.min(b), a.max(b));
            let args = [least, most].map(|bound| Value::from(Json::Number(JsonNumber::from_f64(bound).unwrap())));
            let drawn = given(Function::RandomFloat, &args, seed).unwrap().as_json().unwrap().as_f64().unwrap();
            prop_assert!(least <= drawn && (drawn < most || least == most), "{least} {drawn} {most}");
        }

        #[test]
        fn a_whole_number_lies_within_its_bounds(a: i64, b: i64, seed: u64) {
            let (least, most) = (a.min(b), a.max(b));
            let drawn = given(Function::RandomInt, &[number(&least.to_string()), number(&most.to_string())], seed);
            let drawn = drawn.unwrap().as_json().unwrap().as_i64().unwrap();
            prop_assert!((least..=most).contains(&drawn));
        }

        #[test]
        fn texts_have_their_length_and_alphabet(count in 1..200_usize, seed: u64) {
            for (function, alphabet) in
                [(Function::RandomText, LETTERS_AND_DIGITS), (Function::RandomHex, HEX_DIGITS)]
            {
                let drawn = given(function, &[number(&count.to_string())], seed).unwrap().to_text();
                prop_assert_eq!(drawn.len(), count);
                prop_assert!(drawn.bytes().all(|byte| alphabet.contains(&byte)));
            }
        }

        #[test]
        fn what_is_shuffled_has_the_same_elements(items in prop::collection::vec(any::<i64>(), 0..40), seed: u64) {
            let shuffled = given(Function::Shuffled, &[list(&items)], seed).unwrap();
            let elements = shuffled.elements().unwrap();
            let mut there: Vec<i64> = elements.iter().map(|one| one.as_json().unwrap().as_i64().unwrap()).collect();
            let mut items = items;
            there.sort_unstable();
            items.sort_unstable();
            prop_assert_eq!(there, items);
        }

        #[test]
        fn one_of_a_list_is_an_element_of_it(items in prop::collection::vec(any::<i64>(), 1..40), seed: u64) {
            let drawn = given(Function::OneOf, &[list(&items)], seed).unwrap().as_json().unwrap().as_i64().unwrap();
            prop_assert!(items.contains(&drawn));
        }
    }

    /// How often each value comes of `rounds` draws; of the seed 1, so that it is the same in every run.
    fn counts(rounds: u64, value: impl Fn(&Draws) -> String) -> HashMap<String, f64> {
        let draws = Draws::new(1);
        let mut counts = HashMap::new();
        for _ in 0..rounds {
            *counts.entry(value(&draws)).or_insert(0.0) += 1.0;
        }
        counts
    }

    /// Chi-squared, with `cells - 1` degrees of freedom: six standard deviations above its mean is far beyond chance.
    fn are_even(counts: &HashMap<String, f64>, cells: usize, rounds: u64) -> bool {
        let expected = rounds as f64 / cells as f64;
        let chi: f64 = counts.values().map(|count| (count - expected).powi(2) / expected).sum();
        let freedom = cells as f64 - 1.0;
        counts.len() == cells && chi < freedom + 6.0 * (2.0 * freedom).sqrt()
    }

    #[test]
    fn every_order_element_truth_and_character_is_as_likely_as_another() {
        const ROUNDS: u64 = 12_000;
        for (function, args, cells) in [
            (Function::Shuffled, vec![list(&[1, 2, 3, 4])], 24),
            (Function::OneOf, vec![list(&[1, 2, 3, 4, 5])], 5),
            (Function::RandomBool, vec![], 2),
            (Function::RandomText, vec![number("1")], 62),
            (Function::RandomHex, vec![number("1")], 16),
            (Function::RandomInt, vec![number("-3"), number("3")], 7),
        ] {
            let counts = counts(ROUNDS, |draws| function.drawn(&args, &|| draws.draw()).unwrap().unwrap().to_text());
            assert!(are_even(&counts, cells, ROUNDS), "{function:?}: {counts:?}");
        }
        let tenths = counts(ROUNDS, |draws| {
            let drawn = random_float(&[number("0"), number("10")], &|| draws.draw()).unwrap();
            drawn.as_json().unwrap().as_f64().unwrap().floor().to_string()
        });
        assert!(are_even(&tenths, 10, ROUNDS), "{tenths:?}");
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (function, args, message) in [
            (Function::RandomText, vec![number("0")], "0 isn't a whole number from 1 to 1048576"),
            (Function::RandomText, vec![number("1048577")], "1048577 isn't a whole number from 1 to 1048576"),
            (Function::RandomHex, vec![number("-1")], "-1 isn't a whole number from 1 to 1048576"),
            (Function::RandomHex, vec![number("1.5")], "1.5 isn't a whole number from 1 to 1048576"),
            (Function::OneOf, vec![list(&[])], "this list is empty, so there is none of it to choose"),
            (Function::RandomInt, vec![number("2"), number("1")], "no number lies between 2 and 1"),
            (Function::RandomInt, vec![number("0.5"), number("1")], "0.5 isn't a whole number of 64 bits"),
            (Function::RandomFloat, vec![number("0.2"), number("0.1")], "no number lies between 0.2 and 0.1"),
            (
                Function::RandomFloat,
                vec![number("0"), number("1e400")],
                "1e400 isn't within the range of floating-point numbers",
            ),
        ] {
            assert_eq!(given(function, &args, 1), Err(message.to_owned()));
        }
        let most = given(Function::RandomText, &[number("1048576")], 1).unwrap();
        assert_eq!(most.length(), Some(1_048_576));
    }

    #[test]
    fn close_bounds_are_kept_exactly() {
        let bounds = [number("0.10000000000000000001"), number("0.10000000000000000002")];
        for seed in 0..20 {
            assert_eq!(given(Function::RandomFloat, &bounds, seed), Ok(bounds[0].clone()));
        }
    }
}
