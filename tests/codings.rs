//! Content codings that aren't what they say: each fault is named with its coding and its byte, in whole bodies and in streams, where all that came
//! before it counts and the fault is seen although the body goes on.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::harness::Test;
use super::servers::{head, serve};

const TEXT: &[u8] = b"{\"type\":\"a\"}\n";

/// The beginning of a coded body, flushed, and what ends it.
fn coded(coding: &str) -> (Vec<u8>, Vec<u8>) {
    macro_rules! of {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            encoder.write_all(TEXT).unwrap();
            encoder.flush().unwrap();
            let begun = encoder.get_ref().len();
            let mut whole = encoder.finish().unwrap();
            let rest = whole.split_off(begun);
            (whole, rest)
        }};
    }
    match coding {
        "gzip" => of!(GzEncoder::new(Vec::new(), Compression::default())),
        "deflate" => of!(ZlibEncoder::new(Vec::new(), Compression::default())),
        "raw deflate" => of!(DeflateEncoder::new(Vec::new(), Compression::default())),
        "zstd" => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.include_checksum(true).unwrap();
            of!(encoder)
        }
        _ => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            encoder.write_all(TEXT).unwrap();
            encoder.flush().unwrap();
            let begun = encoder.get_ref().len();
            let mut whole = encoder.into_inner();
            let rest = whole.split_off(begun);
            (whole, rest)
        }
    }
}

/// The body, and what a message says of it.
fn broken(coding: &str, fault: &str) -> (Vec<u8>, String) {
    let (begun, rest) = coded(coding);
    let whole = [begun.as_slice(), &rest].concat();
    // A block of the reserved kind, or an end that is padded with ones.
    let no_block: &[u8] = match coding {
        "br" => &[0xff; 4],
        "zstd" => &[6, 0, 0, 0],
        _ => &[7, 0, 0, 0],
    };
    match fault {
        "block" => ([&begun, no_block].concat(), format!("coding is broken, at its byte {}", begun.len())),
        "behind" => (
            [&whole[..], b"<html>"].concat(),
            format!("more bytes behind the end that the coding marks, from its byte {} on", whole.len() + 1),
        ),
        "checksum" => {
            let mut changed = whole.clone();
            *changed.last_mut().unwrap() ^= 1;
            (changed, format!("coding is broken, at its byte {} or before", whole.len()))
        }
        _ => (whole[..whole.len() - 1].to_vec(), format!("ends early, after its byte {}", whole.len() - 1)),
    }
}

#[test]
fn every_fault_of_a_coding_is_seen_and_named() {
    let (mut spec, mut runs) = (String::from("suite \"S\" {\n  tests side by side\n"), Vec::new());
    for coding in ["gzip", "deflate", "raw deflate", "br", "zstd"] {
        for fault in ["block", "behind", "checksum", "early"] {
            // These have none.
            if fault == "checksum" && matches!(coding, "br" | "raw deflate") {
                continue;
            }
            let (body, said) = broken(coding, fault);
            let header = coding.trim_start_matches("raw ").to_owned();
            let ends = fault == "early";
            let url = serve(move |stream| {
                let is_stream = head(stream).starts_with("GET /stream");
                let length = body.len();
                let _ = stream.write_all(
                    format!("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Encoding: {header}\r\n")
                        .as_bytes(),
                );
                if !is_stream || ends {
                    let _ = stream.write_all(format!("Content-Length: {length}\r\n\r\n").as_bytes());
                    let _ = stream.write_all(&body);
                    return;
                }
                let _ = stream.write_all(format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n").as_bytes());
                let _ = stream.write_all(&body);
                // It goes on.
                let _ = stream.read_to_end(&mut Vec::new());
            });
            for is_stream in [false, true] {
                let step = match is_stream {
                    false => format!("GET {url}/whole {{ compressed; expect status 200 }}"),
                    true => format!(
                        "ndjson s GET {url}/stream {{ compressed }}\n    expect on s event \"a\" within 20s\n    expect on s never event \"x\" for 20s"
                    ),
                };
                spec.push_str(&format!("  test \"{}\" {{\n    {step}\n  }}\n", runs.len()));
                runs.push((coding, fault, is_stream, said.clone()));
            }
        }
    }
    let report = Test::new().file("a.e2e", &(spec + "}\n")).args(["run", "a.e2e", "--jobs", "8"]).code(1).json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests.len(), runs.len());
    for (test, (coding, fault, is_stream, said)) in tests.iter().zip(&runs) {
        let what = format!("{coding} {fault} {is_stream}: {} {}", test["outcome"], test["diagnostics"]);
        let diagnostic = &test["diagnostics"][0];
        let message = diagnostic["message"].as_str().unwrap_or_default();
        let name = if *coding == "br" { "brotli" } else { coding.trim_start_matches("raw ") };
        assert!(message.contains(name), "{what}");
        // Within a block, decoders find a fault some bits or bytes behind its beginning.
        let said = if *fault == "block" { "coding is broken, at its byte " } else { said };
        assert!(message.contains(said), "{what}\n{said}");
        let expected = match (is_stream, *fault) {
            (false, _) => "e2e::net::protocol",
            (true, "early") => "e2e::channel::cut_off",
            (true, _) => "e2e::net::broken_channel",
        };
        assert_eq!(diagnostic["code"], expected, "{what}");
    }
}
