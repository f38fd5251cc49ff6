use super::body::{UNKNOWN, content, streamed};
use super::clock::Clock;
use super::form::{Content, Cookie, Response};
use super::head::{UNKNOWN_VERSION, name_values, received_size, status_text, version};
use crate::event::{self, ChannelEnd, Header, Hop};
use crate::trace::requests::header;
use crate::world::cookies::SetCookie;
use crate::world::records::{Ended, Line};

/// The last response of an exchange.
pub fn answered(response: &event::Response, ended: &Ended, line: Option<&Line>, clock: Clock) -> Response {
    let is_upgraded = response.status == 101;
    let error = line.and_then(|line| match &line.end.as_ref()?.1 {
        ChannelEnd::Lost { message } | ChannelEnd::CutOff { message } | ChannelEnd::Failed { message, .. } => {
            Some(message.clone())
        }
        ChannelEnd::Closed { .. } | ChannelEnd::Ended | ChannelEnd::Dropped => None,
    });
    let content = match line {
        Some(_) if is_upgraded => nothing(UNKNOWN),
        Some(line) => streamed(response, &line.carried, line.cut),
        None => content(response, ended.cut),
    };
    // How many bytes a stream took on its way isn't counted.
    let body_size = if line.is_some() && !is_upgraded { -1 } else { size(response.wire_size) };
    let cookies = set_cookies(&response.headers, &response.url, clock.at(ended.at));
    let head = Head { status: response.status, version: version(response.version), headers: &response.headers };
    Response { error, ..head.response(content, cookies, body_size) }
}

/// A response that redirected. Its body isn't kept.
pub fn redirect(hop: &Hop, next: &str, clock: Clock) -> Response {
    let mut content = nothing(header(&hop.headers, "content-type").unwrap_or(UNKNOWN));
    content.compression = hop.wire_size.filter(|size| *size == 0).map(|_| 0);
    let cookies = set_cookies(&hop.headers, &hop.url, clock.at(hop.ended));
    let head = Head { status: hop.status, version: version(hop.version), headers: &hop.headers };
    let response = head.response(content, cookies, hop.wire_size.map_or(-1, size));
    let redirect_url = Some(response.redirect_url).filter(|url| !url.is_empty()).unwrap_or_else(|| next.to_owned());
    Response { redirect_url, ..response }
}

/// None, or not all of one: of which the status is known, where it came as far.
pub fn failed(status: Option<u16>, why: String) -> Response {
    let head = Head { status: status.unwrap_or(0), version: UNKNOWN_VERSION, headers: &[] };
    let response = head.response(nothing(UNKNOWN), Vec::new(), -1);
    Response { transfer_size: status.is_none().then_some(0), error: Some(why), ..response }
}

/// What a response begins with.
struct Head<'r> {
    status: u16,
    version: &'static str,
    headers: &'r [Header],
}

impl Head<'_> {
    fn response(&self, content: Content, cookies: Vec<Cookie>, body_size: i64) -> Response {
        let headers = name_values(self.headers);
        let headers_size = received_size(self.status, &headers, self.version);
        Response {
            status: self.status,
            status_text: status_text(self.status, self.version).to_owned(),
            http_version: self.version.to_owned(),
            cookies,
            headers,
            content,
            redirect_url: header(self.headers, "location").unwrap_or_default().to_owned(),
            headers_size,
            body_size,
            transfer_size: (headers_size >= 0 && body_size >= 0).then(|| headers_size.saturating_add(body_size)),
            error: None,
        }
    }
}

fn nothing(mime_type: &str) -> Content {
    Content { mime_type: mime_type.to_owned(), ..Content::default() }
}

fn set_cookies(headers: &[Header], url: &str, now: jiff::Timestamp) -> Vec<Cookie> {
    let of_cookies = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
    let cookies = of_cookies.filter_map(|header| SetCookie::read(&header.value, now));
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let cookie = |said: SetCookie| {
        // Max-Age wins over Expires (RFC 6265, section 5.3, step 3).
        let age = said.max_age.and_then(|seconds| now.checked_add(jiff::SignedDuration::from_secs(seconds)).ok());
        Cookie {
            expires: age.or(said.expires).map(|at| format!("{at:.3}")),
            name: said.name,
            value: said.value,
            path: said.path,
            // Without one, it is for the very host (section 5.3, step 6).
            domain: said.domain.or_else(|| host.clone()),
            http_only: Some(said.http_only),
            secure: Some(said.secure),
            same_site: said.same_site,
        }
    };
    cookies.map(cookie).collect()
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
