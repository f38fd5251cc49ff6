use super::{FIXTURES, diagnostics, shown};

#[test]
fn every_form_of_the_language_parses() {
    for (name, text) in FIXTURES {
        let found = diagnostics(text);
        assert!(found.is_empty(), "{name}:\n{}", shown(text, &found));
    }
}
