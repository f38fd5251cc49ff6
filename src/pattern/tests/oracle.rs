//! A slow and obvious matcher that follows `docs/language/event-patterns.md`: it walks time tick by tick, tries every way to match in the
//! order of priority, one after the other and to its end, merges nothing, and gives the first that succeeds.

use std::cell::Cell;

use super::support::{Captured, HORIZON, Items, Log, at, ms};
use crate::event::Frame;
use crate::pattern::{Block, Fit, Item, Limit, Node, Order, Repeat, is_complete};

#[derive(Debug, PartialEq)]
pub enum Expected {
    Matched {
        taken: Vec<(u32, u32)>,
        captures: Captured,
        at: u64,
    },
    Failed,
    /// The first way that matched was broken while it settled.
    Broken,
    Running,
    /// There are more ways than the oracle has patience for.
    Endless,
}

pub fn judge(pattern: &Block, items: &Items, log: &Log) -> Expected {
    let start = begin(N::Block(pattern), 0);
    let start = follow(N::Block(pattern), start, 0);
    let oracle = Oracle { pattern, items, log, budget: Cell::new(20_000) };
    oracle.run(Way { state: start, taken: Vec::new(), captures: Captured::default() }, 0, 0)
}

struct Oracle<'a> {
    pattern: &'a Block,
    items: &'a Items,
    log: &'a Log,
    /// How many more ticks it may walk through.
    budget: Cell<u32>,
}

#[derive(Clone)]
struct Way {
    state: S,
    taken: Vec<(u32, u32)>,
    captures: Captured,
}

impl Oracle<'_> {
    fn run(&self, mut way: Way, mut next: usize, mut tick: u64) -> Expected {
        let root = N::Block(self.pattern);
        loop {
            match standing(root, &way.state) {
                Is::Dead => return Expected::Failed,
                Is::Ended => return self.settled(way, next, tick),
                _ => {}
            }
            if let Some(frame) = self.log.frames.get(next)
                && at(frame) == tick
            {
                next += 1;
                let see = See { frame, items: self.items, captures: &way.captures, tick };
                let ways = takes(root, &way.state, &see);
                if ways.is_empty() {
                    way.state = follow(root, passed_over(root, &way.state, &see), tick);
                    continue;
                }
                for (state, item, captures) in ways {
                    let mut taken = way.taken.clone();
                    taken.push((item, frame.number));
                    let further = Way { state: follow(root, state, tick), taken, captures };
                    match self.run(further, next, tick) {
                        Expected::Failed => {}
                        verdict => return verdict,
                    }
                }
                return Expected::Failed;
            }
            let Some(left) = self.budget.get().checked_sub(1) else { return Expected::Endless };
            self.budget.set(left);
            way.state = tick_over(root, way.state, tick);
            match standing(root, &way.state) {
                Is::Dead => return Expected::Failed,
                Is::Ended => return self.settled(way, next, tick),
                _ => {}
            }
            if self.log.limit == Some(tick) {
                return if can_end(self.pattern, &way.state) { matched(way, tick) } else { Expected::Failed };
            }
            if let Some((end_tick, end)) = &self.log.end
                && *end_tick == tick
            {
                if !is_complete(end) {
                    return Expected::Failed;
                }
                way.state = follow(root, no_more(root, way.state), tick);
                for later in tick + 1..HORIZON {
                    way.state = follow(root, no_more(root, tick_over(root, way.state, later)), later);
                }
                return if can_end(self.pattern, &way.state) { matched(way, tick) } else { Expected::Failed };
            }
            if tick == HORIZON {
                return Expected::Running;
            }
            tick += 1;
        }
    }
}

impl Oracle<'_> {
    /// The outermost block has ended at `tick`, and stays current until its settling ends: whether a frame breaks it.
    fn settled(&self, way: Way, next: usize, tick: u64) -> Expected {
        let own = self.pattern.within.map(|within| ms(within.at_most));
        let until = [Some(tick + self.log.settle), own, self.log.limit].into_iter().flatten().min().unwrap();
        for frame in &self.log.frames[next..] {
            let see = See { frame, items: self.items, captures: &way.captures, tick: at(frame) };
            let strict = matches!(self.pattern.order, Order::Strictly | Order::AnyOrderStrictly);
            let S::Ended { parts, .. } = &way.state else { unreachable!("it has ended") };
            let broken = strict || see.breaks_never(self.pattern) || one_too_many(self.pattern, parts, &see);
            if self.log.settle > 0 && see.tick <= until && broken {
                return Expected::Broken;
            }
        }
        matched(way, tick)
    }
}

/// With nothing more to come, a block of nothing but nevers that waits proves nothing, unless it accepts that.
fn no_more(node: N, state: S) -> S {
    let S::On { .. } = state else { return state };
    match node {
        N::Block(block) if block.nodes.is_empty() && !block.nevers.is_empty() && !block.or_closed => S::Dead,
        _ => inner(node, state, &no_more),
    }
}

fn matched(way: Way, at: u64) -> Expected {
    Expected::Matched { taken: way.taken, captures: way.captures, at }
}

fn can_end(pattern: &Block, state: &S) -> bool {
    match standing(N::Block(pattern), state) {
        Is::Dead => false,
        Is::Running => pattern.nodes.is_empty() && !pattern.nevers.is_empty(),
        Is::Satisfied | Is::Full | Is::Ended => true,
    }
}

/// A node of the pattern.
#[derive(Clone, Copy)]
enum N<'a> {
    Item(&'a Item),
    Block(&'a Block),
    Either(&'a [Block]),
    Repeat(&'a Repeat),
}

impl<'a> N<'a> {
    fn of(node: &'a Node) -> N<'a> {
        match node {
            Node::Item(item) => N::Item(item),
            Node::Block(block) => N::Block(block),
            Node::Either(branches) => N::Either(branches),
            Node::Repeat(repeat) => N::Repeat(repeat),
        }
    }

    fn within(self) -> Option<Limit> {
        match self {
            N::Item(item) => item.within,
            N::Block(block) => block.within,
            N::Either(_) => None,
            N::Repeat(repeat) => repeat.within,
        }
    }
}

/// The state of a node. What is kept of one that is over is how often it took a frame, or that all its rounds were used.
#[derive(Clone, Debug, PartialEq)]
enum S {
    NotBegun,
    Left {
        used: u32,
    },
    /// `parts` of a block are its own parts, since the outermost one stays current while it settles.
    Ended {
        used: u32,
        parts: Vec<S>,
    },
    Dead,
    On {
        since: u64,
        last: Option<u64>,
        inside: Inside,
    },
}

#[derive(Clone, Debug, PartialEq)]
enum Inside {
    Item {
        taken: u32,
    },
    Ordered {
        at: usize,
        children: Vec<S>,
    },
    Any {
        children: Vec<S>,
    },
    Either {
        chosen: Option<usize>,
        branches: Vec<S>,
    },
    /// `left`: since when the round could be left, with the frames it took after that.
    Repeat {
        done: u32,
        took: bool,
        left: Option<u64>,
        round: Box<S>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Is {
    Dead,
    Running,
    Satisfied,
    Full,
    Ended,
}

fn begin(node: N, since: u64) -> S {
    let inside = match node {
        N::Item(_) => Inside::Item { taken: 0 },
        N::Block(block) if matches!(block.order, Order::AnyOrder | Order::AnyOrderStrictly) => {
            Inside::Any { children: block.nodes.iter().map(|child| begin(N::of(child), since)).collect() }
        }
        N::Block(block) => {
            let mut children = vec![S::NotBegun; block.nodes.len()];
            if let Some(first) = block.nodes.first() {
                children[0] = begin(N::of(first), since);
            }
            Inside::Ordered { at: 0, children }
        }
        N::Either(blocks) => Inside::Either {
            chosen: None,
            branches: blocks.iter().map(|block| begin(N::Block(block), since)).collect(),
        },
        N::Repeat(repeat) if repeat.count.max == Some(0) => return S::Ended { used: 0, parts: Vec::new() },
        N::Repeat(repeat) => {
            let round = Box::new(begin(N::Block(&repeat.block), since));
            Inside::Repeat { done: 0, took: false, left: None, round }
        }
    };
    follow(node, S::On { since, last: None, inside }, since)
}

fn standing(node: N, state: &S) -> Is {
    let S::On { since, last, inside } = state else {
        return match state {
            S::Dead => Is::Dead,
            S::Ended { .. } => Is::Ended,
            _ => Is::Running,
        };
    };
    let bare = bare(node, inside);
    let too_early = match (node, node.within()) {
        (N::Item(_), _) | (_, None) => false,
        (_, Some(limit)) => last.unwrap_or(0) < since + ms(limit.at_least) && !limit.at_least.is_zero(),
    };
    if too_early && matches!(bare, Is::Satisfied | Is::Full) { Is::Running } else { bare }
}

fn bare(node: N, inside: &Inside) -> Is {
    match (node, inside) {
        (N::Item(item), Inside::Item { taken }) => {
            let count = item.count;
            match count.max {
                _ if *taken < count.min => Is::Running,
                Some(max) if *taken >= max && count.keeps_max && max > count.min => Is::Full,
                Some(max) if *taken >= max => Is::Ended,
                _ => Is::Satisfied,
            }
        }
        (N::Block(block), _) if block.nodes.is_empty() => {
            if block.nevers.is_empty() {
                Is::Ended
            } else {
                Is::Running
            }
        }
        (N::Block(block), Inside::Any { children }) => {
            block.nodes.iter().zip(children).map(|(node, child)| standing(N::of(node), child)).min().unwrap()
        }
        (N::Block(block), Inside::Ordered { at, children }) => {
            if matches!(children[*at], S::Dead) {
                return Is::Dead;
            }
            match standing(N::of(block.nodes.last().unwrap()), children.last().unwrap()) {
                Is::Dead => Is::Running,
                is => is,
            }
        }
        (N::Either(blocks), Inside::Either { chosen: Some(chosen), branches }) => {
            standing(N::Block(&blocks[*chosen]), &branches[*chosen])
        }
        (N::Either(blocks), Inside::Either { chosen: None, branches }) => {
            match blocks.iter().zip(branches).map(|(block, branch)| standing(N::Block(block), branch)).max() {
                Some(Is::Full) => Is::Satisfied,
                Some(is) => is,
                None => Is::Ended,
            }
        }
        (N::Repeat(repeat), Inside::Repeat { done, took, round, .. }) => {
            let body = N::Block(&repeat.block);
            let count = repeat.count;
            let enough = |rounds: u32| rounds >= count.min || may_be_empty(body);
            match standing(body, round) {
                Is::Dead if !took && enough(*done) => Is::Ended,
                Is::Dead => Is::Dead,
                Is::Running if !took && enough(*done) => Is::Satisfied,
                Is::Running => Is::Running,
                Is::Satisfied if !took || enough(done + 1) => Is::Satisfied,
                Is::Satisfied => Is::Running,
                _ if !took => Is::Ended,
                _ if !count.keeps_max => Is::Ended,
                Is::Ended if count.max == Some(count.min) => Is::Ended,
                _ => Is::Full,
            }
        }
        _ => unreachable!("the state is of this node"),
    }
}

/// Whether it may be left as soon as it begins.
fn may_be_empty(node: N) -> bool {
    let bounded = node.within().is_some_and(|limit| !limit.at_least.is_zero());
    match node {
        N::Item(item) => item.count.min == 0,
        N::Block(block) if block.nodes.is_empty() => block.nevers.is_empty() && !bounded,
        N::Block(block) => !bounded && block.nodes.iter().all(|child| may_be_empty(N::of(child))),
        N::Either(blocks) => blocks.iter().any(|block| may_be_empty(N::Block(block))),
        N::Repeat(repeat) if repeat.count.max == Some(0) => true,
        N::Repeat(repeat) => !bounded && (repeat.count.min == 0 || may_be_empty(N::Block(&repeat.block))),
    }
}

fn over(node: N, state: &S, left: bool) -> S {
    let used = match state {
        S::On { inside: Inside::Item { taken }, .. } => *taken,
        S::On { inside: Inside::Repeat { .. }, .. } => u32::from(rounds_used(node, state)),
        S::Left { used } | S::Ended { used, .. } => *used,
        _ => 0,
    };
    if left {
        return S::Left { used };
    }
    let parts = match (node, state) {
        (N::Block(block), S::On { inside: Inside::Any { children } | Inside::Ordered { children, .. }, .. }) => {
            block.nodes.iter().zip(children).map(|(node, child)| over(N::of(node), child, false)).collect()
        }
        _ => Vec::new(),
    };
    S::Ended { used, parts }
}

fn rounds_used(node: N, state: &S) -> bool {
    let N::Repeat(repeat) = node else { return false };
    let Some(max) = repeat.count.max else { return false };
    match state {
        _ if max == 0 => true,
        S::Left { used } | S::Ended { used, .. } => *used > 0,
        S::On { inside: Inside::Repeat { done, took, round, .. }, .. } => {
            *took && done + 1 >= max && standing(N::Block(&repeat.block), round) >= Is::Full
        }
        _ => false,
    }
}

/// What follows from the state as it is at this instant.
fn follow(node: N, state: S, tick: u64) -> S {
    let S::On { since, mut last, inside } = state else { return state };
    let inside = match (node, inside) {
        (N::Block(block), Inside::Any { children }) => Inside::Any { children: each(&block.nodes, children, tick) },
        (N::Block(block), Inside::Ordered { at, children }) => follow_ordered(block, at, children, tick),
        (N::Either(blocks), Inside::Either { chosen, branches }) => {
            let branches: Vec<S> =
                blocks.iter().zip(branches).map(|(block, branch)| follow(N::Block(block), branch, tick)).collect();
            let ended =
                || (0..blocks.len()).find(|place| standing(N::Block(&blocks[*place]), &branches[*place]) == Is::Ended);
            let chosen = chosen.or_else(ended);
            Inside::Either { branches: keep_chosen(blocks, branches, chosen), chosen }
        }
        (N::Repeat(repeat), Inside::Repeat { mut done, mut took, mut left, mut round }) => {
            let body = N::Block(&repeat.block);
            loop {
                *round = follow(body, *round, tick);
                let is = standing(body, &round);
                left = if is >= Is::Satisfied { left.or(Some(tick)) } else { None };
                if is >= Is::Satisfied && left == Some(tick) {
                    last = last.max(Some(tick));
                }
                let enough = done >= repeat.count.min || may_be_empty(body);
                if !took && (is >= Is::Full || (is == Is::Dead && enough)) {
                    let used = repeat.count.max.is_some_and(|max| done >= max);
                    return S::Ended { used: u32::from(used), parts: Vec::new() };
                }
                if is < Is::Full || repeat.count.max.is_some_and(|max| done + 1 >= max) {
                    break;
                }
                done += 1;
                took = false;
                *round = begin(body, left.unwrap());
                left = None;
            }
            Inside::Repeat { done, took, left, round }
        }
        (_, inside) => inside,
    };
    let state = S::On { since, last, inside };
    let S::On { inside, .. } = &state else { return state };
    let bare = bare(node, inside);
    let earliest = node.within().filter(|limit| !limit.at_least.is_zero()).map(|limit| since + ms(limit.at_least));
    match (node, bare, earliest) {
        (_, Is::Dead, _) => S::Dead,
        (N::Item(_), ..) => state,
        (_, Is::Ended, Some(earliest)) if tick < earliest => S::Dead,
        (_, Is::Ended, _) => over(node, &state, false),
        _ => state,
    }
}

fn each(nodes: &[Node], children: Vec<S>, tick: u64) -> Vec<S> {
    nodes.iter().zip(children).map(|(node, child)| follow(N::of(node), child, tick)).collect()
}

fn keep_chosen(blocks: &[Block], branches: Vec<S>, chosen: Option<usize>) -> Vec<S> {
    let Some(chosen) = chosen else { return branches };
    let leave = |(place, branch): (usize, S)| {
        if place == chosen { branch } else { over(N::Block(&blocks[place]), &branch, true) }
    };
    branches.into_iter().enumerate().map(leave).collect()
}

fn follow_ordered(block: &Block, mut at: usize, mut children: Vec<S>, tick: u64) -> Inside {
    let node = |place: usize| N::of(&block.nodes[place]);
    let mut reachable = true;
    for (place, child) in children.iter_mut().enumerate().skip(at) {
        if !reachable {
            *child = S::NotBegun;
            continue;
        }
        if matches!(child, S::NotBegun) {
            *child = begin(node(place), tick);
        }
        *child = follow(node(place), child.clone(), tick);
        reachable = standing(node(place), child) >= Is::Satisfied;
    }
    while at + 1 < children.len() && standing(node(at), &children[at]) >= Is::Full {
        children[at] = over(node(at), &children[at], true);
        at += 1;
    }
    Inside::Ordered { at, children }
}

/// The end of a tick: every frame of it has been seen, so the deadlines at it pass, those of inner nodes first.
fn tick_over(root: N, mut state: S, tick: u64) -> S {
    loop {
        let next = follow(root, time_out(root, state.clone(), tick), tick);
        if next == state {
            break;
        }
        state = next;
    }
    follow(root, strict_gaps(root, state, tick), tick)
}

fn time_out(node: N, state: S, tick: u64) -> S {
    let S::On { .. } = state else { return state };
    let state = inner(node, state, &|node, state| time_out(node, state, tick));
    let state = follow(node, state, tick);
    let S::On { since, last, inside } = &state else { return state };
    if let N::Block(block) = node {
        use crate::pattern::GapOp::AtMost;
        let overdue = block.gaps.iter().any(|gap| gap.op == AtMost && last.is_some_and(|l| l + ms(gap.limit) <= tick));
        if overdue && needs_frame(node, &state) {
            return S::Dead;
        }
    }
    let Some(limit) = node.within() else { return state };
    if since + ms(limit.at_most) > tick {
        return state;
    }
    match bare(node, inside) {
        Is::Ended | Is::Dead => state,
        Is::Satisfied | Is::Full => over(node, &state, false),
        Is::Running => match node {
            N::Block(block) if block.nodes.is_empty() => over(node, &state, false),
            _ => S::Dead,
        },
    }
}

/// `gap < D` dies a nanosecond before D is over: after everything else of the tick before.
fn strict_gaps(node: N, state: S, tick: u64) -> S {
    let S::On { .. } = state else { return state };
    let state = inner(node, state, &|node, state| strict_gaps(node, state, tick));
    let (N::Block(block), S::On { last: Some(last), .. }) = (node, &state) else { return state };
    let overdue =
        block.gaps.iter().any(|gap| gap.op == crate::pattern::GapOp::Less && last + ms(gap.limit) <= tick + 1);
    if overdue && needs_frame(node, &state) { S::Dead } else { state }
}

fn inner(node: N, state: S, change: &dyn Fn(N, S) -> S) -> S {
    let S::On { since, last, inside } = state else { return state };
    let list = |nodes: &[Node], states: Vec<S>| -> Vec<S> {
        nodes.iter().zip(states).map(|(node, state)| change(N::of(node), state)).collect()
    };
    let inside = match (node, inside) {
        (N::Block(block), Inside::Any { children }) => Inside::Any { children: list(&block.nodes, children) },
        (N::Block(block), Inside::Ordered { at, children }) => {
            Inside::Ordered { at, children: list(&block.nodes, children) }
        }
        (N::Either(blocks), Inside::Either { chosen, branches }) => {
            let branches = blocks.iter().zip(branches).map(|(b, s)| change(N::Block(b), s)).collect();
            Inside::Either { chosen, branches }
        }
        (N::Repeat(repeat), Inside::Repeat { done, took, left, round }) => {
            Inside::Repeat { done, took, left, round: Box::new(change(N::Block(&repeat.block), *round)) }
        }
        (_, inside) => inside,
    };
    S::On { since, last, inside }
}

fn needs_frame(node: N, state: &S) -> bool {
    match state {
        S::Ended { .. } | S::Left { .. } => return false,
        S::Dead => return true,
        _ => {}
    }
    let inside = match state {
        S::On { inside, .. } => Some(inside),
        _ => None,
    };
    match (node, inside) {
        (N::Item(item), Some(Inside::Item { taken })) => *taken < item.count.min,
        (N::Item(item), _) => item.count.min > 0,
        (N::Block(block), Some(Inside::Any { children } | Inside::Ordered { children, .. })) => {
            block.nodes.iter().zip(children).any(|(node, child)| needs_frame(N::of(node), child))
        }
        (N::Block(block), _) => block.nodes.iter().any(|node| needs_frame(N::of(node), &S::NotBegun)),
        (N::Either(blocks), Some(Inside::Either { chosen: Some(chosen), branches })) => {
            needs_frame(N::Block(&blocks[*chosen]), &branches[*chosen])
        }
        (N::Either(blocks), Some(Inside::Either { branches, .. })) => {
            blocks.iter().zip(branches).all(|(block, branch)| needs_frame(N::Block(block), branch))
        }
        (N::Either(blocks), _) => blocks.iter().all(|block| needs_frame(N::Block(block), &S::NotBegun)),
        (N::Repeat(repeat), inside) => {
            let body = N::Block(&repeat.block);
            let least = if may_be_empty(body) { 0 } else { repeat.count.min };
            let fresh = needs_frame(body, &S::NotBegun);
            match inside {
                Some(Inside::Repeat { done, took: true, round, .. }) => {
                    needs_frame(body, round) || (done + 1 < least && fresh)
                }
                Some(Inside::Repeat { done, round, .. }) => *done < least && needs_frame(body, round),
                _ => least > 0 && fresh,
            }
        }
    }
}

/// A frame as it is seen with what was captured before it.
struct See<'a> {
    frame: &'a Frame,
    items: &'a Items,
    captures: &'a Captured,
    tick: u64,
}

impl See<'_> {
    fn fits(&self, item: crate::pattern::ItemId) -> Option<Captured> {
        self.items.fits(item, self.frame, self.captures)
    }

    fn breaks_never(&self, block: &Block) -> bool {
        block.nevers.iter().any(|never| self.fits(*never).is_some())
    }
}

/// Every way in which an item inside the node takes the frame, first choice first: the node's state after it, the item, the captures.
fn takes(node: N, state: &S, see: &See) -> Vec<(S, u32, Captured)> {
    let S::On { since, last, inside } = state else { return Vec::new() };
    let on = |inside: Inside| S::On { since: *since, last: Some(see.tick), inside };
    match (node, inside) {
        (N::Item(item), Inside::Item { taken }) => {
            let full = item.count.max.is_some_and(|max| *taken >= max);
            let early = item.within.is_some_and(|limit| see.tick < since + ms(limit.at_least));
            match see.fits(item.id) {
                Some(captures) if !full && !early => {
                    vec![(on(Inside::Item { taken: taken + 1 }), item.id.0, captures)]
                }
                _ => Vec::new(),
            }
        }
        (N::Block(block), Inside::Any { children } | Inside::Ordered { children, .. }) => {
            let mut ways = Vec::new();
            for (place, child) in children.iter().enumerate() {
                for (after, item, captures) in takes(N::of(&block.nodes[place]), child, see) {
                    let state = match block.order {
                        Order::AnyOrder | Order::AnyOrderStrictly => {
                            let mut children: Vec<S> = (0..children.len())
                                .map(|other| guarded(N::of(&block.nodes[other]), &children[other], see))
                                .collect();
                            children[place] = after;
                            on(Inside::Any { children })
                        }
                        _ => {
                            let children = (0..children.len()).map(|other| match other.cmp(&place) {
                                std::cmp::Ordering::Less => over(N::of(&block.nodes[other]), &children[other], true),
                                std::cmp::Ordering::Equal => after.clone(),
                                std::cmp::Ordering::Greater => S::NotBegun,
                            });
                            on(Inside::Ordered { at: place, children: children.collect() })
                        }
                    };
                    let between = last.map(|last| std::time::Duration::from_millis(see.tick - last));
                    let gap_broken = between.is_some_and(|between| block.gaps.iter().any(|gap| !gap.holds(between)));
                    let state = if gap_broken || see.breaks_never(block) { S::Dead } else { state };
                    ways.push((state, item, captures));
                }
            }
            ways
        }
        (N::Either(blocks), Inside::Either { branches, .. }) => {
            let mut ways = Vec::new();
            for (place, branch) in branches.iter().enumerate() {
                for (after, item, captures) in takes(N::Block(&blocks[place]), branch, see) {
                    let mut branches = keep_chosen(blocks, branches.clone(), Some(place));
                    branches[place] = after;
                    ways.push((on(Inside::Either { chosen: Some(place), branches }), item, captures));
                }
            }
            ways
        }
        (N::Repeat(repeat), Inside::Repeat { done, took, round, .. }) => {
            let body = N::Block(&repeat.block);
            let wrap = |done: u32, (after, item, captures): (S, u32, Captured)| {
                let round = Box::new(after);
                (on(Inside::Repeat { done, took: true, left: None, round }), item, captures)
            };
            let mut ways: Vec<_> = takes(body, round, see).into_iter().map(|way| wrap(*done, way)).collect();
            let more = repeat.count.max.is_none_or(|max| done + 1 < max);
            if *took && more && standing(body, round) == Is::Satisfied {
                // The round before ended when it could last be left; deadlines up to the tick before have passed since.
                let from = last.unwrap();
                let mut fresh = begin(body, from);
                for tick in from..see.tick {
                    fresh = tick_over(body, fresh, tick);
                }
                ways.extend(takes(body, &fresh, see).into_iter().map(|way| wrap(done + 1, way)));
            }
            ways
        }
        _ => unreachable!("the state is of this node"),
    }
}

/// A sibling of what takes the frame: its blocks still mind their nevers.
fn guarded(node: N, state: &S, see: &See) -> S {
    let S::On { .. } = state else { return state.clone() };
    let state = inner(node, state.clone(), &|node, state| guarded(node, &state, see));
    match node {
        N::Block(block) if see.breaks_never(block) => S::Dead,
        _ => state,
    }
}

fn passed_over(node: N, state: &S, see: &See) -> S {
    let S::On { since, .. } = state else { return state.clone() };
    let before = state;
    let state = inner(node, state.clone(), &|node, state| passed_over(node, &state, see));
    match node {
        N::Item(item) => {
            let early = item.within.is_some_and(|limit| see.tick < since + ms(limit.at_least));
            let Inside::Item { taken } = inside_of(&state) else { unreachable!("an item's state") };
            let full = item.count.max.is_some_and(|max| *taken >= max);
            if early && !full && see.fits(item.id).is_some() { S::Dead } else { state }
        }
        N::Block(block) => {
            let strict = matches!(block.order, Order::Strictly | Order::AnyOrderStrictly);
            let broken = strict || see.breaks_never(block) || beyond(block, before, see);
            if broken { S::Dead } else { state }
        }
        _ => state,
    }
}

fn inside_of(state: &S) -> &Inside {
    match state {
        S::On { inside, .. } => inside,
        _ => unreachable!("only asked of what is on"),
    }
}

/// Whether the frame is one more than a stated count of the block's own items and repetitions allows.
fn beyond(block: &Block, state: &S, see: &See) -> bool {
    let (Inside::Any { children } | Inside::Ordered { children, .. }) = inside_of(state) else { return false };
    one_too_many(block, children, see)
}

fn one_too_many(block: &Block, children: &[S], see: &See) -> bool {
    block.nodes.iter().zip(children).any(|(node, child)| match node {
        Node::Item(item) if item.count.keeps_max => {
            let taken = match child {
                S::On { inside: Inside::Item { taken }, .. } => *taken,
                S::Left { used } | S::Ended { used, .. } => *used,
                _ => 0,
            };
            item.count.max.is_some_and(|max| taken >= max) && see.fits(item.id).is_some()
        }
        Node::Repeat(repeat) if repeat.count.keeps_max && rounds_used(N::of(node), child) => {
            firsts(N::Block(&repeat.block)).into_iter().any(|item| see.fits(item).is_some())
        }
        _ => false,
    })
}

fn firsts(node: N) -> Vec<crate::pattern::ItemId> {
    match node {
        N::Item(item) => vec![item.id],
        N::Either(blocks) => blocks.iter().flat_map(|block| firsts(N::Block(block))).collect(),
        N::Repeat(repeat) => firsts(N::Block(&repeat.block)),
        N::Block(block) if matches!(block.order, Order::AnyOrder | Order::AnyOrderStrictly) => {
            block.nodes.iter().flat_map(|child| firsts(N::of(child))).collect()
        }
        N::Block(block) => {
            let reach = block.nodes.iter().position(|child| !may_be_empty(N::of(child))).unwrap_or(block.nodes.len());
            block.nodes.iter().take(reach + 1).flat_map(|child| firsts(N::of(child))).collect()
        }
    }
}
