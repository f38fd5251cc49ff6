//! What encoders make of a secret becomes what they make of its surrogate.

use std::sync::Arc;

use super::drawn_secrets::Secrets;
use super::encodings::{self, Encode};
use crate::diag::Hide as _;
use crate::report::Redactor;
use crate::trace::SurrogateKey;
use crate::trace::disguise::Disguise;
use crate::value::{Draws, SecretSink as _, keyed};

/// Encoders whose result has the length of what it is made of only where that is of the same characters: numbers for characters may be longer.
fn keeps_length(name: &str) -> bool {
    !name.starts_with("HTML")
}

/// Escapes that chance makes of the surrogate's characters would have to be written where the secret has none.
#[test]
fn a_surrogate_is_no_escape_where_its_secret_is_none() {
    for secret in
        ["p@ss\"w\\eW5KD&<Sug6>/é", "ab%zz12%qq34-xyz", "tok\\uzzzz\\uyyyy\\q", "a&g;b&xy;c<d&#z;e", "%4z%4z%4z%4z"]
    {
        for _ in 0..100 {
            let redactor = Arc::new(Redactor::default());
            redactor.add(secret);
            let surrogate = Disguise::new(redactor, SurrogateKey::drawn()).learn(vec![secret.to_owned()]).remove(0);
            assert!(super::super::respell::fits(secret, &surrogate), "{secret} {surrogate}");
        }
    }
}

#[test]
fn what_is_made_of_a_secret_becomes_what_is_made_of_its_surrogate() {
    let mut others = Vec::new();
    let mut count = 0;
    for seed in 0..400 {
        let secrets = Secrets::of(seed);
        let redactor = Arc::new(Redactor::default());
        redactor.add(&secrets.key);
        let mut disguise = Disguise::new(redactor.clone(), SurrogateKey::of(seed));
        let surrogate = disguise.learn(vec![secrets.key.clone()]).remove(0);
        let draws = Draws::new(keyed(seed, "encoders"));
        let pick = || encodings::ALL[(draws.draw() % (encodings::ALL.len() as u64 - 2)) as usize];
        let chain: Vec<(&str, Encode)> = (0..1 + draws.draw() % 3).map(|_| pick()).collect();
        // Digits stand for bytes, of which there must be as many.
        let is_in_digits = |name: &str| name.starts_with("base64") || name.starts_with("hexa");
        let unequal = chain.iter().position(|(name, _)| !keeps_length(name));
        if unequal.is_some_and(|at| chain[at..].iter().any(|(name, _)| is_in_digits(name))) {
            continue;
        }
        let encoded = |text: &str| chain.iter().fold(format!("<{text}>"), |text, (_, encode)| encode(&text));
        let (whole, expected) = (encoded(&secrets.key), encoded(&surrogate));
        let names: Vec<&str> = chain.iter().map(|(name, _)| *name).collect();
        let now = disguise.text(&format!("it is {whole}.")).into_owned();
        assert!(redactor.hidden(&now).is_empty(), "{names:?} of {}: {now}", secrets.key);
        count += 1;
        if now != format!("it is {expected}.") {
            others.push(format!("{seed} {names:?} of {}:\n  {now}\n  it is {expected}.", secrets.key));
        }
    }
    assert!(others.is_empty(), "{} of {count}:\n{}", others.len(), others.join("\n"));
}
