//! How parts of what is recorded are written: durations as whole nanoseconds, bytes as the text they are or else in base64.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes: UTF-8 as a text, anything else as `{ "base64": … }`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Data<'a> {
    Text(Cow<'a, str>),
    Base64 { base64: String },
}

impl<'a> Data<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => Self::Base64 { base64: STANDARD.encode(bytes) },
        }
    }

    fn bytes<E: serde::de::Error>(self) -> Result<Bytes, E> {
        match self {
            Self::Text(text) => Ok(text.into_owned().into()),
            Self::Base64 { base64 } => STANDARD.decode(base64).map(Bytes::from).map_err(E::custom),
        }
    }
}

pub mod data {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Data::of(bytes).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        Data::deserialize(from)?.bytes()
    }
}

/// The same for bytes that need not be there.
pub mod optional_data {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &Option<Bytes>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_deref().map(Data::of).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
        Option::<Data>::deserialize(from)?.map(Data::bytes).transpose()
    }
}

/// Bytes in a vector.
pub mod vec_data {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Data::of(bytes).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Data::deserialize(from)?.bytes().map(Vec::from)
    }
}

/// At most what 64 bits hold: 584 years.
fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub mod nanoseconds {
    use super::*;

    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(whole(*duration))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}

pub mod optional_nanoseconds {
    use super::*;

    pub fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        duration.map(whole).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_nanos))
    }
}

/// Several instants.
pub mod instants {
    use super::*;

    pub fn serialize<S: Serializer>(instants: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(instants.iter().map(|at| whole(*at)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
        Ok(Vec::<u64>::deserialize(from)?.into_iter().map(Duration::from_nanos).collect())
    }
}
