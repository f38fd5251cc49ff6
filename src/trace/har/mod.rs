//! What a trace holds as an HTTP Archive, which browsers and other tools read.

mod body;
mod clock;
mod entry;
mod form;
mod head;
mod messages;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod times;

pub use form::Har;

use clock::Clock;
use form::{Creator, Log, Page, PageTimings};

use super::group::Group;
use super::open::Trace;

/// Of these groups, a page each.
pub fn har(trace: &Trace, groups: &[Group<'_>]) -> Har {
    let clock = Clock { epoch: trace.header.epoch.parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH) };
    let pages = groups.iter().filter(|group| !group.records.is_empty()).map(|group| Page {
        started_date_time: clock.text(group.started()),
        id: group.id.clone(),
        title: group.title(),
        page_timings: PageTimings { on_content_load: -1.0, on_load: -1.0 },
        comment: group.outcome(),
    });
    let mut entries = Vec::new();
    for group in groups {
        for begun in &group.records {
            entries.extend(entry::entries(group, begun, clock));
        }
    }
    // The form wants the oldest first.
    entries.sort_by_key(|(at, _)| *at);
    Har {
        log: Log {
            version: "1.2",
            creator: Creator { name: trace.header.tool.name.clone(), version: trace.header.tool.version.clone() },
            pages: pages.collect(),
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
            comment: "secrets were replaced by surrogates of the same form when this was recorded".to_owned(),
        },
    }
}
