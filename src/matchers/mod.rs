//! One file a matcher: whether what was found is what is expected, and in a user's words why not. Pure.

mod any_order;
mod blank;
mod close;
mod compare;
mod condition;
mod difference;
mod membership;
mod partial;
mod quantifier;
mod schema;
mod sequence;
mod text;
mod types;
mod weak;

pub use condition::{Truth, selects, truth};
pub use difference::{Difference, differences};
pub use weak::weakness;

use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Found, Ground, Unread, equal, show};
use crate::plan::{Matcher, MatcherKind};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::syntax::words::{Fits, Looks, Plain, WithOperand};
use crate::value::{Json, PathStep, Value};

/// Why an expectation doesn't hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mismatch {
    /// Goes on after the subject: `is 503, expected 201`.
    pub text: String,
    pub help: Option<String>,
    /// The kind of problem, where the matcher knows better than the subject.
    pub kind: Kind,
    /// Which of several nodes it is about, counted from 0.
    pub node: Option<usize>,
    /// Where in the value, below the node.
    pub path: Vec<PathStep>,
    /// How two structures differ, for a display of its own.
    pub differences: Vec<Difference>,
    /// The question can't be asked of some part, or of nothing: then its contrary doesn't hold either.
    pub undecided: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Value,
    Missing,
    Type,
    Element,
    Schema,
    /// The question can't be asked of such a value.
    Unsuitable,
    /// A member that is read occurs twice.
    Twice,
    /// A string that is read is no text.
    LoneSurrogate,
}

impl Mismatch {
    pub fn new(text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into(), ..Self::default() })
    }

    fn of(kind: Kind, text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into(), kind, ..Self::default() })
    }

    /// There is nothing, of which neither this nor its contrary is true.
    fn of_nothing(text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into(), kind: Kind::Missing, undecided: true, ..Self::default() })
            .with_help("an empty list proves nothing; `is empty` expects one")
    }

    /// What is asked about says nothing certain.
    fn unread(unread: &Unread) -> Box<Self> {
        let kind = match unread {
            Unread::Twice { .. } => Kind::Twice,
            Unread::LoneSurrogate(_) => Kind::LoneSurrogate,
        };
        let path = unread.way().to_vec();
        Box::new(Self { text: unread.words(), kind, path, undecided: true, ..Self::default() }).with_help(unread.help())
    }

    /// No one waits for this any more: it was left, and says nothing of what was looked at.
    fn given_up() -> Box<Self> {
        Box::new(Self {
            undecided: true,
            ..*Self::of(Kind::Unsuitable, "wasn't looked at to its end, since the time was over")
        })
    }

    fn is_undecided(&self) -> bool {
        self.undecided || self.kind == Kind::Unsuitable
    }

    fn with_help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }
}

/// A loop over a list that turned out to be empty.
pub fn no_element(list: Span) -> Fault {
    let message = "this list is empty, so nothing is done for any element, and nothing is proved";
    let help = "write `for each NAME in LIST or none` where none is fine";
    Box::new(Diagnostic::error(&codes::NO_ELEMENT, list, message).with_help(help))
}

/// Steps or items that are to be repeated a number of times that turned out to be 0. `fine` is how it is written where none is.
pub fn no_repetition(times: Span, fine: &str) -> Fault {
    let message = "this is 0, so nothing is repeated, and nothing is proved";
    Box::new(
        Diagnostic::error(&codes::NO_ELEMENT, times, message).with_help(format!("write `{fine}` where none is fine")),
    )
}

/// What a matcher says: it holds, it doesn't, or it can't be evaluated.
pub type Comparison = Result<Result<(), Box<Mismatch>>, Fault>;

/// Whether what a subject found is what a matcher expects.
///
/// # Errors
/// An operand has no value.
pub fn apply(matcher: &Matcher, found: &Found, context: &Context<'_>) -> Comparison {
    if let Ground::None(baseless) = &found.ground {
        let text = format!("finds nothing, since {}, so nothing is proved", baseless.why);
        let help = baseless.help.clone().or_else(|| Some("an absence counts only in a list or an object".to_owned()));
        return Ok(Err(Box::new(Mismatch { help, undecided: true, ..*Mismatch::of(Kind::Missing, text) })));
    }
    match &matcher.kind {
        MatcherKind::Plain(Plain::Exists) => return Ok(exists(found)),
        MatcherKind::Not(inner) => return not(inner, found, context),
        MatcherKind::Each(inner) => return quantifier::each(inner, found, context),
        MatcherKind::Some(inner) => return quantifier::some(inner, found, context),
        MatcherKind::None(inner) => return quantifier::none(inner, found, context),
        _ => {}
    }
    let Some(value) = found.value() else {
        return Ok(Err(Mismatch::of(Kind::Missing, format!("is missing, expected {}", expected(matcher, context)?))));
    };
    match &matcher.kind {
        MatcherKind::Compare(op, operand) if found.plain => compare::compare(*op, &value, false, operand, context),
        MatcherKind::With(WithOperand::Equals, operand) if found.plain => {
            compare::equals(&value, false, operand, context)
        }
        _ => one(matcher, &value, found.text.as_deref(), context),
    }
}

/// What a matcher reads of a value, and can't read for one thing.
fn unread(matcher: &Matcher, value: &Value, text: Option<&str>) -> Option<Unread> {
    let row = matcher.kind.row();
    let whole = match row.looks {
        Looks::AtNothing => return None,
        // The text is read, not what it says.
        Looks::AtText if text.is_some() => return None,
        Looks::AtText => row.fits == Fits::Searched && value.as_json().is_some_and(Json::is_array),
        Looks::AtAll => true,
        Looks::AtParts => false,
    };
    match value.as_json() {
        Some(json @ Json::Unpaired(_)) => Unread::of_json(json),
        _ if whole => Unread::of(value),
        _ => None,
    }
}

/// What a matcher says of one of many values, without an explanation.
enum Brief {
    Holds,
    Differs,
    Undecided,
}

/// As [`one`]. What takes long to explain isn't explained.
fn brief(matcher: &Matcher, value: &Value, context: &Context<'_>) -> Result<Brief, Fault> {
    let holds = match &matcher.kind {
        _ if unread(matcher, value, None).is_some() => return Ok(Brief::Undecided),
        MatcherKind::With(WithOperand::Equals, operand) | MatcherKind::Compare(BinaryOp::Equal, operand) => {
            equal(value, &crate::eval::evaluate(operand, context)?)
        }
        _ => match one(matcher, value, None, context)? {
            Ok(()) => true,
            Err(mismatch) if mismatch.is_undecided() => return Ok(Brief::Undecided),
            Err(_) => false,
        },
    };
    Ok(if holds { Brief::Holds } else { Brief::Differs })
}

/// A matcher on one value.
pub(crate) fn one(matcher: &Matcher, value: &Value, text: Option<&str>, context: &Context<'_>) -> Comparison {
    if let Some(unread) = unread(matcher, value, text) {
        return Ok(Err(Mismatch::unread(&unread)));
    }
    match &matcher.kind {
        MatcherKind::Compare(op, operand) => compare::compare(*op, value, true, operand, context),
        MatcherKind::Plain(Plain::Exists) => again(matcher, value, text, context),
        MatcherKind::Plain(Plain::Blank) => Ok(blank::is_blank(value, text)),
        MatcherKind::Plain(Plain::Empty) => Ok(sequence::is_empty(value, text)),
        MatcherKind::Plain(Plain::Unique) => Ok(sequence::is_unique(value)),
        MatcherKind::With(word, operand) => match word {
            WithOperand::Equals => compare::equals(value, true, operand, context),
            WithOperand::EqualsInAnyOrder => any_order::equals(value, operand, context),
            WithOperand::In => membership::is_in(value, operand, context),
            WithOperand::Contains => text::contains(value, text, operand, context),
            WithOperand::StartsWith => text::starts_with(value, text, operand, context),
            WithOperand::EndsWith => text::ends_with(value, text, operand, context),
            WithOperand::HasLength => sequence::has_length(value, operand, context),
            WithOperand::ExpiresAfter => close::expires_after(value, operand, context),
        },
        MatcherKind::Regex(pattern) => Ok(text::regex(value, text, pattern)),
        MatcherKind::Partial(expected) => partial::matches(value, expected, context),
        MatcherKind::Schema { name, schema } => Ok(schema::valid(value, name, schema)),
        MatcherKind::Is(ty) => Ok(types::is(value, ty, context.plan)),
        MatcherKind::IsSorted { by, descending } => {
            let by = by.as_ref().map(|by| crate::eval::bound(by, context)).transpose()?;
            Ok(sequence::is_sorted(value, by.as_ref(), *descending))
        }
        MatcherKind::CloseTo { target, tolerance } => close::close_to(value, target, tolerance, context),
        MatcherKind::Not(_) | MatcherKind::Each(_) | MatcherKind::Some(_) | MatcherKind::None(_) => {
            again(matcher, value, text, context)
        }
    }
}

/// A matcher that asks about what was found, on one value.
fn again(matcher: &Matcher, value: &Value, text: Option<&str>, context: &Context<'_>) -> Comparison {
    apply(matcher, &Found { text: text.map(str::to_owned), ..Found::one(value.clone()) }, context)
}

fn exists(found: &Found) -> Result<(), Box<Mismatch>> {
    if found.values.is_empty() { Err(Mismatch::of(Kind::Missing, "is missing, expected it to exist")) } else { Ok(()) }
}

fn not(inner: &Matcher, found: &Found, context: &Context<'_>) -> Comparison {
    // What is absent is nothing, so also not this; only `not exists` asks about that itself.
    if found.values.is_empty() && !inner.kind.asks_of_absence() && !found.plural {
        return Ok(Err(Mismatch::of(
            Kind::Missing,
            format!("is missing, expected a value that is not {}", expected(inner, context)?),
        )
        .with_help("`not exists` expects it to be missing")));
    }
    match apply(inner, found, context)? {
        Err(mismatch) if mismatch.is_undecided() => Ok(Err(mismatch)),
        Err(_) => Ok(Ok(())),
        Ok(()) => {
            let value = found.value().map_or("missing".to_owned(), |value| show(&value));
            Ok(Err(Mismatch::new(format!("is {value}, expected not {}", expected(inner, context)?))))
        }
    }
}

/// What a matcher expects, in words: `a uuid`, `less than 2s`.
pub(crate) fn expected(matcher: &Matcher, context: &Context<'_>) -> Result<String, Fault> {
    let value = |operand| crate::eval::evaluate(operand, context).map(|value| show(&value));
    let says = matcher.kind.row().says;
    Ok(match &matcher.kind {
        MatcherKind::Plain(_) | MatcherKind::Partial(_) => says.to_owned(),
        MatcherKind::With(_, operand) => {
            format!("{says} {}", membership::shown(operand, context)?).trim_start().to_owned()
        }
        MatcherKind::Compare(op, operand) => format!("{}{}", compare::words(*op), value(operand)?),
        MatcherKind::Regex(pattern) => format!("{says} {}", pattern.as_str()),
        MatcherKind::Schema { name, .. } => format!("{says} \"{name}\""),
        MatcherKind::Is(ty) => types::words(ty, context.plan),
        MatcherKind::IsSorted { descending, .. } => {
            if *descending {
                format!("{says}, descending")
            } else {
                says.to_owned()
            }
        }
        MatcherKind::CloseTo { target, tolerance } => format!("{} ± {}", value(target)?, value(tolerance)?),
        MatcherKind::Each(inner) => format!("each {}", expected(inner, context)?),
        MatcherKind::Some(inner) => format!("some {}", expected(inner, context)?),
        MatcherKind::None(inner) => format!("none {}", expected(inner, context)?),
        MatcherKind::Not(inner) => format!("not {}", expected(inner, context)?),
    })
}
