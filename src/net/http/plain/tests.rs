use tokio::net::{TcpListener, TcpStream};

use super::super::tap::{Socket, Stream};
use super::*;
use crate::net::clock::Clock;

/// What was read of a response that came in pieces, each of which was read before the next one was written.
async fn read_in_pieces(pieces: &[&[u8]]) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let socket = Socket::new(stream);
    let watch = socket.watch();
    let key = Key { https: false, host: "h".to_owned(), port: 80, verify: true, version: Protocol::Any };
    let mut open = Open {
        key,
        io: Tapped::new(Stream::Plain(socket), Arc::default()),
        watch: watch.clone(),
        address: None,
        tls: None,
        served: 0,
        since: Instant::ZERO,
        first_byte: None,
        recorder: Recorder::default(),
    };
    let (mut buffer, clock) = (Vec::new(), Clock::start());
    {
        let mut exchange = std::pin::pin!(open.exchange(b"GET / HTTP/1.1\r\n\r\n", &mut buffer, &clock, Instant::ZERO));
        'pieces: for piece in pieces {
            server.write_all(piece).await.unwrap();
            while watch.is_quiet() {
                tokio::task::yield_now().await;
            }
            while !watch.is_quiet() {
                let polled =
                    std::future::poll_fn(|context| std::task::Poll::Ready(exchange.as_mut().poll(context))).await;
                if polled.is_ready() {
                    break 'pieces;
                }
                tokio::task::yield_now().await;
            }
        }
    }
    buffer
}

#[tokio::test]
async fn a_head_in_more_pieces_than_are_looked_at_is_left_to_hyper() {
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: one two\r\n\r\nok";
    for (count, is_read) in [(1, true), (2, true), (MOST_LOOKS, true), (MOST_LOOKS + 1, false), (text.len() - 4, false)]
    {
        let (first, last) = text.split_at(count - 1);
        let pieces: Vec<&[u8]> = first.chunks(1).chain([last]).collect();
        let came = read_in_pieces(&pieces).await;
        let looked_at = if is_read { text.len() } else { MOST_LOOKS };
        assert_eq!(came, text[..looked_at], "{count} pieces");
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        assert_eq!(plain(&came, &mut headers).is_some(), is_read, "{count} pieces");
    }
}

/// Once its head is there, how many bytes it needs is known, and it isn't looked at until they are.
#[tokio::test]
async fn a_body_may_come_in_any_number_of_pieces() {
    let body = "a".repeat(3 * MOST_LOOKS);
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (head, body) = text.as_bytes().split_at(text.len() - body.len());
    let pieces: Vec<&[u8]> = std::iter::once(head).chain(body.chunks(1)).collect();
    assert_eq!(read_in_pieces(&pieces).await, text.as_bytes());
}
