use super::program::{Ix, Kind, Op, Program};
use crate::event::Instant;

/// Where a thread is at one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Register {
    pub phase: Phase,
    /// Of an item: the frames it has taken, counted up to what matters. Of an ordered block: the child it is at.
    /// Of an `either`: the branch chosen, from 1. Of a repetition: the rounds behind it.
    pub count: u32,
    /// What its clock counts from.
    pub since: Instant,
    /// When it last consumed a frame; of a repetition, when its round could last be left.
    pub last: Option<Instant>,
    /// Of a repetition: this round has taken a frame.
    pub took: bool,
    /// Of a repetition: this round can be left.
    pub open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    NotBegun,
    Active,
    /// It is over, and has what it needs. (An item that has all it can take stays active, so that its count is kept.)
    Ended,
    /// The pattern has moved on behind it, or another branch was chosen.
    Left,
    /// It can't match any more.
    Dead,
}

impl Register {
    pub(super) const BLANK: Register =
        Register { phase: Phase::NotBegun, count: 0, since: Instant::ZERO, last: None, took: false, open: false };
}

/// What a node could do next, from least to most complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Dead,
    /// It needs more.
    Running,
    /// It has what it needs, and could take more.
    Satisfied,
    /// It can take no more. Where nothing follows, it still waits, in order to keep its upper bound.
    Full,
    Ended,
}

impl Standing {
    /// What follows may begin.
    pub(super) fn may_be_left(self) -> bool {
        self >= Standing::Satisfied
    }

    /// It takes nothing more.
    pub(super) fn is_over(self) -> bool {
        self >= Standing::Full
    }
}

impl Program {
    pub(super) fn op(&self, ix: Ix) -> &Op {
        &self.nodes[ix]
    }

    pub(super) fn standing(&self, regs: &[Register], ix: Ix) -> Standing {
        match regs[ix].phase {
            Phase::Dead => Standing::Dead,
            Phase::Ended => Standing::Ended,
            Phase::NotBegun | Phase::Left => Standing::Running,
            Phase::Active => self.with_lower_bound(regs, ix, self.bare_standing(regs, ix)),
        }
    }

    /// The standing of an active node, its lower bound aside.
    pub(super) fn bare_standing(&self, regs: &[Register], ix: Ix) -> Standing {
        let reg = &regs[ix];
        match &self.nodes[ix].kind {
            Kind::Item { count, .. } => {
                if reg.count < count.min {
                    Standing::Running
                } else if !count.is_full(reg.count) {
                    Standing::Satisfied
                } else if count.keeps_max && Some(count.min) < count.max {
                    Standing::Full
                } else {
                    Standing::Ended
                }
            }
            Kind::Block { children, nevers, .. } if children.is_empty() => {
                if nevers.is_empty() {
                    Standing::Ended
                } else {
                    Standing::Running
                }
            }
            Kind::Block { order, children, .. } if order.is_any() => {
                children.iter().map(|child| self.standing(regs, *child)).min().unwrap_or(Standing::Ended)
            }
            Kind::Block { children, .. } => self.in_order(regs, reg.count as usize, children),
            Kind::Either { branches } => match reg.count {
                0 => self.undecided(regs, branches),
                chosen => branches.get(chosen as usize - 1).map_or(Standing::Ended, |ix| self.standing(regs, *ix)),
            },
            Kind::Repeat { count, least, body, .. } => {
                let (rounds, took) = (reg.count, reg.took);
                match self.standing(regs, *body) {
                    Standing::Dead if !took && rounds >= *least => Standing::Ended,
                    Standing::Dead => Standing::Dead,
                    Standing::Running if !took && rounds >= *least => Standing::Satisfied,
                    Standing::Running => Standing::Running,
                    Standing::Satisfied if !took || rounds.saturating_add(1) >= *least => Standing::Satisfied,
                    Standing::Satisfied => Standing::Running,
                    Standing::Full | Standing::Ended if !took => Standing::Ended,
                    last if !count.keeps_max || (Some(count.min) == count.max && last == Standing::Ended) => {
                        Standing::Ended
                    }
                    _ => Standing::Full,
                }
            }
        }
    }

    fn in_order(&self, regs: &[Register], at: usize, children: &[Ix]) -> Standing {
        if children.get(at).is_some_and(|child| regs[*child].phase == Phase::Dead) {
            return Standing::Dead;
        }
        match children.last() {
            Some(last) => self.standing(regs, *last).max(Standing::Running),
            None => Standing::Ended,
        }
    }

    fn undecided(&self, regs: &[Register], branches: &[Ix]) -> Standing {
        match branches.iter().map(|branch| self.standing(regs, *branch)).max() {
            Some(Standing::Full) => Standing::Satisfied,
            Some(best) => best,
            None => Standing::Ended,
        }
    }

    /// A block that could be left isn't, as long as it would be too early.
    fn with_lower_bound(&self, regs: &[Register], ix: Ix, bare: Standing) -> Standing {
        let open = matches!(bare, Standing::Satisfied | Standing::Full);
        match self.earliest_end(regs, ix) {
            Some(earliest) if open && regs[ix].last.is_none_or(|last| last < earliest) => Standing::Running,
            _ => bare,
        }
    }

    /// When a block with a lower bound may end.
    pub(super) fn earliest_end(&self, regs: &[Register], ix: Ix) -> Option<Instant> {
        let limit = self.nodes[ix].within?;
        if limit.at_least.is_zero() || matches!(self.nodes[ix].kind, Kind::Item { .. }) {
            return None;
        }
        Some(regs[ix].since.saturating_add(limit.at_least))
    }

    /// The last instant at which an active node that isn't over may still take a frame.
    pub(super) fn deadline(&self, regs: &[Register], ix: Ix) -> Option<Instant> {
        self.nodes[ix].within.map(|limit| regs[ix].since.saturating_add(limit.at_most))
    }

    /// Whether an active or future node can't end without a frame.
    pub(super) fn needs_frame(&self, regs: &[Register], ix: Ix) -> bool {
        let op = &self.nodes[ix];
        match regs[ix].phase {
            Phase::Ended | Phase::Left => return false,
            Phase::Dead => return true,
            Phase::NotBegun => return op.needs_frame,
            Phase::Active => {}
        }
        match &op.kind {
            Kind::Item { count, .. } => regs[ix].count < count.min,
            Kind::Block { children, .. } => children.iter().any(|child| self.needs_frame(regs, *child)),
            Kind::Either { branches } => match regs[ix].count {
                0 => !branches.is_empty() && branches.iter().all(|branch| self.needs_frame(regs, *branch)),
                _ => branches.iter().any(|branch| self.needs_frame(regs, *branch)),
            },
            Kind::Repeat { least, body, .. } => {
                let rounds = regs[ix].count;
                if regs[ix].took {
                    let more = rounds.saturating_add(1) < *least && self.nodes[*body].needs_frame;
                    more || self.needs_frame(regs, *body)
                } else {
                    rounds < *least && self.needs_frame(regs, *body)
                }
            }
        }
    }

    /// Whether a block guards what happens now: it has begun, isn't over, and neither is one around it.
    pub(super) fn is_in_force(&self, regs: &[Register], ix: Ix) -> bool {
        let mut next = Some(ix);
        while let Some(ix) = next {
            if regs[ix].phase != Phase::Active {
                return false;
            }
            next = self.nodes[ix].parent;
        }
        true
    }
}
