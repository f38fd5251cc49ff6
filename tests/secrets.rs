//! No secret in any output: in every format, wherever it was, however it was encoded.

use base64::Engine as _;

use super::harness::Test;
use super::servers::{head, serve};

const SECRET: &str = "s3cr3t/with+signs&\"quotes\"-8c1f";

/// A server that gives back what it was sent, in headers, body and cookies.
fn echo() -> String {
    serve(|stream| {
        use std::io::{Read as _, Write as _};
        let request = head(stream);
        let length = request
            .to_ascii_lowercase()
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let mut sent = vec![0; length.unwrap_or(0usize)];
        let _ = stream.read_exact(&mut sent);
        let first = request.lines().next().unwrap_or_default().to_owned();
        let body = serde_json::json!({
            "line": first,
            "sent": String::from_utf8_lossy(&sent),
            "encoded": base64::engine::general_purpose::STANDARD.encode(format!("user:{SECRET}")),
            "token": SECRET,
        });
        let body = body.to_string();
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: session={}; Path=/\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            "c00k1e-value-of-this-session",
            body.len()
        );
        let _ = stream.write_all(response.as_bytes());
    })
}

fn forms(secret: &str) -> Vec<String> {
    let standard = base64::engine::general_purpose::STANDARD;
    let mut forms = vec![
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string(),
        serde_json::Value::from(secret).to_string().trim_matches('"').to_owned(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for shift in 0..3 {
        let encoded = standard.encode([&vec![b'x'; shift][..], secret.as_bytes()].concat());
        forms.push(encoded[4..encoded.len() - 4].to_owned());
    }
    forms
}

#[test]
fn a_secret_is_in_no_output_in_no_form() {
    let api = echo();
    let spec = format!(
        r#"environment staging {{
  api = "{api}"
  token = secret("E2E_SECRET")
}}
suite "Leaks" {{
  test "everywhere" {{
    POST {{{{env.api}}}}/path?key={{{{url_encode(env.token)}}}} {{
      bearer env.token
      header X-Token: env.token
      query again: env.token
      json {{ password: env.token }}
      expect status 201
      expect $.token == "other"
      expect $.line contains "nothing like it"
      expect $.encoded == "{{{{base64("user")}}}}"
      expect $.sent matches {{ a: 1 }}
      expect body contains "not in it"
    }}
  }}
  test "in a name and a capture" {{
    POST {{{{env.api}}}}/ {{
      basic "user", env.token
      form {{ secret: env.token }}
      capture secret token = $.token
      expect cookie session == "none"
      expect $.token == "{{{{token}}}}!"
    }}
    GET {{{{env.api}}}}/{{{{token}}}} {{ expect status 404 }}
  }}
  test "refused" {{
    GET http://127.0.0.1:1/{{{{url_encode(env.token)}}}} {{ expect status 200 }}
  }}
  test "a case" for each case in [{{ t: env.token }}] {{
    GET {{{{env.api}}}}/ {{ header X-Case: case.t; expect $.token == "no" }}
  }}
}}
"#
    );
    for more in [&["--color", "always"][..], &["-v"], &["--report", "github"]] {
        let test = Test::new().file("a.e2e", &spec).file("secrets.env", &format!("E2E_SECRET='{SECRET}'\n"));
        let done = test.args(["run", "a.e2e", "--env-file", "secrets.env"]).args(more.iter().copied()).code(1);
        let (json, html) = (done.read("test_results.json"), done.read("test_results.html"));
        let outputs = [("standard output", &done.out), ("standard error", &done.err), ("JSON", &json), ("HTML", &html)];
        for (name, text) in outputs {
            for form in forms(SECRET) {
                assert!(!text.contains(&form), "{name} holds {form:?}");
            }
            assert!(!text.contains("c00k1e-value-of-this-session"), "{name} holds the cookie");
        }
        assert!(
            done.out.contains("***") && json.contains("***") && html.contains("***"),
            "something was there to be masked"
        );
        serde_json::from_str::<serde_json::Value>(&json).unwrap();
    }
}

/// A line of GitHub's has its own escapes, which must not be applied before secrets are looked for.
#[test]
fn a_secret_that_an_annotation_would_escape_is_masked() {
    for secret in ["pA%c$x/yzzq!Q99", "first-line-71\nsecond-line-82"] {
        let body = serde_json::json!({ "token": secret }).to_string();
        let api =
            super::servers::fixed(super::servers::response("Content-Type: application/json\r\n", body.as_bytes()));
        let spec = format!(
            "environment staging {{\n  api = \"{api}\"\n  token = secret(\"E2E_SECRET\")\n}}\nsuite \"S\" {{\n  test \"t\" {{\n    \
             GET {{{{env.api}}}}/ {{ expect $.token == \"other\" }}\n  }}\n}}\n"
        );
        let test = Test::new().file("a.e2e", &spec).variable("E2E_SECRET", secret);
        let done = test.args(["run", "a.e2e", "--env", "staging", "--report", "github"]).code(1);
        assert!(done.out.lines().any(|line| line.starts_with("::error ") && line.contains("***")), "{}", done.out);
        let escaped = secret.replace('%', "%25").replace('\n', "%0A");
        for form in forms(secret).into_iter().chain([escaped.clone(), escaped.replace("%25", "%2525")]) {
            for text in [&done.out, &done.err] {
                assert!(!text.contains(&form), "{form:?} is in {text}");
            }
        }
    }
}

#[test]
fn a_token_that_the_test_did_not_get_as_far_as_to_capture_is_masked() {
    let token = "tok-9f8e7d6c5b4a3210";
    let api = super::servers::fixed(super::servers::response(
        "Content-Type: application/json\r\n",
        format!(r#"{{"access_token":"{token}","expires_in":900}}"#).as_bytes(),
    ));
    let spec = "environment local default { api = variable(\"API\") }\nsuite \"S\" {\n  test \"t\" {\n    POST {{env.api}}/login { expect status 200; capture secret token = $.acces_token }\n    GET {{env.api}}/ { bearer token; expect status 200 }\n  }\n}\n";
    let test = Test::new().file("a.e2e", spec).variable("API", &api);
    let done = test.args(["run", "a.e2e", "-v", "--report", "json=r.json", "--report", "html=r.html"]).code(1);
    let done = done.out("there is nothing to capture as `token`").out("\"expires_in\": 900");
    for text in [&done.out, &done.err, &done.read("r.json"), &done.read("r.html")] {
        assert!(!text.contains(token), "{text}");
    }
}

#[test]
fn a_failed_exchange_reveals_no_secret_of_its_url() {
    const TOKEN: &str = "Token-With-Capitals-7d1";
    let peer = serve(|stream| {
        head(stream);
        let response = format!(
            "HTTP/1.1 302 Found\r\nLocation: /loop?token={TOKEN}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let _ = std::io::Write::write_all(stream, response.as_bytes());
    });
    let spec = format!(
        "environment e default {{ token = secret(\"TOKEN\") }}\nsuite \"S\" {{\n  test \"loop\" {{ GET {peer}/ {{ bearer env.token; follow redirects up to 2; expect status 200 }} }}\n  \
         test \"host\" {{ GET http://{{{{env.token}}}}.invalid/ {{ timeout 5s; expect status 200 }} }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).variable("TOKEN", TOKEN).args(["run", "a.e2e"]).code(1);
    let texts = ["test_results.json", "test_results.html", "test_results.journal"].map(|name| done.read(name));
    for text in texts.iter().chain([&done.out, &done.err]) {
        for form in [TOKEN.to_owned(), TOKEN.to_lowercase()] {
            assert!(!text.contains(&form), "{form} is in {text}");
        }
    }
    assert!(texts[0].contains("redirects were followed"), "what failed is reported all the same");
}

#[test]
fn digest_credentials_go_to_no_other_origin() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let log = seen.clone();
    let thief = serve(move |stream| {
        let request = head(stream);
        log.lock().unwrap().push(request);
        let challenge = "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = std::io::Write::write_all(stream, challenge.as_bytes());
    });
    let target = thief.clone();
    let peer = serve(move |stream| {
        head(stream);
        let response =
            format!("HTTP/1.1 302 Found\r\nLocation: {target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = std::io::Write::write_all(stream, response.as_bytes());
    });
    let spec = |url: &str| {
        format!(
            "suite \"S\" {{ test \"t\" {{ GET {url}/ {{ digest \"user\", \"password-of-user\"; follow redirects up to 3; expect status 401 }} }} }}\n"
        )
    };
    Test::new().file("a.e2e", &spec(&peer)).args(["run", "a.e2e"]).code(0);
    let requests = std::mem::take(&mut *seen.lock().unwrap());
    assert!(requests.len() == 1 && !requests[0].to_lowercase().contains("authorization"), "{requests:?}");
    Test::new().file("a.e2e", &spec(&thief)).args(["run", "a.e2e"]).code(0);
    let requests = seen.lock().unwrap();
    assert!(requests.len() == 2 && requests[1].contains("response="), "its own origin gets the response: {requests:?}");
}

/// What is at a place for secrets is one, however it is written; what is marked, made or a placeholder isn't.
#[test]
fn what_is_written_out_at_a_place_for_secrets_is_warned_of() {
    const URL: &str = "https://api.example.com/x";
    let warned = [
        r#"bearer "made-up""#,
        r#"bearer "p""#,
        r#"basic "u", "p""#,
        r#"basic "ada", "correct horse battery""#,
        r#"digest "ada", "made-up""#,
        r#"header authorization: "bearer made-up""#,
        r#"header AUTHORIZATION: "Basic dTpw""#,
        r#"header proxy-authorization: "basic dTpw""#,
        r#"header x-api-key: "made-up""#,
        r#"header X-AUTH-TOKEN: "made-up""#,
        r#"header cookie: "sid=made-up; theme=<theme>""#,
        r#"query token: "made-up""#,
        r#"query API_KEY: "made-up""#,
        r#"query access_token: "made-up""#,
        r#"cookie session: "made-up""#,
        r#"cookie token: "made-up""#,
        r#"json { user: "ada", password: "correct-horse" }"#,
        r#"json { a: { Client_Secret: "made-up" } }"#,
        r#"json { a: [{ "refresh-token": "made-up" }] }"#,
        r#"form { user: "ada", passwd: "made-up" }"#,
        r#"multipart { secret: "made-up" }"#,
        r#"body "grant_type=password&client_secret=made-up""#,
        r#"body "token=made-up""#,
        r#"body "{ \"user\": \"ada\", \"password\": \"made-up\" }""#,
        r#"body """{"password" : "made-up"}""""#,
        r#"graphql "{ a }" with { token: "made-up" }"#,
    ];
    let warned_urls = [
        "https://api.example.com/x?token=made-up",
        "https://api.example.com/x?a=1&api_key=made-up#top",
        "https://api.example.com/x?a={{host}}&Access_Token=made-up",
        "https://ada:made-up@api.example.com/x",
        "https://{{host}}:made-up@api.example.com/x",
        "https://a-token-of-some-length@api.example.com/x",
        "{{host}}/x?password=made-up",
    ];
    let quiet = [
        r#"bearer invalid "made-up""#,
        r#"bearer invalid "p""#,
        r#"basic invalid "u", "p""#,
        r#"digest invalid "ada", "made-up""#,
        r#"bearer "an-expired-token""#,
        r#"bearer "<token>""#,
        r#"bearer "token-of-{{host}}""#,
        r#"header Authorization: "Bearer {{host}}""#,
        r#"header X-Request-Id: "made-up""#,
        r#"header cookie: "sid={{host}}""#,
        r#"query page_token_type: "made-up""#,
        r#"query q: "token""#,
        r#"cookie theme: "dark""#,
        r#"json { user: "ada", password: "" }"#,
        r#"json { user: "ada", password: "wrong-password" }"#,
        r#"json { user: "ada", password: "pw-{{host}}" }"#,
        r#"json { user: "ada", password: host }"#,
        r#"json { token_type: "bearer", tokens: "made-up" }"#,
        r#"body "grant_type=password&client_secret={{host}}""#,
        r#"body "{ \"password\": \"{{host}}\", \"type\": \"password\" }""#,
        r#"body "the token = made-up""#,
    ];
    let quiet_urls = [
        "https://api.example.com/x?token={{host}}",
        "https://api.example.com/x?tokens=made-up&token=",
        "https://ada@api.example.com/x",
        "https://ada:{{host}}@api.example.com/x",
        "https://api.example.com/a@b:c/x?mail=a:b@c.org",
    ];
    let part = |part: &&str| format!("GET {URL} {{ {part}; expect status 200 }}");
    let url = |url: &&str| format!("GET \"{url}\" {{ expect status 200 }}");
    let lets = ["let token = \"made-up\"", "let db_password = \"made-up\""];
    let quiet_lets = ["let token = \"{{host}}\"", "let password = host", "let token_type = \"made-up\""];
    let used = |line: &&str| {
        let name = line.split_whitespace().nth(1).unwrap();
        format!("{line}; GET {URL} {{ query q: {name}; expect status 200 }}")
    };
    let bad: Vec<String> =
        warned.iter().map(part).chain(warned_urls.iter().map(url)).chain(lets.iter().map(used)).collect();
    let good: Vec<String> =
        quiet.iter().map(part).chain(quiet_urls.iter().map(url)).chain(quiet_lets.iter().map(used)).collect();
    let mut spec = "suite \"S\" {\n".to_owned();
    for (index, line) in bad.iter().chain(&good).enumerate() {
        spec.push_str(&format!(
            "test \"row {index}\" {{ let host = uuid(); GET {URL}/{{{{host}}}} {{ expect status 200 }}; {line} }}\n"
        ));
    }
    spec.push_str("}\n");
    let done = Test::new().file("a.e2e", &spec).args(["check", "--format", "json"]).run();
    let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let found = found["diagnostics"].as_array().unwrap();
    let lines = |code: &str| -> Vec<u64> {
        let of = found.iter().filter(|one| one["code"] == code);
        of.map(|one| one["span"]["start"]["line"].as_u64().unwrap()).collect()
    };
    let errors: Vec<String> = found.iter().filter(|one| one["severity"] == "error").map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let lines = lines("e2e::check::secret_in_clear");
    for (index, line) in bad.iter().chain(&good).enumerate() {
        let is_warned = lines.contains(&(index as u64 + 2));
        assert_eq!(is_warned, index < bad.len(), "{line}");
    }
}
