use crate::source::Span;
use crate::syntax::ast::{Doc, HeaderName, Ident, Path, StrLit};

/// A part of a tree, all places of which are moved by a number of bytes, which wraps around where they move towards the beginning. Each names every field:
/// a new one doesn't compile until it is said whether it has places.
pub trait Shift {
    fn shift(&mut self, by: u32);
}

impl Shift for Span {
    fn shift(&mut self, by: u32) {
        self.start = self.start.wrapping_add(by);
        self.end = self.end.wrapping_add(by);
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: u32) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: u32) {
        (**self).shift(by);
    }
}

/// Shifts several parts.
macro_rules! all {
    ($by:ident: $($part:ident),+) => {{ $($part.shift($by);)+ }};
}

/// Structures: the fields that have places; after `-`, those that have none.
macro_rules! parts {
    ($($name:ident { $($part:ident),+ $(- $($plain:ident),+)? })+) => {$(
        impl Shift for $name {
            fn shift(&mut self, by: u32) {
                let Self { $($part,)+ $($($plain: _,)+)? } = self;
                $($part.shift(by);)+
            }
        }
    )+};
}

pub(super) use {all, parts};

parts! {
    Doc { span - text }
    HeaderName { span - text }
    Ident { span - text }
    Path { segments, span }
    StrLit { span - value }
}
