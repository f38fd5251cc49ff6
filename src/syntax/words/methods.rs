/// The methods that are written without `request`, and are suggested for what is nearly one of them.
pub const COMMON_METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Those that may be written so too.
const RARE_METHODS: &[&str] = &["TRACE", "CONNECT", "QUERY"];

/// All that are known.
pub fn methods() -> impl Iterator<Item = &'static str> {
    COMMON_METHODS.iter().chain(RARE_METHODS).copied()
}

/// Whether a word alone is a method.
pub fn is_method(word: &str) -> bool {
    COMMON_METHODS.contains(&word) || RARE_METHODS.contains(&word)
}
