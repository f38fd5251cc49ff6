//! When a run begins: `--start-at`.

use jiff::{SignedDuration, Timestamp};

use super::args::Run;
use super::output::Output;
use crate::diag::{Diagnostic, codes};
use crate::net::{wall, wall_reaches};
use crate::source::Span;

/// How long a run waits at most.
const FAR: SignedDuration = SignedDuration::from_hours(1);
/// How late it may be.
const LATE: SignedDuration = SignedDuration::from_secs(1);

/// The instant that the command line asks for.
pub fn asked(args: &Run) -> Result<Option<Timestamp>, Box<Diagnostic>> {
    let Some(typed) = &args.start_at else { return Ok(None) };
    let Ok(at) = typed.parse::<Timestamp>() else {
        let message = format!("`--start-at {typed}` is no instant");
        let help = "write one as RFC 3339 has it, with its offset: `2026-01-31T12:00:00Z`; `date -u -d '+2 minutes' +%FT%TZ` prints one";
        return Err(wrong(message, help));
    };
    let now = wall();
    if at.duration_since(now) > FAR {
        let message = format!("`--start-at {typed}` is more than an hour ahead");
        return Err(wrong(message, "a run waits for an hour at most; begin it later"));
    }
    in_time(at, now)?;
    Ok(Some(at))
}

/// Waits until then.
pub async fn wait(at: Timestamp, output: &Output) -> Result<(), Box<Diagnostic>> {
    let now = wall();
    in_time(at, now)?;
    let left = at.duration_since(now);
    if left > LATE {
        output.print(&format!("begins at {at}, in {} s\n", left.as_secs()));
    }
    wall_reaches(at).await;
    in_time(at, wall())
}

fn in_time(at: Timestamp, now: Timestamp) -> Result<(), Box<Diagnostic>> {
    let late = now.duration_since(at);
    if late <= LATE {
        return Ok(());
    }
    let message = format!("the run was to begin at {at}, and it is {} s later", late.as_secs());
    Err(wrong(message, "give all shards an instant by which the last of them is there"))
}

fn wrong(message: String, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(&codes::START_AT, Span::nowhere(), message).with_help(help))
}
