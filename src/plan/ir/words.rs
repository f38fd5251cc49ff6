use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// Tags, or names of services, each once and in order. Those of a test begin with its suite's, which all of a suite's tests share: a test costs
/// what it says itself.
#[derive(Clone, Debug, Default)]
pub struct Words {
    inherited: Arc<List>,
    own: Arc<List>,
}

#[derive(Clone, Default)]
struct List {
    order: Vec<Arc<str>>,
    known: HashSet<Arc<str>>,
}

impl fmt::Debug for List {
    /// Without the set, whose order is another one each time: plans are compared by what is derived here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.order.fmt(f)
    }
}

impl Words {
    /// What begins with all of these, without a copy of them.
    #[must_use]
    pub fn inherit(&self) -> Self {
        let inherited = match self.inherited.order.is_empty() {
            true => self.own.clone(),
            false => Arc::new(self.iter().map(Arc::from).collect()),
        };
        Self { inherited, own: Arc::default() }
    }

    pub fn add(&mut self, word: &str) {
        if !self.contains(word) {
            Arc::make_mut(&mut self.own).add(word.into());
        }
    }

    pub fn contains(&self, word: &str) -> bool {
        self.own.known.contains(word) || self.inherited.known.contains(word)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.inherited.order.iter().chain(&self.own.order).map(|word| &**word)
    }

    /// Without what is inherited.
    pub fn own(&self) -> impl Iterator<Item = &str> {
        self.own.order.iter().map(|word| &**word)
    }

    pub fn is_empty(&self) -> bool {
        self.inherited.order.is_empty() && self.own.order.is_empty()
    }

    pub fn to_strings(&self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

impl List {
    fn add(&mut self, word: Arc<str>) {
        if self.known.insert(word.clone()) {
            self.order.push(word);
        }
    }
}

impl FromIterator<Arc<str>> for List {
    fn from_iter<I: IntoIterator<Item = Arc<str>>>(words: I) -> Self {
        let mut list = Self::default();
        words.into_iter().for_each(|word| list.add(word));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_there_once_and_those_inherited_come_first() {
        let mut suite = Words::default();
        ["b", "a", "b"].into_iter().for_each(|word| suite.add(word));
        let mut test = suite.inherit();
        ["c", "a"].into_iter().for_each(|word| test.add(word));
        assert_eq!(suite.to_strings(), ["b", "a"]);
        assert_eq!(test.to_strings(), ["b", "a", "c"]);
        assert_eq!(test.own().collect::<Vec<_>>(), ["c"]);
        assert_eq!(test.inherit().to_strings(), ["b", "a", "c"]);
        assert!(test.contains("b") && test.contains("c") && !suite.contains("c") && !test.is_empty());
        assert!(Arc::ptr_eq(&test.inherited, &suite.own), "a suite's words are shared");
    }
}
