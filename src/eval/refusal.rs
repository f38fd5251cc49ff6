use super::fault::fault;
use super::{Fault, show, subject};
use crate::diag::{closest, codes};
use crate::source::Span;
use crate::value::{DEEPEST_MADE, Kind, Oversize, Refusal, Value};

/// Why an expression has no value, as a diagnostic at the part of it that is the reason.
pub fn explained(why: &Refusal, at: Span) -> Fault {
    let bad = |message: String, help: &str| fault(&codes::BAD_VALUE, at, message, help);
    match why {
        Refusal::NoTruth(value) => {
            bad(format!("{} is neither true nor false", show(value)), "compare it with something, as in `a == b`")
        }
        Refusal::Negated(value) => bad(
            format!("{} ({}) can't be negated", show(value), value.kind()),
            "only numbers, percentages and amounts of money can",
        ),
        Refusal::Operator(op, a, b) => bad(
            format!("`{} {} {}` has no value", show(a), op.sign(), show(b)),
            match [a, b].iter().any(|side| matches!(Kind::of(side), Kind::String | Kind::Secret)) {
                true => "a text is made of other values by interpolation: \"{{a}}{{b}}\"",
                false => "both sides must be amounts of one kind (or texts or lists to join), and the result in range",
            },
        ),
        Refusal::DividedByZero => bad("nothing can be divided by zero".to_owned(), "divide by another number"),
        Refusal::NotOrdered(a, b) => bad(
            format!("{} ({}) and {} ({}) can't be ordered", show(a), a.kind(), show(b), b.kind()),
            "compare values of one kind",
        ),
        Refusal::NoFields { of, name } => bad(
            format!("`.{name}` is asked of a value of kind {}, which has no fields", of.kind()),
            "only objects have fields",
        ),
        Refusal::NoSuchField { of, name } => no_such_field(of, name, at),
        Refusal::NoElements(of) => bad(
            format!("an element is asked of a value of kind {}", of.kind()),
            "only lists have elements, and objects fields",
        ),
        Refusal::NoIndex(index) => bad(
            format!("{} can't be an index", show(index)),
            "an index is a whole number from 0, or from -1 at the end",
        ),
        Refusal::NoSuchElement { count, at: number } => {
            let message = format!("the list has {count} elements, so there is none at {number}");
            fault(&codes::NO_SUCH_PART, at, message, "the first element has the index 0")
        }
        Refusal::NoEnd(_) => bad("both ends of a range are whole numbers".to_owned(), "write for example `1..10`"),
        Refusal::NoText(value) => bad(
            format!("a value of kind {} isn't allowed in a text", value.kind()),
            "use a string, a number or another value with a text form",
        ),
        Refusal::Unread(unread) => match unread {
            crate::value::Unread::Twice { way, first, second } => subject::twice(way, first, second, at, "object"),
            unread => subject::unreadable(unread, at),
        },
        Refusal::Argument(argument) => fault(&codes::BAD_ARGUMENT, at, argument.message.clone(), argument.help),
        Refusal::Oversize(Oversize::Large) => {
            bad("this makes more than 64 MiB of text or elements".to_owned(), "make less of it at once")
        }
        Refusal::Oversize(Oversize::Deep) => bad(
            format!("this nests more than {DEEPEST_MADE} levels deep"),
            "put fewer lists and objects into each other",
        ),
    }
}

fn no_such_field(of: &Value, name: &str, at: Span) -> Fault {
    let help = match near_field(of, name) {
        Some(near) => format!("did you mean `.{near}`?"),
        None => {
            let fields = of.fields().unwrap_or_default();
            format!("it has: {}", fields.iter().map(|(key, _)| *key).take(12).collect::<Vec<_>>().join(", "))
        }
    };
    fault(&codes::NO_SUCH_PART, at, format!("the object has no field `{name}`"), help)
}

/// The field of an object that was most likely meant by a name that it hasn't.
pub fn near_field(of: &Value, name: &str) -> Option<String> {
    let fields = of.fields().unwrap_or_default();
    closest(name, fields.iter().map(|(key, _)| *key)).map(str::to_owned)
}
