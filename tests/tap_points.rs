//! A strict reader of TAP 14, for what this tool writes of it: a version, a plan, points in order, blocks of YAML, and nothing else.

pub struct Read {
    pub points: Vec<Point>,
    pub bail: Option<String>,
}

pub struct Point {
    pub ok: bool,
    /// Without its escapes.
    pub description: String,
    pub skip: Option<String>,
    /// The lines of its block, two spaces less in.
    pub block: Vec<String>,
}

/// The points of a document, or what is wrong with it.
pub fn points(text: &str) -> Result<Read, String> {
    let mut lines = text.lines().peekable();
    if lines.next() != Some("TAP version 14") {
        return Err("there is no version".to_owned());
    }
    let plan = lines.next().and_then(|line| line.strip_prefix("1..")).and_then(|count| count.parse::<usize>().ok());
    let plan = plan.ok_or("there is no plan")?;
    let mut read = Read { points: Vec::new(), bail: None };
    while let Some(line) = lines.next() {
        if read.bail.is_some() {
            return Err(format!("a line follows the bail-out: {line}"));
        }
        if let Some(why) = line.strip_prefix("Bail out! ") {
            read.bail = Some(why.to_owned());
        } else if !line.starts_with("# ") {
            let mut point = point(line, read.points.len() + 1)?;
            if lines.next_if_eq(&"  ---").is_some() {
                loop {
                    match lines.next() {
                        Some("  ...") => break,
                        Some("") => point.block.push(String::new()),
                        Some(line) => {
                            let inside = line.strip_prefix("  ").ok_or_else(|| format!("a block ends at: {line}"))?;
                            point.block.push(inside.to_owned());
                        }
                        None => return Err("a block stays open".to_owned()),
                    }
                }
            }
            read.points.push(point);
        }
    }
    if read.points.len() == plan { Ok(read) } else { Err(format!("{} points of {plan}", read.points.len())) }
}

fn point(line: &str, number: usize) -> Result<Point, String> {
    let (ok, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let rest = rest.strip_prefix(&format!("ok {number} - ")).ok_or_else(|| format!("no point {number}: {line}"))?;
    let mut parts = vec![String::new()];
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        let last = parts.len() - 1;
        match c {
            '\\' => match chars.next() {
                Some(escaped @ ('\\' | '#')) => parts[last].push(escaped),
                other => return Err(format!("an escape of {other:?}: {line}")),
            },
            '#' => parts.push(String::new()),
            c if c.is_control() => return Err(format!("a control character: {line:?}")),
            c => parts[last].push(c),
        }
    }
    // A brace at the end begins a subtest for some readers.
    if rest.ends_with('{') {
        return Err(format!("a subtest: {line}"));
    }
    let skip = match parts.as_slice() {
        [_] => None,
        [_, directive] => {
            let reason =
                directive.strip_prefix(" SKIP ").ok_or_else(|| format!("a directive that is no SKIP: {line}"))?;
            Some(reason.trim().to_owned())
        }
        _ => return Err(format!("two directives: {line}")),
    };
    Ok(Point { ok, description: parts[0].trim().to_owned(), skip, block: Vec::new() })
}
