//! Results that no one wrote in good faith: whatever is in their fields, every report of them is made.

use e2e_dsl::diag::Style;
use e2e_dsl::report::model::Report;
use e2e_dsl::report::{compare, github, html, json, junit, markdown, tap, terminal};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::made::{FULL, HOSTILE, full};

/// Where a value is: `/tests/0/channels/0/frames_received`.
fn places(json: &Json, at: &str, found: &mut Vec<String>) {
    match json {
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        Json::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
        _ => {}
    }
    found.push(at.to_owned());
}

/// What a value becomes. `which` chooses among what is possible.
fn spoiled(value: &Json, which: usize) -> Json {
    let numbers = [
        json!(0),
        json!(-1),
        json!(1e308),
        json!(-1e308),
        json!(u64::MAX),
        json!(u32::MAX),
        json!(u16::MAX),
        json!(1e22),
    ];
    let texts = || [String::new(), HOSTILE.to_owned(), "é".repeat(70_000), "`".to_owned(), "╭─\u{1b}[2J".to_owned()];
    match value {
        Json::Number(_) => numbers[which % numbers.len()].clone(),
        Json::String(_) => texts()[which % texts().len()].clone().into(),
        Json::Bool(is) => (!is).into(),
        Json::Array(items) if which.is_multiple_of(2) => [&items[..], &items[..]].concat().into(),
        Json::Array(_) => json!([]),
        Json::Null | Json::Object(_) => Json::Null,
    }
}

fn read(json: &Json) -> Option<Report> {
    serde_json::from_value(json.clone()).ok()
}

/// Makes every report; gives the one that a strict reader takes or doesn't.
fn rendered(report: &Report) -> String {
    let styles = [Style::default(), Style { color: true, unicode: true, ..Style::default() }];
    for (base, new) in [(report, &full()), (&full(), report), (report, report)] {
        let one = compare::compare(&[base], &[new]).unwrap();
        compare::json::render(&one);
        compare::markdown::render(&one);
        styles.iter().for_each(|style| drop(compare::text::render(&one, *style)));
    }
    styles.iter().for_each(|style| drop(terminal::summary(report, *style)));
    for text in [html::render, tap::render, markdown::render, json::render].map(|form| form(report)) {
        assert!(!text.is_empty());
    }
    github::annotations(report);
    github::job_summary(report, 1 << 19);
    junit::render(report)
}

fn well_formed(report: &Report) {
    let text = rendered(report);
    assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
}

/// Each number at once is the largest that its field can hold, or the smallest.
#[test]
fn counts_and_times_beyond_all_bounds_are_reported() {
    for extremes in [
        [json!(1e308), json!(u64::MAX), json!(u32::MAX), json!(u16::MAX)],
        [json!(-1e308), json!(-1), json!(0), json!(0)],
    ] {
        let mut json: Json = serde_json::from_str(FULL).unwrap();
        let mut found = Vec::new();
        places(&json, "", &mut found);
        for place in found {
            let value = json.pointer(&place).unwrap().clone();
            if !value.is_number() {
                continue;
            }
            for extreme in &extremes {
                *json.pointer_mut(&place).unwrap() = extreme.clone();
                if read(&json).is_some() {
                    break;
                }
                *json.pointer_mut(&place).unwrap() = value.clone();
            }
        }
        well_formed(&read(&json).unwrap());
    }
}

#[test]
fn a_name_that_is_longer_than_any_line_is_reported() {
    let mut report = full();
    report.phases[0].name = "é".repeat(70_000);
    well_formed(&report);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_in_the_results_every_report_is_made(changes in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize), 1..24)) {
        let mut json: Json = serde_json::from_str(FULL).unwrap();
        for (place, which) in changes {
            let mut found = Vec::new();
            places(&json, "", &mut found);
            let place = &found[place.index(found.len())];
            let value = json.pointer(place).unwrap().clone();
            *json.pointer_mut(place).unwrap() = spoiled(&value, which);
            // What isn't read is refused in words elsewhere.
            if read(&json).is_none() {
                *json.pointer_mut(place).unwrap() = value;
            }
        }
        well_formed(&read(&json).unwrap());
    }
}
