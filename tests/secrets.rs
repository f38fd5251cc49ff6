//! No secret in any output: in every format, wherever it stood, however it was encoded.

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
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: session={}; Path=/\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            "c00k1e-value-of-this-session",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes());
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
        let api = super::servers::fixed(super::servers::answer("Content-Type: application/json\r\n", body.as_bytes()));
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
    let api = super::servers::fixed(super::servers::answer(
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
fn a_failed_exchange_tells_no_secret_of_its_url() {
    const TOKEN: &str = "Token-With-Capitals-7d1";
    let peer = serve(|stream| {
        head(stream);
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: /loop?token={TOKEN}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let _ = std::io::Write::write_all(stream, answer.as_bytes());
    });
    let spec = format!(
        "environment e default {{ token = secret(\"TOKEN\") }}\nsuite \"S\" {{\n  test \"loop\" {{ GET {peer}/ {{ bearer env.token; follow redirects up to 2; expect status 200 }} }}\n  \
         test \"host\" {{ GET http://{{{{env.token}}}}.invalid/ {{ timeout 5s; expect status 200 }} }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).variable("TOKEN", TOKEN).args(["run", "a.e2e"]).code(1);
    let texts = ["test_results.json", "test_results.html", "test_results.journal"].map(|name| done.read(name));
    for text in texts.iter().chain([&done.out, &done.err]) {
        for form in [TOKEN.to_owned(), TOKEN.to_lowercase()] {
            assert!(!text.contains(&form), "{form} stands in {text}");
        }
    }
    assert!(texts[0].contains("redirects were followed"), "what failed is told all the same");
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
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = std::io::Write::write_all(stream, answer.as_bytes());
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
    assert!(requests.len() == 2 && requests[1].contains("response="), "its own origin gets the answer: {requests:?}");
}
