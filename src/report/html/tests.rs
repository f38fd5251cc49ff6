//! What the page says, and what can't be said through it.

use base64::Engine as _;
use serde_json::Value as Json;

use super::index::inline;
use super::render;
use crate::report::model::Report;

/// A report with every field and a test of each outcome, with texts of its specs' and servers' as they are made.
fn report(mut text: impl FnMut() -> String) -> Report {
    fn fill(value: &mut Json, text: &mut impl FnMut() -> String) {
        match value {
            Json::String(found) if found.contains('§') => {
                while found.contains('§') {
                    *found = found.replacen('§', &text(), 1);
                }
            }
            Json::Array(values) => values.iter_mut().for_each(|value| fill(value, text)),
            Json::Object(fields) => fields.values_mut().for_each(|value| fill(value, text)),
            _ => {}
        }
    }
    let mut report: Json = serde_json::from_str(include_str!("every_field.json")).unwrap();
    let outcomes = ["passed", "failed", "errored", "timed_out", "flaky", "skipped", "vacuous", "not_run"];
    let test = report["tests"][0].clone();
    let tests = outcomes.map(|outcome| {
        let mut test = test.clone();
        (test["outcome"], test["id"]) = (outcome.into(), outcome.into());
        test
    });
    report["tests"] = tests.to_vec().into();
    fill(&mut report, &mut text);
    serde_json::from_value(report).unwrap()
}

fn same(text: &str) -> Report {
    report(|| text.to_owned())
}

/// The markup of the page, and that which its script puts there.
fn markup(page: &str) -> Vec<scraper::Html> {
    let page = scraper::Html::parse_document(page);
    let selector = scraper::Selector::parse("[id^=more]").unwrap();
    let packed = page.select(&selector).flat_map(|element| {
        let packed = element.text().collect::<String>();
        let packed = base64::engine::general_purpose::STANDARD.decode(packed).unwrap();
        serde_json::from_reader::<_, Vec<String>>(flate2::read::GzDecoder::new(&packed[..])).unwrap()
    });
    let mut all: Vec<scraper::Html> = packed.map(|markup| scraper::Html::parse_fragment(&markup)).collect();
    all.push(page);
    all
}

#[test]
fn all_that_is_written_in_the_report_is_shown() {
    let mut written = Vec::new();
    let report = report(|| {
        written.push(format!("w{}w", written.len()));
        written.last().cloned().unwrap()
    });
    let data = scraper::Selector::parse("#index").unwrap();
    let mut shown = String::new();
    for document in markup(&render(&report)) {
        shown.extend(document.root_element().text());
        for index in document.select(&data) {
            shown = shown.replace(&index.text().collect::<String>(), "");
        }
    }
    written.retain(|word| !shown.contains(word.as_str()));
    assert!(written.is_empty(), "not shown: {written:?}");
}

#[test]
fn no_text_becomes_markup_or_ends_the_data() {
    let hostile = "</script><!--<script><img src=x onerror=alert(1)>\" onload='x' &amp; {{ x }} ]]>";
    let page = elements(&render(&same(hostile)));
    assert!(page.iter().any(|(name, _)| name == "svg") && page.len() > 500, "{} elements", page.len());
    assert_eq!(page, elements(&render(&same("plain"))));
}

/// The elements with the names of their attributes.
fn elements(page: &str) -> Vec<(String, Vec<String>)> {
    let documents = markup(page);
    let all = documents.iter().flat_map(|document| document.root_element().descendent_elements());
    let names = all.map(|element| {
        let attributes = element.value().attrs().map(|(name, _)| name.to_owned()).collect();
        (element.value().name().to_owned(), attributes)
    });
    names.collect()
}

#[test]
fn nothing_invisible_or_that_turns_the_text_gets_into_the_page() {
    let page = render(&same("a\u{202e}b\u{0}c\u{1b}[2Jd\u{2028}e\u{200b}f"));
    for c in ['\u{202e}', '\u{0}', '\u{1b}', '\u{200b}'] {
        assert!(!page.contains(c), "{c:?} is in the page");
    }
    // Line separators are allowed in JSON and not in every script.
    assert_eq!(inline("a\u{2028}b\u{2029}</script>&"), r#""a\u2028b\u2029\u003c/script\u003e\u0026""#);
}

#[test]
fn times_that_cannot_be_are_drawn_within_the_page() {
    let mut report = same("plain");
    for test in &mut report.tests {
        test.duration_ms = 0.0;
        for exchange in &mut test.exchanges {
            (exchange.started_ms, exchange.timings_ms.total) = (f64::MAX, -1.0);
        }
        for channel in &mut test.channels {
            channel.frames[0].at_ms = f64::INFINITY;
        }
    }
    report.run.duration_ms = 0.0;
    for (at, test) in report.tests.iter_mut().enumerate() {
        let Some(load) = &mut test.load else { continue };
        let cannot_be = [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::MAX, 1e-300][at % 6];
        (load.lasted_ms, load.planned_ms, load.timeline.bin_ms) = (cannot_be, cannot_be, cannot_be);
        (load.most_users, load.timeline.bins[0].requests, load.timeline.bins[0].dropped) =
            (u32::MAX, u64::MAX, u64::MAX);
        load.timeline.bins = vec![load.timeline.bins[0].clone(); 700];
        (load.thresholds[0].limit, load.thresholds[0].broke_at_ms) = (cannot_be, Some(cannot_be));
        load.thresholds[0].over_last_ms = Some(cannot_be);
    }
    let page = render(&report);
    assert!(page.contains("The charts over time"));
    assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains("width=\"-"));
}

#[test]
fn a_threshold_that_broke_is_told_with_what_services_did_then() {
    let page = scraper::Html::parse_document(&render(&same("plain")));
    let all = |selector: &str| -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector).map(|one| one.text().collect::<String>()).collect()
    };
    let marks = [
        "1 plain turned bad at 10:00:00 UTC (1ms in): plain",
        "2 plain broke at 10:00:01 UTC (1s in), which ended the load: 8ms (plain); 999ms before, plain had turned bad: plain",
    ];
    assert_eq!(all(".moments li")[..2], marks);
    assert_eq!(all("text.moment")[..2], ["1", "2"]);
    let scale: Vec<String> = all(".over-time .times text").into_iter().take(3).collect();
    assert_eq!(scale, ["0s", "500ms", "1s"]);
    assert_eq!(all(".over-time figcaption b")[..3], ["Latency", "Throughput", "Users"]);
    let limits = scraper::Selector::parse(".load:first-of-type line.limit").unwrap();
    assert!(page.select(&limits).count() > 0, "the limit of a threshold on times is drawn");
}
