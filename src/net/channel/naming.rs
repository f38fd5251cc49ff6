use std::sync::Arc;

use crate::event::Payload;
use crate::plan::EventNaming;
use crate::value::Pattern;

/// How the frames of a channel are read: which name an event has, and which part of it is its JSON.
#[derive(Clone, Debug)]
pub struct Naming {
    pub events: EventNaming,
    pub payload_by: Option<Pattern>,
}

impl Naming {
    /// What a text frame says: one payload, or several for a batch. One without a name where it says nothing.
    pub(super) fn read(&self, text: &str, sse_event: Option<&str>) -> Vec<Payload> {
        let json_text = match &self.payload_by {
            Some(pattern) => pattern.first_group(text).unwrap_or_default(),
            None => text,
        };
        let json = crate::value::Json::parse(json_text).ok().map(Arc::new);
        match &self.events {
            EventNaming::Default => vec![Payload { event: default_name(sse_event, json.as_deref()), json }],
            EventNaming::Path(path) => {
                let event = json.as_deref().and_then(|json| name_of(path.select(json).first().copied()));
                vec![Payload { event, json }]
            }
            EventNaming::Regex(pattern) => {
                vec![Payload { event: pattern.first_group(text).map(str::to_owned), json }]
            }
            EventNaming::Batch { list, by } => {
                let nodes = json.as_deref().map(|json| list.select(json)).unwrap_or_default();
                let payloads: Vec<Payload> = nodes
                    .into_iter()
                    .map(|node| Payload {
                        event: name_of(by.select(node).first().copied()),
                        json: Some(Arc::new(node.clone())),
                    })
                    .collect();
                if payloads.is_empty() { vec![Payload { event: None, json }] } else { payloads }
            }
        }
    }
}

fn default_name(sse_event: Option<&str>, json: Option<&crate::value::Json>) -> Option<String> {
    sse_event.map(str::to_owned).or_else(|| name_of(json.and_then(|json| json.get("type"))))
}

/// Names are strings; a number or a boolean that stands where the name is looked for names the event by its text.
fn name_of(node: Option<&crate::value::Json>) -> Option<String> {
    match node? {
        crate::value::Json::String(text) => Some(text.to_string()),
        value @ (crate::value::Json::Number(_) | crate::value::Json::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::JsonPath;

    #[test]
    fn events_are_named_as_the_channel_says() {
        let read = |events: EventNaming, payload_by: Option<&str>, text: &str| {
            let payload_by = payload_by.map(|pattern| Pattern::compile(pattern, "").unwrap());
            let payloads = Naming { events, payload_by }.read(text, None);
            payloads.into_iter().map(|payload| (payload.event, payload.json.is_some())).collect::<Vec<_>>()
        };
        let path = |text: &str| JsonPath::compile(text).unwrap();
        let named = |name: &str| vec![(Some(name.to_owned()), true)];
        assert_eq!(read(EventNaming::Default, None, r#"{"type":"a"}"#), named("a"));
        assert_eq!(read(EventNaming::Default, None, "3"), [(None, true)]);
        assert_eq!(read(EventNaming::Default, None, "{"), [(None, false)]);
        assert_eq!(read(EventNaming::Path(path("$[0]")), None, r#"["x",1]"#), named("x"));
        let regex = EventNaming::Regex(Pattern::compile(r#"^42\["([^"]+)""#, "").unwrap());
        assert_eq!(read(regex, Some(r"^\d+(.*)$"), r#"42["chat",{"a":1}]"#), named("chat"));
        let batch = EventNaming::Batch { list: path("$[*]"), by: path("$.topic") };
        let both = vec![(Some("a".to_owned()), true), (Some("b".to_owned()), true)];
        assert_eq!(read(batch, None, r#"[{"topic":"a"},{"topic":"b"}]"#), both);
    }
}
