//! Nothing that is known before a run is compiled during it, and a body is parsed once for each of JSON, HTML and XML.

mod quick;

use std::cell::Cell;
use std::path::PathBuf;
use std::thread::LocalKey;

use super::response;
use crate::eval::{Host, Parsed, Scope};
use crate::event::{Exchange, Header, Response};
use crate::plan::{self, CredentialId, Environment, Plan, Request, StepKind};
use crate::project::{Files, Options, load};
use crate::value::counted::{HTML_BODIES, JSON_BODIES, JSON_PATHS, PATTERNS, SCHEMAS, SELECTORS, XML_BODIES, XPATHS};
use crate::value::{SecretSink, Value};

struct NoOne;

impl Host for NoOne {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }

    fn credential(&self, _id: CredentialId) -> Option<Value> {
        None
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        None
    }
}

fn plan(expectations: &[String]) -> Plan {
    let lines: String = expectations.iter().map(|one| format!("      {one}\n")).collect();
    let spec = format!("suite \"S\" {{\n  test \"t\" {{\n    GET http://a.example.com/ {{\n{lines}    }}\n  }}\n}}\n");
    let schema = r#"{"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object"}}}}"#;
    let files = [("/p/spec.e2e", spec.as_str()), ("/p/s.json", schema)];
    let files = Files::memory(files.map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())));
    let options = Options {
        paths: vec![PathBuf::from("/p/spec.e2e")],
        working_directory: Some(PathBuf::from("/p")),
        ..Options::default()
    };
    plan::compile(&load(&files, &options), Environment::default(), None).unwrap()
}

fn request(plan: &Plan) -> &Request {
    match &plan.suites[0].tests[0].body[0].kind {
        StepKind::Request(request) => request,
        other => panic!("{other:?}"),
    }
}

/// A response, and how it was asked for.
fn exchange(content_type: &str, body: &str) -> Exchange {
    let header = Header { name: "content-type".to_owned(), value: content_type.to_owned() };
    let response_of = Response {
        status: 200,
        version: "HTTP/1.1",
        url: "http://a.example.com/".to_owned(),
        headers: vec![header],
        body: body.to_owned().into(),
        wire_size: 0,
    };
    Exchange {
        method: "GET".to_owned(),
        url: response_of.url.clone(),
        request_headers: Vec::new(),
        request_body: Default::default(),
        started: Default::default(),
        outcome: Ok(response_of.into()),
        attempts: 1,
        reconnected: 0,
        hops: Vec::new(),
        cookies: Vec::new(),
        last_begun: None,
        peer: None,
        timings: Default::default(),
        bytes_sent: 0,
        bytes_received: 0,
    }
}

/// What was compiled or parsed while a response was judged by many expectations, all of which hold.
fn while_judged(content_type: &str, body: &str, expectations: &[&str]) -> Vec<(&'static str, usize)> {
    const COUNTED: [(&str, &LocalKey<Cell<usize>>); 8] = [
        ("schemas", &SCHEMAS),
        ("selectors", &SELECTORS),
        ("XPaths", &XPATHS),
        ("JSONPaths", &JSON_PATHS),
        ("patterns", &PATTERNS),
        ("JSON", &JSON_BODIES),
        ("HTML", &HTML_BODIES),
        ("XML", &XML_BODIES),
    ];
    let many: Vec<String> = (0..4).flat_map(|_| expectations.iter().map(|one| (*one).to_owned())).collect();
    let plan = plan(&many);
    let exchange = exchange(content_type, body);
    let mut scope = Scope::new(&plan.suites[0].tests[0].frame);
    let before = COUNTED.map(|(_, counter)| counter.get());
    let parsed = Parsed::default();
    let judged = response(&plan, request(&plan), (&exchange, &parsed), &mut scope, &NoOne);
    assert_eq!(judged.diagnostics, []);
    assert!(judged.expectations.len() >= expectations.len());
    let counts = COUNTED.iter().zip(before).map(|((name, counter), before)| (*name, counter.get() - before));
    counts.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn json_is_parsed_once_and_nothing_else_is_compiled() {
    let expectations = [
        "expect $.items[*].id each > 0",
        "expect $.items[?@.id == 1].name == [\"a\"]",
        "expect body matches schema file \"s.json\"",
        "expect $.items[0].name matches /^a$/",
        "expect $.items[0] matches { name: /a/ }",
        "expect $.items is sorted by $.id",
        "expect status in 200..299",
        "capture first = $.items[0].id",
        "expect first == 1 * 1",
    ];
    let body = r#"{"items": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}"#;
    assert_eq!(while_judged("application/json", body, &expectations), [("JSON", 1)]);
}

#[test]
fn html_and_xml_are_parsed_once() {
    let html = "<!doctype html><title>T</title><ul><li>one<li>two</ul>";
    let expectations = [
        "expect css \"li\" has length 2",
        "expect css \"li:nth-child(1)\" == [\"one\"]",
        "expect xpath \"//title\" == [\"T\"]",
        "expect xpath \"count(//li)\" == 2",
    ];
    assert_eq!(while_judged("text/html", html, &expectations), [("HTML", 1)]);
    let expectations = ["expect xpath \"//i\" has length 2", "expect xpath \"sum(//i)\" == 3"];
    assert_eq!(while_judged("application/xml", "<r><i>1</i><i>2</i></r>", &expectations), [("XML", 1)]);
}
