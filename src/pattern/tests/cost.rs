//! The cost is counted in looks of a thread at a frame, so that no clock decides.

use std::time::Duration;

use super::support::{Asks, Items, frame, machine};
use crate::pattern::{Block, BlockId, Cause, Count, Item, ItemId, Limit, Node, Order, Repeat, Status};

fn items(letters: &[&'static str]) -> Items {
    Items(letters.iter().map(|letters| Asks { letters, ..Asks::default() }).collect())
}

fn item(id: u32, count: Count) -> Node {
    Node::Item(Item { id: ItemId(id), count, within: None })
}

fn block(order: Order, nodes: Vec<Node>) -> Block {
    Block { id: BlockId(0), order, within: None, or_closed: false, nodes, nevers: Vec::new(), gaps: Vec::new() }
}

/// Feeds the letters over and over, and gives the looks a frame cost on average, and the most threads at once.
fn cost(pattern: &Block, items: &Items, letters: &str, frames: u32) -> (f64, usize) {
    let mut machine = machine(pattern, None);
    let mut most = 0;
    for (number, letter) in (1..=frames).zip(letters.chars().cycle()) {
        machine.frame(&frame(number, u64::from(number), letter, 0), items);
        assert!(machine.status().is_running(), "{:?}", machine.status());
        most = most.max(machine.threads());
    }
    (machine.work() as f64 / f64::from(frames), most)
}

#[test]
fn repeated_optional_items_cost_no_more_with_more_frames() {
    let optional = (0..4).map(|id| item(id, Count::OPTIONAL)).collect();
    let repeat =
        Repeat { id: BlockId(1), count: Count::between(0, 20), within: None, block: block(Order::InOrder, optional) };
    let pattern = block(Order::InOrder, vec![Node::Repeat(repeat), item(4, Count::UNSTATED), item(5, Count::UNSTATED)]);
    let items = items(&["a", "a", "a", "a", "a", "z"]);
    let (short, _) = cost(&pattern, &items, "a", 200);
    let (long, most) = cost(&pattern, &items, "a", 2_000);
    assert!(most <= 100, "{most}");
    assert!(long <= short * 1.5, "{short} {long}");
}

#[test]
fn any_order_of_eight_alike_stays_within_its_subsets() {
    let alike = (0..8).map(|id| item(id, Count::UNSTATED)).collect();
    let nested = block(Order::AnyOrder, vec![Node::Block(block(Order::AnyOrder, alike)), item(8, Count::UNSTATED)]);
    let items = items(&["a", "a", "a", "a", "a", "a", "a", "a", "z"]);
    let (_, most) = cost(&nested, &items, "ab", 1_000);
    // The subsets of eight, at their most.
    assert_eq!(most, 70);
}

#[test]
fn a_frame_that_fits_nothing_is_looked_at_once() {
    let pattern = block(Order::InOrder, (0..5).map(|id| item(id, Count::UNSTATED)).collect());
    let items = items(&["a", "b", "c", "d", "e"]);
    assert_eq!(cost(&pattern, &items, "abcz", 10_000), (1.0, 1));
}

#[test]
fn more_ways_than_are_followed_fail_instead_of_growing() {
    let all = (0..8).map(|id| item(id, Count::UNSTATED)).collect();
    let pattern = block(Order::AnyOrder, all);
    let items = items(&["a"; 8]);
    let mut machine = machine(&pattern, None).with_max_threads(20);
    for number in 1..=3 {
        machine.frame(&frame(number, 1, 'a', 0), &items);
    }
    let Status::Failed(failure) = machine.status() else { panic!("it fails") };
    assert_eq!(failure.cause, Cause::TooManyThreads { limit: 20 });
}

#[test]
fn a_hundred_thousand_taken_frames_are_let_go_without_recursion() {
    let mut pattern = block(Order::InOrder, vec![item(0, Count::at_least(1))]);
    pattern.within = Some(Limit::within(Duration::from_secs(3600)));
    let (looks, _) = cost(&pattern, &items(&["a"]), "a", 100_000);
    assert_eq!(looks, 1.0);
}
