//! Zstandard (RFC 8878): frames one after the other.

use ::zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::{Fault, Out, STEP};

/// How much the decoder is given at a time, in bytes: it doesn't say where in it a fault is.
const GIVEN: usize = 1024;

pub(super) struct Zstd {
    decoder: Decoder<'static>,
    /// A frame has ended, and no other has begun.
    at_end: bool,
}

impl Zstd {
    /// # Errors
    /// There is no memory for it.
    pub fn new() -> std::io::Result<Self> {
        let mut decoder = Decoder::new()?;
        // RFC 9659, section 3: windows of at most 8 MiB.
        decoder.set_parameter(DParameter::WindowLogMax(23))?;
        Ok(Self { decoder, at_end: false })
    }

    pub fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// `starts`: the first bytes of the body.
    pub fn push(&mut self, bytes: &[u8], starts: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
        let mut step = vec![0; STEP];
        let mut read = 0;
        for piece in bytes.chunks(GIVEN) {
            let mut input = InBuffer::around(piece);
            loop {
                let (before, was_at_end) = (input.pos(), self.at_end);
                if before == piece.len() && was_at_end {
                    break;
                }
                let mut output = OutBuffer::around(step.as_mut_slice());
                let Ok(hint) = self.decoder.run(&mut input, &mut output) else {
                    return Err(match was_at_end {
                        true => Fault::Behind(read + before),
                        false if !begins(starts) => Fault::Other,
                        false => {
                            Fault::Corrupt(read + piece.len(), "its blocks or its checksum are none that zstd has")
                        }
                    });
                };
                let produced = output.as_slice();
                out.append(produced)?;
                self.at_end = hint == 0;
                if input.pos() == before && produced.is_empty() {
                    break;
                }
            }
            read += piece.len();
        }
        Ok(())
    }
}

/// Whether a body begins with a frame, or with one that is skipped (RFC 8878, sections 3.1.1 and 3.1.2), as far as it has come.
fn begins(starts: &[u8]) -> bool {
    let skipped = matches!(starts, [first, rest @ ..] if first & 0xf0 == 0x50 && is_start(rest, &[0x2a, 0x4d, 0x18]));
    skipped || is_start(starts, &[0x28, 0xb5, 0x2f, 0xfd])
}

fn is_start(bytes: &[u8], of: &[u8]) -> bool {
    bytes.iter().zip(of).all(|(byte, wanted)| byte == wanted)
}
