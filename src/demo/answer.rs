//! What handlers answer: JSON, and failures in one form (`docs/demo.md`, "Common ground").

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler gives.
pub(super) type Handled = Result<Response, Failure>;

/// Which body a failure is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Demo,
    /// RFC 6749, section 5.2.
    OAuth,
}

/// A refusal, on its way to the client. Its body is written by [`Failure::render`], where the request's id is known.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: StatusCode,
    pub code: &'static str,
    pub message: String,
    fields: Vec<(String, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    form: Form,
}

impl Failure {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new(), headers: Vec::new(), form: Form::Demo }
    }

    pub fn oauth(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { form: Form::OAuth, ..Self::new(status, code, message) }
    }

    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// A body or query whose `fields` are wrong, each with what is wrong with it.
    pub fn fields(code: &'static str, fields: Vec<(String, String)>) -> Self {
        Self { fields, ..Self::bad_request(code, "The request isn't valid.") }
    }

    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The failure's body, with the request's id in it.
    pub fn render(&self, request_id: &str, trace: bool) -> Response {
        let mut message = self.message.clone();
        if trace {
            message.push_str(
                "\n  at backend::threads::load (src/threads.rs:214)\n  at tower::oneshot (/srv/app/main.rs:31)",
            );
        }
        let body = match self.form {
            Form::OAuth => json!({ "error": self.code, "error_description": message }),
            Form::Demo => {
                let mut error = json!({ "code": self.code, "message": message, "request_id": request_id });
                if !self.fields.is_empty() {
                    let fields =
                        self.fields.iter().map(|(field, message)| json!({ "field": field, "message": message }));
                    error["fields"] = fields.collect();
                }
                json!({ "error": error })
            }
        };
        let mut response = json_with(self.status, body);
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// 200 with a JSON body.
pub(super) fn ok(body: Value) -> Handled {
    Ok(json_with(StatusCode::OK, body))
}

/// Any status with a JSON body.
pub(super) fn json_with(status: StatusCode, body: Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 204.
pub(super) fn no_content() -> Handled {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The response with one more header; a value that can't be one is left out.
pub(super) fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Now, in RFC 3339 with milliseconds.
pub(super) fn timestamp() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
