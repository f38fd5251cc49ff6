use super::shift::{Shift, all, parts};
use crate::syntax::ast::{
    Block, EitherExpect, ExpectFailure, ForEachHead, Method, MultipartField, Request, RequestPart, RequestPartKind,
    Retry, RetryOn, Stmt, StmtKind,
};

parts! {
    Block { span, stmts }
    EitherExpect { span, branches }
    ExpectFailure { span, kind }
    ForEachHead { name, list - or_none }
    MultipartField { span, name, value, content_type, filename }
    Request { span, method, url, parts }
    RequestPart { span, kind }
    Retry { times, every, doubling_up_to, on - unsafe_allowed }
    Stmt { span, kind }
}

impl Shift for Method {
    fn shift(&mut self, by: u32) {
        match self {
            Method::Named(name) => name.shift(by),
            Method::Given(value) => value.shift(by),
        }
    }
}

impl Shift for StmtKind {
    fn shift(&mut self, by: u32) {
        match self {
            StmtKind::Meta(meta) => meta.shift(by),
            StmtKind::Let { name, value } => all!(by: name, value),
            StmtKind::Capture(capture) => capture.shift(by),
            StmtKind::Call(value) | StmtKind::Wait(value) => value.shift(by),
            StmtKind::Request(request) => request.shift(by),
            StmtKind::Expect(expect) => expect.shift(by),
            StmtKind::Parallel(body) => body.shift(by),
            StmtKind::ParallelForEach { head, body } | StmtKind::ForEach { head, body } => all!(by: head, body),
            StmtKind::Repeat { times, or_none: _, body } => all!(by: times, body),
            StmtKind::Eventually { within, every, body } => all!(by: within, every, body),
            StmtKind::Within { limit, body } => all!(by: limit, body),
            StmtKind::SkipWhen { condition, because } => all!(by: condition, because),
            StmtKind::Mark(name) => name.shift(by),
            StmtKind::Return { value, expires_in } => all!(by: value, expires_in),
            StmtKind::Open(open) => open.shift(by),
            StmtKind::Channel(step) => step.shift(by),
            StmtKind::ChannelExpect(expect) => expect.shift(by),
            StmtKind::Error => {}
        }
    }
}

impl Shift for RequestPartKind {
    fn shift(&mut self, by: u32) {
        match self {
            RequestPartKind::NoCookies
            | RequestPartKind::AcceptInvalidCertificate
            | RequestPartKind::Compressed
            | RequestPartKind::Error => {}
            RequestPartKind::Header { name, value }
            | RequestPartKind::Query { name, value }
            | RequestPartKind::Cookie { name, value } => all!(by: name, value),
            RequestPartKind::Bearer { token, invalid: _ } => token.shift(by),
            RequestPartKind::Basic { user, password, invalid: _ }
            | RequestPartKind::Digest { user, password, invalid: _ } => all!(by: user, password),
            RequestPartKind::Json(value)
            | RequestPartKind::Body(value)
            | RequestPartKind::Form(value)
            | RequestPartKind::Timeout(value) => value.shift(by),
            RequestPartKind::Multipart(fields) => fields.shift(by),
            RequestPartKind::Graphql { query, variables } => all!(by: query, variables),
            RequestPartKind::Retry(retry) => retry.shift(by),
            RequestPartKind::FollowRedirects(most) => most.shift(by),
            RequestPartKind::HttpVersion { text: _, span } => span.shift(by),
            RequestPartKind::Expect(expect) => expect.shift(by),
            RequestPartKind::ExpectFailure(expect) => expect.shift(by),
            RequestPartKind::Either(either) => either.shift(by),
            RequestPartKind::Capture(capture) => capture.shift(by),
        }
    }
}

impl Shift for RetryOn {
    fn shift(&mut self, by: u32) {
        match self {
            RetryOn::Status(status) => status.shift(by),
            RetryOn::Failure(failure) => failure.shift(by),
        }
    }
}
