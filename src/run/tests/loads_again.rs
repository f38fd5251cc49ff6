//! What a load's report says is all that it is judged by.

use super::scripted::{Asked, Ran, Said, fail, file, json, open, say};
use crate::event::FailureKind;
use crate::judge::load::Look;
use crate::report::load::{Known, LoadWriter};
use crate::report::model::{Location, Test};
use crate::report::{Builder, Redactor};

type Respond = fn(&Asked<'_>) -> Said;

/// Loads that measure everything that there is.
fn cases() -> Vec<(String, Respond)> {
    let users = "users 3 ramp 2s hold 6s\n\
        scenario \"read\" weight 3 { tags browsing; GET http://s/a/{{1 + 2}} { expect status 200; expect $.n == 1 } }\n\
        scenario \"write\" { POST http://s/b { expect status 201; retry 2 times on 503 } }\n\
        before each user { GET http://s/in { expect status 200 } }\n\
        threshold p95(time) < 1s\nthreshold mean(time of \"read\") < 10ms over last 3s\nthreshold max(time of \"POST /b\") < 1s\n\
        threshold p99(time to first byte of \"browsing\") < 5ms\nthreshold error rate < 90%\n\
        threshold error rate of \"GET /a/*\" < 1%\nthreshold errors of 5xx < 100 abort after 5s\nthreshold errors < 3\n\
        threshold throughput > 1/s\nthreshold throughput of \"read\" > 1000/s\nthreshold iterations > 2\n\
        threshold success > 1%\nthreshold success of \"POST /b\" > 50%";
    let rate = "rate 20/s for 3s using at most 2 users\nscenario { GET http://s/a { expect status 200 } }\n\
        threshold dropped arrivals < 3\nthreshold error rate < 1% over last 1s abort";
    let channels = "users 2 hold 3s\n\
        scenario {\n\
          websocket chat ws://s/c { events by $.type; expect status 101 }\n\
          send chat text \"go\"\n\
          expect on chat in order within 5s { event \"token\" at least 2 times; event \"done\"; never event \"error\" }\n\
          close chat with 1000\n\
        }\n\
        threshold success of connect chat > 99%\nthreshold p95(connect chat) < 60ms\n\
        threshold max(time to event \"done\") < 510ms\nthreshold max(gap of event \"token\") < 110ms\n\
        threshold failures of never == 0\nthreshold success > 99%";
    vec![
        (users.replace("{{1 + 2}}", "3").replace("; retry 2 times on 503", ""), |asked| match asked.nth % 7 {
            0 => say(503).after(30),
            1 => fail(FailureKind::Reset).after(40),
            2 => json("{\"n\": 2}").after(110),
            _ if asked.path == "/b" => say(201).after(250),
            _ => json("{\"n\": 1}").after(20),
        }),
        (rate.to_owned(), |_| say(200).after(300)),
        (rate.replace("at most 2", "at most 20"), |_| say(500).after(300)),
        (channels.to_owned(), |asked| match asked.nth % 3 {
            0 => say(503).after(20),
            1 => open().after(50).event(100, "token").event(200, "error").echoes(1),
            _ => open().after(50).event(100, "token").event(200, "token").event(500, "done").echoes(1),
        }),
    ]
}

fn ran(lines: &str, respond: Respond) -> Ran {
    file(&format!("load \"l\" {{\n{lines}\n}}\n")).responds(respond).run()
}

/// As a report has it.
fn told(ran: &Ran) -> Test {
    let (sources, redactor) = (ran.sources(), Redactor::default());
    let test = Builder { sources, redactor: &redactor }.test(ran.test("l"), &ran.result.service_map);
    serde_json::from_str(&serde_json::to_string(&test).unwrap()).unwrap()
}

#[test]
fn what_is_read_of_a_load_is_what_was_written() {
    for (lines, respond) in cases() {
        let ran = ran(&lines, respond);
        let test = told(&ran);
        let load = test.load.as_deref().unwrap();
        let of = ran.test("l").load.as_deref().unwrap();
        let mut known = Known::default();
        let again = known.load(load, test.started_ms);
        let place = |span| known.places.give(span);
        let about = |url: &str| {
            let one = load.measured.requests.iter().find(|one| one.url == url).unwrap();
            (one.path.clone(), one.service.clone())
        };
        assert_eq!(LoadWriter { place: &place, about: &about }.load(&again), *load);
        let messages = |of: &crate::judge::load::LoadResult| {
            let all = of.diagnostics().into_iter();
            all.map(|one| (one.code.name, one.message, one.label, one.related.len())).collect::<Vec<_>>()
        };
        assert_eq!(messages(&again), messages(of), "{lines}");
        assert_eq!(again.is_by_failures(), of.is_by_failures());
        let (facts, were) = (again.facts(&again.diagnostics()), of.facts(&of.diagnostics()));
        assert_eq!(
            (facts.expectations, facts.exchanges, facts.failed),
            (were.expectations, were.exchanges, were.failed)
        );
        // Each is judged as it was.
        for (at, one) in load.thresholds.iter().enumerate() {
            assert_eq!(again.spec.thresholds[at].measure, of.spec.thresholds[at].measure, "{}", one.text);
            assert_eq!(again.ended.thresholds[at].measured, of.ended.thresholds[at].measured);
        }
        assert!(matches!(test.location, Some(Location { line: 1, .. })));
    }
}

#[test]
fn a_threshold_of_a_later_version_does_not_hold() {
    let (lines, respond) = cases().swap_remove(0);
    let mut test = told(&ran(&lines, respond));
    let load = test.load.as_mut().unwrap();
    let mut json = serde_json::to_value(&load.thresholds).unwrap();
    for (at, (field, word)) in
        [("measure", "calm"), ("op", "~"), ("of", "dreams"), ("statistic", "p101")].into_iter().enumerate()
    {
        json[at] = json[0].clone();
        json[at]["limit"] = 1e9.into();
        json[at][field] = word.into();
    }
    load.thresholds = serde_json::from_value(json).unwrap();
    let mut known = Known::default();
    let spec = known.spec(load);
    let mut live = crate::judge::load::Live::new(std::sync::Arc::new(spec));
    let measured = known.measured(&load.measured);
    live.look(&std::sync::Arc::new(Look { at: std::time::Duration::from_secs(1), begins: true, users: 1, measured }));
    let ended = live.end();
    assert!(ended.thresholds[..4].iter().all(|one| !one.held), "{:?}", &ended.thresholds[..4]);
}
