//! Puts surrogates in the place of secrets, in whatever form these are.

mod replace;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::forms::{decodings, texts};
use super::patterns::Patterns;
use super::respell::{self, Respell};
use super::surrogate::{SurrogateKey, Surrogates};
use crate::diag::Hide as _;
use crate::report::Redactor;
use crate::value::{Function, SHORTEST_SECRET, SecretSink as _, Value};
use crate::world::records::Composed;

/// How many of the secrets that were learned last may hold, or be a part of, a new one.
const WINDOW: usize = 512;
/// How often encoded bytes are looked into for encoded bytes.
const DEEPEST: usize = 4;
/// How many texts it is kept of what they are made of.
const MOST_COMPOSED: usize = 10_000;
/// How long a UUID is (RFC 9562, section 4).
const UUID: usize = 36;
/// How long a random text may be, in bytes, to be looked for within another one; a longer one may be all of it. Each length is tried at each place.
const LONGEST_PART: usize = 1024;

pub struct Disguise {
    /// Finds secrets.
    redactor: Arc<Redactor>,
    surrogates: Surrogates,
    known: HashMap<String, String>,
    /// Each by what it is in small letters.
    small: HashMap<String, String>,
    /// In the order in which they were learned.
    learned: Vec<String>,
    /// Every form of every known secret that is a text, and the same form of its surrogate.
    forms: Patterns,
    respell: Respell,
    /// Secrets that are too short to be found within a word.
    short: Vec<String>,
    /// Some of what is known is a random value of the run.
    has_draws: bool,
    draws: HashMap<String, Function>,
    /// How long those of them are, in bytes, whose length doesn't follow from what they are made of.
    lengths: BTreeSet<usize>,
    secret_draws: Vec<(Function, String, String)>,
    /// Where the parts of texts with secrets in them end, and whether they are secrets.
    composed: HashMap<String, Vec<(usize, bool)>>,
    /// What the trace shows anyway: a text of a spec is no secret of the run.
    public: Vec<Bytes>,
    made: Mutex<Vec<String>>,
    /// What is looked through has surrogates in it already.
    is_settled: bool,
}

impl Disguise {
    /// `redactor` learns the secrets of the run; surrogates follow from `key`.
    pub fn new(redactor: Arc<Redactor>, key: SurrogateKey) -> Self {
        Self {
            redactor,
            surrogates: Surrogates::new(key),
            known: HashMap::new(),
            small: HashMap::new(),
            learned: Vec::new(),
            forms: Patterns::default(),
            respell: Respell::default(),
            short: Vec::new(),
            has_draws: false,
            draws: HashMap::new(),
            lengths: BTreeSet::new(),
            secret_draws: Vec::new(),
            composed: HashMap::new(),
            public: Vec::new(),
            made: Mutex::default(),
            is_settled: false,
        }
    }

    /// Learns secrets, and gives the surrogates of those that are new.
    pub fn learn(&mut self, mut new: Vec<String>) -> Vec<String> {
        new.retain(|secret| !self.known.contains_key(secret));
        let (public, mut new): (Vec<String>, Vec<String>) = new.into_iter().partition(|one| self.is_public(one));
        // What is found of these stays as it is.
        for one in public {
            self.spell(&one, &one);
            self.known.insert(one.clone(), one);
        }
        new.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        // What holds another secret, encoded, is made of the surrogate of that: credentials of Basic authentication (RFC 7617) fit their password.
        let holds_another = |secret: &String| {
            self.composed.contains_key(secret)
                || self.redactor.whole_of(secret).is_some()
                || decodings(secret).iter().any(|(text, _)| !self.redactor.hidden(text).is_empty())
        };
        let holds_in_small = |secret: &String| {
            let small = secret.to_lowercase();
            let shorter = new.iter().filter(|other| other.len() < secret.len() && !secret.contains(other.as_str()));
            shorter.take(WINDOW).any(|other| small.contains(&other.to_lowercase()))
        };
        let later: Vec<bool> = new.iter().map(|secret| holds_another(secret) || holds_in_small(secret)).collect();
        let (mut encoded, mut plain) = (Vec::new(), Vec::new());
        for (secret, is_later) in new.into_iter().zip(later) {
            if is_later { encoded.push(secret) } else { plain.push(secret) }
        }
        let mut surrogates = Vec::with_capacity(plain.len() + encoded.len());
        for (secrets, is_encoded) in [(plain, false), (encoded, true)] {
            if secrets.is_empty() {
                continue;
            }
            for secret in secrets {
                let made = match self.of_whole(&secret) {
                    Some(part) => Some(part),
                    None if is_encoded => self.decoded(&secret, DEEPEST),
                    None => self.made_of_draws(&secret),
                };
                let surrogate = made.unwrap_or_else(|| self.surrogate(&secret));
                surrogates.push(surrogate.clone());
                self.insert(secret, surrogate);
            }
        }
        surrogates
    }

    /// Learns a part of a secret, or of what was made of one, that came in parts. `at` is where it is in the whole, in bytes.
    pub fn learn_part(&mut self, part: &str, whole: &str, at: usize) {
        self.redactor.add_part(part, whole, at);
        if self.redactor.whole_of(part).is_some() {
            self.learn(vec![part.to_owned()]);
        }
    }

    /// Takes note of a random value of the run. By itself it is no secret; what is made of it and of literals may be one.
    pub fn drawn(&mut self, function: Function, value: &Value) {
        let text = value.to_text();
        let has_any_length = matches!(function, Function::RandomText | Function::RandomHex | Function::RandomFloat);
        if has_any_length && text.len() <= LONGEST_PART {
            self.lengths.insert(text.len());
        }
        self.draws.insert(text, function);
    }

    /// The random values that became parts of secrets since this was last asked, each with what stands for it.
    pub fn secret_draws(&mut self) -> Vec<(Function, String, String)> {
        std::mem::take(&mut self.secret_draws)
    }

    /// What is made of random values that were drawn for it: these are replaced, and what is written in the specs stays.
    fn made_of_draws(&mut self, secret: &str) -> Option<String> {
        if self.draws.is_empty() {
            return None;
        }
        let mut surrogate = secret.to_owned();
        let mut at = 0;
        while let Some(rest) = surrogate.get(at..).filter(|rest| !rest.is_empty()) {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let uuid = rest.get(..UUID);
            let number = rest.get(..digits).filter(|_| digits >= SHORTEST_SECRET);
            // The longest first: a shorter one may be its beginning.
            let others = self.lengths.iter().rev().filter_map(|length| rest.get(..*length));
            let drawn = uuid
                .into_iter()
                .chain(number)
                .chain(others)
                .find_map(|one| Some((one.to_owned(), *self.draws.get(one)?)));
            let Some((drawn, function)) = drawn else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            let other = match self.known.get(&drawn) {
                Some(other) => other.clone(),
                None => {
                    let other = self.surrogates.of(&drawn, 0);
                    self.has_draws = true;
                    self.secret_draws.push((function, drawn.clone(), other.clone()));
                    self.insert(drawn.clone(), other.clone());
                    other
                }
            };
            surrogate.replace_range(at..at + drawn.len(), &other);
            at += drawn.len();
        }
        (surrogate != secret).then_some(surrogate)
    }

    fn is_public(&self, text: &str) -> bool {
        let text = memchr::memmem::Finder::new(text);
        self.public.iter().any(|file| text.find(file).is_some())
    }

    /// Whether any text is to be replaced.
    pub fn has_secrets(&self) -> bool {
        self.known.iter().any(|(secret, surrogate)| secret != surrogate)
    }

    /// Takes note of what a text is made of.
    pub fn composed(&mut self, one: Composed) {
        // Most are never learned as secrets of their own.
        if self.composed.len() >= MOST_COMPOSED {
            self.composed.clear();
        }
        self.composed.insert(one.text, one.parts);
    }

    /// Takes note of what the trace shows.
    pub fn shown(&mut self, file: Bytes) {
        self.public.push(file);
    }

    fn insert(&mut self, secret: String, surrogate: String) {
        if secret.chars().count() < SHORTEST_SECRET {
            self.short.push(secret.clone());
        }
        self.spell(&secret, &surrogate);
        self.learned.push(secret.clone());
        self.small.entry(secret.to_lowercase()).or_insert_with(|| secret.clone());
        self.known.insert(secret, surrogate);
    }

    /// What a part of a secret that came in parts is in what that has become.
    fn of_whole(&self, part: &str) -> Option<String> {
        let (whole, at) = self.redactor.whole_of(part)?;
        let now = self.piece(&whole, DEEPEST);
        let is_whole = part.len() < whole.len() && now.len() == whole.len();
        now.get(at..at + part.len()).filter(|_| is_whole).map(str::to_owned)
    }

    /// What a part of a secret that was learned of late has become.
    fn part(&self, text: &str) -> Option<&str> {
        let recent = self.learned.iter().rev().take(WINDOW);
        recent.filter(|known| known.len() > text.len()).find_map(|known| {
            let at = known.find(text)?;
            self.known.get(known)?.get(at..at + text.len()).filter(|part| *part != text)
        })
    }

    /// A part of a known secret has that part of its surrogate, and what holds a known one has its surrogate in that place.
    fn surrogate(&self, secret: &str) -> String {
        if let Some(part) = self.part(secret) {
            return part.to_owned();
        }
        if let Some(cased) = self.in_other_letters(secret) {
            return cased;
        }
        // What the specs say around a secret isn't one.
        if let Some(parts) = self.composed.get(secret) {
            let mut at = 0;
            let parts = parts.iter().map(|(end, is_secret)| {
                let part = secret.get(std::mem::replace(&mut at, *end)..*end).unwrap_or_default();
                if *is_secret { self.secret(part) } else { self.text(part).into_owned() }
            });
            return parts.collect();
        }
        if self.forms.is_in(secret.as_bytes()) {
            return self.piece(secret, 0);
        }
        let mut surrogate = String::new();
        for nth in 0..32 {
            surrogate = self.surrogates.of(secret, nth);
            if surrogate != secret && !self.known.contains_key(&surrogate) && respell::fits(secret, &surrogate) {
                break;
            }
        }
        surrogate
    }

    /// What differs from known ones in capital letters alone is so from their surrogates.
    fn in_other_letters(&self, secret: &str) -> Option<String> {
        let small = secret.to_lowercase();
        if small == secret && !self.small.contains_key(secret) {
            return None;
        }
        let surrogate = match self.small.get(&small) {
            Some(known) => self.known.get(known)?.to_lowercase(),
            None => {
                let whole = 0..small.len();
                self.respelled(&small, &[whole], 0)?
            }
        };
        let cased = secret
            .chars()
            .zip(surrogate.chars())
            .map(|(was, now)| if was.is_uppercase() { now.to_uppercase().next().unwrap_or(now) } else { now });
        (secret.chars().count() == surrogate.chars().count()).then(|| cased.collect())
    }

    /// Every form of a secret, and the same form of its surrogate.
    fn spell(&mut self, secret: &str, surrogate: &str) {
        if secret.chars().count() < SHORTEST_SECRET {
            return;
        }
        for (nth, (of_secret, of_surrogate)) in texts(secret).into_iter().zip(texts(surrogate)).enumerate() {
            self.forms.add(of_secret.as_bytes(), of_surrogate.as_bytes(), nth == 0);
        }
        self.respell.learn(secret, surrogate);
    }

    /// From now on it is given texts that have these surrogates in them already: each stands for itself, and so does what is neither it nor a known secret.
    pub fn settle(&mut self, surrogates: &[String]) {
        let redactor = Redactor::default();
        self.known.keys().chain(surrogates).for_each(|one| redactor.add(one));
        self.redactor = Arc::new(redactor);
        for surrogate in surrogates {
            if !self.known.contains_key(surrogate) {
                self.insert(surrogate.clone(), surrogate.clone());
            }
        }
        self.is_settled = true;
    }

    /// Whether a secret has been learned, and isn't one that the trace shows anyway.
    pub fn replaces(&self, secret: &str) -> bool {
        self.known.get(secret).is_some_and(|surrogate| surrogate != secret)
    }
}
