use std::path::PathBuf;

use super::surrogate::SurrogateKey;
use super::write::Limits;

/// What is to be recorded, and where.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub path: PathBuf,
    /// Only tests that did not pass.
    pub failed_only: bool,
    pub limits: Limits,
    /// What stands for secrets follows from it.
    pub key: SurrogateKey,
}
