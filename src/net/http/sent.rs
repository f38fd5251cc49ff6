use bytes::Bytes;
use http_body_util::Full;

use super::failure::failure;
use crate::event::{Failure, FailureKind};

/// A request as it goes out.
pub(super) struct Sent {
    pub url: url::Url,
    pub method: http::Method,
    /// Path and query.
    pub target: String,
    pub headers: http::HeaderMap,
    pub body: Option<Bytes>,
}

impl Sent {
    /// All that is written for it in HTTP/1.1; `None` of what can't be sent.
    pub fn bytes(&self) -> Option<Bytes> {
        let request = self.request(false).ok()?;
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(self.method.as_str().as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(request.uri().path_and_query().map_or("/", |target| target.as_str()).as_bytes());
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in request.headers() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        if let Some(body) = &self.body {
            bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        Some(bytes.into())
    }

    /// The request as one of the HTTP versions has it.
    pub fn request(&self, is_http2: bool) -> Result<http::Request<Full<Bytes>>, Failure> {
        let authority = || self.url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let mut headers = self.headers.clone();
        let uri = if is_http2 {
            // RFC 9113, section 8.3.1: the authority is in a field of its own.
            let host = headers.remove("host").and_then(|host| host.to_str().ok().map(str::to_owned));
            let host = host.unwrap_or_else(authority);
            http::Uri::builder().scheme(self.url.scheme()).authority(host).path_and_query(self.target.as_str()).build()
        } else {
            if !headers.contains_key("host")
                && let Ok(host) = http::HeaderValue::from_str(&authority())
            {
                headers.insert("host", host);
            }
            http::Uri::builder().path_and_query(self.target.as_str()).build()
        };
        let invalid = |error: http::Error| {
            failure(FailureKind::Invalid, format!("`{}` can't be sent as a path: {error}", self.target))
        };
        let builder = http::Request::builder().method(self.method.clone()).uri(uri.map_err(invalid)?);
        let mut request = builder.body(Full::new(self.body.clone().unwrap_or_default())).map_err(invalid)?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Its size in HTTP/1.1 in bytes, with what is added when it is sent (RFC 9112, section 3.2; RFC 9110, section 8.6). HTTP/2 says the
    /// same in fewer.
    pub fn wire_size(&self) -> u64 {
        let line = |name: usize, value: usize| (name + value + ": \r\n".len()) as u64;
        let mut size = (self.method.as_str().len() + self.target.len() + "  HTTP/1.1\r\n\r\n".len()) as u64;
        size += self.headers.iter().map(|(name, value)| line(name.as_str().len(), value.len())).sum::<u64>();
        if !self.headers.contains_key("host") {
            size += line("host".len(), self.url[url::Position::BeforeHost..url::Position::AfterPort].len());
        }
        let Some(body) = &self.body else { return size };
        if !self.headers.contains_key("content-length") {
            size += line("content-length".len(), body.len().to_string().len());
        }
        size + body.len() as u64
    }
}
