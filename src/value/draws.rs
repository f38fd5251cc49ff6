use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Random numbers that follow from a key: the same in every run, on every machine and with every compiler.
#[derive(Debug)]
pub struct Draws(AtomicU64);

impl Draws {
    pub fn new(key: u64) -> Self {
        Self(AtomicU64::new(key))
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    pub fn draw(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.draw().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        bytes
    }
}

/// The finalizer of SplitMix64: every bit of the input changes about half of the bits of the output.
fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A key made of another one and a text: FNV-1a (Fowler, Noll and Vo; 64 bits), mixed.
pub fn keyed(key: u64, text: &str) -> u64 {
    mixed(text.bytes().fold(key ^ START, added))
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

fn added(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// The same of what a format makes, without making it.
pub fn keyed_by(key: u64, text: fmt::Arguments<'_>) -> u64 {
    struct Hash(u64);
    impl fmt::Write for Hash {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = text.bytes().fold(self.0, added);
            Ok(())
        }
    }
    let mut hash = Hash(key ^ START);
    // It can't fail.
    let _ = fmt::write(&mut hash, text);
    mixed(hash.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first values of the reference implementation for these seeds.
    #[test]
    fn draws_are_those_of_splitmix64() {
        let first = |seed: u64| (Draws::new(seed).draw(), Draws::new(seed).bytes::<8>());
        assert_eq!(first(0).0, 0xe220_a839_7b1d_cdaf);
        assert_eq!(first(0).1, 0xe220_a839_7b1d_cdaf_u64.to_le_bytes());
        let draws = Draws::new(1_234_567);
        assert_eq!([draws.draw(), draws.draw()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
        assert_eq!(Draws::new(0).bytes::<3>(), 0xe220_a839_7b1d_cdaf_u64.to_le_bytes()[..3]);
    }

    #[test]
    fn what_is_formatted_gives_the_key_of_its_text() {
        for n in [0, 7, 4_711] {
            assert_eq!(keyed_by(n, format_args!("round {n}")), keyed(n, &format!("round {n}")));
        }
    }

    #[test]
    fn keys_differ_by_each_of_their_parts() {
        let keys =
            [keyed(0, ""), keyed(1, ""), keyed(0, "a"), keyed(0, "b"), keyed(keyed(0, "a"), "b"), keyed(0, "ab")];
        for (at, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(at + 1).all(|other| other != key), "{at}");
        }
    }
}
