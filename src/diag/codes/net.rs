use super::Code;

registry! {
    TIMEOUT = "e2e::net::timeout", "no complete response came in time";
    REFUSED = "e2e::net::refused", "nothing listens at the address, or it can't be reached";
    RESET = "e2e::net::reset", "the server reset the connection";
    CLOSED = "e2e::net::closed", "the connection ended before the response was complete";
    DNS = "e2e::net::dns", "a host's name can't be resolved";
    TLS = "e2e::net::tls", "no trusted TLS connection can be made";
    TOO_MANY_REDIRECTS = "e2e::net::too_many_redirects", "more redirects came than were to be followed";
    TOO_LARGE = "e2e::net::too_large", "a response is larger than the limit";
    PROTOCOL = "e2e::net::protocol", "the response isn't valid HTTP, or its coding is broken";
    HANDSHAKE = "e2e::net::handshake", "the response to a WebSocket's handshake breaks RFC 6455";
    BROKEN = "e2e::net::broken_channel", "a channel can't be read any further: the server broke its protocol, or sent more than is kept";
    INVALID_REQUEST = "e2e::net::invalid_request", "a request can't be sent as it came out";
}
