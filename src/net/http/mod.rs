//! One request at a time, as it was written: no redirects, retries, proxies or headers that no one asked for.

mod body;
mod client;
mod connect;
mod failure;
mod fingerprint;
mod head;
mod key;
mod one_task;
mod outgoing;
mod plain;
mod pool;
mod progress;
mod real;
mod redirect;
mod send;
mod sent;
mod stages;
mod tap;
mod target;
mod tls;

pub use client::Http;
pub use outgoing::{Live, LiveBody, Mode, Upgraded};
pub use plain::PlainSession;
pub use tap::Watch;
pub use tls::{Authority, authorities};

/// The largest body that is read, decoded or not, in bytes.
pub const MAX_BODY_BYTES: u64 = 64 * 1024 * 1024;
/// The most redirects that can be asked for.
pub const MAX_REDIRECTS: u32 = 50;
