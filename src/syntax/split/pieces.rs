use super::balance::NONE;
use crate::diag::closest;
use crate::syntax::scan::{Tok, Token};
use crate::syntax::words::{block_words, value_words};

/// The tokens between two braces: their indices, the braces' own excluded from what they hold.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    pub open: usize,
    pub close: usize,
}

/// A head and the block behind it: `either {…}`.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Indices of tokens; `to` is exclusive.
    pub from: usize,
    pub to: usize,
    pub body: Option<Body>,
}

/// A statement: one segment, or several where words follow its block, as in `either {…} or {…}`.
#[derive(Clone, Debug)]
pub struct Piece {
    pub segments: Vec<Segment>,
    /// The block is on the line below its head.
    pub brace_below: Option<usize>,
}

/// What ends a statement, a line end and `;` apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Separators {
    /// Of statements: a comma at a line's end goes on with the statement.
    Lines,
    /// Of a shape's fields: a comma ends the field.
    LinesAndCommas,
}

/// Words behind which `{` begins a value, not a block.
const BEFORE_VALUES: &[&str] =
    &["matches", "equals", "contains", "in", "with", "json", "form", "return", "and", "not", "bearer"];

pub struct Splitter<'t> {
    pub text: &'t str,
    pub tokens: &'t [Token],
    pub mates: &'t [u32],
}

impl Splitter<'_> {
    pub fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if token.kind == Tok::Word => {
                self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
            }
            _ => "",
        }
    }

    fn mate(&self, at: usize) -> Option<usize> {
        self.mates.get(at).copied().filter(|mate| *mate != NONE).map(|mate| mate as usize)
    }

    /// The statements among the tokens from `from` to `to`.
    pub fn pieces(&self, from: usize, to: usize, separators: Separators) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = from;
        while at < to {
            let is_empty = self.tokens.get(at).is_none_or(|token| {
                matches!(token.kind, Tok::Newline | Tok::Semicolon)
                    || (separators == Separators::LinesAndCommas && token.kind == Tok::Comma)
            });
            if is_empty {
                at += 1;
                continue;
            }
            let (piece, end) = self.piece(at, to, separators);
            pieces.push(piece);
            at = end.max(at + 1);
        }
        pieces
    }

    fn piece(&self, from: usize, to: usize, separators: Separators) -> (Piece, usize) {
        let takes_block = separators == Separators::Lines && self.takes_block(from);
        let mut piece = Piece { segments: Vec::new(), brace_below: None };
        let mut start = from;
        let mut at = from;
        while at < to {
            let Some(token) = self.tokens.get(at) else { break };
            match token.kind {
                Tok::Semicolon => break,
                Tok::Comma if separators == Separators::LinesAndCommas => break,
                Tok::Newline => {
                    let after_comma = at > from && self.tokens.get(at - 1).is_some_and(|t| t.kind == Tok::Comma);
                    let brace_follows = takes_block
                        && piece.segments.is_empty()
                        && self.tokens.get(at + 1).is_some_and(|t| t.is_open(b'{'));
                    if brace_follows && at + 1 < to {
                        piece.brace_below = Some(at + 1);
                    } else if separators == Separators::LinesAndCommas || !after_comma {
                        break;
                    }
                    at += 1;
                }
                Tok::Open => {
                    let close = self.mate(at).unwrap_or(to).min(to);
                    if token.byte == b'{' && takes_block && !self.is_value(from, at) {
                        let end = if piece.brace_below == Some(at) { at - 1 } else { at };
                        piece.segments.push(Segment { from: start, to: end, body: Some(Body { open: at, close }) });
                        start = close + 1;
                    }
                    at = close + 1;
                }
                _ => at += 1,
            }
        }
        let mut end = at.min(to);
        // A comma at the very end goes on with nothing.
        while end > start && self.tokens.get(end - 1).is_some_and(|token| token.kind == Tok::Newline) {
            end -= 1;
        }
        if start < end || piece.segments.is_empty() {
            piece.segments.push(Segment { from: start, to: end, body: None });
        }
        (piece, end)
    }

    fn takes_block(&self, from: usize) -> bool {
        let word = self.word(from);
        if word == "expect" {
            return matches!(self.word(from + 1), "on" | "within" | "in");
        }
        if block_words().contains(&word) {
            return true;
        }
        if value_words().contains(&word) {
            return false;
        }
        if word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase()) {
            return true;
        }
        self.tokens.get(from + 1).is_some_and(|token| token.kind == Tok::Url) || self.opens_block(from)
    }

    /// A statement whose keyword isn't known (a misspelt one, probably) has a block if its line ends with a brace, or if it holds one and
    /// the keyword is nearly one that takes a block.
    fn opens_block(&self, from: usize) -> bool {
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Tok::Newline | Tok::Semicolon | Tok::Close => return false,
                Tok::Open => {
                    let ends_line = self.tokens.get(at + 1).is_some_and(|t| t.kind == Tok::Newline);
                    let Some(close) = self.mate(at) else { return false };
                    if token.byte == b'{' && !self.is_value(from, at) {
                        let word = self.word(from);
                        return ends_line
                            || (4..=16).contains(&word.len())
                                && closest(word, block_words().iter().copied()).is_some();
                    }
                    at = close + 1;
                }
                _ => at += 1,
            }
        }
        false
    }

    /// Does the brace at `at` begin a value (an object, a partial, a type)?
    fn is_value(&self, from: usize, at: usize) -> bool {
        if at == from {
            return false;
        }
        let Some(before) = self.tokens.get(at - 1) else { return false };
        // `{{` belongs to an interpolation, of a URL behind a misspelt keyword.
        let brace = self.tokens.get(at).map_or(0, |token| token.end);
        if self.tokens.get(at + 1).is_some_and(|next| next.is_open(b'{') && next.start == brace) {
            return true;
        }
        match before.kind {
            Tok::Comma => true,
            // It is no operator, but ends a percentage.
            Tok::Symbol => before.byte != b'%',
            Tok::Word => {
                let word = self.word(at - 1);
                BEFORE_VALUES.contains(&word) || (word == "or" && self.word(from) == "flow")
            }
            _ => false,
        }
    }
}
