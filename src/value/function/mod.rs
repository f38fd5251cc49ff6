//! The functions of the language: their names, what they take and give, and how it is calculated. `check` reads the table, and whatever
//! calculates calls through it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{KeyInit as _, Mac as _};
use sha2::Digest as _;

use super::{Json, Kind, Secret, Value};

mod convert;
mod draw;
mod encode;
mod token;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Uuid,
    Now,
    RandomInt,
    RandomFloat,
    RandomBool,
    RandomText,
    RandomHex,
    OneOf,
    Shuffled,
    Text,
    Number,
    Json,
    Jwt,
    JwtHeader,
    JwtSign,
    Bytes,
    HexEncode,
    HexDecode,
    Base64,
    Base64Decode,
    Base64Url,
    Base64UrlDecode,
    UrlEncode,
    UrlJoin,
    Sha256,
    HmacSha256,
    Join,
    Split,
    Length,
    Lower,
    Upper,
    Trim,
}

/// What an argument must be, and how it is called where the function's use is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub kinds: &'static [Kind],
}

/// Why a function has no result for its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgumentFault {
    /// Which argument it is about; `None` where it is about all of them.
    pub argument: Option<usize>,
    pub message: String,
    pub help: &'static str,
}

type Call = fn(&[Value]) -> Result<Value, ArgumentFault>;
/// With what gives 64 random bits.
type Draw = fn(&[Value], &dyn Fn() -> u64) -> Result<Value, ArgumentFault>;

struct Row {
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    /// `None` where it depends on the arguments.
    result: Option<Kind>,
    /// `None` where something else than the arguments decides: time, or chance.
    call: Option<Call>,
    /// Of what chance decides.
    draw: Option<Draw>,
}

const TEXT: &[Kind] = &[Kind::String, Kind::Secret];
const TEXT_OR_BYTES: &[Kind] = &[Kind::String, Kind::Secret, Kind::Bytes];
const OBJECT: &[Kind] = &[Kind::Object];
const NUMBER: &[Kind] = &[Kind::Number];
const LIST: &[Kind] = &[Kind::List];
const COUNTED: &[Kind] = &[Kind::String, Kind::Secret, Kind::Bytes, Kind::List, Kind::Object];
/// Whatever has a text or is bytes.
const ANY: &[Kind] = &[
    Kind::Null,
    Kind::Bool,
    Kind::Number,
    Kind::String,
    Kind::Duration,
    Kind::Size,
    Kind::Percent,
    Kind::Rate,
    Kind::Money,
    Kind::Bytes,
    Kind::Secret,
    Kind::List,
    Kind::Object,
];

/// Whatever may stand in a text.
const WITH_TEXT: &[Kind] = &[
    Kind::Null,
    Kind::Bool,
    Kind::Number,
    Kind::String,
    Kind::Duration,
    Kind::Size,
    Kind::Percent,
    Kind::Rate,
    Kind::Money,
    Kind::Secret,
    Kind::List,
    Kind::Object,
];

const fn parameter(name: &'static str, kinds: &'static [Kind]) -> Parameter {
    Parameter { name, kinds }
}

const VALUE: &[Parameter] = &[parameter("value", ANY)];
const OF_TEXT: &[Parameter] = &[parameter("text", TEXT)];
const OF_LIST: &[Parameter] = &[parameter("list", LIST)];
const OF_COUNT: &[Parameter] = &[parameter("count", NUMBER)];
const BETWEEN: &[Parameter] = &[parameter("least", NUMBER), parameter("most", NUMBER)];
const FROM_TO: &[Parameter] = &[parameter("from", NUMBER), parameter("to", NUMBER)];

const TABLE: [Row; 32] = [
    drawn(Function::Uuid, "uuid", &[], Some(Kind::String), draw::uuid),
    row(Function::Now, "now", &[], Some(Kind::String), None),
    drawn(Function::RandomInt, "random_int", BETWEEN, Some(Kind::Number), draw::random_int),
    drawn(Function::RandomFloat, "random_float", FROM_TO, Some(Kind::Number), draw::random_float),
    drawn(Function::RandomBool, "random_bool", &[], Some(Kind::Bool), draw::random_bool),
    drawn(Function::RandomText, "random_text", OF_COUNT, Some(Kind::String), draw::random_text),
    drawn(Function::RandomHex, "random_hex", OF_COUNT, Some(Kind::String), draw::random_hex),
    drawn(Function::OneOf, "one_of", OF_LIST, None, draw::one_of),
    drawn(Function::Shuffled, "shuffled", OF_LIST, Some(Kind::List), draw::shuffled),
    row(Function::Text, "text", &[parameter("value", WITH_TEXT)], Some(Kind::String), Some(convert::text)),
    row(Function::Number, "number", OF_TEXT, Some(Kind::Number), Some(convert::number)),
    row(Function::Json, "json", VALUE, None, Some(json)),
    row(Function::Jwt, "jwt", OF_TEXT, None, Some(token::claims)),
    row(Function::JwtHeader, "jwt_header", OF_TEXT, None, Some(token::header)),
    row(
        Function::JwtSign,
        "jwt_sign",
        &[parameter("claims", OBJECT), parameter("key", TEXT_OR_BYTES), parameter("algorithm", TEXT)],
        Some(Kind::String),
        Some(token::sign),
    ),
    row(Function::Bytes, "bytes", OF_TEXT, Some(Kind::Bytes), Some(encode::bytes)),
    row(
        Function::HexEncode,
        "hex_encode",
        &[parameter("value", TEXT_OR_BYTES)],
        Some(Kind::String),
        Some(encode::hex_encode),
    ),
    row(Function::HexDecode, "hex_decode", OF_TEXT, Some(Kind::Bytes), Some(encode::hex_decode)),
    row(Function::Base64, "base64", VALUE, Some(Kind::String), Some(base64)),
    row(Function::Base64Decode, "base64_decode", OF_TEXT, None, Some(base64_decode)),
    row(Function::Base64Url, "base64url", VALUE, Some(Kind::String), Some(encode::base64url)),
    row(Function::Base64UrlDecode, "base64url_decode", OF_TEXT, None, Some(encode::base64url_decode)),
    row(Function::UrlEncode, "url_encode", VALUE, Some(Kind::String), Some(url_encode)),
    row(
        Function::UrlJoin,
        "url_join",
        &[parameter("base", TEXT), parameter("reference", TEXT)],
        Some(Kind::String),
        Some(convert::url_join),
    ),
    row(Function::Sha256, "sha256", VALUE, Some(Kind::String), Some(sha256)),
    row(
        Function::HmacSha256,
        "hmac_sha256",
        &[parameter("key", ANY), parameter("text", ANY)],
        Some(Kind::String),
        Some(hmac_sha256),
    ),
    row(
        Function::Join,
        "join",
        &[parameter("list", LIST), parameter("separator", TEXT)],
        Some(Kind::String),
        Some(join),
    ),
    row(
        Function::Split,
        "split",
        &[parameter("text", TEXT), parameter("separator", TEXT)],
        Some(Kind::List),
        Some(split),
    ),
    row(Function::Length, "length", &[parameter("value", COUNTED)], Some(Kind::Number), Some(length)),
    row(Function::Lower, "lower", OF_TEXT, Some(Kind::String), Some(lower)),
    row(Function::Upper, "upper", OF_TEXT, Some(Kind::String), Some(upper)),
    row(Function::Trim, "trim", OF_TEXT, Some(Kind::String), Some(trim)),
];

const fn row(
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    result: Option<Kind>,
    call: Option<Call>,
) -> Row {
    Row { function, name, parameters, result, call, draw: None }
}

const fn drawn(
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    result: Option<Kind>,
    draw: Draw,
) -> Row {
    Row { function, name, parameters, result, call: None, draw: Some(draw) }
}

impl Function {
    pub fn all() -> impl Iterator<Item = Function> {
        TABLE.iter().map(|row| row.function)
    }

    pub fn named(name: &str) -> Option<Function> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.function)
    }

    /// Whether it gives random values of its own.
    pub fn is_drawn(self) -> bool {
        self.row().draw.is_some() && !self.is_choice()
    }

    /// Whether it gives, by chance, what it was given: what of that is secret is so already, and nothing else becomes it.
    pub fn is_choice(self) -> bool {
        matches!(self, Function::OneOf | Function::Shuffled)
    }

    fn row(self) -> &'static Row {
        // The order is that of the variants, which a test keeps.
        &TABLE[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub fn parameters(self) -> &'static [Parameter] {
        self.row().parameters
    }

    /// The kind of its result; `None` where that depends on the arguments. Of a secret it is a secret instead of a text.
    pub fn result(self) -> Option<Kind> {
        self.row().result
    }

    /// `random_int(least, most)`
    pub fn usage(self) -> String {
        let names: Vec<&str> = self.parameters().iter().map(|parameter| parameter.name).collect();
        format!("{}({})", self.name(), names.join(", "))
    }

    /// What it gives; `None` where something else than the arguments decides. `words` gives a value in short for a message.
    pub fn call(self, args: &[Value], words: impl Fn(&Value) -> String) -> Option<Result<Value, ArgumentFault>> {
        if let Err(fault) = self.takes(args, words) {
            return Some(Err(fault));
        }
        Some((self.row().call?)(args))
    }

    /// What it gives by chance, `draw` giving 64 random bits; `None` where it isn't chance that decides. Its arguments are those that
    /// [`Function::takes`] allows. Whether they are refused doesn't depend on what is drawn.
    pub fn drawn(self, args: &[Value], draw: &dyn Fn() -> u64) -> Option<Result<Value, ArgumentFault>> {
        Some((self.row().draw?)(args, draw))
    }

    /// Whether the arguments are as many as it takes, and of its kinds.
    ///
    /// # Errors
    /// They aren't.
    pub fn takes(self, args: &[Value], words: impl Fn(&Value) -> String) -> Result<(), ArgumentFault> {
        let parameters = self.parameters();
        if args.len() != parameters.len() {
            let message = format!("`{}` takes {} arguments, not {}", self.name(), parameters.len(), args.len());
            return Err(ArgumentFault { argument: None, message, help: "give it as many as it takes" });
        }
        for (at, (arg, parameter)) in args.iter().zip(parameters).enumerate() {
            if !parameter.kinds.contains(&Kind::of(arg)) {
                let message =
                    format!("`{}` takes {} here, not {} ({})", self.name(), parameter.words(), words(arg), arg.kind());
                let help = match parameter.kinds {
                    [Kind::Number] => "`number(text)` reads one out of a text",
                    [Kind::List | Kind::Object] => "`json(text)` reads one out of a text",
                    _ => "`text(value)` makes a text of a value, as \"{{value}}\" does",
                };
                return Err(ArgumentFault { argument: Some(at), message, help });
            }
        }
        Ok(())
    }
}

impl Parameter {
    /// `a string`, `a list`: what it takes, in words.
    pub fn words(self) -> &'static str {
        match self.kinds {
            [Kind::Number] => "a number",
            [Kind::List] => "a list",
            [Kind::Object] => "an object",
            [Kind::String, Kind::Secret, Kind::Bytes] => "a string or bytes",
            [Kind::String, Kind::Secret] => "a string",
            kinds if kinds.len() == COUNTED.len() => "a string, a list, an object or bytes",
            _ => "a value",
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::from(Json::from(text.into()))
}

/// What is made of a secret is one too.
fn alike(of: &Value, result: String) -> Value {
    if matches!(of, Value::Secret(_)) { Value::Secret(Secret::new(result)) } else { text(result) }
}

fn wrong(argument: usize, message: impl Into<String>, help: &'static str) -> ArgumentFault {
    ArgumentFault { argument: Some(argument), message: message.into(), help }
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

fn json(args: &[Value]) -> Result<Value, ArgumentFault> {
    Json::parse(&args[0].to_text()).map(Value::from).map_err(|fault| {
        wrong(0, format!("this text isn't JSON: {fault}"), "`json()` reads a text; a body is looked at with a JSONPath")
    })
}

fn base64(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], STANDARD.encode(bytes(&args[0]))))
}

fn base64_decode(args: &[Value]) -> Result<Value, ArgumentFault> {
    let encoded = args[0].to_text();
    let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(encoded.trim()).ok());
    let decoded = decoded
        .ok_or_else(|| wrong(0, "this isn't base64", "it holds characters or a length that base64 doesn't have"))?;
    Ok(match String::from_utf8(decoded) {
        Ok(decoded) => alike(&args[0], decoded),
        Err(error) => Value::Bytes(error.into_bytes().into()),
    })
}

const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn url_encode(args: &[Value]) -> Result<Value, ArgumentFault> {
    let encoded = percent_encoding::utf8_percent_encode(&args[0].to_text(), UNRESERVED).to_string();
    Ok(alike(&args[0], encoded))
}

fn sha256(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(text(hex(&sha2::Sha256::digest(bytes(&args[0])))))
}

fn hmac_sha256(args: &[Value]) -> Result<Value, ArgumentFault> {
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&bytes(&args[0]));
    let mut mac = mac.map_err(|_| wrong(0, "this key can't be used", "give a text or bytes"))?;
    mac.update(&bytes(&args[1]));
    Ok(text(hex(&mac.finalize().into_bytes())))
}

fn join(args: &[Value]) -> Result<Value, ArgumentFault> {
    let items = args[0].elements().unwrap_or_default();
    if items.iter().any(|item| matches!(item, Value::Bytes(_) | Value::Channel(_))) {
        return Err(wrong(0, "an element of this list has no text", "encode bytes first, as in `base64(value)`"));
    }
    let texts: Vec<String> = items.iter().map(Value::to_text).collect();
    let joined = texts.join(&args[1].to_text());
    Ok(if args.iter().any(Value::holds_secret) { Value::Secret(Secret::new(joined)) } else { text(joined) })
}

fn split(args: &[Value]) -> Result<Value, ArgumentFault> {
    let separator = args[1].to_text();
    if separator.is_empty() {
        return Err(wrong(1, "a text can't be split at nothing", "give the text that separates, such as \",\""));
    }
    let whole = args[0].to_text();
    Ok(Value::list(whole.split(&separator).map(|part| alike(&args[0], part.to_owned())).collect()))
}

fn length(args: &[Value]) -> Result<Value, ArgumentFault> {
    let length = args[0].length();
    length
        .map(|length| Value::from(Json::from(length)))
        .ok_or_else(|| wrong(0, "this value has no length", "strings, lists, objects and bytes have one"))
}

fn lower(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], args[0].to_text().to_lowercase()))
}

fn upper(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], args[0].to_text().to_uppercase()))
}

fn trim(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], args[0].to_text().trim().to_owned()))
}

impl Value {
    /// The length of a string in characters, of a list in elements, of an object in fields, of bytes.
    pub fn length(&self) -> Option<u64> {
        Some(match self {
            Value::List(values) => values.len() as u64,
            Value::Object(fields) => fields.len() as u64,
            Value::Bytes(bytes) => bytes.len() as u64,
            Value::Secret(secret) => secret.expose().chars().count() as u64,
            Value::Json(json) => match &**json {
                Json::String(text) => text.chars().count() as u64,
                Json::Array(items) => items.len() as u64,
                Json::Object(fields) => fields.len() as u64,
                _ => return None,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_function_in_their_order() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.function as usize, at);
            assert_eq!(Function::named(row.name), Some(row.function));
        }
    }
}
