use super::repair;
use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::MAX_DIAGNOSTICS;
use crate::syntax::scan::{Scanned, Tok, Token, closer_of};
use crate::syntax::words::declaration_words;

/// How deep brackets may nest. A limit of our own: the parser, and all that walk the tree, recurse.
pub const MAX_NESTING: usize = 128;

/// How many operators may be between two separators, counted with those of the brackets around: it bounds the depth of an expression.
const MAX_OPERATORS: usize = 256;

/// No partner: of a token that is no bracket.
pub const NONE: u32 = u32::MAX;

/// Tokens whose brackets all have partners.
pub struct Skeleton {
    pub tokens: Vec<Token>,
    /// For each token the index of its partner, or [`NONE`].
    pub mates: Vec<u32>,
    /// The indices of tokens that the repair put in.
    pub virtuals: Vec<u32>,
    pub diagnostics: Vec<Diagnostic>,
    pub poison: Vec<(u32, u32)>,
}

/// Finds the partner of each bracket, declaration by declaration, so that a missing one can't spoil the next declaration.
pub fn balance(source: SourceId, text: &str, scanned: Scanned) -> Skeleton {
    let Scanned { tokens, diagnostics, poison, guessed, .. } = scanned;
    let mut skeleton = Skeleton {
        tokens: Vec::with_capacity(tokens.len()),
        mates: Vec::new(),
        virtuals: Vec::new(),
        diagnostics,
        poison,
    };
    let mut start = 0;
    while start < tokens.len() {
        let end = (start + 1..tokens.len()).find(|at| is_anchor(text, &tokens, *at)).unwrap_or(tokens.len());
        let chunk = tokens.get(start..end).unwrap_or_default();
        skeleton.add_chunk(source, text, chunk, &guessed);
        start = end;
    }
    skeleton.finish(source, text);
    skeleton
}

/// A declaration's keyword in column 1, with what must follow it on its line.
fn is_anchor(text: &str, tokens: &[Token], at: usize) -> bool {
    let (Some(token), Some(next)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
    let start = token.start as usize;
    let in_column_1 = start == 0 || text.as_bytes().get(start - 1) == Some(&b'\n');
    if token.kind != Tok::Word || !in_column_1 {
        return false;
    }
    let is_keyword = text.get(start..token.end as usize).is_some_and(|word| declaration_words().contains(&word));
    is_keyword && matches!(next.kind, Tok::Word | Tok::Text)
}

impl Skeleton {
    fn add_chunk(&mut self, source: SourceId, text: &str, chunk: &[Token], guessed: &[(u32, u32)]) {
        if let Some(at) = too_deep(chunk) {
            return self.drop_chunk(source, chunk, at);
        }
        if is_balanced(chunk) {
            self.tokens.extend_from_slice(chunk);
        } else {
            let repaired = repair::repair(source, text, chunk, guessed);
            self.tokens.extend(repaired.tokens);
            self.diagnostics.extend(repaired.diagnostics);
            self.diagnostics.truncate(MAX_DIAGNOSTICS);
            self.poison.extend(repaired.poison);
        }
    }

    /// Nothing of a declaration that nests too deeply is parsed.
    fn drop_chunk(&mut self, source: SourceId, chunk: &[Token], at: usize) {
        let (Some(first), Some(last), Some(token)) = (chunk.first(), chunk.last(), chunk.get(at)) else { return };
        let span = Span::new(source, token.start as usize, token.end as usize);
        self.diagnostics.push(
            Diagnostic::error(
                &codes::NESTED_TOO_DEEPLY,
                span,
                format!("brackets nest more than {MAX_NESTING} deep here"),
            )
            .with_help("name the inner parts with `let`, or move the data into a file that `file \"…\"` reads"),
        );
        self.diagnostics.truncate(MAX_DIAGNOSTICS);
        self.poison.push((first.start, last.end.max(first.start + 1)));
        let whole = Token { start: first.start, end: last.end, kind: Tok::Symbol, byte: first.byte, virtual_: false };
        self.tokens.push(whole);
        self.tokens.push(Token { start: last.end, end: last.end, kind: Tok::Newline, byte: b'\n', virtual_: true });
    }

    /// Pairs the brackets, which all have partners by now, and flags expressions with too many operators.
    fn finish(&mut self, source: SourceId, text: &str) {
        self.mates = vec![NONE; self.tokens.len()];
        let mut stack: Vec<usize> = Vec::new();
        let mut operators = Operators { levels: Vec::new(), here: 0, total: 0, in_block: true };
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at).copied() else { break };
            if token.virtual_ {
                self.virtuals.push(at as u32);
            }
            match token.kind {
                Tok::Open => stack.push(at),
                Tok::Close => {
                    if let Some(open) = stack.pop() {
                        self.pair(open, at);
                    }
                }
                _ => {}
            }
            if operators.exceeded_by(token, text) {
                self.flag_operators(source, token);
            }
        }
        self.poison = merged(std::mem::take(&mut self.poison));
    }

    fn pair(&mut self, open: usize, close: usize) {
        if let Some(mate) = self.mates.get_mut(open) {
            *mate = close as u32;
        }
        if let Some(mate) = self.mates.get_mut(close) {
            *mate = open as u32;
        }
    }

    fn flag_operators(&mut self, source: SourceId, token: Token) {
        let span = Span::new(source, token.start as usize, token.end as usize);
        self.poison.push((token.start, token.end.max(token.start + 1)));
        self.diagnostics.push(
            Diagnostic::error(
                &codes::EXPRESSION_TOO_LONG,
                span,
                format!("this expression has more than {MAX_OPERATORS} operators"),
            )
            .with_help("name parts of it with `let`, or use a list and `join()`"),
        );
        self.diagnostics.truncate(MAX_DIAGNOSTICS);
    }
}

/// The same ranges in order, without overlaps.
fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// The index of the token that opens the bracket which is one too many.
fn too_deep(chunk: &[Token]) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in chunk.iter().enumerate() {
        match token.kind {
            Tok::Open if depth >= MAX_NESTING => return Some(at),
            Tok::Open => depth += 1,
            Tok::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn is_balanced(chunk: &[Token]) -> bool {
    let mut stack = Vec::new();
    for token in chunk {
        match token.kind {
            Tok::Open => stack.push(closer_of(token.byte)),
            Tok::Close if stack.pop() != Some(token.byte) => return false,
            _ => {}
        }
    }
    stack.is_empty()
}

/// Counts operators between separators, at each level of brackets and over all open levels.
struct Operators {
    /// What was counted at the levels around, and whether a line end separates there.
    levels: Vec<(usize, bool)>,
    here: usize,
    total: usize,
    in_block: bool,
}

impl Operators {
    /// Takes the next token; true for the one that is too many.
    fn exceeded_by(&mut self, token: Token, text: &str) -> bool {
        let is_operator = match token.kind {
            Tok::Symbol => true,
            Tok::Word => matches!(
                text.get(token.start as usize..token.end as usize),
                Some("and" | "or" | "not" | "each" | "some" | "none")
            ),
            Tok::Open => token.byte != b'{',
            Tok::Comma | Tok::Semicolon => {
                self.reset();
                false
            }
            Tok::Newline if self.in_block => {
                self.reset();
                false
            }
            _ => false,
        };
        if is_operator {
            self.here += 1;
            self.total += 1;
        }
        match token.kind {
            Tok::Open => {
                self.levels.push((std::mem::take(&mut self.here), self.in_block));
                self.in_block = token.byte == b'{';
            }
            Tok::Close => {
                self.total = self.total.saturating_sub(self.here);
                (self.here, self.in_block) = self.levels.pop().unwrap_or((0, true));
            }
            _ => {}
        }
        is_operator && self.total == MAX_OPERATORS + 1
    }

    fn reset(&mut self) {
        self.total = self.total.saturating_sub(self.here);
        self.here = 0;
    }
}
