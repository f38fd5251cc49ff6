mod channel;
mod expect;
mod expr;
mod release;
mod request;
mod step;
mod tree;
mod words;

pub use channel::*;
pub use expect::*;
pub use expr::*;
pub use release::*;
pub use request::*;
pub use step::*;
pub use tree::*;
pub use words::*;
