//! The executor in virtual time, in a world that follows a script: no socket is opened, and no time passes.

mod control;
mod draws;
mod scripted;
