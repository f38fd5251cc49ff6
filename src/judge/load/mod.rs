//! What a load measured, and what its thresholds make of it. Iterations are counted, and added up; nothing here knows how they were run.

mod count;
mod explained;
mod failure;
mod live;
mod look;
mod measured;
mod quick;
mod result;
mod spec;
mod standing;
#[cfg(test)]
mod tests;
mod threshold;
mod timeline;

pub use count::{Channel, Counted, Counter, Earlier, Iteration};
pub use failure::{Failure, Failures};
pub use live::{Broken, Ended, Live};
pub use look::{Begun, Look};
pub use measured::{Asked, Events, Iterations, Measured, Openings, Replies, Requests};
pub use quick::QuickChecks;
pub use result::LoadResult;
pub use spec::{Model, Scenario, Spec};
pub use standing::{Standing, Stands};
pub use threshold::ThresholdResult;
pub use timeline::{Bin, Timeline};
