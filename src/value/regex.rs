use std::sync::Arc;

use super::regex_size;

/// The most memory that a compiled regex may take, in bytes.
const SIZE_LIMIT: usize = 4 * 1024 * 1024;

/// What takes less by a careful estimate surely takes less than [`SIZE_LIMIT`].
const SURELY_SMALL: usize = SIZE_LIMIT / 4;
/// How deep groups may nest.
const NEST_LIMIT: u32 = 100;

/// A compiled regex with its flags. Matching is linear in the text, whatever the pattern. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Regex(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    regex: regex::Regex,
    shown: String,
}

/// What is wrong with a pattern, in a user's words, and where: a range of bytes of the pattern. `flag` says that the range is one
/// of the flags instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexError {
    pub message: String,
    pub start: usize,
    pub end: usize,
    pub flag: bool,
}

impl Regex {
    /// Compiles a pattern with the flags `i` (any case), `m` (`^` and `$` at lines), `s` (`.` takes line ends), `x` (white space
    /// and comments don't count).
    ///
    /// # Errors
    /// The syntax of the pattern, an unknown flag, or a pattern that needs too much memory.
    pub fn compile(pattern: &str, flags: &str) -> Result<Regex, RegexError> {
        #[cfg(test)]
        crate::value::counted::count(&crate::value::counted::PATTERNS);
        let mut builder = regex::RegexBuilder::new(pattern);
        builder.size_limit(SIZE_LIMIT).nest_limit(NEST_LIMIT);
        for (start, flag) in flags.char_indices() {
            match flag {
                'i' => builder.case_insensitive(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                'x' => builder.ignore_whitespace(true),
                _ => {
                    let message = format!("`{flag}` is no flag of a regex; these are: i, m, s, x");
                    return Err(RegexError { message, start, end: start + flag.len_utf8(), flag: true });
                }
            };
        }
        match builder.build() {
            Ok(regex) => Ok(Regex(Arc::new(Compiled { regex, shown: format!("/{pattern}/{flags}") }))),
            Err(error) => Err(describe(pattern, &error)),
        }
    }

    /// Whether a pattern matches everything; it is compiled only where that, or whether it can be, isn't known without.
    ///
    /// # Errors
    /// Those of [`Regex::compile`].
    pub fn examine(pattern: &str, flags: &str) -> Result<bool, RegexError> {
        if is_plain(pattern, flags) {
            return Ok(false);
        }
        Regex::compile(pattern, flags).map(|pattern| pattern.matches_everything())
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.0.regex.is_match(text)
    }

    /// What the first group matched; the whole match where the pattern has no group.
    pub fn first_group<'t>(&self, text: &'t str) -> Option<&'t str> {
        let captures = self.0.regex.captures(text)?;
        let group = if self.0.regex.captures_len() > 1 { captures.get(1) } else { captures.get(0) };
        group.map(|group| group.as_str())
    }

    /// As it is written: `/…/i`.
    pub fn as_str(&self) -> &str {
        &self.0.shown
    }

    /// Whether it matches the empty text, and so every text that it is searched in.
    pub fn matches_everything(&self) -> bool {
        self.0.regex.is_match("") && self.0.regex.find("\u{1}x").is_some_and(|found| found.start() == 0)
    }
}

/// Whether a pattern is valid for sure, and takes at least one character.
fn is_plain(pattern: &str, flags: &str) -> bool {
    if !flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'x')) {
        return false;
    }
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(NEST_LIMIT)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .ignore_whitespace(flags.contains('x'))
        .build();
    parser.parse(pattern).is_ok_and(|hir| {
        hir.properties().minimum_len().is_some_and(|len| len > 0) && regex_size::bound(&hir) <= SURELY_SMALL
    })
}

/// The engine's own message holds the place only as a drawing, so the place is found by the parser it is built on.
fn describe(pattern: &str, error: &regex::Error) -> RegexError {
    let whole = |message: String| RegexError { message, start: 0, end: pattern.len(), flag: false };
    let regex::Error::Syntax(text) = error else {
        return whole("this regex needs too much memory; make its repetitions smaller".to_owned());
    };
    let message = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("this regex isn't valid");
    let message = message.to_owned();
    // The drawing: the pattern indented by four spaces, then a line of carets under it.
    let lines: Vec<&str> = text.lines().collect();
    let caret =
        lines.iter().position(|line| !line.trim().is_empty() && line.trim().chars().all(|c| c == '^' || c == ' '));
    let single_line = !pattern.contains('\n');
    match caret.and_then(|line| lines.get(line)) {
        Some(line) if single_line => {
            let skip = line.chars().take_while(|c| *c == ' ').count().saturating_sub(4);
            let width = line.trim().chars().take_while(|c| *c == '^').count();
            let offset = |chars: usize| pattern.char_indices().nth(chars).map_or(pattern.len(), |(at, _)| at);
            let (start, end) = (offset(skip), offset(skip + width));
            if start < end { RegexError { message, start, end, flag: false } } else { whole(message) }
        }
        _ => whole(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_fault_is_found() {
        let error = Regex::compile("ab(cd", "").unwrap_err();
        assert_eq!((error.start, error.end, error.message.as_str()), (2, 3, "unclosed group"));
        let error = Regex::compile("é[z-a]", "").unwrap_err();
        assert_eq!(&"é[z-a]"[error.start..error.end], "z-a");
        let error = Regex::compile("a", "iq").unwrap_err();
        assert_eq!((error.start, error.flag), (1, true));
    }

    proptest::proptest! {
        #[test]
        fn what_is_plain_is_valid_and_takes_something(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", "\\d", "\\w", "\\W", "\\p{L}", ".", "[^a]", "[a-z\u{e9}-\u{fff}]", "(", "(?:", ")", "|", "*", "+", "?", "{3}", "{0,40}", "{200}", "^", "$", "\\b",
                    "(?i)", "\\", "[", "]", "{2000}", "\\B", "(?s-u:.)", "\\x{ff}", "[[:alpha:]&&[a-c]]",
                ]),
                0..8,
            ),
            flags in proptest::sample::select(vec!["", "i", "s", "m", "x", "ims", "q"]),
        ) {
            let pattern = parts.concat();
            if is_plain(&pattern, flags) {
                let compiled = Regex::compile(&pattern, flags);
                proptest::prop_assert_eq!(compiled.map(|compiled| compiled.matches_everything()), Ok(false), "{}", pattern);
            }
        }
    }

    #[test]
    fn the_first_group_is_taken_where_there_is_one() {
        let pattern = Regex::compile("id=([0-9]+)", "i").unwrap();
        assert_eq!(pattern.first_group("x ID=42;"), Some("42"));
        assert_eq!(Regex::compile("[0-9]+", "").unwrap().first_group("a17b"), Some("17"));
        assert!(Regex::compile(".*", "").unwrap().matches_everything());
        assert!(!Regex::compile("^a?$", "").unwrap().matches_everything());
    }
}
