use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{KeyInit as _, Mac as _};
use sha2::Digest as _;

use super::expr::fault;
use super::{Context, Fault, show};
use crate::diag::codes;
use crate::plan::Function;
use crate::source::Span;
use crate::value::{Secret, Value};

type Args = [(Value, Span)];

pub(super) fn call(function: Function, span: Span, args: &Args, context: &Context<'_>) -> Result<Value, Fault> {
    if args.len() != function.arity() {
        let message = format!("`{}` takes {} arguments, not {}", function.name(), function.arity(), args.len());
        return Err(fault(&codes::BAD_ARGUMENT, span, message, "give it as many as it takes"));
    }
    match function {
        Function::Uuid => Ok(text(uuid::Builder::from_random_bytes(random_bytes(context)).into_uuid().to_string())),
        Function::Now => Ok(text(context.host.now().to_string())),
        Function::RandomInt => random_int(span, &args[0], &args[1], context),
        Function::Json => json(&args[0]),
        Function::Jwt => jwt(&args[0]),
        Function::Base64 => Ok(alike(&args[0].0, STANDARD.encode(bytes(&args[0].0)))),
        Function::Base64Decode => base64_decode(&args[0]),
        Function::UrlEncode => {
            let encoded = percent_encoding::utf8_percent_encode(&args[0].0.to_text(), UNRESERVED).to_string();
            Ok(alike(&args[0].0, encoded))
        }
        Function::Sha256 => Ok(text(hex(&sha2::Sha256::digest(bytes(&args[0].0))))),
        Function::HmacSha256 => hmac_sha256(span, &args[0].0, &args[1].0),
        Function::Join => join(&args[0], &args[1]),
        Function::Split => split(&args[0], &args[1]),
        Function::Length => length(&args[0]),
        Function::Lower => Ok(alike(&args[0].0, args[0].0.to_text().to_lowercase())),
        Function::Upper => Ok(alike(&args[0].0, args[0].0.to_text().to_uppercase())),
        Function::Trim => Ok(alike(&args[0].0, args[0].0.to_text().trim().to_owned())),
    }
}

const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn text(text: String) -> Value {
    Value::from(crate::value::Json::from(text))
}

/// What is made of a secret is one too.
fn alike(of: &Value, result: String) -> Value {
    if matches!(of, Value::Secret(_)) { Value::Secret(Secret::new(result)) } else { text(result) }
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => other.to_text().into_bytes(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random_bytes(context: &Context<'_>) -> [u8; 16] {
    let number = u128::from(context.host.random()) << 64 | u128::from(context.host.random());
    number.to_be_bytes()
}

fn random_int(span: Span, from: &(Value, Span), to: &(Value, Span), context: &Context<'_>) -> Result<Value, Fault> {
    let whole = |(value, span): &(Value, Span)| {
        let found = value.as_json().and_then(crate::value::Json::as_i64);
        found.ok_or_else(|| {
            fault(
                &codes::BAD_ARGUMENT,
                *span,
                format!("{} isn't a whole number", show(value)),
                "write for example `random_int(1, 6)`",
            )
        })
    };
    let (from, to) = (whole(from)?, whole(to)?);
    if from > to {
        return Err(fault(
            &codes::BAD_ARGUMENT,
            span,
            format!("no number lies between {from} and {to}"),
            "give the smaller bound first",
        ));
    }
    let count = (i128::from(to) - i128::from(from) + 1) as u128;
    let offset = ((u128::from(context.host.random()) * count) >> 64) as i128;
    Ok(Value::from(crate::value::Json::from((i128::from(from) + offset) as i64)))
}

fn json((value, span): &(Value, Span)) -> Result<Value, Fault> {
    crate::value::Json::parse(&value.to_text()).map(Value::from).map_err(|error| {
        fault(
            &codes::BAD_ARGUMENT,
            *span,
            format!("this text isn't JSON: {error}"),
            "`json()` reads a text; a body is looked at with a JSONPath",
        )
    })
}

/// A token's claims. The signature isn't verified: what is asked is what a server would read.
fn jwt((value, span): &(Value, Span)) -> Result<Value, Fault> {
    let token = value.to_text();
    let claims = token.split('.').nth(1).filter(|_| token.split('.').count() == 3);
    let decoded = claims.and_then(|claims| URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok());
    let parsed = decoded.and_then(|json| crate::value::Json::read(&json).ok());
    parsed.map(Value::from).ok_or_else(|| {
        fault(
            &codes::BAD_ARGUMENT,
            *span,
            "this isn't a JSON Web Token",
            "a token has three parts between dots, the second of them JSON in base64 (RFC 7519)",
        )
    })
}

fn base64_decode((value, span): &(Value, Span)) -> Result<Value, Fault> {
    let encoded = value.to_text();
    let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(encoded.trim()).ok());
    let decoded = decoded.ok_or_else(|| {
        fault(
            &codes::BAD_ARGUMENT,
            *span,
            "this isn't base64",
            "it holds characters or a length that base64 doesn't have",
        )
    })?;
    Ok(match String::from_utf8(decoded) {
        Ok(decoded) => alike(value, decoded),
        Err(error) => Value::Bytes(error.into_bytes().into()),
    })
}

fn hmac_sha256(span: Span, key: &Value, message: &Value) -> Result<Value, Fault> {
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&bytes(key));
    let mut mac =
        mac.map_err(|_| fault(&codes::BAD_ARGUMENT, span, "this key can't be used", "give a text or bytes"))?;
    mac.update(&bytes(message));
    Ok(text(hex(&mac.finalize().into_bytes())))
}

fn items((value, span): &(Value, Span)) -> Result<Vec<Value>, Fault> {
    match value {
        Value::List(values) => Ok(values.to_vec()),
        other => match other.as_json().and_then(crate::value::Json::as_array) {
            Some(items) => Ok(items.iter().cloned().map(Value::from).collect()),
            None => Err(fault(&codes::BAD_ARGUMENT, *span, format!("{} isn't a list", show(value)), "give a list")),
        },
    }
}

fn join(list: &(Value, Span), separator: &(Value, Span)) -> Result<Value, Fault> {
    let texts: Vec<String> = items(list)?.iter().map(Value::to_text).collect();
    Ok(text(texts.join(&separator.0.to_text())))
}

fn split(of: &(Value, Span), separator: &(Value, Span)) -> Result<Value, Fault> {
    let separator_text = separator.0.to_text();
    if separator_text.is_empty() {
        return Err(fault(
            &codes::BAD_ARGUMENT,
            separator.1,
            "a text can't be split at nothing",
            "give the text that separates, such as \",\"",
        ));
    }
    let parts: Vec<String> = of.0.to_text().split(&separator_text).map(str::to_owned).collect();
    Ok(Value::from(crate::value::Json::from(parts)))
}

fn length(of: &(Value, Span)) -> Result<Value, Fault> {
    super::subject::length_of(&of.0).map(|length| Value::from(crate::value::Json::from(length))).ok_or_else(|| {
        fault(
            &codes::BAD_ARGUMENT,
            of.1,
            format!("a value of kind {} has no length", of.0.kind()),
            "strings, lists, objects and bytes have one",
        )
    })
}
