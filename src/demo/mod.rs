//! The embedded demo system: a small chat and agent product on real loopback sockets (`docs/demo.md`).
//!
//! Its services consult one [`behaviour`], which is right unless a [`Fault`] changed it. It serves the shipped specs, the
//! tests and `e2e-dsl demo`; nothing ever falls back to it.

mod agent;
mod answer;
mod auth;
mod backend;
mod behaviour;
mod caller;
mod connection;
mod control;
mod edge;
mod fault;
mod frontend;
mod injection;
mod input;
mod instance;
mod socket;
mod token;
mod world;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

pub use fault::{Fault, UnknownFault};
use instance::{Kind, PRIMARY, launch};
use world::System;

/// The version that the services say they have.
const VERSION: &str = "1.4.2";

/// The ports of the services; 0 lets the system choose a free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    pub api: u16,
    pub auth: u16,
    pub app: u16,
    pub control: u16,
}

/// How a demo is started. By default: no fault, any ports, ready at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemoOptions {
    pub fault: Option<Fault>,
    pub ports: Ports,
    /// The backend goes through its start-up (refused, 503, 200) instead of being ready when [`start`] returns.
    pub cold: bool,
    /// The fault is over as soon as the backend is up: what was slow was this one start.
    pub passing: bool,
}

/// Where the services are; no URL ends with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoUrls {
    pub api: String,
    pub ws: String,
    pub auth: String,
    pub app: String,
    pub control: String,
}

/// A demo system that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Demo {
    world: Arc<System>,
    urls: DemoUrls,
}

/// Starts the services on loopback. Needs a tokio runtime; fails when a port can't be taken.
pub async fn start(options: DemoOptions) -> io::Result<Demo> {
    let world = Arc::new(System::default());
    world.switches.set(options.fault);
    let mut demo = Demo { world: Arc::clone(&world), urls: DemoUrls::default() };
    let ports = options.ports;
    let backend = launch(&world, Kind::Backend, PRIMARY, ports.api, !options.cold)?;
    let auth = launch(&world, Kind::Auth, "auth", ports.auth, true)?;
    let app = launch(&world, Kind::Frontend, "frontend", ports.app, true)?;
    let control = launch(&world, Kind::Control, "control", ports.control, true)?;
    let urls =
        DemoUrls { api: backend.url(), ws: backend.ws_url(), auth: auth.url(), app: app.url(), control: control.url() };
    demo.urls = world.urls.get_or_init(|| urls).clone();
    if let Some(fault) = options.fault.filter(|_| options.passing) {
        tokio::spawn(pass(Arc::downgrade(&world), backend, fault));
    }
    Ok(demo)
}

/// Switches a fault off when an instance is up. Ends with the demo.
async fn pass(world: std::sync::Weak<System>, instance: Arc<instance::Instance>, fault: Fault) {
    while instance.is_starting() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if world.strong_count() == 0 {
            return;
        }
    }
    if let Some(world) = world.upgrade() {
        world.switches.switch(fault, false);
    }
}

impl Demo {
    pub fn urls(&self) -> &DemoUrls {
        &self.urls
    }

    /// Makes this the only active fault, or switches all off.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.world.switches.set(fault);
    }

    /// What an environment with `target demo` gets from it: the names, the values, and whether they are secret.
    pub fn values(&self) -> Vec<(&'static str, String, bool)> {
        let values = [
            ("api", self.urls.api.as_str(), false),
            ("ws", &self.urls.ws, false),
            ("auth", &self.urls.auth, false),
            ("app", &self.urls.app, false),
            ("control", &self.urls.control, false),
            ("ada_password", auth::ADA_PASSWORD, true),
            ("grace_password", auth::GRACE_PASSWORD, true),
            ("linus_password", auth::LINUS_PASSWORD, true),
            ("admin_password", auth::ADMIN_PASSWORD, true),
            ("client_id", auth::CLIENT_ID, false),
            ("client_secret", auth::CLIENT_SECRET, true),
        ];
        values.into_iter().map(|(name, value, secret)| (name, value.to_owned(), secret)).collect()
    }

    /// Cuts all connections, and returns when every port is free again.
    pub async fn stop(self) {
        for task in self.world.instances.stop_all() {
            let _ = task.await;
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.world.instances.stop_all();
    }
}

/// A time in seconds, with milliseconds.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
