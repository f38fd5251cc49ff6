/// A compiled JSONPath (RFC 9535). (Placeholder of the contract: the checker's developer replaces this file whole.)
#[derive(Clone, Debug)]
pub struct JsonPath;
