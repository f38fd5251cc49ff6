use super::super::cx::Cx;
use super::load_stages::Extent;
use crate::diag::{Correction, Diagnostic, Help, codes};
use crate::source::Span;
use crate::syntax::ast::{Expr, Load, LoadEntry, LoadEntryKind, RowsTaken, StrLit};

/// A load says how much comes, for how long, and what it does; and something must be able to fail.
pub fn shape(cx: &mut Cx<'_>, load: &Load, extent: Option<&Extent>) {
    if load.entries.iter().any(|entry| matches!(entry.kind, LoadEntryKind::Error)) || cx.facts.broken {
        return;
    }
    let has = |wanted: fn(&LoadEntryKind) -> bool| load.entries.iter().any(|entry| wanted(&entry.kind));
    let name = load.name.span;
    if extent.is_none() {
        report(
            cx,
            name,
            "this load doesn't say how much comes",
            "add `users 50 ramp 10s hold 30s` or `rate 200/s for 30s`",
        );
    }
    if !has(|kind| matches!(kind, LoadEntryKind::Scenario { .. })) {
        cx.facts.exchanges = true;
        report(cx, name, "this load has nothing to do", "add `scenario { GET … { expect status 200 } }`");
    } else if !has(|kind| matches!(kind, LoadEntryKind::Threshold(_))) && !cx.facts.expects {
        cx.facts.exchanges = true;
        cx.report(
            Diagnostic::error(
                &codes::EXPECTS_NOTHING,
                name,
                "this load can't fail: it has neither thresholds nor expectations",
            )
            .with_help("add `threshold error rate < 1%` and `threshold p95(time) < 800ms`"),
        );
    }
}

/// What may be said once only: how much comes, how long users think, and how long rounds may take at the end.
pub fn said_once(cx: &mut Cx<'_>, load: &Load) {
    let (mut amount, mut think, mut stop) = (None, None, None);
    for LoadEntry { span, kind } in &load.entries {
        let (first, what, help) = match kind {
            LoadEntryKind::Users { .. }
            | LoadEntryKind::Stages(_)
            | LoadEntryKind::Rate { .. }
            | LoadEntryKind::Arrivals(_) => (
                &mut amount,
                None,
                "keep one: `users` or `stages` for a closed model, `rate` or `arrivals` for an open one",
            ),
            LoadEntryKind::Think { .. } => (&mut think, Some("think"), "remove one of them"),
            LoadEntryKind::StopWithin(_) => (&mut stop, Some("stop within"), "remove one of them"),
            _ => continue,
        };
        let Some(first) = first.replace(*span) else { continue };
        let (code, message) = match what {
            None => (&codes::LOAD_SHAPE, "this load says twice how much comes".to_owned()),
            Some(what) => (&codes::DUPLICATE_META, format!("this load says `{what}` twice")),
        };
        let span = cx.head(*span);
        cx.report(
            Diagnostic::error(code, span, message).with_related(cx.head(first), "said here first").with_help(help),
        );
    }
}

/// Scenarios beside others have names, by which reports and thresholds distinguish them; a weight is a share of several.
pub fn scenarios(cx: &mut Cx<'_>, load: &Load) {
    let scenarios: Vec<(Span, &Option<StrLit>, Option<&Expr>)> = load
        .entries
        .iter()
        .filter_map(|entry| match &entry.kind {
            LoadEntryKind::Scenario { name, weight, .. } => Some((entry.span, name, weight.as_ref())),
            _ => None,
        })
        .collect();
    if let [(span, name, Some(weight))] = scenarios.as_slice() {
        let word = Span { end: span.start + "scenario".len() as u32, ..*span };
        let before = name.as_ref().map_or(word, |name| name.span);
        let help = Correction::remove(Span { start: before.end, end: weight.span.end, ..*span });
        cx.report(
            Diagnostic::warning(&codes::LOAD_SHAPE, weight.span, "a weight says nothing of the only scenario")
                .with_help(help.safe().say("remove it: all users do the same")),
        );
    }
    if scenarios.len() < 2 {
        return;
    }
    for (span, ..) in scenarios.iter().filter(|(_, name, ..)| name.is_none()) {
        let word = Span { end: span.start + "scenario".len() as u32, ..*span };
        let help = Correction::insert_after(word, " \"NAME\"").between("scenario", " { … }");
        cx.report(Diagnostic::error(&codes::LOAD_SHAPE, word, "each of several scenarios has a name").with_help(
            help.help(|head| format!("name it, so that reports and thresholds say which one they mean: `{head}`")),
        ));
    }
}

/// `data … next`: each user has a row of its own.
pub fn rows(
    cx: &mut Cx<'_>,
    (rows, taken, name): (&Expr, RowsTaken, Option<Span>),
    count: Option<usize>,
    extent: Option<&Extent>,
) {
    let Some(name) = name else {
        let statement = Span { end: rows.span.end, ..rows.span };
        let help = Correction::insert_after(statement, " as row").between(cx.text(rows.span), "");
        cx.report(
            Diagnostic::error(&codes::LOAD_SHAPE, rows.span, "these rows have no name, so no step can read them")
                .with_help(help.help(|rows| format!("name the row: `data {rows}`"))),
        );
        return;
    };
    // That there are none is another mistake.
    let count = count.filter(|count| *count > 0);
    let Some((count, (users, place))) = count.zip(extent.and_then(|extent| extent.users)) else { return };
    let lacking = users.saturating_sub(i64::try_from(count).unwrap_or(i64::MAX));
    if taken != RowsTaken::Next || lacking <= 0 {
        return;
    }
    let (users, rows_of) = (plural(users, "user"), plural(i64::try_from(count).unwrap_or(i64::MAX), "row"));
    let between = Span { start: rows.span.end, end: name.start, ..rows.span };
    let help = Correction::replace(between, " shared as ")
        .help(|_| format!("give {lacking} more, or let rounds take turns: `data … shared as {}`", cx.text(name)));
    let message = format!("{users} and {rows_of}: {lacking} of them would have no row");
    cx.report(
        Diagnostic::error(&codes::LOAD_SHAPE, rows.span, message)
            .with_related(place, "as many users as there are at most")
            .with_help(help),
    );
}

fn plural(count: i64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `think`: a pause of users, where users set the pace.
pub fn think(cx: &mut Cx<'_>, span: Span, times: (Option<f64>, Option<f64>), extent: Option<&Extent>) {
    if let (Some(least), Some(most)) = times
        && least > most
    {
        let (least, most) = (super::waits::shown(least), super::waits::shown(most));
        let help = Correction::replace(span, format!("think {most} to {least}")).write();
        cx.report(Diagnostic::error(&codes::EMPTY_RANGE, span, "this time ends before it begins").with_help(help));
    }
    if let Some(extent) = extent.filter(|extent| extent.is_open) {
        let help = cx.removal(span).say("remove it, or let users set the pace: `users 50 hold 30s`");
        cx.report(
            Diagnostic::error(&codes::LOAD_SHAPE, span, "rounds come at a rate here, however long users think")
                .with_related(cx.head(extent.span), "how rounds come")
                .with_help(help),
        );
    }
}

impl Cx<'_> {
    /// A statement without its block.
    fn head(&self, statement: Span) -> Span {
        let text = self.text(statement);
        let head = text.split('{').next().unwrap_or(text).trim_end();
        Span { end: statement.start + head.len() as u32, ..statement }
    }
}

fn report(cx: &mut Cx<'_>, span: Span, message: &str, help: impl Into<Help>) {
    cx.report(Diagnostic::error(&codes::LOAD_SHAPE, span, message).with_help(help));
}
