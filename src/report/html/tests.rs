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
    let page = render(&report);
    assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains("width=\"-"));
}
