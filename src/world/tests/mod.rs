mod handshake;
mod log;
