use super::syntax::{Axis, Expr, Function, NodeTest, Operator, Path, Start, Step};
use super::{Kind, XPathError};

/// The longest path that is accepted, in bytes.
const LONGEST: usize = 4096;
/// How many brackets and signs may be inside each other.
const DEEPEST: usize = 64;

type Parsed<T> = Result<T, XPathError>;

/// The operators, by precedence from the weakest on (section 3.4 and 3.5). Longer ones are before those that begin them.
const LEVELS: [&[(&str, Operator)]; 4] = [
    &[("!=", Operator::NotEqual), ("=", Operator::Equal)],
    &[("<=", Operator::LessOrEqual), (">=", Operator::GreaterOrEqual), ("<", Operator::Less), (">", Operator::Greater)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Modulo)],
];

pub(super) fn parse(text: &str) -> Parsed<Expr> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if text.len() > LONGEST {
        return Err(parser.fault(0, text.len(), "this path is longer than 4 KiB"));
    }
    let expr = parser.expr()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Always at the boundary of a character.
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// OrExpr and AndExpr.
    fn expr(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let width = self.peek().map_or(0, char::len_utf8);
            return Err(self.fault(self.at, self.at + width, "this path nests too deeply"));
        }
        let mut ors = vec![self.all()?];
        while self.take_word("or") {
            ors.push(self.all()?);
        }
        self.depth -= 1;
        Ok(single(ors, Expr::Or))
    }

    fn all(&mut self) -> Parsed<Expr> {
        let mut ands = vec![self.chain(0)?];
        while self.take_word("and") {
            ands.push(self.chain(0)?);
        }
        Ok(single(ands, Expr::And))
    }

    fn chain(&mut self, level: usize) -> Parsed<Expr> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.chain(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.take_operator(operators)? {
            rest.push((operator, self.chain(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Chain(Box::new(first), rest) })
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let mut signs = 0;
        while self.take("-") {
            signs += 1;
        }
        let expr = self.union()?;
        Ok(match signs {
            0 => expr,
            // Two signs still make it a number.
            signs if signs % 2 == 0 => Expr::Negate(Box::new(Expr::Negate(Box::new(expr)))),
            _ => Expr::Negate(Box::new(expr)),
        })
    }

    fn union(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let first = self.path()?;
        let mut parts = vec![first];
        loop {
            let end = self.at;
            if self.rest_starts("||") || !self.take("|") {
                return Ok(single(parts, Expr::Union));
            }
            if parts.len() == 1 {
                self.nodes(parts.first(), start, end, "`|` joins node sets, and this is")?;
            }
            let start = self.here();
            let part = self.path()?;
            self.nodes(Some(&part), start, self.at, "`|` joins node sets, and this is")?;
            parts.push(part);
        }
    }

    /// PathExpr (section 3.3).
    fn path(&mut self) -> Parsed<Expr> {
        let start = self.here();
        if let Some(primary) = self.primary()? {
            return self.filter(primary, start);
        }
        let mut steps = Vec::new();
        if self.take("//") {
            steps.push(anywhere());
            steps.push(self.step()?);
        } else if self.take("/") {
            if !self.step_begins() {
                return Ok(Expr::Path(Path { start: Start::Root, steps }));
            }
            steps.push(self.step()?);
        } else {
            let first = self.step()?;
            return self.steps(Start::Context, vec![first]);
        }
        self.steps(Start::Root, steps)
    }

    /// FilterExpr: predicates and steps behind what isn't a location path.
    fn filter(&mut self, primary: Expr, start: usize) -> Parsed<Expr> {
        let end = self.at;
        if !self.rest_starts("[") && !self.rest_starts("/") {
            return Ok(primary);
        }
        self.nodes(Some(&primary), start, end, "a predicate or a step follows a node set, and this is")?;
        let predicates = self.predicates()?;
        self.steps(Start::Filter(Box::new(primary), predicates), Vec::new())
    }

    fn steps(&mut self, start: Start, mut steps: Vec<Step>) -> Parsed<Expr> {
        loop {
            if self.take("//") {
                steps.push(anywhere());
            } else if !self.take("/") {
                return Ok(Expr::Path(Path { start, steps }));
            }
            steps.push(self.step()?);
        }
    }

    fn step_begins(&mut self) -> bool {
        self.peek().is_some_and(|c| matches!(c, '*' | '@' | '.') || is_name_start(c))
    }

    /// Section 2.1 and 2.5.
    fn step(&mut self) -> Parsed<Step> {
        if self.take("..") {
            return Ok(Step { axis: Axis::Parent, test: NodeTest::Node, predicates: Vec::new() });
        }
        if self.take(".") {
            return Ok(Step { axis: Axis::Itself, test: NodeTest::Node, predicates: Vec::new() });
        }
        let axis = self.axis()?;
        let test = self.node_test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Parsed<Axis> {
        if self.take("@") {
            return Ok(Axis::Attribute);
        }
        let start = self.here();
        let name = self.name_here();
        self.at += name.len();
        if name.is_empty() || !self.take("::") {
            self.at = start;
            return Ok(Axis::Child);
        }
        Axis::of(name).ok_or_else(|| {
            let message = if name == "namespace" {
                "the axis `namespace` isn't supported: a prefix is a part of the name here".to_owned()
            } else {
                format!("there is no axis `{name}`")
            };
            XPathError { message, start, end: start + name.len(), names: &Axis::NAMES }
        })
    }

    /// Section 2.3.
    fn node_test(&mut self) -> Parsed<NodeTest> {
        if self.take("*") {
            return Ok(NodeTest::Any);
        }
        let start = self.here();
        let name = self.qualified()?;
        if name.is_empty() {
            return Err(self.unexpected());
        }
        if let Some(prefix) = name.strip_suffix('*') {
            return Ok(NodeTest::Prefix(prefix.to_owned()));
        }
        let end = self.at;
        if !self.rest_starts("(") {
            return Ok(NodeTest::Name(name.to_owned()));
        }
        self.take("(");
        let test = match name {
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "node" => NodeTest::Node,
            "processing-instruction" => NodeTest::Instruction(self.literal()?),
            _ => return Err(self.fault(start, end, format!("`{name}()` is no step of a path"))),
        };
        self.demand(")")?;
        Ok(test)
    }

    fn predicates(&mut self) -> Parsed<Vec<Expr>> {
        let mut predicates = Vec::new();
        while self.take("[") {
            let start = self.here();
            let predicate = self.expr()?;
            let is_nowhere = match &predicate {
                Expr::Number(position) => *position < 1.0 || position.fract() != 0.0,
                Expr::Negate(inner) => matches!(**inner, Expr::Number(_)),
                _ => false,
            };
            if is_nowhere {
                let message = "no node has this position: they are counted 1, 2, 3 …, and the last is `last()`";
                return Err(self.fault(start, self.at, message));
            }
            self.demand("]")?;
            predicates.push(predicate);
        }
        Ok(predicates)
    }

    /// What a filter expression begins with: brackets, a literal, a number, a call. `None` before a location path.
    fn primary(&mut self) -> Parsed<Option<Expr>> {
        if self.take("(") {
            let inner = self.expr()?;
            self.demand(")")?;
            return Ok(Some(inner));
        }
        if let Some(text) = self.literal()? {
            return Ok(Some(Expr::Text(text)));
        }
        if let Some(number) = self.number() {
            return Ok(Some(Expr::Number(number)));
        }
        if self.rest_starts("$") {
            return Err(self.fault(self.at, self.at + 1, "a path has no variables here"));
        }
        self.call()
    }

    /// Section 3.2.
    fn call(&mut self) -> Parsed<Option<Expr>> {
        let start = self.here();
        let name = self.qualified()?;
        let end = self.at;
        let is_node_type = matches!(name, "text" | "comment" | "node" | "processing-instruction");
        if name.is_empty() || name.ends_with('*') || is_node_type || !self.take("(") {
            self.at = start;
            return Ok(None);
        }
        let Some(function) = Function::of(name) else {
            let message = if matches!(name, "id" | "lang" | "namespace-uri") {
                format!("`{name}()` isn't supported")
            } else {
                format!("XPath 1.0 has no function `{name}()`")
            };
            return Err(XPathError { message, start, end, names: Function::NAMES });
        };
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                let begin = self.here();
                let argument = self.expr()?;
                if function.takes_nodes() {
                    let message = format!("`{name}()` takes a node set, and this is");
                    self.nodes(Some(&argument), begin, self.at, &message)?;
                }
                arguments.push(argument);
                if !self.take(",") {
                    break;
                }
            }
            self.demand(")")?;
        }
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match (least, most) {
                (0, 0) => "no argument".to_owned(),
                (1, 1) => "one argument".to_owned(),
                (0, 1) => "one argument at most".to_owned(),
                (least, most) if least == most => format!("{least} arguments"),
                (2, 3) => "two or three arguments".to_owned(),
                (least, _) => format!("at least {least} arguments"),
            };
            return Err(self.fault(start, self.at, format!("`{name}()` takes {wanted}")));
        }
        Ok(Some(Expr::Call(function, arguments)))
    }

    /// Section 3.7, Literal: it has no escapes.
    fn literal(&mut self) -> Parsed<Option<String>> {
        let Some(quote @ ('"' | '\'')) = self.peek() else { return Ok(None) };
        let start = self.at;
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(length) = inner.find(quote) else {
            return Err(self.fault(start, self.text.len(), format!("the closing `{quote}` is missing")));
        };
        self.at += length + 2;
        Ok(inner.get(..length).map(str::to_owned))
    }

    /// Section 3.7, Number: digits, with a point among, before or behind them.
    fn number(&mut self) -> Option<f64> {
        self.skip_space();
        let rest = self.rest();
        let whole = digits(rest);
        let after = rest.get(whole..).unwrap_or_default();
        let fraction = after.strip_prefix('.').map_or(0, |behind| 1 + digits(behind));
        if whole == 0 && fraction < 2 {
            return None;
        }
        let number = rest.get(..whole + fraction)?.parse().ok()?;
        self.at += whole + fraction;
        Some(number)
    }

    /// A name with its prefix, `p:*`, or nothing.
    fn qualified(&mut self) -> Parsed<&'a str> {
        let start = self.here();
        self.at += self.name_here().len();
        let is_prefix = self.at > start && self.rest().starts_with(':') && !self.rest().starts_with("::");
        if is_prefix {
            self.at += 1;
            let local = if self.rest().starts_with('*') { 1 } else { self.name_here().len() };
            if local == 0 {
                return Err(self.unexpected());
            }
            self.at += local;
        }
        let text = self.text;
        Ok(text.get(start..self.at).unwrap_or_default())
    }

    /// The NCName that begins here, or nothing.
    fn name_here(&self) -> &'a str {
        let rest = self.rest();
        if !rest.starts_with(is_name_start) {
            return "";
        }
        let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    fn take_operator(&mut self, operators: &[(&str, Operator)]) -> Parsed<Option<Operator>> {
        for (text, operator) in operators {
            let taken = if text.starts_with(is_name_start) { self.take_word(text) } else { self.take(text) };
            if !taken {
                continue;
            }
            if *operator == Operator::Equal && self.rest().starts_with('=') {
                return Err(self.fault(self.at - 1, self.at + 1, "XPath compares with `=`, not with `==`"));
            }
            return Ok(Some(*operator));
        }
        Ok(None)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest_starts(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// A whole word: `and` isn't the beginning of `android`.
    fn take_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let found = self.name_here() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn demand(&mut self, token: &str) -> Parsed<()> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// An expression that must be a node set; `message` goes on with the word for what it is.
    fn nodes(&self, expr: Option<&Expr>, start: usize, end: usize, message: &str) -> Parsed<()> {
        let word = match expr.map(Expr::kind) {
            Some(Kind::Text) => "a text",
            Some(Kind::Number) => "a number",
            Some(Kind::Bool) => "a boolean",
            Some(Kind::Nodes) | None => return Ok(()),
        };
        let length = self.text.get(start..end).map_or(0, |text| text.trim_end().len());
        Err(self.fault(start, start + length, format!("{message} {word}")))
    }

    fn rest_starts(&mut self, token: &str) -> bool {
        self.skip_space();
        self.rest().starts_with(token)
    }

    fn here(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn unexpected(&mut self) -> XPathError {
        let Some(c) = self.peek() else {
            let start = self.text.char_indices().next_back().map_or(0, |(start, _)| start);
            let message = if self.text.trim().is_empty() { "this path is empty" } else { "the path ends too early" };
            return self.fault(start, self.text.len(), message);
        };
        let rest = self.rest();
        for (typed, meant) in [("&&", "and"), ("||", "or")] {
            if rest.starts_with(typed) {
                return self.fault(self.at, self.at + 2, format!("`{typed}` is written `{meant}` in XPath"));
            }
        }
        self.fault(self.at, self.at + c.len_utf8(), format!("the path goes wrong at `{c}`"))
    }

    fn fault(&self, start: usize, end: usize, message: impl Into<String>) -> XPathError {
        XPathError { message: message.into(), start, end: end.min(self.text.len()), names: &[] }
    }
}

/// What `//` stands for (section 2.5).
fn anywhere() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::Node, predicates: Vec::new() }
}

fn single(mut parts: Vec<Expr>, several: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '\u{b7}')
}
