use super::Cause;
use super::program::{Ix, Kind, Program, ROOT};
use super::register::{Phase, Register, Standing};
use crate::event::Instant;

/// The moves of one thread: nodes begin, take frames, run out of time and die.
pub(super) struct Mover<'a> {
    pub program: &'a Program,
    pub regs: &'a mut [Register],
    /// Why nodes died, latest last.
    pub wounds: &'a mut Vec<(Ix, Cause)>,
}

impl Mover<'_> {
    /// Begins a node whose clock counts from `at`, with all in it that begins with it.
    pub(super) fn begin(&mut self, ix: Ix, at: Instant) -> Standing {
        let program = self.program;
        self.blank(ix);
        self.regs[ix].phase = Phase::Active;
        self.regs[ix].since = at;
        match &program.op(ix).kind {
            Kind::Item { .. } => {}
            Kind::Either { branches: children } => children.iter().for_each(|child| {
                self.begin(*child, at);
            }),
            Kind::Block { order, children, .. } if order.is_any() => children.iter().for_each(|child| {
                self.begin(*child, at);
            }),
            Kind::Block { children, .. } => {
                if let Some(first) = children.first() {
                    self.begin(*first, at);
                }
            }
            Kind::Repeat { count, .. } if count.max == Some(0) => self.regs[ix].phase = Phase::Ended,
            Kind::Repeat { body, .. } => {
                self.begin(*body, at);
            }
        }
        self.settle(ix, at)
    }

    /// An item takes a frame. Whatever lies before it in an ordered block is left, whatever lies behind it begins again.
    /// What is left by that isn't `broken` any more by the frame.
    pub(super) fn take(&mut self, item: Ix, frame: u32, at: Instant, broken: Vec<(Ix, Cause)>) {
        let program = self.program;
        if let Kind::Item { count, .. } = &program.op(item).kind {
            // What lies beyond an open count's minimum makes no difference to what comes.
            let most = count.max.unwrap_or(count.min);
            self.regs[item].count = self.regs[item].count.saturating_add(1).min(most);
        }
        let mut child = item;
        while let Some(ix) = program.op(child).parent {
            self.consume(ix, program.op(child).place, frame, at);
            child = ix;
        }
        for (ix, cause) in broken {
            if self.regs[ix].phase == Phase::Active {
                self.kill(ix, cause);
            }
        }
        self.settle(ROOT, at);
    }

    /// The time `at` passes: every frame up to it, itself included, has been seen.
    pub(super) fn pass(&mut self, at: Instant) -> Standing {
        self.pass_in(ROOT, at)
    }

    /// The log is over: a block of nothing but nevers that still waits would prove nothing by it.
    pub(super) fn end_of_log(&mut self, at: Instant, cause: &Cause) {
        let program = self.program;
        for ix in program.needs_open.iter().copied() {
            if program.is_in_force(self.regs, ix) {
                self.kill(ix, cause.clone());
            }
        }
        self.settle(ROOT, at);
    }

    /// The time passes for one node and what it holds.
    pub(super) fn pass_in(&mut self, ix: Ix, at: Instant) -> Standing {
        self.expire(ix, at);
        self.settle(ix, at)
    }

    pub(super) fn kill(&mut self, ix: Ix, cause: Cause) {
        self.regs[ix].phase = Phase::Dead;
        self.wounds.retain(|(wounded, _)| *wounded != ix);
        self.wounds.push((ix, cause));
    }

    /// Lets everything follow from what has changed: blocks that are over are left, what follows begins, what can't match dies.
    pub(super) fn settle(&mut self, ix: Ix, at: Instant) -> Standing {
        let program = self.program;
        if self.regs[ix].phase != Phase::Active {
            return program.standing(self.regs, ix);
        }
        match &program.op(ix).kind {
            Kind::Item { .. } => return program.standing(self.regs, ix),
            Kind::Block { order, children, .. } if order.is_any() => {
                for child in children {
                    self.settle(*child, at);
                }
            }
            Kind::Block { children, .. } => self.settle_in_order(ix, children, at),
            Kind::Either { branches } => self.settle_either(ix, branches, at),
            Kind::Repeat { .. } => self.settle_rounds(ix, at),
        }
        self.conclude(ix, at)
    }

    /// A node that is over before its lower bound dies; one whose parts are dead dies with them.
    fn conclude(&mut self, ix: Ix, at: Instant) -> Standing {
        let program = self.program;
        if self.regs[ix].phase != Phase::Active {
            return program.standing(self.regs, ix);
        }
        let bare = program.bare_standing(self.regs, ix);
        if bare == Standing::Dead {
            self.regs[ix].phase = Phase::Dead;
            return Standing::Dead;
        }
        if bare != Standing::Ended {
            return program.standing(self.regs, ix);
        }
        if let Some(earliest) = program.earliest_end(self.regs, ix).filter(|earliest| at < *earliest) {
            self.kill(ix, block_too_early(program, ix, at, earliest));
            return Standing::Dead;
        }
        self.finish(ix);
        Standing::Ended
    }

    fn settle_in_order(&mut self, ix: Ix, children: &[Ix], at: Instant) {
        let program = self.program;
        let mut place = self.regs[ix].count as usize;
        let mut next = place;
        while let Some(child) = children.get(next) {
            let standing = self.settle(*child, at);
            next += 1;
            if !standing.may_be_left() {
                children.iter().skip(next).for_each(|behind| self.blank(*behind));
                break;
            }
            if let Some(follower) = children.get(next)
                && self.regs[*follower].phase == Phase::NotBegun
            {
                self.begin(*follower, at);
            }
        }
        while place + 1 < children.len() && program.standing(self.regs, children[place]).is_over() {
            self.leave(children[place]);
            place += 1;
        }
        self.regs[ix].count = place as u32;
    }

    fn settle_either(&mut self, ix: Ix, branches: &[Ix], at: Instant) {
        if let Some(chosen) = (self.regs[ix].count as usize).checked_sub(1) {
            self.settle(branches[chosen], at);
            return;
        }
        let ended = branches.iter().position(|branch| self.settle(*branch, at) == Standing::Ended);
        if let Some(place) = ended {
            self.choose(ix, branches, place);
        }
    }

    fn settle_rounds(&mut self, ix: Ix, at: Instant) {
        let program = self.program;
        let Kind::Repeat { count, least, body, .. } = &program.op(ix).kind else { return };
        loop {
            let standing = self.settle(*body, at);
            let reg = &mut self.regs[ix];
            if standing.may_be_left() && !reg.open {
                reg.last = Some(at);
            }
            reg.open = standing.may_be_left();
            let over = match standing {
                // The rounds before it are.
                Standing::Dead => !reg.took && reg.count >= *least,
                // A round that takes nothing stands for all that are missing.
                Standing::Full | Standing::Ended => !reg.took,
                Standing::Running | Standing::Satisfied => false,
            };
            if over {
                self.finish(ix);
                return;
            }
            if !standing.is_over() || count.is_full(reg.count.saturating_add(1)) {
                return;
            }
            let from = reg.last.unwrap_or(at);
            self.next_round(ix, *body, from);
        }
    }

    /// Leaves the current round, and begins the next one.
    pub(super) fn next_round(&mut self, ix: Ix, body: Ix, from: Instant) {
        let Kind::Repeat { count, least, .. } = &self.program.op(ix).kind else { return };
        let reg = &mut self.regs[ix];
        reg.count = reg.count.saturating_add(1).min(count.max.unwrap_or(*least));
        reg.took = false;
        reg.open = false;
        self.begin(body, from);
    }

    fn consume(&mut self, ix: Ix, place: usize, frame: u32, at: Instant) {
        let program = self.program;
        match &program.op(ix).kind {
            Kind::Block { id, order, children, gaps, .. } => {
                if !order.is_any() {
                    children.iter().take(place).for_each(|before| self.leave(*before));
                    children.iter().skip(place + 1).for_each(|behind| self.blank(*behind));
                    self.regs[ix].count = place as u32;
                }
                if let Some(last) = self.regs[ix].last {
                    let broken = gaps.iter().find(|gap| !gap.holds(at.saturating_sub(last)));
                    if let Some(gap) = broken {
                        self.kill(ix, Cause::Gap { block: *id, gap: *gap, after: last, frame: Some(frame) });
                    }
                }
            }
            Kind::Either { branches } if self.regs[ix].count == 0 => self.choose(ix, branches, place),
            Kind::Repeat { .. } => {
                self.regs[ix].took = true;
                self.regs[ix].open = false;
            }
            Kind::Either { .. } | Kind::Item { .. } => {}
        }
        if program.op(ix).keeps_last {
            self.regs[ix].last = Some(at);
        }
    }

    fn expire(&mut self, ix: Ix, at: Instant) {
        let program = self.program;
        if self.regs[ix].phase != Phase::Active {
            return;
        }
        match &program.op(ix).kind {
            Kind::Item { .. } => {}
            Kind::Block { children, .. } | Kind::Either { branches: children } => {
                children.iter().for_each(|child| self.expire(*child, at));
            }
            Kind::Repeat { body, .. } => self.expire(*body, at),
        }
        self.settle(ix, at);
        self.expire_own(ix, at);
    }

    fn expire_own(&mut self, ix: Ix, at: Instant) {
        let program = self.program;
        if self.regs[ix].phase != Phase::Active {
            return;
        }
        if let Some((due, cause)) = program.gap_due(self.regs, ix)
            && due <= at
        {
            self.kill(ix, cause);
            return;
        }
        let Some(deadline) = program.deadline(self.regs, ix).filter(|deadline| *deadline <= at) else { return };
        match program.bare_standing(self.regs, ix) {
            Standing::Ended | Standing::Dead => {}
            Standing::Satisfied | Standing::Full => self.finish(ix),
            Standing::Running if program.only_waits(ix) => self.finish(ix),
            Standing::Running => self.kill(ix, deadline_passed(program, ix, deadline)),
        }
    }

    fn choose(&mut self, ix: Ix, branches: &[Ix], place: usize) {
        self.regs[ix].count = place as u32 + 1;
        for (other, branch) in branches.iter().enumerate() {
            if other != place {
                self.leave(*branch);
            }
        }
    }

    fn leave(&mut self, ix: Ix) {
        self.close(ix, Phase::Left);
    }

    pub(super) fn finish(&mut self, ix: Ix) {
        if ix == ROOT {
            // It stays current while the match settles: the counts of its own parts are still kept.
            let Kind::Block { children, .. } = &self.program.op(ROOT).kind else { return };
            for child in children {
                match self.regs[*child].phase {
                    Phase::Active => self.close(*child, Phase::Ended),
                    Phase::Dead => self.blank(*child),
                    Phase::NotBegun | Phase::Ended | Phase::Left => {}
                }
            }
            self.regs[ROOT] = Register { phase: Phase::Ended, ..Register::BLANK };
            return;
        }
        self.close(ix, Phase::Ended);
    }

    /// Nothing is kept of a node that is over but what its stated upper count needs.
    fn close(&mut self, ix: Ix, phase: Phase) {
        let count = match &self.program.op(ix).kind {
            Kind::Item { count, .. } if count.keeps_max => self.regs[ix].count,
            Kind::Repeat { count, .. } if count.keeps_max && self.program.rounds_are_used(self.regs, ix) => {
                count.max.unwrap_or_default()
            }
            _ => 0,
        };
        self.blank(ix);
        self.regs[ix].phase = phase;
        self.regs[ix].count = count;
    }

    fn blank(&mut self, ix: Ix) {
        self.regs[ix..self.program.op(ix).end].fill(Register::BLANK);
    }
}

impl Program {
    /// A repetition whose rounds are all behind it.
    pub(super) fn rounds_are_used(&self, regs: &[Register], ix: Ix) -> bool {
        let Kind::Repeat { count, body, .. } = &self.op(ix).kind else { return false };
        let rounds = regs[ix].count;
        let round = regs[ix].phase == Phase::Active && regs[ix].took && self.standing(regs, *body).is_over();
        count.is_full(rounds.saturating_add(u32::from(round)))
    }

    /// A block of nothing but nevers: it ends by its time alone.
    pub(super) fn only_waits(&self, ix: Ix) -> bool {
        matches!(&self.op(ix).kind, Kind::Block { children, .. } if children.is_empty())
    }

    /// When an active block dies unless it consumes another frame.
    pub(super) fn gap_due(&self, regs: &[Register], ix: Ix) -> Option<(Instant, Cause)> {
        let Kind::Block { id, gaps, .. } = &self.op(ix).kind else { return None };
        let after = regs[ix].last?;
        let (longest, gap) = gaps.iter().filter_map(|gap| Some((gap.longest()?, *gap))).min_by_key(|(d, _)| *d)?;
        if !self.needs_frame(regs, ix) {
            return None;
        }
        Some((after.saturating_add(longest), Cause::Gap { block: *id, gap, after, frame: None }))
    }

    /// When something happens to the thread if no frame comes.
    pub(super) fn next_deadline(&self, regs: &[Register], ix: Ix) -> Option<Instant> {
        if regs[ix].phase != Phase::Active {
            return None;
        }
        let own = self.deadline(regs, ix).filter(|_| self.bare_standing(regs, ix) != Standing::Ended);
        let gap = self.gap_due(regs, ix).map(|(due, _)| due);
        let inner = match &self.op(ix).kind {
            Kind::Item { .. } => None,
            Kind::Block { children, .. } | Kind::Either { branches: children } => {
                children.iter().filter_map(|child| self.next_deadline(regs, *child)).min()
            }
            Kind::Repeat { body, .. } => self.next_deadline(regs, *body),
        };
        [own, gap, inner].into_iter().flatten().min()
    }
}

fn deadline_passed(program: &Program, ix: Ix, deadline: Instant) -> Cause {
    match &program.op(ix).kind {
        Kind::Item { id, .. } => Cause::ItemDeadline { item: *id, deadline },
        Kind::Block { id, .. } | Kind::Repeat { id, .. } => Cause::BlockDeadline { block: *id, deadline },
        Kind::Either { .. } => Cause::LimitReached { deadline },
    }
}

fn block_too_early(program: &Program, ix: Ix, at: Instant, earliest: Instant) -> Cause {
    match &program.op(ix).kind {
        Kind::Block { id, .. } | Kind::Repeat { id, .. } => Cause::BlockTooEarly { block: *id, at, earliest },
        Kind::Either { .. } | Kind::Item { .. } => Cause::LimitReached { deadline: at },
    }
}
