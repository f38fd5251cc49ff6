use std::sync::Arc;

/// A string with a surrogate that has no other half: `"\ud800"`. JSON can write it, and no Unicode text holds it. Kept in the
/// generalised form of UTF-8, in which a surrogate has three bytes as any other character of its size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unpaired(Arc<[u8]>);

/// A character of such a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Char(char),
    Half(u16),
}

impl Unpaired {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// The string as people see it, with `\ud800` for what is no character.
    pub fn shown(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for unit in self.units() {
            match unit {
                Unit::Char(c) => text.push(c),
                Unit::Half(half) => text.push_str(&format!("\\u{half:04x}")),
            }
        }
        text
    }

    /// The first half that is alone, as JSON writes it.
    pub fn half(&self) -> String {
        self.units()
            .find_map(|unit| match unit {
                Unit::Half(half) => Some(format!("\\u{half:04x}")),
                Unit::Char(_) => None,
            })
            .unwrap_or_default()
    }

    /// In characters, of which each half is one.
    pub fn len(&self) -> usize {
        self.units().count()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn units(&self) -> impl Iterator<Item = Unit> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let [first, ..] = rest else { return None };
            let len = match first {
                0..=0x7f => 1,
                0x80..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            let (unit, after) = rest.split_at_checked(len)?;
            rest = after;
            match std::str::from_utf8(unit) {
                Ok(text) => text.chars().next().map(Unit::Char),
                Err(_) => match unit {
                    [_, second, third] => {
                        Some(Unit::Half(0xd000 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f)))
                    }
                    _ => None,
                },
            }
        })
    }
}

/// A surrogate in the generalised form of UTF-8.
pub(super) fn push_half(bytes: &mut Vec<u8>, half: u16) {
    bytes.extend([0xed, 0x80 | (half >> 6 & 0x3f) as u8, 0x80 | (half & 0x3f) as u8]);
}
