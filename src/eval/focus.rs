use std::sync::{Arc, OnceLock};

use crate::value::Json;

use crate::event::{Exchange, Frame, Response};

/// What subjects and JSONPaths are about.
#[derive(Clone, Copy)]
pub enum Focus<'a> {
    Nothing,
    Response { exchange: &'a Exchange, response: &'a Response, json: &'a BodyJson },
    Frame(&'a Frame),
}

/// A body read as JSON, once, when it is first asked for.
#[derive(Debug, Default)]
pub struct BodyJson(OnceLock<Option<Arc<Json>>>);

impl BodyJson {
    pub fn of(&self, response: &Response) -> Option<&Arc<Json>> {
        let read = || Json::parse(&response.text().ok()?).ok().map(Arc::new);
        self.0.get_or_init(read).as_ref()
    }
}

impl Focus<'_> {
    /// The JSON that is looked at: the body, or the frame's payload.
    pub fn json(&self) -> Option<&Arc<Json>> {
        match self {
            Focus::Nothing => None,
            Focus::Response { response, json, .. } => json.of(response),
            Focus::Frame(frame) => frame.payload.json.as_ref(),
        }
    }

    /// What is looked at, for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Focus::Frame(_) => "frame",
            _ => "body",
        }
    }
}
