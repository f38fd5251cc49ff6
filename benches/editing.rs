//! How long it takes to check a file again after a change of one of its lines, as an editor asks for it: `cargo bench --bench editing`.
//!
//! The file has 5,000 lines, alone or among others. What of it has not changed is neither parsed nor checked again (`project::Cache`, `check::Cache`). Each
//! row is another kind of change; of its rounds, the median and the slowest are printed.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use e2e_dsl::check;
use e2e_dsl::project::{self, Files, Options, load_again};

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

/// A kind of change: what the file is in each round.
type Change = fn(&str, usize) -> String;

const CHANGES: [(&str, Change); 6] = [
    ("a number in a test", |large, round| {
        large.replacen("expect $.amount == 1100\n", &format!("expect $.amount == {}\n", 1_100 + round), 1)
    }),
    ("a line before all others", |large, round| format!("# {}\n{large}", "#".repeat(round))),
    ("a broken line", |large, round| {
        large.replacen("expect $.amount == 1100\n", &format!("expect $.amount = = {round}\n"), 1)
    }),
    ("a brace, there and gone", |large, round| {
        large.replacen("# A customer orders.", if round % 2 == 0 { "# A" } else { "}" }, 1)
    }),
    ("a quote, there and gone", |large, round| {
        large.replacen("\"open\"", if round % 2 == 0 { "\"open" } else { "\"shut\"" }, 1)
    }),
    ("a flow that tests call", |large, round| large.replacen("wait 5ms", &format!("wait {}ms", round + 1), 1)),
];

fn main() {
    let others = (0..100).map(|n| (format!("other{n}.e2e"), suite(&format!("Other {n}"), std::iter::once(n))));
    let mut files: Vec<(PathBuf, Vec<u8>)> = others.map(|(name, text)| (name.into(), text.into_bytes())).collect();
    let environment = "environment local default { api = \"http://127.0.0.1:8080\" }\n";
    files.push(("environments.e2e".into(), environment.as_bytes().to_vec()));
    let flow = "flow settle(n: number) {\n  expect n > 0\n  wait 5ms\n}\n";
    let calls = "  test \"settles\" {\n    call settle(1)\n    GET {{env.api}}/ { expect status 200 }\n  }\n";
    let large = suite("Large", 1_000..1_208);
    let large = format!("{flow}{}{calls}}}\n", large.strip_suffix("}\n").unwrap_or(&large));
    println!("{} lines, changed {ROUNDS} times", large.lines().count());
    for among in [0, files.len() - 1] {
        // The last file is the environment.
        let beside = &files[files.len() - 1 - among..];
        for (name, change) in CHANGES {
            for keeps in [true, false] {
                let mut times = rounds(beside, &large, change, keeps);
                times.sort_unstable();
                let (median, slowest) = (millis(times[ROUNDS / 2]), millis(times[ROUNDS - 1]));
                let how = if keeps { "" } else { ", everything again" };
                println!("{name}, among {among} other files{how}: {median:.2} ms, at most {slowest:.2} ms");
            }
        }
    }
}

/// How long each round takes; `keeps`: with what the one before has left.
fn rounds(beside: &[(PathBuf, Vec<u8>)], large: &str, change: Change, keeps: bool) -> Vec<Duration> {
    let mut parsed = project::Cache::default();
    let mut checked = check::Cache::default();
    let mut times: Vec<Duration> = Vec::with_capacity(ROUNDS);
    for round in 0..=ROUNDS {
        let text = change(large, round);
        let texts = beside.iter().cloned().chain([(PathBuf::from("large.e2e"), text.into_bytes())]);
        let texts = Files::memory(texts);
        if !keeps {
            (parsed, checked) = Default::default();
        }
        let started = Instant::now();
        let project = load_again(&texts, &Options::default(), &mut parsed);
        std::hint::black_box(check::diagnose_again(&project, &mut checked));
        // The first one parses everything.
        if round > 0 {
            times.push(started.elapsed());
        }
    }
    times
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
