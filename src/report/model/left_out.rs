use serde::{Deserialize, Serialize};

use super::time;
use crate::event::Times;

/// What a test did beyond what is kept of it: counted, with its times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub exchanges: usize,
    /// All of which held.
    pub steps: usize,
    /// That were evaluated in those steps.
    pub expectations: usize,
    /// Those of them that held on weak evidence.
    #[serde(default)]
    pub weak: usize,
    /// The exchanges by what they asked for and what came of it.
    pub kinds: Vec<Counted>,
}

/// Exchanges that asked for the same, and got the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub method: String,
    /// Without its query; where very many differ, with `*` for what looks like an id, or `/…` for the whole path.
    pub url: String,
    /// Absent where it can't be known any more.
    pub path: Option<String>,
    pub service: Option<String>,
    pub status: Option<u16>,
    pub failure: Option<super::word::Failure>,
    /// As of an exchange.
    pub held: bool,
    /// When the first one began.
    pub started_ms: f64,
    pub times_ms: Spread,
    /// Of those that got a response.
    pub first_byte_ms: Spread,
}

/// How long things took: `steps` gives each time, to 0.2 %, with how many took about as long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub shortest: f64,
    pub longest: f64,
    pub sum: f64,
    pub steps: Vec<(f64, u64)>,
}

impl Spread {
    /// As they are judged.
    pub fn times(&self) -> Times {
        let steps = self.steps.iter().map(|(ms, count)| (time(*ms), *count));
        Times::reported(time(self.shortest), time(self.longest), time(self.sum), steps)
    }
}

impl LeftOut {
    /// `499 exchanges more with 998 expectations that held`: what isn't shown, for people.
    /// Of a load, some of it may have failed.
    pub fn words(&self, of_load: bool) -> String {
        let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let expectations = if of_load {
            counted(self.expectations, "expectation", "expectations")
        } else {
            counted(self.expectations, "expectation that held", "expectations that held")
        };
        match self.exchanges {
            0 => format!("{} more with {expectations}", counted(self.steps, "step", "steps")),
            exchanges => format!("{} more with {expectations}", counted(exchanges, "exchange", "exchanges")),
        }
    }
}
