use super::{BlockId, Gap, ItemId};
use crate::event::{ChannelEnd, Instant};

/// How far a machine has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Status<C> {
    Running,
    Matched(Match<C>),
    Failed(Failure<C>),
}

impl<C> Status<C> {
    pub fn is_running(&self) -> bool {
        matches!(self, Status::Running)
    }
}

/// The pattern matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<C> {
    /// The frames that items took, in the order they came.
    pub taken: Vec<Taken<C>>,
    pub captures: C,
    /// When the outermost block ended: the time of a frame, of its deadline, or of the log's end.
    pub at: Instant,
}

impl<C> Match<C> {
    /// The number of the last frame that was consumed: the cursor goes behind it.
    pub fn cursor(&self) -> Option<u32> {
        self.taken.last().map(|taken| taken.frame)
    }
}

/// A frame that an item took.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken<C> {
    pub item: ItemId,
    /// The frame's number in its channel.
    pub frame: u32,
    pub at: Instant,
    /// What is captured once this frame is taken, earlier captures included.
    pub captures: C,
}

/// Every way to match has failed; this is the one that came furthest.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure<C> {
    pub at: Instant,
    pub cause: Cause,
    pub taken: Vec<Taken<C>>,
    pub captures: C,
    /// Every item of the pattern, in its order.
    pub items: Vec<ItemReport>,
}

impl<C> Failure<C> {
    /// The items that were waited for when it failed.
    pub fn awaited(&self) -> impl Iterator<Item = &ItemReport> {
        self.items.iter().filter(|item| matches!(item.state, ItemState::Waiting { .. }))
    }
}

/// Why a way to match ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The item's time passed before it had its minimum.
    ItemDeadline { item: ItemId, deadline: Instant },
    /// The block's (or repetition's) time passed before it was complete.
    BlockDeadline { block: BlockId, deadline: Instant },
    /// The limit from outside the pattern passed.
    LimitReached { deadline: Instant },
    /// A frame fits an item, but came before the item's time.
    ItemTooEarly { item: ItemId, frame: u32, earliest: Instant },
    /// The block was complete before its time.
    BlockTooEarly { block: BlockId, at: Instant, earliest: Instant },
    /// A frame fits a `never`.
    Never { item: ItemId, frame: u32 },
    /// A frame fits an item whose stated upper count is full.
    TooMany { item: ItemId, frame: u32, most: u32 },
    /// A frame would begin one more round of a repetition whose rounds are all used.
    TooManyRounds { block: BlockId, item: ItemId, frame: u32, most: u32 },
    /// No item takes the frame, and the block is strict.
    Unexpected { block: BlockId, frame: u32 },
    /// The time between two consumed frames broke a bound. Without `frame`, the next one didn't come in time.
    Gap { block: BlockId, gap: Gap, after: Instant, frame: Option<u32> },
    /// The channel ended while frames were waited for.
    LogEnded { end: ChannelEnd },
    /// There were more ways to match at once than the machine follows.
    TooManyThreads { limit: usize },
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReport {
    pub item: ItemId,
    /// The frames it took, over all rounds of a repetition: their numbers and times.
    pub taken: Vec<(u32, Instant)>,
    pub state: ItemState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It has what it needs and is behind the place where the pattern was.
    Done,
    /// It was left out, as its count allows, or is in an alternative that wasn't chosen.
    Skipped,
    /// It could take a frame. `needed` when it had to, for the pattern to match.
    Waiting {
        since: Instant,
        deadline: Option<Instant>,
        needed: bool,
    },
    /// Its time, or that of its block, was over.
    Expired {
        deadline: Option<Instant>,
    },
    NeverReached,
}
