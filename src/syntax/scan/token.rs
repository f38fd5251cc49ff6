/// What a token is to the splitter, which only cares for where statements begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tok {
    Word,
    Number,
    Text,
    Url,
    Regex,
    Open,
    Close,
    Comma,
    Semicolon,
    /// One or more line ends; never at the beginning of the tokens.
    Newline,
    Symbol,
}

/// A token of layer one: a range of bytes and its kind.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    pub kind: Tok,
    /// The first byte; of a bracket, which one it is.
    pub byte: u8,
    /// Put in by the repair of brackets; it is in no text.
    pub virtual_: bool,
}

impl Token {
    pub fn is_open(&self, byte: u8) -> bool {
        self.kind == Tok::Open && self.byte == byte
    }

    pub fn is_close(&self, byte: u8) -> bool {
        self.kind == Tok::Close && self.byte == byte
    }
}

/// The bracket that closes an opening one.
pub fn closer_of(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

/// The bracket that a closing one closes.
pub fn opener_of(close: u8) -> u8 {
    match close {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}
