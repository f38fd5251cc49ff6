//! The only sockets (the demo system aside): HTTP exchanges, WebSockets, event streams, and the clock that dates what they carry.

pub mod apart;
pub mod auth;
pub mod budget;
pub mod channel;
pub mod clock;
pub mod coding;
pub mod cookies;
pub mod encode;
pub mod http;
