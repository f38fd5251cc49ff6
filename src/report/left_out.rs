//! What of a test was counted and not kept, as the report reports it.

use super::form::ms;
use super::model;
use crate::event::Times;
use crate::judge::LeftOut;
use crate::judge::release::{Reply, Tally};

/// Nothing where all was kept. `tallies` are those of its kinds.
pub(super) fn left_out(all: &LeftOut, tallies: &[Tally]) -> Option<model::LeftOut> {
    let kinds = all.kinds().iter().zip(tallies).map(|(kind, tally)| {
        let (status, failure) = match tally.reply {
            Reply::Status(status) => (Some(status), None),
            Reply::None(kind) => (None, Some(kind.into())),
        };
        model::Counted {
            method: tally.method.clone(),
            url: kind.asked.url.to_string(),
            path: tally.path.clone(),
            service: tally.service.clone(),
            status,
            failure,
            held: tally.held,
            started_ms: ms(tally.first),
            times_ms: spread(&tally.times),
            first_byte_ms: spread(&tally.first_byte),
        }
    });
    (!all.is_nothing()).then(|| model::LeftOut {
        exchanges: all.exchanges(),
        steps: all.steps,
        expectations: all.expectations,
        weak: all.weak,
        kinds: kinds.collect(),
    })
}

pub(super) fn spread(times: &Times) -> model::Spread {
    model::Spread {
        shortest: ms(times.shortest),
        longest: ms(times.longest),
        sum: ms(times.sum),
        steps: times.steps().map(|(time, count)| (ms(time), count)).collect(),
    }
}
