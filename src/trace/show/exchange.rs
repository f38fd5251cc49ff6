use super::channel;
use super::text::{counted, data, exact, line, when};
use crate::event::{Exchange, Header, Hop, Peer, Response, Timings};
use crate::trace::group::Begun;
use crate::trace::requests::{header, reason, requests};
use crate::value::format_size;
use crate::world::Outgoing;
use crate::world::records::{Ended, Record};

/// Before what is said of an exchange, what was sent, and what was received.
const FACT: &str = "     ";
const SENT: &str = "     > ";
const RECEIVED: &str = "     < ";

/// A request in full, and what came of it.
pub fn write(number: usize, begun: &Begun, out: &mut String) {
    let Record { occurrence, request: Some(sent), line: channel, .. } = &begun.record else { return };
    let asked = &sent.request;
    out.push_str(&format!("  {number}  {}  {} {}\n", when(begun.at), line(&asked.method), line(&asked.url)));
    let step: Vec<String> = occurrence.parts().into_iter().skip(1).map(|part| line(&part.to_string())).collect();
    fact("step", &step.join(" > "), out);
    match &sent.ended {
        Some(ended) => exchange(asked, ended, channel.is_some(), out),
        None => {
            let one = |(name, value): &(String, String)| Header { name: name.clone(), value: value.clone() };
            let headers: Vec<Header> = asked.headers.iter().map(one).collect();
            request(&headers, asked.body.as_deref().filter(|body| !body.is_empty()), out);
            fact("failed", "cut off before there was a response", out);
        }
    }
    if let Some(line) = channel {
        channel::write(line, out);
    }
}

fn exchange(asked: &Outgoing, ended: &Ended, is_channel: bool, out: &mut String) {
    let exchange = &ended.exchange;
    for (index, sent) in requests(asked, exchange).iter().enumerate() {
        if index > 0 {
            fact("then", &format!("{} {}", line(&sent.method), line(&sent.url)), out);
        }
        request(sent.headers, sent.body, out);
        exchange.hops.get(index).iter().for_each(|hop| redirect(hop, out));
    }
    match &exchange.outcome {
        Ok(response) => self::response(response, ended.cut, is_channel, out),
        Err(failure) => {
            let status = failure.status.map(|status| format!(" (behind the status {status})")).unwrap_or_default();
            fact("failed", &format!("{}: {}{status}", failure.kind.word(), line(&failure.message)), out);
        }
    }
    facts(exchange, is_channel, out);
}

fn request(headers: &[Header], body: Option<&[u8]>, out: &mut String) {
    headers_of(headers, SENT, out);
    let Some(body) = body else { return };
    out.push_str(SENT.trim_end());
    out.push('\n');
    data(body, header(headers, "content-type"), SENT, out);
}

fn response(response: &Response, cut: bool, is_channel: bool, out: &mut String) {
    out.push_str(format!("{RECEIVED}{} {} {}", response.version, response.status, reason(response.status)).trim_end());
    out.push('\n');
    headers_of(&response.headers, RECEIVED, out);
    if !response.body.is_empty() {
        out.push_str(RECEIVED.trim_end());
        out.push('\n');
        data(&response.body, response.header("content-type"), RECEIVED, out);
    }
    if cut {
        fact("cut", "not all of the body was recorded: the trace had no room for it", out);
    }
    if !is_channel {
        let on_the_wire = format_size(response.wire_size);
        fact("body", &format!("{}, {on_the_wire} on its way", counted(response.body.len(), "byte")), out);
    }
}

fn redirect(hop: &Hop, out: &mut String) {
    out.push_str(format!("{RECEIVED}{} {}", hop.status, reason(hop.status)).trim_end());
    out.push('\n');
    headers_of(&hop.headers, RECEIVED, out);
    hop.peer.iter().for_each(|peer| self::peer(peer, out));
}

fn facts(exchange: &Exchange, is_channel: bool, out: &mut String) {
    let Timings { dns, connect, tls, first_byte, total } = exchange.timings;
    let stages = [("dns", dns), ("connect", connect), ("tls", tls), ("first byte", first_byte), ("total", Some(total))];
    let stages: Vec<String> =
        stages.iter().filter_map(|(name, took)| Some(format!("{name} {}", exact((*took)?)))).collect();
    fact("times", &stages.join(", "), out);
    exchange.peer.iter().for_each(|peer| self::peer(peer, out));
    let mut size = format!("{} sent, {} received", exchange.bytes_sent, exchange.bytes_received);
    if exchange.reconnected > 0 {
        size.push_str(&format!(
            ", sent once more on a fresh connection {}",
            counted(exchange.reconnected as usize, "time")
        ));
    }
    if is_channel {
        size.push_str(" until the channel was open");
    }
    fact("bytes", &size, out);
}

fn peer(peer: &Peer, out: &mut String) {
    let mut facts = vec![peer.address.as_deref().map_or_else(|| "not connected".to_owned(), line)];
    if !peer.resolved.is_empty() {
        facts.push(format!("resolved to {}", line(&peer.resolved.join(" "))));
    }
    if peer.reused {
        facts.push("a connection that was used before".to_owned());
    }
    if let Some(tls) = &peer.tls {
        facts.push(tls.version.clone().unwrap_or_else(|| "TLS".to_owned()));
        facts.push(if tls.verified { "verified" } else { "not verified" }.to_owned());
        facts.extend(tls.fingerprint.as_ref().map(|sha256| format!("certificate SHA-256 {}", line(sha256))));
    }
    fact("peer", &facts.join(", "), out);
}

fn headers_of(headers: &[Header], prefix: &str, out: &mut String) {
    for Header { name, value } in headers {
        out.push_str(&format!("{prefix}{}: {}\n", line(name), line(value)));
    }
}

fn fact(name: &str, text: &str, out: &mut String) {
    out.push_str(&format!("{FACT}{name:<8} {text}\n"));
}
