//! Reading requests: JSON bodies, forms, queries, and what is wrong with their fields.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri, header};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer::Failure;

/// The most that a request's body may hold, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// A request's body, which must be a JSON object.
pub(super) struct JsonBody(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        if !has_type(&request, "application/json") {
            let message = "The body must be sent as `application/json`.";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
        }
        let bytes = read_body(request.into_body()).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(Failure::fields("validation_failed", vec![("body".into(), "must be an object".into())])),
            Err(_) => Err(Failure::bad_request("malformed_json", "The body isn't JSON.")),
        }
    }
}

/// A request's body, which must be a form.
pub(super) struct FormBody(pub Pairs);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        if !has_type(&request, "application/x-www-form-urlencoded") {
            return Err(Failure::oauth(StatusCode::BAD_REQUEST, "invalid_request", "The body must be a form."));
        }
        let bytes = read_body(request.into_body()).await?;
        Ok(Self(Pairs::parse(&bytes)))
    }
}

fn has_type(request: &Request, wanted: &str) -> bool {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// The whole of a body, if it isn't too large.
pub(super) async fn read_body(body: Body) -> Result<bytes::Bytes, Failure> {
    to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than 64 KiB."))
}

/// Names and values of a form or a query.
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub fn parse(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub fn of_query(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default().as_bytes())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A number within bounds, or the default where it isn't given.
    pub fn number(&self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, Failure> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let wrong = || {
            let message = format!("must be a number from {} to {}", range.start(), range.end());
            Failure::fields("invalid_query", vec![(name.into(), message)])
        };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(wrong)
    }
}

/// Takes fields out of a JSON object and keeps what is wrong with them.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<(String, String)>,
}

impl<'a> Fields<'a> {
    pub fn of(object: &'a Map<String, Value>) -> Self {
        Self { object, problems: Vec::new() }
    }

    /// Notes that a field is wrong.
    pub fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push((name.to_owned(), message.into()));
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A text with this many characters, trimmed; needed.
    pub fn text(&mut self, name: &str, length: std::ops::RangeInclusive<usize>) -> String {
        match self.get(name) {
            None => self.wrong(name, "is missing"),
            Some(Value::String(text)) => {
                let text = text.trim();
                match text.chars().count() {
                    0 if *length.start() > 0 => self.wrong(name, "must not be empty"),
                    count if !length.contains(&count) => {
                        self.wrong(name, format!("must have {} to {} characters", length.start(), length.end()));
                    }
                    _ => {}
                }
                return text.to_owned();
            }
            Some(_) => self.wrong(name, "must be a string"),
        }
        String::new()
    }

    /// A whole number within bounds, if it is given.
    pub fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(name)?;
        let number = value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(name, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// An id; needed.
    pub fn id(&mut self, name: &str) -> Uuid {
        let id = self.get(name).and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
        if id.is_none() {
            self.wrong(name, if self.get(name).is_some() { "must be a UUID" } else { "is missing" });
        }
        id.unwrap_or_default()
    }

    /// A list with at most so many texts of 1 to 32 characters, if it is given.
    pub fn texts(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let value = self.get(name)?;
        let texts: Option<Vec<String>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        let good = texts.as_ref().is_some_and(|texts| {
            texts.len() <= most && texts.iter().all(|text| (1..=32).contains(&text.chars().count()))
        });
        if !good {
            self.wrong(name, format!("must be a list of at most {most} strings of 1 to 32 characters"));
        }
        texts
    }

    /// What is wrong with the first field that is.
    pub fn first_problem(&self) -> Option<String> {
        self.problems.first().map(|(field, message)| format!("`{field}` {message}."))
    }

    /// An error if anything was wrong.
    pub fn finish(self) -> Result<(), Failure> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::fields("validation_failed", self.problems)) }
    }
}
