use super::Digest;

/// How many tests and how many loads a sentence is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestsAndLoads {
    pub tests: usize,
    pub loads: usize,
}

impl TestsAndLoads {
    /// Of each: whether it is a load.
    pub fn of(are_loads: impl IntoIterator<Item = bool>) -> Self {
        let mut all = Self::default();
        are_loads.into_iter().for_each(|is_load| all.add(is_load));
        all
    }

    /// Of the digests that fit.
    pub fn among<'d>(digests: impl IntoIterator<Item = &'d Digest>, fits: impl Fn(&Digest) -> bool) -> Self {
        Self::of(digests.into_iter().filter(|one| fits(one)).map(|one| one.is_load))
    }

    pub fn add(&mut self, is_load: bool) {
        let count = if is_load { &mut self.loads } else { &mut self.tests };
        *count = count.saturating_add(1);
    }

    pub fn total(self) -> usize {
        self.tests.saturating_add(self.loads)
    }

    /// `3 tests`, `1 load`, `3 tests and 1 load`
    pub fn words(self) -> String {
        let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        match (self.tests, self.loads) {
            (tests, 0) => counted(tests, "test"),
            (0, loads) => counted(loads, "load"),
            (tests, loads) => format!("{} and {}", counted(tests, "test"), counted(loads, "load")),
        }
    }

    /// What they are as a whole, however many there are: `tests`, `loads`, `tests and loads`.
    pub fn noun(self) -> &'static str {
        match (self.tests, self.loads) {
            (_, 0) => "tests",
            (0, _) => "loads",
            _ => "tests and loads",
        }
    }

    /// The form of a verb that fits: `1 test needs`, `2 tests need`.
    pub fn verb(self, one: &'static str, more: &'static str) -> &'static str {
        if self.total() == 1 { one } else { more }
    }
}
