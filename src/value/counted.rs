//! How often something is compiled or parsed, counted in tests, on the thread that does it.

use std::cell::Cell;
use std::thread::LocalKey;

thread_local! {
    pub static SCHEMAS: Cell<usize> = const { Cell::new(0) };
    pub static SELECTORS: Cell<usize> = const { Cell::new(0) };
    pub static XPATHS: Cell<usize> = const { Cell::new(0) };
    pub static JSON_PATHS: Cell<usize> = const { Cell::new(0) };
    pub static PATTERNS: Cell<usize> = const { Cell::new(0) };
    pub static JSON_BODIES: Cell<usize> = const { Cell::new(0) };
    pub static HTML_BODIES: Cell<usize> = const { Cell::new(0) };
    pub static XML_BODIES: Cell<usize> = const { Cell::new(0) };
}

pub fn count(of: &'static LocalKey<Cell<usize>>) {
    of.set(of.get() + 1);
}
