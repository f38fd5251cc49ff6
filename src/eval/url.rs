use super::expr::interpolated;
use super::fault::fault;
use super::{Context, Fault, evaluate, show};
use crate::diag::codes;
use crate::plan::{Expr, ExprKind, Piece};
use crate::value::{UrlPlace, UrlWriter, Value};

/// The URL of a request or a channel: each value is put in as its place asks.
///
/// # Errors
/// A value isn't there, or holds what would change the URL where it is.
pub fn url(expr: &Expr, context: &Context<'_>) -> Result<String, Fault> {
    let ExprKind::Template(pieces) = &expr.kind else { return Ok(evaluate(expr, context)?.to_text()) };
    let mut writer = UrlWriter::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Expr(expr) => {
                let value = interpolated(expr, context)?;
                let place = writer.place();
                writer.value(&value.to_text()).map_err(|refused| misplaced(expr, &value, refused, place, context))?;
            }
        }
    }
    Ok(writer.finish())
}

fn misplaced(expr: &Expr, value: &Value, refused: char, place: UrlPlace, context: &Context<'_>) -> Fault {
    let what = match refused {
        '#' => "`#`, which would cut the URL off".to_owned(),
        '?' => "`?`, which would begin its query".to_owned(),
        ' ' => "a space".to_owned(),
        other => format!("U+{:04X}, which isn't allowed there", u32::from(other)),
    };
    let of = if place == UrlPlace::Query { "query" } else { "path" };
    let message = format!("{} isn't allowed in the URL's {of}: it holds {what}", show(value));
    let written = context.plan.sources.text(expr.span);
    fault(
        &codes::BAD_VALUE,
        expr.span,
        message,
        format!("write `{{{{url_encode({written})}}}}` where it is meant as it is"),
    )
}
