use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `wait for 5s`, `wait until …`
pub fn wait_for(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.last_token();
    if failure.rule != Rule::wait || !matches!(word, "for" | "until") || failure.rest().is_empty() {
        return None;
    }
    let start = failure.before().len() - word.len();
    let help = match word {
        "for" => failure.correct(start, failure.at, "").safe().write(),
        _ => "to wait until something holds, write `eventually within 30s every 1s { … }`".into(),
    };
    Some(
        Diagnostic::error(
            &codes::FOREIGN_STATEMENT,
            failure.span(start, start + word.len()),
            "`wait` takes a duration alone",
        )
        .with_help(help),
    )
}

/// `let x = if a then b else c`
pub fn if_value(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.last_token();
    if word != "if" || failure.rest().is_empty() {
        return None;
    }
    let start = failure.before().len() - word.len();
    Some(
        Diagnostic::error(&codes::CONTROL_FLOW, failure.span(start, start + word.len()), "there is no `if`")
            .with_help(without_control_flow(word)),
    )
}

/// How something that other languages and tools write is said here: for the help of a word that begins no statement.
pub fn meaning(word: &str) -> Option<&'static str> {
    let found = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(word))?;
    Some(found.1)
}

/// Words that would branch or loop on what the server says.
pub fn is_control_flow(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "if" | "else"
            | "elif"
            | "elseif"
            | "unless"
            | "while"
            | "until"
            | "switch"
            | "try"
            | "catch"
            | "loop"
            | "break"
            | "continue"
            | "foreach"
    )
}

/// What to write instead of a branch or a loop.
pub fn without_control_flow(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "while" | "until" | "loop" => {
            "poll with `eventually within 30s every 1s { … }`, or repeat a known number of times with `repeat 5 times { … }`"
        }
        "foreach" => "write `for each x in LIST { … }`",
        "try" | "catch" => {
            "a failure that must happen is `expect failure is timeout`; steps that must run at the end are in `after each`"
        }
        _ => {
            "a test that branches on what the server said can't fail: write one test for each case, or `skip when … because \"…\"`"
        }
    }
}

const FOREIGN: &[(&str, &str)] = &[
    ("assert", "an expectation is `expect SUBJECT MATCHER`, as in `expect status 200`"),
    ("asserts", "an expectation is `expect SUBJECT MATCHER`, as in `expect status 200`"),
    ("verify", "an expectation is `expect SUBJECT MATCHER`, as in `expect status 200`"),
    ("should", "an expectation is `expect SUBJECT MATCHER`, as in `expect status 200`"),
    ("check", "an expectation is `expect SUBJECT MATCHER`, as in `expect status 200`"),
    ("captures", "a capture is `capture NAME = SUBJECT`, as in `capture id = $.id`"),
    ("describe", "a group of tests is `suite \"NAME\" { … }`"),
    ("context", "a group of tests is `suite \"NAME\" { … }`"),
    ("feature", "a group of tests is `suite \"NAME\" { … }`"),
    ("it", "a test is `test \"NAME\" { … }`"),
    ("scenario", "a test is `test \"NAME\" { … }`; a `scenario` is in a `load`"),
    ("given", "steps have no such words: write the request itself, or put what comes first into `before each { … }`"),
    ("when", "steps have no such words: write the request itself, as in `GET {{env.api}}/threads { … }`"),
    ("then", "steps have no such words: write `expect status 200` in the block of the request"),
    ("and", "each statement is on a line of its own, without `and`"),
    ("or", "`or {` is on the line of the `}` that it follows"),
    ("but", "each statement is on a line of its own"),
    ("var", "a name for a value is `let NAME = VALUE`"),
    ("const", "a name for a value is `let NAME = VALUE`"),
    ("set", "a name for a value is `let NAME = VALUE`"),
    ("val", "a name for a value is `let NAME = VALUE`"),
    ("def", "reusable steps are `flow NAME(PARAMETERS) { … }`"),
    ("fn", "reusable steps are `flow NAME(PARAMETERS) { … }`"),
    ("func", "reusable steps are `flow NAME(PARAMETERS) { … }`"),
    ("function", "reusable steps are `flow NAME(PARAMETERS) { … }`"),
    ("macro", "reusable steps are `flow NAME(PARAMETERS) { … }`"),
    ("class", "the shape of a value is `shape NAME { … }`"),
    ("struct", "the shape of a value is `shape NAME { … }`"),
    ("interface", "the shape of a value is `shape NAME { … }`"),
    ("type", "the shape of a value is `shape NAME { … }`"),
    ("schema", "the shape of a value is `shape NAME { … }`"),
    ("include", "another file comes in with `import \"path.e2e\" as name`"),
    ("require", "another file comes in with `import \"path.e2e\" as name`"),
    ("from", "another file comes in with `import \"path.e2e\" (name)`"),
    ("use", "another file comes in with `import \"path.e2e\" as name`"),
    ("sleep", "a pause is `wait 2s`; to wait until something holds, write `eventually within 30s every 1s { … }`"),
    ("delay", "a pause is `wait 2s`; to wait until something holds, write `eventually within 30s every 1s { … }`"),
    ("beforeeach", "write `before each { … }`"),
    ("before_each", "write `before each { … }`"),
    ("beforeall", "write `before all { … }`"),
    ("setup", "write `before all { … }` or `before each { … }`"),
    ("aftereach", "write `after each { … }`"),
    ("after_each", "write `after each { … }`"),
    ("afterall", "write `after all { … }`"),
    ("teardown", "write `after each { … }` or `after all { … }`"),
    ("print", "reports show every exchange: nothing needs to be printed"),
    ("log", "reports show every exchange: nothing needs to be printed"),
    ("echo", "reports show every exchange: nothing needs to be printed"),
    ("ws", "a WebSocket is opened by `websocket NAME URL { … }`"),
    ("stage", "a phase of a plan is `phase \"NAME\" { … }`"),
    ("env", "an environment is `environment NAME { … }`; its values are read as `env.NAME`"),
    ("headers", "each header is a line of its own: `header NAME: VALUE`"),
    ("auth", "credentials are `bearer TOKEN`, `basic USER, PASSWORD` or `digest USER, PASSWORD`"),
    ("authorization", "credentials are `bearer TOKEN`, `basic USER, PASSWORD` or `digest USER, PASSWORD`"),
    ("params", "each query parameter is a line of its own: `query NAME: VALUE`"),
    ("data", "a body is `json { … }`, `form { … }` or `body \"…\"`"),
    ("payload", "a body is `json { … }`, `form { … }` or `body \"…\"`"),
    ("receive", "frames are expected with `expect on CHANNEL in order within D { event \"…\" }`"),
    ("recv", "frames are expected with `expect on CHANNEL in order within D { event \"…\" }`"),
    ("connect", "a channel is opened by `websocket NAME URL { … }`"),
];
