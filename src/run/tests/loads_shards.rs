//! What several machines do of a load is together what one would do, and so is what they measure.

use super::scripted::{Asked, Ran, Said, fail, file, json, say};
use crate::diag::Diagnostic;
use crate::event::FailureKind;
use crate::judge::{Outcome, Progress};
use crate::report::merge::merge;
use crate::report::model::{Bin, Blob, Load, Measured, Report, Test, word};
use crate::report::{Builder, Redactor};

fn run(lines: &str, respond: impl Fn(&Asked<'_>) -> Said + Send + Sync + 'static, shard: Option<(u32, u32)>) -> Ran {
    let spec = format!("load \"l\" {{\n{lines}\n}}\n");
    file(&spec).responds(respond).options(|options| options.shard = shard).run()
}

fn shards(lines: &str, respond: fn(&Asked<'_>) -> Said, of: u32) -> Vec<Ran> {
    (1..=of).map(|part| run(lines, respond, Some((part, of)))).collect()
}

/// What a shard leaves.
fn blob(ran: &Ran) -> Blob {
    let redactor = Redactor::default();
    let builder = Builder { sources: ran.sources(), redactor: &redactor };
    let report = builder.report(&ran.result);
    let ids = report.tests.iter().map(|test| test.id.clone()).collect();
    let looks = ran.events.iter().filter(|(_, progress)| matches!(progress, Progress::Load(_))).map(|(_, progress)| {
        let line = builder.line(progress, &ran.result.service_map).unwrap();
        ("a.e2e::load::l".to_owned(), serde_json::to_string(&line).unwrap())
    });
    let looks = looks.collect();
    let blob = Blob::new("specs".to_owned(), ids, report);
    Blob { looks, ..serde_json::from_str(&serde_json::to_string(&blob).unwrap()).unwrap() }
}

fn merged(shards: &[Ran]) -> Result<Report, Box<Diagnostic>> {
    merge(shards.iter().zip(1..).map(|(ran, at)| (format!("{at}.blob"), blob(ran))).collect())
}

fn of(report: &Report) -> &Test {
    report.tests.iter().find(|test| test.name == "l").unwrap()
}

fn loaded(report: &Report) -> &Load {
    of(report).load.as_deref().unwrap()
}

/// How long a response takes follows from what is asked for and when, so that it is the same wherever it is asked from.
fn answers(asked: &Asked<'_>) -> Said {
    let at = u64::try_from(asked.at.as_millis()).unwrap();
    let long = asked.path.bytes().map(u64::from).sum::<u64>() % 70 + at % 90 + 10;
    match (at / 10) % 13 {
        0 => say(503).after(long),
        1 => fail(FailureKind::Reset).after(long),
        2 => json("{\"n\": 2}").after(long),
        _ => json("{\"n\": 1}").after(long),
    }
}

const LOADS: [&str; 4] = [
    "users 12 ramp 3s hold 4s\n\
     scenario \"a\" weight 2 { GET http://s/a { expect status 200; expect $.n == 1 } }\n\
     scenario \"b\" { tags more; GET http://s/b/1 { expect status 200 }; POST http://s/c { expect status 200 } }\n\
     threshold p95(time) < 1s\nthreshold p50(time of \"more\") < 60ms over last 2s\nthreshold error rate < 50%\n\
     threshold throughput > 100/s\nthreshold errors of reset < 30\nthreshold p99(time of \"GET /b/*\") < 1s\n\
     threshold success of \"a\" > 10% over last 3s\nthreshold throughput of \"b\" > 1/s over last 1s",
    "stages { ramp to 24 users over 4s; hold 2s; ramp to 0 users over 3s }\n\
     scenario { GET http://s/a { expect status 200; expect $.n == 1 } }\n\
     threshold error rate < 50%\nthreshold max(time) < 150ms over last 1s",
    "rate 30/s for 5s\ndata [\"x\", \"y\", \"z\", \"u\", \"v\"] shared as row\n\
     scenario { GET http://s/{{row}} { expect status 200 } }\n\
     threshold error rate < 50%\nthreshold iterations == 150\nthreshold dropped arrivals == 0\nthreshold p95(time of \"GET /x\") < 1s",
    "arrivals { ramp to 40/s over 4s; 40/s for 2s }\n\
     scenario { GET http://s/a { expect status 200 } }\nthreshold error rate < 50%\nthreshold throughput > 10/s",
];

#[test]
fn shards_ask_together_exactly_what_one_run_asks() {
    for lines in LOADS {
        let sorted = |all: &[Ran]| {
            let calls = all.iter().flat_map(Ran::calls);
            let mut calls: Vec<(u64, String)> = calls.map(|(at, what)| (at, what.to_owned())).collect();
            calls.sort();
            calls
        };
        let whole = sorted(&[run(lines, answers, None)]);
        for of in 2..=4 {
            let parts = sorted(&shards(lines, answers, of));
            assert_eq!(parts.len(), whole.len(), "{of} of {lines}");
            assert_eq!(parts, whole, "{of} of {lines}");
        }
    }
}

/// What was measured, without what is said of one of several failures that are alike.
fn unsaid(load: &Load) -> Measured {
    let mut measured = load.measured.clone();
    measured.failures.iter_mut().for_each(|one| one.message.clear());
    measured.requests.iter_mut().for_each(|one| one.replies.sort_by_key(|one| (one.status, one.held)));
    measured
}

#[test]
fn what_shards_measure_is_judged_as_one() {
    for lines in LOADS {
        let whole = blob(&run(lines, answers, None)).report;
        let one = loaded(&whole);
        assert!(one.thresholds.iter().any(|threshold| threshold.measured.is_some()));
        for parts in 1..=4 {
            let report = merged(&shards(lines, answers, parts)).unwrap_or_else(|why| panic!("{}", why.message));
            let load = loaded(&report);
            assert_eq!(load.thresholds, one.thresholds, "{parts} of {lines}");
            assert_eq!(load.scenarios, one.scenarios);
            // At a rate, machines that know nothing of each other need more users.
            let is_closed = load.model == word::LoadModel::Closed;
            let users = |load: &Load, bin: &Bin| if is_closed { (bin.users, load.most_users) } else { (0, 0) };
            for (at, (bin, own)) in load.timeline.bins.iter().zip(&one.timeline.bins).enumerate() {
                assert_eq!(Bin { users: own.users, ..bin.clone() }, *own, "{at}: {parts} of {lines}");
                assert_eq!(users(load, bin), users(one, own), "{at}: {parts} of {lines}");
            }
            assert_eq!((load.timeline.bins.len(), load.lasted_ms), (one.timeline.bins.len(), one.lasted_ms));
            assert_eq!(unsaid(load), unsaid(one), "{parts} of {lines}");
            let test = of(&report);
            let own = of(&whole);
            assert_eq!((test.outcome, &test.symptom), (own.outcome, &own.symptom));
            let codes = |test: &Test| test.diagnostics.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
            assert_eq!(codes(test)[..1.min(codes(own).len())], codes(own)[..1.min(codes(own).len())]);
            let total =
                |test: &Test| test.exchanges.len() + test.left_out.as_ref().map_or(0, |left_out| left_out.exchanges);
            let all = usize::try_from(one.exchanges()).unwrap();
            assert_eq!((total(test), total(own)), (all, all), "{parts} of {lines}");
        }
    }
}

#[test]
fn a_threshold_that_no_part_can_tell_of_is_judged_on_the_whole() {
    let lines = "users 4 hold 3s\nscenario { GET http://s/a { expect status 200 } }\n\
        threshold throughput > 30/s over last 1s abort\nthreshold iterations > 100";
    let fast = |_: &Asked<'_>| say(200).after(100);
    for ran in shards(lines, fast, 4) {
        assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    }
    let report = merged(&shards(lines, fast, 4)).unwrap();
    assert_eq!(of(&report).outcome, word::Outcome::Passed, "{:?}", loaded(&report).thresholds);
    let report = merged(&shards(&lines.replace("100", "1000"), fast, 4)).unwrap();
    assert_eq!(of(&report).outcome, word::Outcome::Failed);
    assert_eq!(loaded(&report).thresholds[1].measured, Some(120.0));
}

#[test]
fn a_load_that_a_threshold_ended_in_one_shard_has_failed() {
    // The fourth user alone, which is the second shard's, has no success.
    let lines = "users 4 hold 5s\ndata [\"x\", \"x\", \"x\", \"y\"] next as me\nscenario { GET http://s/{{me}} { expect status 200 } }\n\
        threshold error rate < 40% abort after 2s";
    let respond = |asked: &Asked<'_>| say(if asked.path == "/y" { 500 } else { 200 }).after(100);
    let shards = shards(lines, respond, 2);
    assert_eq!(*shards[0].outcome("l"), Outcome::Passed);
    assert_eq!(shards[1].span("l").1, 2_000);
    let report = merged(&shards).unwrap_or_else(|why| panic!("{}", why.message));
    let threshold = &loaded(&report).thresholds[0];
    assert_eq!((threshold.held, threshold.ended_load, threshold.measured), (false, true, Some(0.5)));
    assert_eq!(of(&report).outcome, word::Outcome::Failed);
    assert_eq!(report.verdict.state, word::Verdict::NotReady);
    let first = &of(&report).diagnostics[0];
    assert_eq!(first.code, "e2e::load::threshold");
    assert!(first.span.is_some() && first.drawing.contains("error rate < 40%"), "{first:?}");
}

#[test]
fn parts_that_make_no_whole_are_refused() {
    let lines = LOADS[1];
    let shards = shards(lines, answers, 2);
    let blobs = || -> Vec<(String, Blob)> {
        shards.iter().zip(["a", "b"]).map(|(ran, name)| (name.to_owned(), blob(ran))).collect()
    };
    let refused = |change: &dyn Fn(&mut Blob)| {
        let mut blobs = blobs();
        change(&mut blobs[1].1);
        merge(blobs).map_or_else(|why| why.message.clone(), |_| "it is taken".to_owned())
    };
    let load = |blob: &mut Blob, change: &dyn Fn(&mut Load)| change(blob.report.tests[0].load.as_mut().unwrap());
    assert_eq!(refused(&|_| {}), "it is taken");
    let at = |by: i64| {
        move |load: &mut Load| {
            let at: jiff::Timestamp = load.began_at.parse().unwrap();
            load.began_at = at.checked_add(jiff::SignedDuration::from_millis(by)).unwrap().to_string();
        }
    };
    assert_eq!(refused(&|blob| load(blob, &at(1_000))), "it is taken");
    assert_eq!(
        refused(&|blob| load(blob, &at(-1_500))),
        "the parts of the load `l` didn't run at the same time: that of `a` began 1.5s after that of `b`"
    );
    assert!(refused(&|blob| load(blob, &at(1_001))).contains("didn't run at the same time"));
    assert_eq!(
        refused(&|blob| load(blob, &|load| load.lasted_ms -= 500.0)),
        "the part that `b` has of the load `l` lasted 8.5s instead of 9s"
    );
    assert_eq!(
        refused(&|blob| load(blob, &|load| load.interrupted = Some("interrupted".to_owned()))),
        "the part that `b` has of the load `l` was stopped: interrupted"
    );
    let not_run = |blob: &mut Blob| {
        let test = &mut blob.report.tests[0];
        (test.load, test.outcome, test.reason) = (None, word::Outcome::NotRun, Some("aborted".to_owned()));
    };
    assert_eq!(refused(&not_run), "the shard of `b` didn't run its part of the load `l`: aborted");
    assert_eq!(
        refused(&|blob| load(blob, &|load| load.thresholds.clear())),
        "what `b` says of the load `l` doesn't fit `a`"
    );
    assert!(refused(&|blob| drop(blob.looks.pop())).starts_with("`b` is damaged: its looks at the load `l`"));
    assert!(refused(&|blob| blob.looks.clear()).starts_with("`b` doesn't have what was measured of the load `l`"));
    assert_eq!(
        refused(&|blob| blob.report.tests.clear()),
        "`b` has no part of the load `a.e2e::load::l`, which other shards have"
    );
}
