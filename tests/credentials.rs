//! Credentials on real sockets: fetched once, shared, renewed in time, and no proof of anything else.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::harness::Test;
use super::plans::{outcome, remembering, run};
use super::servers::{head, serve};

/// Gives tokens that live two seconds, and refuses requests with any other.
struct Tokens {
    issued: Mutex<Vec<(String, Instant)>>,
    requests: Mutex<(usize, usize)>,
}

const TOKEN_LIFE: Duration = Duration::from_secs(2);

fn tokens() -> (String, Arc<Tokens>) {
    let tokens = Arc::new(Tokens { issued: Mutex::default(), requests: Mutex::default() });
    let kept = tokens.clone();
    let url = serve(move |stream| {
        loop {
            let request = head(stream);
            if !request.ends_with("\r\n\r\n") {
                break;
            }
            let now = Instant::now();
            let (status, body) = if request.starts_with("GET /token") {
                let mut issued = kept.issued.lock().unwrap();
                let token = format!("token-number-{:04}", issued.len());
                issued.push((token.clone(), now));
                ("200 OK", format!("{{\"access_token\":\"{token}\",\"expires_in\":2}}"))
            } else {
                let issued = kept.issued.lock().unwrap();
                let known = issued.iter().find(|(token, _)| request.contains(&format!("Bearer {token}\r\n")));
                let good = known.is_some_and(|(_, at)| now.duration_since(*at) < TOKEN_LIFE);
                let mut requests = kept.requests.lock().unwrap();
                requests.0 += 1;
                requests.1 += usize::from(!good);
                (if good { "200 OK" } else { "401 Unauthorized" }, "{}".to_owned())
            };
            let response = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(response.as_bytes()).is_err() {
                break;
            }
        }
    });
    (url, tokens)
}

/// Declares a credential of the token server, renewed 600 ms before it expires.
fn credential(url: &str) -> String {
    format!(
        "flow fetch() -> secret {{\n  GET {url}/token {{ expect status 200; capture secret token = $.access_token; capture life = $.expires_in }}\n  return token expires in life\n}}\n\
         credential api = fetch() refresh before 600ms\n"
    )
}

#[test]
fn a_credential_is_fetched_once_a_lifetime_and_never_used_after_it() {
    let (url, tokens) = tokens();
    let spec = format!(
        "{}suite \"S\" {{ tests side by side\n test \"asks\" for each n in 1..4 {{\n repeat 50 times {{ GET {url}/data?n={{{{n}}}} {{ bearer api; expect status 200 }}\n wait 400ms }} }} }}\n",
        credential(&url)
    );
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0).json();
    let (asked, refused) = *tokens.requests.lock().unwrap();
    assert_eq!((asked, refused), (200, 0), "requests, and those with a token that had expired");
    let issued = tokens.issued.lock().unwrap();
    let fresh_for = TOKEN_LIFE - Duration::from_millis(600);
    for pair in issued.windows(2) {
        // A little earlier: the tool counts from when it has the response, this server from before it sends it.
        assert!(
            pair[1].1 - pair[0].1 >= fresh_for,
            "{:?} is renewed {:?} after it was got",
            pair[0].0,
            pair[1].1 - pair[0].1
        );
    }
    let duration = report["run"]["duration_ms"].as_f64().unwrap();
    assert!(duration >= 20_000.0, "{duration}");
    let most = (duration / fresh_for.as_secs_f64() / 1000.0).ceil() as usize + 1;
    assert!((7..=most).contains(&issued.len()), "{} tokens in {duration} ms", issued.len());
    assert_eq!(report["credentials"][0]["obtained_at_ms"].as_array().unwrap().len(), issued.len());
}

#[test]
fn a_phase_may_renew_credentials() {
    let (url, tokens) = tokens();
    let plan = |renew: &str| {
        format!(
            "{}plan p {{ phase \"A\" {{ run tags a; gate success > 90% }}\n phase \"B\" {{ {renew}\n run tags b; gate success > 90% }} }}\n\
             suite \"A\" {{ tags a\n test \"a\" {{ GET {url}/a {{ bearer api; expect status 200 }} }} }}\n\
             suite \"B\" {{ tags b\n test \"b\" {{ GET {url}/b {{ bearer api; expect status 200 }} }} }}\n",
            credential(&url).replace("expires in life", "expires in 1h").replace("; capture life = $.expires_in", "")
        )
    };
    run(&plan(""), 0);
    assert_eq!(tokens.issued.lock().unwrap().len(), 1);
    run(&plan("renew credentials"), 0);
    assert_eq!(tokens.issued.lock().unwrap().len(), 3);
}

#[test]
fn who_fetches_a_credential_is_no_less_vacuous() {
    let (api, _) = remembering();
    let spec = format!(
        "flow fetch() -> secret {{\n GET {api}/token {{ expect status 200 }}\n return \"a-token-of-twenty-odd\" expires in 60\n }}\ncredential token = fetch()\n\
         suite \"S\" {{ test \"t\" {{ GET {api}/items {{ bearer token; capture items = $.items }}\n for each item in items or none {{ GET {api}/{{{{item}}}} {{ expect status 200 }} }} }} }}\n"
    );
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
    assert_eq!(
        outcome(&report, "t")["outcome"],
        "vacuous",
        "the credential's flow expected something, the test didn't"
    );
}
