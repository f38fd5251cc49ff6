//! Carries a plan out: which suites and tests run when (the dispatcher), and one test's steps (the executor).

mod channels;
mod credentials;
mod deadline;
mod dispatch;
mod evidence;
mod host;
mod judging;
mod monitor;
mod observer;
mod prepare;
mod step;
mod stop;
mod suites;
mod test;
mod weight;

pub use crate::net::http::{Authority, authorities};
pub use dispatch::{Options, execute};
pub use stop::Stop;
