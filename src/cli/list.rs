use serde_json::json;

use super::args::{List, ListFormat};
use super::exit::Exit;
use super::output::{Color, Output};
use super::prepare::{demo_placeholders, prepare};
use crate::plan::{Load, Meta, Pace, Plan, Release};

pub fn main(args: &List, color: Color) -> Exit {
    let output = Output::new(color);
    let planned = prepare(&args.target, &output).and_then(|mut prepared| {
        if prepared.wants_demo() {
            prepared.given.demo = demo_placeholders();
        }
        // What would run doesn't depend on secrets that only the run needs.
        prepared.fill_in_missing();
        prepared.plan(&args.filters, &output)
    });
    let (plan, release) = match planned {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    match args.format {
        ListFormat::Text => output.print(&(crate::plan::describe_phases(&release) + &crate::plan::tree(&plan))),
        ListFormat::Json => output.print_json(&json_text(&plan, &release)),
    }
    Exit::Ok
}

fn json_text(plan: &Plan, release: &Release) -> String {
    let suites = plan.suites.iter().map(|suite| {
        let tests = suite.tests.iter().map(|test| {
            let place = plan.sources.get(test.span.source).map(|file| file.position(test.span.start));
            json!({
                "id": test.id,
                "name": test.name,
                "doc": test.doc,
                "line": place.map(|place| place.line),
                "priority": test.meta.priority,
                "tags": test.meta.tags.to_strings(),
                "owner": test.meta.owner,
                "at_risk": at_risk(&test.meta),
                "needs": test.meta.needs.to_strings(),
            })
        });
        json!({ "name": suite.name, "file": suite.file, "doc": suite.doc, "tests": tests.collect::<Vec<_>>() })
    });
    let mut report = json!({
        "schema": 1,
        "environment": plan.environment.name,
        "suites": suites.collect::<Vec<_>>(),
        "loads": plan.loads.iter().map(|one| load(plan, one)).collect::<Vec<_>>(),
    });
    if let (Some(name), Some(report)) = (&release.name, report.as_object_mut()) {
        let phases = release.phases.iter().map(|phase| {
            let gates: Vec<&str> = phase.gates.iter().map(|gate| gate.text.as_str()).collect();
            json!({ "name": phase.name, "gates": gates, "tests": phase.tests, "loads": phase.loads })
        });
        report.insert("plan".to_owned(), json!(name));
        report.insert("phases".to_owned(), json!(phases.collect::<Vec<_>>()));
    }
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

fn load(plan: &Plan, load: &Load) -> serde_json::Value {
    let place = plan.sources.get(load.span.source).map(|file| file.position(load.span.start));
    let (users, rounds) = match &load.pace {
        Pace::Users(users) => (Some(users.most()), None),
        Pace::Arrivals { arrivals, most_users } => (*most_users, Some(arrivals.count())),
    };
    let scenarios =
        load.scenarios.iter().map(|one| json!({ "name": one.name, "weight": one.weight, "tags": one.tags }));
    json!({
        "id": load.id,
        "name": load.name,
        "file": load.file,
        "doc": load.doc,
        "line": place.map(|place| place.line),
        "priority": load.meta.priority,
        "tags": load.meta.tags.to_strings(),
        "owner": load.meta.owner,
        "at_risk": at_risk(&load.meta),
        "needs": load.meta.needs.to_strings(),
        "duration_ms": load.pace.duration().as_millis() as u64,
        "most_users": users,
        "arrivals": rounds,
        "scenarios": scenarios.collect::<Vec<_>>(),
        "thresholds": load.thresholds.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(),
    })
}

fn at_risk(meta: &Meta) -> Option<serde_json::Value> {
    let risk = meta.at_risk.as_ref()?;
    Some(json!({ "amount": risk.money.amount, "currency": risk.money.currency, "per": risk.per, "what": risk.what }))
}
