use std::collections::HashSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{Group, Plan, Release};

impl Plan {
    /// The ids of all tests, in order, and behind them those of the loads.
    pub fn test_ids(&self) -> Vec<String> {
        let tests = self.suites.iter().flat_map(|suite| &suite.tests).map(|test| &test.id);
        tests.chain(self.loads.iter().map(|load| &load.id)).cloned().collect()
    }

    /// The tests as they are divided among shards.
    pub fn groups(&self, release: &Release) -> Vec<Group> {
        let in_phase = |(index, phase): (usize, &super::Phase)| {
            let own: HashSet<&str> = phase.tests.iter().map(String::as_str).collect();
            let group = move |suite: &super::Suite| Group {
                phase: index,
                suite: format!("{}::{}", suite.file, suite.name),
                locks: suite.locks.clone(),
                tests: suite.tests.iter().filter(|test| own.contains(&*test.id)).map(|test| test.id.clone()).collect(),
            };
            self.suites.iter().map(group).collect::<Vec<_>>()
        };
        release.phases.iter().enumerate().flat_map(in_phase).collect()
    }

    /// SHA-256, hexadecimal, of what is run: the tests that are selected, the texts of all files in use, and the names of the environment and
    /// of the plan. The same on every machine that has the same files; values of the environment have no part in it.
    pub fn fingerprint(&self, name: Option<&str>) -> String {
        let mut hash = Sha256::new();
        // With its length before it, so that no two series of texts look alike.
        let mut take = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        take(self.environment.name.as_deref().unwrap_or_default());
        take(name.unwrap_or_default());
        let ids = self.test_ids();
        take(&ids.len().to_string());
        ids.iter().for_each(|id| take(id));
        let mut files: Vec<(&str, &str)> = self.sources.iter().map(|file| (&*file.name, &*file.text)).collect();
        files.sort_unstable();
        for (name, text) in files {
            take(name);
            take(text);
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
