use std::collections::BTreeMap;

use super::{Expr, ExprKind};
use crate::value::{Bindings, Oversize, Refusal, Stop, Value, evaluate};

/// The value of an expression that is known before anything runs: literals, `env.NAME`, files, and what is made of them.
/// `None` for whatever a run must give (captures, chance, credentials).
pub(super) fn value(expr: &Expr, env: &BTreeMap<String, Value>) -> Option<Value> {
    evaluate(expr, &Known(env)).ok()
}

/// What is known before a run.
struct Known<'e>(&'e BTreeMap<String, Value>);

impl Bindings<Expr> for Known<'_> {
    type Fault = ();

    fn outside(&self, expr: &Expr) -> Result<Value, Stop<()>> {
        match &expr.kind {
            ExprKind::Env(name) => self.0.get(&**name).cloned().ok_or(Stop::Unknown),
            ExprKind::File(file) => Ok(file.value()),
            _ => Err(Stop::Unknown),
        }
    }

    fn refused(&self, _at: &Expr, _why: Refusal) -> Stop<()> {
        Stop::Fault(())
    }

    /// Tests and limits are laid out from these.
    fn most(&self) -> usize {
        const MOST: usize = 2 << 20;
        MOST
    }

    fn oversize(&self, _at: &Expr, _why: Oversize) -> Stop<()> {
        Stop::Unknown
    }
}
