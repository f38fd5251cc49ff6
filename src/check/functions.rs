/// What people of other languages write.
const HABITS: &[(&str, &str)] = &[
    ("lowercase", "lower"),
    ("to_lower", "lower"),
    ("uppercase", "upper"),
    ("to_upper", "upper"),
    ("len", "length"),
    ("size", "length"),
    ("count", "length"),
    ("strip", "trim"),
    ("timestamp", "now"),
    ("random", "random_int"),
    ("random_number", "random_int"),
    ("randint", "random_int"),
    ("randomInt", "random_int"),
    ("random_integer", "random_int"),
    ("random_decimal", "random_float"),
    ("randomFloat", "random_float"),
    ("uniform", "random_float"),
    ("random_boolean", "random_bool"),
    ("randomBoolean", "random_bool"),
    ("coin", "random_bool"),
    ("random_string", "random_text"),
    ("randomString", "random_text"),
    ("random_str", "random_text"),
    ("random_alphanumeric", "random_text"),
    ("randomAlphaNumeric", "random_text"),
    ("nanoid", "random_text"),
    ("random_bytes", "random_hex"),
    ("randomHex", "random_hex"),
    ("token_hex", "random_hex"),
    ("choice", "one_of"),
    ("choose", "one_of"),
    ("pick", "one_of"),
    ("sample", "one_of"),
    ("oneOf", "one_of"),
    ("random_element", "one_of"),
    ("randomElement", "one_of"),
    ("shuffle", "shuffled"),
    ("guid", "uuid"),
    ("uuid4", "uuid"),
    ("uuidv4", "uuid"),
    ("uuid_v4", "uuid"),
    ("randomUUID", "uuid"),
    ("random_uuid", "uuid"),
    ("urlencode", "url_encode"),
    ("encodeURIComponent", "url_encode"),
    ("toLowerCase", "lower"),
    ("toUpperCase", "upper"),
    ("to_string", "text"),
    ("toString", "text"),
    ("to_text", "text"),
    ("str", "text"),
    ("String", "text"),
    ("string", "text"),
    ("to_number", "number"),
    ("toNumber", "number"),
    ("Number", "number"),
    ("parseInt", "number"),
    ("parseFloat", "number"),
    ("to_int", "number"),
    ("int", "number"),
    ("float", "number"),
    ("parse_json", "json"),
    ("from_json", "json"),
    ("to_bytes", "bytes"),
    ("toBytes", "bytes"),
    ("utf8", "bytes"),
    ("encode_utf8", "bytes"),
    ("to_hex", "hex_encode"),
    ("toHex", "hex_encode"),
    ("hexencode", "hex_encode"),
    ("hexlify", "hex_encode"),
    ("bin2hex", "hex_encode"),
    ("from_hex", "hex_decode"),
    ("fromHex", "hex_decode"),
    ("unhex", "hex_decode"),
    ("unhexlify", "hex_decode"),
    ("hex2bin", "hex_decode"),
    ("btoa", "base64"),
    ("base64_encode", "base64"),
    ("atob", "base64_decode"),
    ("base64_url", "base64url"),
    ("base64url_encode", "base64url"),
    ("base64_url_encode", "base64url"),
    ("urlsafe_b64encode", "base64url"),
    ("base64_url_decode", "base64url_decode"),
    ("urlsafe_b64decode", "base64url_decode"),
    ("jwt_decode", "jwt"),
    ("decode_jwt", "jwt"),
    ("jwt_claims", "jwt"),
    ("jwt_payload", "jwt"),
    ("jwt_encode", "jwt_sign"),
    ("sign_jwt", "jwt_sign"),
    ("urljoin", "url_join"),
    ("join_url", "url_join"),
    ("resolve_url", "url_join"),
];

/// The function that is meant by a name of another language.
pub(super) fn meant_by(name: &str) -> Option<&'static str> {
    HABITS.iter().find(|(habit, _)| *habit == name).map(|(_, meant)| *meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Function;

    #[test]
    fn each_habit_means_a_function_and_is_none() {
        for (habit, meant) in HABITS {
            assert!(Function::named(meant).is_some(), "{meant}");
            assert!(Function::named(habit).is_none(), "{habit}");
            assert_eq!(meant_by(habit), Some(*meant), "{habit} is there twice");
        }
    }
}
