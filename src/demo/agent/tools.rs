//! The agents and the tools that they use.

use serde_json::{Value, json};

/// A tool that an agent can call.
#[derive(Debug)]
pub(in crate::demo) struct Tool {
    pub name: &'static str,
    pub agent: &'static str,
    pub description: &'static str,
    /// What an answer says when this tool helped with it.
    pub summary: &'static str,
    /// The first attempt that succeeds, if any does.
    pub succeeds_at: Option<u32>,
}

impl Tool {
    pub fn output(&self, query: &str) -> Value {
        json!({ "tool": self.name, "query": query, "summary": self.summary })
    }

    /// As the Model Context Protocol lists it.
    pub fn listed(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "inputSchema": {
                "type": "object", "properties": { "query": { "type": "string" } }, "required": ["query"],
            },
        })
    }
}

/// All tools.
pub(in crate::demo) const TOOLS: &[Tool] = &[
    Tool {
        name: "search_documents",
        agent: "researcher",
        description: "Finds documents that speak of the query.",
        summary: "Three documents were found.",
        succeeds_at: Some(1),
    },
    Tool {
        name: "calculate_totals",
        agent: "analyst",
        description: "Adds up the figures that belong to the query.",
        summary: "The total is 42.",
        succeeds_at: Some(1),
    },
    Tool {
        name: "draft_report",
        agent: "analyst",
        description: "Writes a first report on the query.",
        summary: "A report was drafted.",
        succeeds_at: Some(1),
    },
    Tool {
        name: "flaky_source",
        agent: "researcher",
        description: "Asks a source that fails at the first attempt.",
        summary: "The source answered at the second attempt.",
        succeeds_at: Some(2),
    },
    Tool { name: "broken_tool", agent: "analyst", description: "Always fails.", summary: "", succeeds_at: None },
];

/// The agents and what they are for.
pub(in crate::demo) const AGENTS: [(&str, &str); 3] = [
    ("supervisor", "Plans a run and writes its answer."),
    ("researcher", "Finds what is known."),
    ("analyst", "Calculates and writes."),
];

pub(in crate::demo) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}
