use bytes::Bytes;

use super::{Exchange, Response};

/// How far into a body its charset may be named, in bytes (WHATWG HTML, section 13.2.3.2).
const CHARSET_WITHIN: usize = 1024;

impl Exchange {
    /// Without what it carried: headers, bodies, cookies and certificates, which are looked at while it is judged, and which no report shows. A run
    /// keeps its exchanges to its end, and there may be any number of them; a trace records them whole.
    #[must_use]
    pub fn without_contents(mut self) -> Self {
        let is_odd = !self.warnings().is_empty();
        self.request_headers = Vec::new();
        self.request_body = Bytes::new();
        self.cookies = Vec::new();
        for hop in &mut self.hops {
            (hop.request_headers, hop.headers) = (Vec::new(), Vec::new());
        }
        let peers = self.peer.iter_mut().chain(self.hops.iter_mut().filter_map(|hop| hop.peer.as_mut()));
        for tls in peers.filter_map(|peer| peer.tls.as_mut()) {
            tls.certificate = None;
        }
        if let Ok(response) = &mut self.outcome {
            let Response { status, version, url, headers, body, wire_size } = &**response;
            // A copy: a slice would keep the whole.
            let start = || Bytes::copy_from_slice(body.get(..CHARSET_WITHIN).unwrap_or(body));
            // What is odd about it is read off the response itself.
            let (headers, body) = if is_odd { (headers.clone(), start()) } else { (Vec::new(), Bytes::new()) };
            *response = std::sync::Arc::new(Response {
                status: *status,
                version,
                url: url.clone(),
                headers,
                body,
                wire_size: *wire_size,
            });
        }
        self
    }
}
