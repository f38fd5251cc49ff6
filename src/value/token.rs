/// The characters of a token beside letters and digits (RFC 9110, section 5.6.2).
pub const TOKEN: &str = "!#$%&'*+-.^_`|~";

/// Whether a text is a token of HTTP (RFC 9110, section 5.6.2), as methods and the names of headers and cookies are.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || TOKEN.contains(c))
}

/// What is reported of a text that should be a method and is none (RFC 9110, section 9.1).
pub const NO_METHOD: &str =
    "a method is one word, such as `PURGE`: of letters, digits and some signs, without white space";
