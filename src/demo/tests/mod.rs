//! The demo system, seen from outside: over real sockets, as specs see it.

mod agents;
mod auth;
mod coordination;
mod faults;
mod health;
mod injections;
mod lab;
mod probes;
mod sockets;
mod streams;
mod threads;
