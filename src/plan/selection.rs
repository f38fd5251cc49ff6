use super::Places;

/// Which tests of a plan are to run. Empty lists select everything; a test must fit every kind of filter that is given.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Any of these tags.
    pub tags: Vec<String>,
    /// None of these tags.
    pub without_tags: Vec<String>,
    /// Any of these priorities, `P1`.
    pub priorities: Vec<String>,
    /// A part of the suite's or the test's name, without regard to case.
    pub text: Option<String>,
    /// Files, and lines of files.
    pub places: Option<Places>,
}
