//! Content codings (RFC 9110, section 8.4.1), undone piece by piece: for whole bodies and for streams alike. Pure.

use std::fmt;

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc, HuffmanCode};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as Zstd, InBuffer, Operation as _, OutBuffer};

use crate::diag::cut::cut;
use crate::diag::sanitize;
use crate::event::Header;
use crate::value::effort;

/// How much is decoded at a time, in bytes.
const STEP: usize = 32 * 1024;
/// The longest head of a gzip member that is read, in bytes.
const GZIP_HEAD: usize = 64 * 1024;
/// The most codings that are undone one after the other.
const MOST: usize = 4;

/// How many bytes are shown of what isn't in its coding, and how many are kept to find secrets in.
const SHOWN: usize = 8;
const KEPT: usize = 4096;

/// What is wrong with coded bytes: words that go on after "a body".
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
    Corrupt {
        coding: &'static str,
        why: String,
    },
    /// It ends before the coding's end.
    Early(&'static str),
    /// Something comes behind the coding's end.
    Behind(&'static str),
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
            Broken::Corrupt { coding, why } => write!(f, "whose {coding} coding is broken: {why}"),
            Broken::Early(coding) => write!(f, "in {coding} that ends early, before the end that the coding marks"),
            Broken::Behind(coding) => write!(f, "in {coding} with more bytes behind the end that the coding marks"),
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

    /// Appends what the bytes decode to.
    ///
    /// # Errors
    /// The bytes aren't what the coding says, or `out` would grow beyond `limit` bytes. Nothing more can be decoded then.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        let Some((last, before)) = self.0.split_last_mut() else {
            if out.len().saturating_add(bytes.len()) > limit {
                return Err(Broken::TooLarge);
            }
            out.extend_from_slice(bytes);
            return Ok(());
        };
        let mut piece = std::borrow::Cow::Borrowed(bytes);
        for one in before {
            let mut next = Vec::new();
            one.push(&piece, &mut next, limit)?;
            piece = std::borrow::Cow::Owned(next);
        }
        last.push(&piece, out, limit)
    }

    /// The body is over. One without any byte has nothing that was coded.
    ///
    /// # Errors
    /// A coding isn't at its end.
    pub fn finish(&self) -> Result<(), Broken> {
        if self.0.first().is_none_or(|first| !first.begun) {
            return Ok(());
        }
        self.0.iter().find(|one| !one.is_at_end()).map_or(Ok(()), |one| Err(Broken::Early(one.coding)))
    }
}

/// One coding.
struct One {
    coding: &'static str,
    begun: bool,
    state: State,
}

enum State {
    Gzip(Gzip),
    /// The first bytes say whether it is zlib, or raw deflate, as some servers send it (RFC 9110, section 8.4.1.2).
    Deflate {
        head: Vec<u8>,
        inflate: Option<Decompress>,
        ended: bool,
    },
    Brotli {
        state: Box<BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>>,
        ended: bool,
    },
    Zstd {
        decoder: Zstd<'static>,
        at_end: bool,
        frames: bool,
    },
}

impl One {
    fn named(name: &str) -> Result<Self, Broken> {
        let (coding, state) = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => ("gzip", State::Gzip(Gzip::default())),
            "deflate" => ("deflate", State::Deflate { head: Vec::new(), inflate: None, ended: false }),
            "br" => {
                // Windows of more than 16 MiB aren't part of the coding (RFC 7932, section 9.1).
                let state = BrotliState::new_strict(HeapAlloc::default(), HeapAlloc::default(), HeapAlloc::default());
                ("brotli", State::Brotli { state: Box::new(state), ended: false })
            }
            "zstd" => {
                let mut decoder = Zstd::new().map_err(|error| corrupt("zstd", &error))?;
                // RFC 9659, section 3: windows of at most 8 MiB.
                decoder.set_parameter(DParameter::WindowLogMax(23)).map_err(|error| corrupt("zstd", &error))?;
                ("zstd", State::Zstd { decoder, at_end: false, frames: false })
            }
            _ => return Err(Broken::Unknown(name.to_owned())),
        };
        Ok(Self { coding, begun: false, state })
    }

    fn is_at_end(&self) -> bool {
        match &self.state {
            State::Gzip(gzip) => gzip.is_at_end(),
            State::Deflate { ended, .. } | State::Brotli { ended, .. } => *ended,
            State::Zstd { at_end, .. } => *at_end,
        }
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.begun = true;
        match &mut self.state {
            State::Gzip(gzip) => gzip.push(bytes, out, limit),
            State::Deflate { head, inflate: state, ended } => {
                if *ended {
                    return Err(Broken::Behind("deflate"));
                }
                let (decoder, bytes) = match state {
                    Some(decoder) => (decoder, bytes),
                    None => {
                        head.extend_from_slice(bytes);
                        let &[first, second, ..] = head.as_slice() else { return Ok(()) };
                        let is_zlib = first & 0x0f == 8
                            && first >> 4 <= 7
                            && (u16::from(first) << 8 | u16::from(second)) % 31 == 0;
                        (state.insert(Decompress::new(is_zlib)), head.as_slice())
                    }
                };
                let (read, is_over) = inflate(decoder, bytes, out, limit, "deflate")?;
                *ended = is_over;
                let behind = read < bytes.len();
                head.clear();
                if behind { Err(Broken::Behind("deflate")) } else { Ok(()) }
            }
            State::Brotli { state, ended } => brotli(state, ended, bytes, out, limit),
            State::Zstd { decoder, at_end, frames } => {
                let mut input = InBuffer::around(bytes);
                let mut step = vec![0; STEP];
                while input.pos() < bytes.len() || !*at_end {
                    let mut output = OutBuffer::around(step.as_mut_slice());
                    let before = input.pos();
                    let hint = decoder.run(&mut input, &mut output).map_err(|error| match (*at_end, *frames) {
                        (true, _) => Broken::Behind("zstd"),
                        (false, false) if before < 4 => other("zstd", bytes),
                        _ => corrupt("zstd", &error),
                    })?;
                    let produced = output.as_slice().to_vec();
                    append(&produced, out, limit)?;
                    *at_end = hint == 0;
                    *frames |= *at_end || !produced.is_empty();
                    if input.pos() == before && produced.is_empty() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

fn other(coding: &'static str, bytes: &[u8]) -> Broken {
    Broken::Other { coding, starts: bytes.iter().take(KEPT).copied().collect() }
}

fn corrupt(coding: &'static str, why: &dyn fmt::Display) -> Broken {
    Broken::Corrupt { coding, why: why.to_string() }
}

fn append(bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
    // Nobody gets to see what is given up.
    if out.len().saturating_add(bytes.len()) > limit || effort::is_vain(bytes.len()) {
        return Err(Broken::TooLarge);
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// How many bytes were read, and whether the end was reached.
fn inflate(
    decoder: &mut Decompress,
    bytes: &[u8],
    out: &mut Vec<u8>,
    limit: usize,
    coding: &'static str,
) -> Result<(usize, bool), Broken> {
    let mut step = vec![0; STEP];
    let mut read = 0;
    loop {
        let (consumed, produced) = (decoder.total_in(), decoder.total_out());
        let rest = bytes.get(read..).unwrap_or_default();
        let status = decoder.decompress(rest, &mut step, FlushDecompress::None);
        let status = status.map_err(|_| match consumed {
            0 => other(coding, bytes),
            _ => corrupt(coding, &format_args!("at its byte {}", decoder.total_in() + 1)),
        })?;
        let (consumed, produced) = (decoder.total_in() - consumed, (decoder.total_out() - produced) as usize);
        read += consumed as usize;
        append(step.get(..produced).unwrap_or_default(), out, limit)?;
        if status == Status::StreamEnd {
            return Ok((read, true));
        }
        if consumed == 0 && produced == 0 {
            return Ok((read, false));
        }
    }
}

fn brotli(
    state: &mut BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>,
    ended: &mut bool,
    bytes: &[u8],
    out: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Broken> {
    let mut step = vec![0; STEP];
    let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
    loop {
        if *ended {
            return if left > 0 { Err(Broken::Behind("brotli")) } else { Ok(()) };
        }
        let (mut room, mut produced) = (step.len(), 0);
        let result =
            BrotliDecompressStream(&mut left, &mut at, bytes, &mut room, &mut produced, &mut step, &mut total, state);
        append(step.get(..produced).unwrap_or_default(), out, limit)?;
        match result {
            BrotliResult::ResultSuccess => *ended = true,
            BrotliResult::NeedsMoreInput => return Ok(()),
            BrotliResult::NeedsMoreOutput => {}
            // Brotli has no mark at its beginning to tell what isn't brotli from what is broken.
            BrotliResult::ResultFailure => return Err(corrupt("brotli", &"its bytes say nothing that brotli knows")),
        }
    }
}

/// Members one after the other (RFC 1952, section 2.2).
#[derive(Default)]
struct Gzip {
    members: u32,
    part: Part,
}

enum Part {
    Head(Vec<u8>),
    Body(Box<Decompress>, Crc),
    Trailer(Vec<u8>, Crc),
}

impl Default for Part {
    fn default() -> Self {
        Part::Head(Vec::new())
    }
}

impl Gzip {
    fn is_at_end(&self) -> bool {
        self.members > 0 && matches!(&self.part, Part::Head(head) if head.is_empty())
    }

    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        while !bytes.is_empty() {
            match &mut self.part {
                Part::Head(head) => {
                    let before = head.len();
                    head.extend_from_slice(bytes);
                    match gzip_head(head) {
                        Ok(Some(length)) => {
                            bytes = bytes.get(length - before..).unwrap_or_default();
                            self.part = Part::Body(Box::new(Decompress::new(false)), Crc::new());
                        }
                        Ok(None) if head.len() <= GZIP_HEAD => return Ok(()),
                        Ok(None) => return Err(corrupt("gzip", &"its head is too long")),
                        Err(()) if self.members > 0 => return Err(Broken::Behind("gzip")),
                        Err(()) => return Err(other("gzip", head)),
                    }
                }
                Part::Body(decoder, crc) => {
                    let from = out.len();
                    let (read, is_over) =
                        inflate(decoder, bytes, out, limit, "gzip").map_err(|broken| match broken {
                            Broken::Other { .. } => corrupt("gzip", &"its first block is none"),
                            broken => broken,
                        })?;
                    crc.update(out.get(from..).unwrap_or_default());
                    bytes = bytes.get(read..).unwrap_or_default();
                    if is_over {
                        let crc = std::mem::take(crc);
                        self.part = Part::Trailer(Vec::new(), crc);
                    }
                }
                Part::Trailer(trailer, crc) => {
                    let wanted = 8 - trailer.len();
                    let (taken, rest) = bytes.split_at(wanted.min(bytes.len()));
                    trailer.extend_from_slice(taken);
                    bytes = rest;
                    if let Ok(whole) = <[u8; 8]>::try_from(trailer.as_slice()) {
                        let said = u64::from_le_bytes(whole);
                        if said != u64::from(crc.sum()) | u64::from(crc.amount()) << 32 {
                            return Err(corrupt("gzip", &"its checksum or length isn't that of its content"));
                        }
                        self.members += 1;
                        self.part = Part::default();
                    }
                }
            }
        }
        Ok(())
    }
}

/// The length of a member's head; `None` when it goes on (RFC 1952, section 2.3).
fn gzip_head(head: &[u8]) -> Result<Option<usize>, ()> {
    let begins = [0x1f, 0x8b, 8];
    if !head.iter().zip(begins).all(|(byte, wanted)| *byte == wanted) {
        return Err(());
    }
    let Some(flags) = head.get(3) else { return Ok(None) };
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(&[low, high]) = head.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let Some(end) = head.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return Ok(None);
            };
            at += end + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    Ok((head.len() >= at).then_some(at))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    const CODINGS: [&str; 5] = ["gzip", "deflate", "raw deflate", "br", "zstd"];

    fn encode(coding: &str, text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::new(6);
        match coding {
            "gzip" => {
                let mut encoder =
                    flate2::GzBuilder::new().filename("a").comment("b").extra(&b"xyz"[..]).write(Vec::new(), level);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "deflate" => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "raw deflate" => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            "br" => {
                let mut out = Vec::new();
                brotli::CompressorReader::new(text, 4096, 5, 20);
                let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 5, 20);
                encoder.write_all(text).unwrap();
                drop(encoder);
                out
            }
            _ => {
                let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    fn decoding(coding: &str) -> Decoding {
        let value = coding.trim_start_matches("raw ").to_owned();
        Decoding::of(&[Header { name: "Content-Encoding".to_owned(), value }]).unwrap()
    }

    fn decode(coding: &str, pieces: &[&[u8]], limit: usize) -> Result<Vec<u8>, Broken> {
        let (mut decoding, mut out) = (decoding(coding), Vec::new());
        for piece in pieces {
            decoding.push(piece, &mut out, limit)?;
        }
        decoding.finish().map(|()| out)
    }

    fn text() -> Vec<u8> {
        (0..4000u32).flat_map(|n| format!("{{\"n\":{}}}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect()
    }

    #[test]
    fn whatever_is_wrong_with_a_coding_is_named() {
        let text = text();
        for coding in CODINGS {
            let coded = encode(coding, &text);
            assert_eq!(decode(coding, &[&coded], usize::MAX), Ok(text.clone()), "{coding}");
            assert_eq!(decode(coding, &[], usize::MAX), Ok(Vec::new()), "{coding}");
            assert_eq!(decode(coding, &[&coded], text.len() - 1), Err(Broken::TooLarge), "{coding}");
            for cut in [1, 2, 5, 9, coded.len() / 2, coded.len() - 1] {
                let cut = decode(coding, &[&coded[..coded.len() - cut]], usize::MAX);
                assert!(matches!(cut, Err(Broken::Early(_))), "{coding}: {cut:?}");
            }
            for behind in [&b"{}"[..], b"\0", b"\0\0\0\0\0\0\0\0", b"<html>"] {
                let found = decode(coding, &[&coded, behind], usize::MAX);
                assert!(matches!(found, Err(Broken::Behind(_))), "{coding} {behind:?}: {found:?}");
            }
            let plain = decode(coding, &[b"{\"status\": \"not coded at all\"}"], usize::MAX);
            // Raw deflate and brotli have no mark at their beginning: some texts are the beginning of one.
            let has_mark = matches!(coding, "gzip" | "zstd");
            assert!(
                match &plain {
                    Err(Broken::Other { .. }) => true,
                    Err(Broken::Corrupt { .. } | Broken::Early(_)) => !has_mark,
                    _ => false,
                },
                "{coding}: {plain:?}"
            );
        }
        assert_eq!(
            decode("gzip", &[b"{\"a\":1}"], 100).unwrap_err().to_string(),
            "that isn't gzip, as its Content-Encoding says: it begins with `{\"a\":1}`"
        );
        let mut broken = encode("gzip", b"abc");
        let at = broken.len() - 5;
        broken[at] ^= 1;
        assert!(decode("gzip", &[&broken], 100).unwrap_err().to_string().contains("checksum"));
    }

    #[test]
    fn codings_are_undone_in_their_order_and_unknown_ones_named() {
        let coded = encode("br", &encode("gzip", b"hello"));
        assert_eq!(decode("gzip, identity, br", &[&coded], 100), Ok(b"hello".to_vec()));
        let twice = [encode("gzip", b"a"), encode("gzip", b"b")].concat();
        assert_eq!(decode("x-gzip", &[&twice], 100), Ok(b"ab".to_vec()));
        let twice = [encode("zstd", b"a"), encode("zstd", b"b")].concat();
        assert_eq!(decode("zstd", &[&twice], 100), Ok(b"ab".to_vec()));
        let header = |value: &str| vec![Header { name: "content-encoding".to_owned(), value: value.to_owned() }];
        assert_eq!(Decoding::of(&header("compress")).err(), Some(Broken::Unknown("compress".to_owned())));
        assert_eq!(Decoding::of(&header("gzip,gzip,gzip,gzip,gzip")).err(), Some(Broken::TooMany(5)));
        assert!(Decoding::of(&header(" , identity")).unwrap().is_identity());
    }

    proptest! {
        /// However coded bytes are cut into pieces, the same comes out as soon as its bytes are there.
        #[test]
        fn pieces_dont_matter(
            coding in prop::sample::select(CODINGS.to_vec()),
            text in prop::collection::vec(any::<u8>(), 0..300),
            cuts in prop::collection::vec(0usize..400, 0..8),
        ) {
            let coded = encode(coding, &text);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(coded.len())).collect();
            cuts.extend([0, coded.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &coded[cut[0]..cut[1]]).collect();
            prop_assert_eq!(decode(coding, &pieces, usize::MAX), Ok(text));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(
            coding in prop::sample::select(CODINGS.to_vec()),
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            mut coded in prop::collection::vec(any::<u8>(), 0..100).prop_map(|text| encode("gzip", &text)),
            at in any::<prop::sample::Index>(),
        ) {
            let _ = decode(coding, &[&bytes], 1 << 16);
            let at = at.index(coded.len());
            coded[at] ^= 0x10;
            let _ = decode("gzip", &[&coded], 1 << 16);
        }
    }
}
