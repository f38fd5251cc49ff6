//! Markup that the script puts into the page when a test is opened: it is most of a large report, and few of it is ever looked at.
//!
//! It is in the page as base64 of gzip (RFC 4648, RFC 1952) of JSON lists, which is a tenth of the markup itself and nothing that a
//! browser has to parse.

use std::io::Write as _;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

/// How many tests share a list: few enough to be unpacked at once, enough to be packed well.
const IN_A_LIST: usize = 40;

#[derive(Default)]
pub(super) struct More {
    lists: Vec<Vec<String>>,
}

impl More {
    /// Where the markup can be found: the number of a list, and the place in it.
    pub fn push(&mut self, markup: String) -> (usize, usize) {
        if self.lists.last().is_none_or(|last| last.len() == IN_A_LIST) {
            self.lists.push(Vec::with_capacity(IN_A_LIST));
        }
        let list = self.lists.len() - 1;
        let place = self.lists[list].len();
        self.lists[list].push(markup);
        (list, place)
    }

    /// The lists as they are in the page.
    pub fn pack(&self) -> Vec<String> {
        self.lists.par_iter().map(|list| pack(list)).collect()
    }
}

fn pack(list: &[String]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // It is written to memory, which can't fail.
    let packed = serde_json::to_vec(list).and_then(|json| {
        gzip.write_all(&json).map_err(serde_json::Error::io)?;
        gzip.finish().map_err(serde_json::Error::io)
    });
    base64::engine::general_purpose::STANDARD.encode(packed.unwrap_or_default())
}
