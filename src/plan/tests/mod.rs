use std::path::PathBuf;

use super::schema;
use crate::project::{Files, ModuleId, Options, load};
use crate::source::Span;
use crate::syntax::ast::StrLit;

/// What is said of a schema, and what is labelled in its file.
fn refused(text: &str) -> Option<(String, String)> {
    let files = [("/p/a.e2e", ""), ("/p/s.json", text)];
    let files = Files::memory(files.map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())));
    let options = Options { working_directory: Some(PathBuf::from("/p")), ..Options::default() };
    let literal = StrLit { span: Span::nowhere(), value: "s.json".to_owned() };
    let diagnostic = schema(&load(&files, &options), ModuleId(0), &literal).err()?;
    let excerpt = diagnostic.excerpts.first()?;
    let (range, _) = excerpt.labels.first()?;
    Some((excerpt.name.clone(), excerpt.text.get(range.clone())?.to_owned()))
}

#[test]
fn what_is_wrong_with_a_schema_is_shown_in_its_file() {
    let shown = |text: &str| refused(text).unwrap();
    let label = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let pattern = "{\n  \"type\": \"object\",\n  \"properties\": {\n    \"a\": { \"pattern\": \"(\" }\n  }\n}\n";
    assert_eq!(shown(&pattern.replace("\"(\"", "5")), label("s.json, line 4", "5"));
    assert_eq!(shown("{ \"type\": \"objekt\" }"), label("s.json, line 1", "\"objekt\""));
    assert_eq!(shown("{\n\"minimum\": 1,\n\"minimum\": 2 }"), label("s.json, line 3", "2"));
    assert_eq!(shown("{\n\"minimum\": 1,\n]"), label("s.json, line 3", "]"));
    assert_eq!(
        shown("{\"é\": {\"type\": \"é\"}, \"properties\": {\"é\": {\"type\": \"é\"}}}"),
        label("s.json, line 1", "\"é\"")
    );
    assert_eq!(refused(&pattern.replace("\"(\"", "\"a\"")), None);
}
