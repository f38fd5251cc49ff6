//! How long it takes to check a file again after a change of one of its lines, as an editor asks for it: `cargo bench --bench editing`.
//!
//! The file has 5,000 lines and is among others, of which none is parsed again (`project::Cache`). Prints the median and the slowest of the rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use e2e_dsl::check;
use e2e_dsl::project::{Cache, Files, Options, load_again};

const ROUNDS: usize = 101;

/// A test of 24 lines, which differs from each other one.
fn test(n: usize) -> String {
    format!(
        r#"  test "order {n} is made and read" {{
    # A customer orders.
    POST {{{{env.api}}}}/shops/{n}/orders {{
      header X-Request-Id: "shop-{n}-create"
      json {{ title: "order {n}", amount: {n}, tags: ["new", "shop-{n}"] }}
      expect status 201
      expect header Content-Type contains "application/json"
      expect $.title == "order {n}"
      expect $.amount == {n}
      expect $.tags has length 2
      capture order = $.id
    }}
    GET {{{{env.api}}}}/shops/{n}/orders/{{{{order}}}} {{
      header Accept: "application/json"
      query state: "open"
      expect status 200
      expect $.id == order
      expect $.created_at matches /^{n}:\d{{4}}-\d\d-\d\d/
      expect $.history[0].state exists
      expect $.items[?@.number == {n}].state contains "open"
      expect $.total > 0
      expect time < 2s
    }}
  }}
"#
    )
}

fn suite(name: &str, tests: impl Iterator<Item = usize>) -> String {
    format!("suite \"{name}\" {{\n{}}}\n", tests.map(test).collect::<String>())
}

fn main() {
    let others = (0..100).map(|n| (format!("other{n}.e2e"), suite(&format!("Other {n}"), std::iter::once(n))));
    let mut files: Vec<(PathBuf, Vec<u8>)> = others.map(|(name, text)| (name.into(), text.into_bytes())).collect();
    let environment = "environment local default { api = \"http://127.0.0.1:8080\" }\n";
    files.push(("environments.e2e".into(), environment.as_bytes().to_vec()));
    let mut large = suite("Large", 1_000..1_208);
    println!("{} lines, changed {ROUNDS} times", large.lines().count());
    for among in [0, files.len() - 1] {
        // The last file is the environment.
        let beside = &files[files.len() - 1 - among..];
        let mut cache = Cache::default();
        let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
        for round in 0..=ROUNDS {
            large = large.replacen(
                &format!("expect $.amount == {}", 1_100 + round),
                &format!("expect $.amount == {}", 1_101 + round),
                1,
            );
            let texts = beside.iter().cloned().chain([(PathBuf::from("large.e2e"), large.clone().into_bytes())]);
            let texts = Files::memory(texts);
            let started = Instant::now();
            let project = load_again(&texts, &Options::default(), &mut cache);
            let found = check::diagnose(&project);
            // The first one parses everything.
            if round > 0 {
                times.push(started.elapsed());
            }
            assert!(found.is_empty(), "{found:?}");
        }
        times.sort_unstable();
        let (median, slowest) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        println!("among {among} other files: {:.2} ms, at most {:.2} ms", millis(median), millis(slowest));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
