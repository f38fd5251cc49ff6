//! How evidence is written into a trace.

pub use crate::value::serial::*;

/// What came of a request: `{ "response": … }` or `{ "failure": … }`.
pub mod outcome {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::event::{Failure, Response};

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Written<'a> {
        Response(&'a Response),
        Failure(&'a Failure),
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Read {
        Response(Response),
        Failure(Failure),
    }

    pub fn serialize<S: Serializer>(outcome: &Result<Arc<Response>, Failure>, to: S) -> Result<S::Ok, S::Error> {
        match outcome {
            Ok(response) => Written::Response(response),
            Err(failure) => Written::Failure(failure),
        }
        .serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Result<Arc<Response>, Failure>, D::Error> {
        Ok(match Read::deserialize(from)? {
            Read::Response(response) => Ok(Arc::new(response)),
            Read::Failure(failure) => Err(failure),
        })
    }
}

/// The versions of HTTP that there are; a further one is written as `HTTP`.
pub mod version {
    use std::borrow::Cow;

    use serde::{Deserialize as _, Deserializer, Serializer};

    const ALL: [&str; 5] = ["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];

    pub fn serialize<S: Serializer>(version: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(version)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        Ok(ALL.iter().find(|known| **known == text).copied().unwrap_or("HTTP"))
    }
}
