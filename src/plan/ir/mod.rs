mod channel;
mod expect;
mod expr;
mod load;
mod release;
mod request;
mod step;
mod tree;
mod words;

pub use channel::*;
pub use expect::*;
pub use expr::*;
pub use load::*;
pub use release::*;
pub use request::*;
pub use step::*;
pub use tree::*;
pub use words::*;
