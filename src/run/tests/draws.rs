//! What is drawn follows from the seed and the place, and from nothing else.

use super::scripted::{Ran, file, json, open, say};

/// The random values of a run: what was sent, and what the transport draws from, by the request's first words.
fn drawn(ran: &Ran) -> Vec<String> {
    let mut drawn: Vec<String> = ran
        .calls
        .iter()
        .map(|call| format!("{} {} {}", call.what, String::from_utf8_lossy(&call.body), call.seed))
        .collect();
    drawn.sort();
    drawn
}

const SPEC: &str = r#"
suite "s" {
  test "t" {
    let id = uuid()
    POST http://s/{{id}} { json { n: random_int(1, 1000000) }; expect status 200 }
    parallel {
      POST http://s/a { json { id: uuid() }; expect status 200 }
      POST http://s/b { json { id: uuid() }; expect status 200 }
    }
    repeat 3 times { POST http://s/c { json { id: uuid() }; expect status 200 } }
    parallel for each x in [1, 2, 3] { POST http://s/d { json { id: uuid() }; expect status 200 } }
    call made(); call made()
    websocket ch ws://s/ws
    send ch json { id: uuid() }
  }
}
flow made() { POST http://s/f { json { id: uuid() }; expect status 200 } }
"#;

fn with_delays(spec: &str, seed: u64, delays: u64) -> Ran {
    let answered = file(spec).options(|options| options.seed = seed).responds(move |asked| {
        // Whichever of the branches comes first.
        let late = asked.path.len() as u64 * 37 % 11 * delays + asked.nth as u64 * delays;
        if asked.path == "/ws" { open() } else { say(200).after(late) }
    });
    answered.run().passed()
}

#[test]
fn a_seed_reproduces_every_draw_whatever_comes_first() {
    let first = drawn(&with_delays(SPEC, 7, 0));
    for delays in 0..5 {
        assert_eq!(drawn(&with_delays(SPEC, 7, delays)), first, "{delays}");
    }
    assert_ne!(drawn(&with_delays(SPEC, 8, 0)), first);
}

#[test]
fn every_place_draws_values_of_its_own() {
    let drawn = drawn(&with_delays(SPEC, 7, 0));
    let values: std::collections::HashSet<&str> =
        drawn.iter().filter_map(|call| call.split("\"id\":\"").nth(1)).filter_map(|rest| rest.get(..36)).collect();
    // One a branch, round, element, call and frame.
    assert_eq!(values.len(), 2 + 3 + 3 + 2 + 1, "{drawn:#?}");
}

#[test]
fn a_step_that_is_added_changes_no_draw_of_another() {
    let before = drawn(&with_delays(SPEC, 7, 0));
    let more = SPEC
        .replace(
            "    call made(); call made()\n",
            "    GET http://s/more { expect status 200 }\n    call made(); call made()\n",
        )
        .replace("expect status 200 }\n    }", "expect status 200; expect time < 1h }\n    }");
    let after = drawn(&with_delays(&more, 7, 0));
    let added: Vec<_> = after.iter().filter(|call| !before.contains(call)).collect();
    assert_eq!(added.len(), 1, "{added:?}");
    assert!(added[0].starts_with("GET /more"));
}

#[test]
fn a_credential_draws_the_same_whichever_test_fetches_it() {
    let spec = r#"
credential token = login()
flow login() -> token {
  POST http://s/login { json { nonce: uuid() }; expect status 200; capture secret token = $.token }
  return token
}
suite "s" {
  tests side by side
  test "t" { GET http://s/a { bearer token; expect status 200 } }
  test "u" { wait 1ms; GET http://s/b { bearer token; expect status 200 } }
}
"#;
    let login = |spec: &str| {
        let ran = file(spec)
            .responds(|asked| if asked.path == "/login" { json(r#"{"token":"abcdefgh"}"#) } else { say(200) });
        let ran = ran.run().passed();
        let of_login: Vec<_> = ran.calls.iter().filter(|call| call.what == "POST /login").collect();
        assert_eq!(of_login.len(), 1);
        (of_login[0].body.clone(), of_login[0].seed)
    };
    let other_first = spec.replace("{ GET http://s/a", "{ wait 5ms; GET http://s/a");
    assert_ne!(spec, other_first);
    assert_eq!(login(spec), login(&other_first));
}

#[test]
fn a_run_is_the_same_each_time_to_the_millisecond() {
    let run = |seed: u64| {
        let ran = with_delays(SPEC, seed, 13);
        let calls: Vec<String> = ran.calls.iter().map(|call| format!("{call:?}")).collect();
        (calls, ran.received(), ran.took())
    };
    let (first, other) = (run(7), run(8));
    assert_eq!(run(7), first);
    assert_ne!(other.0, first.0, "other values");
    let times = |calls: &(Vec<String>, Vec<(u64, String)>, u64)| (calls.1.clone(), calls.2);
    assert_eq!(times(&other), times(&first), "at the same times");
}
