use super::fault::fault;
use super::{Context, Fault, Focus, Ground, Parsed, cookie, evaluate, ground, markup};
use crate::diag::codes;
use crate::event::{Exchange, Frame, FrameKind, Response};
use crate::plan::{Path, Subject, SubjectKind};
use crate::value::{Json, JsonPath, PathFault, PathName, PathStep, Value, path_text};

/// What a subject finds.
#[derive(Clone, Debug)]
pub struct Found {
    /// None at all: it is absent.
    pub values: Vec<Value>,
    /// It may find several (a JSONPath that isn't singular, `headers X`): a list, even of one.
    pub plural: bool,
    /// It comes from outside of JSON (a header, a cookie, markup): a text there may stand for a number.
    pub plain: bool,
    /// A body's text, for matchers of texts, beside the JSON that it also is.
    pub text: Option<String>,
    /// Where nothing is found: what that rests on.
    pub ground: Ground,
}

impl Found {
    /// A value that is there.
    pub fn one(value: Value) -> Self {
        Self { values: vec![value], plural: false, plain: false, text: None, ground: Ground::Firm }
    }

    fn maybe(value: Option<Value>) -> Self {
        Self { values: value.into_iter().collect(), plural: false, plain: false, text: None, ground: Ground::Firm }
    }

    /// A text that comes from outside of JSON.
    pub fn plain(text: Option<&str>) -> Self {
        Self { plain: true, ..Self::maybe(text.map(Value::from)) }
    }

    /// Bytes, whose hexadecimal digits are a text for the matchers of texts.
    fn hex(bytes: &[u8]) -> Self {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { text: Some(digits), ..Self::one(Value::Bytes(bytes.to_vec().into())) }
    }

    fn list(values: Vec<Value>) -> Self {
        Self { values, plural: true, plain: true, text: None, ground: Ground::Firm }
    }

    /// Of what a path to an optional part of another finds: without that other one, its absence says little.
    fn within(self, holder: bool) -> Self {
        let ground = if holder || !self.values.is_empty() { Ground::Firm } else { Ground::NoParent };
        Self { ground, ..self }
    }

    /// The one value, or the list of all; `None` when it is absent.
    pub fn value(&self) -> Option<Value> {
        if self.plural { Some(Value::list(self.values.clone())) } else { self.values.first().cloned() }
    }
}

/// Looks a subject up.
///
/// # Errors
/// It can't be asked of what is looked at: a JSONPath of a body that isn't JSON, a status of a frame.
pub fn find(subject: &Subject, context: &Context<'_>) -> Result<Found, Fault> {
    match &subject.kind {
        SubjectKind::JsonPath(path) => json_path(subject, path, context),
        SubjectKind::Expr(expr) => evaluate(expr, context).map(Found::one),
        kind => match context.focus {
            Focus::Response { exchange, response, parsed } => of_response(subject, kind, exchange, (response, parsed)),
            Focus::Frame(frame) => of_frame(subject, kind, frame),
            Focus::Nothing => Err(nothing(subject)),
        },
    }
}

/// A subject as a value in an expression: absent is an error there.
pub(super) fn value(subject: &Subject, context: &Context<'_>) -> Result<Value, Fault> {
    let found = find(subject, context)?;
    if let Ground::None(baseless) = &found.ground {
        let message = format!("nothing is found here, since {}", baseless.why);
        let help = baseless.help.clone().unwrap_or_else(|| "an absence counts only where it could be found".to_owned());
        return Err(fault(&codes::NO_SUCH_PART, subject.span, message, help));
    }
    let value = found.value().ok_or_else(|| {
        let noun = context.focus.noun();
        fault(
            &codes::NO_SUCH_PART,
            subject.span,
            format!("the {noun} has nothing here"),
            "look at what came with `expect … exists` first",
        )
    })?;
    match super::Unread::of(&value) {
        Some(unread @ super::Unread::LoneSurrogate(_)) => Err(unreadable(&unread, subject.span)),
        _ => Ok(value),
    }
}

/// A value that can't be read, as a diagnostic at what reads it.
pub(crate) fn unreadable(unread: &super::Unread, span: crate::source::Span) -> Fault {
    let code = match unread {
        super::Unread::Twice { .. } => &codes::TWICE,
        super::Unread::LoneSurrogate(_) => &codes::LONE_SURROGATE,
    };
    fault(code, span, format!("the value {}", unread.words()), unread.help())
}

/// Where a node that a JSONPath finds is in the JSON that is looked at, by its number.
pub fn locate(subject: &Subject, index: usize, context: &Context<'_>) -> Option<Vec<PathStep>> {
    let SubjectKind::JsonPath(path) = &subject.kind else { return None };
    bound(path, context).ok()?.find(context.focus.json()?).ok()?.way(index)
}

fn json_path(subject: &Subject, path: &Path, context: &Context<'_>) -> Result<Found, Fault> {
    if matches!(context.focus, Focus::Nothing) {
        return Err(nothing(subject));
    }
    let path = bound(path, context)?;
    let Some(json) = context.focus.json() else {
        let noun = context.focus.noun();
        let help = match context.focus {
            Focus::Response { response, .. } => match response.header("content-type") {
                Some(kind) => format!(
                    "its Content-Type is `{}`; a text is looked at with `expect body contains …`",
                    crate::diag::sanitize(kind)
                ),
                None => "it has no Content-Type; a text is looked at with `expect body contains …`".to_owned(),
            },
            _ => "look at it with `text` or `hex`".to_owned(),
        };
        return Err(fault(
            &codes::NOT_JSON,
            subject.span,
            match (context.focus, context.focus.no_json().filter(|_| !is_empty(context))) {
                (Focus::Response { response, .. }, _) if response.text().is_err() => {
                    let why = response.text().err().map(|why| why.reason).unwrap_or_default();
                    format!("the body {}, so nothing can be found in it", crate::diag::sanitize(&why))
                }
                (_, Some(why)) => format!(
                    "the {noun} isn't JSON ({}), so nothing can be found in it",
                    crate::diag::sanitize(&why.to_string())
                ),
                (_, None) => format!("the {noun} isn't JSON, so nothing can be found in it"),
            },
            help,
        ));
    };
    let found = path.find(json).map_err(|why| path_fault(why, subject.span, context.focus.noun()))?;
    let values: Vec<Value> = found.nodes().cloned().map(Value::from).collect();
    let ground = if values.is_empty() { ground::of_nothing(&path, json) } else { Ground::Firm };
    Ok(Found { values, plural: !path.is_singular(), plain: false, text: None, ground })
}

/// Nothing at all came: that has no place.
fn is_empty(context: &Context<'_>) -> bool {
    match context.focus {
        Focus::Response { response, .. } => response.body.is_empty(),
        Focus::Frame(frame) => frame.data.is_empty(),
        Focus::Nothing => true,
    }
}

/// A path with the values of its names.
///
/// # Errors
/// A name has none, or one that isn't allowed in a path.
pub fn bound(path: &Path, context: &Context<'_>) -> Result<JsonPath, Fault> {
    if path.names.is_empty() {
        return Ok(path.path.clone());
    }
    let value = |(name, expr): (&PathName, &crate::plan::Expr)| {
        let value = evaluate(expr, context)?;
        let json = match &value {
            Value::Secret(secret) => Json::from(secret.expose()),
            other => other.as_json().cloned().unwrap_or_default(),
        };
        let fits = match (&json, name.is_key) {
            (Json::String(_), _) => true,
            (Json::Number(_), true) => json.as_i64().is_some(),
            (Json::Number(_) | Json::Bool(_), false) => true,
            (Json::Null, false) => value.as_json().is_some(),
            _ => false,
        };
        if fits {
            return Ok(json);
        }
        let (what, help) = match name.is_key {
            true => ("be a key of a path", "keys are strings, indices whole numbers"),
            false => {
                ("be compared in a filter", "a name in a filter is worth a string, a number, `true`, `false` or `null`")
            }
        };
        let message = format!("{} ({}) can't {what}", super::show(&value), value.kind());
        Err(fault(&codes::BAD_VALUE, expr.span, message, help))
    };
    let values = path.path.names().iter().zip(&path.names).map(value).collect::<Result<Vec<_>, _>>()?;
    Ok(path.path.bind(values))
}

/// Why a path has no result, as a diagnostic at it.
pub(crate) fn path_fault(why: PathFault, span: crate::source::Span, noun: &str) -> Fault {
    match why {
        PathFault::Twice { way, first, second } => twice(&way, &first, &second, span, noun),
        PathFault::TooMuchWork => fault(
            &codes::UNSUITABLE,
            span,
            format!("this path would look at too many nodes of the {noun}"),
            "name the members on the way instead of `..` and `*`, above all in filters",
        ),
    }
}

/// A member that occurs twice says nothing: programs differ in which of them they take (RFC 8259, section 4).
pub(crate) fn twice(way: &[PathStep], first: &Json, second: &Json, span: crate::source::Span, noun: &str) -> Fault {
    let message = format!(
        "`{}` occurs twice in the {noun}: once it is {}, once {}",
        crate::diag::sanitize(&path_text(way)),
        super::show_json(first),
        super::show_json(second)
    );
    fault(
        &codes::TWICE,
        span,
        message,
        "programs differ in which of the two they read (RFC 8259, section 4); the sender must send one",
    )
}

fn nothing(subject: &Subject) -> Fault {
    fault(
        &codes::UNSUITABLE,
        subject.span,
        "there is no response here to look at",
        "put it into the braces of the request whose response it is about",
    )
}

fn number(value: u64) -> Value {
    Value::from(crate::value::Json::from(value))
}

fn of_response(
    subject: &Subject,
    kind: &SubjectKind,
    exchange: &Exchange,
    (response, parsed): (&Response, &Parsed),
) -> Result<Found, Fault> {
    Ok(match kind {
        SubjectKind::Status => Found::one(number(u64::from(response.status))),
        SubjectKind::Time => Found::one(Value::Duration(exchange.timings.total)),
        SubjectKind::TimeToFirstByte => Found::maybe(exchange.timings.first_byte.map(Value::Duration)),
        SubjectKind::Size => Found::one(Value::Size(response.wire_size)),
        SubjectKind::Attempts => Found::one(number(u64::from(exchange.attempts))),
        SubjectKind::Body => body(response, parsed.json(response).cloned()),
        SubjectKind::Url => Found::one(Value::from(response.url.as_str())),
        SubjectKind::Redirects => {
            Found::one(Value::list(exchange.hops.iter().map(|hop| Value::from(hop.url.as_str())).collect()))
        }
        SubjectKind::HttpVersion => Found::maybe(http_version(response.version)),
        SubjectKind::Header(name) => Found::plain(response.header(name)),
        SubjectKind::Headers(name) => Found::list(response.headers(name).map(Value::from).collect()),
        SubjectKind::Cookie { name, attribute } => {
            let found = Found::maybe(cookie::find(response, name, attribute.as_deref()));
            found.within(attribute.is_none() || cookie::find(response, name, None).is_some())
        }
        SubjectKind::Certificate(what) => {
            let secured = exchange.peer.as_ref().is_some_and(|peer| peer.tls.is_some());
            Found::maybe(certificate(exchange, what)).within(secured)
        }
        SubjectKind::XPath(path) => {
            match markup::xpath((response, parsed), path).map_err(|why| unsuitable(subject, why))? {
                markup::Markup::Texts(texts) => Found::list(texts),
                markup::Markup::Value(value) => Found { plain: true, ..Found::one(value) },
            }
        }
        SubjectKind::Css(selector) => {
            Found::list(markup::css((response, parsed), selector).map_err(|why| unsuitable(subject, why))?)
        }
        SubjectKind::Text => match response.text() {
            Ok(text) => Found { plain: true, ..Found::one(Value::from(&*text)) },
            Err(why) => {
                let message = format!("the body {}", crate::diag::sanitize(&why.reason));
                let help = "compare its bytes: `expect body == file \"…\"` or `hex \"…\"`";
                return Err(fault(&codes::NOT_TEXT, subject.span, message, help));
            }
        },
        SubjectKind::Hex => Found::hex(&response.body),
        _ => return Err(nothing(subject)),
    })
}

fn unsuitable(subject: &Subject, why: super::unsuitable::Unsuitable) -> Fault {
    fault(&codes::UNSUITABLE, subject.span, why.reason, why.help)
}

/// JSON where the body is JSON, else its text, else its bytes.
fn body(response: &Response, json: Option<std::sync::Arc<crate::value::Json>>) -> Found {
    let text = response.text().ok().map(std::borrow::Cow::into_owned);
    let value = match (&json, &text) {
        (Some(json), _) => Value::Json(json.clone()),
        (None, Some(text)) => Value::from(text.as_str()),
        (None, None) => Value::Bytes(response.body.to_vec().into()),
    };
    Found { text, ..Found::one(value) }
}

/// `HTTP/1.1` is the number 1.1, `HTTP/2` is 2.
fn http_version(version: &str) -> Option<Value> {
    let number = version.strip_prefix("HTTP/")?;
    crate::value::Json::parse(number).ok().map(Value::from)
}

fn certificate(exchange: &Exchange, what: &str) -> Option<Value> {
    use x509_parser::prelude::FromDer as _;
    let tls = exchange.peer.as_ref()?.tls.as_ref()?;
    let der = tls.certificate.as_ref()?;
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
    let time = |at: x509_parser::time::ASN1Time| {
        jiff::Timestamp::from_second(at.timestamp()).ok().map(|at| Value::from(at.to_string().as_str()))
    };
    match what {
        "expires" => time(certificate.validity().not_after),
        "starts" => time(certificate.validity().not_before),
        "issuer" => Some(Value::from(certificate.issuer().to_string().as_str())),
        "subject" => Some(Value::from(certificate.subject().to_string().as_str())),
        "serial" => Some(Value::from(certificate.raw_serial_as_string().as_str())),
        "fingerprint" => tls.fingerprint.as_deref().map(Value::from),
        "names" => {
            let names = certificate.subject_alternative_name().ok().flatten()?;
            let dns = names.value.general_names.iter().filter_map(|name| match name {
                x509_parser::extensions::GeneralName::DNSName(name) => Some(Value::from(*name)),
                _ => None,
            });
            Some(Value::list(dns.collect()))
        }
        _ => None,
    }
}

fn of_frame(subject: &Subject, kind: &SubjectKind, frame: &Frame) -> Result<Found, Fault> {
    let text = || std::str::from_utf8(&frame.data).ok().map(Value::from);
    Ok(match kind {
        SubjectKind::Text | SubjectKind::Data => Found::maybe(text()),
        SubjectKind::Hex => Found::hex(&frame.data),
        SubjectKind::Size => Found::one(Value::Size(frame.data.len() as u64)),
        SubjectKind::Body => match &frame.payload.json {
            Some(json) => Found::one(Value::Json(json.clone())),
            None => Found::maybe(text()),
        },
        SubjectKind::Id => Found::maybe(match &frame.kind {
            FrameKind::SseEvent(fields) => fields.id.as_deref().map(Value::from),
            _ => None,
        }),
        _ => {
            return Err(fault(
                &codes::UNSUITABLE,
                subject.span,
                "a frame has no such thing; only a response has",
                "of a frame there are `$` paths, `text`, `hex`, `size`, `data` and `id`",
            ));
        }
    })
}
