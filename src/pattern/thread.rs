use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::history::History;
use super::program::{Ix, Kind, Program, ROOT};
use super::register::{Phase, Register, Standing};
use super::step::Mover;
use super::{Cause, Failure, Fit, ItemId, ItemReport, ItemState};
use crate::event::{Frame, Instant};

/// One way to match, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct Thread<C> {
    pub regs: Box<[Register]>,
    pub captures: C,
    pub history: History<C>,
    /// Why nodes of it died, latest last.
    pub wounds: Vec<(Ix, Cause)>,
    /// When something happens to it if no frame comes.
    pub due: Option<Instant>,
    /// How far its time has come. A round can begin when its first deadline, which counts from the round before it, is over already.
    pub now: Instant,
    /// When it matched.
    pub done: Option<Instant>,
}

/// A thread that died, as it was just before.
#[derive(Clone, Debug)]
pub(super) struct Death<C> {
    pub at: Instant,
    pub cause: Cause,
    pub thread: Thread<C>,
}

/// A frame that a thread may take.
pub(super) struct Offer<C> {
    pub item: Ix,
    pub captures: C,
    /// The registers to take it from, where they aren't the thread's: the next round of a repetition has begun in them.
    pub regs: Option<Box<[Register]>>,
}

/// What a frame means to a thread, before it is known whether an item takes it.
pub(super) struct Offers<C> {
    pub list: Vec<Offer<C>>,
    /// Items that the frame fits, but before their time.
    pub early: Vec<Ix>,
}

impl<C> Default for Offers<C> {
    fn default() -> Self {
        Self { list: Vec::new(), early: Vec::new() }
    }
}

impl<C: Clone + PartialEq> Thread<C> {
    pub(super) fn start(program: &Program, at: Instant, captures: C) -> Self {
        let mut thread = Self {
            regs: vec![Register::BLANK; program.nodes.len()].into(),
            captures,
            history: History::default(),
            wounds: Vec::new(),
            due: None,
            now: at,
            done: None,
        };
        thread.mover(program).begin(ROOT, at);
        thread
    }

    pub(super) fn mover<'a>(&'a mut self, program: &'a Program) -> Mover<'a> {
        Mover { program, regs: &mut self.regs, wounds: &mut self.wounds }
    }

    /// Notes what follows from a change: whether it matched, and when it is due. Whether it lives.
    pub(super) fn note(&mut self, program: &Program, at: Instant) -> bool {
        self.now = at;
        match program.standing(&self.regs, ROOT) {
            Standing::Dead => return false,
            Standing::Ended => {
                self.done = Some(at);
                self.due = None;
            }
            Standing::Running | Standing::Satisfied | Standing::Full => {
                self.due = program.next_deadline(&self.regs, ROOT);
            }
        }
        true
    }

    /// The cause that brought the whole thread down: the latest one from which death reached the root.
    pub(super) fn cause(&self, program: &Program, at: Instant) -> Cause {
        let reached = |ix: &Ix| {
            let mut next = Some(*ix);
            while let Some(ix) = next {
                if self.regs[ix].phase != Phase::Dead {
                    return false;
                }
                next = program.op(ix).parent;
            }
            true
        };
        let fatal = self.wounds.iter().rev().find(|(ix, _)| reached(ix));
        fatal.map_or(Cause::LimitReached { deadline: at }, |(_, cause)| cause.clone())
    }

    /// The items that could take the frame now, first choice first.
    pub(super) fn offers(&self, program: &Program, frame: &Frame, fit: &impl Fit<Captures = C>, into: &mut Offers<C>) {
        into.list.clear();
        into.early.clear();
        let search = Search { program, frame, fit, captures: &self.captures };
        search.node(&self.regs, false, ROOT, into);
    }

    /// What the frame breaks among the nevers in force.
    pub(super) fn forbidden(
        &self,
        program: &Program,
        regs: &[Register],
        frame: &Frame,
        fit: &impl Fit<Captures = C>,
    ) -> Vec<(Ix, Cause)> {
        let mut broken = Vec::new();
        for block in program.guarded.iter().copied().filter(|block| program.is_in_force(regs, *block)) {
            let Kind::Block { nevers, .. } = &program.op(block).kind else { continue };
            let item = nevers.iter().find(|item| fit.fits(**item, frame, &self.captures).is_some());
            broken.extend(item.map(|item| (block, Cause::Never { item: *item, frame: frame.number })));
        }
        broken
    }

    /// What a frame breaks that no item takes, the most informative last.
    pub(super) fn misplaced(
        &self,
        program: &Program,
        frame: &Frame,
        fit: &impl Fit<Captures = C>,
        early: &[Ix],
    ) -> Vec<(Ix, Cause)> {
        let mut broken = Vec::new();
        for block in program.strict.iter().copied().filter(|block| program.is_in_force(&self.regs, *block)) {
            if let Kind::Block { id, .. } = &program.op(block).kind {
                broken.push((block, Cause::Unexpected { block: *id, frame: frame.number }));
            }
        }
        for ix in early.iter().copied() {
            if let (Kind::Item { id, .. }, Some(limit)) = (&program.op(ix).kind, program.op(ix).within) {
                let earliest = self.regs[ix].since.saturating_add(limit.at_least);
                broken.push((ix, Cause::ItemTooEarly { item: *id, frame: frame.number, earliest }));
            }
        }
        for ix in program.kept.iter().copied() {
            broken.extend(self.beyond(program, ix, frame, fit));
        }
        broken
    }

    /// What a frame breaks that comes after the thread has matched: of the outermost block, which stays current, the most informative first.
    pub(super) fn broken_later(&self, program: &Program, frame: &Frame, fit: &impl Fit<Captures = C>) -> Option<Cause> {
        let Kind::Block { id, order, nevers, .. } = &program.op(ROOT).kind else { return None };
        if let Some(item) = nevers.iter().find(|item| fit.fits(**item, frame, &self.captures).is_some()) {
            return Some(Cause::Never { item: *item, frame: frame.number });
        }
        let own = program.kept.iter().copied().filter(|ix| program.op(*ix).parent == Some(ROOT));
        if let Some(cause) = own.filter_map(|ix| self.one_too_many(program, ix, frame, fit)).last() {
            return Some(cause);
        }
        order.is_strict().then_some(Cause::Unexpected { block: *id, frame: frame.number })
    }

    /// Whether the frame is one more than a stated upper count allows, and the block that counts is current.
    fn beyond(&self, program: &Program, ix: Ix, frame: &Frame, fit: &impl Fit<Captures = C>) -> Option<(Ix, Cause)> {
        let block = program.op(ix).parent.filter(|block| program.is_in_force(&self.regs, *block))?;
        Some((block, self.one_too_many(program, ix, frame, fit)?))
    }

    fn one_too_many(&self, program: &Program, ix: Ix, frame: &Frame, fit: &impl Fit<Captures = C>) -> Option<Cause> {
        let op = program.op(ix);
        let fits = |item: &Ix| match &program.op(*item).kind {
            Kind::Item { id, .. } => fit.fits(*id, frame, &self.captures).is_some(),
            _ => false,
        };
        match &op.kind {
            Kind::Item { id, count } if count.is_full(self.regs[ix].count) => {
                let most = count.max.unwrap_or_default();
                fits(&ix).then_some(Cause::TooMany { item: *id, frame: frame.number, most })
            }
            Kind::Repeat { id, count, firsts, .. } if program.rounds_are_used(&self.regs, ix) => {
                let first = firsts.iter().find(|first| fits(first))?;
                let Kind::Item { id: item, .. } = &program.op(*first).kind else { return None };
                let most = count.max.unwrap_or_default();
                Some(Cause::TooManyRounds { block: *id, item: *item, frame: frame.number, most })
            }
            _ => None,
        }
    }

    /// Equal for threads that are alike, captures aside.
    pub(super) fn key(&self, program: &Program) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.done.hash(&mut hasher);
        let mut ix = 0;
        while ix < self.regs.len() {
            let (reg, op) = (&self.regs[ix], program.op(ix));
            (reg.phase as u8).hash(&mut hasher);
            if reg.phase == Phase::Dead {
                ix = op.end;
                continue;
            }
            (reg.count, reg.took, reg.open).hash(&mut hasher);
            op.within.map(|_| reg.since).hash(&mut hasher);
            reg.last.filter(|_| op.keeps_last).hash(&mut hasher);
            ix += 1;
        }
        hasher.finish()
    }

    /// Whether nothing that may still come can distinguish the two.
    pub(super) fn is_like(&self, other: &Self, program: &Program) -> bool {
        let mut ix = 0;
        while ix < self.regs.len() {
            let (a, b, op) = (&self.regs[ix], &other.regs[ix], program.op(ix));
            if a.phase != b.phase {
                return false;
            }
            if a.phase == Phase::Dead {
                ix = op.end;
                continue;
            }
            let alike = a.count == b.count
                && a.took == b.took
                && a.open == b.open
                && (op.within.is_none() || a.since == b.since)
                && (!op.keeps_last || a.last == b.last);
            if !alike {
                return false;
            }
            ix += 1;
        }
        self.done == other.done && self.captures == other.captures
    }
}

/// One frame looked at by one thread.
struct Search<'a, F: Fit> {
    program: &'a Program,
    frame: &'a Frame,
    fit: &'a F,
    captures: &'a F::Captures,
}

impl<F: Fit> Search<'_, F> {
    /// `copied`: the registers aren't the thread's, and go with the offer.
    fn node(&self, regs: &[Register], copied: bool, ix: Ix, into: &mut Offers<F::Captures>) {
        if regs[ix].phase != Phase::Active {
            return;
        }
        match &self.program.op(ix).kind {
            Kind::Item { .. } => self.item(regs, copied, ix, into),
            Kind::Block { children, .. } | Kind::Either { branches: children } => {
                children.iter().for_each(|child| self.node(regs, copied, *child, into));
            }
            Kind::Repeat { body, .. } => {
                self.node(regs, copied, *body, into);
                self.next_round(regs, ix, into);
            }
        }
    }

    fn item(&self, regs: &[Register], copied: bool, ix: Ix, into: &mut Offers<F::Captures>) {
        let op = self.program.op(ix);
        let Kind::Item { id, count } = &op.kind else { return };
        if count.is_full(regs[ix].count) {
            return;
        }
        let Some(captures) = self.fit.fits(*id, self.frame, self.captures) else { return };
        let earliest = op.within.map(|limit| regs[ix].since.saturating_add(limit.at_least));
        if earliest.is_some_and(|earliest| self.frame.at < earliest) {
            // A round that hasn't begun can't be broken.
            if !copied {
                into.early.push(ix);
            }
            return;
        }
        into.list.push(Offer { item: ix, captures, regs: copied.then(|| regs.into()) });
    }

    /// A round that could go on may also be left for the next one, which begins with its first frame.
    fn next_round(&self, regs: &[Register], ix: Ix, into: &mut Offers<F::Captures>) {
        let Kind::Repeat { count, body, firsts, .. } = &self.program.op(ix).kind else { return };
        let reg = &regs[ix];
        let last = match reg.last {
            Some(last) if reg.took && !count.is_full(reg.count.saturating_add(1)) => last,
            _ => return,
        };
        if self.program.standing(regs, *body) != Standing::Satisfied || !firsts.iter().any(|item| self.fits(*item)) {
            return;
        }
        let mut regs: Box<[Register]> = regs.into();
        let mut mover = Mover { program: self.program, regs: &mut regs, wounds: &mut Vec::new() };
        mover.next_round(ix, *body, last);
        while let Some(due) = self.program.next_deadline(mover.regs, *body).filter(|due| *due < self.frame.at) {
            mover.pass_in(*body, due);
        }
        self.node(&regs, true, *body, into);
    }

    fn fits(&self, item: Ix) -> bool {
        match &self.program.op(item).kind {
            Kind::Item { id, .. } => self.fit.fits(*id, self.frame, self.captures).is_some(),
            _ => false,
        }
    }
}

impl<C: Clone> Death<C> {
    /// `limit`: what bounds the whole machine from outside.
    pub(super) fn into_failure(self, program: &Program, limit: Option<Instant>) -> Failure<C> {
        let taken = self.thread.history.since(0);
        let mut by_item: HashMap<ItemId, Vec<(u32, Instant)>> = HashMap::new();
        for one in &taken {
            by_item.entry(one.item).or_default().push((one.frame, one.at));
        }
        let items = (0..program.nodes.len())
            .filter_map(|ix| {
                let Kind::Item { id, .. } = program.op(ix).kind else { return None };
                let frames = by_item.get(&id).cloned().unwrap_or_default();
                let state = item_state(program, &self.thread.regs, ix, !frames.is_empty(), limit);
                Some(ItemReport { item: id, taken: frames, state })
            })
            .collect();
        Failure { at: self.at, cause: self.cause, captures: self.thread.captures, taken, items }
    }
}

fn item_state(program: &Program, regs: &[Register], ix: Ix, took: bool, limit: Option<Instant>) -> ItemState {
    let over = if took { ItemState::Done } else { ItemState::Skipped };
    let mut deadline = limit;
    let mut next = Some(ix);
    while let Some(node) = next {
        match regs[node].phase {
            Phase::Active => {}
            Phase::NotBegun if took => return ItemState::Done,
            Phase::NotBegun => return ItemState::NeverReached,
            Phase::Dead => return ItemState::Expired { deadline: program.deadline(regs, node) },
            Phase::Ended | Phase::Left => return over,
        }
        deadline = [deadline, program.deadline(regs, node)].into_iter().flatten().min();
        next = program.op(node).parent;
    }
    let standing = program.bare_standing(regs, ix);
    if standing.is_over() {
        return ItemState::Done;
    }
    let needed = standing == Standing::Running && is_needed(program, regs, ix);
    ItemState::Waiting { since: regs[ix].since, deadline, needed }
}

/// Whether nothing around an item that lacks its minimum would do without it: a round that needn't be begun, an undecided alternative.
fn is_needed(program: &Program, regs: &[Register], ix: Ix) -> bool {
    let mut next = program.op(ix).parent;
    while let Some(node) = next {
        let reg = &regs[node];
        let dispensable = match &program.op(node).kind {
            Kind::Repeat { least, .. } => !reg.took && reg.count >= *least,
            Kind::Either { branches } => reg.count == 0 && branches.len() > 1,
            Kind::Block { .. } | Kind::Item { .. } => false,
        };
        if dispensable {
            return false;
        }
        next = program.op(node).parent;
    }
    true
}
