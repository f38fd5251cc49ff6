use super::super::cx::Cx;
use super::super::scope::Scope;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Template, TemplateForm, TemplatePart};

/// Names that look interpolated and aren't, or aren't as they look: `{{x}}` in a raw string, `${{x}}`.
pub fn check(cx: &mut Cx<'_>, scope: &Scope<'_>, template: &Template) {
    let is_raw = matches!(template.form, TemplateForm::Raw | TemplateForm::RawMultiline);
    for (at, part) in template.parts.iter().enumerate() {
        let TemplatePart::Text { text, span } = part else { continue };
        if is_raw {
            raw(cx, scope, text, *span, template);
        } else if text.ends_with('$')
            // An escape says that it is meant.
            && cx.text(*span).ends_with('$')
            && let Some(TemplatePart::Expr(expr)) = template.parts.get(at + 1)
            && root(expr).is_some_and(|name| is_known(scope, name))
        {
            let written = cx.text(expr.span).trim().to_owned();
            let sign = span.slice(span.len() - 1, span.len());
            let without = Correction::remove(sign).between("", &format!("{{{{{written}}}}}"));
            let dollar = if template.form == TemplateForm::Bare { "%24" } else { "\\u{24}" };
            cx.report(
                Diagnostic::warning(
                    &codes::STRAY_DOLLAR,
                    expr.span,
                    format!("the `$` before `{{{{{written}}}}}` is a part of the text"),
                )
                .with_help(
                    without.help(|value| {
                        format!("write `{value}`; where a dollar sign is meant, write `{dollar}{value}`")
                    }),
                ),
            );
        }
    }
}

fn raw(cx: &mut Cx<'_>, scope: &Scope<'_>, text: &str, span: Span, template: &Template) {
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find("{{")).map(|at| from + at) {
        from = open + 2;
        let inside = text.get(from..).unwrap_or_default();
        let Some(length) = inside.find("}}") else { return };
        let inside = inside.get(..length).unwrap_or_default();
        let name = inside.trim_start();
        let name = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        if inside.contains('\n') || name.is_empty() || !is_known(scope, name) {
            continue;
        }
        // A raw text of one line is as it is written.
        let span = if template.form == TemplateForm::Raw { span.slice(open, from + length + 2) } else { template.span };
        let message = format!("`{{{{{}}}}}` isn't interpolated in a raw string", inside.trim());
        cx.report(
            Diagnostic::warning(&codes::NOT_INTERPOLATED, span, message)
                .with_help("write the string in double quotes, in which `{{…}}` is a value"),
        );
        from += length + 2;
    }
}

fn is_known(scope: &Scope<'_>, name: &str) -> bool {
    name == "env" || scope.get(name).is_some()
}

/// The name that an expression begins with.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Field(of, _) | ExprKind::Index(of, _) => root(of),
        _ => None,
    }
}
