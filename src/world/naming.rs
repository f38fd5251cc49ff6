use std::sync::Arc;

use super::log::MAX_CHANNEL_BYTES;
use crate::event::Payload;
use crate::plan::EventNaming;
use crate::value::{Json, JsonPath, Regex};

/// How the frames of a channel are read: which name an event has, and which part of it is its JSON. Most channels of a load say nothing of it, and take
/// no room for that.
#[derive(Clone, Debug)]
pub struct Naming(Option<Arc<Said>>);

/// What a channel says of it.
#[derive(Debug)]
struct Said {
    events: EventNaming,
    payload_by: Option<Regex>,
    /// What the path of a batch takes all elements of: a frame that has no list there isn't a batch.
    list: Option<JsonPath>,
}

impl Naming {
    pub fn new(events: EventNaming, payload_by: Option<Regex>) -> Self {
        let list = match &events {
            EventNaming::Default if payload_by.is_none() => return Self(None),
            EventNaming::Batch { list, .. } => list.path.of_all(),
            _ => None,
        };
        Self(Some(Arc::new(Said { events, payload_by, list })))
    }

    /// Whether the JSON of a frame would take more memory than is kept of a whole channel: then it isn't read at all.
    pub fn is_too_much(content: &[u8]) -> bool {
        content.len() as u64 * Json::MOST_PER_BYTE > MAX_CHANNEL_BYTES && Json::weigh(content) > MAX_CHANNEL_BYTES
    }

    /// What a binary frame says, whose content is read where it is text.
    pub fn read_binary(&self, data: &[u8]) -> Vec<Payload> {
        let text = std::str::from_utf8(data).ok();
        // Bytes that happen to be a number's digits are no JSON, unless the channel says how its frames are read.
        let text = text.filter(|text| self.0.is_some() || text.trim_start().starts_with(['{', '[']));
        text.map_or_else(|| vec![Payload::default()], |text| self.read(text, None))
    }

    /// What a text frame says: one payload, or several for a batch. One without a name where it says nothing.
    pub fn read(&self, text: &str, sse_event: Option<&str>) -> Vec<Payload> {
        let said = self.0.as_deref();
        let json_text = match said.and_then(|said| said.payload_by.as_ref()) {
            Some(pattern) => pattern.first_group(text).unwrap_or_default(),
            None => text,
        };
        let json = crate::value::Json::parse(json_text).ok().map(Arc::new);
        match said.map_or(&EventNaming::Default, |said| &said.events) {
            EventNaming::Default => vec![Payload { event: default_name(sse_event, json.as_deref()), json }],
            EventNaming::Path(path) => {
                let event = json.as_deref().and_then(|json| name_of(path.path.select(json).first().copied()));
                vec![Payload { event, json }]
            }
            EventNaming::Regex(pattern) => {
                vec![Payload { event: pattern.first_group(text).map(Arc::from), json }]
            }
            EventNaming::Batch { list, by } => {
                let Some(whole) = json.as_deref() else { return vec![Payload { event: None, json }] };
                let has_list = |parent: &JsonPath| parent.select(whole).iter().any(|node| node.as_array().is_some());
                let nodes = match said.and_then(|said| said.list.as_ref()) {
                    Some(parent) if !has_list(parent) => Vec::new(),
                    _ => list.path.select(whole),
                };
                let payloads: Vec<Payload> = nodes
                    .into_iter()
                    .map(|node| Payload {
                        event: name_of(by.path.select(node).first().copied()),
                        json: Some(Arc::new(node.clone())),
                    })
                    .collect();
                if !payloads.is_empty() {
                    return payloads;
                }
                // An empty batch has no events; anything else is one.
                let is_list = said.and_then(|said| said.list.as_ref()).is_some_and(has_list);
                let event = if is_list { None } else { name_of(by.path.select(whole).first().copied()) };
                vec![Payload { event, json }]
            }
        }
    }
}

fn default_name(sse_event: Option<&str>, json: Option<&crate::value::Json>) -> Option<Arc<str>> {
    sse_event.map(Arc::from).or_else(|| name_of(json.and_then(|json| json.get("type"))))
}

/// Names are strings; a number or a boolean that is where the name is looked for names the event by its text.
fn name_of(node: Option<&crate::value::Json>) -> Option<Arc<str>> {
    match node? {
        crate::value::Json::String(text) => Some(text.clone()),
        value @ (crate::value::Json::Number(_) | crate::value::Json::Bool(_)) => Some(value.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_as_the_channel_says() {
        let read = |events: EventNaming, payload_by: Option<&str>, text: &str| {
            let payload_by = payload_by.map(|pattern| Regex::compile(pattern, "").unwrap());
            let payloads = Naming::new(events, payload_by).read(text, None);
            payloads.into_iter().map(|payload| (payload.event, payload.json.is_some())).collect::<Vec<_>>()
        };
        let path = |text: &str| crate::plan::Path::from(JsonPath::compile(text).unwrap());
        let named = |name: &str| vec![(Some(Arc::from(name)), true)];
        assert_eq!(read(EventNaming::Default, None, r#"{"type":"a"}"#), named("a"));
        assert_eq!(read(EventNaming::Default, None, "3"), [(None, true)]);
        assert_eq!(read(EventNaming::Default, None, "{"), [(None, false)]);
        assert_eq!(read(EventNaming::Path(path("$[0]")), None, r#"["x",1]"#), named("x"));
        let regex = EventNaming::Regex(Regex::compile(r#"^42\["([^"]+)""#, "").unwrap());
        assert_eq!(read(regex, Some(r"^\d+(.*)$"), r#"42["chat",{"a":1}]"#), named("chat"));
        let batch = EventNaming::Batch { list: path("$[*]"), by: path("$.topic") };
        let both = vec![(Some("a".into()), true), (Some("b".into()), true)];
        assert_eq!(read(batch.clone(), None, r#"[{"topic":"a"},{"topic":"b"}]"#), both);
        // What isn't a list is one event, and no member of it is.
        assert_eq!(read(batch.clone(), None, r#"{"topic":"a","inner":{"topic":"b"}}"#), named("a"));
        assert_eq!(read(batch.clone(), None, r#"{"inner":{"topic":"b"}}"#), [(None, true)]);
        assert_eq!(read(batch.clone(), None, "[]"), [(None, true)]);
        assert_eq!(read(batch, None, "no JSON"), [(None, false)]);
        for list in ["$.all[*]", "$.all.*", "$['all'][ * ]"] {
            let batch = EventNaming::Batch { list: path(list), by: path("$.topic") };
            let both = vec![(Some("a".into()), true), (Some("b".into()), true)];
            assert_eq!(read(batch.clone(), None, r#"{"all":[{"topic":"a"},{"topic":"b"}]}"#), both, "{list}");
            assert_eq!(read(batch.clone(), None, r#"{"all":{"x":{"topic":"b"}},"topic":"a"}"#), named("a"), "{list}");
            assert_eq!(read(batch, None, r#"{"topic":"a"}"#), named("a"), "{list}");
        }
    }

    #[test]
    fn a_binary_frame_is_read_where_it_is_text() {
        let read = |naming: &Naming, data: &[u8]| {
            naming.read_binary(data).into_iter().map(|one| (one.event, one.json.is_some())).collect::<Vec<_>>()
        };
        let default = Naming::new(EventNaming::Default, None);
        assert_eq!(read(&default, b" {\"type\":\"a\"}"), [(Some("a".into()), true)]);
        assert_eq!(read(&default, b"7"), [(None, false)]);
        assert_eq!(read(&default, b"{\"type\":\"a\"}\xff"), [(None, false)]);
        let regex = |text: &str| Regex::compile(text, "").unwrap();
        let named = Naming::new(EventNaming::Regex(regex(r"^(\w+) ")), Some(regex(r"^\w+ (.*)$")));
        assert_eq!(read(&named, b"made {\"n\":1}"), [(Some("made".into()), true)]);
        assert_eq!(read(&named, b"\xff {}"), [(None, false)]);
        let batch = Naming::new(
            EventNaming::Batch {
                list: JsonPath::compile("$[*]").unwrap().into(),
                by: JsonPath::compile("$.t").unwrap().into(),
            },
            None,
        );
        let both = [(Some("a".into()), true), (Some("b".into()), true)];
        assert_eq!(read(&batch, br#"[{"t":"a"},{"t":"b"}]"#), both);
    }
}
