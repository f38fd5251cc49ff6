use super::fault::fault;
use super::{Context, Fault, refusal, subject, taint};
use crate::diag::{closest, codes};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::value::{self, ArgumentFault, Bindings, Function, Refusal, SHORTEST_SECRET, Stop, Value};

/// What an expression is worth.
///
/// # Errors
/// A name without a value, a part that isn't there, an operation that the values don't allow: one diagnostic at the very operand.
pub fn evaluate(expr: &Expr, context: &Context<'_>) -> Result<Value, Fault> {
    value::evaluate(expr, context).map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Unknown => unbound(expr.span, context.plan.sources.text(expr.span)),
    })
}

/// The largest value that a run makes of others, in bytes: doubling a text a few dozen times must not take the machine's memory.
const MOST: usize = 64 << 20;

impl Bindings<Expr> for Context<'_> {
    type Fault = Fault;

    fn outside(&self, expr: &Expr) -> Result<Value, Stop<Fault>> {
        let found = match &expr.kind {
            ExprKind::Var(slot) => {
                self.scope.get(*slot).cloned().ok_or_else(|| unbound(expr.span, self.scope.name(*slot)))
            }
            ExprKind::Env(name) => {
                self.plan.environment.values.get(&**name).cloned().ok_or_else(|| no_env(expr.span, name, self))
            }
            ExprKind::Credential(id) => self.host.credential(*id).ok_or_else(|| {
                let help = "see the failure of its flow";
                fault(&codes::CREDENTIAL_FAILED, expr.span, "this credential hasn't been obtained", help)
            }),
            ExprKind::Subject(subject) => subject::value(subject, self),
            ExprKind::File(file) => Ok(file.value()),
            _ => return Err(Stop::Unknown),
        };
        found.map_err(Stop::Fault)
    }

    fn chance(&self, function: Function, args: &[Value]) -> Result<Option<Value>, ArgumentFault> {
        let given = match function {
            Function::Now => return Ok(Some(Value::from(self.host.now().to_string().as_str()))),
            _ => function.drawn(args, &|| self.host.random()).transpose()?,
        };
        // It may be a part of a secret, by what is said of it later. A short number says too little.
        if let Some(given) = &given
            && function.is_drawn()
            && given.to_text().len() >= SHORTEST_SECRET
        {
            let recalled = self.host.recall(function, std::slice::from_ref(given), false);
            self.host.computed(function, std::slice::from_ref(given), given);
            return Ok(Some(recalled.unwrap_or_else(|| given.clone())));
        }
        Ok(given)
    }

    fn refused(&self, at: &Expr, why: Refusal) -> Stop<Fault> {
        Stop::Fault(refusal::explained(&why, at.span))
    }

    fn is_secret(&self, value: &Value) -> bool {
        taint::is_secret(value, self)
    }

    fn computed(&self, value: Value) -> Value {
        taint::computed(value, self)
    }

    fn composed(&self, text: String, parts: &[(usize, bool)]) -> Value {
        self.host.composed(&text, parts);
        taint::computed(Value::from(text.as_str()), self)
    }

    fn called(&self, function: Function, args: &[Value], result: Value, secret: bool) -> Value {
        if function.is_choice() {
            return result;
        }
        if let Some(recalled) = self.host.recall(function, args, secret) {
            return taint::computed(recalled, self);
        }
        if !secret {
            return result;
        }
        let result = taint::computed(result, self);
        self.host.computed(function, args, &result);
        result
    }

    fn most(&self) -> usize {
        MOST
    }
}

fn unbound(span: Span, name: &str) -> Fault {
    let message = format!("`{name}` has no value here");
    fault(&codes::UNBOUND, span, message, "the step that would have captured it wasn't reached, or its list was empty")
}

fn no_env(span: Span, name: &str, context: &Context<'_>) -> Fault {
    let environment = &context.plan.environment;
    let message = match &environment.name {
        Some(chosen) => format!("the environment `{chosen}` has no value `{name}`"),
        None => format!("`env.{name}` is used, and no environment is chosen"),
    };
    let help = match closest(name, environment.values.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `env.{near}`?"),
        None => "choose one with `--env NAME`, or give the value with `--set`".to_owned(),
    };
    fault(&codes::UNBOUND, span, message, help)
}

/// A value that has a text.
pub(super) fn interpolated(expr: &Expr, context: &Context<'_>) -> Result<Value, Fault> {
    let value = evaluate(expr, context)?;
    match value::has_text(expr, &value, context) {
        Ok(()) => Ok(value),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Unknown) => Ok(value),
    }
}
