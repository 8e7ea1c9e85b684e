//! Asking whether a change would be allowed, without making it.

use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Value};

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probed {
    /// Making the object.
    Create,
    /// Removing it.
    Delete,
}

/// May this be done?
#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// What would be done.
    pub what: Probed,
    /// The object as it is planned, with what only apply will tell unknown, or as it is remembered.
    pub object: Value,
}

/// What the cloud says to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It may be done.
    Granted,
    /// It may not.
    Missing(Missing),
    /// That could not be told, and why: the cloud looks at more than permissions, and an object that the change
    /// needs may not be there yet.
    Unknown(String),
}

/// What is not allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The action, where that is told: `ec2:CreateVpc`.
    pub action: Option<String>,
    /// On what.
    pub resource: Option<String>,
    /// Why not, in words.
    pub why: String,
    /// The policy statement that would grant it, as JSON; nothing where a policy denies it.
    pub statement: Option<String>,
}
