use tokio::sync::watch;

/// Stops a run: nothing new is started, what is running is interrupted and cleaned up.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<Option<Why>>);

/// Why a run is stopped. The first reason stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// From outside, by a signal.
    Interrupted,
    /// By a condition of the plan.
    Aborted(String),
}

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    /// Interrupts the run from outside.
    pub fn stop(&self) {
        self.end(Why::Interrupted);
    }

    pub(super) fn abort(&self, condition: &str) {
        self.end(Why::Aborted(condition.to_owned()));
    }

    fn end(&self, why: Why) {
        self.0.send_if_modified(|now| {
            let first = now.is_none();
            now.get_or_insert(why);
            first
        });
    }

    pub fn is_stopped(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Whether it was stopped from outside.
    pub(super) fn is_interrupted(&self) -> bool {
        *self.0.borrow() == Some(Why::Interrupted)
    }

    /// The cause that tests which weren't run are reported with.
    pub(super) fn cause(&self) -> Option<String> {
        self.0.borrow().as_ref().map(|why| match why {
            Why::Interrupted => "interrupted".to_owned(),
            Why::Aborted(condition) => format!("aborted: {condition}"),
        })
    }

    /// Waits until the run is stopped from outside; an abort isn't that.
    pub(super) async fn interrupted(&self) {
        let ended = self.0.subscribe().wait_for(Option::is_some).await.map(|why| (*why).clone());
        if matches!(ended, Ok(Some(Why::Aborted(_)))) {
            // The first reason stays: no interruption will be told any more.
            std::future::pending().await
        }
    }

    /// Waits until the run is to stop.
    pub async fn stopped(&self) {
        // The sender is this very handle, so that the wait can't fail.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}
