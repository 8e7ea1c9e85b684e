//! What an object consists of, as it is written down, and what that means once somebody asks.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use evenkeel_model::{Type, Value, json};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Attributes as [`evenkeel_model::json::encode`] wrote them. Clones share them, and what they mean as a
/// value of the type that is first asked for: every round of planning asks again.
#[derive(Clone)]
pub struct Attributes(Arc<Shared>);

struct Shared {
    encoded: serde_json::Value,
    decoded: OnceLock<(Type, Value)>,
}

impl Attributes {
    /// The value of a type that is written down.
    pub fn decode(&self, ty: &Type) -> Result<Value, json::JsonError> {
        if let Some((known, value)) = self.0.decoded.get()
            && known == ty
        {
            return Ok(value.clone());
        }
        let value = json::decode(&self.0.encoded, ty)?;
        // Somebody may have been faster, or asked for another type: then this one is not kept.
        let _ = self.0.decoded.set((ty.clone(), value.clone()));
        Ok(value)
    }
}

impl From<serde_json::Value> for Attributes {
    fn from(encoded: serde_json::Value) -> Self {
        Self(Arc::new(Shared { encoded, decoded: OnceLock::new() }))
    }
}

impl Deref for Attributes {
    type Target = serde_json::Value;

    fn deref(&self) -> &serde_json::Value {
        &self.0.encoded
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

/// As they are written down.
impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.encoded.fmt(f)
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.encoded.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::from)
    }
}
