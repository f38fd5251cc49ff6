use super::super::cx::Cx;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{Block, Credential, Flow, StmtKind};

/// A credential is renewed before it expires: its flow should say when, unless it is a JWT, which says it itself.
pub fn expiry(cx: &mut Cx<'_>, credential: &Credential, flow: &Flow) {
    if says_when(&flow.body) || cx.index.is_broken(flow.body.span) {
        return;
    }
    cx.report(
        Diagnostic::warning(
            &codes::CREDENTIAL_EXPIRY,
            credential.call.span,
            format!("nothing says how long what `{}` returns lives", flow.name.text),
        )
        .with_related(flow.name.span, "the flow")
        .with_help("end the flow with `return token expires in SECONDS`; without it only a JWT's own `exp` is known"),
    );
}

fn says_when(body: &Block) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return { expires_in, .. } => expires_in.is_some(),
        StmtKind::Error => true,
        StmtKind::Within { body, .. } | StmtKind::Eventually { body, .. } => says_when(body),
        _ => false,
    })
}
