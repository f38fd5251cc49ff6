//! Statements whose first word begins none where they are.

use super::{foreign, loads};
use crate::diag::{Correction, Diagnostic, Help, closest, codes};
use crate::source::Span;
use crate::syntax::matcher::matched;
use crate::syntax::parser::Parser;
use crate::syntax::scan::Tok;
use crate::syntax::split::Segment;
use crate::syntax::words::{COMMON_METHODS, Context, response_words};

/// What was made of a statement that isn't known.
pub struct Unknown {
    pub diagnostic: Diagnostic,
    /// The word that its first word is taken for, where that is plain enough to go on with it.
    pub meant: Option<&'static str>,
}

/// The diagnostic of a statement that begins with no word that may begin one here.
pub fn unknown(parser: &Parser<'_>, segment: &Segment, context: Context) -> Unknown {
    let case = Case { parser, segment, context, word: parser.nth_word(segment, 0) };
    let only = |diagnostic: Diagnostic| Unknown { diagnostic, meant: None };
    if let Some(diagnostic) = case.of_load() {
        return only(diagnostic);
    }
    if case.word.is_empty() {
        return only(case.no_word());
    }
    if foreign::is_control_flow(case.word) {
        return only(case.error(
            &codes::CONTROL_FLOW,
            format!("there is no `{}`", case.word),
            foreign::without_control_flow(case.word),
        ));
    }
    if let Some(unknown) = case.method() {
        return unknown;
    }
    let detectors = [Case::header_line, Case::missing_expect, Case::misplaced, Case::missing_let, Case::missing_call];
    if let Some(diagnostic) = detectors.iter().find_map(|detect| detect(&case)) {
        return only(diagnostic);
    }
    if let Some(unknown) = case.misspelt() {
        return unknown;
    }
    if let Some(help) = foreign::meaning(case.word) {
        return only(case.error(&codes::FOREIGN_STATEMENT, format!("`{}` begins no statement", case.word), help));
    }
    only(case.anything_else())
}

struct Case<'a> {
    parser: &'a Parser<'a>,
    segment: &'a Segment,
    context: Context,
    word: &'a str,
}

impl Case<'_> {
    fn first_span(&self) -> Span {
        self.parser.token_span(self.segment.from)
    }

    fn error(&self, code: &'static crate::diag::Code, message: impl Into<String>, help: impl Into<Help>) -> Diagnostic {
        Diagnostic::error(code, self.first_span(), message).with_help(help)
    }

    /// `text` before the statement; shown with its first line.
    fn before(&self, text: &str) -> Correction {
        Correction::insert_before(self.first_span(), text).between("", self.line())
    }

    /// `text` instead of the first word of the statement; shown with the rest of its line.
    fn instead(&self, text: &str) -> Correction {
        let first = self.first_span();
        let rest = self.line().get(first.len()..).unwrap_or_default();
        Correction::replace(first, text).between("", shorten(rest))
    }

    /// `text` instead of the first line of the statement.
    fn line_instead(&self, text: impl Into<String>) -> Correction {
        Correction::replace(self.line_span(), text)
    }

    /// A span, and the white space that follows it on its line.
    fn with_blank(&self, span: Span) -> Span {
        let rest = self.parser.text.get(span.end as usize..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        Span { end: span.end + blank as u32, ..span }
    }

    fn line_span(&self) -> Span {
        let span = self.parser.head_span(self.segment);
        Span { end: span.start + self.line().len() as u32, ..span }
    }

    /// The first line of the statement.
    fn line(&self) -> &str {
        let span = self.parser.head_span(self.segment);
        self.parser.slice(span.start, span.end).lines().next().unwrap_or_default().trim()
    }

    fn kind_of(&self, n: usize) -> Option<(Tok, u8)> {
        let at = self.segment.from + n;
        (at < self.segment.to).then(|| self.parser.token(at)).flatten().map(|token| (token.kind, token.byte))
    }

    /// What other tools say of loads.
    fn of_load(&self) -> Option<Diagnostic> {
        let line = self.line();
        let help = match loads::statement(self.context, line)? {
            loads::Meant::Line(meant) => self.line_instead(meant).write(),
            loads::Meant::Say(help) => help.into(),
        };
        let message = match self.segment.from < self.segment.to {
            true => format!("`{}` isn't how it is said {}", shorten(line), self.context.place()),
            false => format!("a block isn't allowed on its own {}", self.context.place()),
        };
        Some(Diagnostic::error(&codes::FOREIGN_STATEMENT, self.line_span(), message).with_help(help))
    }

    /// A statement that begins with a sign, a number or a string.
    fn no_word(&self) -> Diagnostic {
        let span = self.first_span();
        let shown = self.parser.slice(span.start, span.end);
        let takes_expect = matches!(self.context, Context::Request | Context::Channel | Context::Test | Context::Flow);
        if self.kind_of(0) == Some((Tok::Symbol, b'$')) && takes_expect {
            let help = self.before("expect ").safe().write();
            return self.error(&codes::MISSING_EXPECT, "an expectation begins with `expect`", help);
        }
        if self.kind_of(0) == Some((Tok::Symbol, b'-')) {
            return self.error(
                &codes::FOREIGN_STATEMENT,
                "a statement doesn't begin with `-`",
                Correction::remove(self.with_blank(self.first_span()))
                    .safe_if(self.context.keywords().contains(&self.parser.nth_word(self.segment, 1)))
                    .say("write the statement alone on its line, without the dash"),
            );
        }
        if self.kind_of(0) == Some((Tok::Open, b'[')) {
            let help = "there are no sections: `expect …`, `capture …`, `query …` each begin a line in the block of the request";
            return self.error(&codes::FOREIGN_STATEMENT, "a statement doesn't begin with `[`", help);
        }
        if self.kind_of(0) == Some((Tok::Open, b'{')) && matches!(self.context, Context::Request) {
            let help = self.before("json ").write();
            return self.error(&codes::UNKNOWN_STATEMENT, "a body says what it is: JSON begins with `json`", help);
        }
        let place = self.context.place();
        let message = match self.segment.from < self.segment.to {
            true => format!("`{}` begins no statement {place}", shorten(shown)),
            false => format!("a block isn't allowed on its own {place}"),
        };
        self.error(&codes::UNKNOWN_STATEMENT, message, self.begun().unwrap_or_else(|| self.known().into()))
    }

    /// `Content-Type: application/json` in a request.
    fn header_line(&self) -> Option<Diagnostic> {
        if !matches!(self.context, Context::Request | Context::Channel) {
            return None;
        }
        let (name, value) = self.line().split_once(':')?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && name.starts_with(|c: char| c.is_ascii_uppercase() || name.contains('-') && c.is_ascii_alphabetic());
        if !is_name {
            return None;
        }
        let value = value.trim().trim_matches('"');
        let help = match (name, value.strip_prefix("Bearer ")) {
            ("Authorization", Some(token)) => {
                self.line_instead(format!("bearer {}", token.trim_matches(['{', '}', ' ']))).write()
            }
            _ if value.starts_with("env.") => self.before("header ").write(),
            _ => {
                // What is in quotes, or in none, is text; an expression may be meant by anything else.
                let is_text = !value.is_empty() && !value.contains(['"', '\'', '\\', '{', '}', '$', '(']);
                self.line_instead(format!("header {name}: \"{value}\"")).safe_if(is_text).write()
            }
        };
        Some(self.error(&codes::HEADER_LINE, "a header begins with `header`, and its value is an expression", help))
    }

    /// `status 200` in a request.
    fn missing_expect(&self) -> Option<Diagnostic> {
        // What other tools call them.
        const FOREIGN: &[&str] = &["HTTP", "jsonpath", "duration", "bytes"];
        // A word that also begins a part of a request says what is sent.
        let is_subject = FOREIGN.contains(&self.word)
            || response_words().contains(&self.word)
                && !Context::Request.keywords().contains(&self.word)
                && foreign::meaning(self.word).is_none();
        if !matches!(self.context, Context::Request | Context::Channel | Context::Test) || !is_subject {
            return None;
        }
        let help = match self.word {
            "HTTP" => self.line_instead("expect status 200").write(),
            "jsonpath" => "write `expect $.path == value`: a JSONPath is written as it is".into(),
            "duration" => self.line_instead("expect time < 2s").write(),
            "bytes" => self.line_instead("expect size < 10KB").write(),
            _ => self.before("expect ").safe().write(),
        };
        Some(self.error(&codes::MISSING_EXPECT, "an expectation begins with `expect`", help))
    }

    /// `get http://…`, `PURGE http://…`
    fn method(&self) -> Option<Unknown> {
        let takes_steps = matches!(self.context, Context::Test | Context::Flow);
        if !takes_steps || !matches!(self.kind_of(1), Some((Tok::Url | Tok::Text, _))) {
            return None;
        }
        let upper = self.word.to_ascii_uppercase();
        let known = COMMON_METHODS.iter().find(|method| **method == upper).copied();
        if let Some(method) = known {
            let help = self.instead(method).safe().write();
            let diagnostic = self.error(&codes::METHOD_SPELLING, "a method is written in capitals", help);
            return Some(Unknown { diagnostic, meant: known });
        }
        let message = format!("`{}` is no method that is known", self.word);
        let near = closest(&upper, COMMON_METHODS.iter().copied());
        let meant = COMMON_METHODS.iter().find(|method| Some(**method) == near).copied();
        if let Some(method) = meant {
            let help = Correction::replace(self.first_span(), method).help(|method| {
                format!("did you mean `{method}`? One that isn't common is written `request {upper} URL`")
            });
            return Some(Unknown { diagnostic: self.error(&codes::METHOD_SPELLING, message, help), meant });
        }
        let is_upper = self.word.bytes().all(|b| b.is_ascii_uppercase());
        let help =
            self.before("request ").safe().help(|line| format!("a method that isn't common is written `{line}`"));
        is_upper.then(|| Unknown { diagnostic: self.error(&codes::METHOD_SPELLING, message, help), meant: None })
    }

    /// A statement that belongs elsewhere.
    fn misplaced(&self) -> Option<Diagnostic> {
        if self.kind_of(1).is_some_and(|(kind, byte)| kind == Tok::Symbol && matches!(byte, b'=' | b':')) {
            return None;
        }
        let homes: Vec<&str> =
            Context::ALL.iter().filter(|home| home.keywords().contains(&self.word)).map(|home| home.place()).collect();
        let home = homes.first()?;
        let (word, place) = (self.word, self.context.place());
        let is_step = Context::Test.keywords().contains(&word);
        let help = match self.context {
            Context::File if word == "test" => "put it into a suite: `suite \"NAME\" { test \"…\" { … } }`".to_owned(),
            Context::File | Context::Suite if is_step => "put it into a test: `test \"NAME\" { … }`".to_owned(),
            Context::Load if word == "expect" => {
                "what must hold in each round goes into a request of a scenario, and of the load as a whole it is a `threshold`".to_owned()
            }
            Context::Load if is_step => "put it into a scenario: `scenario { … }`".to_owned(),
            Context::Test | Context::Flow if word == "think" => {
                "users think between rounds, so it belongs in the load itself; a pause between steps is `wait 2s`".to_owned()
            }
            Context::Test | Context::Flow if Context::Request.keywords().contains(&word) => {
                "put it into the block of a request: `GET {{env.api}}/path { … }`".to_owned()
            }
            Context::Test if word == "return" => {
                "only flows return something: `flow NAME() { … return value }`".to_owned()
            }
            _ => format!("it belongs {home}"),
        };
        let help = match self.context {
            Context::File | Context::Test | Context::Flow => help.into(),
            _ => self.begun().unwrap_or_else(|| help.into()),
        };
        Some(self.error(&codes::MISPLACED_STATEMENT, format!("`{word}` isn't allowed {place}"), help))
    }

    /// `name = 5` in a test.
    fn missing_let(&self) -> Option<Diagnostic> {
        let assigns = self.kind_of(1) == Some((Tok::Symbol, b'=')) && self.kind_of(2) != Some((Tok::Symbol, b'='));
        if !assigns {
            return None;
        }
        let help = match self.context {
            Context::Test | Context::Flow => self.before("let ").safe().write(),
            Context::Request | Context::Channel | Context::Item => self.before("capture ").safe().write(),
            _ => {
                let line = self.line();
                format!("values of an environment belong in `environment NAME {{ … }}`; in a test, write `let {line}`")
                    .into()
            }
        };
        Some(self.error(&codes::MISSING_LET, "a name for a value begins with `let` or `capture`", help))
    }

    /// `login.logout(token)` in a test.
    fn missing_call(&self) -> Option<Diagnostic> {
        let calls = matches!(self.kind_of(1), Some((Tok::Open, b'(')))
            || matches!((self.kind_of(1), self.kind_of(3)), (Some((Tok::Symbol, b'.')), Some((Tok::Open, b'('))));
        if !calls || !matches!(self.context, Context::Test | Context::Flow) {
            return None;
        }
        Some(self.error(
            &codes::MISSING_CALL,
            "a flow is carried out with `call`, or its result is named with `let`",
            self.before("call ").safe().write(),
        ))
    }

    fn misspelt(&self) -> Option<Unknown> {
        let keywords = self.context.keywords();
        let meant = closest(self.word, keywords.iter().copied())?;
        let meant = keywords.iter().find(|keyword| **keyword == meant).copied()?;
        // Of a short word, too little is left to be sure.
        let sure = self.word.len() >= 4 && meant.len() >= 3 || self.word.eq_ignore_ascii_case(meant);
        if !sure && foreign::meaning(self.word).is_some() {
            return None;
        }
        let message = format!("`{}` isn't known {}: did you mean `{meant}`?", self.word, self.context.place());
        let help = self.instead(meant).safe_if(self.word.eq_ignore_ascii_case(meant)).write();
        let diagnostic = self.error(&codes::MISSPELT_KEYWORD, message, help);
        Some(Unknown { diagnostic, meant: sure.then_some(meant) })
    }

    fn anything_else(&self) -> Diagnostic {
        let message = format!("`{}` begins no statement {}", shorten(self.word), self.context.place());
        self.error(&codes::UNKNOWN_STATEMENT, message, self.begun().unwrap_or_else(|| self.known().into()))
    }

    /// The word with which this would be a statement: `60s` is what `timeout` is followed by, `chat json { … }` what `send` is.
    fn begun(&self) -> Option<Help> {
        const LONGEST: usize = 2 << 10;
        let span = self.parser.head_span(self.segment);
        let head = self.parser.slice(span.start, span.end);
        if head.len() > LONGEST {
            return None;
        }
        let fits = |word: &&&str| {
            let rule = self.context.rule(word);
            rule.is_some_and(|rule| matched(rule, &format!("{word} {head}"), Vec::new()).is_some())
        };
        let keywords = self.context.keywords();
        let fitting: Vec<&str> = keywords.iter().filter(fits).copied().collect();
        match *fitting.as_slice() {
            [only] => Some(self.before(&format!("{only} ")).write()),
            [_, _] | [_, _, _] => {
                let listed: Vec<String> = fitting.iter().map(|word| format!("`{word}`")).collect();
                Some(format!("{} is missing before it", listed.join(" or ")).into())
            }
            _ => None,
        }
    }

    fn known(&self) -> String {
        let keywords = self.context.keywords();
        let known: Vec<String> = keywords.iter().take(8).map(|word| format!("`{word}`")).collect();
        let more = if keywords.len() > known.len() { " and others" } else { "" };
        format!("{} there may be {}{more}", self.context.place(), known.join(", "))
    }
}

fn shorten(text: &str) -> &str {
    let mut end = text.len().min(60);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
