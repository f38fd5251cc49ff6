//! Pings a channel, and waits for the pong.

use super::watch::{LAST_FRAMES, LOOK, LOOK_AGAIN, TICK, once};
use super::{Executor, Stepped};
use crate::diag::{Diagnostic, codes};
use crate::eval::Host as _;
use crate::event::{Direction, FrameKind, Instant};
use crate::judge::ExpectationRecord;
use crate::plan::{Expr, Slot};
use crate::run::channels::{Opened, end_words};
use crate::run::prepare;
use crate::source::Span;
use crate::value::format_duration;
use crate::world::Late;

impl Executor {
    pub(super) async fn ping(&mut self, span: Span, channel: Slot, pong_within: Option<&Expr>) -> Stepped {
        let opened = self.opened(span, channel)?;
        self.still_open(span, &opened, "sent")?;
        let limit = match pong_within {
            Some(limit) => Some(self.weighed(limit, prepare::duration).await?),
            None => None,
        };
        let started = self.now();
        let payload = self.host.random().to_be_bytes().to_vec();
        opened.with_channel(|channel| channel.ping(payload.clone()));
        let Some(limit) = limit else {
            self.record(self.title(span), span, started, true, Vec::new());
            return Ok(());
        };
        let until = started.saturating_add(limit).min(self.deadline.at);
        let held =
            self.waits(self.pong(&opened, &payload, until)).await.map_err(|late| self.judged_late(span, late))?;
        self.moment().await;
        let record = ExpectationRecord {
            span,
            text: format!("pong within {}", format_duration(limit)).into(),
            held,
            weak: None,
        };
        self.record(self.title(span), span, started, held, vec![record]);
        if held {
            return Ok(());
        }
        let message = match opened.log.ending() {
            Some(end) => format!("no pong came: `{}` was {}", opened.plan.name, end_words(&end)),
            None => format!("no pong came within {}", format_duration(limit)),
        };
        let diagnostic = Diagnostic::error(&codes::NO_PONG, span, message).with_help(
            "a server must answer every ping (RFC 6455, section 5.5.2); this one, or a proxy before it, didn't",
        );
        Err(self.fails(diagnostic))
    }

    /// Whether a pong with a payload arrives until an instant.
    ///
    /// # Errors
    /// What had arrived by then couldn't be read in time.
    async fn pong(&self, opened: &Opened, payload: &[u8], until: Instant) -> Result<bool, Late> {
        let world = self.attempt.shared.world.clone();
        if let Some(late) = world.recall_late(&self.place, LOOK) {
            return Err(late);
        }
        let mut changes = opened.log.changes();
        // Each frame is looked at once, however many come.
        let mut looked = 0;
        let mut has_come = || {
            opened.log.read(|log| {
                let fresh = log.frames.get(looked..).unwrap_or_default();
                looked = log.frames.len();
                fresh.iter().any(|frame| {
                    frame.direction == Direction::Received
                        && frame.kind == FrameKind::Pong
                        && frame.data[..] == *payload
                        && frame.at <= until
                })
            })
        };
        let wait = async {
            while !has_come() {
                if opened.log.ending().is_some() {
                    return false;
                }
                changes.changed().await;
            }
            true
        };
        if let Some(held) = world.until(until.saturating_add(TICK), wait).await {
            return Ok(held);
        }
        // What arrived in time may still be on its way into the log.
        let mut comes = world.comes_to(&self.place, self.moments);
        loop {
            let now = world.now();
            let is_known = opened.log.known(now) >= until;
            if has_come() {
                return Ok(true);
            }
            if is_known || opened.log.ending().is_some() {
                return Ok(false);
            }
            // Where it is known that it was decided, it wasn't too late.
            if now >= self.deadline.at.saturating_add(LAST_FRAMES) && comes.is_none() {
                let late = Late { queued: false };
                world.came_late(&self.place, LOOK, late);
                return Err(late);
            }
            tokio::select! {
                biased;
                () = world.sleep(LOOK_AGAIN) => {}
                () = once(&mut comes) => {}
            }
        }
    }
}
