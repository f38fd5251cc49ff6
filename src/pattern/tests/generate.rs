//! Random patterns and logs, small enough for the oracle.

use std::fmt;
use std::time::Duration;

use proptest::prelude::*;

use super::support::{Asks, Items, Log, frame};
use crate::event::ChannelEnd;
use crate::pattern::{Block, BlockId, Count, Gap, GapOp, Item, ItemId, Limit, Node, Order, Repeat};

const ITEMS: u32 = 8;

/// A pattern, what its items ask, a log, and when the machine is given the time.
#[derive(Clone)]
pub struct Case {
    pub pattern: Block,
    pub items: Items,
    pub log: Log,
    pub looks: Vec<u64>,
}

pub fn cases() -> impl Strategy<Value = Case> {
    let looks = prop::collection::vec(0_u64..60, 0..6).prop_map(|mut looks| {
        looks.sort_unstable();
        looks
    });
    let noise = prop::collection::vec((0_u64..3, 0_u8..16), 0..12);
    (block(3), items(), log(), looks, prop::option::weighted(0.7, noise)).prop_map(
        |(pattern, items, mut log, looks, noise)| {
            if let Some(noise) = noise {
                log.retell(&letters(&pattern, &items), &noise);
            }
            Case { pattern, items, log, looks }
        },
    )
}

/// Letters that the pattern asks for, about in their order.
fn letters(block: &Block, items: &Items) -> Vec<char> {
    let mut all = Vec::new();
    for node in &block.nodes {
        match node {
            Node::Item(item) => {
                let letter = items.0[item.id.0 as usize].letters.chars().next_back().unwrap();
                all.extend(std::iter::repeat_n(letter, item.count.min.max(1) as usize));
            }
            Node::Block(block) => all.extend(letters(block, items)),
            Node::Either(blocks) => all.extend(blocks.last().into_iter().flat_map(|block| letters(block, items))),
            Node::Repeat(repeat) => {
                for _ in 0..repeat.count.min.max(1) {
                    all.extend(letters(&repeat.block, items));
                }
            }
        }
    }
    all
}

/// As a spec would have it, so that a shrunk case can be read.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        show_block(f, &self.pattern, &self.items, 1)?;
        for frame in &self.log.frames {
            writeln!(f, "  {} at {:?}: {} {}", frame.number, frame.at, char::from(frame.data[0]), frame.data[1])?;
        }
        let Log { end, limit, settle, .. } = &self.log;
        write!(f, "  end {end:?}, limit {limit:?}, settle {settle}, looks {:?}", self.looks)
    }
}

fn show_block(f: &mut fmt::Formatter<'_>, block: &Block, items: &Items, depth: usize) -> fmt::Result {
    let pad = "  ".repeat(depth);
    let or_closed = if block.or_closed { " or closed" } else { "" };
    writeln!(f, "{pad}{:?} {}{or_closed} {{", block.order, show_limit(block.within))?;
    for node in &block.nodes {
        match node {
            Node::Item(item) => {
                let limit = show_limit(item.within);
                writeln!(f, "{pad}  {} {} {limit}", show_item(items, item.id), show_count(item.count))?;
            }
            Node::Block(block) => show_block(f, block, items, depth + 1)?,
            Node::Either(blocks) => {
                writeln!(f, "{pad}  either")?;
                blocks.iter().try_for_each(|block| show_block(f, block, items, depth + 2))?;
            }
            Node::Repeat(repeat) => {
                writeln!(f, "{pad}  repeat {} {}", show_count(repeat.count), show_limit(repeat.within))?;
                show_block(f, &repeat.block, items, depth + 2)?;
            }
        }
    }
    for never in &block.nevers {
        writeln!(f, "{pad}  never {}", show_item(items, *never))?;
    }
    for gap in &block.gaps {
        writeln!(f, "{pad}  gap {:?} {:?}", gap.op, gap.limit)?;
    }
    writeln!(f, "{pad}}}")
}

fn show_item(items: &Items, id: ItemId) -> String {
    let asks = items.0[id.0 as usize];
    format!("#{} {:?} equals {:?} captures {:?}", id.0, asks.letters, asks.equals, asks.captures)
}

fn show_count(count: Count) -> String {
    format!("{}..{:?}{}", count.min, count.max, if count.keeps_max { " stated" } else { "" })
}

fn show_limit(limit: Option<Limit>) -> String {
    limit.map_or_else(String::new, |limit| format!("within {:?} to {:?}", limit.at_least, limit.at_most))
}

fn items() -> impl Strategy<Value = Items> {
    let asks = (
        prop_oneof![6 => Just("a"), 6 => Just("b"), 3 => Just("c"), 2 => Just("ab"), 1 => Just("abc")],
        prop_oneof![6 => Just(None), 1 => (0_usize..2).prop_map(Some)],
        prop_oneof![4 => Just(None), 1 => (0_usize..2).prop_map(Some)],
    );
    prop::collection::vec(asks, ITEMS as usize).prop_map(|list| {
        Items(list.into_iter().map(|(letters, equals, captures)| Asks { letters, equals, captures }).collect())
    })
}

fn log() -> impl Strategy<Value = Log> {
    let letter = prop_oneof![4 => Just('a'), 4 => Just('b'), 2 => Just('c'), 1 => Just('d')];
    let step = prop_oneof![1 => Just(0_u64), 4 => 1_u64..4, 2 => 4_u64..12];
    let frames = prop::collection::vec((step, letter, 0_u8..2), 0..9);
    let end = prop_oneof![
        2 => Just(None),
        1 => (0_u64..20).prop_map(|after| Some((after, ChannelEnd::Ended))),
        1 => (0_u64..20).prop_map(|after| Some((after, ChannelEnd::Lost { message: "reset".to_owned() }))),
    ];
    let settle = prop_oneof![1 => Just(0_u64), 3 => 1_u64..12];
    (frames, end, prop::option::weighted(0.7, 5_u64..60), settle).prop_map(|(frames, end, limit, settle)| {
        let mut at = 0;
        let mut log = Log { limit, settle, ..Log::default() };
        for (number, (step, letter, value)) in (1..).zip(frames) {
            at += step;
            log.frames.push(frame(number, at, letter, value));
        }
        log.end = end.map(|(after, end)| (at + after, end));
        log
    })
}

fn count() -> impl Strategy<Value = Count> {
    prop_oneof![
        6 => Just(Count::UNSTATED),
        2 => Just(Count::OPTIONAL),
        2 => (0_u32..3).prop_map(Count::exactly),
        2 => (0_u32..3).prop_map(Count::at_least),
        2 => (0_u32..3).prop_map(Count::at_most),
        2 => (0_u32..2, 1_u32..3).prop_map(|(least, more)| Count::between(least, least + more)),
    ]
}

fn rounds() -> impl Strategy<Value = Count> {
    prop_oneof![
        2 => (0_u32..3).prop_map(Count::exactly),
        1 => (0_u32..3).prop_map(Count::at_least),
        1 => (0_u32..3).prop_map(Count::at_most),
        4 => (0_u32..2, 1_u32..3).prop_map(|(least, more)| Count::between(least, least + more)),
    ]
}

fn limit() -> impl Strategy<Value = Limit> {
    (prop_oneof![4 => Just(0_u64), 1 => 1_u64..6], 0_u64..25).prop_map(|(least, more)| Limit {
        at_least: Duration::from_millis(least),
        at_most: Duration::from_millis(least + more),
    })
}

fn gap() -> impl Strategy<Value = Gap> {
    let op = prop_oneof![3 => Just(GapOp::Less), 2 => Just(GapOp::AtMost), 1 => Just(GapOp::More), 1 => Just(GapOp::AtLeast)];
    (op, 1_u64..10).prop_map(|(op, limit)| Gap { op, limit: Duration::from_millis(limit) })
}

fn item() -> impl Strategy<Value = Item> {
    (0..ITEMS, count(), prop::option::weighted(0.25, limit())).prop_map(|(id, count, within)| Item {
        id: ItemId(id),
        count,
        within,
    })
}

fn block(depth: u32) -> BoxedStrategy<Block> {
    let node = if depth == 0 {
        item().prop_map(Node::Item).boxed()
    } else {
        prop_oneof![
            6 => item().prop_map(Node::Item),
            1 => block(depth - 1).prop_map(Node::Block),
            1 => prop::collection::vec(block(depth - 1), 1..3).prop_map(Node::Either),
            2 => (rounds(), prop::option::weighted(0.2, limit()), block(depth - 1))
                .prop_map(|(count, within, block)| Node::Repeat(Repeat { id: BlockId(0), count, within, block })),
        ]
        .boxed()
    };
    let order = prop_oneof![
        5 => Just(Order::InOrder),
        1 => Just(Order::Strictly),
        3 => Just(Order::AnyOrder),
        1 => Just(Order::AnyOrderStrictly),
    ];
    let nevers = prop_oneof![
        6 => Just(Vec::new()),
        1 => prop::collection::vec((0..ITEMS).prop_map(ItemId), 1..3),
    ];
    let gaps = prop_oneof![6 => Just(Vec::new()), 1 => prop::collection::vec(gap(), 1..3)];
    let parts = (prop::collection::vec(node, 0..4), nevers, gaps);
    (order, prop::option::weighted(0.3, limit()), prop::bool::weighted(0.3), parts)
        .prop_map(|(order, within, or_closed, (nodes, nevers, gaps))| {
            let id = BlockId(0);
            Block { id, order, within, or_closed, nodes, nevers, gaps }
        })
        .boxed()
}
