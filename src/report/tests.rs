use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::build::exchange;
use crate::event::{Exchange, Header, Hop, Peer, Response, SetCookie, Timings, Tls};

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

/// With something in every field.
fn whole(content_type: &str, body: &str) -> Exchange {
    let tls = Tls {
        version: Some("TLSv1.3".into()),
        fingerprint: Some("ab".into()),
        certificate: Some(Bytes::from_static(b"DER")),
        verified: true,
    };
    let peer =
        Peer { address: Some("10.0.0.1:443".into()), resolved: vec!["10.0.0.1".into()], reused: true, tls: Some(tls) };
    let hop = Hop {
        status: 302,
        url: "https://a/".into(),
        peer: Some(peer.clone()),
        method: "GET".into(),
        request_headers: vec![header("Accept", "*/*")],
        headers: vec![header("Location", "/b")],
        version: "HTTP/2",
        wire_size: Some(0),
        begun: Duration::from_millis(1),
        ended: Duration::from_millis(2),
        timings: None,
    };
    let response = Response {
        status: 200,
        version: "HTTP/2",
        url: "https://a/b".into(),
        headers: vec![header("Content-Type", content_type)],
        body: Bytes::copy_from_slice(body.as_bytes()),
        wire_size: body.len() as u64,
    };
    let second = Some(Duration::from_secs(1));
    Exchange {
        method: "POST".into(),
        url: "https://a/".into(),
        request_headers: vec![header("Authorization", "Bearer x")],
        request_body: Bytes::from_static(b"{}"),
        started: Duration::from_millis(1),
        outcome: Ok(Arc::new(response)),
        attempts: 2,
        reconnected: 1,
        hops: vec![hop],
        cookies: vec![SetCookie { url: "https://a/".into(), value: "a=b".into(), at: std::time::Duration::ZERO }],
        last_begun: second,
        peer: Some(peer),
        timings: Timings {
            dns: second,
            connect: second,
            tls: second,
            first_byte: second,
            total: Duration::from_secs(2),
        },
        bytes_sent: 1,
        bytes_received: 2,
    }
}

#[test]
fn reports_show_nothing_of_what_an_exchange_carried() {
    let late = format!("<meta charset=klingon>{}", "x".repeat(5_000));
    for (content_type, body, is_odd) in [
        ("application/json", "{}", false),
        ("text/plain; charset=utf-8", "a", false),
        ("text/plain; charset=klingon", "a", true),
        ("text/html", late.as_str(), true),
        ("application/xml", "<?xml version='1.0' encoding='klingon'?><a/>", true),
    ] {
        let whole = whole(content_type, body);
        let without = whole.clone().without_contents();
        let [shown, before] = [&without, &whole].map(exchange);
        assert_eq!(serde_json::to_value(&shown).unwrap(), serde_json::to_value(&before).unwrap());
        assert_eq!(shown.warnings.len(), usize::from(is_odd), "{content_type}");
        assert!(without.request_headers.is_empty() && without.request_body.is_empty() && without.cookies.is_empty());
        let kept = without.outcome.as_ref().unwrap().body.len();
        assert!(kept <= 1024 && (is_odd || kept == 0), "{content_type}");
    }
}
