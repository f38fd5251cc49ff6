use crate::event::{Header, Response};
use crate::value::Draws;
use crate::world::handshake::{offer, prepare, verify};

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.to_owned() }
}

fn response(headers: &[(&str, &str)]) -> Response {
    Response {
        status: 101,
        version: "HTTP/1.1",
        url: String::new(),
        headers: headers.iter().map(|(name, value)| header(name, value)).collect(),
        body: Default::default(),
        wire_size: 0,
    }
}

/// The key and its response of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn asked(more: &[(&str, &str)]) -> Vec<Header> {
    [("Sec-WebSocket-Key", KEY)].iter().chain(more).map(|(name, value)| header(name, value)).collect()
}

/// RFC 6455, section 4.1: items 2 to 6 of what a client checks, after the status.
#[test]
fn each_item_is_checked() {
    const GOOD: [(&str, &str); 3] =
        [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", ACCEPT)];
    let with = |name: &str, values: &[&str], offered: &[(&str, &str)]| {
        let mut headers: Vec<(&str, &str)> = GOOD.into_iter().filter(|(own, _)| *own != name).collect();
        headers.extend(values.iter().map(|value| (name, *value)));
        verify(&asked(offered), &response(&headers))
    };
    let protocols = [("Sec-WebSocket-Protocol", "chat, v2")];
    let extension = [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")];
    for (name, values, offered) in [
        ("Upgrade", &["WebSocket"][..], &[][..]),
        ("Upgrade", &["websocket", "WEBSOCKET"], &[]),
        ("Connection", &["upgrade"], &[]),
        ("Connection", &["keep-alive, Upgrade"], &[]),
        ("Connection", &["keep-alive", "UPGRADE"], &[]),
        ("Sec-WebSocket-Accept", &["  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= "], &[]),
        ("Sec-WebSocket-Extensions", &[""], &[]),
        ("Sec-WebSocket-Protocol", &["v2"], &protocols),
        // A server may choose none (section 4.2.2).
        ("X-Else", &["y"], &protocols),
    ] {
        assert_eq!(with(name, values, offered), Ok(()), "{name}: {values:?}");
    }
    for (name, values, offered, item) in [
        ("Upgrade", &[][..], &[][..], "no `Upgrade: websocket`"),
        ("Upgrade", &[""], &[], "empty `Upgrade`"),
        ("Upgrade", &["h2c"], &[], "`Upgrade: h2c`"),
        ("Upgrade", &["websocket2"], &[], "`Upgrade: websocket2`"),
        ("Upgrade", &["websocket, h2c"], &[], "`Upgrade: h2c`"),
        ("Connection", &[], &[], "no `Connection: Upgrade`"),
        ("Connection", &["keep-alive"], &[], "`Connection: keep-alive`, without `Upgrade`"),
        ("Connection", &["Upgraded"], &[], "`Connection: Upgraded`, without `Upgrade`"),
        ("Sec-WebSocket-Accept", &[], &[], "no `Sec-WebSocket-Accept`"),
        ("Sec-WebSocket-Accept", &[""], &[], "makes it `s3pP"),
        ("Sec-WebSocket-Accept", &[KEY], &[], "makes it `s3pP"),
        ("Sec-WebSocket-Accept", &["s3pplmbitxaq9kygzzhzrbk+xoo="], &[], "makes it `s3pP"),
        ("Sec-WebSocket-Accept", &[ACCEPT, ACCEPT], &[], "`Sec-WebSocket-Accept` 2 times"),
        ("Sec-WebSocket-Extensions", &["permessage-deflate"], &[], "`permessage-deflate`, which wasn't offered"),
        ("Sec-WebSocket-Extensions", &["", "x-y; z=1"], &[], "`x-y`, which wasn't offered"),
        ("Sec-WebSocket-Extensions", &["permessage-deflate"], &extension, "e2e-dsl doesn't speak"),
        ("Sec-WebSocket-Extensions", &["x"], &extension, "`x`, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &["chat"], &[], "`chat`, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &[""], &[], "``, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &["v3"], &protocols, "`v3`, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &["CHAT"], &protocols, "`CHAT`, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &["chat, v2"], &protocols, "`chat, v2`, which wasn't offered"),
        ("Sec-WebSocket-Protocol", &["chat", "v2"], &protocols, "`Sec-WebSocket-Protocol` 2 times"),
    ] {
        let reported = with(name, values, offered).unwrap_err();
        assert!(reported.contains(item), "{name}: {values:?}: {reported}");
    }
}

#[test]
fn each_handshake_has_a_key_of_its_own() {
    use base64::Engine as _;
    let mut headers = vec![
        ("sec-websocket-key".to_owned(), KEY.to_owned()),
        ("Connection".to_owned(), "close".to_owned()),
        ("X-Mine".to_owned(), "1".to_owned()),
    ];
    let mut keys = std::collections::HashSet::new();
    let draws = Draws::new(1);
    for _ in 0..64 {
        prepare(&mut headers, draws.bytes());
        let value = |name: &str| {
            let found: Vec<&String> =
                headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].clone()
        };
        assert_eq!(
            [value("connection"), value("upgrade"), value("sec-websocket-version")],
            ["Upgrade", "websocket", "13"]
        );
        let key = value("sec-websocket-key");
        assert_eq!(base64::engine::general_purpose::STANDARD.decode(&key).unwrap().len(), 16);
        assert!(keys.insert(key));
    }
    assert_eq!(headers.len(), 5);
    offer(&mut headers, &["a".to_owned(), "b".to_owned()]);
    offer(&mut headers, &[]);
    assert!(headers.contains(&("Sec-WebSocket-Protocol".to_owned(), "a, b".to_owned())));
}
