//! What drift looks like when it is remembered: per attribute, was and should be.

use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Path};
use serde::{Deserialize, Serialize};

/// How an object differs from what is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// It is gone.
    Deleted,
    /// Attributes changed.
    Changed,
}

/// One attribute that was changed outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeDrift {
    /// Which one.
    pub path: Path,
    /// What was remembered, encoded: what it should be unless configuration says otherwise.
    pub expected: Arc<serde_json::Value>,
    /// What was seen, encoded.
    pub observed: Arc<serde_json::Value>,
    /// Whether either must not be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// The drift of one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftRecord {
    /// The instance.
    pub address: InstanceAddress,
    /// Gone or changed.
    pub kind: DriftKind,
    /// What changed; empty when it is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeDrift>,
}
