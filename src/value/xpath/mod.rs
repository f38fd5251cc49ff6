//! XPath 1.0 (https://www.w3.org/TR/xpath-10/): parsed once, evaluated on documents of HTML and XML.

mod document;
mod evaluate;
mod function;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use document::Document;

/// A parsed XPath. Cheap to clone.
#[derive(Clone, Debug)]
pub struct XPath(Arc<syntax::Expr>);

/// What is wrong with a path, in a user's words, and where: a range of bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XPathError {
    pub message: String,
    pub start: usize,
    pub end: usize,
    /// The names that could be at that place, where a name is wrong.
    pub names: &'static [&'static str],
}

/// The type of a path's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nodes,
    Text,
    Number,
    Bool,
}

/// What a path finds in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum XPathResult {
    /// The texts (string-values, section 5) of the nodes, in document order.
    Nodes(Vec<String>),
    Text(String),
    /// May be infinite or no number at all (NaN).
    Number(f64),
    Bool(bool),
}

/// A path took more steps than are allowed in a document of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuchWork;

impl XPath {
    /// # Errors
    /// The text isn't an XPath 1.0 expression, is longer than 4 KiB, nests deeper than 64 brackets, or uses what has no meaning
    /// here: variables, `id()`, `lang()`, `namespace-uri()` and the axis `namespace`.
    pub fn compile(text: &str) -> Result<XPath, XPathError> {
        #[cfg(test)]
        crate::value::counted::count(&crate::value::counted::XPATHS);
        parse::parse(text).map(|expr| XPath(Arc::new(expr)))
    }

    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// Evaluates it with the root of a document as its context.
    ///
    /// # Errors
    /// It would look at too many nodes.
    pub fn evaluate(&self, document: &Document) -> Result<XPathResult, TooMuchWork> {
        evaluate::evaluate(&self.0, document)
    }
}
