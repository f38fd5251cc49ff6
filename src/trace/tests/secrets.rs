//! Whatever a spec says and a server does, a run is judged again from its file alone as it was, and no secret is in that.

use rayon::prelude::*;

use super::drawn_secrets::Secrets;
use super::generated;
use super::pair::{Both, Pair};
use crate::diag::Hide as _;
use crate::report::Redactor;
use crate::run::tests::endless;
use crate::value::{Draws, SecretSink as _, keyed};
use crate::world::timeline::Stuck;

/// How many runs of each kind are tried each time; `REPLAY_PAIRS=1000` tries as many.
const PAIRS: u64 = 40;

fn seeds() -> std::ops::Range<u64> {
    let from = std::env::var("REPLAY_FROM").ok().and_then(|from| from.parse().ok()).unwrap_or(0);
    from..from + std::env::var("REPLAY_PAIRS").ok().and_then(|many| many.parse().ok()).unwrap_or(PAIRS)
}

/// Judges many runs again, and says how many of their tests couldn't be.
fn all(of: impl Fn(u64) -> Pair + Sync, also: impl Fn(u64, &Both) -> Vec<String> + Sync) {
    let one = |seed: u64| {
        let pair = of(seed);
        let both = match pair.run() {
            Ok(both) => both,
            Err(Stuck) => return Err(format!("seed {seed} never ends:\n{}", pair.spec)),
        };
        let wrong = also(seed, &both);
        if !wrong.is_empty() {
            return Err(format!("seed {seed}: {}\n{}", wrong.join("\n"), pair.spec));
        }
        let undecided = both.undecided().map_err(|wrong| format!("seed {seed}:\n{wrong}\n{}", pair.spec))?;
        let ran = both.was["tests"].as_array().unwrap().iter().filter(|test| test["attempts"] != 0).count();
        Ok((ran, undecided.into_iter().map(|one| format!("{seed} {one}")).collect::<Vec<_>>()))
    };
    let done: Vec<Result<(usize, Vec<String>), String>> = seeds().into_par_iter().map(one).collect();
    let wrong: Vec<&String> = done.iter().filter_map(|one| one.as_ref().err()).collect();
    if std::env::var_os("REPLAY_PAIRS").is_some() {
        wrong.iter().for_each(|one| println!("{one}\n"));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), done.len(), wrong[0]);
    let tests: usize = done.iter().flatten().map(|(ran, _)| ran).sum();
    let undecided: Vec<&String> = done.iter().flatten().flat_map(|(_, undecided)| undecided).collect();
    println!("{} runs, {tests} tests, {} of them undecided", done.len(), undecided.len());
    if std::env::var_os("REPLAY_PAIRS").is_some() {
        undecided.iter().for_each(|one| println!("  {one}"));
    }
}

#[test]
fn every_run_is_judged_again_as_it_was() {
    let pair = |seed: u64| {
        let endless::Made { spec, has_plan, .. } = endless::made(seed);
        let draws = Draws::new(keyed(seed, "options"));
        Pair {
            spec,
            variables: Default::default(),
            plan: has_plan.then_some("p"),
            respond: std::sync::Arc::new(move |asked| {
                let key = keyed(seed, &format!("{}{} {}", asked.host, asked.path, asked.nth));
                endless::answered(seed, asked).apart(key)
            }),
            seed,
            jobs: 1 + (draws.draw() % 3) as usize,
            fail_fast: draws.draw().is_multiple_of(5),
            stop_at: draws.draw().is_multiple_of(3).then(|| crate::run::tests::scripted::ms(draws.draw() % 20_000)),
        }
    };
    all(pair, |_, both| both.undecided().unwrap_or_default());
}

#[test]
fn runs_with_secrets_are_judged_again_as_they_were_or_not_at_all() {
    all(generated::pair, |seed, both| held(&Secrets::of(seed), seed, both));
}

/// So many characters of a secret are in no output, unless the spec says them.
const SHOWN: usize = 8;

/// The secrets that are in an output, in whatever form, or a part of one.
fn held(secrets: &Secrets, seed: u64, both: &Both) -> Vec<String> {
    let (mut spec, _) = generated::spec(seed);
    let mut found = Vec::new();
    // A run may come to its end before it meets one: then it is a text like others.
    let is_met = |secret: &&&String| both.secrets.contains(secret);
    let (met, others): (Vec<&String>, Vec<&String>) =
        [&secrets.key, &secrets.pass, &secrets.token].into_iter().partition(|secret| is_met(&secret));
    others.iter().for_each(|other| spec.push_str(other));
    for secret in met {
        // The header and the registered claims of a JWT stay.
        let parts: Vec<&str> = secret.split('.').collect();
        let hidden = match parts.as_slice() {
            [_, _, signature] if signature.len() > 20 => signature,
            _ => secret.as_str(),
        };
        let redactor = Redactor::default();
        redactor.add(hidden);
        for (name, text) in &both.outputs {
            let is_trace = matches!(*name, "trace" | "HAR");
            // What was said can't be taken back when it turns out to be a secret.
            if *name == "terminal" && *secret == secrets.token {
                continue;
            }
            for line in text.lines().filter(|_| is_trace) {
                let ranges = redactor.hidden(line).into_iter();
                found.extend(ranges.map(|range| format!("{secret} is in the {name}: `{}` in {line}", &line[range])));
            }
            let parts = parts_in(if is_trace { hidden } else { secret }, &spec, text);
            found.extend(parts.into_iter().map(|part| format!("a part of {secret} is in the {name}: {part}")));
        }
    }
    found
}

/// The parts of a secret that are in a text, as they are or in quotes, each with what is beside it.
fn parts_in(secret: &str, spec: &str, text: &str) -> Vec<String> {
    let chars: Vec<char> = secret.chars().collect();
    let parts = chars.windows(SHOWN).map(|part| part.iter().collect::<String>()).filter(|part| !spec.contains(part));
    let mut found = Vec::new();
    for part in parts {
        let json = serde_json::Value::from(part.as_str()).to_string();
        let html = part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        for form in [&part, json.trim_matches('"'), &html] {
            if let Some(at) = text.find(form) {
                let near = |count: usize| text[..at].chars().rev().take(count).collect::<Vec<_>>();
                let before: String = near(200).into_iter().rev().collect();
                found.push(format!("`{part}` in {before}{}", text[at..].chars().take(60).collect::<String>()));
                break;
            }
        }
    }
    found.truncate(1);
    found
}
