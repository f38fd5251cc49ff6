//! What happened: exchanges, frames and their evidence. Plain data without behaviour, recorded by `run`, read by `judge` and `report`.
//!
//! Every instant is a duration since the run's epoch, so that recorded and live evidence are judged alike.

mod channel;
pub mod charset;
mod contents;
mod exchange;
mod flow;
pub mod form;
mod occurrence;
mod plainly;
mod times;
mod weak;

pub use channel::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Payload, SseFields};
pub use exchange::{Exchange, Failure, FailureKind, Header, Hop, Peer, Response, SetCookie, Timings, Tls, Unreal};
pub use flow::{Flow, flows};
pub use occurrence::{Occurrence, Part};
pub use plainly::Plainly;
pub use times::{PackedTimes, Times};
pub use weak::Weak;

use std::time::Duration;

/// An instant: the time since the run's epoch.
pub type Instant = Duration;
