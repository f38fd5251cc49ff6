use crate::value::test_json as json;

use super::super::{Classification, Reply, Sighting, classify};
use super::{refused, says, seconds};
use Classification::{Intermittent, Persistent, StartUpDelay};

fn starting(at: f64, done: u64, uptime: f64) -> Sighting {
    says(at, 503, json!({ "status": "starting", "uptime_s": uptime, "startup": { "completed": done, "total": 7 } }))
}

fn unhealthy(at: f64) -> Sighting {
    says(
        at,
        503,
        json!({ "status": "unhealthy", "uptime_s": at + 4000.0, "checks": { "database": { "status": "down" }, "cache": { "status": "up" } } }),
    )
}

fn healthy(at: f64, uptime: f64) -> Sighting {
    says(at, 200, json!({ "status": "healthy", "uptime_s": uptime }))
}

fn bare(at: f64, status: u16) -> Sighting {
    Sighting::read(seconds(at), Reply::Status(status), status < 300, None)
}

#[test]
fn failures_are_distinguished_by_how_responses_change() {
    let cases = [
        ("nothing failed", vec![healthy(0.0, 100.0), healthy(1.0, 101.0)], None),
        ("one bad response says too little", vec![refused(0.0)], None),
        ("refused, then 503, then 200", vec![refused(0.0), bare(1.0, 503), bare(2.0, 200)], Some(StartUpDelay)),
        ("refused, then 503 that says starting", vec![refused(0.0), starting(1.0, 0, 0.1)], Some(StartUpDelay)),
        ("refused, then 503", vec![refused(0.0), refused(0.5), bare(1.0, 503)], Some(StartUpDelay)),
        ("its start-up goes on", vec![starting(0.0, 2, 1.0), starting(5.0, 5, 6.0)], Some(StartUpDelay)),
        (
            "it says starting while its up-time grows",
            vec![starting(0.0, 2, 1.0), starting(5.0, 2, 6.0)],
            Some(StartUpDelay),
        ),
        (
            "it says starting and its up-time stays the same",
            vec![starting(0.0, 2, 1.0), starting(5.0, 2, 1.0)],
            Some(Persistent),
        ),
        ("the same response each time", vec![bare(0.0, 503), bare(1.0, 503), bare(10.0, 503)], Some(Persistent)),
        ("refused each time", vec![refused(0.0), refused(1.0), refused(10.0)], Some(Persistent)),
        ("up, and its database away", vec![unhealthy(0.0), unhealthy(5.0), unhealthy(10.0)], Some(Persistent)),
        (
            "it came up and found its database away",
            vec![refused(0.0), unhealthy(1.0), unhealthy(9.0)],
            Some(Persistent),
        ),
        ("from 503 to refused", vec![bare(0.0, 503), refused(5.0)], Some(Persistent)),
        (
            "it was up, failed, and is up again",
            vec![healthy(0.0, 9.0), bare(1.0, 503), healthy(2.0, 11.0)],
            Some(Intermittent),
        ),
        (
            "it was up, was started again, and is up",
            vec![healthy(0.0, 900.0), refused(1.0), healthy(3.0, 1.0)],
            Some(StartUpDelay),
        ),
        ("up and down", vec![bare(0.0, 503), healthy(1.0, 1.0), bare(2.0, 503)], Some(Intermittent)),
        (
            "it begins its start-up again and again",
            vec![starting(0.0, 1, 1.0), starting(2.0, 2, 0.5), starting(4.0, 1, 1.5), starting(6.0, 1, 0.2)],
            Some(Intermittent),
        ),
    ];
    for (what, sightings, expected) in cases {
        assert_eq!(classify(&sightings), expected, "{what}");
    }
}

#[test]
fn a_health_response_is_read_wherever_it_says_what_is_down() {
    let body = json!({
        "status": "unhealthy",
        "message": "error",
        "checks": { "database": { "status": "DOWN" }, "cache": "up", "queue": "unavailable" },
        "dependencies": [{ "name": "auth", "status": "unhealthy" }, { "name": "mail", "status": "up" }],
        "startup": { "completed": 3, "total": 7 },
        "uptime": 12.5,
    });
    let sighting = Sighting::read(seconds(1.0), Reply::Status(503), false, Some(&body));
    assert_eq!(sighting.names_down, ["database", "queue", "auth"]);
    assert_eq!(sighting.words(), "503, unhealthy, start-up 3/7, database and queue and auth down, up for 12.5 s");
}

#[test]
fn a_hostile_health_response_is_bounded() {
    let deep = format!("{}\"down\"{}", "{\"x\":".repeat(100), "}".repeat(100)).parse().unwrap();
    let wide: crate::value::JsonMap =
        (0..5000).map(|index| (format!("{index}{}", "k".repeat(500)), json!("down"))).collect();
    for body in [deep, crate::value::Json::Object(wide), json!({ "status": "s".repeat(100_000) })] {
        let sighting = Sighting::read(seconds(1.0), Reply::Status(503), false, Some(&body));
        assert!(sighting.words().len() < 2000, "{}", sighting.words().len());
    }
}
