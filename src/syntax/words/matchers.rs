use super::table;
use crate::syntax::grammar::Rule;
use crate::value::Kind;

/// What is known of a matcher, whatever its operands are.
pub struct MatcherRow {
    /// As it is written: `has length`.
    pub word: &'static str,
    /// What it is in the grammar.
    pub(in crate::syntax) rule: Rule,
    /// What it expects, before its operand: `to contain`.
    pub says: &'static str,
    pub fits: Fits,
    /// The kind of its operand, and how to write one; `None` where that depends on what is looked at.
    pub operand: Option<(Kind, &'static str)>,
    pub looks: Looks,
    pub body: Body,
    pub decided: Decided,
    /// Whether it takes no longer than what it looks at is large.
    pub is_light: bool,
    /// Whether it says the same whenever it is asked.
    pub is_timeless: bool,
    /// Whether it says something of elements beside each other, and so nothing of one alone.
    pub compares_elements: bool,
    pub meaning: &'static str,
    /// A whole statement.
    pub example: &'static str,
}

/// What it can be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    Anything,
    /// What may be equal to its operand.
    Equal,
    /// What may be equal to one of its operand's elements, or lie in its range.
    Among,
    /// What its operand is searched in: texts, lists, fields.
    Searched,
    Text,
    /// What has a length.
    Length,
    /// Amounts, and times.
    Amount,
    List,
    Certificate,
}

/// What of a value it reads, which says what it can't be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// Whether something is there.
    AtNothing,
    /// At the text, where there is one.
    AtText,
    /// At the value with all that is in it.
    AtAll,
    /// At the parts that it names.
    AtParts,
}

/// As what it reads a body, which may be no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// As bytes where its operand is some, else as text.
    AsOperand,
    Text,
    /// It asks for neither.
    Neither,
}

/// Whether all that equals a value is known to be as the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    Always,
    /// Where the value is a text.
    OfTexts,
    Never,
}

/// A matcher that says nothing of itself yet: rows say in what they differ from it.
const BASE: MatcherRow = MatcherRow {
    word: "",
    rule: Rule::matcher,
    says: "",
    fits: Fits::Anything,
    operand: None,
    looks: Looks::AtParts,
    body: Body::Text,
    decided: Decided::Never,
    is_light: false,
    is_timeless: true,
    compares_elements: false,
    meaning: "",
    example: "",
};

table! {
    /// Matchers that take nothing.
    Plain: MatcherRow {
        Exists => MatcherRow {
            word: "exists",
            rule: Rule::m_exists,
            says: "to exist",
            looks: Looks::AtNothing,
            body: Body::Neither,
            decided: Decided::Always,
            is_light: true,
            meaning: "there is such a thing, `null` too",
            example: "expect $.id exists",
            ..BASE
        },
        Empty => MatcherRow {
            word: "is empty",
            rule: Rule::k_empty,
            says: "empty",
            fits: Fits::Length,
            body: Body::Neither,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "a text, a list, an object or bytes of length 0",
            example: "expect $.items is empty",
            ..BASE
        },
        Blank => MatcherRow {
            word: "is blank",
            rule: Rule::k_blank,
            says: "blank",
            fits: Fits::Text,
            looks: Looks::AtText,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "a text of nothing but white space, or of nothing",
            example: "expect $.note is blank",
            ..BASE
        },
        Unique => MatcherRow {
            word: "is unique",
            rule: Rule::k_unique,
            says: "unique",
            fits: Fits::List,
            looks: Looks::AtAll,
            compares_elements: true,
            meaning: "no two elements of a list are equal, and there is one",
            example: "expect $.items[*].id is unique",
            ..BASE
        },
    }
}

table! {
    /// Matchers that take one value.
    WithOperand: MatcherRow {
        Equals => MatcherRow {
            word: "equals",
            rule: Rule::m_equals,
            fits: Fits::Equal,
            looks: Looks::AtAll,
            body: Body::AsOperand,
            decided: Decided::Always,
            is_light: true,
            meaning: "the same value, exactly, in all of its parts",
            example: "expect $.user equals { id: 1, tags: [] }",
            ..BASE
        },
        EqualsInAnyOrder => MatcherRow {
            word: "equals in any order",
            rule: Rule::m_equals_in_any_order,
            says: "in any order",
            fits: Fits::List,
            operand: Some((Kind::List, "list what is expected: `equals in any order [1, 2]`")),
            looks: Looks::AtAll,
            decided: Decided::Always,
            meaning: "a list with the same elements, each as often",
            example: "expect $.items[*].id equals in any order [1, 2, 3]",
            ..BASE
        },
        In => MatcherRow {
            word: "in",
            rule: Rule::m_in,
            says: "one of",
            fits: Fits::Among,
            looks: Looks::AtAll,
            decided: Decided::Always,
            is_light: true,
            meaning: "equal to an element of a list, or in a range with its ends",
            example: "expect status in 200..299",
            ..BASE
        },
        Contains => MatcherRow {
            word: "contains",
            rule: Rule::m_contains,
            says: "to contain",
            fits: Fits::Searched,
            looks: Looks::AtText,
            body: Body::AsOperand,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "a text in a text, an element in a list, the name of a field in an object, bytes in bytes",
            example: "expect body contains \"hello\"",
            ..BASE
        },
        StartsWith => MatcherRow {
            word: "starts with",
            rule: Rule::m_starts_with,
            says: "to start with",
            fits: Fits::Text,
            looks: Looks::AtText,
            body: Body::AsOperand,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "a text, or bytes, with this at the beginning",
            example: "expect $.id starts with \"thr-\"",
            ..BASE
        },
        EndsWith => MatcherRow {
            word: "ends with",
            rule: Rule::m_ends_with,
            says: "to end with",
            fits: Fits::Text,
            looks: Looks::AtText,
            body: Body::AsOperand,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "a text, or bytes, with this at the end",
            example: "expect url ends with \"/home\"",
            ..BASE
        },
        HasLength => MatcherRow {
            word: "has length",
            rule: Rule::m_has_length,
            says: "of length",
            fits: Fits::Length,
            operand: Some((Kind::Number, "a length is a number: `has length 3`")),
            body: Body::Neither,
            decided: Decided::OfTexts,
            is_light: true,
            meaning: "as many characters, elements, fields or bytes",
            example: "expect $.items has length 3",
            ..BASE
        },
        ExpiresAfter => MatcherRow {
            word: "after",
            rule: Rule::m_after,
            says: "to expire in more than",
            fits: Fits::Certificate,
            operand: Some((Kind::Duration, "say how long: `expires after 14d`")),
            is_light: true,
            is_timeless: false,
            meaning: "a certificate is valid for longer than that from now on",
            example: "expect certificate expires after 14d",
            ..BASE
        },
    }
}

table! {
    /// Matchers that take something of their own.
    Other: MatcherRow {
        Compare => MatcherRow {
            word: "==",
            rule: Rule::compare,
            fits: Fits::Equal,
            looks: Looks::AtAll,
            body: Body::AsOperand,
            decided: Decided::Always,
            is_light: true,
            meaning: "`== != < <= > >=`: equal, or less or more, of amounts, texts and times",
            example: "expect time < 2s",
            ..BASE
        },
        Regex => MatcherRow {
            word: "matches",
            rule: Rule::m_matches,
            says: "to match",
            fits: Fits::Text,
            looks: Looks::AtText,
            decided: Decided::OfTexts,
            meaning: "a text in which a regex finds something",
            example: "expect $.id matches /^thr-\\d+$/",
            ..BASE
        },
        Partial => MatcherRow {
            word: "matches",
            rule: Rule::m_matches,
            says: "to match the object",
            meaning: "JSON that holds at least this",
            example: "expect body matches { title: \"hello\", tags: any array, count: > 2 }",
            ..BASE
        },
        Schema => MatcherRow {
            word: "matches schema file",
            rule: Rule::m_matches,
            says: "to be valid by",
            looks: Looks::AtAll,
            meaning: "JSON that is valid by a JSON Schema",
            example: "expect body matches schema file \"thread.schema.json\"",
            ..BASE
        },
        Is => MatcherRow {
            word: "is",
            rule: Rule::m_is,
            is_light: true,
            meaning: "of a type or a shape",
            example: "expect $.id is uuid",
            ..BASE
        },
        Sorted => MatcherRow {
            word: "is sorted",
            rule: Rule::sorted,
            says: "sorted",
            fits: Fits::List,
            looks: Looks::AtAll,
            compares_elements: true,
            meaning: "a list in order, of its elements or of what a JSONPath finds in each",
            example: "expect $.items is sorted by $.created_at descending",
            ..BASE
        },
        CloseTo => MatcherRow {
            word: "close to",
            rule: Rule::m_close_to,
            fits: Fits::Amount,
            is_light: true,
            meaning: "no further away than a tolerance, which may be a percentage; times too",
            example: "expect $.price close to 10 ± 0.5",
            ..BASE
        },
        Each => MatcherRow {
            word: "each",
            rule: Rule::m_each,
            looks: Looks::AtNothing,
            meaning: "what follows holds of each element of a list, and there is one",
            example: "expect $.tags[*] each is string",
            ..BASE
        },
        Some => MatcherRow {
            word: "some",
            rule: Rule::m_some,
            looks: Looks::AtNothing,
            meaning: "what follows holds of one element at least",
            example: "expect $.items[*].id some == 5",
            ..BASE
        },
        None => MatcherRow {
            word: "none",
            rule: Rule::m_none,
            looks: Looks::AtNothing,
            meaning: "what follows holds of no element, and there is one",
            example: "expect $.items[*].state none == \"failed\"",
            ..BASE
        },
        Not => MatcherRow {
            word: "not",
            rule: Rule::m_not,
            looks: Looks::AtNothing,
            meaning: "what follows doesn't hold, of a value of which it can be asked; also `is not`",
            example: "expect body not contains \"error\"",
            ..BASE
        },
    }
}

impl Plain {
    pub(in crate::syntax) fn by_rule(rule: Rule) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.row().rule == rule)
    }
}

impl WithOperand {
    pub(in crate::syntax) fn by_rule(rule: Rule) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.row().rule == rule)
    }
}

/// All matchers.
pub fn matcher_rows() -> impl Iterator<Item = &'static MatcherRow> {
    let others = Other::ALL.iter().map(|word| word.row());
    let plain = Plain::ALL.iter().map(|word| word.row());
    others.chain(WithOperand::ALL.iter().map(|word| word.row())).chain(plain)
}

/// The words with which a matcher may begin behind a subject, each once: `is empty` begins with `is`.
pub(in crate::syntax) fn first_words() -> Vec<&'static str> {
    let mut words: Vec<&str> = Vec::new();
    for MatcherRow { word, fits, .. } in matcher_rows() {
        let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic()) && *fits != Fits::Certificate;
        if is_word && !words.iter().any(|known| begins_with(word, known)) {
            words.push(word);
        }
    }
    words
}

/// The word of the matcher that a text begins with: `has length`, `is uuid`.
pub fn matcher_word(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let known =
        matcher_rows().map(|row| row.word).filter(|word| begins_with(&text, word)).max_by_key(|word| word.len());
    let len = match known {
        Some(is) if is == Other::Is.row().word => 2,
        known => known.map_or(1, |word| word.split(' ').count()),
    };
    text.split(' ').take(len).collect::<Vec<_>>().join(" ")
}

/// Whether the first words of a text are these.
fn begins_with(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
