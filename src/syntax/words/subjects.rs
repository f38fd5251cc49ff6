use super::table;
use crate::value::Kind;

/// What is known of a subject that isn't a value in scope.
pub struct SubjectRow {
    /// As it is written, without what it takes: `time to first byte`.
    pub word: &'static str,
    pub of: Of,
    pub gives: Gives,
    /// Whether a value may follow it alone, without a matcher.
    pub takes_bare: bool,
    /// Whether a text that it finds may stand for a number.
    pub is_plain: bool,
    pub meaning: &'static str,
    /// A whole statement.
    pub example: &'static str,
}

/// What it is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Responses,
    Frames,
    Both,
}

/// What is known of its value before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    Anything,
    One(Kind),
    ListOf(Kind),
}

const BASE: SubjectRow = SubjectRow {
    word: "",
    of: Of::Responses,
    gives: Gives::Anything,
    takes_bare: false,
    is_plain: false,
    meaning: "",
    example: "",
};

table! {
    /// The subjects that have words.
    SubjectWord: SubjectRow {
        Status => SubjectRow {
            word: "status",
            gives: Gives::One(Kind::Number),
            takes_bare: true,
            meaning: "the status of the response",
            example: "expect status 201",
            ..BASE
        },
        Time => SubjectRow {
            word: "time",
            gives: Gives::One(Kind::Duration),
            meaning: "from the first byte asked for to the last one received",
            example: "expect time < 2s",
            ..BASE
        },
        TimeToFirstByte => SubjectRow {
            word: "time to first byte",
            gives: Gives::One(Kind::Duration),
            meaning: "from the first byte asked for to the first one received",
            example: "expect time to first byte < 500ms",
            ..BASE
        },
        Size => SubjectRow {
            word: "size",
            of: Of::Both,
            gives: Gives::One(Kind::Size),
            takes_bare: true,
            meaning: "bytes of the body on the wire; of a frame, its payload",
            example: "expect size < 10KB",
            ..BASE
        },
        Attempts => SubjectRow {
            word: "attempts",
            gives: Gives::One(Kind::Number),
            meaning: "how many times the request was sent, with its retries",
            example: "expect attempts == 1",
            ..BASE
        },
        Header => SubjectRow {
            word: "header",
            gives: Gives::One(Kind::String),
            takes_bare: true,
            is_plain: true,
            meaning: "the first value of a header",
            example: "expect header Content-Type contains \"json\"",
            ..BASE
        },
        Headers => SubjectRow {
            word: "headers",
            gives: Gives::ListOf(Kind::String),
            is_plain: true,
            meaning: "all values of a header",
            example: "expect headers Set-Cookie has length 2",
            ..BASE
        },
        Cookie => SubjectRow {
            word: "cookie",
            gives: Gives::One(Kind::String),
            takes_bare: true,
            is_plain: true,
            meaning: "a cookie that the response sets, or an attribute of it",
            example: "expect cookie sid.http_only == true",
            ..BASE
        },
        Body => SubjectRow {
            word: "body",
            meaning: "the body, as JSON where it is some",
            example: "expect body matches { title: \"hello\" }",
            ..BASE
        },
        BodyText => SubjectRow {
            word: "body text",
            gives: Gives::One(Kind::String),
            is_plain: true,
            meaning: "the exact text of any body",
            example: "expect body text starts with \"<!doctype\"",
            ..BASE
        },
        Url => SubjectRow {
            word: "url",
            gives: Gives::One(Kind::String),
            takes_bare: true,
            meaning: "where the response came from, after redirects",
            example: "expect url ends with \"/home\"",
            ..BASE
        },
        Redirects => SubjectRow {
            word: "redirects",
            gives: Gives::ListOf(Kind::String),
            takes_bare: true,
            meaning: "the URLs that redirected, in their order",
            example: "expect redirects has length 2",
            ..BASE
        },
        HttpVersion => SubjectRow {
            word: "http version",
            takes_bare: true,
            meaning: "the version of HTTP that was spoken",
            example: "expect http version 2",
            ..BASE
        },
        Certificate => SubjectRow {
            word: "certificate",
            meaning: "of the server's certificate: `expires`, `issuer` and so on",
            example: "expect certificate expires after 14d",
            ..BASE
        },
        XPath => SubjectRow {
            word: "xpath",
            is_plain: true,
            meaning: "what an XPath finds in HTML or XML",
            example: "expect xpath \"//a\" exists",
            ..BASE
        },
        Css => SubjectRow {
            word: "css",
            gives: Gives::ListOf(Kind::String),
            is_plain: true,
            meaning: "the texts of the elements that a selector finds in HTML",
            example: "expect css \"h1\" has length 1",
            ..BASE
        },
        Text => SubjectRow {
            word: "text",
            of: Of::Frames,
            gives: Gives::One(Kind::String),
            is_plain: true,
            meaning: "the payload of a frame as text",
            example: "expect text contains \"hello\"",
            ..BASE
        },
        Hex => SubjectRow {
            word: "hex",
            of: Of::Frames,
            gives: Gives::One(Kind::String),
            meaning: "the bytes of a frame, in hexadecimal",
            example: "expect hex == \"00ff\"",
            ..BASE
        },
        Data => SubjectRow {
            word: "data",
            of: Of::Frames,
            meaning: "the data of an SSE frame",
            example: "expect data contains \"done\"",
            ..BASE
        },
        Id => SubjectRow {
            word: "id",
            of: Of::Frames,
            meaning: "the id of an SSE frame",
            example: "expect id == \"7\"",
            ..BASE
        },
    }
}

/// The words with which the subjects of responses begin, each once.
pub(in crate::syntax) fn response_words() -> Vec<&'static str> {
    let mut words = Vec::new();
    for row in SubjectWord::ALL.iter().map(|word| word.row()).filter(|row| row.of != Of::Frames) {
        let first = row.word.split(' ').next().unwrap_or(row.word);
        if !words.contains(&first) {
            words.push(first);
        }
    }
    words
}
