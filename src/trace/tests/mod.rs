//! Runs in virtual time that are recorded into the file of a trace, and judged again from it.

mod damaged;
mod disguise;
mod drawn_secrets;
mod edited;
mod encodings;
mod generated;
mod pair;
mod parts;
mod secrets;
