use std::sync::Arc;

use super::signal::Signal;

/// Stops a run: nothing new is started, what is running is interrupted and cleaned up.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Signal<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    /// The first reason stays: what wasn't run, wasn't run because of it.
    why: Option<Why>,
    /// By a signal, whatever stopped the run before it: nothing is waited for any more.
    hurried: bool,
}

/// Why a run is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    /// From outside, by a signal.
    Interrupted,
    /// By a condition of the plan.
    Aborted(String),
}

impl Stop {
    /// Interrupts the run from outside.
    pub fn stop(&self) {
        self.0.change(|state| {
            state.why.get_or_insert(Why::Interrupted);
            state.hurried = true;
        });
    }

    pub(super) fn abort(&self, condition: &str) {
        self.0.change(|state| {
            state.why.get_or_insert_with(|| Why::Aborted(condition.to_owned()));
        });
    }

    pub fn is_stopped(&self) -> bool {
        self.0.read(|state| state.why.is_some())
    }

    /// Whether that it was stopped from outside is why tests weren't run.
    pub(super) fn is_interrupted(&self) -> bool {
        self.0.read(|state| state.why == Some(Why::Interrupted))
    }

    /// The cause that tests which weren't run are reported with.
    pub(super) fn cause(&self) -> Option<String> {
        self.0.read(|state| {
            state.why.as_ref().map(|why| match why {
                Why::Interrupted => "interrupted".to_owned(),
                Why::Aborted(condition) => format!("aborted: {condition}"),
            })
        })
    }

    /// Waits until somebody waits for the run's end; an abort alone isn't that.
    pub(super) async fn hurried(&self) {
        self.0.until(|state| state.hurried).await;
    }

    pub(super) fn is_hurried(&self) -> bool {
        self.0.read(|state| state.hurried)
    }

    /// Waits until the run is to stop.
    pub async fn stopped(&self) {
        self.0.until(|state| state.why.is_some()).await;
    }
}
