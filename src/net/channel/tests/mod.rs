mod frames;
mod handshake;
mod log;
