use super::Build;
use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::ast::Ident;
use crate::syntax::rename_it;

impl Build<'_> {
    /// The next name, of something that is declared here: `snake_case`.
    pub fn declared(&mut self, kids: &mut crate::syntax::grammar::Kids<'_>) -> Ident {
        let name = self.name(kids);
        if name.text.bytes().any(|b| b.is_ascii_uppercase()) {
            let meant = snake_case(&name.text);
            self.name_style(&name, "names are written in snake_case", &meant);
        }
        name
    }

    /// The name of a shape: `PascalCase`.
    pub fn declared_shape(&mut self, kids: &mut crate::syntax::grammar::Kids<'_>) -> Ident {
        let name = self.name(kids);
        let is_pascal = name.text.starts_with(|c: char| c.is_ascii_uppercase()) && !name.text.contains('_');
        if !is_pascal && !name.text.is_empty() {
            let meant = pascal_case(&name.text);
            self.name_style(&name, "names of shapes are written in PascalCase", &meant);
        }
        name
    }

    fn name_style(&mut self, name: &Ident, rule: &str, meant: &str) {
        self.report(
            Diagnostic::warning(&codes::NAME_STYLE, name.span, format!("{rule}, and `{}` isn't", name.text))
                // Where it is used isn't known here: `check` completes the fix.
                .with_help(Correction::replace(name.span, meant).help(rename_it)),
        );
    }
}

/// `threadId` and `ThreadID` are `thread_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && before_lower {
            snake.push('_');
        }
        before_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// `created_thread` is `CreatedThread`.
fn pascal_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_rewritten_in_their_style() {
        assert_eq!(snake_case("threadId"), "thread_id");
        assert_eq!(snake_case("ThreadID"), "thread_id");
        assert_eq!(snake_case("API"), "api");
        assert_eq!(pascal_case("created_thread"), "CreatedThread");
    }
}
