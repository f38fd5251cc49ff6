use proptest::prelude::*;

use super::super::frames::{Broken, Message, NO_CODE, Reader, Sent, may_close_with};

/// A frame as a server writes it; `first` holds the final bit and the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(short as u8),
        middle @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Message>, Broken> {
    let (mut reader, mut rest, mut messages) = (Reader::default(), bytes, Vec::new());
    while let Some(message) = reader.next(&mut rest)? {
        messages.push(message);
    }
    Ok(messages)
}

/// RFC 6455, section 7.4, with IANA's registry: every code that two bytes can say.
#[test]
fn a_close_is_what_its_frame_says_or_breaks_the_protocol() {
    // 1004 is reserved; 1005, 1006 and 1015 stand for what has no frame; up to 2999 is for the protocol and unassigned.
    let sendable = |code: u16| match code {
        0..=999 => false,
        1000..=1003 | 1007..=1014 => true,
        1004..=1006 | 1015 => false,
        1016..=2999 => false,
        3000..=4999 => true,
        5000..=u16::MAX => false,
    };
    for code in 0..=u16::MAX {
        assert_eq!(may_close_with(code), sendable(code), "{code}");
        let body = [&code.to_be_bytes()[..], "why".as_bytes()].concat();
        let read = read(&frame(0x88, &body));
        if sendable(code) {
            assert_eq!(read, Ok(vec![Message::Close { code, reason: "why".to_owned() }]));
        } else {
            let words = read.unwrap_err().to_string();
            assert!(words.contains(&format!("the code {code}, which must not be sent")), "{words}");
        }
    }
    assert_eq!(read(&frame(0x88, b"")), Ok(vec![Message::Close { code: NO_CODE, reason: String::new() }]));
}

#[test]
fn what_breaks_the_protocol_is_named() {
    let text = |payload: &[u8]| frame(0x81, payload);
    let joined = |frames: &[Vec<u8>]| frames.concat();
    let long = |first: u8, length: &[u8]| [&[first], length].concat();
    let table: Vec<(Vec<u8>, &str)> = vec![
        (frame(0xc1, b"x"), "reserved bit RSV1"),
        (frame(0xa1, b"x"), "reserved bit RSV2"),
        (frame(0x91, b"x"), "reserved bit RSV3"),
        (frame(0xf1, b"x"), "reserved bits RSV1, RSV2, RSV3"),
        (frame(0xc9, b""), "reserved bit RSV1"),
        (frame(0x83, b""), "reserved opcode 0x3"),
        (frame(0x87, b""), "reserved opcode 0x7"),
        (frame(0x8b, b""), "reserved opcode 0xB"),
        (frame(0x8f, b""), "reserved opcode 0xF"),
        (vec![0x81, 0x81, 1, 2, 3, 4, b'x'], "masked text frame"),
        (vec![0x88, 0x80, 1, 2, 3, 4], "masked close frame"),
        (frame(0x09, b"x"), "ping frame in fragments"),
        (frame(0x0a, b"x"), "pong frame in fragments"),
        (frame(0x08, b""), "close frame in fragments"),
        (frame(0x89, &[0; 126]), "ping frame of more than 125 bytes"),
        (frame(0x88, &[0; 70_000]), "close frame of more than 125 bytes"),
        (frame(0x80, b"x"), "continuation frame without a message"),
        (joined(&[text(b"x"), frame(0x80, b"y")]), "continuation frame without a message"),
        (joined(&[frame(0x01, b"x"), text(b"y")]), "began a text message inside of a fragmented one"),
        (joined(&[frame(0x02, b"x"), frame(0x82, b"y")]), "began a binary message inside of a fragmented one"),
        (text(b"\xff"), "text message that isn't UTF-8"),
        (text(b"\xed\xa0\x80"), "text message that isn't UTF-8"),
        (text(b"cut \xc3"), "text message that isn't UTF-8"),
        // Known before the message is whole.
        (frame(0x01, b"\xff"), "text message that isn't UTF-8"),
        (joined(&[frame(0x01, b"\xc3"), frame(0x00, b"x")]), "text message that isn't UTF-8"),
        (frame(0x88, b"x"), "close frame of one byte"),
        (frame(0x88, b"\x03\xe8\xff"), "close reason that isn't UTF-8"),
        (joined(&[frame(0x88, b""), text(b"x")]), "something after its close frame"),
        (joined(&[frame(0x88, b"\x03\xe8"), vec![0]]), "something after its close frame"),
        (long(0x81, &[126, 0, 125]), "length 125 of a frame in more bytes"),
        (long(0x82, &[127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), "length 65535 of a frame in more bytes"),
        (long(0x82, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0]), "highest bit"),
    ];
    for (bytes, item) in table {
        let found = read(&bytes).unwrap_err();
        assert!(found.to_string().contains(item), "{item}: {found}");
        assert_eq!(found.close_code(), if item.contains("UTF-8") { 1007 } else { 1002 }, "{item}");
    }
    let huge = long(0x82, &[127, 0, 0, 0, 0, 1, 0, 0, 1]);
    assert_eq!(read(&huge), Err(Broken::TooLarge));
    // Many fragments are as large as one frame.
    let mut reader = Reader::default();
    let first = frame(0x02, &vec![0; 8 << 20]);
    assert_eq!(reader.next(&mut first.as_slice()), Ok(None));
    let next = frame(0x00, &vec![0; (8 << 20) + 1]);
    assert_eq!(reader.next(&mut next.as_slice()), Err(Broken::TooLarge));
}

#[test]
fn control_frames_come_between_fragments() {
    let bytes =
        [frame(0x01, "Gr\u{fc}".as_bytes().split_at(3).0), frame(0x89, b"p"), frame(0x00, b"\xbc"), frame(0x80, b"n")];
    // The umlaut is cut between two frames.
    let read = read(&bytes.concat()).unwrap();
    assert_eq!(read, [Message::Ping(b"p".to_vec()), Message::Text("Gr\u{fc}n".to_owned())]);
}

fn messages() -> impl Strategy<Value = Vec<(Message, Vec<usize>)>> {
    let text = "[ -~éß€]{0,200}".prop_map(Message::Text);
    let binary = prop::collection::vec(any::<u8>(), 0..70_000).prop_map(Message::Binary);
    let control = prop::collection::vec(any::<u8>(), 0..125);
    let ping = control.clone().prop_map(Message::Ping);
    let pong = control.prop_map(Message::Pong);
    let one = prop_oneof![text, binary, ping, pong];
    prop::collection::vec((one, prop::collection::vec(0usize..300, 0..4)), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a message is cut into frames, and its bytes into pieces, it is the same message.
    #[test]
    fn pieces_and_fragments_dont_matter(messages in messages(), piece in 1usize..5000) {
        let mut bytes = Vec::new();
        for (message, cuts) in &messages {
            let (opcode, payload) = match message {
                Message::Text(text) => (0x1, text.clone().into_bytes()),
                Message::Binary(data) => (0x2, data.clone()),
                Message::Ping(data) => (0x9, data.clone()),
                Message::Pong(data) => (0xa, data.clone()),
                Message::Close { .. } => unreachable!(),
            };
            let mut cuts: Vec<usize> = if opcode < 8 { cuts.iter().map(|cut| cut.min(&payload.len()).to_owned()).collect() } else { Vec::new() };
            cuts.extend([0, payload.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|cut| &payload[cut[0]..cut[1]]).collect();
            for (index, part) in parts.iter().enumerate() {
                let last = index + 1 == parts.len();
                bytes.extend(frame(if last { 0x80 } else { 0 } | if index == 0 { opcode } else { 0 }, part));
            }
        }
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for mut piece in bytes.chunks(piece) {
            while let Some(message) = reader.next(&mut piece).unwrap() {
                found.push(message);
            }
        }
        let expected: Vec<Message> = messages.into_iter().map(|(message, _)| message).collect();
        prop_assert_eq!(found, expected);
    }

    /// No bytes make the reader panic, or read the same twice.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    /// What is sent is read by a library's server as it was meant.
    #[test]
    fn a_server_reads_what_is_sent(size in prop_oneof![0usize..130, 65_530usize..65_540], mask in any::<[u8; 4]>()) {
        use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};
        let data: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let text = "x".repeat(size);
        let bytes = [
            Sent::Text(text.clone()).encode(mask),
            Sent::Binary(data.clone()).encode(mask),
            Sent::Ping(b"p".to_vec()).encode(mask),
            Sent::Close { code: 4000, reason: "bye".to_owned() }.encode(mask),
        ].concat();
        struct Pipe(std::io::Cursor<Vec<u8>>);
        impl std::io::Read for Pipe {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> { self.0.read(buffer) }
        }
        impl std::io::Write for Pipe {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { Ok(bytes.len()) }
            fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
        }
        let mut server = WebSocket::from_raw_socket(Pipe(std::io::Cursor::new(bytes)), Role::Server, None);
        let read = server.read().unwrap();
        prop_assert_eq!(read.to_text().unwrap(), text.as_str());
        prop_assert_eq!(server.read().unwrap().into_data(), data);
        prop_assert!(server.read().unwrap().is_ping());
        prop_assert!(server.read().unwrap().is_close());
    }
}
