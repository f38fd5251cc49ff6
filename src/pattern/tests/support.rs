//! Frames, items and logs in virtual time, with a millisecond as the tick.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::event::{ChannelEnd, Direction, Frame, FrameKind, Payload};
use crate::pattern::{Block, Fit, ItemId, Machine, Program, Settling, Status};

/// The last tick that is looked at.
pub const HORIZON: u64 = 120;

/// What two slots have captured.
pub type Captured = [Option<u8>; 2];

/// What an item asks of a frame, which is a letter and a number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asks {
    /// The letters it fits.
    pub letters: &'static str,
    /// The number must be the one captured in this slot; with nothing captured there it fits nothing.
    pub equals: Option<usize>,
    /// Captures the number in this slot.
    pub captures: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct Items(pub Vec<Asks>);

impl Fit for Items {
    type Captures = Captured;

    fn fits(&self, item: ItemId, frame: &Frame, captures: &Captured) -> Option<Captured> {
        let asks = self.0.get(item.0 as usize)?;
        let (letter, number) = (char::from(frame.data[0]), frame.data[1]);
        if !asks.letters.contains(letter) {
            return None;
        }
        if asks.equals.is_some_and(|slot| captures[slot] != Some(number)) {
            return None;
        }
        let mut captures = *captures;
        if let Some(slot) = asks.captures {
            captures[slot] = Some(number);
        }
        Some(captures)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Log {
    pub frames: Vec<Frame>,
    pub end: Option<(u64, ChannelEnd)>,
    pub limit: Option<u64>,
    /// How long a match settles.
    pub settle: u64,
}

impl Log {
    /// Replaces the frames by what a pattern asks for, with a little noise: each entry is a step in time, and whether a frame is left out (0),
    /// doubled (1), has another number (2, 3) or comes as it should.
    pub fn retell(&mut self, letters: &[char], noise: &[(u64, u8)]) {
        let mut at = 0;
        self.frames.clear();
        for (place, letter) in letters.iter().take(8).enumerate() {
            let (step, kind) = noise.get(place).copied().unwrap_or((1, 15));
            at += step;
            let times = match kind {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let number = self.frames.len() as u32 + 1;
                self.frames.push(frame(number, at, *letter, u8::from(kind == 2 || kind == 3)));
            }
        }
        if let Some((end, _)) = &mut self.end {
            *end = (*end).max(at);
        }
    }
}

pub fn frame(number: u32, at: u64, letter: char, value: u8) -> Frame {
    Frame {
        number,
        at: Duration::from_millis(at),
        direction: Direction::Received,
        kind: FrameKind::Text,
        data: Bytes::from(vec![letter as u8, value]),
        payload: Payload::default(),
        hidden: false,
    }
}

pub fn at(frame: &Frame) -> u64 {
    ms(frame.at)
}

pub fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}

pub fn machine(pattern: &Block, limit: Option<u64>) -> Machine<Captured> {
    let program = Arc::new(Program::compile(pattern).unwrap());
    Machine::new(program, Duration::ZERO, limit.map(Duration::from_millis), Captured::default())
}

/// Runs a whole log. `looks` are further instants at which the machine is given the time.
pub fn run(pattern: &Block, items: &Items, log: &Log, looks: &[u64]) -> Status<Captured> {
    let settling = Settling::For(Duration::from_millis(log.settle));
    let mut machine = machine(pattern, log.limit).with_max_threads(100_000).with_settling(settling);
    let mut looks = looks.iter().copied().filter(|look| log.end.as_ref().is_none_or(|(end, _)| look < end)).peekable();
    for frame in &log.frames {
        while let Some(look) = looks.next_if(|look| *look < at(frame)) {
            machine.advance(Duration::from_millis(look));
        }
        machine.frame(frame, items);
    }
    for look in looks {
        machine.advance(Duration::from_millis(look));
    }
    match &log.end {
        Some((at, end)) => machine.end(Duration::from_millis(*at), end),
        None => machine.advance(Duration::from_millis(HORIZON)),
    }
    machine.status().clone()
}
