//! Which fields the two archives have, and of which types.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::har::Both;

/// A field that only Chromium has, with what is in it, and why.
const CHROMIUM_ONLY: &[(&str, &str)] = &[
    ("/_initiator", "what in a page asked for it"),
    ("/_priority", "among the requests of a page"),
    ("/_connectionId", "connections aren't recorded by numbers"),
    ("/timings/_blocked_queueing", "a browser's queue"),
    ("/timings/_worker", "a page's service worker"),
    ("/response/_fetchedViaServiceWorker", "the same"),
    ("/request/postData/params", "HAR 1.2 has either these or a text"),
    ("/request/cookies[]/path", "a request holds names and values; Chromium adds what its store knows"),
    ("/request/cookies[]/domain", "the same"),
    ("/request/cookies[]/expires", "the same"),
    ("/request/cookies[]/httpOnly", "the same"),
    ("/request/cookies[]/secure", "the same"),
    ("/request/cookies[]/sameSite", "the same"),
    ("/response/cookies[]/expires null", "left out where there is none: in HAR 1.2 it is a text"),
    ("/serverIPAddress", "left out where there is none: in HAR 1.2 it is an address"),
    ("/response/_transferSize", "neither the heads of HTTP/2 nor the bytes of a stream are counted"),
    ("/response/headers[]", "of a response that was cut off, the status alone is recorded"),
    ("/response/content/compression", "the same; of a WebSocket, Chromium counts its head in"),
];

/// The same for those that only ours have: each is in HAR 1.2, or Chromium has nothing for what is in it.
const OURS_ONLY: &[(&str, &str)] = &[
    ("/comment", "HAR 1.2 has it; the step"),
    ("/response/content/comment", "HAR 1.2 has it; that a body was written again"),
    ("/request/postData/_encoding", "Chromium writes bytes as a text that they aren't"),
    ("/response/content/compression", "HAR 1.2 has it; Chromium knows no size of a body of HTTP/2"),
    ("/request/cookies[]", "of a WebSocket, Chromium has them among the headers alone"),
    ("/connection", "HAR 1.2 has it; of a WebSocket or a request without a response, Chromium doesn't know it"),
];

pub fn are_those_of_chromium(all: &[Both<'_>]) {
    let (mut chromium_only, mut ours_only) = (BTreeSet::new(), BTreeSet::new());
    for Both { path, ours, chrome } in all {
        let (ours, chrome) = (fields(ours), fields(chrome));
        for (these, those, known, seen) in
            [(&chrome, &ours, CHROMIUM_ONLY, &mut chromium_only), (&ours, &chrome, OURS_ONLY, &mut ours_only)]
        {
            for field in these.difference(those) {
                let rule = known.iter().find(|(rule, _)| field.starts_with(rule));
                assert!(rule.is_some(), "of {path}, only one archive has {field}");
                seen.extend(rule.map(|(rule, _)| *rule));
            }
        }
    }
    // What is no exception any more is none in the lists either.
    for (known, seen) in [(CHROMIUM_ONLY, chromium_only), (OURS_ONLY, ours_only)] {
        for (rule, _) in known {
            assert!(seen.contains(rule), "both archives have {rule}");
        }
    }
}

/// `/request/cookies[]/name string`
fn fields(entry: &Json) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    add(entry, String::new(), &mut fields);
    fields
}

fn add(value: &Json, path: String, to: &mut BTreeSet<String>) {
    let kind = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(all) => {
            all.iter().for_each(|one| add(one, format!("{path}[]"), to));
            "array"
        }
        Json::Object(all) => {
            all.iter().for_each(|(name, one)| add(one, format!("{path}/{name}"), to));
            "object"
        }
    };
    to.insert(format!("{path} {kind}"));
}
