//! The WebSocket at `/ws`: its handshake, its sessions, and who is sent what.

mod handshake;
mod hub;
mod incoming;
mod session;

pub(super) use handshake::upgrade;
pub(super) use hub::{Hub, Outgoing};
