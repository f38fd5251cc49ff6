//! From a request of the plan, and the values in scope, to what goes over the wire.

use std::time::Duration;

use bytes::Bytes;

use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, evaluate, is_secret, show, url as eval_url};
use crate::event::{Occurrence, Part};
use crate::plan::{Auth, Body, Expr, Field, Method, Request};
use crate::value::{NO_METHOD, SecretSink, Value, is_token};
use crate::world::{Outgoing, auth, encode};

/// How long a request may take when nothing is said.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A request with every value put in. What is secret about it is reported to `secrets`.
///
/// # Errors
/// A value that isn't there, or of a kind that can't be sent at its place.
pub(super) fn outgoing(request: &Request, context: &Context<'_>, secrets: &dyn SecretSink) -> Result<Outgoing, Fault> {
    let query = pairs(&request.query, context)?;
    let url = eval_url(&request.url, context)?;
    let mut headers = pairs(&request.headers, context)?;
    let mut digest = None;
    match &request.auth {
        None => {}
        Some(Auth::Bearer(token)) => {
            let token = secret_text(token, context, secrets)?;
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        Some(Auth::Basic { user, password }) => {
            let (user, password) = (evaluate(user, context)?, evaluate(password, context)?);
            let secret = [&user, &password].into_iter().any(|part| is_secret(part, context));
            let value = auth::basic(&user.to_text(), &password.to_text());
            if secret {
                secrets.add(value.trim_start_matches("Basic "));
            }
            headers.push(("Authorization".to_owned(), value));
        }
        Some(Auth::Digest { user, password }) => {
            digest = Some((evaluate(user, context)?.to_text(), secret_text(password, context, secrets)?));
        }
    }
    let body = match &request.body {
        None => None,
        Some(body) => {
            let (content_type, bytes) = content(body, context)?;
            if let Some(content_type) = content_type
                && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            {
                headers.push(("Content-Type".to_owned(), content_type));
            }
            Some(bytes)
        }
    };
    let cookies = pairs(&request.cookies, context)?;
    Ok(Outgoing {
        method: method(&request.method, context)?,
        url: encode::with_query(&url, &query),
        headers,
        body,
        limit: match &request.timeout {
            Some(timeout) => duration(timeout, context)?,
            None => DEFAULT_TIMEOUT,
        },
        follow: match &request.follow_redirects {
            Some(limit) => whole(limit, context)?,
            None => 0,
        },
        version: request.http,
        verify: request.accept_invalid_certificate.is_none(),
        compressed: request.compressed,
        digest,
        cookies,
        fresh: false,
        occurrence: Occurrence::root(Part::Test("".into())),
        seed: 0,
        reconnect: request.expect_failure.is_none(),
    })
}

fn method(method: &Method, context: &Context<'_>) -> Result<String, Fault> {
    let value = match method {
        Method::Named(name) => return Ok(name.to_string()),
        Method::Given(value) => value,
    };
    let found = evaluate(value, context)?;
    if let Some(text) = found.as_str().filter(|text| is_token(text)) {
        return Ok(text.to_owned());
    }
    let message = match found.as_str() {
        Some(_) => format!("{} is no method", show(&found)),
        None => format!("a method is a text, and this is {} ({})", show(&found), found.kind()),
    };
    Err(Box::new(Diagnostic::error(&codes::BAD_VALUE, value.span, message).with_help(NO_METHOD)))
}

fn secret_text(expr: &Expr, context: &Context<'_>, secrets: &dyn SecretSink) -> Result<String, Fault> {
    let value = evaluate(expr, context)?;
    let text = value.to_text();
    // A literal in a spec is no secret: `bearer "expired"` would mask the word everywhere.
    if is_secret(&value, context) {
        secrets.add(&text);
    }
    Ok(text)
}

/// A list gives its name once for each element; `null` leaves it out.
fn pairs(fields: &[Field], context: &Context<'_>) -> Result<Vec<(String, String)>, Fault> {
    let mut pairs = Vec::new();
    for field in fields {
        let value = evaluate(&field.value, context)?;
        spread(&field.name, &value, &mut pairs);
    }
    Ok(pairs)
}

fn spread(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Json(json) if json.is_null() => {}
        value => match value.elements() {
            Some(items) => pairs.extend(items.iter().map(|item| (name.to_owned(), item.to_text()))),
            None => pairs.push((name.to_owned(), value.to_text())),
        },
    }
}

/// A body and the content type that goes with it.
fn content(body: &Body, context: &Context<'_>) -> Result<(Option<String>, Bytes), Fault> {
    let json_type = || Some("application/json".to_owned());
    match body {
        Body::Json(value) => Ok((json_type(), Bytes::from(evaluate(value, context)?.to_json().to_string()))),
        Body::Raw(value) => Ok(raw(value, context)?),
        Body::Form(fields) => {
            let value = evaluate(fields, context)?;
            let Some(given) = value.fields() else {
                let message = format!("a form is made of an object, not of {}", show(&value));
                return Err(Box::new(
                    Diagnostic::error(&codes::BAD_VALUE, fields.span, message)
                        .with_help("write `form { name: value }`"),
                ));
            };
            let mut pairs = Vec::new();
            for (name, value) in &given {
                spread(name, value, &mut pairs);
            }
            Ok((Some("application/x-www-form-urlencoded".to_owned()), Bytes::from(encode::form(&pairs))))
        }
        Body::Multipart(fields) => {
            let mut parts = Vec::new();
            for field in fields {
                let (content_type, data) = raw(&field.value, context)?;
                let from_file = match &field.value.kind {
                    crate::plan::ExprKind::File(file) => file.name.rsplit('/').next().map(str::to_owned),
                    _ => None,
                };
                let filename = field.filename.as_deref().map(str::to_owned).or(from_file);
                let guessed =
                    filename.is_some().then(|| content_type.unwrap_or_else(|| "application/octet-stream".to_owned()));
                parts.push(encode::Part {
                    name: field.name.to_string(),
                    filename,
                    content_type: field.content_type.as_deref().map(str::to_owned).or(guessed),
                    data,
                });
            }
            let (content_type, body) = encode::multipart(&parts);
            Ok((Some(content_type), body))
        }
        Body::Graphql { query, variables } => {
            let mut request = crate::value::JsonMap::new();
            let text = evaluate(query, context)?;
            if !matches!(text, Value::Secret(_)) && text.as_str().is_none() {
                let message = format!("{} ({}) is no query of GraphQL", show(&text), text.kind());
                return Err(Box::new(
                    Diagnostic::error(&codes::BAD_VALUE, query.span, message)
                        .with_help("a query is a text: `graphql \"{ threads { id } }\"`"),
                ));
            }
            request.insert("query".to_owned(), text.to_json());
            if let Some(variables) = variables {
                request.insert("variables".to_owned(), evaluate(variables, context)?.to_json());
            }
            Ok((json_type(), Bytes::from(crate::value::Json::Object(request).to_string())))
        }
    }
}

/// A text or bytes as they are. A file keeps its bytes, whatever it could be read as.
fn raw(value: &Expr, context: &Context<'_>) -> Result<(Option<String>, Bytes), Fault> {
    if let crate::plan::ExprKind::File(file) = &value.kind {
        let content_type = match file.name.rsplit('.').next() {
            Some("json") => Some("application/json"),
            Some("txt") => Some("text/plain; charset=utf-8"),
            Some("csv") => Some("text/csv"),
            Some("xml") => Some("application/xml"),
            Some("html") => Some("text/html"),
            Some("pdf") => Some("application/pdf"),
            Some("png") => Some("image/png"),
            Some("jpg" | "jpeg") => Some("image/jpeg"),
            _ => None,
        };
        return Ok((content_type.map(str::to_owned), Bytes::copy_from_slice(&file.bytes)));
    }
    Ok(match evaluate(value, context)? {
        Value::Bytes(bytes) => (None, Bytes::copy_from_slice(&bytes)),
        other => (None, Bytes::from(other.to_text())),
    })
}

/// An expression that must be a duration.
pub(super) fn duration(expr: &Expr, context: &Context<'_>) -> Result<Duration, Fault> {
    match evaluate(expr, context)? {
        Value::Duration(duration) => Ok(duration),
        other => {
            let message = format!("{} ({}) isn't a duration", show(&other), other.kind());
            Err(Box::new(
                Diagnostic::error(&codes::BAD_VALUE, expr.span, message)
                    .with_help("a duration has a unit: `500ms`, `5s`, `2m`"),
            ))
        }
    }
}

/// An expression that must be a whole number from 0.
pub(super) fn whole(expr: &Expr, context: &Context<'_>) -> Result<u32, Fault> {
    let value = evaluate(expr, context)?;
    let number = value.as_json().and_then(crate::value::Json::as_u64).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| {
        let message = format!("{} isn't a whole number from 0", show(&value));
        Box::new(Diagnostic::error(&codes::BAD_VALUE, expr.span, message).with_help("give a count such as `3`"))
    })
}

/// An expression that must be a list.
pub(super) fn list(expr: &Expr, context: &Context<'_>) -> Result<Vec<Value>, Fault> {
    let value = evaluate(expr, context)?;
    value.elements().ok_or_else(|| {
        let message = format!("{} ({}) isn't a list", show(&value), value.kind());
        Box::new(
            Diagnostic::error(&codes::BAD_VALUE, expr.span, message)
                .with_help("give a list, such as `[1, 2]` or `1..10`"),
        )
    })
}
