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
            ::brotli::CompressorReader::new(text, 4096, 5, 20);
            let mut encoder = ::brotli::CompressorWriter::new(&mut out, 4096, 5, 20);
            encoder.write_all(text).unwrap();
            drop(encoder);
            out
        }
        _ => {
            let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
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

/// The beginning of a coded body, flushed: what is behind it is the coding's next block.
fn begun(coding: &str, text: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::new(6);
    macro_rules! flushed {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            encoder.write_all(text).unwrap();
            encoder.flush().unwrap();
            encoder.get_ref().clone()
        }};
    }
    match coding {
        "gzip" => flushed!(flate2::write::GzEncoder::new(Vec::new(), level)),
        "deflate" => flushed!(flate2::write::ZlibEncoder::new(Vec::new(), level)),
        "raw deflate" => flushed!(flate2::write::DeflateEncoder::new(Vec::new(), level)),
        "br" => flushed!(::brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20)),
        _ => flushed!(::zstd::Encoder::new(Vec::new(), 3).unwrap()),
    }
}

/// A block that the coding doesn't have: of the reserved kind (RFC 1951, section 3.2.3; RFC 8878, section 3.1.1.2), or an end that is padded
/// with ones (RFC 7932, section 9.2).
fn no_block(coding: &str) -> &'static [u8] {
    match coding {
        "br" => &[0xff; 4],
        "zstd" => &[6, 0, 0, 0],
        _ => &[7, 0, 0, 0],
    }
}

/// What is found wrong, what was decoded until then, and after how many bytes it was known. The bytes come one by one.
fn found(coding: &str, coded: &[u8]) -> (Option<Broken>, Vec<u8>, usize) {
    let (mut decoding, mut out) = (decoding(coding), Vec::new());
    for (at, byte) in coded.iter().enumerate() {
        if let Err(broken) = decoding.push(&[*byte], &mut out, usize::MAX) {
            return (Some(broken), out, at + 1);
        }
    }
    (decoding.finish().err(), out, coded.len())
}

#[test]
fn whatever_is_wrong_with_a_coding_is_named_with_its_byte_as_soon_as_it_can_be_known() {
    let text = text();
    for coding in CODINGS {
        let name = match coding {
            "br" => "brotli",
            "raw deflate" => "deflate",
            other => other,
        };
        let coded = encode(coding, &text);
        let length = coded.len();
        assert!(found(coding, &coded) == (None, text.clone(), length), "{coding}");
        assert!(decode(coding, &[&coded], usize::MAX).as_ref() == Ok(&text), "{coding}");
        assert_eq!(decode(coding, &[], usize::MAX), Ok(Vec::new()), "{coding}");
        assert_eq!(decode(coding, &[&coded], text.len() - 1), Err(Broken::TooLarge), "{coding}");
        for cut in [1, 2, 5, 9, length / 2, length - 1] {
            let after = (length - cut) as u64;
            let early = Broken::Early { coding: name, after };
            assert_eq!(decode(coding, &[&coded[..length - cut]], usize::MAX), Err(early.clone()), "{coding}");
            assert!(early.to_string().contains(&format!("after its byte {after},")), "{coding}");
        }
        for behind in [&b"{}"[..], b"\0", b"\0\0\0\0\0\0\0\0", b"<html>"] {
            let whole = [&coded, behind].concat();
            let wanted = Broken::Behind { coding: name, at: length as u64 + 1 };
            assert_eq!(decode(coding, &[&whole], usize::MAX), Err(wanted.clone()), "{coding} {behind:?}");
            assert!(found(coding, &whole) == (Some(wanted), text.clone(), length + 1), "{coding} {behind:?}");
        }
        // Amid the content: all that came before is there, and the fault is known within its block's first bytes.
        let begun = begun(coding, &text);
        let bad = [&begun, no_block(coding), &[0x55; 5000]].concat();
        let (broken, out, known) = found(coding, &bad);
        assert!(matches!(&broken, Some(Broken::Corrupt { coding, .. }) if *coding == name), "{coding}: {broken:?}");
        assert!(out == text && known > begun.len() && known <= begun.len() + 4, "{coding}: {known} of {}", begun.len());
        let mut out = Vec::new();
        let broken = decoding(coding).push(&bad, &mut out, usize::MAX);
        let Err(Broken::Corrupt { at, .. }) = &broken else { panic!("{coding}: {broken:?}") };
        // zstd doesn't say where in a piece of 1024 bytes.
        let most = begun.len() as u64 + if coding == "zstd" { 1024 } else { 4 };
        assert!(is_nearly(&out, &text), "{coding}: {} of {}", out.len(), text.len());
        assert!(*at > begun.len() as u64 && *at <= most, "{coding}: {at} of {}", begun.len());
        assert!(
            broken.unwrap_err().to_string().contains(&format!("{name} coding is broken, at its byte ")),
            "{coding}"
        );
        let plain = decode(coding, &[b"{\"status\": \"not coded at all\"}"], usize::MAX);
        // Raw deflate and brotli have no mark at their beginning: some texts are the beginning of one.
        let has_mark = matches!(coding, "gzip" | "zstd");
        assert!(
            match &plain {
                Err(Broken::Other { .. }) => true,
                Err(Broken::Corrupt { .. } | Broken::Early { .. }) => !has_mark,
                _ => false,
            },
            "{coding}: {plain:?}"
        );
        if has_mark {
            let (broken, _, known) = found(coding, b"{\"status\"}");
            assert!(matches!(broken, Some(Broken::Other { .. })) && known == 1, "{coding}: {broken:?} {known}");
        }
    }
    assert_eq!(
        decode("gzip", &[b"{\"a\":1}"], 100).unwrap_err().to_string(),
        "that isn't gzip, as its Content-Encoding says: it begins with `{\"a\":1}`"
    );
}

#[test]
fn a_wrong_checksum_or_length_is_a_fault_of_the_end() {
    // From the end: which byte is changed. zlib has Adler-32, zstd a checksum of four bytes, gzip CRC-32 and a length.
    for (coding, backwards) in [("gzip", 1), ("gzip", 5), ("gzip", 8), ("deflate", 1), ("deflate", 4), ("zstd", 1)] {
        let mut coded = encode(coding, b"a text that is long enough");
        let at = coded.len() - backwards;
        coded[at] ^= 1;
        let (broken, out, known) = found(coding, &coded);
        let wanted = coded.len() as u64;
        let Some(Broken::Corrupt { at, why, .. }) = &broken else { panic!("{coding}: {broken:?}") };
        assert!(*at == wanted && why.contains("checksum"), "{coding}: {broken:?}");
        assert_eq!((out.as_slice(), known), (&b"a text that is long enough"[..], coded.len()), "{coding}");
    }
}

#[test]
fn the_head_of_gzip_is_checked() {
    let body = &encode("raw deflate", b"x")[..];
    let trailer = [crc(b"x").to_le_bytes(), 1u32.to_le_bytes()].concat();
    let gzip = |head: &[u8]| [head, body, &trailer].concat();
    let head = |flags: u8| vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
    let checked = |head: Vec<u8>| [&head[..], &(crc(&head) as u16).to_le_bytes()].concat();
    assert_eq!(decode("gzip", &[&gzip(&head(0))], 100), Ok(b"x".to_vec()));
    assert_eq!(decode("gzip", &[&gzip(&checked(head(2)))], 100), Ok(b"x".to_vec()));
    let mut wrong = checked(head(2));
    wrong[4] ^= 1;
    let words = |head: &[u8]| decode("gzip", &[&gzip(head)], 100).unwrap_err().to_string();
    assert!(words(&wrong).contains("its head's checksum"), "{}", words(&wrong));
    for flag in [0x20, 0x40, 0x80] {
        assert!(words(&head(flag)).contains("a flag that isn't defined"), "{}", words(&head(flag)));
    }
    let endless = [head(8), vec![b'n'; 1 << 17]].concat();
    assert!(words(&endless).contains("its head is too long"), "{}", words(&endless));
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn what_an_outer_coding_gave_before_its_fault_is_decoded() {
    let (text, inner) = (text(), encode("gzip", &text()));
    let outer = [begun("br", &inner), no_block("br").to_vec()].concat();
    let mut out = Vec::new();
    let broken = decoding("gzip, br").push(&outer, &mut out, usize::MAX);
    assert!(matches!(broken, Err(Broken::Corrupt { coding: "brotli", .. })), "{broken:?}");
    assert!(is_nearly(&out, &text), "{} of {}", out.len(), text.len());
}

/// Whether all is there but for the end, which decoders lose with the piece that has a fault.
fn is_nearly(out: &[u8], text: &[u8]) -> bool {
    text.starts_with(out) && out.len() + 8 * 1024 > text.len()
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
