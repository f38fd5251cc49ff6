//! Bytes and the texts that stand for them.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use super::{ArgumentFault, alike, bytes as bytes_of, hex, wrong};
use crate::value::Value;

/// A text in UTF-8.
pub(super) fn bytes(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(Value::Bytes(args[0].to_text().into_bytes().into()))
}

/// Two digits for each byte, in small letters (RFC 4648, section 8).
pub(super) fn hex_encode(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], hex(&bytes_of(&args[0]))))
}

pub(super) fn hex_decode(args: &[Value]) -> Result<Value, ArgumentFault> {
    let digits = args[0].to_text();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let decoded: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    let help = "two digits of `0-9a-fA-F` stand for each byte, with nothing between them";
    decoded.map(|decoded| Value::Bytes(decoded.into())).ok_or_else(|| wrong(0, "this isn't hexadecimal", help))
}

/// RFC 4648, section 5, without padding.
pub(super) fn base64url(args: &[Value]) -> Result<Value, ArgumentFault> {
    Ok(alike(&args[0], URL_SAFE_NO_PAD.encode(bytes_of(&args[0]))))
}

/// Takes no padding or all of it; bits that stand for nothing are zero (RFC 4648, sections 3.2 and 3.5).
pub(super) fn base64url_decode(args: &[Value]) -> Result<Value, ArgumentFault> {
    let encoded = args[0].to_text();
    let engine = if encoded.contains('=') { URL_SAFE } else { URL_SAFE_NO_PAD };
    let decoded = engine.decode(encoded).map_err(|error| {
        let help = "its characters are `A-Za-z0-9-_`; `base64_decode` reads `+` and `/` too";
        wrong(0, format!("this isn't base64url: {}", reason(&error)), help)
    })?;
    Ok(match String::from_utf8(decoded) {
        Ok(decoded) => alike(&args[0], decoded),
        Err(error) => Value::Bytes(error.into_bytes().into()),
    })
}

/// What is wrong, without a character of the text, which may be a secret.
fn reason(error: &base64::DecodeError) -> &'static str {
    match error {
        base64::DecodeError::InvalidByte(..) => "it holds a character of another alphabet, or one after its padding",
        base64::DecodeError::InvalidPadding => "its padding isn't what its length asks for",
        base64::DecodeError::InvalidLength(_) => "no bytes have a text of this length",
        base64::DecodeError::InvalidLastSymbol { .. } => "its last character stands for no whole byte",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Function;

    fn given(function: Function, arg: Value) -> Result<Value, String> {
        function.call(&[arg], |value| value.to_text()).unwrap().map_err(|fault| fault.message)
    }

    /// RFC 4648, section 10.
    #[test]
    fn the_vectors_of_the_standard_are_encoded_and_decoded() {
        for (text, padded, hex) in [
            ("", "", ""),
            ("f", "Zg==", "66"),
            ("fo", "Zm8=", "666F"),
            ("foo", "Zm9v", "666F6F"),
            ("foob", "Zm9vYg==", "666F6F62"),
            ("fooba", "Zm9vYmE=", "666F6F6261"),
            ("foobar", "Zm9vYmFy", "666F6F626172"),
        ] {
            let bare = padded.trim_end_matches('=');
            assert_eq!(given(Function::Base64Url, text.into()), Ok(bare.into()));
            assert_eq!(given(Function::Base64UrlDecode, bare.into()), Ok(text.into()));
            assert_eq!(given(Function::Base64UrlDecode, padded.into()), Ok(text.into()));
            let bytes = given(Function::Bytes, text.into()).unwrap();
            assert_eq!(given(Function::HexEncode, text.into()), Ok(hex.to_lowercase().as_str().into()));
            assert_eq!(given(Function::HexEncode, bytes.clone()), Ok(hex.to_lowercase().as_str().into()));
            assert_eq!(given(Function::HexDecode, hex.into()), Ok(bytes));
        }
        for refused in
            ["Zg=", "Zg===", "Zg==Zg==", "Zm8==", "Z", "Zh", "Zm9", "+/+/", " Zg", "Zg\n", "Zg==\n", "=", "Zm9v=", "Zé"]
        {
            assert!(given(Function::Base64UrlDecode, refused.into()).is_err(), "{refused:?}");
        }
        for refused in ["6", "6g", "66 6f", "0x66", "+6", "é"] {
            assert!(given(Function::HexDecode, refused.into()).is_err(), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let value = Value::Bytes(bytes.clone().into());
            let encoded = given(Function::HexEncode, value.clone()).unwrap();
            prop_assert_eq!(&given(Function::HexDecode, encoded.clone()).unwrap(), &value);
            let upper = encoded.to_text().to_uppercase();
            prop_assert_eq!(&given(Function::HexDecode, upper.as_str().into()).unwrap(), &value);
            let encoded = given(Function::Base64Url, value.clone()).unwrap();
            prop_assert!(encoded.to_text().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            let decoded = given(Function::Base64UrlDecode, encoded).unwrap();
            let expected = String::from_utf8(bytes).map_or(value, |text| Value::from(text.as_str()));
            prop_assert_eq!(decoded, expected);
        }

        #[test]
        fn a_text_has_one_encoding(text in "[A-Za-z0-9_-]{0,9}={0,3}") {
            if let Ok(decoded) = given(Function::Base64UrlDecode, text.as_str().into()) {
                let again = given(Function::Base64Url, decoded).unwrap();
                prop_assert_eq!(again.to_text(), text.trim_end_matches('='));
            }
        }

        #[test]
        fn the_bytes_of_a_text_are_those_of_it(text in ".{0,20}") {
            let bytes = given(Function::Bytes, text.as_str().into()).unwrap();
            prop_assert_eq!(bytes, Value::Bytes(text.as_bytes().into()));
        }
    }
}
