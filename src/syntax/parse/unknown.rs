use super::super::mistakes::statements;
use super::super::parser::Parser;
use super::super::split::Piece;

/// Where a statement is, which says what may begin it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    File,
    Environment,
    Service,
    Suite,
    Test,
    Flow,
    Request,
    Channel,
    Pattern,
    Together,
    Item,
    Load,
    Plan,
    Phase,
}

impl Context {
    /// All of them, the likeliest homes of a statement first.
    pub const ALL: &'static [Context] = &[
        Context::File,
        Context::Suite,
        Context::Test,
        Context::Request,
        Context::Flow,
        Context::Environment,
        Context::Service,
        Context::Channel,
        Context::Pattern,
        Context::Together,
        Context::Item,
        Context::Load,
        Context::Plan,
        Context::Phase,
    ];

    /// The words that begin statements here.
    pub fn keywords(self) -> &'static [&'static str] {
        match self {
            Context::File => &["import", "environment", "suite", "shape", "flow", "credential", "load", "plan"],
            Context::Environment => &["require", "target", "service"],
            Context::Service => &["probe", "depends"],
            Context::Suite => &[
                "test", "before", "after", "priority", "tags", "owner", "at", "needs", "timeout", "retries", "runs",
                "locks", "tests",
            ],
            Context::Test => TEST,
            Context::Flow => FLOW,
            Context::Request => REQUEST,
            Context::Channel => CHANNEL,
            Context::Pattern => &["event", "frame", "comment", "never", "gap", "in", "either", "repeat", "for"],
            Context::Together => &["on"],
            Context::Item => &["expect", "capture", "collect"],
            Context::Load => {
                &["users", "rate", "scenario", "data", "threshold", "priority", "tags", "owner", "needs", "at", "runs"]
            }
            Context::Plan => &["require", "retry", "phase", "abort", "gate"],
            Context::Phase => &["run", "budget", "gate", "abort", "renew", "pause"],
        }
    }

    /// What the place is called.
    pub fn place(self) -> &'static str {
        match self {
            Context::File => "at the top level of a file",
            Context::Environment => "in an environment",
            Context::Service => "in a service",
            Context::Suite => "in a suite",
            Context::Test => "in a test",
            Context::Flow => "in a flow",
            Context::Request => "in a request",
            Context::Channel => "in a channel's block",
            Context::Pattern => "in a pattern",
            Context::Together => "in `expect within D { … }`",
            Context::Item => "in an event's block",
            Context::Load => "in a load",
            Context::Plan => "in a plan",
            Context::Phase => "in a phase",
        }
    }
}

const TEST: &[&str] = &[
    "let",
    "capture",
    "collect",
    "call",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "request",
    "expect",
    "wait",
    "parallel",
    "for",
    "repeat",
    "eventually",
    "within",
    "skip",
    "mark",
    "websocket",
    "sse",
    "ndjson",
    "send",
    "close",
    "drop",
    "reconnect",
    "ping",
    "priority",
    "tags",
    "owner",
    "at",
    "needs",
    "timeout",
    "retries",
    "runs",
    "locks",
];

const FLOW: &[&str] = &[
    "let",
    "capture",
    "collect",
    "call",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "request",
    "expect",
    "wait",
    "parallel",
    "for",
    "repeat",
    "eventually",
    "within",
    "mark",
    "websocket",
    "sse",
    "ndjson",
    "send",
    "close",
    "drop",
    "reconnect",
    "ping",
    "return",
    "timeout",
];

const REQUEST: &[&str] = &[
    "header",
    "query",
    "cookie",
    "no",
    "bearer",
    "basic",
    "digest",
    "json",
    "body",
    "form",
    "multipart",
    "graphql",
    "timeout",
    "retry",
    "follow",
    "http",
    "accept",
    "compressed",
    "expect",
    "either",
    "capture",
    "collect",
];

const CHANNEL: &[&str] = &[
    "header",
    "query",
    "cookie",
    "no",
    "bearer",
    "basic",
    "digest",
    "json",
    "body",
    "form",
    "graphql",
    "timeout",
    "retry",
    "follow",
    "http",
    "accept",
    "expect",
    "either",
    "capture",
    "subprotocol",
    "events",
    "payload",
    "connect",
    "reply",
];

impl Parser<'_> {
    /// Reports a statement that begins with no word that may begin one here. True when its first word is plainly a misspelt one, which
    /// is taken for the right one from here on: the statement is then worth another look.
    pub fn unknown(&mut self, piece: &Piece, context: Context) -> bool {
        let Some(segment) = piece.segments.first() else { return false };
        if self.is_flagged(segment) || self.is_full() || self.is_respelt(segment.from) {
            return false;
        }
        let unknown = statements::unknown(self, segment, context);
        self.report(unknown.diagnostic);
        match unknown.meant {
            Some(meant) => {
                self.respell(segment.from, meant);
                true
            }
            None => false,
        }
    }
}
