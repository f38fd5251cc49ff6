//! What the page says, and what can't be said through it.

use base64::Engine as _;
use serde_json::Value as Json;

use super::index::inline;
use super::render;
use crate::report::model::Report;

/// A report with every field and a test of each outcome; where a text of a server's or a spec's can stand, this one does.
fn report(text: &str) -> Report {
    fn fill(value: &mut Json, text: &str) {
        match value {
            Json::String(found) => *found = found.replace('§', text),
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
        (test["outcome"], test["id"]) = (outcome.into(), format!("{outcome} §").into());
        test
    });
    report["tests"] = tests.to_vec().into();
    fill(&mut report, text);
    serde_json::from_value(report).unwrap()
}

#[test]
fn no_text_becomes_markup_or_ends_the_data() {
    let hostile = "</script><!--<script><img src=x onerror=alert(1)>\" onload='x' &amp; {{ x }} ]]>";
    let page = elements(&render(&report(hostile)));
    assert!(page.iter().any(|(name, _)| name == "svg") && page.len() > 500, "{} elements", page.len());
    assert_eq!(page, elements(&render(&report("plain"))));
}

/// The page's elements with the names of their attributes, and those that its script puts there.
fn elements(page: &str) -> Vec<(String, Vec<String>)> {
    fn collect(document: &scraper::Html, found: &mut Vec<(String, Vec<String>)>) {
        for element in document.root_element().descendent_elements() {
            let attributes = element.value().attrs().map(|(name, _)| name.to_owned()).collect();
            found.push((element.value().name().to_owned(), attributes));
            if element.value().id().is_some_and(|id| id.starts_with("more")) {
                let packed =
                    base64::engine::general_purpose::STANDARD.decode(element.text().collect::<String>()).unwrap();
                let list: Vec<String> = serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap();
                list.iter().for_each(|markup| collect(&scraper::Html::parse_fragment(markup), found));
            }
        }
    }
    let mut found = Vec::new();
    collect(&scraper::Html::parse_document(page), &mut found);
    found
}

#[test]
fn nothing_invisible_or_that_turns_the_text_gets_into_the_page() {
    let page = render(&report("a\u{202e}b\u{0}c\u{1b}[2Jd\u{2028}e\u{200b}f"));
    for c in ['\u{202e}', '\u{0}', '\u{1b}', '\u{200b}'] {
        assert!(!page.contains(c), "{c:?} is in the page");
    }
    // Line separators are allowed in JSON and not in every script.
    assert_eq!(inline("a\u{2028}b\u{2029}</script>&"), r#""a\u2028b\u2029\u003c/script\u003e\u0026""#);
}

#[test]
fn times_that_cannot_be_are_drawn_within_the_page() {
    let mut report = report("plain");
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
