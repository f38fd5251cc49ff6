use crate::diag::{Code, Diagnostic, Help};
use crate::source::Span;

/// Why something has no value.
pub type Fault = Box<Diagnostic>;

pub(super) fn fault(code: &'static Code, span: Span, message: impl Into<String>, help: impl Into<Help>) -> Fault {
    Box::new(Diagnostic::error(code, span, message).with_help(help))
}
