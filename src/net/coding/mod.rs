//! Content codings (RFC 9110, section 8.4.1), undone piece by piece: for whole bodies and for streams alike. Pure.
//!
//! A fault is reported with the first bytes by which the coding can know of it, and what came before it has been given out by then. That a
//! coding ends early is known when its body ends ([`Decoding::finish`]).

mod brotli;
mod deflate;
mod gzip;
#[cfg(test)]
mod tests;
mod zstd;

use std::fmt;

use self::brotli::Brotli;
use self::deflate::Deflate;
use self::gzip::Gzip;
use self::zstd::Zstd;
use crate::diag::cut::cut;
use crate::diag::sanitize;
use crate::event::Header;
use crate::value::effort;

/// How much is decoded at a time, in bytes.
const STEP: usize = 32 * 1024;
/// The most codings that are undone one after the other.
const MOST: usize = 4;
/// How many bytes are shown of what doesn't begin as its coding does.
const SHOWN: usize = 8;
/// How many are kept to find secrets in.
const KEPT: usize = 4096;

/// What is wrong with coded bytes: words that go on after "a body". Bytes count from 1, before that coding is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A coding that isn't known.
    Unknown(String),
    /// More codings than anyone applies.
    TooMany(usize),
    /// It doesn't begin as the coding does.
    Other {
        coding: &'static str,
        /// More than is shown of it: it is cut once secrets are masked.
        starts: Vec<u8>,
    },
    /// The fault is at this byte or before it.
    Corrupt { coding: &'static str, at: u64, why: String },
    /// It ends before the coding's end, after so many bytes.
    Early { coding: &'static str, after: u64 },
    /// Something comes behind the coding's end, from this byte on.
    Behind { coding: &'static str, at: u64 },
    /// It decodes to more than is wanted.
    TooLarge,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Unknown(name) => write!(f, "with the content coding `{name}`, which isn't known"),
            Broken::TooMany(count) => write!(f, "with {count} content codings, more than are undone"),
            Broken::Other { coding, starts } => {
                write!(f, "that isn't {coding}, as its Content-Encoding says: it begins with ")?;
                let shown = &starts[..starts.len().min(SHOWN)];
                let is_text = shown.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
                if is_text {
                    return write!(f, "`{}`", cut(&sanitize(&String::from_utf8_lossy(starts)), SHOWN));
                }
                let digits = starts.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
                write!(f, "the bytes {}", cut(&digits, SHOWN * 3 - 1))
            }
            Broken::Corrupt { coding, at, why } => {
                write!(f, "whose {coding} coding is broken, at its byte {at} or before: {why}")
            }
            Broken::Early { coding, after } => {
                write!(f, "in {coding} that ends early, after its byte {after}, before the end that the coding marks")
            }
            Broken::Behind { coding, at } => {
                write!(f, "in {coding} with more bytes behind the end that the coding marks, from its byte {at} on")
            }
            Broken::TooLarge => f.write_str("that decodes to more than is read"),
        }
    }
}

/// The codings of a body, undone as its bytes come: last applied first.
pub struct Decoding(Vec<One>);

impl Decoding {
    /// For what these headers say.
    ///
    /// # Errors
    /// A coding that isn't known, or too many of them.
    pub fn of(headers: &[Header]) -> Result<Self, Broken> {
        let codings: Vec<&str> = headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case("content-encoding"))
            .flat_map(|header| header.value.split(','))
            .map(str::trim)
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
            .collect();
        if codings.len() > MOST {
            return Err(Broken::TooMany(codings.len()));
        }
        codings.into_iter().rev().map(One::named).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the bytes are what was meant, as they come.
    pub fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends what the bytes decode to; before an error, what comes before the fault, but for what brotli and zstd lose with the piece it is in.
    ///
    /// # Errors
    /// The bytes aren't what the coding says, or `out` would grow beyond `limit` bytes. Nothing more can be decoded then.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        let Some((last, before)) = self.0.split_last_mut() else {
            return Out { bytes: out, limit }.append(bytes).map_err(|_| Broken::TooLarge);
        };
        let mut piece = std::borrow::Cow::Borrowed(bytes);
        let mut first_fault = Ok(());
        for one in before {
            let mut next = Vec::new();
            let pushed = one.push(&piece, &mut Out { bytes: &mut next, limit });
            // What an outer coding gave before its fault may show one of an inner coding, which comes first.
            first_fault = pushed.and(first_fault);
            piece = std::borrow::Cow::Owned(next);
        }
        last.push(&piece, &mut Out { bytes: out, limit }).and(first_fault)
    }

    /// The body is over. One without any byte has nothing that was coded.
    ///
    /// # Errors
    /// A coding isn't at its end.
    pub fn finish(&self) -> Result<(), Broken> {
        if self.0.first().is_none_or(|first| first.read == 0) {
            return Ok(());
        }
        let early = self.0.iter().find(|one| !one.state.is_at_end());
        early.map_or(Ok(()), |one| Err(Broken::Early { coding: one.coding, after: one.read }))
    }
}

/// One coding.
struct One {
    coding: &'static str,
    /// How many bytes it has been given.
    read: u64,
    /// The first of them.
    starts: Vec<u8>,
    state: State,
}

enum State {
    Gzip(Gzip),
    Deflate(Deflate),
    Brotli(Brotli),
    Zstd(Zstd),
}

impl State {
    fn is_at_end(&self) -> bool {
        match self {
            State::Gzip(gzip) => gzip.is_at_end(),
            State::Deflate(deflate) => deflate.is_at_end(),
            State::Brotli(brotli) => brotli.is_at_end(),
            State::Zstd(zstd) => zstd.is_at_end(),
        }
    }
}

/// What a coding finds wrong with a piece; places count from 0 in the piece, and may be its length.
enum Fault {
    /// The body isn't in this coding at all.
    Other,
    Corrupt(usize, &'static str),
    Behind(usize),
    TooLarge,
}

/// Where decoded bytes go.
struct Out<'a> {
    bytes: &'a mut Vec<u8>,
    /// The most that may be there, in bytes.
    limit: usize,
}

impl Out<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        // No one gets to see what is given up.
        if self.bytes.len().saturating_add(bytes.len()) > self.limit || effort::is_vain(bytes.len()) {
            return Err(Fault::TooLarge);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl One {
    fn named(name: &str) -> Result<Self, Broken> {
        let (coding, state) = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => ("gzip", State::Gzip(Gzip::default())),
            "deflate" => ("deflate", State::Deflate(Deflate::default())),
            "br" => ("brotli", State::Brotli(Brotli::default())),
            "zstd" => {
                let unusable =
                    |error: std::io::Error| Broken::Corrupt { coding: "zstd", at: 0, why: error.to_string() };
                ("zstd", State::Zstd(Zstd::new().map_err(unusable)?))
            }
            _ => return Err(Broken::Unknown(name.to_owned())),
        };
        Ok(Self { coding, read: 0, starts: Vec::new(), state })
    }

    fn push(&mut self, bytes: &[u8], out: &mut Out<'_>) -> Result<(), Broken> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.starts.extend(bytes.iter().take(KEPT.saturating_sub(self.starts.len())));
        let before = self.read;
        self.read += bytes.len() as u64;
        let pushed = match &mut self.state {
            State::Gzip(gzip) => gzip.push(bytes, out),
            State::Deflate(deflate) => deflate.push(bytes, out),
            State::Brotli(brotli) => brotli.push(bytes, out),
            State::Zstd(zstd) => zstd.push(bytes, &self.starts, out),
        };
        let (coding, read) = (self.coding, self.read);
        // A fault that is seen behind the piece's last byte is at it, or before.
        let place = |at: usize| (before + at as u64 + 1).min(read);
        pushed.map_err(|fault| match fault {
            Fault::Other => Broken::Other { coding, starts: self.starts.clone() },
            Fault::Corrupt(at, why) => Broken::Corrupt { coding, at: place(at), why: why.to_owned() },
            Fault::Behind(at) => Broken::Behind { coding, at: place(at) },
            Fault::TooLarge => Broken::TooLarge,
        })
    }
}
