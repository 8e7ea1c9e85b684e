//! An object in the cloud as state remembers it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use evenkeel_model::{ProviderAddress, ResourceAddress, Value, json};
use serde::{Deserialize, Serialize};

use crate::attributes::Attributes;

/// Whether the object can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectStatus {
    /// As it should be.
    #[default]
    Ready,
    /// Its creation did not complete: the next plan replaces it.
    Tainted,
}

/// Which provider block manages an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProviderConfigAddress {
    /// The static path of the module that holds the provider block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub module: Vec<Arc<str>>,
    /// The provider.
    pub provider: ProviderAddress,
    /// The `alias`, if the block has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Arc<str>>,
}

impl fmt::Display for ProviderConfigAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.module {
            write!(f, "module.{name}.")?;
        }
        write!(f, "provider[\"{}\"]", self.provider)?;
        match &self.alias {
            Some(alias) => write!(f, ".{alias}"),
            None => Ok(()),
        }
    }
}

/// Text that is no address of a provider configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no provider configuration, such as provider[\"registry.terraform.io/hashicorp/aws\"].west"
)]
pub struct ProviderConfigError(String);

impl FromStr for ProviderConfigAddress {
    type Err = ProviderConfigError;

    /// Parses `[module.NAME.]...provider["HOST/NAMESPACE/TYPE"][.ALIAS]`, and `provider.TYPE[.ALIAS]` of
    /// early versions.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ProviderConfigError(text.chars().take(200).collect());
        let mut rest = text;
        let mut module = Vec::new();
        while let Some(inside) = rest.strip_prefix("module.") {
            let (name, after) = inside.split_once('.').ok_or_else(wrong)?;
            module.push(name.into());
            rest = after;
        }
        let (provider, alias) = if let Some(quoted) = rest.strip_prefix("provider[\"") {
            let (provider, alias) = quoted.split_once("\"]").ok_or_else(wrong)?;
            (provider.parse().map_err(|_| wrong())?, alias)
        } else {
            let early = rest.strip_prefix("provider.").ok_or_else(wrong)?;
            let (kind, alias) = early.split_at(early.find('.').unwrap_or(early.len()));
            (kind.parse().map_err(|_| wrong())?, alias)
        };
        let alias = match alias.strip_prefix('.') {
            None if alias.is_empty() => None,
            Some(alias) if !alias.is_empty() => Some(alias.into()),
            _ => return Err(wrong()),
        };
        Ok(Self { module, provider, alias })
    }
}

/// The key of an object that was put aside when its replacement was created first: eight
/// hexadecimal digits, as Terraform shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeposedKey(pub u32);

impl fmt::Display for DeposedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for DeposedKey {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for DeposedKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeposedKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One object. The attributes are kept as [`evenkeel_model::json::encode`] wrote them, with the
/// schema version they belong to, so that they can be read before any provider is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Whether it can be relied on.
    #[serde(default)]
    pub status: ObjectStatus,
    /// The provider block that manages it.
    pub provider: ProviderConfigAddress,
    /// The version of the schema that the attributes follow.
    pub schema_version: u64,
    /// The encoded attributes.
    pub attributes: Attributes,
    /// The resources it was made from: they must outlive it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<ResourceAddress>,
    /// Whether its replacement is created before it is destroyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_before_destroy: bool,
    /// The idempotency token of the call that created it, if Evenkeel did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<crate::entry::Token>,
    /// What another program's provider kept for itself, in base 64: only handed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Arc<str>>,
}

impl Object {
    /// The attributes as a value of the schema's type.
    pub fn value(&self, ty: &evenkeel_model::Type) -> Result<Value, json::JsonError> {
        self.attributes.decode(ty)
    }

    /// The `id` attribute as text, if there is one: for messages and listings.
    pub fn id(&self) -> Option<&str> {
        self.attributes.get("id").and_then(serde_json::Value::as_str)
    }
}
