//! The functions of section 4.

use super::evaluate::{At, Done, Evaluator, Object};
use super::syntax::{Expr, Function};

impl Evaluator<'_> {
    pub fn call(&mut self, function: Function, arguments: &[Expr], at: At) -> Done<Object> {
        Ok(match function {
            Function::Last => Object::Number(at.size as f64),
            Function::Position => Object::Number(at.position as f64),
            Function::Count => Object::Number(self.node_set(arguments, at)?.len() as f64),
            Function::LocalName => {
                let name = self.name(arguments, at)?;
                Object::Text(name.rsplit_once(':').map_or(name.as_str(), |(_, local)| local).to_owned())
            }
            Function::Name => Object::Text(self.name(arguments, at)?),
            Function::String => Object::Text(self.argument(arguments, 0, at)?),
            Function::Concat => {
                let mut whole = String::new();
                for index in 0..arguments.len() {
                    whole.push_str(&self.argument(arguments, index, at)?);
                }
                Object::Text(whole)
            }
            Function::StartsWith => {
                let (text, part) = self.two(arguments, at)?;
                Object::Bool(text.starts_with(&part))
            }
            Function::Contains => {
                let (text, part) = self.two(arguments, at)?;
                Object::Bool(text.contains(&part))
            }
            Function::SubstringBefore => {
                let (text, part) = self.two(arguments, at)?;
                Object::Text(text.split_once(&part).map(|(before, _)| before.to_owned()).unwrap_or_default())
            }
            Function::SubstringAfter => {
                let (text, part) = self.two(arguments, at)?;
                Object::Text(text.split_once(&part).map(|(_, after)| after.to_owned()).unwrap_or_default())
            }
            Function::Substring => self.substring(arguments, at)?,
            Function::StringLength => Object::Number(self.argument(arguments, 0, at)?.chars().count() as f64),
            Function::NormalizeSpace => {
                let text = self.argument(arguments, 0, at)?;
                let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
                Object::Text(words.join(" "))
            }
            Function::Translate => self.translate(arguments, at)?,
            Function::Boolean => Object::Bool(self.truth(arguments, at)?),
            Function::Not => Object::Bool(!self.truth(arguments, at)?),
            Function::True => Object::Bool(true),
            Function::False => Object::Bool(false),
            Function::Number => Object::Number(self.number_argument(arguments, 0, at)?),
            Function::Sum => {
                let mut sum = 0.0;
                for node in self.node_set(arguments, at)? {
                    sum += number_of(&self.string_value(node)?);
                }
                Object::Number(sum)
            }
            Function::Floor => Object::Number(self.number_argument(arguments, 0, at)?.floor()),
            Function::Ceiling => Object::Number(self.number_argument(arguments, 0, at)?.ceil()),
            Function::Round => Object::Number(round(self.number_argument(arguments, 0, at)?)),
        })
    }

    /// An argument, or the context node where there is none.
    fn object(&mut self, arguments: &[Expr], index: usize, at: At) -> Done<Object> {
        match arguments.get(index) {
            Some(argument) => self.expr(argument, at),
            None => Ok(Object::Nodes(vec![at.node])),
        }
    }

    fn argument(&mut self, arguments: &[Expr], index: usize, at: At) -> Done<String> {
        let object = self.object(arguments, index, at)?;
        let text = self.text(&object)?.into_owned();
        self.spend(text.len())?;
        Ok(text)
    }

    fn number_argument(&mut self, arguments: &[Expr], index: usize, at: At) -> Done<f64> {
        let object = self.object(arguments, index, at)?;
        self.number(&object)
    }

    fn node_set(&mut self, arguments: &[Expr], at: At) -> Done<Vec<usize>> {
        match self.object(arguments, 0, at)? {
            Object::Nodes(nodes) => Ok(nodes),
            _ => Ok(Vec::new()),
        }
    }

    fn two(&mut self, arguments: &[Expr], at: At) -> Done<(String, String)> {
        Ok((self.argument(arguments, 0, at)?, self.argument(arguments, 1, at)?))
    }

    fn truth(&mut self, arguments: &[Expr], at: At) -> Done<bool> {
        Ok(Evaluator::boolean(&self.object(arguments, 0, at)?))
    }

    /// The name of the first node, as written; empty where there is none.
    fn name(&mut self, arguments: &[Expr], at: At) -> Done<String> {
        let first = self.node_set(arguments, at)?.first().copied();
        Ok(first.and_then(|node| self.document.node(node)).map(|node| node.name.clone()).unwrap_or_default())
    }

    /// Section 4.2: characters are counted from 1, and both numbers are rounded.
    fn substring(&mut self, arguments: &[Expr], at: At) -> Done<Object> {
        let text = self.argument(arguments, 0, at)?;
        let start = round(self.number_argument(arguments, 1, at)?);
        let end = match arguments.get(2) {
            Some(_) => start + round(self.number_argument(arguments, 2, at)?),
            None => f64::INFINITY,
        };
        let inside = |index: usize| {
            let position = (index + 1) as f64;
            position >= start && position < end
        };
        let chars = text.chars().enumerate().filter(|(index, _)| inside(*index));
        Ok(Object::Text(chars.map(|(_, c)| c).collect()))
    }

    fn translate(&mut self, arguments: &[Expr], at: At) -> Done<Object> {
        let text = self.argument(arguments, 0, at)?;
        let from: Vec<char> = self.argument(arguments, 1, at)?.chars().collect();
        let to: Vec<char> = self.argument(arguments, 2, at)?.chars().collect();
        self.spend(text.len().saturating_mul(from.len()))?;
        let translated = text.chars().filter_map(|c| match from.iter().position(|from| *from == c) {
            Some(index) => to.get(index).copied(),
            None => Some(c),
        });
        Ok(Object::Text(translated.collect()))
    }
}

/// The text of a number (section 4.2): no exponent, no `-0`.
pub(super) fn text_of(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    number.to_string()
}

/// The number of a text (section 4.4): white space, a minus, digits with a point; all else is NaN.
pub(super) fn number_of(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// To the nearest whole number; of two, the one nearer to positive infinity (section 4.4).
fn round(number: f64) -> f64 {
    if number.fract() == -0.5 { number.ceil() } else { number.round() }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}
