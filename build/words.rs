//! What the names of the grammar's rules and its keywords say of them, for messages.

use std::fmt::Write as _;

use super::matcher::is_start;
use pest_meta::optimizer::{OptimizedExpr as Expr, OptimizedRule};

/// A function for each sort of rules that is named for what it is.
pub fn source(grammar: &str) -> Result<String, String> {
    let (_, rules) = pest_meta::parse_and_optimize(grammar)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let mut source =
        "/// The words of a rule `k_…`.\nfn keyword(rule: Rule) -> Option<&'static str> {\n    Some(match rule {\n"
            .to_owned();
    for OptimizedRule { name, expr, .. } in &rules {
        if name.starts_with("k_") {
            let _ = writeln!(source, "        Rule::{name} => {:?},", phrase(expr));
        }
    }
    source += "        _ => return None,\n    })\n}\n";
    source += &is_one("is_matcher", rules.iter().filter(|rule| rule.name.starts_with("m_")));
    source += &is_one("is_statement", rules.iter().filter(|rule| is_start(&rule.expr)));
    let reserved = rules.iter().find(|rule| rule.name == "reserved").ok_or("the grammar has no reserved words")?;
    let words = reserved.expr.iter_top_down().filter_map(|expr| match expr {
        Expr::Str(word) => Some(word),
        _ => None,
    });
    let _ = writeln!(
        source,
        "/// Words that can't be names.\npub const RESERVED: &[&str] = &{:?};",
        words.collect::<Vec<_>>()
    );
    Ok(source)
}

/// A function that says whether a rule is one of these.
fn is_one<'a>(function: &str, rules: impl Iterator<Item = &'a OptimizedRule>) -> String {
    let names: Vec<String> = rules.map(|rule| format!("Rule::{}", rule.name)).collect();
    format!("fn {function}(rule: Rule) -> bool {{\n    matches!(rule, {})\n}}\n", names.join(" | "))
}

/// `starts with`, of `"starts" ~ sp ~ "with" ~ eow`: up to what only looks at what follows.
fn phrase(expr: &Expr) -> String {
    fn add(expr: &Expr, phrase: &mut String) -> bool {
        match expr {
            Expr::Str(text) => phrase.push_str(text),
            Expr::Ident(name) if name == "sp" => phrase.push(' '),
            Expr::Seq(first, rest) => return add(first, phrase) && add(rest, phrase),
            _ => return false,
        }
        true
    }
    let mut words = String::new();
    add(expr, &mut words);
    words
}
