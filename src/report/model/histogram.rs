use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::event::Times;

/// How long so many things took: beside what is exact, all of it as a compressed HDR histogram, which other tools read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Histogram(pub Times);

/// Durations are milliseconds, as everywhere in a report.
#[derive(Serialize, Deserialize)]
struct Written {
    count: u64,
    shortest: f64,
    longest: f64,
    sum: f64,
    /// Version 2, deflated, in base64; in microseconds, with 3 significant digits.
    hdr: String,
}

/// Finer than [`Times`], whose steps begin and end where some of its do: what is read again is the same.
const DIGITS: u8 = 3;
/// The longest time in microseconds, about 35 years. It bounds the table of what is read, too.
const LONGEST: u64 = 1 << 50;
/// The most that a histogram takes before it is compressed: its header, and 9 bytes for each of its counts at most.
const MOST_BYTES: u64 = 40 + 9 * (41 * 1024);

impl Histogram {
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// In the compressed form of version 2, in base64.
    fn hdr(times: &Times) -> String {
        let longest = in_micros(times.longest).clamp(2, LONGEST);
        let Ok(mut all) = hdrhistogram::Histogram::<u64>::new_with_bounds(1, longest, DIGITS) else {
            return String::new();
        };
        for (time, count) in times.spread() {
            let count = count.min(i64::MAX.unsigned_abs());
            all.saturating_record_n(in_micros(time).min(longest), count);
        }
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&all, &mut bytes) {
            Ok(_) => STANDARD.encode(bytes),
            Err(_) => String::new(),
        }
    }
}

impl From<Times> for Histogram {
    fn from(times: Times) -> Self {
        Self(times)
    }
}

impl From<&Times> for Histogram {
    fn from(times: &Times) -> Self {
        Self(times.clone())
    }
}

impl From<Histogram> for Written {
    fn from(Histogram(times): Histogram) -> Self {
        Self {
            count: times.count,
            shortest: ms(times.shortest),
            longest: ms(times.longest),
            sum: ms(times.sum),
            hdr: Histogram::hdr(&times),
        }
    }
}

impl TryFrom<Written> for Histogram {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let bytes = plain(&written.hdr).ok_or("it isn't a compressed HDR histogram of times in microseconds")?;
        let read = Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice());
        let all = read.map_err(|_| "a histogram is damaged")?;
        let steps = all
            .iter_recorded()
            .map(|one| (Duration::from_micros(one.value_iterated_to()), one.count_since_last_iteration()));
        let time = |ms: f64| Duration::from_micros(micros(ms));
        let (shortest, longest) = (time(written.shortest), time(written.longest));
        Ok(Self(Times::reported(shortest, longest, time(written.sum), steps)))
    }
}

/// The bytes of a histogram whose table is small, and whose counts can be read without harm. A file may say anything.
fn plain(text: &str) -> Option<Vec<u8>> {
    /// Of a histogram of version 2, and of one that is compressed.
    const COOKIES: (u32, u32) = (0x1c84_9313, 0x1c84_9314);
    let compressed = STANDARD.decode(text).ok()?;
    let (head, rest) = compressed.split_at_checked(8)?;
    if head[..4] != COOKIES.1.to_be_bytes() {
        return None;
    }
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(rest).take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let (head, counts) = bytes.split_at_checked(40)?;
    let word = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let long = |at: usize| Some(u64::from_be_bytes(head.get(at..at + 8)?.try_into().ok()?));
    let is_ours = word(0)? == COOKIES.0
        && word(4)? as usize == counts.len()
        && word(12)? == u32::from(DIGITS)
        && long(16)? == 1
        && (2..=LONGEST).contains(&long(24)?);
    (is_ours && are_sound(counts)).then_some(bytes)
}

/// Whether no count, and no number of counts that are left out, is beyond what can be.
fn are_sound(mut counts: &[u8]) -> bool {
    while !counts.is_empty() {
        let mut value = 0u64;
        let mut taken = 0;
        for (at, byte) in counts.iter().take(9).enumerate() {
            taken = at + 1;
            let low = u64::from(if at == 8 { *byte } else { byte & 0x7f });
            value |= low << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        // Zigzag: odd numbers are negative ones, which leave counts out.
        if value & 1 == 1 && value >> 1 > MOST_BYTES {
            return false;
        }
        counts = &counts[taken..];
    }
    true
}

fn in_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Exact to a microsecond as long as a sum of times is less than 285 years.
fn ms(time: Duration) -> f64 {
    in_micros(time) as f64 / 1e3
}

fn micros(ms: f64) -> u64 {
    // Beyond its range a number is cut to it, and what is none is 0.
    ((ms * 1e3).round() as u64).min(1 << 62)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::release::{Spread, Statistic};

    fn of(micros: &[u64]) -> Times {
        let mut times = Times::default();
        micros.iter().for_each(|one| times.add(Duration::from_micros(*one)));
        times
    }

    fn again(times: &Times) -> Times {
        let text = serde_json::to_string(&Histogram::from(times)).unwrap();
        serde_json::from_str::<Histogram>(&text).unwrap().0
    }

    /// Times of all magnitudes.
    fn micros() -> impl Strategy<Value = u64> {
        (0u32..45, any::<u64>()).prop_map(|(bits, any)| any % (1 << bits))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(all in prop::collection::vec(micros(), 0..400)) {
            let times = of(&all);
            prop_assert_eq!(&again(&times), &times);
        }

        #[test]
        fn what_is_measured_apart_and_written_adds_up_to_what_is_measured_together(
            parts in prop::collection::vec(prop::collection::vec(micros(), 0..100), 1..5)
        ) {
            let mut merged = Times::default();
            parts.iter().for_each(|part| merged.merge(&again(&of(part))));
            prop_assert_eq!(merged, of(&parts.concat()));
        }

        #[test]
        fn percentiles_are_those_of_all_samples_to_one_in_a_hundred(all in prop::collection::vec(micros(), 1..400)) {
            let mut sorted = all.clone();
            sorted.sort_unstable();
            let mut spread = Spread::default();
            spread.add_all(&again(&of(&all)));
            let mut theirs = hdrhistogram::Histogram::<u64>::new(3).unwrap();
            all.iter().for_each(|one| theirs.record(*one).unwrap());
            for rank in [1u32, 10, 50, 90, 95, 99, 100] {
                let own = in_micros(Statistic::percentile(rank).of(&mut spread).unwrap());
                let exact = sorted[(sorted.len() * rank as usize).div_ceil(100).max(1) - 1];
                let hdr = theirs.value_at_quantile(f64::from(rank) / 100.0);
                for other in [exact, hdr] {
                    prop_assert!(own.abs_diff(other) * 100 <= other, "p{}: {} of {}", rank, own, other);
                }
            }
        }

        #[test]
        fn whatever_is_read_is_a_histogram_or_an_error(
            all in prop::collection::vec(micros(), 0..20),
            changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
            cut in any::<usize>(),
        ) {
            let bytes = STANDARD.decode(Histogram::hdr(&of(&all))).unwrap();
            let mut plain = Vec::new();
            flate2::read::ZlibDecoder::new(&bytes[8..]).read_to_end(&mut plain).unwrap();
            for (at, byte) in changes {
                let at = at % plain.len();
                plain[at] = byte;
            }
            plain.truncate(plain.len() - cut % 3);
            let _ = serde_json::from_value::<Histogram>(written(&plain));
        }
    }

    /// A histogram that says this.
    fn written(plain: &[u8]) -> serde_json::Value {
        use std::io::Write as _;
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(plain).unwrap();
        let packed = packed.finish().unwrap();
        let head = [0x1c84_9314_u32.to_be_bytes(), u32::try_from(packed.len()).unwrap().to_be_bytes()].concat();
        let hdr = STANDARD.encode([head, packed].concat());
        serde_json::json!({ "count": 1, "shortest": 0.0, "longest": 1e308, "sum": -1.0, "hdr": hdr })
    }

    #[test]
    fn a_histogram_that_would_take_much_to_read_is_an_error() {
        let read = |plain: &[u8]| serde_json::from_value::<Histogram>(written(plain));
        let head = |high: u64, counts: &[u8]| {
            let mut all = Vec::new();
            for word in [0x1c84_9313, u32::try_from(counts.len()).unwrap(), 0, 3] {
                all.extend(u32::to_be_bytes(word));
            }
            all.extend(1u64.to_be_bytes());
            all.extend(high.to_be_bytes());
            all.extend(1f64.to_be_bytes());
            [&all, counts].concat()
        };
        assert_eq!(read(&head(1 << 40, &[3, 2])).unwrap().0.count, 1);
        // A table for times of half a million years; the least number there is; very many counts of nothing.
        assert!(read(&head(1 << 63, &[2])).is_err());
        assert!(read(&head(1 << 40, &[0xff; 9])).is_err());
        assert!(read(&head(1 << 40, &vec![0; 1 << 20])).is_err());
        assert!(read(&head(1 << 40, &[])[..39]).is_err());
    }
}
