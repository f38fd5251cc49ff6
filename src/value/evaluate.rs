//! What expressions are worth. The one evaluator: `check` asks it of the syntax tree, `plan` and a run ask it of the plan, each with what a name is
//! worth there. What isn't known makes the result unknown.

use super::{BinaryOp, Function, Json, Oversize, Secret, UnaryOp, Unread, Value};

/// An expression, whichever tree it is in.
pub trait Tree: Sized {
    fn form(&self) -> Form<'_, Self>;
}

/// What an expression is made of, one level deep.
pub enum Form<'e, E> {
    /// A literal.
    Value(Value),
    /// A string with interpolations.
    Template(Vec<Piece<'e, E>>),
    Field(&'e E, &'e str),
    Index(&'e E, &'e E),
    List(&'e [E]),
    /// Names and values.
    Object(Vec<(Vec<Piece<'e, E>>, Piece<'e, E>)>),
    /// Both ends included.
    Range(&'e E, &'e E),
    Unary(UnaryOp, &'e E),
    Binary(BinaryOp, &'e E, &'e E),
    Call(Function, Vec<&'e E>),
    /// A name, a subject, a file: only the world around knows.
    Outside,
}

/// A part of a string, or of an object.
pub enum Piece<'e, E> {
    Text(&'e str),
    Expr(&'e E),
    /// A name that stands for its value: `{ thread_id }`.
    Name(&'e str),
}

/// Why there is no value.
#[derive(Debug)]
pub enum Stop<F> {
    /// It isn't known here.
    Unknown,
    /// It has none.
    Fault(F),
}

/// What is known where an expression is evaluated.
pub trait Bindings<E> {
    /// How it is said that an expression has no value.
    type Fault;

    /// What an expression is worth that isn't made of others.
    ///
    /// # Errors
    /// It isn't known, or has no value.
    fn outside(&self, expr: &E) -> Result<Value, Stop<Self::Fault>>;

    /// What a name is worth that stands for its value in an object.
    ///
    /// # Errors
    /// As [`Bindings::outside`].
    fn name(&self, _name: &str) -> Result<Value, Stop<Self::Fault>> {
        Err(Stop::Unknown)
    }

    /// What a function gives that time or chance decides; `None` where that isn't known.
    ///
    /// # Errors
    /// Whatever is drawn, it can't work with these arguments.
    fn chance(&self, function: Function, args: &[Value]) -> Result<Option<Value>, super::ArgumentFault> {
        function.drawn(args, &|| 0).transpose().map(|_| None)
    }

    /// What is known already of a part of an expression.
    fn known(&self, _expr: &E) -> Option<Result<Value, Stop<Self::Fault>>> {
        None
    }

    /// That an expression has no value, at the part of it that is the reason.
    fn refused(&self, at: &E, why: Refusal) -> Stop<Self::Fault>;

    /// Whether a value is a secret or holds one.
    fn is_secret(&self, value: &Value) -> bool {
        value.holds_secret()
    }

    /// What was computed from a secret.
    fn computed(&self, value: Value) -> Value {
        match value.as_str() {
            Some(text) => Value::Secret(Secret::new(text)),
            None => value,
        }
    }

    /// A text with secrets in it: where each part of it ends, and whether that is a secret.
    fn composed(&self, text: String, _parts: &[(usize, bool)]) -> Value {
        self.computed(Value::from(Json::from(text)))
    }

    /// What a function gave, `secret` if it was of a secret.
    fn called(&self, _function: Function, _args: &[Value], result: Value, secret: bool) -> Value {
        if secret { self.computed(result) } else { result }
    }

    /// The largest value that is made, in bytes. What is larger isn't known, or has no value.
    fn most(&self) -> usize;

    /// What a value that is larger than [`Bindings::most`] is.
    fn oversize(&self, at: &E, why: Oversize) -> Stop<Self::Fault> {
        self.refused(at, Refusal::Oversize(why))
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// Neither true nor false.
    NoTruth(Value),
    Negated(Value),
    /// The kinds don't go together, or the result is out of range.
    Operator(BinaryOp, Value, Value),
    DividedByZero,
    NotOrdered(Value, Value),
    NoFields {
        of: Value,
        name: String,
    },
    NoSuchField {
        of: Value,
        name: String,
    },
    NoElements(Value),
    NoIndex(Value),
    NoSuchElement {
        count: usize,
        at: i64,
    },
    /// An end of a range that is no whole number.
    NoEnd(Value),
    /// It has no text to be put into another.
    NoText(Value),
    Unread(Unread),
    Argument(super::ArgumentFault),
    Oversize(Oversize),
}

type Worth<F> = Result<Value, Stop<F>>;

/// What an expression is worth.
///
/// # Errors
/// It isn't known, or has no value.
pub fn evaluate<E: Tree, W: Bindings<E> + ?Sized>(expr: &E, world: &W) -> Worth<W::Fault> {
    if let Some(known) = world.known(expr) {
        return known;
    }
    match expr.form() {
        Form::Value(value) => Ok(value),
        Form::Outside => world.outside(expr),
        Form::Template(pieces) => template(expr, &pieces, world),
        Form::Field(of, name) => field(expr, &evaluate(of, world)?, name, world),
        Form::Index(of, index) => {
            let of = evaluate(of, world)?;
            element(expr, &of, &evaluate(index, world)?, world)
        }
        Form::List(items) => {
            let values = items.iter().map(|item| evaluate(item, world)).collect::<Result<Vec<_>, _>>()?;
            made(expr, Value::list(values), world)
        }
        Form::Object(entries) => object(expr, &entries, world),
        Form::Range(from, to) => range(expr, (from, to), world),
        Form::Unary(op, of) => {
            let value = evaluate(of, world)?;
            op.apply(&value).ok_or_else(|| {
                let why = if op == UnaryOp::Not { Refusal::NoTruth(value) } else { Refusal::Negated(value) };
                world.refused(of, why)
            })
        }
        Form::Binary(op, left, right) if op.decided_by().is_some() => logic(op, left, right, world),
        Form::Binary(op, left, right) => binary(expr, op, (left, right), world),
        Form::Call(function, args) => call(expr, function, &args, world),
    }
}

/// A value in the message about an argument: what may be long or secret is only named by its kind.
fn in_short(value: &Value) -> String {
    match value {
        Value::Secret(_) => "***".to_owned(),
        Value::Json(json) if !json.is_array() && !json.is_object() && !json.is_string() => json.to_string(),
        Value::Json(_) | Value::Bytes(_) | Value::List(_) | Value::Object(_) | Value::Channel(_) => {
            format!("this {}", value.kind())
        }
        amount => amount.to_text(),
    }
}

fn made<E, W: Bindings<E> + ?Sized>(expr: &E, value: Value, world: &W) -> Worth<W::Fault> {
    match value.fits(world.most()) {
        Ok(()) => Ok(value),
        Err(why) => Err(world.oversize(expr, why)),
    }
}

/// A string with a secret in it is a secret.
fn template<E: Tree, W: Bindings<E> + ?Sized>(expr: &E, pieces: &[Piece<'_, E>], world: &W) -> Worth<W::Fault> {
    let mut text = String::new();
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Text(piece) => {
                text.push_str(piece);
                parts.push((text.len(), false));
            }
            Piece::Expr(part) => {
                let value = evaluate(*part, world)?;
                has_text(*part, &value, world)?;
                text.push_str(&value.to_text());
                parts.push((text.len(), world.is_secret(&value)));
            }
            Piece::Name(name) => {
                text.push_str(&world.name(name)?.to_text());
                parts.push((text.len(), false));
            }
        }
        if text.len() > world.most() {
            return Err(world.oversize(expr, Oversize::Large));
        }
    }
    if parts.iter().any(|(_, secret)| *secret) {
        return Ok(world.composed(text, &parts));
    }
    Ok(Value::from(Json::from(text)))
}

/// Refuses what isn't allowed in a text.
///
/// # Errors
/// It can't.
pub fn has_text<E, W: Bindings<E> + ?Sized>(at: &E, value: &Value, world: &W) -> Result<(), Stop<W::Fault>> {
    if matches!(value, Value::Channel(_) | Value::Bytes(_)) {
        return Err(world.refused(at, Refusal::NoText(value.clone())));
    }
    readable(at, value, world)
}

/// A string that is no text can't be used as one.
fn readable<E, W: Bindings<E> + ?Sized>(at: &E, value: &Value, world: &W) -> Result<(), Stop<W::Fault>> {
    match value.as_json() {
        Some(json @ Json::Unpaired(_)) => match Unread::of_json(json) {
            Some(unread) => Err(world.refused(at, Refusal::Unread(unread))),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn field<E, W: Bindings<E> + ?Sized>(expr: &E, of: &Value, name: &str, world: &W) -> Worth<W::Fault> {
    if super::Kind::of(of) != super::Kind::Object {
        return Err(world.refused(expr, Refusal::NoFields { of: of.clone(), name: name.to_owned() }));
    }
    match of.field(name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(world.refused(expr, Refusal::NoSuchField { of: of.clone(), name: name.to_owned() })),
        Err(unread) => Err(world.refused(expr, Refusal::Unread(unread))),
    }
}

fn element<E, W: Bindings<E> + ?Sized>(expr: &E, of: &Value, index: &Value, world: &W) -> Worth<W::Fault> {
    if let Some(key) = index.as_str() {
        return field(expr, of, key, world);
    }
    let Some(count) = of.count() else { return Err(world.refused(expr, Refusal::NoElements(of.clone()))) };
    let Some(number) = index.as_json().and_then(Json::as_i64) else {
        return Err(world.refused(expr, Refusal::NoIndex(index.clone())));
    };
    let from_end = || usize::try_from(number.unsigned_abs()).ok().and_then(|back| count.checked_sub(back));
    let at = if number < 0 { from_end() } else { usize::try_from(number).ok() };
    at.and_then(|at| of.element(at)).ok_or_else(|| world.refused(expr, Refusal::NoSuchElement { count, at: number }))
}

fn object<E: Tree, W: Bindings<E> + ?Sized>(
    expr: &E,
    entries: &[(Vec<Piece<'_, E>>, Piece<'_, E>)],
    world: &W,
) -> Worth<W::Fault> {
    let mut fields = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let key = match key.as_slice() {
            [Piece::Text(name)] => (*name).to_owned(),
            pieces => template(expr, pieces, world)?.to_text(),
        };
        let value = match value {
            Piece::Text(text) => Value::from(*text),
            Piece::Expr(value) => evaluate(*value, world)?,
            Piece::Name(name) => world.name(name)?,
        };
        fields.push((key, value));
    }
    made(expr, Value::object(fields), world)
}

fn range<E: Tree, W: Bindings<E> + ?Sized>(expr: &E, (from, to): (&E, &E), world: &W) -> Worth<W::Fault> {
    let whole = |end: &E| {
        let value = evaluate(end, world)?;
        let whole = value.as_json().and_then(Json::as_i64);
        whole.ok_or_else(|| world.refused(end, Refusal::NoEnd(value)))
    };
    let (from, to) = (whole(from)?, whole(to)?);
    let count = to.checked_sub(from).and_then(|count| usize::try_from(count.max(0)).ok());
    if count.is_none_or(|count| count > world.most() / super::parts::OF_A_NODE) {
        return Err(world.oversize(expr, Oversize::Large));
    }
    Ok(Value::from(Json::from((from..=to).collect::<Vec<_>>())))
}

/// `and` and `or`: one side that decides, decides. What is on the right isn't looked at where the left one did; an unknown left one leaves a false
/// right one to decide, which is never worse than what the left one turns out to be.
fn logic<E: Tree, W: Bindings<E> + ?Sized>(op: BinaryOp, left: &E, right: &E, world: &W) -> Worth<W::Fault> {
    let truth = |side: &E| match evaluate(side, world) {
        Ok(value) => match value.as_bool() {
            Some(truth) => Ok(Some(truth)),
            None => Err(world.refused(side, Refusal::NoTruth(value))),
        },
        Err(Stop::Unknown) => Ok(None),
        Err(fault) => Err(fault),
    };
    let decides = op.decided_by();
    let before = truth(left)?;
    if before.is_some() && before == decides {
        return Ok(Value::from(before == Some(true)));
    }
    match (before, truth(right)?) {
        (Some(_), Some(after)) => Ok(Value::from(after)),
        (None, Some(false)) if decides == Some(false) => Ok(Value::from(false)),
        _ => Err(Stop::Unknown),
    }
}

fn binary<E: Tree, W: Bindings<E> + ?Sized>(
    expr: &E,
    op: BinaryOp,
    (left, right): (&E, &E),
    world: &W,
) -> Worth<W::Fault> {
    let a = match evaluate(left, world) {
        Err(Stop::Fault(fault)) => return Err(Stop::Fault(fault)),
        known => known,
    };
    let b = evaluate(right, world)?;
    if op == BinaryOp::Divide && b.amount().is_some_and(|by| by.is_zero()) {
        return Err(world.refused(right, Refusal::DividedByZero));
    }
    let a = a?;
    if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
        // What is compared is read whole.
        for (side, value) in [(left, &a), (right, &b)] {
            if let Some(unread) = Unread::of(value) {
                return Err(world.refused(side, Refusal::Unread(unread)));
            }
        }
    } else {
        readable(left, &a, world)?;
        readable(right, &b, world)?;
    }
    let Some(result) = op.apply(&a, &b) else {
        let why = if op.is_order() { Refusal::NotOrdered(a, b) } else { Refusal::Operator(op, a, b) };
        return Err(world.refused(expr, why));
    };
    if !op.is_arithmetic() {
        return Ok(result);
    }
    let result = made(expr, result, world)?;
    let (of_a, of_b) = (world.is_secret(&a), world.is_secret(&b));
    if !of_a && !of_b {
        return Ok(result);
    }
    Ok(match (text_of(&a), text_of(&b), text_of(&result)) {
        (Some(a), Some(_), Some(whole)) => world.composed(whole.to_owned(), &[(a.len(), of_a), (whole.len(), of_b)]),
        _ => world.computed(result),
    })
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Secret(secret) => Some(secret.expose()),
        value => value.as_str(),
    }
}

fn call<E: Tree, W: Bindings<E> + ?Sized>(expr: &E, function: Function, args: &[&E], world: &W) -> Worth<W::Fault> {
    let values = args.iter().map(|arg| evaluate(*arg, world)).collect::<Result<Vec<_>, _>>()?;
    for (arg, value) in args.iter().zip(&values) {
        readable(*arg, value, world)?;
    }
    let given =
        function.call(&values, in_short).map_or_else(|| world.chance(function, &values), |given| given.map(Some));
    let result = match given {
        Ok(Some(value)) => value,
        Ok(None) => return Err(Stop::Unknown),
        Err(fault) => {
            let at = fault.argument.and_then(|at| args.get(at)).copied().unwrap_or(expr);
            return Err(world.refused(at, Refusal::Argument(fault)));
        }
    };
    let result = made(expr, result, world)?;
    let secret = values.iter().any(|value| world.is_secret(value));
    Ok(world.called(function, &values, result, secret))
}
