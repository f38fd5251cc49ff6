use serde::{Deserialize, Serialize};

use super::{Report, Shard};

/// The version of the blob's form.
pub const BLOB_SCHEMA: u32 = 1;
/// What a blob says that it is.
pub const BLOB_KIND: &str = "e2e-dsl shard";

/// All that a shard leaves, to be judged together with the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Blob {
    pub kind: String,
    pub schema: u32,
    /// SHA-256 of the specs and of what was selected of them: the same in all shards of one run.
    pub specs: String,
    pub shard: Shard,
    /// The ids of the tests of all shards together, in the order of the plan.
    pub tests: Vec<String>,
    pub report: Report,
    /// What diagnostics of its loads quote of the specs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SpecLine>,
    /// What follows it in its file: looks at loads, each a line of a journal, with the load that it is at.
    #[serde(skip)]
    pub looks: Vec<(String, String)>,
}

/// A line of a spec, without what must not be shown of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecLine {
    pub file: String,
    /// From 0.
    pub line: usize,
    /// Of its beginning in the file, in bytes.
    pub offset: usize,
    /// Without its end. A zero byte stands for each that isn't shown.
    pub text: String,
}

impl Blob {
    pub fn new(specs: String, tests: Vec<String>, report: Report) -> Self {
        let shard = report.run.shard.unwrap_or(Shard { index: 1, total: 1 });
        Self {
            kind: BLOB_KIND.to_owned(),
            schema: BLOB_SCHEMA,
            specs,
            shard,
            tests,
            report,
            lines: Vec::new(),
            looks: Vec::new(),
        }
    }
}
