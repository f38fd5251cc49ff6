//! The syntax tree as what the evaluator reads.

use super::{Expr, ExprKind, ObjectEntry, ObjectKey, StrLit, Template, TemplatePart};
use crate::value::{Form, Function, Json, Piece, Tree, Value};

impl Tree for Expr {
    fn form(&self) -> Form<'_, Self> {
        match &self.kind {
            ExprKind::Null => Form::Value(Value::null()),
            ExprKind::Bool(truth) => Form::Value(Value::from(*truth)),
            ExprKind::Number(number) => Form::Value(Value::from(Json::Number(number.clone()))),
            ExprKind::Duration(duration) => Form::Value(Value::Duration(*duration)),
            ExprKind::Size(bytes) => Form::Value(Value::Size(*bytes)),
            ExprKind::Percent(fraction) => Form::Value(Value::Percent(*fraction)),
            ExprKind::Rate(rate) => Form::Value(Value::Rate(*rate)),
            ExprKind::Money(money) => Form::Value(Value::Money(*money)),
            ExprKind::String(template) => match template.as_text() {
                Some(text) => Form::Value(Value::from(text.as_str())),
                None => Form::Template(pieces(template)),
            },
            ExprKind::Regex(regex) => Form::Value(Value::from(regex.pattern.as_str())),
            ExprKind::Hex(literal) => {
                literal.hex_bytes().map_or(Form::Outside, |bytes| Form::Value(Value::Bytes(bytes.into())))
            }
            ExprKind::Field(of, name) => Form::Field(of, &name.text),
            ExprKind::Index(of, index) => Form::Index(of, index),
            ExprKind::List(items) => Form::List(items),
            ExprKind::Object(entries) => Form::Object(entries.iter().map(entry).collect()),
            ExprKind::Range(from, to) => Form::Range(from, to),
            ExprKind::Unary(op, of) => Form::Unary(*op, of),
            ExprKind::Binary(op, _, left, right) => Form::Binary(*op, left, right),
            ExprKind::Call { callee, args } => match callee.segments.as_slice() {
                [name] if let Some(function) = Function::named(&name.text) => {
                    Form::Call(function, args.iter().map(|arg| &arg.value).collect())
                }
                _ => Form::Outside,
            },
            ExprKind::JsonPath(_) | ExprKind::File(_) | ExprKind::Name(_) | ExprKind::Subject(_) | ExprKind::Error => {
                Form::Outside
            }
        }
    }
}

impl StrLit {
    /// The bytes that hexadecimal digits stand for, with white space between them or not; `None` where they don't.
    pub fn hex_bytes(&self) -> Option<Vec<u8>> {
        let digits: Vec<u8> = self.value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let byte = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        digits.chunks(2).map(byte).collect()
    }
}

fn pieces(template: &Template) -> Vec<Piece<'_, Expr>> {
    let mut pieces = Vec::with_capacity(template.parts.len());
    for part in &template.parts {
        pieces.push(match part {
            TemplatePart::Text { text, .. } => Piece::Text(text.as_str()),
            TemplatePart::Expr(expr) => Piece::Expr(expr),
        });
    }
    pieces
}

fn entry(entry: &ObjectEntry) -> (Vec<Piece<'_, Expr>>, Piece<'_, Expr>) {
    let key = match &entry.key {
        ObjectKey::Name(name) => vec![Piece::Text(name.text.as_str())],
        ObjectKey::String(template) => pieces(template),
    };
    let value = match (&entry.value, &entry.key) {
        (Some(value), _) => Piece::Expr(value),
        (None, ObjectKey::Name(name)) => Piece::Name(&name.text),
        // Only what doesn't parse has neither.
        (None, ObjectKey::String(_)) => Piece::Name(""),
    };
    (key, value)
}
