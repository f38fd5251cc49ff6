use serde_json::{Value as Json, json};

use super::{Change, Comparison, LoadChange, Side, TimeChange};

/// For programs (`docs/reports.md`), ending with a line end. Fields may be added, never renamed.
pub fn render(one: &Comparison) -> String {
    let tests = &one.tests;
    let list = |changes: &[Change]| changes.iter().map(change).collect::<Json>();
    let gates = one.gates.iter().map(|gate| {
        json!({
            "phase": gate.phase,
            "text": gate.text,
            "before": gate.before,
            "after": gate.after,
            "measured_before": gate.measured_before,
            "measured_after": gate.measured_after,
        })
    });
    let risk = one
        .at_risk
        .iter()
        .map(|risk| json!({ "currency": risk.currency, "per": risk.per, "before": risk.before, "after": risk.after }));
    let reasons = one.reasons.iter().map(|reason| json!({ "what": reason.what, "todo": reason.todo }));
    let whole = json!({
        "schema": 1,
        "stability": if one.stable() { "STABLE" } else { "UNSTABLE" },
        "reasons": reasons.collect::<Json>(),
        "base": side(&one.base),
        "new": side(&one.new),
        "notes": one.notes,
        "tests": {
            "broke": list(&tests.broke),
            "newly_failing": list(&tests.newly_failing),
            "newly_flaky": list(&tests.newly_flaky),
            "left_out": list(&tests.left_out),
            "fixed": list(&tests.fixed),
            "steady": list(&tests.steady),
            "taken_up": list(&tests.taken_up),
            "still_broken": list(&tests.still_broken),
            "added": list(&tests.added),
            "removed": list(&tests.removed),
        },
        "gates": gates.collect::<Json>(),
        "at_risk": risk.collect::<Json>(),
        "slower": one.slower.iter().map(time).collect::<Json>(),
        "faster": one.faster.iter().map(time).collect::<Json>(),
        "loads": one.loads.iter().map(load).collect::<Json>(),
        "drift": one.drift,
        "timed": one.timed,
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

fn side(side: &Side) -> Json {
    json!({
        "runs": side.runs,
        "verdict": side.verdict,
        "started_at": side.started_at,
        "environment": side.environment,
        "tests": side.tests.total(),
        "weak": side.weak,
        "flaky_share": side.flaky_share,
    })
}

fn change(change: &Change) -> Json {
    json!({
        "suite": change.suite,
        "name": change.name,
        "place": change.place,
        "before": change.before,
        "after": change.after,
        "message": change.message,
    })
}

fn load(change: &LoadChange) -> Json {
    let measures = change.measures.iter().map(|one| {
        json!({
            "measure": one.measure,
            "request": one.request,
            "unit": one.unit.word(),
            "before": one.before,
            "after": one.after,
            "ratio": one.ratio,
            "change": one.moved.word(),
        })
    });
    json!({
        "id": change.id,
        "name": change.name,
        "place": change.place,
        "notes": change.notes,
        "measures": measures.collect::<Json>(),
        "within_noise": change.quiet,
    })
}

fn time(change: &TimeChange) -> Json {
    json!({
        "kind": change.kind,
        "name": change.name,
        "place": change.place,
        "before_ms": change.before_ms,
        "after_ms": change.after_ms,
        "samples_before": change.samples.0,
        "samples_after": change.samples.1,
        "ratio": change.ratio,
    })
}
