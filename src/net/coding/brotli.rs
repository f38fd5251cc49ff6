//! Brotli (RFC 7932).

use ::brotli::{BrotliDecompressStream, BrotliResult, BrotliState, HeapAlloc, HuffmanCode};

use super::{Fault, Out, STEP};

/// How much the decoder is given at a time, in bytes: what it has decoded of that is lost where it finds a fault.
const GIVEN: usize = 64;

pub(super) struct Brotli {
    state: Box<BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>>,
    ended: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        // Windows of more than 16 MiB aren't part of the coding (RFC 7932, section 9.1).
        let state = BrotliState::new_strict(HeapAlloc::default(), HeapAlloc::default(), HeapAlloc::default());
        Self { state: Box::new(state), ended: false }
    }
}

impl Brotli {
    pub fn is_at_end(&self) -> bool {
        self.ended
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
        let mut step = vec![0; STEP];
        for (number, piece) in bytes.chunks(GIVEN).enumerate() {
            let before = number * GIVEN;
            self.give(piece, &mut step, out).map_err(|fault| match fault {
                Fault::Behind(at) => Fault::Behind(before + at),
                Fault::Corrupt(at, why) => Fault::Corrupt(before + at, why),
                fault => fault,
            })?;
        }
        Ok(())
    }

    fn give(&mut self, bytes: &[u8], step: &mut [u8], out: &mut Out<'_>) -> Result<(), Fault> {
        let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
        loop {
            if self.ended {
                return if left > 0 { Err(Fault::Behind(at)) } else { Ok(()) };
            }
            let (mut room, mut produced) = (step.len(), 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut at,
                bytes,
                &mut room,
                &mut produced,
                step,
                &mut total,
                &mut self.state,
            );
            out.append(step.get(..produced).unwrap_or_default())?;
            match result {
                BrotliResult::ResultSuccess => self.ended = true,
                BrotliResult::NeedsMoreInput => return Ok(()),
                BrotliResult::NeedsMoreOutput => {}
                // Brotli has no mark at its beginning to report what isn't brotli from what is broken.
                BrotliResult::ResultFailure => {
                    return Err(Fault::Corrupt(at, "its bits say nothing that brotli knows"));
                }
            }
        }
    }
}
