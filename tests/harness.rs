//! Runs the built binary in a folder of its own: `Test::new().file("a.e2e", "…").args(["run"]).code(1).out("FAIL")`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

pub struct Test {
    folder: tempfile::TempDir,
    args: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What the tool did.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub folder: tempfile::TempDir,
}

/// An environment on the embedded demo system, to begin a spec with.
pub const DEMO: &str = "environment demo default { target demo }\n\n";

impl Test {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), args: Vec::new(), variables: Vec::new() }
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        self.bytes(name, text.as_bytes())
    }

    pub fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    pub fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.args.extend(args.into_iter().map(str::to_owned));
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, ready to be started, with an environment that holds nothing of the one who runs the tests.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_e2e-dsl"));
        command.args(&self.args).current_dir(self.folder.path()).stdin(Stdio::null());
        // The engine that runs these tests may run them in shards; their runs are whole.
        for name in std::env::vars().map(|(name, _)| name) {
            if name.contains("SHARD") || name.contains("NODE_") || name.contains("PARALLEL") || name.contains("_INDEX")
            {
                command.env_remove(name);
            }
        }
        for name in ["CI", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_ascii_uppercase());
        }
        command.env("LC_ALL", "C.UTF-8").envs(self.variables.iter().cloned());
        command
    }

    pub fn run(self) -> Done {
        let output = self.command().output().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            folder: self.folder,
        }
    }

    /// Runs it, and expects an exit code.
    pub fn code(self, code: i32) -> Done {
        let done = self.run();
        assert_eq!(done.code, Some(code), "\nstandard output:\n{}\nstandard error:\n{}", done.out, done.err);
        done
    }
}

impl Done {
    pub fn out(self, part: &str) -> Self {
        assert!(self.out.contains(part), "standard output lacks {part:?}:\n{}", self.out);
        self
    }

    pub fn err(self, part: &str) -> Self {
        assert!(self.err.contains(part), "standard error lacks {part:?}:\n{}", self.err);
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("test_results.json")).unwrap()
    }
}
