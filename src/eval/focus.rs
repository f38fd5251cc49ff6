use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bounded::Take;
use super::markup;
use super::unsuitable::Unsuitable;
use crate::event::{Exchange, Frame, Response};
#[cfg(test)]
use crate::value::counted;
use crate::value::{Document, Json, JsonFault};

/// What subjects and JSONPaths are about.
#[derive(Clone, Copy)]
pub enum Focus<'a> {
    Nothing,
    Response { exchange: &'a Exchange, response: &'a Response, parsed: &'a Parsed },
    Frame(&'a Frame),
}

/// A body as JSON, HTML and XML: each is read once, when it is first asked for, however many expectations and captures ask.
#[derive(Default)]
pub struct Parsed {
    /// Takes room for trees of HTML and XML; absent where nothing bounds them.
    room: Option<Box<Take>>,
    json: OnceLock<Result<Arc<Json>, Option<JsonFault>>>,
    /// Its parts fill caches of their own while they are looked at, so that only one at a time may look.
    html: Mutex<Option<Result<scraper::Html, Unsuitable>>>,
    document: OnceLock<Result<Document, Unsuitable>>,
}

impl std::fmt::Debug for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parsed").field("json", &self.json).finish_non_exhaustive()
    }
}

impl Parsed {
    /// With a bound for the trees of HTML and XML, which are given up where there is no room for them.
    pub fn within(room: Box<Take>) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    pub(super) fn take(&self) -> &Take {
        self.room.as_deref().unwrap_or(&|_| Ok(()))
    }

    /// Whether its JSON has been asked for.
    pub fn is_read(&self) -> bool {
        self.json.get().is_some()
    }

    pub fn json(&self, response: &Response) -> Option<&Arc<Json>> {
        self.read_json(response).ok()
    }

    /// # Errors
    /// Where the body isn't JSON, and why; nothing where it is no text either.
    pub fn read_json(&self, response: &Response) -> Result<&Arc<Json>, Option<&JsonFault>> {
        let read = || {
            #[cfg(test)]
            counted::count(&counted::JSON_BODIES);
            match response.text() {
                Ok(text) => Json::parse(&text).map(Arc::new).map_err(Some),
                Err(_) => Err(None),
            }
        };
        self.json.get_or_init(read).as_ref().map_err(Option::as_ref)
    }

    /// What selectors look into.
    ///
    /// # Errors
    /// The body is no markup.
    pub(super) fn html<T>(
        &self,
        response: &Response,
        look: impl FnOnce(&scraper::Html) -> Result<T, Unsuitable>,
    ) -> Result<T, Unsuitable> {
        let mut html = self.html.lock().unwrap_or_else(PoisonError::into_inner);
        look(html.get_or_insert_with(|| markup::html(response, self.take())).as_ref().map_err(|why| why.clone())?)
    }

    /// What XPaths look into.
    ///
    /// # Errors
    /// The body is no markup.
    pub(super) fn document(&self, response: &Response) -> Result<&Document, Unsuitable> {
        self.document.get_or_init(|| markup::document(response, self)).as_ref().map_err(Clone::clone)
    }
}

impl Focus<'_> {
    /// The JSON that is looked at: the body, or the frame's payload.
    pub fn json(&self) -> Option<&Arc<Json>> {
        match self {
            Focus::Nothing => None,
            Focus::Response { response, parsed, .. } => parsed.json(response),
            Focus::Frame(frame) => frame.payload.json.as_ref(),
        }
    }

    /// Why what is looked at isn't JSON: the place and the reason.
    pub fn no_json(&self) -> Option<JsonFault> {
        match self {
            Focus::Nothing => None,
            Focus::Response { response, parsed, .. } => parsed.read_json(response).err().flatten().cloned(),
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
