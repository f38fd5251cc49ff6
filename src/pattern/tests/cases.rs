//! Each construct, passing and failing, in virtual time.

use std::time::Duration;

use super::support::{Asks, Items, Log, frame, machine, run};
use crate::event::ChannelEnd;
use crate::pattern::{
    Block, BlockId, Cause, Count, Gap, GapOp, Item, ItemId, ItemState, Limit, Node, Order, Repeat, Status,
};

const A: u32 = 0;
const B: u32 = 1;
const C: u32 = 2;
/// Captures the number of a `d`.
const D: u32 = 3;
/// An `e` with the number that was captured.
const E: u32 = 4;
/// An `a` too.
const F: u32 = 5;

fn items() -> Items {
    let plain = |letters| Asks { letters, ..Asks::default() };
    let list = vec![
        plain("a"),
        plain("b"),
        plain("c"),
        Asks { letters: "d", captures: Some(0), equals: None },
        Asks { letters: "e", captures: None, equals: Some(0) },
        plain("a"),
    ];
    Items(list)
}

fn one(item: u32) -> Node {
    counted(item, Count::UNSTATED)
}

fn counted(item: u32, count: Count) -> Node {
    Node::Item(Item { id: ItemId(item), count, within: None })
}

fn timed(item: u32, least: u64, most: u64) -> Node {
    let limit = Limit { at_least: Duration::from_millis(least), at_most: Duration::from_millis(most) };
    Node::Item(Item { id: ItemId(item), count: Count::UNSTATED, within: Some(limit) })
}

fn block(order: Order, nodes: Vec<Node>) -> Block {
    Block { id: BlockId(0), order, within: None, or_closed: false, nodes, nevers: Vec::new(), gaps: Vec::new() }
}

fn in_order(nodes: Vec<Node>) -> Block {
    block(Order::InOrder, nodes)
}

fn within(mut block: Block, most: u64) -> Block {
    block.within = Some(Limit::within(Duration::from_millis(most)));
    block
}

fn never(mut block: Block, item: u32) -> Block {
    block.nevers.push(ItemId(item));
    block
}

fn repeat(count: Count, nodes: Vec<Node>) -> Node {
    Node::Repeat(Repeat { id: BlockId(1), count, within: None, block: in_order(nodes) })
}

/// `1a 5b 6d7`: a frame `a` at 1 ms, `b` at 5 ms, `d` with the number 7 at 6 ms.
fn log(text: &str) -> Log {
    let frames = (1..).zip(text.split_whitespace()).map(|(number, word)| {
        let letter = word.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        let value = word[letter + 1..].parse().unwrap_or(0);
        frame(number, word[..letter].parse().unwrap(), word[letter..].chars().next().unwrap(), value)
    });
    Log { frames: frames.collect(), ..Log::default() }
}

/// `0:1 1:5 at 6`: what was taken (item:frame) and when it matched, or why it failed.
fn outcome(pattern: &Block, log: Log) -> String {
    match run(pattern, &items(), &log, &[]) {
        Status::Running => "running".to_owned(),
        Status::Matched(found) => {
            let taken: Vec<String> = found.taken.iter().map(|t| format!("{}:{}", t.item.0, t.frame)).collect();
            format!("{} at {}", taken.join(" "), found.at.as_millis()).trim_start().to_owned()
        }
        Status::Failed(failure) => format!("{} at {}", words(&failure.cause), failure.at.as_millis()),
    }
}

fn words(cause: &Cause) -> String {
    match cause {
        Cause::ItemDeadline { item, .. } => format!("item {} late", item.0),
        Cause::BlockDeadline { .. } => "block late".to_owned(),
        Cause::LimitReached { .. } => "limit".to_owned(),
        Cause::ItemTooEarly { item, frame, .. } => format!("item {} early by {frame}", item.0),
        Cause::BlockTooEarly { .. } => "block early".to_owned(),
        Cause::Never { item, frame } => format!("never {} by {frame}", item.0),
        Cause::TooMany { item, frame, most } => format!("more than {most} of {} by {frame}", item.0),
        Cause::TooManyRounds { frame, most, .. } => format!("more than {most} rounds by {frame}"),
        Cause::Unexpected { frame, .. } => format!("unexpected {frame}"),
        Cause::Gap { frame: Some(frame), .. } => format!("gap before {frame}"),
        Cause::Gap { frame: None, .. } => "gap".to_owned(),
        Cause::LogEnded { .. } => "ended".to_owned(),
        Cause::TooManyThreads { .. } => "threads".to_owned(),
    }
}

#[test]
fn items_match_from_left_to_right_and_pass_over_what_fits_none() {
    let pattern = within(in_order(vec![one(A), one(B)]), 10);
    assert_eq!(outcome(&pattern, log("1c 2a 3a 4c 5b")), "0:2 1:5 at 5");
    assert_eq!(outcome(&pattern, log("1b 2a")), "block late at 10");
}

#[test]
fn a_frame_at_exactly_the_deadline_is_in_time() {
    let pattern = within(in_order(vec![one(A)]), 10);
    assert_eq!(outcome(&pattern, log("10a")), "0:1 at 10");
    assert_eq!(outcome(&pattern, log("11a")), "block late at 10");
}

#[test]
fn strictly_fails_on_what_no_item_takes() {
    let pattern = block(Order::Strictly, vec![one(A), one(B)]);
    assert_eq!(outcome(&pattern, log("1a 2b")), "0:1 1:2 at 2");
    assert_eq!(outcome(&pattern, log("1a 2a 3b")), "unexpected 2 at 2");
}

#[test]
fn any_order_needs_all_and_groups_interleave() {
    let pair = |first, second| Node::Block(in_order(vec![one(first), one(second)]));
    let pattern = within(block(Order::AnyOrder, vec![pair(A, B), pair(C, D)]), 20);
    assert_eq!(outcome(&pattern, log("1c 2a 3d 4b")), "2:1 0:2 3:3 1:4 at 4");
    assert_eq!(outcome(&pattern, log("1d 2a 3c 4b")), "block late at 20");
}

#[test]
fn the_first_frame_taken_chooses_the_branch() {
    let either = Node::Either(vec![in_order(vec![one(A), one(B)]), in_order(vec![one(C)])]);
    let pattern = within(in_order(vec![either]), 20);
    assert_eq!(outcome(&pattern, log("1c")), "2:1 at 1");
    assert_eq!(outcome(&pattern, log("1a 2b")), "0:1 1:2 at 2");
    assert_eq!(outcome(&pattern, log("1a 2c")), "block late at 20");
}

#[test]
fn rounds_repeat_and_leave_for_what_follows() {
    let pattern = within(in_order(vec![repeat(Count::between(1, 3), vec![one(A), one(B)]), one(C)]), 20);
    assert_eq!(outcome(&pattern, log("1a 2b 3c")), "0:1 1:2 2:3 at 3");
    assert_eq!(outcome(&pattern, log("1a 2b 3a 4b 5c")), "0:1 1:2 0:3 1:4 2:5 at 5");
    assert_eq!(outcome(&pattern, log("1c")), "block late at 20");
    assert_eq!(outcome(&pattern, log("1a 2b 3a 4c")), "block late at 20");
    assert_eq!(outcome(&pattern, log("1a 2b 3a 4b 5a 6b 7a 8c")), "more than 3 rounds by 7 at 7");
}

#[test]
fn a_stated_upper_count_is_kept_and_an_unstated_one_is_not() {
    let pattern = |count| within(in_order(vec![counted(A, count), one(B)]), 20);
    assert_eq!(outcome(&pattern(Count::UNSTATED), log("1a 2a 3b")), "0:1 1:3 at 3");
    assert_eq!(outcome(&pattern(Count::exactly(1)), log("1a 2a 3b")), "more than 1 of 0 by 2 at 2");
    assert_eq!(outcome(&pattern(Count::at_most(2)), log("1a 2a 3a 4b")), "more than 2 of 0 by 3 at 3");
    // A later item may still take its like.
    let again = within(in_order(vec![counted(A, Count::exactly(1)), one(A)]), 20);
    assert_eq!(outcome(&again, log("1a 2a")), "0:1 0:2 at 2");
}

#[test]
fn an_open_count_at_the_end_waits_out_the_deadline() {
    let pattern = |count| within(in_order(vec![counted(A, count)]), 10);
    assert_eq!(outcome(&pattern(Count::at_least(1)), log("1a 9a")), "0:1 0:2 at 10");
    assert_eq!(outcome(&pattern(Count::at_least(3)), log("1a 9a")), "block late at 10");
    assert_eq!(outcome(&pattern(Count::at_most(2)), log("1a 2a 9a")), "more than 2 of 0 by 3 at 9");
    assert_eq!(outcome(&pattern(Count::at_most(2)), log("1a 2a 11a")), "0:1 0:2 at 10");
    assert_eq!(outcome(&pattern(Count::OPTIONAL), log("")), "at 10");
    assert_eq!(outcome(&pattern(Count::OPTIONAL), log("3a")), "0:1 at 3");
}

#[test]
fn nevers_guard_the_whole_block_and_nothing_after_it() {
    let pattern = within(never(in_order(vec![one(A), Node::Block(in_order(vec![one(B)]))]), C), 10);
    assert_eq!(outcome(&pattern, log("1a 2b 3c")), "0:1 1:2 at 2");
    assert_eq!(outcome(&pattern, log("1a 2c 3b")), "never 2 by 2 at 2");
    let inner = within(in_order(vec![one(A), Node::Block(never(in_order(vec![one(B)]), C)), one(D)]), 10);
    assert_eq!(outcome(&inner, log("1c 2a 3b 4c 5d")), "0:2 1:3 3:5 at 5");
    assert_eq!(outcome(&inner, log("1a 2c 3b 5d")), "never 2 by 2 at 2");
    // A block that is left by the taking isn't killed by the frame: the round was open to the end, so that the repetition isn't used up.
    let round = never(in_order(vec![counted(D, Count::OPTIONAL)]), F);
    let rounds = repeat(Count::between(0, 1), vec![one(A), repeat(Count::between(0, 1), vec![Node::Block(round)])]);
    let left = in_order(vec![rounds, one(F)]);
    assert_eq!(outcome(&left, Log { settle: 5, ..log("1a 2a 3a") }), "0:1 5:2 at 2");
    let only = within(never(in_order(Vec::new()), A), 10);
    assert_eq!(outcome(&only, log("1b 11a")), "at 10");
    assert_eq!(outcome(&only, log("10a")), "never 0 by 1 at 10");
}

#[test]
fn an_items_time_counts_from_the_end_of_the_one_before_it() {
    let pattern = within(in_order(vec![one(A), timed(B, 0, 5)]), 50);
    assert_eq!(outcome(&pattern, log("10a 15b")), "0:1 1:2 at 15");
    assert_eq!(outcome(&pattern, log("10a 16b")), "item 1 late at 15");
    let after_open = within(in_order(vec![counted(A, Count::at_least(1)), timed(B, 0, 5)]), 50);
    assert_eq!(outcome(&after_open, log("10a 14a 19b")), "0:1 0:2 1:3 at 19");
    assert_eq!(outcome(&after_open, log("10a 16a 22b")), "block late at 50");
}

#[test]
fn a_lower_bound_fails_what_comes_before_it() {
    let pattern = within(in_order(vec![timed(A, 5, 10)]), 50);
    assert_eq!(outcome(&pattern, log("5a")), "0:1 at 5");
    assert_eq!(outcome(&pattern, log("4a")), "item 0 early by 1 at 4");
    let mut whole = in_order(vec![one(A)]);
    whole.within = Some(Limit { at_least: Duration::from_millis(5), at_most: Duration::from_millis(10) });
    assert_eq!(outcome(&whole, log("4a")), "block early at 4");
    assert_eq!(outcome(&whole, log("6a")), "0:1 at 6");
}

#[test]
fn gaps_bound_the_time_between_consumed_frames() {
    let gapped = |op, limit| {
        let mut pattern = within(in_order(vec![one(A), one(B)]), 50);
        pattern.gaps.push(Gap { op, limit: Duration::from_millis(limit) });
        pattern
    };
    assert_eq!(outcome(&gapped(GapOp::Less, 5), log("1a 5b")), "0:1 1:2 at 5");
    assert_eq!(outcome(&gapped(GapOp::Less, 5), log("1a 6b")), "gap at 5");
    assert_eq!(outcome(&gapped(GapOp::AtMost, 5), log("1a 6b")), "0:1 1:2 at 6");
    assert_eq!(outcome(&gapped(GapOp::More, 5), log("1a 6b")), "gap before 2 at 6");
    assert_eq!(outcome(&gapped(GapOp::AtLeast, 5), log("1a 6b")), "0:1 1:2 at 6");
    // The first frame of a block has none before it; an open count at the end may stop.
    let mut stream = within(in_order(vec![counted(A, Count::at_least(1))]), 50);
    stream.gaps.push(Gap { op: GapOp::Less, limit: Duration::from_millis(5) });
    assert_eq!(outcome(&stream, log("20a 22a")), "0:1 0:2 at 50");
    assert_eq!(outcome(&stream, log("20a 26a")), "gap before 2 at 26");
}

#[test]
fn captures_correlate_later_items() {
    let pattern = within(in_order(vec![repeat(Count::between(1, 3), vec![one(D), one(E)]), one(C)]), 50);
    assert_eq!(outcome(&pattern, log("1d7 2e8 3e7 4d1 5e7 6e1 7c")), "3:1 4:3 3:4 4:6 2:7 at 7");
}

#[test]
fn the_leftmost_greedy_way_is_chosen() {
    let pattern = within(in_order(vec![counted(A, Count::at_most(2)), one(F)]), 20);
    assert_eq!(outcome(&pattern, log("1a 2a 3a")), "0:1 0:2 5:3 at 3");
    // A less greedy way counts when the greedy one has failed, as it does with the deadline.
    let log = log("1a 2a");
    let mut machine = machine(&pattern, None);
    log.frames.iter().for_each(|frame| machine.frame(frame, &items()));
    assert_eq!(machine.status(), &Status::Running);
    assert_eq!(outcome(&pattern, log), "0:1 5:2 at 2");
}

#[test]
fn a_complete_log_settles_what_waits_and_a_broken_one_does_not() {
    let ended = |text, end| Log { end: Some((12, end)), ..log(text) };
    let normal = || ChannelEnd::Closed { code: 1000, reason: String::new(), by_us: false };
    let broken = || ChannelEnd::Closed { code: 1011, reason: String::new(), by_us: false };
    let open = within(in_order(vec![counted(A, Count::at_least(1))]), 50);
    assert_eq!(outcome(&open, ended("1a", normal())), "0:1 at 12");
    assert_eq!(outcome(&open, ended("1a", ChannelEnd::Ended)), "0:1 at 12");
    assert_eq!(outcome(&open, ended("1a", broken())), "ended at 12");
    assert_eq!(outcome(&open, ended("1a", ChannelEnd::Lost { message: String::new() })), "ended at 12");
    assert_eq!(outcome(&open, ended("1b", normal())), "ended at 12");
}

#[test]
fn waiting_for_nothing_needs_the_log_to_be_open() {
    let lost = || ChannelEnd::Lost { message: String::new() };
    let accepting = |mut block: Block| {
        block.or_closed = true;
        block
    };
    let guard = || within(never(in_order(Vec::new()), B), 12);
    let nested = |block: Block| within(in_order(vec![one(A), Node::Block(block)]), 50);
    // When the log ends, how, and what becomes of the block, of one that accepts a complete end, and of one behind an item at 1 ms.
    let table = [
        (11, ChannelEnd::Ended, "ended at 11", "at 11", "ended at 11", "0:1 at 11"),
        (11, lost(), "ended at 11", "ended at 11", "ended at 11", "ended at 11"),
        (12, ChannelEnd::Ended, "at 12", "at 12", "ended at 12", "0:1 at 12"),
        (12, lost(), "at 12", "at 12", "ended at 12", "ended at 12"),
        (13, ChannelEnd::Ended, "at 12", "at 12", "0:1 at 13", "0:1 at 13"),
        (13, lost(), "at 12", "at 12", "0:1 at 13", "0:1 at 13"),
        (0, ChannelEnd::Dropped, "ended at 0", "at 0", "ended at 0", "ended at 0"),
    ];
    for (at, end, plain, accepted, inner, inner_accepted) in table {
        let ended = |text| Log { end: Some((at, end.clone())), ..log(text) };
        let frames = if at == 0 { "" } else { "1a" };
        assert_eq!(outcome(&guard(), ended(frames)), plain, "{at} {end:?}");
        assert_eq!(outcome(&accepting(guard()), ended(frames)), accepted, "{at} {end:?}");
        assert_eq!(outcome(&nested(guard()), ended(frames)), inner, "{at} {end:?}");
        assert_eq!(outcome(&nested(accepting(guard())), ended(frames)), inner_accepted, "{at} {end:?}");
    }
}

#[test]
fn a_match_settles_and_is_broken_by_what_the_outermost_block_forbids() {
    let settled = |pattern: &Block, settle, text| outcome(pattern, Log { settle, ..log(text) });
    let once = in_order(vec![counted(A, Count::exactly(1))]);
    let strictly = block(Order::Strictly, vec![one(A)]);
    let any_strictly = block(Order::AnyOrderStrictly, vec![one(A), one(B)]);
    let guarded = never(in_order(vec![one(A)]), C);
    let repeated = in_order(vec![repeat(Count::exactly(2), vec![one(A)])]);
    let plain = in_order(vec![one(A)]);
    let nested = in_order(vec![Node::Block(never(in_order(vec![counted(A, Count::exactly(1))]), C))]);
    // The settling of 10 ms begins with the match, and its last instant belongs to it.
    assert_eq!(settled(&once, 10, "5a 15a"), "more than 1 of 0 by 2 at 15");
    assert_eq!(settled(&once, 10, "5a 16a"), "0:1 at 5");
    assert_eq!(settled(&once, 10, "5a 5a"), "more than 1 of 0 by 2 at 5");
    assert_eq!(settled(&once, 0, "5a 5a"), "0:1 at 5");
    assert_eq!(settled(&once, 10, "5a 15b"), "0:1 at 5");
    assert_eq!(settled(&guarded, 10, "5a 15c"), "never 2 by 2 at 15");
    assert_eq!(settled(&guarded, 10, "5a 16c"), "0:1 at 5");
    assert_eq!(settled(&strictly, 10, "5a 15b"), "unexpected 2 at 15");
    assert_eq!(settled(&strictly, 10, "5a 16b"), "0:1 at 5");
    assert_eq!(settled(&any_strictly, 10, "5b 6a 16c"), "unexpected 3 at 16");
    assert_eq!(settled(&any_strictly, 10, "5b 6a 17c"), "1:1 0:2 at 6");
    assert_eq!(settled(&any_strictly, 10, "5b 6c 7a"), "unexpected 2 at 6");
    assert_eq!(settled(&repeated, 10, "5a 6a 16a"), "more than 2 rounds by 3 at 16");
    // What is unstated, and what a block inside says of itself, is over with the match.
    assert_eq!(settled(&plain, 10, "5a 6a 7c"), "0:1 at 5");
    assert_eq!(settled(&nested, 10, "5a 6a 7c"), "0:1 at 5");
    // It never goes beyond the block's own time, or the limit around it.
    assert_eq!(settled(&within(once.clone(), 12), 10, "5a 12a"), "more than 1 of 0 by 2 at 12");
    assert_eq!(settled(&within(once.clone(), 12), 10, "5a 13a"), "0:1 at 5");
    let limited = |text| outcome(&once, Log { settle: 10, limit: Some(12), ..log(text) });
    assert_eq!(
        (limited("5a 12a"), limited("5a 13a")),
        ("more than 1 of 0 by 2 at 12".to_owned(), "0:1 at 5".to_owned())
    );
    // A way that has matched settles while it waits for one of higher priority.
    let either = in_order(vec![Node::Either(vec![in_order(vec![one(A), timed(B, 0, 20)]), in_order(vec![one(A)])])]);
    assert_eq!(settled(&never(either.clone(), C), 10, "5a 15c"), "never 2 by 2 at 15");
    assert_eq!(settled(&never(either, C), 10, "5a 16c"), "0:1 at 5");
}

#[test]
fn gaps_of_a_nested_block_bound_its_own_frames() {
    let gap = Gap { op: GapOp::Less, limit: Duration::from_millis(10) };
    let mut inner = in_order(vec![one(B), one(C)]);
    inner.gaps.push(gap);
    let pattern = in_order(vec![one(A), Node::Block(inner.clone()), one(F)]);
    assert_eq!(outcome(&pattern, log("1a 50b 59c 90a")), "0:1 1:2 2:3 5:4 at 90");
    assert!(
        outcome(&pattern, log("1a 50b 60c 90a")).starts_with("gap"),
        "{}",
        outcome(&pattern, log("1a 50b 60c 90a"))
    );
    // A round begins without a frame before it.
    let rounds =
        in_order(vec![Node::Repeat(Repeat { id: BlockId(1), count: Count::exactly(2), within: None, block: inner })]);
    assert_eq!(outcome(&rounds, log("1b 10c 50b 59c")), "1:1 2:2 1:3 2:4 at 59");
    assert!(outcome(&rounds, log("1b 10c 50b 60c")).starts_with("gap"));
}

#[test]
fn the_limit_from_outside_ends_every_wait() {
    let limited = |text| Log { limit: Some(10), ..log(text) };
    assert_eq!(outcome(&in_order(vec![one(A)]), limited("10a")), "0:1 at 10");
    assert_eq!(outcome(&in_order(vec![one(A)]), limited("11a")), "limit at 10");
    assert_eq!(outcome(&in_order(vec![counted(A, Count::at_least(1))]), limited("3a")), "0:1 at 10");
}

#[test]
fn frames_that_are_reported_late_are_judged_by_their_arrival() {
    let pattern = within(in_order(vec![one(A), timed(B, 0, 5)]), 20);
    let mut machine = machine(&pattern, None);
    for frame in &log("1a 6b").frames {
        machine.frame(frame, &items());
    }
    machine.advance(Duration::from_secs(60));
    assert!(matches!(machine.status(), Status::Matched(found) if found.at == Duration::from_millis(6)));
}

#[test]
fn the_runner_learns_when_to_look_again() {
    let pattern = within(in_order(vec![one(A), timed(B, 0, 5)]), 20);
    let mut machine = machine(&pattern, Some(12));
    assert_eq!(machine.next_deadline(), Some(Duration::from_millis(12)));
    machine.frame(&log("3a").frames[0], &items());
    assert_eq!(machine.next_deadline(), Some(Duration::from_millis(8)));
    machine.advance(Duration::from_millis(8));
    assert!(!machine.status().is_running());
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn a_failure_says_where_each_item_was() {
    let pattern = within(in_order(vec![one(A), counted(B, Count::OPTIONAL), timed(C, 0, 5), one(D)]), 20);
    let Status::Failed(failure) = run(&pattern, &items(), &log("3a"), &[]) else { panic!("it fails") };
    let at = Duration::from_millis;
    let states: Vec<ItemState> = failure.items.iter().map(|item| item.state).collect();
    assert_eq!(failure.items[0].taken, [(1, at(3))]);
    assert_eq!(
        states,
        [
            ItemState::Done,
            ItemState::Waiting { since: at(3), deadline: Some(at(20)), needed: false },
            // Its time is over, though it would begin again if the optional item before it came.
            ItemState::Expired { deadline: Some(at(8)) },
            ItemState::NeverReached,
        ]
    );
    assert_eq!(failure.cause, Cause::BlockDeadline { block: BlockId(0), deadline: at(20) });
}

#[test]
fn the_cursor_stays_where_nothing_was_consumed() {
    let pattern = within(in_order(vec![counted(A, Count::OPTIONAL)]), 5);
    let Status::Matched(found) = run(&pattern, &items(), &log("1b"), &[]) else { panic!("it matches") };
    assert_eq!(found.cursor(), None);
}
