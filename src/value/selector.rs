use std::sync::Arc;

/// A CSS selector, compiled.
#[derive(Clone, Debug)]
pub struct Css {
    text: Arc<str>,
    selector: Arc<scraper::Selector>,
}

impl Css {
    /// `None` of what is no selector.
    pub fn compile(text: &str) -> Option<Self> {
        #[cfg(test)]
        super::counted::count(&super::counted::SELECTORS);
        let selector = scraper::Selector::parse(text).ok()?;
        Some(Self { text: Arc::from(text), selector: Arc::new(selector) })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn selector(&self) -> &scraper::Selector {
        &self.selector
    }
}
