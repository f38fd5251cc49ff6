//! The grammar as plain functions over bytes: a second back end of pest's own reader and optimizer of grammars.
//!
//! pest's runtime notes on every way that fails what it tried there, for its messages. Nearly all statements parse, so that this is the greater part
//! of its work. What is made here only finds whether a rule matches and the nodes of the match, by the same rules; where it finds that none does,
//! pest is asked why (`src/syntax/grammar.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use pest_meta::ast::RuleType;
use pest_meta::optimizer::{OptimizedExpr as Expr, OptimizedRule};

/// A function for each rule of the grammar and each way in which it is used, and `whole`, which finds that of a rule for a whole statement.
pub fn source(grammar: &str) -> Result<String, String> {
    let (_, rules) = pest_meta::parse_and_optimize(grammar)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let mut generator = Generator {
        rules: rules.iter().map(|rule| (rule.name.as_str(), rule)).collect(),
        firsts: HashMap::new(),
        recursive: recursive(&rules),
        wanted: BTreeSet::new(),
    };
    let mut functions = BTreeMap::new();
    let starts: Vec<&str> = rules.iter().filter(|rule| is_start(&rule.expr)).map(|rule| rule.name.as_str()).collect();
    generator.wanted.extend(starts.iter().map(|name| (name.to_string(), Mode::Spaced)));
    generator.wanted.insert(("WHITESPACE".to_owned(), Mode::Silent));
    while let Some(next) = generator.wanted.iter().find(|wanted| !functions.contains_key(*wanted)).cloned() {
        let function = generator.function(&next.0, next.1)?;
        functions.insert(next, function);
    }
    let mut source = "/// Whether the whole text is one of this rule.\nfn whole(m: &mut Matcher<'_>, rule: Rule) -> bool {\n    match rule {\n".to_owned();
    for start in starts {
        let _ = writeln!(source, "        Rule::{start} => {}(m),", name_of(start, Mode::Spaced));
    }
    source += "        _ => false,\n    }\n}\n";
    source.extend(functions.into_values());
    Ok(source)
}

/// What pest calls atomicity, and whether nodes are made: both are known wherever a rule is used, so that each use has a function of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Mode {
    /// White space may be between the parts of a sequence.
    Spaced,
    /// It may not, and the parts are nodes.
    Tight,
    /// It may not, and the parts are no nodes.
    Silent,
    /// As `Spaced`, inside of a lookahead, which makes no nodes whatever is inside of it.
    AheadSpaced,
    /// As `Tight` and `Silent`, inside of a lookahead.
    Ahead,
}

impl Mode {
    fn is_spaced(self) -> bool {
        matches!(self, Mode::Spaced | Mode::AheadSpaced)
    }

    fn makes_nodes(self) -> bool {
        matches!(self, Mode::Spaced | Mode::Tight)
    }

    fn ahead(self) -> Mode {
        if self.is_spaced() { Mode::AheadSpaced } else { Mode::Ahead }
    }

    fn is_ahead(self) -> bool {
        matches!(self, Mode::AheadSpaced | Mode::Ahead)
    }

    /// The mode inside of a rule that is used in this one, and whether the rule itself is a node.
    fn inside(self, ty: RuleType) -> (Mode, bool) {
        match ty {
            RuleType::Normal => (self, self.makes_nodes()),
            RuleType::Silent => (self, false),
            RuleType::Atomic => (if self.is_ahead() { Mode::Ahead } else { Mode::Silent }, self.makes_nodes()),
            RuleType::CompoundAtomic => (if self.is_ahead() { Mode::Ahead } else { Mode::Tight }, !self.is_ahead()),
            RuleType::NonAtomic => (if self.is_ahead() { Mode::AheadSpaced } else { Mode::Spaced }, !self.is_ahead()),
        }
    }
}

fn name_of(rule: &str, mode: Mode) -> String {
    let mode = match mode {
        Mode::Spaced => "spaced",
        Mode::Tight => "tight",
        Mode::Silent => "silent",
        Mode::AheadSpaced => "ahead_spaced",
        Mode::Ahead => "ahead",
    };
    format!("{}_{mode}", rule.to_lowercase())
}

/// `SOI ~ …`: a rule for a whole statement.
pub fn is_start(expr: &Expr) -> bool {
    matches!(expr, Expr::Seq(first, _) if matches!(&**first, Expr::Ident(name) if name == "SOI"))
}

/// The rules that lead back to themselves.
fn recursive(rules: &[OptimizedRule]) -> BTreeSet<String> {
    let mut uses: HashMap<&str, BTreeSet<String>> = HashMap::new();
    for rule in rules {
        let names = rule.expr.iter_top_down().filter_map(|expr| match expr {
            Expr::Ident(name) => Some(name),
            _ => None,
        });
        uses.insert(&rule.name, names.collect());
    }
    let reaches_itself = |name: &str| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&str> = vec![name];
        while let Some(at) = next.pop() {
            for used in uses.get(at).into_iter().flatten() {
                if used == name {
                    return true;
                }
                if seen.insert(used.as_str()) {
                    next.push(used);
                }
            }
        }
        false
    };
    rules.iter().map(|rule| rule.name.as_str()).filter(|name| reaches_itself(name)).map(str::to_owned).collect()
}

/// With what a match may begin.
#[derive(Clone, Copy)]
struct First {
    bytes: [bool; 256],
    /// It may match whatever comes next, also nothing.
    any: bool,
}

impl First {
    const NOTHING: First = First { bytes: [false; 256], any: false };
    const ANY: First = First { bytes: [true; 256], any: true };

    fn of(bytes: impl IntoIterator<Item = u8>) -> First {
        let mut first = First::NOTHING;
        for byte in bytes {
            first.bytes[byte as usize] = true;
        }
        first
    }

    fn or(mut self, other: &First) -> First {
        for (byte, more) in self.bytes.iter_mut().zip(other.bytes) {
            *byte |= more;
        }
        self.any |= other.any;
        self
    }

    fn and(mut self, other: &First) -> First {
        for (byte, more) in self.bytes.iter_mut().zip(other.bytes) {
            *byte &= more;
        }
        self
    }

    /// As a pattern of `matches!`.
    fn pattern(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for byte in (0..256).filter(|byte| self.bytes[*byte]) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == byte => *last = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        let one = |(first, last): &(usize, usize)| match (first, last) {
            (0, 255) => "_".to_owned(),
            _ if first == last => format!("{first}"),
            _ => format!("{first}..={last}"),
        };
        ranges.iter().map(one).collect::<Vec<_>>().join(" | ")
    }
}

struct Generator<'g> {
    rules: HashMap<&'g str, &'g OptimizedRule>,
    firsts: HashMap<(String, bool), First>,
    recursive: BTreeSet<String>,
    /// The functions that are called.
    wanted: BTreeSet<(String, Mode)>,
}

impl Generator<'_> {
    fn function(&mut self, name: &str, mode: Mode) -> Result<String, String> {
        let rule = *self.rules.get(name).ok_or_else(|| format!("no rule is called `{name}`"))?;
        let (inside, is_node) = mode.inside(rule.ty);
        let mut body = self.expr(&rule.expr, inside)?;
        if is_node {
            body = format!("m.node(Rule::{name}, {})", closure(&body));
        }
        if self.recursive.contains(name) {
            body = format!("m.deeper({})", closure(&body));
        }
        Ok(format!("\nfn {}(m: &mut Matcher<'_>) -> bool {{\n    {body}\n}}\n", name_of(name, mode)))
    }

    /// An expression of Rust that is true where it matches; where it is false, nothing has moved.
    fn expr(&mut self, expr: &Expr, mode: Mode) -> Result<String, String> {
        if let Some(class) = class_of(expr) {
            return Ok(format!("m.one(|byte| matches!(byte, {}))", class.pattern()));
        }
        Ok(match expr {
            Expr::Str(text) => format!("m.text(b\"{}\")", text.as_bytes().escape_ascii()),
            Expr::Range(from, to) => format!("m.between('{}', '{}')", escaped(from), escaped(to)),
            Expr::Ident(name) => match name.as_str() {
                "ANY" => "m.any()".to_owned(),
                "SOI" => "m.is_at_start()".to_owned(),
                "EOI" if mode.makes_nodes() => "m.node(Rule::EOI, |m| m.is_at_end())".to_owned(),
                "EOI" => "m.is_at_end()".to_owned(),
                name => {
                    self.wanted.insert((name.to_owned(), mode));
                    format!("{}(m)", name_of(name, mode))
                }
            },
            Expr::PosPred(inner) => self.ahead(inner, mode)?,
            Expr::NegPred(inner) => format!("!{}", self.ahead(inner, mode)?),
            Expr::Seq(..) => {
                let parts: Result<Vec<String>, String> =
                    parts(expr).into_iter().map(|part| Ok(grouped(part, self.expr(part, mode)?))).collect();
                format!("m.all(|m| {})", parts?.join(if mode.is_spaced() { " && m.skip() && " } else { " && " }))
            }
            Expr::Choice(..) => {
                let ways: Result<Vec<String>, String> =
                    ways(expr).into_iter().map(|way| self.guarded(way, mode)).collect();
                ways?.join(" || ")
            }
            Expr::Opt(inner) => format!("maybe({})", self.guarded(inner, mode)?),
            Expr::Rep(inner) => {
                let many = if mode.is_spaced() { "many_spaced" } else { "many" };
                format!("m.{many}({})", closure(&self.guarded(inner, mode)?))
            }
            Expr::Skip(texts) => {
                let texts: Vec<String> =
                    texts.iter().map(|text| format!("b\"{}\"", text.as_bytes().escape_ascii())).collect();
                format!("m.skip_until(&[{}])", texts.join(", "))
            }
            other => return Err(format!("the matcher knows no `{other}`")),
        })
    }

    /// A way that is only tried where what comes next may begin it.
    fn guarded(&mut self, expr: &Expr, mode: Mode) -> Result<String, String> {
        let way = self.expr(expr, mode)?;
        let first = self.first(expr, mode.is_spaced())?;
        let is_short = class_of(expr).is_some() || matches!(expr, Expr::Str(_) | Expr::PosPred(_));
        if first.any || is_short || first.bytes.iter().all(|byte| *byte) {
            return Ok(way);
        }
        Ok(format!("m.next_is(|byte| matches!(byte, {})) && {}", first.pattern(), grouped(expr, way)))
    }

    fn ahead(&mut self, inner: &Expr, mode: Mode) -> Result<String, String> {
        Ok(match class_of(inner) {
            Some(class) => format!("m.next_is(|byte| matches!(byte, {}))", class.pattern()),
            None => format!("m.comes({})", closure(&self.expr(inner, mode.ahead())?)),
        })
    }

    fn first(&mut self, expr: &Expr, is_spaced: bool) -> Result<First, String> {
        Ok(match expr {
            Expr::Str(text) => text.bytes().next().map_or(First::ANY, |byte| First::of([byte])),
            Expr::Range(from, to) => match (single(from), single(to)) {
                (Some(from), Some(to)) => First::of(from..=to),
                _ => First::of(single(from).unwrap_or(0x80)..=255),
            },
            Expr::Ident(name) if name == "ANY" => First::of(0..=255),
            Expr::Ident(name) if name == "SOI" || name == "EOI" => First::ANY,
            Expr::Ident(name) => self.first_of_rule(name, is_spaced)?,
            Expr::Seq(..) => self.first_of_sequence(expr, is_spaced)?,
            Expr::Choice(first, rest) => {
                let rest = self.first(rest, is_spaced)?;
                self.first(first, is_spaced)?.or(&rest)
            }
            _ => First::ANY,
        })
    }

    fn first_of_rule(&mut self, name: &str, is_spaced: bool) -> Result<First, String> {
        let rule = *self.rules.get(name).ok_or_else(|| format!("no rule is called `{name}`"))?;
        let is_spaced = match rule.ty {
            RuleType::NonAtomic => true,
            RuleType::Atomic | RuleType::CompoundAtomic => false,
            RuleType::Normal | RuleType::Silent => is_spaced,
        };
        let key = (name.to_owned(), is_spaced);
        if let Some(known) = self.firsts.get(&key) {
            return Ok(*known);
        }
        let first = self.first(&rule.expr, is_spaced)?;
        self.firsts.insert(key, first);
        Ok(first)
    }

    fn first_of_sequence(&mut self, expr: &Expr, is_spaced: bool) -> Result<First, String> {
        let mut first = First::NOTHING;
        // What lookaheads leave, as long as nothing need have been taken.
        let mut left = First::ANY;
        for part in parts(expr) {
            let of_part = match part {
                Expr::PosPred(inner) => {
                    let inner = self.first(inner, is_spaced)?;
                    if !inner.any {
                        left = First { any: false, ..left.and(&inner) };
                    }
                    continue;
                }
                Expr::NegPred(_) => continue,
                // It may take nothing, and then the parts behind it say what comes.
                Expr::Opt(inner) | Expr::Rep(inner) => First { any: true, ..self.first(inner, is_spaced)? },
                _ => self.first(part, is_spaced)?,
            };
            first = first.or(&First { any: false, ..of_part }.and(&left));
            if !of_part.any {
                return Ok(First { any: false, ..first });
            }
            if is_spaced {
                first = first.or(&First::of(*b" \t\r\n").and(&left));
            }
        }
        Ok(left)
    }
}

/// The bytes of an expression that is one of some ASCII characters.
fn class_of(expr: &Expr) -> Option<First> {
    match expr {
        Expr::Str(text) => single(text).map(|byte| First::of([byte])),
        Expr::Range(from, to) => Some(First::of(single(from)?..=single(to)?)),
        Expr::Choice(first, rest) => Some(class_of(first)?.or(&class_of(rest)?)),
        _ => None,
    }
}

fn single(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.chars().map(|c| c.escape_default().to_string()).collect()
}

/// What stands for an expression beside `&&`.
fn grouped(expr: &Expr, code: String) -> String {
    if matches!(expr, Expr::Choice(..)) && class_of(expr).is_none() { format!("({code})") } else { code }
}

/// A closure that asks `m` for this, or the function that it would call.
fn closure(code: &str) -> String {
    match code.strip_suffix("(m)") {
        Some(function) if function.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            function.to_owned()
        }
        _ => format!("|m| {code}"),
    }
}

/// The parts of a sequence, which leans to the right.
fn parts(mut expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    while let Expr::Seq(first, rest) = expr {
        parts.push(&**first);
        expr = rest;
    }
    parts.push(expr);
    parts
}

/// The ways of a choice.
fn ways(mut expr: &Expr) -> Vec<&Expr> {
    let mut ways = Vec::new();
    while let Expr::Choice(first, rest) = expr {
        ways.push(&**first);
        expr = rest;
    }
    ways.push(expr);
    ways
}
