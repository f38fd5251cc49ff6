//! Carries a plan out: which suites and tests run when (the dispatcher), and one test's steps (the executor).

mod channels;
mod credentials;
mod deadline;
mod deep;
mod dispatch;
mod evidence;
mod host;
mod judging;
mod load;
mod monitor;
mod observer;
mod options;
mod parts;
mod prepare;
mod probe;
mod replay;
mod shared;
mod signal;
mod step;
mod stop;
mod suites;
mod test;
#[cfg(test)]
pub mod tests;
mod weight;

pub use dispatch::execute;
pub use load::info as load_info;
pub use options::Options;
pub use replay::{Again, RecordedPhase, RecordedRun, Stopped, SuiteReplay};
pub use stop::Stop;
pub use suites::before_all;
pub use test::info;
