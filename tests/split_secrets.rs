//! A secret that arrives in parts, one frame after another: no output shows the parts where it shows the frames.

use super::masking::outputs;
use super::scripted::Scripted;

const FIRST: &str = "Zq7-Hk2-Wv9";
const SECOND: &str = "Xp4_Jd8_Mt6";

#[test]
fn no_output_shows_the_frames_that_hold_a_secret_together() {
    let script = format!(
        "websocket /ws\n  < begin {FIRST}\n  ping between\n  < {SECOND} goes on\n  < {{\"type\":\"end\"}}\n  close 1000\nGET /x 200\n  {{}}\n"
    );
    let served = Scripted::start(&script);
    let spec = format!(
        "environment e default {{\n  api = \"http://{address}\"\n  ws = \"ws://{address}\"\n  token = secret(\"TOKEN\")\n}}\nsuite \"s\" {{\n\
         test \"ws\" {{\n  websocket a {{{{env.ws}}}}/ws\n  expect on a event \"end\" within 5s\n  GET {{{{env.api}}}}/x {{ expect status 201 }}\n}}\n}}\n",
        address = served.addresses[0],
    );
    // A page shows the frames of a test that failed.
    let (_, all) = outputs(&spec, &[("TOKEN", &format!("{FIRST}{SECOND}"))], 1);
    for (name, text) in &all {
        assert!(!text.contains(FIRST) && !text.contains(SECOND), "{name} shows a part: {text}");
        if matches!(*name, "json" | "html" | "journal" | "blob") {
            assert!(text.contains("begin ***") && text.contains("*** goes on"), "{name}: {text}");
        }
    }
}
