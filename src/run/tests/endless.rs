//! Whatever a spec says and a server does, a run ends, each test at its limits, and it is the same the second time.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::scripted::{Asked, Case, Said, fail, file, json, open, say, silence};
use crate::event::FailureKind;
use crate::value::{Draws, keyed};
use crate::world::timeline::Stuck;

const TIMES: &[&str] = &["0ms", "1ms", "40ms", "250ms", "1s", "3s", "20s"];
/// What a test may take beyond its timeout: until what escaped it is ended, and until its channels are closed.
const GRACE: u64 = 150 + 1_000;
/// The same with a hook after it, which has 30 s.
const CLEAN_UP: u64 = 30_000 + 150;

/// Writes a spec of all that there is, as it comes.
struct Writer {
    draws: Draws,
    out: String,
    channels: usize,
}

impl Writer {
    fn below(&self, most: usize) -> usize {
        (self.draws.draw() % most as u64) as usize
    }

    fn one_in(&self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn time(&self) -> &'static str {
        self.one(TIMES)
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn block(&mut self, head: &str, depth: usize) {
        self.line(&format!("{head} {{"));
        for _ in 0..1 + self.below(3) {
            self.step(depth + 1);
        }
        self.line("}");
    }

    fn step(&mut self, depth: usize) {
        let time = self.time();
        let kinds = if depth < 3 { 14 } else { 5 };
        match self.below(kinds) {
            0 | 1 => self.request(),
            2 => self.line(&format!("wait {time}")),
            3 => self.channel(),
            4 => {
                let flow = self.one(&["quick()", "slow()", "talk()"]);
                self.line(&format!("call {flow}"));
            }
            5 => self.block("parallel", depth),
            6 => self.block("parallel for each x in [1, 2, 3]", depth),
            7 => self.block("for each x in [1, 2]", depth),
            8 => {
                let head = format!("repeat {} times or none", self.below(4));
                self.block(&head, depth);
            }
            9 | 10 => self.block(&format!("within {time}"), depth),
            11 | 12 => {
                // No rounds by the ten thousand.
                let every = self.one(&["0ms", "40ms", "1s", "3s"]);
                let within = if every == "0ms" { "40ms" } else { time };
                self.block(&format!("eventually within {within} every {every}"), depth);
            }
            _ => self.line("skip when env.mode == \"none\""),
        }
    }

    fn request(&mut self) {
        let path = self.below(6);
        let mut parts = String::new();
        if self.one_in(3) {
            let _ = write!(parts, "timeout {}; ", self.time());
        }
        if self.one_in(3) {
            let doubling = if self.one_in(2) { format!(" doubling up to {}", self.time()) } else { String::new() };
            let _ = write!(
                parts,
                "retry {} times every {}{doubling} on 503, timeout, refused; ",
                self.below(4),
                self.time()
            );
        }
        if self.one_in(4) {
            parts.push_str("bearer token; ");
        }
        self.line(&format!("GET http://s/{path} {{ {parts}expect status 200 }}"));
    }

    fn channel(&mut self) {
        self.channels += 1;
        let name = format!("ch{}", self.channels);
        let keep_alive = if self.one_in(3) { " { reply to event \"b\" with text \"go\" }" } else { "" };
        self.line(&format!("websocket {name} ws://s/ws/{}{keep_alive}", self.below(4)));
        for _ in 0..self.below(4) {
            let (time, other) = (self.time(), self.time());
            let act = match self.below(12) {
                0 => format!("expect on {name} event \"a\" within {time}"),
                1 => format!("expect on {name} event \"a\" once within {time} settle {other}"),
                2 => format!(
                    "expect on {name} in order within {time} {{ event \"a\" at least once; event \"b\" optional; gap < {other} }}"
                ),
                3 => format!("expect on {name} never event \"b\" for {time} or closed"),
                4 => format!("expect on {name} silence for {time}"),
                5 => format!("expect on {name} closed within {time}"),
                6 => format!("expect on {name} every event \"a\" leads to event \"b\" within {time} for {other}"),
                7 => format!("expect on {name} every event \"a\" leads to event \"b\" within {time}"),
                8 => format!("ping {name} expect pong within {time}"),
                9 => format!("send {name} text \"go\""),
                10 => format!("reconnect {name}"),
                _ => self.one(&["close", "drop"]).to_owned() + " " + &name,
            };
            self.line(&act);
        }
    }
}

/// A spec, and the timeouts of its tests in milliseconds.
struct Made {
    spec: String,
    limits: Vec<(String, u64)>,
    has_plan: bool,
}

fn made(seed: u64) -> Made {
    let mut writer = Writer { draws: Draws::new(keyed(seed, "spec")), out: String::new(), channels: 0 };
    let has_plan = writer.one_in(2);
    writer.line("environment e default {\n  api = \"http://s\"\n  mode = \"full\"");
    writer.line("  service database { probe GET http://database/health within 2s }");
    writer.line("  service backend { probe GET http://s/health within 5s; depends on database }\n}");
    writer.line("flow login() -> secret {\n  GET http://s/login { expect status 200; capture secret token = $.token }\n  return token expires in 3s\n}");
    writer.line("credential token = login()");
    writer.line("flow quick() { GET http://s/0 { expect status 200 } }");
    writer.line("flow slow() { wait 2s; call quick() }");
    writer.line("flow talk() {");
    writer.channel();
    writer.line("}");
    if has_plan {
        writer.line("plan p {");
        if writer.one_in(2) {
            writer.line("  retry infrastructure 2 times every 500ms");
        }
        let budget = if writer.one_in(2) { "; budget 20s" } else { "" };
        writer.line(&format!("  phase \"one\" {{ run tags one{budget} }}"));
        let pause = if writer.one_in(2) { "; pause 1s before" } else { "" };
        writer.line(&format!("  phase \"two\" {{ run everything not run; renew credentials{pause} }}"));
        let conditions =
            ["failures > 2", "service backend is down", "credential token cannot be obtained", "every websocket fails"];
        if writer.one_in(2) {
            let condition = writer.one(&conditions);
            writer.line(&format!("  abort when {condition}"));
        }
        writer.line("}");
    }
    let mut limits = Vec::new();
    for suite in 0..1 + writer.below(3) {
        writer.line(&format!("suite \"s{suite}\" {{"));
        let meta = writer.one(&["", "  tests side by side", "  locks \"x\", \"y\"", "  locks \"y\", \"x\""]);
        writer.line(meta);
        if writer.one_in(3) {
            writer.line("  needs backend");
        }
        let hooks = ["before all", "after all", "before each", "after each"];
        let mut clean_up = 0;
        for hook in hooks {
            if writer.one_in(4) {
                writer.block(&format!("  {hook}"), 2);
                clean_up += if hook == "after each" { CLEAN_UP } else { 0 };
            }
        }
        for test in 0..1 + writer.below(3) {
            let (name, limit) = (format!("t{suite}-{test}"), 1 + writer.below(20) as u64);
            writer.line(&format!("  test \"{name}\" {{\n    timeout {limit}s\n    retries {}", writer.below(2)));
            let tags = writer.one(&["", "    tags one"]);
            writer.line(tags);
            for _ in 0..1 + writer.below(4) {
                writer.step(0);
            }
            writer.line("  }");
            limits.push((name, limit * 1_000 + clean_up + GRACE));
        }
        writer.line("}");
    }
    Made { spec: writer.out, limits, has_plan }
}

/// What comes of a request, as it comes.
fn answered(seed: u64, asked: &Asked<'_>) -> Said {
    let draws = Draws::new(keyed(seed, &format!("{}{} {}", asked.host, asked.path, asked.nth)));
    let below = |most: u64| draws.draw() % most;
    let times = [0, 1, 40, 250, 1_000, 2_999, 20_000];
    let time = || times[below(times.len() as u64) as usize];
    let said = match below(10) {
        0 => return silence(),
        1 => fail(FailureKind::Refused),
        2 => say(503),
        3 => say(503).with("retry-after", "2"),
        _ if asked.path == "/login" => json("{\"token\":\"abcdefgh\"}"),
        _ if asked.path.starts_with("/ws") => {
            let mut scene = open();
            for _ in 0..below(5) {
                scene = scene.event(time(), if below(2) == 0 { "a" } else { "b" });
            }
            scene = match below(6) {
                0 => scene.closed(time(), 1000),
                1 => scene.lost(time()),
                2 => scene.pongs(time()),
                3 => scene.echoes(time()),
                4 => scene.drains(time()),
                _ => scene,
            };
            scene.answers("go", time(), "a")
        }
        _ => say(200),
    };
    said.after(if below(3) == 0 { time() } else { below(50) })
}

fn case(seed: u64, spec: &str, has_plan: bool) -> Case {
    let draws = Draws::new(keyed(seed, "options"));
    let mut case = file(spec).responds(move |asked| answered(seed, asked)).options(|options| {
        options.seed = seed;
        options.jobs = 1 + (draws.draw() % 3) as usize;
        options.fail_fast = draws.draw().is_multiple_of(5);
    });
    if has_plan {
        case = case.by_plan("p");
    }
    match draws.draw() % 3 {
        0 => case.stopped_at(draws.draw() % 20_000),
        _ => case,
    }
}

#[test]
fn every_run_ends_and_every_test_at_its_limits() {
    let mut outcomes = HashSet::new();
    for seed in 0..240 {
        let Made { spec, limits, has_plan } = made(seed);
        let run = || match case(seed, &spec, has_plan).try_run() {
            Ok(ran) => ran,
            Err(Stuck) => panic!("seed {seed} never ends: {spec}"),
        };
        let ran = run();
        if seed % 4 == 0 {
            let again = run();
            assert_eq!((again.calls(), again.received()), (ran.calls(), ran.received()), "seed {seed}: {spec}");
        }
        let names: HashSet<&str> = ran.result.tests.iter().map(|test| test.info.name.as_str()).collect();
        assert_eq!((names.len(), ran.result.tests.len()), (limits.len(), limits.len()), "seed {seed}: {spec}");
        let of_all: u64 = limits.iter().map(|(name, limit)| limit * u64::from(ran.test(name).attempts)).sum();
        for (name, limit) in &limits {
            let test = ran.test(name);
            // After an attempt of a plan a service may be waited for, and then a place that others have.
            let waits = if has_plan { 6_000 + of_all } else { 0 };
            let most = (limit + waits) * u64::from(test.attempts);
            let took = test.duration.as_millis() as u64;
            assert!(took <= most, "seed {seed}: {name} took {took} ms of {most} ms: {spec}");
            outcomes.insert(test.outcome.words());
        }
    }
    assert_eq!(outcomes.len(), 8, "all there are: {outcomes:?}");
}
