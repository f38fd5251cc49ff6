//! deflate (RFC 1951), in zlib (RFC 1950) or without it.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Fault, Out, STEP};

/// The coding `deflate`: the first two bytes say whether it is zlib, or raw deflate, as some servers send it (RFC 9110, section 8.4.1.2).
#[derive(Default)]
pub(super) struct Deflate {
    head: Vec<u8>,
    decoder: Option<Decompress>,
    ended: bool,
}

impl Deflate {
    pub fn is_at_end(&self) -> bool {
        self.ended
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut Out<'_>) -> Result<(), Fault> {
        if self.ended {
            return Err(Fault::Behind(0));
        }
        let waited = self.head.len();
        self.head.extend(bytes.iter().take(2 - waited));
        let &[first, second] = self.head.as_slice() else { return Ok(()) };
        // RFC 1950, section 2.2.
        let is_zlib =
            first & 0x0f == 8 && first >> 4 <= 7 && (u16::from(first) << 8 | u16::from(second)).is_multiple_of(31);
        let is_new = self.decoder.is_none();
        let decoder = self.decoder.get_or_insert_with(|| Decompress::new(is_zlib));
        // One byte ends nothing.
        let before = if is_new && waited == 1 { inflate(decoder, &[first], out).map(drop) } else { Ok(()) };
        let inflated = before.and_then(|()| inflate(decoder, bytes, out));
        let (read, ended) = inflated.map_err(|fault| match fault {
            Fault::Corrupt(..) if !is_zlib && decoder.total_out() == 0 => Fault::Other,
            fault => fault,
        })?;
        self.ended = ended;
        if ended && read < bytes.len() { Err(Fault::Behind(read)) } else { Ok(()) }
    }
}

/// How many bytes were read, and whether the end was reached.
pub(super) fn inflate(decoder: &mut Decompress, bytes: &[u8], out: &mut Out<'_>) -> Result<(usize, bool), Fault> {
    let mut step = vec![0; STEP];
    let mut read = 0;
    loop {
        let (consumed, produced) = (decoder.total_in(), decoder.total_out());
        let rest = bytes.get(read..).unwrap_or_default();
        let status = decoder.decompress(rest, &mut step, FlushDecompress::None);
        let (consumed, produced) = (decoder.total_in() - consumed, (decoder.total_out() - produced) as usize);
        read += consumed as usize;
        out.append(step.get(..produced).unwrap_or_default())?;
        match status {
            Err(error) if error.needs_dictionary().is_some() => {
                return Err(Fault::Corrupt(read, "it asks for a dictionary, which HTTP has none of"));
            }
            Err(_) => return Err(Fault::Corrupt(read, "its bits or its checksum are none that deflate has")),
            Ok(Status::StreamEnd) => return Ok((read, true)),
            Ok(_) if consumed == 0 && produced == 0 => return Ok((read, false)),
            Ok(_) => {}
        }
    }
}
