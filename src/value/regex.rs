/// A compiled regex. (Placeholder of the contract: the checker's developer replaces this file whole.)
#[derive(Clone, Debug)]
pub struct Pattern;
