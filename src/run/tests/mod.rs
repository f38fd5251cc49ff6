//! The executor in virtual time, in a world that follows a script: no socket is opened, and no time passes.

mod channels;
mod channels_late;
mod control;
mod credentials;
mod dispatch;
mod draws;
pub mod endless;
mod flows;
mod hooks;
mod limits;
mod loads;
mod loads_again;
mod loads_channels;
mod loads_shards;
mod monitor;
mod observer;
mod requests;
mod retries;
pub mod scripted;
mod stop;
