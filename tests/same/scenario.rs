//! A scenario that is drawn: what a load's user does in an iteration, and a test does once.

use super::super::replay_servers::chance::Chance;

pub struct Scenario {
    /// Its steps; `RUN` stands for who carries it out.
    pub lines: Vec<String>,
    /// It is one of requests that are the same each time.
    pub is_plain: bool,
    /// What happens to its responses, beside what they say.
    pub care: Care,
}

/// What a server may do without the outcome depending on who is faster.
#[derive(Clone, Copy)]
pub struct Care {
    /// Each request can be sent again, so that a connection may end unannounced behind a response.
    pub is_idempotent: bool,
    /// Each response ends its connection: what happens on one never happens on one that was used before.
    pub is_fresh: bool,
    /// Some responses don't come to their end.
    pub stalls: bool,
}

struct Writer<'a> {
    chance: &'a Chance,
    lines: Vec<String>,
    place: usize,
    scenario: usize,
    is_plain: bool,
    care: Care,
    /// What was captured.
    names: Vec<String>,
}

const EXPECTATIONS: [&str; 20] = [
    "status 200",
    "status 200",
    "status 200",
    "status in [200, 204, 302, 404]",
    "status in [200, 503]",
    "header X-Name == \"one two\"",
    "header X-Name contains \"one\"",
    "header x-name exists",
    "header Content-Type contains \"json\"",
    "$.n == 7",
    "$.n == 7",
    "$.a == \"x\"",
    "$.l[1].b == true",
    "$.d == null",
    "$.big == 12345678901234567890",
    "$.f == 1.5",
    "$.q == \"\\\"q\\\"\"",
    "$.o.k == 1",
    "time < 20s",
    "time <= 30s",
];

/// Which need more than the bytes of a response; the last ones hold on weak evidence.
const OTHERS: [&str; 14] = [
    "$.n > 3",
    "size < 1KB",
    "body contains \"x\"",
    "header X-Name not contains \"three\"",
    "$.a matches /^x$/",
    "$.l has length 2",
    "$ matches { n: 7 }",
    "attempts < 3",
    "$.z not exists",
    "$.z.y not exists",
    "$.items is unique",
    "$.n != \"7\"",
    "$.none[*].x not exists",
    "$.a is any",
];

/// `is_fresh`: of all scenarios of a run, which share connections.
pub fn scenario(seed: u64, scenario: usize, is_fresh: bool) -> Scenario {
    let chance = Chance::new(seed, &format!("scenario {scenario}"));
    let is_plain = chance.below(3) != 0;
    let care = Care { is_idempotent: chance.below(3) != 0, is_fresh, stalls: chance.below(8) == 0 };
    let mut writer =
        Writer { chance: &chance, lines: Vec::new(), place: 0, scenario, is_plain, care, names: Vec::new() };
    writer.request("", "");
    for _ in 0..chance.below(4) {
        writer.step(0);
    }
    Scenario { lines: writer.lines, is_plain, care }
}

impl Writer<'_> {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn path(&mut self, kind: &str) -> String {
        self.place += 1;
        format!("/RUN/{}/{}{kind}", self.scenario, self.place - 1)
    }

    fn method(&self) -> &'static str {
        let idempotent = ["GET", "GET", "GET", "GET", "PUT", "DELETE", "OPTIONS"];
        let others = ["GET", "GET", "POST", "PATCH", "PUT"];
        if self.chance.below(24) == 0 {
            "HEAD"
        } else if self.care.is_idempotent {
            self.chance.one(&idempotent)
        } else {
            self.chance.one(&others)
        }
    }

    /// A request whose path says what its server does with it, with a part of its own.
    fn request(&mut self, kind: &str, part: &str) {
        // One that is to come out right at last.
        let is_last = kind == "e";
        let (method, path) = (if is_last { "GET" } else { self.method() }, self.path(kind));
        self.line(format!("{method} {{{{env.api}}}}{path} {{"));
        // A response that doesn't end is waited for so long.
        self.line(if self.care.stalls { "timeout 1200ms" } else { "timeout 20s" });
        for (part, of) in [
            ("header X-A: \"b\"", 6),
            ("query k: \"v w\"", 6),
            ("bearer \"t-1\"", 9),
            ("no cookies", 9),
            ("header Accept: \"application/json\"", 9),
        ] {
            if self.chance.below(of) == 0 {
                self.line(part);
            }
        }
        if matches!(method, "POST" | "PUT" | "PATCH") {
            let body = self.chance.one(&["json { a: 1, b: [\"é\"] }", "form { a: \"b c\" }", "body \"text\""]);
            self.line(body);
        }
        if !part.is_empty() {
            self.line(part);
        }
        let mut seen = Vec::new();
        for _ in 0..1 + self.chance.below(3) {
            let expectation = match self.is_plain || is_last || self.chance.below(3) == 0 {
                true => self.chance.one(&EXPECTATIONS),
                false => self.chance.one(&OTHERS),
            };
            if !seen.contains(&expectation) {
                seen.push(expectation);
                self.line(format!("expect {expectation}"));
            }
        }
        if kind.is_empty() && !self.is_plain && self.chance.below(4) == 0 {
            let name = format!("c{}", self.place);
            self.line(format!("capture {name} = $.n"));
            self.names.push(name);
        }
        self.line("}");
    }

    fn step(&mut self, depth: usize) {
        let kinds = match (self.is_plain, depth) {
            (true, _) => 1,
            (_, 0 | 1) => 15,
            _ => 8,
        };
        match self.chance.below(kinds) {
            0 | 1 => self.request("", ""),
            2 => self.request("", "compressed"),
            3 => self.request("", "follow redirects up to 2"),
            4 => self.request("", "retry 1 times every 5ms on 503"),
            5 => match self.names.last().cloned() {
                Some(name) => self.line(format!("expect {name} == 7")),
                None => self.request("", ""),
            },
            6 | 7 => self.channel(),
            8 => self.block("repeat 2 times", depth),
            9 => self.block("for each x in [1, 2]", depth),
            10 => {
                self.line("call asks()");
                self.request("", "");
            }
            11 => {
                self.line("eventually within 20s every 5ms {");
                // The third response is as it should be.
                self.request("e", "");
                self.line("}");
            }
            12 => {
                self.line("parallel {");
                for _ in 0..2 {
                    self.block("within 20s", depth + 1);
                }
                self.line("}");
            }
            13 => self.line("wait 1ms"),
            _ => self.block("within 20s", depth),
        }
    }

    fn block(&mut self, head: &str, depth: usize) {
        let known = self.names.len();
        self.line(format!("{head} {{"));
        for _ in 0..1 + self.chance.below(2) {
            self.step(depth + 1);
        }
        self.names.truncate(known);
        self.line("}");
    }

    /// A channel whose server says something when it opens, and each time that it is asked to, and then ends it.
    fn channel(&mut self) {
        let (sends, is_stream) = (self.chance.below(3), self.chance.below(3) == 0);
        let name = format!("ch{}", self.place);
        if is_stream {
            let path = self.path("s");
            self.line(format!("sse {name} {{{{env.api}}}}{path} {{ connect within 20s }}"));
        } else {
            let path = self.path(&format!("w{sends}"));
            self.line(format!("websocket {name} {{{{env.ws}}}}{path} {{ connect within 20s }}"));
        }
        for nth in 0..=if is_stream { 0 } else { sends } {
            if nth > 0 {
                self.line(format!("send {name} text \"go\""));
            }
            for _ in 0..1 + self.chance.below(2) {
                self.line(self.expected(&name));
            }
        }
        if self.chance.below(3) == 0 {
            self.line(format!("drop {name}"));
        }
    }

    fn expected(&self, name: &str) -> String {
        let what = match self.chance.below(9) {
            0 | 1 => "event \"a\" within 1500ms",
            2 => "event \"a\" within 1500ms { $.n == 1 }",
            3 => "where $.n > 0 event \"b\" within 1500ms",
            4 => "in any order within 1500ms { event \"a\"; event \"b\" }",
            5 => "in order within 1500ms settle 30ms { event \"a\" at least once; event \"b\" optional }",
            6 => "frame within 1500ms",
            7 => "where $.zzz == 1 in order within 1500ms settle 30ms { event \"a\" optional }",
            _ => "event \"b\" within 1500ms",
        };
        format!("expect on {name} {what}")
    }
}
