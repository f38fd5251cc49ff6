//! What the rounds of a load depend on, as a text: two plans do the same in a load if they have the same text.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::plan::{Load, Plan};
use crate::value::Value;

/// How places are written in what is derived from their type.
const PLACE: &str = "Span { source: SourceId(";

/// All that decides what its users do and what is expected of the responses: its pace, rows, hooks and scenarios, whatever flows, credentials, shapes and
/// values of the environment those use, and the services. Its thresholds aren't in it, nor is where anything is in a file.
pub(super) fn of_load(load: &Load, plan: &Plan) -> String {
    let own = Load { thresholds: Vec::new(), doc: None, file: String::new(), ..load.clone() };
    let mut all = All { plan, known: HashMap::new(), text: String::new() };
    all.add(&format!("{own:?}"));
    let environment = &plan.environment;
    all.add(&format!(
        "{:?} {} {} {:?}",
        environment.name, environment.require_real, environment.demo, environment.services
    ));
    all.values();
    all.text
}

struct All<'p> {
    plan: &'p Plan,
    /// The kind and the index of what is referred to, with its place among all that is. An index alone changes with what else the plan has.
    known: HashMap<(&'static str, usize), usize>,
    text: String,
}

impl All<'_> {
    /// Adds a description, and those of all that it refers to.
    fn add(&mut self, text: &str) {
        let mut waiting = vec![text.to_owned()];
        while let Some(next) = waiting.pop() {
            for piece in pieces(&next) {
                match piece {
                    Piece::Said(text) => self.text.push_str(text),
                    Piece::Derived(text) => self.derived(&without_places(text), &mut waiting),
                }
            }
            self.text.push('\n');
        }
    }

    /// Adds what is derived from types, with a number of its own for each thing that is referred to.
    fn derived(&mut self, text: &str, waiting: &mut Vec<String>) {
        let mut rest = text;
        while let Some(at) = rest.find('(') {
            let (before, number) = rest.split_at(at + 1);
            self.text.push_str(before);
            rest = number;
            let Some(kind) = REFERENCES.into_iter().find(|kind| before.ends_with(kind)) else { continue };
            let digits = number.bytes().take_while(u8::is_ascii_digit).count();
            rest = &number[digits..];
            let Ok(index) = number[..digits].parse::<usize>() else { continue };
            let count = self.known.len();
            let place = *self.known.entry((kind, index)).or_insert_with(|| {
                waiting.extend(described(self.plan, kind, index));
                count
            });
            let _ = write!(self.text, "{place}");
        }
        self.text.push_str(rest);
    }

    /// The values of the environment that are named in it. Those of secrets are in the trace as surrogates.
    fn values(&mut self) {
        for (name, value) in &self.plan.environment.values {
            if self.text.contains(&format!("Env({name:?})")) {
                let _ = match value {
                    Value::Secret(secret) => writeln!(self.text, "{name} = {:?}", secret.expose()),
                    value => writeln!(self.text, "{name} = {value:?}"),
                };
            }
        }
    }
}

/// How references to what else a plan has are written.
const REFERENCES: [&str; 3] = ["FlowId(", "CredentialId(", "Shape("];

fn described(plan: &Plan, kind: &str, index: usize) -> Option<String> {
    match kind {
        "FlowId(" => plan.flows.get(index).map(|flow| format!("{flow:?}")),
        "CredentialId(" => plan.credentials.get(index).map(|one| format!("{one:?}")),
        _ => plan.shapes.get(index).map(|shape| format!("{shape:?}")),
    }
}

/// A part of a description.
enum Piece<'t> {
    /// Types and numbers, as their derived descriptions have them.
    Derived(&'t str),
    /// A text of a spec, in quotes: whatever it says, it refers to nothing.
    Said(&'t str),
}

/// The parts of a description, in their order.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let quote = rest.find('"').unwrap_or(rest.len());
        let len = if quote > 0 { quote } else { quoted(rest) };
        let piece;
        (piece, rest) = rest.split_at(len);
        match (len, quote) {
            (0, _) => None,
            (_, 0) => Some(Piece::Said(piece)),
            _ => Some(Piece::Derived(piece)),
        }
    })
}

/// How long the text is that another one begins with, with its quotes.
fn quoted(text: &str) -> usize {
    let mut is_escaped = true;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'"' && !is_escaped {
            return at + 1;
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    text.len()
}

fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PLACE) {
        out.push_str(&rest[..at]);
        let behind = &rest[at..];
        rest = behind.find('}').map_or("", |end| &behind[end + 1..]);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{compile, environment};
    use crate::project::from_memory;

    /// All kinds of what a load can refer to, with several of each that is kept in a set or a map.
    const SPEC: &str = r#"
environment staging default {
  api = "http://s"
  ids = [1, 2, 3]
  more = { a: 1, b: { c: 2, d: 3 }, e: [4] }
  service backend { probe GET http://s/health expect status 200 within 10s; depends on auth, search }
  service auth { probe GET http://a/health expect status 200 within 10s }
  service search { probe GET http://b/health expect status 200 within 10s }
}
shape Thread { id: uuid; title: string; tags: [string] }
flow fresh(name) -> id {
  POST {{env.api}}/users { json { name, more: env.more }; expect status 201; capture id = $.id }
  return id
}
load "l" {
  needs backend, auth, search
  tags a, b, c, d, e
  users 3 hold 10s
  data [{ id: 1, name: "x" }, { id: 2, name: "y" }, { id: 3, name: "z" }] shared as row
  before each user { let id = fresh("u") }
  scenario "one" weight 2 {
    tags f, g, h
    POST {{env.api}}/threads/{{row.id}} {
      header A: "1"
      header B: "2"
      query x: 1
      query y: 2
      json { a: 1, b: 2, c: { d: 3, e: 4, f: 5 }, name: row.name }
      expect status in [200, 201, 202]
      expect body is Thread
      expect $.title in ["a", "b", "c"]
    }
  }
  scenario "two" {
    websocket chat ws://s/c { events by $.type }
    expect on chat in any order within 5s { event "a"; event "b" { $.n in env.ids }; never event "c" }
  }
  threshold error rate < 1%
}
"#;

    fn plan() -> Plan {
        plan_of(SPEC)
    }

    fn plan_of(spec: &str) -> Plan {
        let project = from_memory(&[("a.e2e", spec)]);
        let problems: Vec<_> = project.diagnostics.iter().map(|one| one.message.clone()).collect();
        assert!(problems.is_empty(), "{problems:?}");
        let chosen = environment::choose(&project, None).unwrap_or_else(|d| panic!("{}", d.message));
        let environment = environment::resolve(&project, chosen, &environment::Given::default());
        compile(&project, environment.unwrap_or_else(|d| panic!("{d:?}")), None).unwrap_or_else(|d| panic!("{d:?}"))
    }

    #[test]
    fn what_a_text_says_refers_to_nothing() {
        let of = |spec: &str| {
            let plan = plan_of(spec);
            of_load(&plan.loads[0], &plan)
        };
        let said = SPEC.replace("events by $.type", r#"events by $["FlowId(0) \" Span { source: SourceId(0) }"]"#);
        let (first, second) = (of(&said), of(&said.replace("SourceId(0)", "SourceId(1)")));
        assert!(first.contains("FlowId(0) ") && first.contains("SourceId(0)"), "{first}");
        assert_ne!(first, second);
        // A flow that isn't called makes no difference, though it takes the first place.
        let other = format!("flow other() {{ GET http://s/o {{ expect status 200 }} }}\n{SPEC}");
        assert_eq!(of(&other), of(SPEC));
    }

    /// Sets and maps have another order in each process, and in each of them.
    #[test]
    fn plans_of_the_same_specs_have_the_same_text() {
        let text = || {
            let plan = plan();
            of_load(&plan.loads[0], &plan)
        };
        let first = text();
        assert!(first.contains("Thread") || first.contains("title"), "{first}");
        for _ in 0..8 {
            assert_eq!(text(), first);
        }
    }
}
