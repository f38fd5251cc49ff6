//! What a load measured, and what its thresholds make of it. Iterations are counted, and added up; nothing here knows how they were carried out.

mod count;
mod explained;
mod failure;
mod live;
mod look;
mod measured;
mod result;
mod spec;
mod standing;
#[cfg(test)]
mod tests;
mod threshold;
mod timeline;

pub use count::{Channel, Counted, Counter, Iteration};
pub use failure::{Failure, Failures};
pub use live::{Broken, Ended, Live};
pub use look::{Begun, Look};
pub use measured::{Asked, Events, Iterations, Measured, Openings, Replies, Requests};
pub use result::LoadResult;
pub use spec::{Model, Scenario, Spec};
pub use standing::{Standing, Stands};
pub use threshold::ThresholdResult;
pub use timeline::{Bin, Timeline};
