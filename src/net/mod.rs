//! The only sockets (the demo system aside): HTTP exchanges, WebSockets, event streams, and the clock that dates what they carry.

pub mod apart;
pub mod channel;
pub mod clock;
pub mod coding;
pub mod http;
mod lanes;
mod live;
mod timer;

pub use clock::{wall, wall_reaches};
pub use live::LiveWorld;
