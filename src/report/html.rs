use super::Redactor;
use crate::judge::RunResult;
use crate::source::Sources;

pub fn render(_run: &RunResult, _sources: &Sources, _redactor: &Redactor) -> String {
    String::new()
}
