//! Specs as they come, with secrets wherever they can be, and servers that give secrets back in whatever form.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::drawn_secrets::Secrets;
use super::encodings;
use super::pair::Pair;
use crate::event::FailureKind;
use crate::run::tests::scripted::{Asked, Happens, Said, events, fail, json, ms, open, say, silence};
use crate::value::{Draws, keyed};

const TIMES: &[&str] = &["1ms", "40ms", "250ms", "1s", "3s", "20s"];
const MILLIS: [u64; 6] = [0, 1, 40, 250, 1_000, 20_000];

struct Writer {
    draws: Draws,
    out: String,
    channels: usize,
    names: usize,
    /// What a test has bound has no name there.
    in_flow: bool,
    secrets: Secrets,
}

impl Writer {
    fn below(&self, most: usize) -> usize {
        (self.draws.draw() % most as u64) as usize
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// An expression that is a secret, or is made of one.
    fn secret(&self, depth: usize) -> String {
        match self.below(4) {
            0 if depth < 2 => {
                let inner = self.inline(depth + 1);
                match self.below(7) {
                    5 => format!("jwt_sign({{ sub: {inner} }}, {inner}, \"HS256\")"),
                    2 => format!("\"{{{{{inner}}}}}:{{{{random_text(12)}}}}\""),
                    3 => format!("\"{{{{random_hex(16)}}}}-{{{{{inner}}}}}\""),
                    4 => format!("\"{{{{{inner}}}}}/{{{{random_float(1, 9)}}}}\""),
                    0 => format!("\"a-{{{{{inner}}}}}-b\""),
                    1 => format!("\"{{{{{inner}}}}}/{{{{random_int(1000, 99999)}}}}\""),
                    _ => format!("\"{{{{{inner}}}}}.{{{{uuid()}}}}\""),
                }
            }
            _ => self.inline(depth),
        }
    }

    /// The same, of what may be within a text.
    fn inline(&self, depth: usize) -> String {
        let kinds = if depth < 2 { 19 } else { 5 };
        let inner = || self.inline(depth + 1);
        match self.below(kinds) {
            kind @ 2..5 if self.in_flow => if kind == 2 { "env.pass" } else { "env.key" }.to_owned(),
            0 | 1 => "env.key".to_owned(),
            2 => "env.pass".to_owned(),
            3 => "tok".to_owned(),
            4 => "token".to_owned(),
            5 => format!("base64({})", inner()),
            6 => format!("url_encode({})", inner()),
            7 => format!("sha256({})", inner()),
            8 => format!("hmac_sha256({}, \"text\")", inner()),
            9 => format!("(\"x-\" + {})", inner()),
            10 => format!("upper({})", inner()),
            11 => format!("join([{}, {}], \"|\")", inner(), inner()),
            12 => format!("hex_encode({})", inner()),
            13 => format!("base64url({})", inner()),
            14 => format!("hex_encode(bytes({}))", inner()),
            15 => format!("text({})", inner()),
            16 => format!("one_of([{}, {}])", inner(), inner()),
            17 => format!("shuffled([{}, {}])[0]", inner(), inner()),
            _ => format!("lower({})", inner()),
        }
    }

    /// An expression that is no secret.
    fn plain(&self) -> &'static str {
        if self.in_flow {
            return "uuid()";
        }
        self.one(&[
            "name",
            "n",
            "\"Ada\"",
            "uuid()",
            "now()",
            "random_int(1, 1000)",
            "random_text(9)",
            "random_hex(16)",
            "random_float(0, 1)",
            "one_of([n, 1])",
            "length(tok)",
        ])
    }

    fn inline_plain(&self) -> &'static str {
        if self.in_flow {
            return "uuid()";
        }
        self.one(&[
            "name",
            "n",
            "uuid()",
            "now()",
            "random_int(1, 1000)",
            "random_text(9)",
            "random_hex(16)",
            "random_float(0, 1)",
            "one_of([n, 1])",
            "length(tok)",
        ])
    }

    fn value(&self) -> String {
        if self.below(3) == 0 { self.plain().to_owned() } else { self.secret(0) }
    }

    fn inline_value(&self) -> String {
        if self.below(3) == 0 { self.inline_plain().to_owned() } else { self.inline(0) }
    }

    fn parts(&self) -> String {
        let mut parts = String::new();
        for _ in 0..self.below(3) {
            let (value, inline) = (self.value(), self.inline_value());
            let part = match self.below(9) {
                0 => format!("header X-Key: \"{{{{{inline}}}}}\""),
                1 => format!("query q: {value}"),
                2 => format!("bearer {}", self.secret(1)),
                3 => format!("basic \"ada\", {}", self.secret(1)),
                4 => format!("cookie sid: \"{{{{url_encode({inline})}}}}\""),
                5 => format!("digest \"ada\", {}", self.secret(1)),
                6 => "no cookies".to_owned(),
                7 => format!("timeout {}", self.one(TIMES)),
                _ => format!("retry 2 times every {} on 503, timeout, refused", self.one(&["1ms", "1s"])),
            };
            let _ = write!(parts, "{part}; ");
        }
        parts
    }

    fn body(&self) -> String {
        let (one, two) = (self.value(), self.value());
        let (three, four) = (self.inline_value(), self.inline_value());
        match self.below(5) {
            0 => format!("json {{ a: {one}, b: [{two}] }}"),
            1 => format!("form {{ a: {one}, b: {two} }}"),
            2 => format!("body \"{{{{{three}}}}} and {{{{{four}}}}}\""),
            3 => format!("json {{ inner: \"{{{{{three}}}}}\" }}"),
            _ => format!("multipart {{ a: \"{{{{{four}}}}}\" }}"),
        }
    }

    fn expectation(&self) -> String {
        let secret = self.secret(1);
        match self.below(14) {
            0 => "expect status 200".to_owned(),
            1 => format!("expect $.id == {secret}"),
            2 => format!("expect body contains {secret}"),
            3 => "expect $.id exists".to_owned(),
            4 => "expect $.id is string".to_owned(),
            5 => "expect $.name == \"Ada\"".to_owned(),
            6 => "expect $.n == 3".to_owned(),
            7 => "expect length($.id) > 5".to_owned(),
            8 => "expect $.id matches /^[a-z]+/".to_owned(),
            9 => "expect header X-Id exists".to_owned(),
            10 => format!("expect header X-Id == {secret}"),
            11 => "expect $.id starts with \"sk-\"".to_owned(),
            12 => "expect $.items has length 2".to_owned(),
            _ => "expect time < 2s".to_owned(),
        }
    }

    fn request(&mut self) {
        let place = format!("http://s/{}/{}", self.one(&["echo", "html", "text", "header", "cookie"]), self.below(40));
        let tail = match self.below(5) {
            0 => format!("?k={{{{{}}}}}", self.inline(1)),
            1 => format!("/{{{{url_encode({})}}}}", self.inline(1)),
            _ => String::new(),
        };
        let (parts, expectation) = (self.parts(), self.expectation());
        let body = if self.below(2) == 0 { format!("{}; ", self.body()) } else { String::new() };
        let method = if body.is_empty() { "GET" } else { "POST" };
        let mut capture = String::new();
        self.names += 1;
        match self.below(6) {
            0 => _ = write!(capture, "; capture secret c{} = $.id", self.names),
            1 => _ = write!(capture, "; capture d{} = $.id", self.names),
            2 => _ = write!(capture, "; capture secret e{} = body text /([A-Za-z0-9]{{6,}})/", self.names),
            _ => {}
        }
        // `digest` can't be sent with another credential, nor twice anything.
        let mut seen = std::collections::HashSet::new();
        let parts: Vec<&str> = parts
            .split_inclusive("; ")
            .filter(|part| {
                let word = part.split(' ').next().unwrap_or_default();
                let kind = if matches!(word, "bearer" | "basic" | "digest") { "credential" } else { word };
                seen.insert(kind.to_owned())
            })
            .collect();
        self.line(&format!("{method} {place}{tail} {{ {}{body}{expectation}{capture} }}", parts.concat()));
    }

    fn channel(&mut self) {
        self.channels += 1;
        let name = format!("ch{}", self.channels);
        let (path, header) = (self.below(40), self.parts());
        let header = header.split_inclusive("; ").find(|part| part.starts_with("header") || part.starts_with("bearer"));
        let reply = if self.below(3) == 0 { "reply to event \"b\" with text \"go\"" } else { "" };
        let head = format!("{{ {}{reply} }}", header.unwrap_or_default());
        let is_stream = self.below(3) == 0;
        if is_stream {
            self.line(&format!("sse {name} http://s/sse/{path} {}", head.replace(reply, "")));
        } else {
            self.line(&format!("websocket {name} ws://s/ws/{path} {head}"));
        }
        for _ in 0..self.below(4) {
            let (time, other, secret) = (self.one(TIMES), self.one(TIMES), self.secret(1));
            let act = match self.below(14) {
                0 => format!("expect on {name} event \"a\" within {time} {{ $.id == {secret} }}"),
                1 => format!("expect on {name} event \"a\" within {time}"),
                2 => format!(
                    "expect on {name} in order within {time} {{ event \"a\" at least once; event \"b\" optional; gap < {other} }}"
                ),
                3 => format!("expect on {name} never event \"b\" for {time} or closed"),
                4 => format!("expect on {name} silence for {time}"),
                5 => format!("expect on {name} every event \"a\" leads to event \"b\" within {time} for {other}"),
                6 => format!("expect on {name} in any order within {time} {{ event \"a\"; event \"b\" }}"),
                7 => format!("expect on {name} where $.id == {secret} event \"a\" within {time}"),
                8 if !is_stream => format!("ping {name} expect pong within {time}"),
                9 | 10 if !is_stream => format!("send {name} json {{ type: \"go\", key: {secret} }}"),
                11 if !is_stream => format!("send {name} text \"go {{{{{}}}}}\"", self.inline(1)),
                12 => format!("reconnect {name}"),
                _ => format!("{} {name}", self.one(&["close", "drop"])),
            };
            self.line(&act);
        }
    }

    /// A step of a hook.
    fn hook(&mut self) {
        match self.below(3) {
            0 => self.line("GET http://s/echo/0 { bearer env.key; expect status 200 }"),
            1 => self.request(),
            _ => self.channel(),
        }
    }

    fn block(&mut self, head: &str, depth: usize) {
        self.line(&format!("{head} {{"));
        for _ in 0..1 + self.below(3) {
            self.step(depth + 1);
        }
        self.line("}");
    }

    fn step(&mut self, depth: usize) {
        let time = self.one(TIMES);
        let kinds = if depth < 3 { 14 } else { 7 };
        match self.below(kinds) {
            0..3 => self.request(),
            3 => self.line(&format!("wait {}", self.one(&["1ms", "40ms", "1s"]))),
            4 => self.channel(),
            5 => {
                self.names += 1;
                let (name, value) = (self.names, self.value());
                self.line(&format!("let v{name} = {value}"));
                self.line(&format!("GET http://s/echo/{} {{ query v: v{name}; expect status 200 }}", name % 40));
            }
            6 => self.line(&format!("call {}", self.one(&["greet(tok)", "greet(env.key)", "greet(name)"]))),
            7 => self.block("parallel", depth),
            8 => self.block("parallel for each x in [1, 2, 3]", depth),
            9 => self.block("for each x in [1, 2]", depth),
            10 => {
                let head = format!("repeat {} times or none", self.below(4));
                self.block(&head, depth);
            }
            11 => self.block(&format!("within {time}"), depth),
            _ => {
                let every = self.one(&["40ms", "1s", "3s"]);
                self.block(&format!("eventually within {time} every {every}"), depth);
            }
        }
    }
}

const LOGIN: &str = "POST http://s/login { json { user: \"ada\", password: env.pass }; expect status 200; \
                     capture secret tok = $.token; capture name = $.name; capture n = $.n }";

/// A spec with secrets, and whether it has a plan.
pub fn spec(seed: u64) -> (String, bool) {
    let draws = Draws::new(keyed(seed, "spec with secrets"));
    let mut writer =
        Writer { draws, out: String::new(), channels: 0, names: 0, in_flow: false, secrets: Secrets::of(seed) };
    let has_plan = writer.below(3) == 0;
    writer.line("environment e default {\n  api = \"http://s\"\n  key = secret(\"KEY\")\n  pass = secret(\"PASS\")");
    writer.line("  service backend { probe GET http://s/health within 5s }\n}");
    writer.line("flow login() -> secret {\n  POST http://s/oauth { form { key: env.key }; expect status 200; capture secret token = $.token }");
    if writer.below(4) == 0 {
        writer.in_flow = true;
        writer.channel();
        writer.in_flow = false;
    }
    writer.line("  return token expires in 3s\n}");
    writer.line("credential token = login()");
    writer.line(
        "flow greet(who) {\n  GET http://s/echo/7 { header X-Who: \"{{url_encode(who)}}\"; expect status 200 }\n}",
    );
    if has_plan {
        writer.line(
            "plan p {\n  phase \"one\" { run tags one }\n  phase \"two\" { run everything not run; renew credentials }",
        );
        let condition = writer.one(&["failures > 1", "service backend is down", "credential token cannot be obtained"]);
        writer.line(&format!("  abort when {condition}\n}}"));
    }
    for suite in 0..1 + writer.below(2) {
        writer
            .line(&format!("suite \"s{suite}\" {{\n{}", writer.one(&["", "  tests side by side", "  needs backend"])));
        for hook in ["before each", "before all", "after each", "after all"] {
            if writer.below(3) > 0 {
                continue;
            }
            writer.line(&format!("  {hook} {{\n    {LOGIN}"));
            for _ in 0..writer.below(3) {
                writer.hook();
            }
            writer.line("  }");
        }
        for test in 0..1 + writer.below(3) {
            let timeout = writer.below(20) + 1;
            writer.line(&format!(
                "  test \"t{suite}-{test}\" {{\n    timeout {timeout}s\n    retries {}\n    tags {}\n    {LOGIN}",
                writer.below(2),
                writer.one(&["one", "other"])
            ));
            for _ in 0..1 + writer.below(5) {
                writer.step(0);
            }
            writer.line("  }");
        }
        writer.line("}");
    }
    let held = [&writer.secrets.key, &writer.secrets.pass, &writer.secrets.token];
    assert!(held.iter().all(|secret| !writer.out.contains(*secret)), "seed {seed}");
    (writer.out, has_plan)
}

/// What comes of a request, as it comes.
fn answered(seed: u64, secrets: &Secrets, asked: &Asked<'_>) -> Said {
    let path = asked.path.split('?').next().unwrap_or_default();
    let key = keyed(seed, &format!("{path} {}", asked.nth));
    let draws = Draws::new(key);
    let below = |most: u64| draws.draw() % most;
    let time = || MILLIS[below(MILLIS.len() as u64) as usize];
    // Which secret comes back, and how, is the same each time.
    let kind = Draws::new(keyed(seed, path));
    let which = [&secrets.key, &secrets.pass, &secrets.token][(kind.draw() % 3) as usize];
    let encode = |text: &str| encodings::ALL[(kind.draw() % encodings::ALL.len() as u64) as usize].1(text);
    let mut echo = encode(which);
    if kind.draw().is_multiple_of(4) {
        echo = encode(&format!("{{\"of\":\"{echo}\"}}"));
    }
    let said = match below(14) {
        _ if asked.path == "/login" || asked.path == "/oauth" => {
            json(&serde_json::json!({ "token": secrets.token, "name": "Ada", "n": 3 }).to_string())
        }
        0 => return silence(),
        1 => fail(FailureKind::Refused),
        2 => fail(FailureKind::Reset),
        3 => say(503),
        _ => match path.split('/').nth(1).unwrap_or_default() {
            "echo" => json(&serde_json::json!({ "id": echo, "name": "Ada", "n": 3, "items": [1, which] }).to_string()),
            "html" => say(200)
                .with("content-type", "text/html")
                .body(&format!("<html><body><p title=\"{echo}\">{}</p></body></html>", encode(which))),
            "text" => say(200).with("content-type", "text/plain").body(&format!("it is {echo}, and {which}.")),
            "header" => say(200).with("x-id", &echo.escape_default().to_string()).with("location", "/echo/1"),
            "health" => {
                let status = ["up", "down", &echo, which][below(4) as usize];
                let body = serde_json::json!({ "status": status, "checks": [{ "name": which, "status": "down" }] });
                let code = if below(2) == 0 { 200 } else { 503 };
                say(code).with("content-type", "application/json").body(&body.to_string())
            }
            "cookie" => say(200).with("set-cookie", &format!("sid={}; HttpOnly", URL_SAFE_NO_PAD.encode(which))),
            "ws" | "sse" => scene(&draws, path, &echo, which),
            _ => say(200),
        },
    };
    let said = said.after(if below(4) == 0 { time() } else { below(50) });
    said.apart(keyed(key, "apart"))
}

fn scene(draws: &Draws, path: &str, echo: &str, which: &str) -> Said {
    let below = |most: u64| draws.draw() % most;
    let time = || MILLIS[below(MILLIS.len() as u64) as usize];
    let is_stream = path.starts_with("/sse");
    let mut scene = if is_stream { events() } else { open() };
    let mut is_split = false;
    let happens = |nth: u64, text: String| match is_stream {
        true => Happens::Event { id: nth.to_string(), data: text },
        false => Happens::Text(text),
    };
    for nth in 0..below(5) {
        let name = if below(2) == 0 { "a" } else { "b" };
        let text = serde_json::json!({ "type": name, "id": if below(2) == 0 { echo } else { which } }).to_string();
        let at = time();
        let text = match below(5) {
            // A frame that holds nothing else, or only a part.
            0 => which.to_owned(),
            // Nothing comes between the parts.
            1 => {
                is_split = true;
                let whole: Vec<char> = if below(3) == 0 { echo } else { which }.chars().collect();
                let length = whole.len().div_ceil(2 + below(2) as usize).max(1);
                for (place, part) in (0..).zip(whole.chunks(length)) {
                    scene = scene.happens(at + 5 * nth + 2 + place, happens(nth, part.iter().collect()));
                }
                continue;
            }
            _ => text,
        };
        scene = scene.happens(at, happens(nth, text));
    }
    scene = match below(6) {
        0 if !is_stream => scene.closed(time(), 1000),
        0 => scene.happens(time(), Happens::Ended),
        1 => scene.lost(time()),
        2 if is_stream => scene.happens(time(), Happens::CutOff),
        2 => scene.pongs(time()),
        3 => scene.echoes(time()),
        4 => scene.drains(time()),
        _ => scene,
    };
    let answered = time();
    if is_split { scene } else { scene.answers("go", answered, "a") }
}

/// A run with secrets, against servers that give them back.
pub fn pair(seed: u64) -> Pair {
    let draws = Draws::new(keyed(seed, "options"));
    let secrets = Secrets::of(seed);
    let variables = [("KEY", &secrets.key), ("PASS", &secrets.pass)];
    let variables: BTreeMap<String, String> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let (spec, has_plan) = spec(seed);
    Pair {
        spec,
        variables,
        plan: has_plan.then_some("p"),
        respond: Arc::new(move |asked| answered(seed, &secrets, asked)),
        seed,
        jobs: 1 + (draws.draw() % 3) as usize,
        fail_fast: draws.draw().is_multiple_of(6),
        stop_at: draws.draw().is_multiple_of(4).then(|| ms(draws.draw() % 20_000)),
    }
}
