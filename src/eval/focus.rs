use std::sync::{Arc, OnceLock};

use crate::event::{Exchange, Frame, Response};
use crate::value::{Json, JsonFault};

/// What subjects and JSONPaths are about.
#[derive(Clone, Copy)]
pub enum Focus<'a> {
    Nothing,
    Response { exchange: &'a Exchange, response: &'a Response, json: &'a BodyJson },
    Frame(&'a Frame),
}

/// A body read as JSON, once, when it is first asked for.
#[derive(Debug, Default)]
pub struct BodyJson(OnceLock<Result<Arc<Json>, Option<JsonFault>>>);

impl BodyJson {
    /// Whether it has been asked for.
    pub fn is_read(&self) -> bool {
        self.0.get().is_some()
    }

    pub fn of(&self, response: &Response) -> Option<&Arc<Json>> {
        self.read(response).ok()
    }

    /// # Errors
    /// Where the body isn't JSON, and why; nothing where it is no text either.
    pub fn read(&self, response: &Response) -> Result<&Arc<Json>, Option<&JsonFault>> {
        let read = || match response.text() {
            Ok(text) => Json::parse(&text).map(Arc::new).map_err(Some),
            Err(_) => Err(None),
        };
        self.0.get_or_init(read).as_ref().map_err(Option::as_ref)
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

    /// Why what is looked at isn't JSON: the place and the reason.
    pub fn no_json(&self) -> Option<JsonFault> {
        match self {
            Focus::Nothing => None,
            Focus::Response { response, json, .. } => json.read(response).err().flatten().cloned(),
            Focus::Frame(frame) => Json::read(&frame.data).err(),
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
