use crate::syntax::ast;

pub(super) fn dotted(path: &ast::Path) -> String {
    path.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(".")
}

pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("one {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Names in backticks, the first few of them.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        len if len > MOST => {
            format!("{} and {} more", names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", "), len - MOST)
        }
        _ => names.join(", "),
    }
}
