//! Short texts that occur again and again, which are kept once: the names of members, and values such as `active`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// Longer texts are never shared, in bytes.
const LONGEST: usize = 24;
const PLACES: usize = 256;

/// Texts that this thread has read lately, each at the place that its bytes say: what many bodies have in common is made once for all of them. A text takes
/// the place of another one.
struct Recent([Option<Arc<str>>; PLACES]);

thread_local! {
    static NAMES: RefCell<Recent> = const { RefCell::new(Recent([const { None }; PLACES])) };
    static VALUES: RefCell<Recent> = const { RefCell::new(Recent([const { None }; PLACES])) };
}

impl Recent {
    fn place(&mut self, text: &str) -> &mut Option<Arc<str>> {
        let bytes = text.as_bytes();
        let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(32),
            _ => bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)),
        };
        let hash = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &mut self.0[(hash >> 32) as usize % PLACES]
    }
}

/// A string that is a value.
pub(super) fn value(text: &str) -> Arc<str> {
    if text.len() > LONGEST {
        return text.into();
    }
    VALUES.with_borrow_mut(|recent| {
        let place = recent.place(text);
        match place {
            Some(known) if **known == *text => known.clone(),
            _ => place.insert(text.into()).clone(),
        }
    })
}

/// The names of one text: none of its first ones is made twice, whatever else there is.
#[derive(Default)]
pub(super) struct Names<'a>(HashMap<&'a str, Arc<str>, RandomState>);

impl<'a> Names<'a> {
    const MOST: usize = 4096;

    pub fn known(&mut self, text: &'a str) -> Arc<str> {
        if text.len() > LONGEST {
            return self.own(text);
        }
        NAMES.with_borrow_mut(|recent| {
            let place = recent.place(text);
            match place {
                Some(known) if **known == *text => known.clone(),
                _ => place.insert(self.own(text)).clone(),
            }
        })
    }

    fn own(&mut self, text: &'a str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let name: Arc<str> = text.into();
        if self.0.len() < Self::MOST {
            self.0.insert(text, name.clone());
        }
        name
    }
}
