//! What is masked and what isn't, in every output: cuts, encodings, what is computed from a secret, ordinary words.

use std::io::Read as _;

use base64::Engine as _;
use hmac::{KeyInit as _, Mac as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sha2::Digest as _;

use super::harness::{Done, Test};
use super::scripted::Scripted;
use super::servers::{fixed, head, response, serve};

const REPORTS: [&str; 7] =
    ["json=r.json", "html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "journal=r.journal", "blob=r.blob"];

/// Runs a spec with every report, and gives every output with its name.
pub fn outputs(spec: &str, variables: &[(&str, &str)], code: i32) -> (Done, Vec<(&'static str, String)>) {
    let mut test = Test::new().file("a.e2e", spec).args(["run", "a.e2e", "-v", "--report", "github"]);
    for report in REPORTS {
        test = test.args(["--report", report]);
    }
    // What can't be found can't be recorded.
    let is_recorded = variables.iter().all(|(_, value)| e2e_dsl::value::can_be_masked(value));
    if is_recorded {
        test = test.args(["--trace", "r.trace"]);
    }
    for (name, value) in variables {
        test = test.variable(name, value);
    }
    let done = test.code(code);
    let mut all = vec![("standard output", done.out.clone()), ("standard error", done.err.clone())];
    if is_recorded {
        all.extend([("trace", unpacked(&done.path("r.trace"))), ("replay", replayed(&done))]);
    }
    for report in REPORTS {
        let (format, path) = report.split_once('=').unwrap();
        all.push((format, done.read(path)));
    }
    (done, all)
}

/// The lines of a trace.
pub fn unpacked(path: &std::path::Path) -> String {
    String::from_utf8(zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()).unwrap()
}

/// All that a replay of the trace says.
fn replayed(done: &Done) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_e2e-dsl"))
        .args(["replay", "r.trace", "--report", "json=again.json", "--report", "html=again.html"])
        .current_dir(done.folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    format!("{}{}{}", String::from_utf8(said).unwrap(), done.read("again.json"), done.read("again.html"))
}

/// A server that gives back what it was sent, as the text `sent` of a JSON body and as its JSON `v`.
fn echo() -> String {
    serve(|stream| {
        let request = head(stream).to_ascii_lowercase();
        let length = request.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let mut sent = vec![0; length.unwrap_or(0usize)];
        let _ = stream.read_exact(&mut sent);
        let text = String::from_utf8_lossy(&sent);
        let json: serde_json::Value = serde_json::from_slice(&sent).unwrap_or_default();
        let body = serde_json::json!({ "sent": text, "v": json["v"] }).to_string();
        let _ = std::io::Write::write_all(stream, &response("Content-Type: application/json\r\n", body.as_bytes()));
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &str, message: &str) -> String {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The signature of a token with the claims `{"sub":"x"}` by HS256.
fn jwt_signature(key: &str) -> String {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256","typ":"JWT"}"#), encode(br#"{"sub":"x"}"#));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    encode(&mac.finalize().into_bytes())
}

/// Every function and operator: what it makes of a secret is one.
#[test]
fn what_is_computed_from_a_secret_is_a_secret() {
    let token = "Tok 9f8e/7D6C~5b4a3";
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let jwt =
        format!("{}.{}.signature-of-it", encode("{\"alg\":\"none\"}"), encode("{\"sub\":\"subject-of-a-token\"}"));
    let document = "{\"inner\":{\"key\":\"inner-key-value-77\"},\"list\":[\"first-of-a-list\"]}";
    let variables = [
        ("TOKEN", token),
        ("JWT", &jwt),
        ("DOC", document),
        ("ENCODED", &base64::engine::general_purpose::STANDARD.encode("decoded-inner-text")),
        ("PADDED", "  padded-secret-text  "),
        ("DIGIT", "digits-9182-end"),
    ];
    let rows: Vec<(&str, String)> = vec![
        ("env.token", token.to_owned()),
        ("base64(env.token)", base64::engine::general_purpose::STANDARD.encode(token)),
        ("base64_decode(env.encoded)", "decoded-inner-text".to_owned()),
        ("base64url(env.token)", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token)),
        ("base64url_decode(env.encoded)", "decoded-inner-text".to_owned()),
        ("hex_encode(env.token)", hex(token.as_bytes())),
        ("hex_encode(bytes(lower(env.token)))", hex(token.to_lowercase().as_bytes())),
        ("base64url(hex_decode(hex_encode(env.padded)))", "cGFkZGVkLXNlY3JldC10ZXh0".to_owned()),
        ("text(env.token)", token.to_owned()),
        ("jwt_sign({ sub: \"x\" }, env.token, \"HS256\")", jwt_signature(token)),
        ("url_join(\"https://h/\", \"x#{{env.digit}}\")", "digits-9182-end".to_owned()),
        ("one_of([env.token])", token.to_owned()),
        ("shuffled([env.token, env.token])", token.to_owned()),
        ("url_encode(env.token)", "Tok%209f8e%2F7D6C~5b4a3".to_owned()),
        ("sha256(env.token)", hex(&sha2::Sha256::digest(token))),
        ("hmac_sha256(env.token, \"m\")", hmac(token, "m")),
        ("hmac_sha256(\"k\", env.token)", hmac("k", token)),
        ("json(env.doc).inner.key", "inner-key-value-77".to_owned()),
        ("json(env.doc).list", "first-of-a-list".to_owned()),
        ("upper(json(env.doc).inner.key)", "INNER-KEY-VALUE-77".to_owned()),
        ("jwt(env.jwt).sub", "subject-of-a-token".to_owned()),
        ("join([\"a\", env.token], \"+\")", "9f8e/7D6C".to_owned()),
        ("split(env.token, \"/\")", "Tok 9f8e".to_owned()),
        ("split(env.token, \"/\")[1]", "7D6C~5b4a3".to_owned()),
        ("lower(env.token)", "tok 9f8e/7d6c~5b4a3".to_owned()),
        ("upper(env.token)", "TOK 9F8E/7D6C~5B4A3".to_owned()),
        ("trim(env.padded)", "padded-secret-text".to_owned()),
        ("\"more-{{env.token}}\"", "7D6C~5b4a3".to_owned()),
        ("sha256(\"{{env.token}}!\")", hex(&sha2::Sha256::digest(format!("{token}!")))),
        ("sha256(split(env.token, \"/\")[1])", hex(&sha2::Sha256::digest("7D6C~5b4a3"))),
        ("hmac_sha256(\"k\", lower(env.token))", hmac("k", &token.to_lowercase())),
        ("{ a: [{ b: sha256(env.digit) }] }", hex(&sha2::Sha256::digest("digits-9182-end"))),
    ];
    let api = echo();
    let mut spec = format!(
        "environment e default {{\n  api = \"{api}\"\n  token = secret(\"TOKEN\")\n  jwt = secret(\"JWT\")\n  doc = secret(\"DOC\")\n  \
         encoded = secret(\"ENCODED\")\n  padded = secret(\"PADDED\")\n  digit = secret(\"DIGIT\")\n}}\nsuite \"S\" {{\n"
    );
    for (index, (expression, _)) in rows.iter().enumerate() {
        spec.push_str(&format!(
            "  test \"row {index}\" {{ POST {{{{env.api}}}}/ {{ json {{ v: {expression} }}; expect $.v == \"x\"; expect $.sent == \"y\" }} }}\n"
        ));
    }
    spec.push_str(
        "  test \"captured\" { POST {{env.api}}/ { json { v: env.digit }; expect status 200; capture part = $.v /digits-(.*)/ }\n    \
         POST {{env.api}}/ { json { v: \"{{part}}!\" }; expect $.v == \"x\" } }\n}\n",
    );
    let (done, all) = outputs(&spec, &variables, 1);
    for (name, text) in &all {
        for (expression, shown) in &rows {
            assert!(!text.contains(shown.as_str()), "{name} shows what `{expression}` is worth: {shown}");
        }
        assert!(!text.contains("9182-end"), "{name} shows what was captured of a secret");
    }
    assert!(done.out.matches("***").count() >= rows.len(), "{}", done.out);
}

/// The nearer a secret is to the place at which a text is cut, the less of it is left: nothing may be.
#[test]
fn no_cut_leaves_the_beginning_of_a_secret() {
    const SECRET: &str = "k7Qz\"w\\9Xv3-pL0m2Nb8Vc5";
    let mut tests = String::new();
    let mut script = String::new();
    for before in [0, 30, 55, 60, 70, 75, 79, 80, 81, 100, 115, 119, 120, 2000, 2040, 4090] {
        let pad = "a".repeat(before);
        let text = serde_json::Value::from(format!("{pad}{SECRET}{SECRET}")).to_string();
        script.push_str(&format!("GET /json{before} 200\n  {{\"v\": {text}, \"w\": [{text}]}}\n"));
        script.push_str(&format!("GET /text{before} 200\n  {pad}{SECRET}\n  {pad}{SECRET}\n"));
        script.push_str(&format!(
            "GET /ndjson{before} 200 | Content-Type: application/x-ndjson\n  {{\"type\":\"t\",\"v\":{text}}}\n"
        ));
        script.push_str(&format!(
            "GET /sse{before} 200 | Content-Type: text/event-stream\n  event: e\n  data: {pad}{SECRET}\n\n"
        ));
        script.push_str(&format!("websocket /ws{before}\n  <hex {}\n", hex(format!("{pad}{SECRET}").as_bytes())));
        tests.push_str(&format!(
            "  test \"bytes {before}\" {{\n    websocket w{before} {{{{env.ws}}}}/ws{before}\n    expect on w{before} in order within 300ms {{ frame binary {{ expect hex == \"00\" }} }}\n  }}\n"
        ));
        tests.push_str(&format!(
            "  test \"cut at {before}\" {{\n    GET {{{{env.api}}}}/json{before} {{ expect $.v == \"x\"; expect $.w == [\"x\"]; expect $ matches {{ v: \"x\" }}; expect $.w[0] matches /q/; expect $.w each == \"x\" }}\n  }}\n  \
             test \"text {before}\" {{\n    GET {{{{env.api}}}}/text{before} {{ expect body == \"x\" }}\n  }}\n  \
             test \"lines {before}\" {{\n    ndjson c{before} {{{{env.api}}}}/ndjson{before}\n    expect on c{before} event \"t\" within 300ms {{ $.v == \"x\" }}\n  }}\n  \
             test \"events {before}\" {{\n    sse d{before} {{{{env.api}}}}/sse{before}\n    expect on d{before} event \"f\" within 300ms\n  }}\n"
        ));
    }
    let served = Scripted::start(&script);
    let spec = format!(
        "environment e default {{\n  api = \"http://{address}\"\n  ws = \"ws://{address}\"\n  key = secret(\"KEY\")\n}}\nsuite \"S\" {{\n{tests}}}\n",
        address = served.addresses[0]
    );
    let (done, all) = outputs(&spec, &[("KEY", SECRET)], 1);
    assert!(done.out.contains("***"), "{}", done.out);
    for (name, text) in &all {
        for part in ["k7Qz", "6b37517a", "w\\9Xv3", "pL0m2Nb8Vc5", "Nb8Vc5"] {
            let at = text.find(part);
            assert!(
                at.is_none(),
                "{name} holds {part:?}: {:?}",
                at.map(|at| text[..at]
                    .chars()
                    .rev()
                    .take(80)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect::<String>())
            );
        }
    }
}

/// A spec whose author wrote out what is a secret: its lines are drawn with diagnostics, and cut where they are long.
#[test]
fn a_secret_that_a_spec_writes_out_is_masked_before_its_lines_are_cut() {
    let token = "qZ7xW2mK9-Tok-of-the-spec-itself-8e7d6c5b4a32100ff";
    let lines = "pem-one-4b3a2f1e\npem-two-9c8d7e6f\npem-end-0a1b2c3d";
    let mut spec = format!(
        "environment e default {{\n  api = \"{}\"\n  token = secret(\"TOKEN\")\n  pem = secret(\"PEM\")\n}}\nsuite \"S\" {{\n",
        echo()
    );
    for pad in (0..200).step_by(3) {
        let (before, after) = ("x".repeat(pad), "y".repeat(200 - pad));
        spec.push_str(&format!(
            "  test \"row {pad}\" {{ POST {{{{env.api}}}}/ {{ json {{ v: 1, w: \"{before} {token} {after}\" }}; expect $.v == 2 }} }}\n"
        ));
        spec.push_str(&format!(
            "  test \"value {pad}\" {{ POST {{{{env.api}}}}/ {{ json {{ v: 1 }}; expect $.v == \"{before} {token} {after}\" }} }}\n"
        ));
    }
    spec.push_str(&format!(
        "  test \"lines\" {{\n    POST {{{{env.api}}}}/ {{\n      body \"\"\"\n{lines}\n\"\"\"; expect $.v == 2\n      expect status 201\n    }}\n  }}\n}}\n"
    ));
    let (_, all) = outputs(&spec, &[("TOKEN", token), ("PEM", lines)], 1);
    for (name, text) in &all {
        for part in ["qZ7xW2", "2100ff", "pem-one", "pem-two", "pem-end", "0a1b2c"] {
            let at = text
                .find(part)
                .map(|at| text[..at].chars().rev().take(200).collect::<String>().chars().rev().collect::<String>());
            assert!(at.is_none(), "{name} shows {part} behind {}", at.unwrap_or_default());
        }
    }
    assert!(all[0].1.contains("***"), "{}", all[0].1);
}

/// What a server sends where nothing of it is understood is shown by its beginning: that is cut once it is masked.
#[test]
fn the_beginning_of_what_is_not_understood_shows_no_part_of_a_secret() {
    let token = "qZ7xW2mK9-Tok-of-a-broken-head-8e7d6c5b4a32100ff";
    let lines = "pem-one-4b3a2f1e-of-it\npem-two-9c8d7e6f-of-it\npem-end-0a1b2c3d-of-it";
    let api = serve(|stream| {
        let request = head(stream);
        let token = request.split("X-Tok: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (kind, pad) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let pad = "z".repeat(pad.parse().unwrap_or(0));
        let sent = match kind {
            "status" => format!("HTTP/1.1 2x0 {pad}{token}\r\n\r\n").into_bytes(),
            "head" => format!("{pad}{token}\r\n\r\n").into_bytes(),
            "name" => format!("HTTP/1.1 200 OK\r\n{pad} {token}: 1\r\n\r\n").into_bytes(),
            "length" => format!("HTTP/1.1 200 OK\r\nContent-Length: {pad}{token}\r\n\r\n").into_bytes(),
            "coding" => response("Content-Encoding: gzip\r\n", format!("{pad}{token}").as_bytes()),
            "bytes" => response("Content-Encoding: gzip\r\n", format!("\u{1}{pad}{token}").as_bytes()),
            _ => {
                let lines: Vec<&str> =
                    "pem-one-4b3a2f1e-of-it\npem-two-9c8d7e6f-of-it\npem-end-0a1b2c3d-of-it".lines().collect();
                response(
                    "Content-Type: application/json\r\n",
                    serde_json::json!({ "lines": lines }).to_string().as_bytes(),
                )
            }
        };
        let _ = std::io::Write::write_all(stream, &sent);
    });
    let mut spec = format!(
        "environment e default {{\n  api = \"{api}\"\n  token = secret(\"TOKEN\")\n  pem = secret(\"PEM\")\n}}\nsuite \"S\" {{\n"
    );
    for kind in ["status", "head", "name", "length", "coding", "bytes", "lines"] {
        let pads: Vec<usize> = match kind {
            "coding" | "bytes" => (0..8).collect(),
            "lines" => vec![0],
            _ => (0..64).step_by(4).collect(),
        };
        for pad in pads {
            spec.push_str(&format!(
                "  test \"{kind} {pad}\" {{ GET {{{{env.api}}}}/{kind}/{pad} {{ header X-Tok: env.token; compressed; expect $.v == 1 }} }}\n"
            ));
        }
    }
    let (_, all) = outputs(&(spec + "}\n"), &[("TOKEN", token), ("PEM", lines)], 1);
    let hex = hex(&token.as_bytes()[..4]);
    let spaced = hex.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    for (name, text) in &all {
        for part in ["qZ7x", "pem-one", "pem-two", "pem-end", &hex, &spaced] {
            let at = text
                .find(part)
                .map(|at| text[..at].chars().rev().take(200).collect::<String>().chars().rev().collect::<String>());
            assert!(at.is_none(), "{name} shows {part} behind {}", at.unwrap_or_default());
        }
    }
    assert!(all[0].1.contains("***"), "{}", all[0].1);
}

/// However a server encodes a secret, and however often, it is in no output.
#[test]
fn no_encoding_of_a_secret_is_in_any_output() {
    type Encode = fn(&str) -> String;
    let encoders: [Encode; 9] = [
        |text| serde_json::Value::from(text).to_string(),
        |text| text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        |text| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('\'', "&apos;"),
        |text| text.chars().map(|c| format!("&#{};", c as u32)).collect(),
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string(),
        |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        |text| base64::engine::general_purpose::STANDARD.encode(format!("u:{text}")),
        |text| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(text).into_bytes();
            encoded.chunks(20).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
        },
        |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    ];
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(4) });
    let secrets = prop_oneof![
        "[A-Za-z0-9]{3}[ -~é]{8,24}[A-Za-z0-9]{3}",
        "[\\\\\"'%&<]{1,3}[A-Za-z0-9_-]{8,24}[\\\\\"'%&<]{1,3}"
    ];
    let nestings = prop::collection::vec(prop::collection::vec(0..encoders.len(), 0..3), 12);
    let held = runner.run(&(secrets, nestings), |(secret, nestings)| {
        let texts: Vec<String> = nestings
            .iter()
            .map(|nesting| nesting.iter().fold(secret.clone(), |text, at| encoders[*at](&text)))
            .collect();
        let body = serde_json::json!({ "texts": texts }).to_string();
        let api = fixed(response("Content-Type: application/json\r\n", body.as_bytes()));
        let mut spec =
            format!("environment e default {{\n  api = \"{api}\"\n  key = secret(\"KEY\")\n}}\nsuite \"S\" {{\n");
        for index in 0..texts.len() {
            spec.push_str(&format!(
                "  test \"t{index}\" {{ GET {{{{env.api}}}}/ {{ expect $.texts[{index}] == \"x\" }} }}\n"
            ));
        }
        let (_, all) = outputs(&(spec + "}\n"), &[("KEY", &secret)], 1);
        for (name, text) in &all {
            prop_assert!(
                text.contains("***") || *name == "standard error",
                "{} masks nothing: {}",
                name,
                text.chars().take(1500).collect::<String>()
            );
            for form in texts.iter().chain([&secret]) {
                // As it is, and in the quotes of a report in JSON.
                let quoted = serde_json::Value::from(form.as_str()).to_string();
                for form in [form.as_str(), quoted.trim_matches('"')] {
                    prop_assert!(!text.contains(form), "{} holds {:?} of {:?}", name, form, secret);
                }
            }
        }
        Ok(())
    });
    held.unwrap();
}

#[test]
fn ordinary_words_of_a_server_stay() {
    let body = br#"{"level":"highlights","colour":"solarized","password":"Xk29-vbQ7","Token":"tok-en-of-it","tokens":"not-one-word"}"#;
    let head = "Content-Type: application/json\r\nSet-Cookie: theme=lights; Path=/\r\nSet-Cookie: sid=hidden-cookie; HttpOnly\r\n\
                Set-Cookie: long=0123456789abcdef; Path=/\r\n";
    let api = fixed(response(head, body));
    let spec = format!(
        "suite \"lights\" {{\n  test \"highlights are lights\" {{ GET {api}/lights {{ bearer invalid \"literal-token\"\n    header X-Word: \"solarized\"\n    expect $.level == \"x\"; expect $.tokens == \"x\"; \
         expect header Set-Cookie == \"none\"; expect headers Set-Cookie == []; expect cookie theme == \"x\"; expect $.colour == \"literal-token\" }} }}\n}}\n"
    );
    let (done, all) = outputs(&spec, &[], 1);
    for (name, text) in &all {
        for secret in ["Xk29-vbQ7", "tok-en-of-it", "hidden-cookie", "0123456789abcdef"] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
        assert!(!text.contains("high***"), "{name} masks a word within another");
        // What is no secret is needed to judge again.
        assert!(*name == "trace" || !text.contains("theme=lights"), "{name} shows the value of Set-Cookie");
    }
    for word in ["highlights are lights", "\"solarized\"", "not-one-word", "literal-token", "\"lights\"", "/lights"] {
        assert!(done.out.contains(word), "{word} is no secret: {}", done.out);
    }
    assert!(done.out.contains("`header Set-Cookie` is ***"), "{}", done.out);
}

#[test]
fn what_cannot_be_masked_is_said_before_the_run() {
    let api = fixed(response("", b"ok"));
    let spec = |real: &str| {
        format!(
            "environment e default {{\n  api = \"{api}\"\n  {real}\n  pin = secret(\"PIN\")\n  word = secret(\"WORD\")\n  key = secret(\"KEY\")\n}}\n\
             suite \"S\" {{ test \"t\" {{ GET {{{{env.api}}}}/ {{ bearer env.pin; expect status 200 }} }} }}\n"
        )
    };
    let variables = |test: Test| test.variable("PIN", "0815").variable("WORD", "false").variable("KEY", "long-enough");
    let done = variables(Test::new().file("a.e2e", &spec(""))).args(["run", "a.e2e"]).code(0);
    let done = done.err("e2e::plan::unmaskable").err("env.pin").err("env.word").err("shorter than 6 characters");
    assert!(!done.err.contains("env.key`") && !done.err.contains("0815"), "{}", done.err);
    let real = spec("require real")
        .replace(&format!("api = \"{api}\""), "")
        .replace("{{env.api}}/", "https://www.rust-lang.org/");
    let done = variables(Test::new().file("a.e2e", &real)).args(["run", "a.e2e"]).code(2);
    done.err("e2e::plan::unmaskable").err("`require real` forbids it");
    // Where nothing is sent, nothing is missing.
    let listed = Test::new().file("a.e2e", &spec("")).args(["list", "a.e2e"]).code(0);
    assert!(!listed.err.contains("unmaskable"), "{}", listed.err);
}

#[test]
fn a_secret_in_a_name_is_refused_before_the_run() {
    let spec = |suite: &str, test: &str| {
        format!(
            "environment e default {{ key = secret(\"KEY\") }}\nsuite \"{suite}\" {{ test \"{test}\" {{ GET http://127.0.0.1:9/ {{ expect status 200 }} }} }}\n"
        )
    };
    for (suite, test) in [("S", "a hunter-2-2 b"), ("hunter-2-2", "t")] {
        let done = Test::new().file("a.e2e", &spec(suite, test)).variable("KEY", "hunter-2-2").args(["run", "a.e2e"]);
        let done = done.code(2).err("e2e::plan::secret_in_name");
        assert!(!done.path("test_results.journal").exists(), "nothing was begun");
    }
    // A case whose value is a secret is named by its number.
    let spec = "environment e default { key = secret(\"KEY\") }\nsuite \"S\" {\n  test \"t\" for each case in [{ k: env.key, n: \"one\" }, { k: \"open\", n: \"two\" }] {\n    \
                GET http://127.0.0.1:9/{{case.n}} { expect status 200 }\n  }\n}\n";
    let done = Test::new().file("a.e2e", spec).variable("KEY", "hunter-2-2").args(["list", "a.e2e"]).code(0);
    assert!(done.out.contains("[case 1]") && done.out.contains("k: open"), "{}", done.out);
}

/// What is captured as a secret may be more than a text.
#[test]
fn every_text_of_a_secret_object_is_a_secret() {
    let body = br#"{"login":{"name":"user-name-11","more":["list-item-22"],"pin":"0815"},"n":1}"#;
    let api = fixed(response("Content-Type: application/json\r\n", body));
    let spec = format!(
        "suite \"S\" {{ test \"t\" {{ GET {api}/ {{ capture secret login = $.login; expect $.n == 2; expect $.login == {{}} }}\n GET {api}/{{{{length(login)}}}} {{ expect status 200 }} }} }}\n"
    );
    let (done, all) = outputs(&spec, &[], 1);
    assert!(done.out.contains("***"), "{}", done.out);
    for (name, text) in &all {
        for secret in ["user-name-11", "list-item-22"] {
            assert!(!text.contains(secret), "{name} holds {secret}: {text}");
        }
    }
}
