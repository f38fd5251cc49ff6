//! How steps are brought together with the exchanges that they are about.

use std::cell::Cell;

use proptest::prelude::*;

use super::super::digest::held;

proptest! {
    #[test]
    fn the_first_step_about_an_exchange_says_whether_it_held(
        steps in prop::collection::vec((prop::option::of(0usize..12), any::<bool>()), 0..24),
        exchanges in 0usize..10,
    ) {
        let simple: Vec<_> = (0..exchanges)
            .map(|index| steps.iter().find(|(about, _)| *about == Some(index)).map(|(_, held)| *held))
            .collect();
        prop_assert_eq!(held(steps.into_iter(), exchanges), simple);
    }
}

#[test]
fn each_step_of_a_long_test_is_looked_at_once() {
    const MANY: usize = 64_000;
    let looks = Cell::new(0);
    let steps = (0..MANY).rev().map(|index| (Some(index), index % 3 > 0)).inspect(|_| looks.set(looks.get() + 1));
    let all = held(steps, MANY);
    assert_eq!(looks.get(), MANY);
    assert!(all.iter().enumerate().all(|(index, held)| *held == Some(index % 3 > 0)));
}
