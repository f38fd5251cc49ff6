//! A spec that is drawn: requests, channels and blocks as they come.

use std::collections::HashSet;

use super::chance::Chance;

const TIMES: [usize; 5] = [20, 90, 250, 400, 600];

struct Writer {
    chance: Chance,
    out: String,
    names: usize,
    /// Whether the names are known that a test captures first.
    in_test: bool,
    /// The innermost limit, in milliseconds: what is in it mustn't be given more time.
    limit: usize,
}

/// A spec whose servers are at an address.
pub fn spec(seed: u64, address: &str) -> String {
    let mut writer =
        Writer { chance: Chance::new(seed, "spec"), out: String::new(), names: 0, in_test: false, limit: 700 };
    writer.line(&format!(
        "environment e default {{\n  api = \"http://{address}\"\n  ws = \"ws://{address}\"\n  key = secret(\"KEY\")"
    ));
    writer.line("  service backend { probe GET {{env.api}}/health within 200ms }\n}");
    writer.line(
        "flow login() -> secret {\n  POST {{env.api}}/oauth { form { key: env.key }; expect status 200; capture secret token = $.token }\n  \
         return token expires in 1s\n}\ncredential token = login()",
    );
    writer.line("flow greet(who) {\n  GET {{env.api}}/get/1 { query who: who; timeout 60ms; expect status 200 }\n}");
    writer.line(
        "flow listen(path) {\n  websocket own {{env.ws}}/ws/{{path}} { connect within 60ms }\n  \
         send own text \"go\"\n  expect on own event \"a\" within 60ms\n}",
    );
    for suite in 0..1 + writer.chance.below(2) {
        let order = writer.chance.one(&["tests side by side", "tests side by side", "needs backend", ""]);
        writer.line(&format!("suite \"s{suite}\" {{\n{order}"));
        for hook in ["before all", "before each", "after each", "after all"] {
            if writer.chance.below(9) == 0 {
                writer.block(hook, 1);
            }
        }
        for test in 0..3 {
            let (timeout, retries) = (700 + writer.chance.below(1300), writer.chance.below(2));
            writer.line(&format!(
                "test \"t{test}\" {{\ntimeout {timeout}ms\nretries {retries}\n\
                 POST {{{{env.api}}}}/login {{ form {{ key: env.key }}; expect status 200; capture secret tok = $.token; capture name = $.name }}"
            ));
            writer.in_test = true;
            for _ in 0..1 + writer.chance.below(4) {
                writer.step(0);
            }
            writer.in_test = false;
            writer.line("}");
        }
        writer.line("}");
    }
    writer.out
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// A time that there is, in milliseconds.
    fn time(&self) -> usize {
        TIMES[self.chance.below(TIMES.len())].min(self.limit)
    }

    /// An expression.
    fn value(&self) -> &'static str {
        match self.chance.below(if self.in_test { 10 } else { 6 }) {
            0 => "env.key",
            1 => "token",
            2 => "sha256(env.key)",
            3 => "uuid()",
            4 => "(\"a-\" + env.key)",
            5 => "now()",
            6 => "name",
            7 => "base64(tok)",
            _ => "tok",
        }
    }

    fn parts(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut parts = Vec::new();
        for _ in 0..self.chance.below(4) {
            let value = self.value();
            let (kind, part) = match self.chance.below(13) {
                0 => ("credential", format!("bearer {value}")),
                1 => ("credential", format!("basic \"ada\", {value}")),
                2 => ("credential", format!("digest \"ada\", {value}")),
                3 => ("header", format!("header X-Key: {value}")),
                4 => ("query", format!("query k: {value}")),
                5 => ("cookie", format!("cookie own: url_encode({value})")),
                6 => ("cookie", "no cookies".to_owned()),
                7 => ("redirects", "follow redirects up to 3".to_owned()),
                8 => ("compressed", "compressed".to_owned()),
                9 => ("retry", format!("retry 2 times every {}ms on 503, timeout, reset", self.time().min(60))),
                _ => ("timeout", format!("timeout {}ms", self.time())),
            };
            if seen.insert(kind) {
                parts.push(part);
            }
        }
        parts
    }

    fn body(&self) -> String {
        let (one, two) = (self.value(), self.value());
        match self.chance.below(4) {
            0 => format!("json {{ a: {one}, b: [{two}] }}"),
            1 => format!("form {{ a: {one}, b: {two} }}"),
            2 => format!("body \"it is {{{{sha256({one})}}}}\""),
            _ => format!("multipart {{ a: {one} }}"),
        }
    }

    fn expectation(&self) -> String {
        let value = self.value();
        match self.chance.below(26) {
            0..3 => "expect status 200".to_owned(),
            3..8 => "expect status in [200, 301, 302, 303, 307, 401, 404, 503]".to_owned(),
            8 => format!("expect $.id == {value}"),
            9 => format!("expect body contains \"{{{{{value}}}}}\""),
            10 => "expect $.name == \"Ada\"".to_owned(),
            11 => "expect $.n == 3".to_owned(),
            12 => format!("expect header X-Id == {value}"),
            13 => "expect $.id is string".to_owned(),
            14 => "expect time < 60ms".to_owned(),
            15 => "expect failure is timeout".to_owned(),
            16 => "expect $.items contains 1".to_owned(),
            17 => "expect $.head contains \"cookie\"".to_owned(),
            18 => format!("expect body not contains \"{{{{{value}}}}}\""),
            19 => "expect length($.id) > 5".to_owned(),
            20 => "expect attempts < 3".to_owned(),
            _ => "expect size < 10KB".to_owned(),
        }
    }

    fn request(&mut self) {
        let is_post = self.chance.below(3) == 0;
        let mut parts = self.parts();
        if is_post {
            parts.push(self.body());
        }
        parts.push(self.expectation());
        let name = self.name("c");
        let is_failure = parts.last().is_some_and(|part| part.contains("failure"));
        match self.chance.below(7) {
            _ if is_failure => {}
            0 => parts.push(format!("capture secret {name} = $.id")),
            1 => parts.push(format!("capture {name} = $.n")),
            _ => {}
        }
        let method = if is_post { "POST" } else { "GET" };
        let path = self.chance.below(8);
        self.line(&format!("{method} {{{{env.api}}}}/get/{path} {{ {} }}", parts.join("; ")));
    }

    fn channel(&mut self) {
        let (name, path, kind) =
            (self.name("ch"), usize::from(!self.in_test) + self.chance.below(5), self.chance.below(5));
        let credential = self.chance.one(&["bearer token; ", "header X-Key: env.key; ", ""]);
        let connect = format!("connect within {}ms", 300.min(self.limit));
        let is_stream = kind < 2;
        match kind {
            0 => self.line(&format!("sse {name} {{{{env.api}}}}/sse/{path} {{ {credential}{connect} }}")),
            1 => self.line(&format!("ndjson {name} {{{{env.api}}}}/lines/{path} {{ {connect} }}")),
            _ => {
                let reply = self.chance.one(&["; reply to event \"b\" with text \"go\"", "", ""]);
                self.line(&format!("websocket {name} {{{{env.ws}}}}/ws/{path} {{ {credential}{connect}{reply} }}"));
            }
        }
        for _ in 0..self.chance.below(4) {
            let (time, other, value) = (format!("{}ms", self.time()), format!("{}ms", self.time()), self.value());
            let act = match self.chance.below(22) {
                0 => format!("expect on {name} event \"a\" within {time} {{ $.id == {value} }}"),
                1 => format!("expect on {name} event \"a\" within {time}"),
                2 => format!(
                    "expect on {name} in order within {time} {{ event \"a\" at least once; event \"b\" optional; gap < {other} }}"
                ),
                3 => format!("expect on {name} never event \"b\" for {time} or closed"),
                4 => format!("expect on {name} silence for {time}"),
                5 => format!("expect on {name} every event \"a\" leads to event \"b\" within {time} for {other}"),
                6 => format!("expect on {name} in any order within {time} {{ event \"a\"; event \"b\" }}"),
                7 => format!("expect on {name} where $.n > 0 event \"b\" within {time} {{ capture n{name} = $.n }}"),
                8 => format!("expect on {name} in order strictly within {time} settle 20ms {{ event \"a\" }}"),
                9 if !is_stream => format!("ping {name} expect pong within {time}"),
                10..13 if !is_stream => format!("send {name} json {{ type: \"go\", key: {value} }}"),
                13 if !is_stream => format!("expect on {name} closed within {time}"),
                10 if kind == 0 => format!("expect on {name} comment within {time}"),
                14 => format!("reconnect {name}"),
                15 => format!("close {name}"),
                16 => format!("drop {name}"),
                17 => format!("expect on {name} event \"b\" within {time}"),
                18 => format!("expect on {name} never event \"c\" for {time} or closed"),
                _ => format!("expect on {name} in order within {time} {{ event \"a\" optional }}"),
            };
            self.line(&act);
            if act.starts_with("close") || act.starts_with("drop") || act.contains("closed within") {
                break;
            }
        }
    }

    fn within(&mut self, head: &str, limit: usize, depth: usize) {
        let around = std::mem::replace(&mut self.limit, limit);
        self.block(head, depth);
        self.limit = around;
    }

    fn block(&mut self, head: &str, depth: usize) {
        self.line(&format!("{head} {{"));
        if head.ends_with(" all") || head.ends_with(" each") {
            // What is seen before it is known to be secret isn't concealed: the token is known first.
            let name = self.name("hook");
            self.line(&format!("POST {{{{env.api}}}}/login {{ expect status 200; capture secret {name} = $.token }}"));
        }
        // The steps of `parallel` are carried out at once: what belongs together is in a block.
        let branches = head.starts_with("parallel") && !head.contains("for each");
        for _ in 0..1 + self.chance.below(2 + usize::from(branches)) {
            if branches {
                self.within(&format!("within {}ms", self.limit), self.limit, depth + 1);
            } else {
                self.step(depth + 1);
            }
        }
        if head.starts_with("eventually") {
            let (path, expectation) = (self.chance.below(8), self.expectation());
            self.line(&format!("GET {{{{env.api}}}}/get/{path} {{ {expectation} }}"));
        }
        self.line("}");
    }

    fn step(&mut self, depth: usize) {
        match self.chance.below(if depth < 3 { 17 } else { 9 }) {
            0..3 => self.request(),
            3..6 => self.channel(),
            6 => self.line(&format!("wait {}ms", self.time().min(60))),
            7 => self.line(&format!("call {}", self.chance.one(&["greet(env.key)", "listen(1)", "listen(2)"]))),
            8 => {
                let (name, value) = (self.name("v"), self.value());
                self.line(&format!("let {name} = {value}"));
                self.line(&format!(
                    "GET {{{{env.api}}}}/get/7 {{ query v: {name}; timeout {}ms; expect status 200 }}",
                    300.min(self.limit)
                ));
            }
            9 | 10 => self.block("parallel", depth),
            11 => self.block("parallel for each x in [1, 2]", depth),
            12 => self.block("for each x in [1, 2]", depth),
            13 => self.block("repeat 2 times", depth),
            14 => {
                let time = self.time().max(90).min(self.limit);
                self.within(&format!("within {time}ms"), time, depth);
            }
            _ => {
                let time = self.time().max(90).min(self.limit);
                self.within(&format!("eventually within {time}ms every 40ms"), time, depth);
            }
        }
    }
}
