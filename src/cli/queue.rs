//! What a run says, on its way to the terminal: no thread that reads sockets or keeps time waits for a slow reader of the output.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::judge::Progress;

/// How long what is said is gathered, at most, before it is shown: to wake the thread costs the one that wakes it more than to say something.
const GATHERED: Duration = Duration::from_millis(2);

/// A thread that shows what a run says, in the order in which it is said.
pub(super) struct ProgressQueue {
    to: Sender<Said>,
    thread: Thread,
}

enum Said {
    Progress(Progress),
    /// All that was said before is to be shown, now.
    Shown(oneshot::Sender<()>),
}

impl ProgressQueue {
    /// # Errors
    /// The thread can't be started.
    pub fn start(show: impl Fn(Progress) + Send + 'static) -> std::io::Result<Self> {
        let (to, said) = channel();
        let thread = std::thread::Builder::new().name("e2e-show".to_owned()).spawn(move || take(&said, &show))?;
        Ok(Self { to, thread: thread.thread().clone() })
    }

    pub fn say(&self, progress: Progress) {
        // The thread is there until this is dropped, or has panicked over what it was to show.
        let _ = self.to.send(Said::Progress(progress));
    }

    /// Waits until all that was said has been shown.
    pub async fn shown(&self) {
        let (done, shown) = oneshot::channel();
        let _ = self.to.send(Said::Shown(done));
        self.thread.unpark();
        let _ = shown.await;
    }
}

fn take(said: &Receiver<Said>, show: &impl Fn(Progress)) {
    while let Ok(first) = said.recv() {
        for one in std::iter::once(first).chain(said.try_iter()) {
            match one {
                Said::Progress(progress) => show(progress),
                Said::Shown(done) => drop(done.send(())),
            }
        }
        std::thread::park_timeout(GATHERED);
    }
}
