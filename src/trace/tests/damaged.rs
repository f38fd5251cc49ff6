//! Whatever is done to the file of a trace, reading, judging and showing it come to an end: with a result, or with why there is none.

use std::collections::BTreeSet;
use std::io::Read as _;

use super::generated;
use super::pair::replayed;
use crate::trace::{Trace, full, har, list, run};
use crate::value::{Draws, keyed};

/// How many damaged files are tried each time; `DAMAGED_TRACES=5000` tries as many.
const FILES: u64 = 40;

struct Chance(Draws);

impl Chance {
    fn below(&self, most: usize) -> usize {
        (self.0.draw() % most.max(1) as u64) as usize
    }

    fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// All that commands do with a file.
fn tried(bytes: &[u8]) {
    // What can't be read says so.
    let _ = replayed(bytes);
    let Ok(trace) = Trace::read(bytes) else { return };
    let groups = trace.groups();
    let shown =
        list(&trace, &groups).len() + run(&trace).len() + groups.iter().map(|group| full(group).len()).sum::<usize>();
    let archive = serde_json::to_string(&har(&trace, &groups)).unwrap();
    assert!(shown > 0 && archive.len() > 2);
}

const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e308",
    "-0.0",
    "18446744073709551615",
    "9223372036854775807",
    "9223372036854775808",
    "340282366920938463463374607431768211455",
    "1e-320",
    "4294967296",
    "65536",
    "3.5",
];
const TEXTS: [&str; 10] = [
    "",
    "\\u0000",
    "\\ud800",
    "..",
    "http://[::1",
    "a.e2e::s9::nowhere",
    "%",
    "data:;base64,",
    "9999-99-99T99:99:99Z",
    "after all",
];

/// Another value in the place of one of a line of JSON.
fn other_value(line: &str, chance: &Chance) -> String {
    let starts: Vec<usize> = line.match_indices([':', '[', ',']).map(|(at, _)| at + 1).collect();
    let Some(start) = chance.one(&starts).copied() else { return line.to_owned() };
    let rest = &line[start..];
    let length = match rest.strip_prefix('"') {
        Some(text) => text.find('"').map_or(rest.len(), |end| end + 2),
        None => rest.find([',', ']', '}']).unwrap_or(rest.len()),
    };
    let value = match chance.below(6) {
        0 => (*chance.one(&NUMBERS).unwrap()).to_owned(),
        1 => format!("\"{}\"", chance.one(&TEXTS).unwrap()),
        2 => "null".to_owned(),
        3 => "[]".to_owned(),
        4 => format!("{}1{}", "[".repeat(4_000), "]".repeat(4_000)),
        _ => "{}".to_owned(),
    };
    format!("{}{value}{}", &line[..start], &rest[length..])
}

/// A file, damaged in one way or another.
fn damaged(whole: &[u8], text: &str, other: &str, chance: &Chance) -> Vec<u8> {
    if chance.below(4) == 0 {
        let mut bytes = whole.to_vec();
        match chance.below(3) {
            0 => bytes.truncate(chance.below(bytes.len())),
            1 => bytes.extend_from_slice(whole),
            _ => {
                for _ in 0..=chance.below(8) {
                    let at = chance.below(bytes.len());
                    bytes[at] ^= 1 << chance.below(8);
                }
            }
        }
        return bytes;
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=chance.below(4) {
        let at = chance.below(lines.len());
        let line = lines[at].clone();
        match chance.below(9) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(chance.below(lines.len()), line),
            2 => {
                let to = chance.below(lines.len());
                lines.swap(at, to);
            }
            // What another run left.
            3 => lines.insert(at, chance.one(&other.lines().collect::<Vec<_>>()).map_or("", |line| line).to_owned()),
            4 => lines[at] = line.chars().take(chance.below(line.len())).collect(),
            5 => {
                for _ in 0..200 {
                    lines.insert(at, line.clone());
                }
            }
            _ => lines[at] = other_value(&line, chance),
        }
        if lines.is_empty() {
            break;
        }
    }
    packed(&(lines.join("\n") + "\n"))
}

fn packed(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).unwrap()
}

#[test]
fn a_damaged_trace_is_read_judged_and_shown_to_an_end() {
    let files = std::env::var("DAMAGED_TRACES").ok().and_then(|many| many.parse().ok()).unwrap_or(FILES);
    let runs: Vec<Vec<u8>> =
        (0..6).map(|seed| generated::pair(seed).run().unwrap_or_else(|_| unreachable!()).bytes).collect();
    let texts: Vec<String> =
        runs.iter().map(|bytes| String::from_utf8(zstd::decode_all(&**bytes).unwrap()).unwrap()).collect();
    for seed in 0..files {
        let chance = Chance(Draws::new(keyed(seed, "damage")));
        let (of, other) = (chance.below(runs.len()), chance.below(runs.len()));
        let bytes = damaged(&runs[of], &texts[of], &texts[other], &chance);
        if let Err(panic) = std::panic::catch_unwind(|| tried(&bytes)) {
            let kept = std::env::temp_dir().join(format!("damaged-{seed}.trace"));
            std::fs::write(&kept, &bytes).unwrap();
            eprintln!("seed {seed}: {}", kept.display());
            std::panic::resume_unwind(panic);
        }
    }
}

/// The keys of numbers, and of lists of numbers, each once.
fn keys(text: &str) -> BTreeSet<&str> {
    let keys = text.match_indices("\":").filter_map(|(at, _)| {
        let value = text[at + 2..].trim_start_matches('[');
        let start = text[..at].rfind('"')?;
        value.starts_with(|c: char| c.is_ascii_digit() || c == '-').then(|| &text[start + 1..at])
    });
    keys.filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect()
}

/// The text with another number wherever one has this key.
fn with_number(text: &str, key: &str, number: &str) -> String {
    let key = format!("\"{key}\":");
    let mut parts = text.split(&key);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(&key);
        let list = part.len() - part.trim_start_matches('[').len();
        let (open, rest) = part.split_at(list);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || "-+.eE".contains(c)).len();
        out.push_str(open);
        out.push_str(if digits > 0 { number } else { "" });
        out.push_str(&rest[digits..]);
    }
    out
}

#[test]
fn no_number_of_a_trace_is_too_large_or_too_small() {
    let bytes = generated::pair(2).run().unwrap_or_else(|_| unreachable!()).bytes;
    let text = String::from_utf8(zstd::decode_all(&*bytes).unwrap()).unwrap();
    let keys = keys(&text);
    assert!(keys.contains("moments") && keys.contains("jobs") && keys.contains("started_ms"), "{keys:?}");
    let numbers = ["18446744073709551615", "9223372036854775807", "1e308", "0", "-1"];
    let all = std::env::var_os("DAMAGED_TRACES").is_some();
    for (nth, key) in keys.into_iter().enumerate() {
        for number in numbers.iter().enumerate().filter(|(at, _)| all || at % 4 == nth % 4).map(|(_, number)| number) {
            let bytes = packed(&with_number(&text, key, number));
            if let Err(panic) = std::panic::catch_unwind(|| tried(&bytes)) {
                eprintln!("with {key} as {number}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// A small file that is a large one once it is unpacked is read in bounded memory, and given up.
#[test]
fn what_unpacks_to_much_is_given_up() {
    let first = {
        let bytes = generated::pair(0).run().unwrap_or_else(|_| unreachable!()).bytes;
        let text = String::from_utf8(zstd::decode_all(&*bytes).unwrap()).unwrap();
        text.lines().next().unwrap().to_owned() + "\n"
    };
    // One line without an end.
    let mut whole =
        zstd::stream::read::Encoder::new(first.as_bytes().chain(std::io::repeat(b'x').take(1 << 30)), 1).unwrap();
    let mut bytes = Vec::new();
    whole.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let why = Trace::read(&*bytes).map(drop).unwrap_err();
    assert!(why.contains("line"), "{why}");
}
