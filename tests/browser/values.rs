//! What is in the fields of the two archives.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::har::Both;

/// What is the same in both.
const EQUAL: &[&str] = &[
    "/request/method",
    "/request/url",
    "/request/httpVersion",
    "/request/queryString",
    "/request/postData/mimeType",
    "/request/postData/text",
    "/request/bodySize",
    "/response/status",
    "/response/statusText",
    "/response/httpVersion",
    "/response/redirectURL",
    "/response/headersSize",
    "/response/bodySize",
    "/response/_transferSize",
    "/response/content/size",
    "/response/content/compression",
    "/response/content/text",
    "/response/content/encoding",
    "/cache",
    "/serverIPAddress",
    "/connection",
    "/_resourceType",
];

/// The same of a response that was cut off, of which the status alone is recorded.
const EQUAL_OF_CUT: &[&str] =
    &["/request/method", "/request/url", "/response/status", "/response/statusText", "/_resourceType"];

/// But for these, and why.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("/bytes", "/request/postData/text", "bytes that are no text are in base64; Chromium reads them as ISO-8859-1"),
    ("/bytes", "/request/bodySize", "3 were sent; Chromium counts those of its text"),
    ("/parts", "/request/postData/mimeType", "each has a boundary of its own"),
    ("/parts", "/request/postData/text", "the same"),
    ("/parts", "/request/bodySize", "the same"),
    ("/two", "/response/bodySize", "Chromium doesn't know it of HTTP/2"),
    ("/two", "/response/content/compression", "the same"),
    ("/two", "/response/_transferSize", "how large a head of HTTP/2 is isn't known to us"),
    ("/gone", "/serverIPAddress", "left out where there is none"),
    ("/reset", "/serverIPAddress", "Chromium forgets it without a response"),
    ("/reset", "/connection", "the same"),
    ("/chat", "/response/bodySize", "Chromium takes the head, which it counts, from a sum in which it isn't"),
    ("/chat", "/response/content/compression", "the same"),
    ("/chat", "/response/_transferSize", "the same"),
    ("/chat", "/serverIPAddress", "Chromium doesn't know it of a WebSocket"),
    ("/chat", "/connection", "the same"),
    ("/feed", "/response/bodySize", "how many bytes a stream took on its way isn't counted"),
    ("/feed", "/response/content/compression", "the same"),
    ("/feed", "/response/_transferSize", "the same"),
];

fn at<'e>(entry: &'e Json, pointer: &str) -> &'e Json {
    entry.pointer(pointer).unwrap_or(&Json::Null)
}

pub fn are_those_of_chromium(all: &[Both<'_>]) {
    for Both { path, ours, chrome } in all {
        let is_cut = *path == "/cut";
        for pointer in if is_cut { EQUAL_OF_CUT } else { EQUAL } {
            let is_known = DIFFERENT.iter().any(|(of, field, _)| of == path && field == pointer);
            let (ours, chrome) = (at(ours, pointer), at(chrome, pointer));
            assert_eq!(ours != chrome, is_known, "{pointer} of {path}: {ours} and {chrome}");
        }
        // Chromium leaves out what HAR 1.2 asks for: the charset.
        let declared = ours["response"]["headers"].as_array().unwrap().iter().find(|one| one["name"] == "content-type");
        let declared = declared.map_or("x-unknown", |one| one["value"].as_str().unwrap());
        let is_known = *path != "/chat";
        let declared = if is_known { declared } else { "x-unknown" };
        assert_eq!(at(ours, "/response/content/mimeType"), declared, "{path}");
        assert_eq!(at(chrome, "/response/content/mimeType"), declared.split(';').next().unwrap(), "{path}");
        // Each says in its own words why there is no response.
        let [our_error, its_error] = [ours, chrome].map(|entry| at(entry, "/response/_error").as_str());
        assert_eq!(our_error.is_some(), its_error.is_some(), "{path}: {our_error:?} and {its_error:?}");
        let headers = |entry: &Json| -> Vec<(String, Json)> {
            let all = entry["response"]["headers"].as_array().unwrap().iter();
            let mut all: Vec<(String, Json)> =
                all.map(|one| (one["name"].as_str().unwrap().to_ascii_lowercase(), one["value"].clone())).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        // The one that answers a handshake answers its key.
        let of_both = |entry: &Json| -> Vec<(String, Json)> {
            headers(entry).into_iter().filter(|(name, _)| *name != "sec-websocket-accept" && *name != "date").collect()
        };
        if is_cut {
            assert!(headers(ours).is_empty());
        } else {
            assert_eq!(of_both(ours), of_both(chrome), "{path}");
        }
    }
}

/// Cookies of requests and responses, with when they end to a few seconds: `Max-Age` begins with each response.
pub fn cookies_are_the_same(Both { path, ours, chrome }: &Both<'_>) {
    let names = |entry: &Json| -> BTreeSet<(String, String)> {
        let all = entry["request"]["cookies"].as_array().unwrap().iter();
        all.map(|one| (one["name"].to_string(), one["value"].to_string())).collect()
    };
    let theirs = if *path == "/chat" { &names(ours) } else { &names(chrome) };
    // Of a WebSocket, Chromium has them in the headers alone.
    assert_eq!(&names(ours), theirs, "{path}");
    let [ours, chrome] = [ours, chrome].map(|entry| entry["response"]["cookies"].as_array().unwrap());
    assert_eq!(ours.len(), chrome.len(), "{path}");
    for (ours, chrome) in ours.iter().zip(chrome) {
        for field in ["name", "value", "path", "domain", "httpOnly", "secure", "sameSite"] {
            assert_eq!(ours[field], chrome[field], "{field} of a cookie of {path}");
        }
        let end = |cookie: &Json| {
            let end = cookie["expires"].as_str().map(|end| end.parse::<jiff::Timestamp>().unwrap());
            end.map(jiff::Timestamp::as_second)
        };
        let apart = end(ours).unwrap_or_default() - end(chrome).unwrap_or_default();
        assert!(apart.abs() < 60 && end(ours).is_some() == end(chrome).is_some(), "{ours} and {chrome}");
    }
}

/// The frames of the WebSocket and the events of the feed: their order, what is in them, and when they were, in seconds since 1970.
pub fn messages_are_the_same(all: &[Both<'_>]) {
    let of = |path: &str| all.iter().find(|one| one.path == path).unwrap();
    let chat = of("/chat");
    let messages = |entry: &Json, name: &str, own: &[&str]| -> Vec<Vec<Json>> {
        let messages = entry[name].as_array().unwrap();
        let times: Vec<f64> = messages.iter().map(|one| one["time"].as_f64().unwrap()).collect();
        // Chromium's clocks of messages and of requests aren't the same.
        let (start, end) = super::har::span(entry);
        assert!(times.is_sorted() && times.iter().all(|time| (start - 0.1..end + 0.1).contains(time)), "{entry}");
        messages.iter().map(|one| own.iter().map(|field| one[*field].clone()).collect()).collect()
    };
    let frames = |entry: &Json| messages(entry, "_webSocketMessages", &["type", "opcode", "data"]);
    let (mut ours, chrome) = (frames(chat.ours), frames(chat.chrome));
    assert_eq!(chrome.len(), 4);
    // Chromium's protocol reports nothing of the frames that keep a connection and end it. Its network panel knows what they are.
    ours.retain(|frame| frame[1].as_u64().unwrap() < 8);
    assert_eq!(ours, chrome);
    let feed = of("/feed");
    let events = |entry: &Json| messages(entry, "_eventSourceMessages", &["eventName", "eventId", "data"]);
    assert_eq!(events(feed.ours), events(feed.chrome));
    assert_eq!(events(feed.ours).len(), 2);
    for Both { path, ours, chrome } in all {
        for (name, own) in [("_webSocketMessages", "/chat"), ("_eventSourceMessages", "/feed")] {
            for entry in [ours, chrome] {
                assert_eq!(entry.get(name).is_some(), *path == own, "{path}");
            }
        }
    }
}
