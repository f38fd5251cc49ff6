//! gzip (RFC 1952): members one after the other (section 2.2).

use flate2::{Crc, Decompress};

use super::deflate::inflate;
use super::{Fault, Out};

/// The longest head of a member that is read, in bytes.
const MOST_HEAD: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Gzip {
    members: u32,
    part: Part,
}

enum Part {
    Head(Vec<u8>),
    Body(Box<Decompress>, Crc),
    Trailer(Vec<u8>, Crc),
}

impl Default for Part {
    fn default() -> Self {
        Part::Head(Vec::new())
    }
}

/// What is wrong with a head.
enum BadHead {
    /// It is none.
    None,
    Corrupt(&'static str),
}

impl Gzip {
    pub fn is_at_end(&self) -> bool {
        self.members > 0 && matches!(&self.part, Part::Head(head) if head.is_empty())
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match &mut self.part {
                Part::Head(head) => {
                    let before = head.len();
                    head.extend(rest.iter().take((MOST_HEAD + 1).saturating_sub(before)));
                    match length_of_head(head) {
                        Ok(Some(length)) => {
                            at += length - before;
                            self.part = Part::Body(Box::new(Decompress::new(false)), Crc::new());
                        }
                        Ok(None) if head.len() <= MOST_HEAD => return Ok(()),
                        Ok(None) => return Err(Fault::Corrupt(at + MOST_HEAD - before, "its head is too long")),
                        Err(BadHead::None) if self.members > 0 => return Err(Fault::Behind(at)),
                        Err(BadHead::None) => return Err(Fault::Other),
                        Err(BadHead::Corrupt(why)) => return Err(Fault::Corrupt(at, why)),
                    }
                }
                Part::Body(decoder, crc) => {
                    let from = out.bytes.len();
                    let inflated = inflate(decoder, rest, out);
                    let (read, is_over) = inflated.map_err(|fault| match fault {
                        Fault::Corrupt(read, why) => Fault::Corrupt(at + read, why),
                        fault => fault,
                    })?;
                    crc.update(out.bytes.get(from..).unwrap_or_default());
                    at += read;
                    if is_over {
                        let crc = std::mem::take(crc);
                        self.part = Part::Trailer(Vec::new(), crc);
                    } else if read == 0 {
                        return Ok(());
                    }
                }
                Part::Trailer(trailer, crc) => {
                    let taken = rest.len().min(8 - trailer.len());
                    trailer.extend(rest.iter().take(taken));
                    at += taken;
                    if let Ok(whole) = <[u8; 8]>::try_from(trailer.as_slice()) {
                        let said = u64::from_le_bytes(whole);
                        if said != u64::from(crc.sum()) | u64::from(crc.amount()) << 32 {
                            return Err(Fault::Corrupt(at - 1, "its checksum or length isn't that of its content"));
                        }
                        self.members += 1;
                        self.part = Part::default();
                    }
                }
            }
        }
        Ok(())
    }
}

/// The length of a member's head; `None` when it goes on (RFC 1952, section 2.3).
fn length_of_head(head: &[u8]) -> Result<Option<usize>, BadHead> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const RESERVED: u8 = 0xe0;
    if !head.iter().zip([0x1f, 0x8b, 8]).all(|(byte, wanted)| *byte == wanted) {
        return Err(BadHead::None);
    }
    let Some(flags) = head.get(3) else { return Ok(None) };
    if flags & RESERVED != 0 {
        return Err(BadHead::Corrupt("its head has a flag that isn't defined"));
    }
    let mut at = 10;
    if flags & EXTRA != 0 {
        let Some(&[low, high]) = head.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let Some(end) = head.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return Ok(None);
            };
            at += end + 1;
        }
    }
    if flags & CHECKSUM != 0 {
        let (Some(content), Some(&[low, high])) = (head.get(..at), head.get(at..at + 2)) else { return Ok(None) };
        let mut crc = Crc::new();
        crc.update(content);
        if crc.sum() & 0xffff != u32::from(u16::from_le_bytes([low, high])) {
            return Err(BadHead::Corrupt("its head's checksum isn't that of the head"));
        }
        at += 2;
    }
    Ok((head.len() >= at).then_some(at))
}
