//! The file: what stands in it, field by field. Fields that nobody knows are passed over.

use std::collections::BTreeMap;

use evenkeel_model::{Diagnostic, Diagnostics};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

const SUMMARY: &str = "Unsupported state file format";

/// A state file of format version 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TfState {
    /// The format.
    pub version: u64,
    /// The program that wrote it.
    #[serde(default, deserialize_with = "or_default")]
    pub terraform_version: String,
    /// Counts the changes of its lineage.
    #[serde(default, deserialize_with = "or_default")]
    pub serial: u64,
    /// Tells the states of one stack from all others.
    #[serde(default, deserialize_with = "or_default")]
    pub lineage: String,
    /// Root outputs by name.
    #[serde(default, deserialize_with = "or_default")]
    pub outputs: BTreeMap<String, Output>,
    /// Resources with their instances.
    #[serde(default, deserialize_with = "or_default")]
    pub resources: Vec<Resource>,
    /// What checks said last; made anew by every run.
    #[serde(default)]
    pub check_results: Json,
}

/// A root output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Its value.
    pub value: Json,
    /// The type of it.
    #[serde(rename = "type")]
    pub ty: Json,
    /// Whether it must not be shown.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// A resource in a module instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The module instance; empty for the root module.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub module: String,
    /// `managed` or `data`.
    pub mode: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name.
    pub name: String,
    /// The provider configuration.
    pub provider: String,
    /// Its objects.
    #[serde(default, deserialize_with = "or_default")]
    pub instances: Vec<Instance>,
}

/// One object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The key of `count` or `for_each`.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub index_key: Json,
    /// `tainted`, or nothing.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// The key of an object that was put aside.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub deposed: String,
    /// The version of the schema that the attributes follow.
    #[serde(default, deserialize_with = "or_default")]
    pub schema_version: u64,
    /// The attributes.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub attributes: Json,
    /// The attributes as Terraform 0.11 and before had them.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub attributes_flat: Json,
    /// Paths of values that must not be shown.
    #[serde(default, deserialize_with = "or_default")]
    pub sensitive_attributes: Vec<Vec<super::paths::Step>>,
    /// What the provider keeps for itself, in base 64.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub private: String,
    /// The resources it was made from.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// Whether its replacement is created first.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub create_before_destroy: bool,
}

/// Go writes null for what is empty.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Reads a state file.
pub fn read(bytes: &[u8]) -> Result<TfState, Diagnostics> {
    #[derive(Deserialize)]
    struct Head {
        version: Option<u64>,
    }
    let head: Head = parsed(bytes)?;
    match head.version {
        Some(4) => parsed(bytes),
        version => Err(refused(wrong_version(version))),
    }
}

fn parsed<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Diagnostics> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inside = error.inner();
        match inside.classify() {
            serde_json::error::Category::Data => format!("At {path}: {inside}."),
            _ => format!("The file is not valid JSON: {inside}."),
        }
    });
    read.and_then(|value| {
        reader.end().map_err(|error| format!("The file goes on after its end: {error}."))?;
        Ok(value)
    })
    .map_err(refused)
}

fn refused(detail: String) -> Diagnostics {
    Diagnostic::error(SUMMARY, detail).into()
}

fn wrong_version(version: Option<u64>) -> String {
    match version {
        None => {
            "The file has no format version, so it is not a state file of Terraform or OpenTofu.".to_owned()
        }
        Some(1..=3) => {
            "It was written by Terraform 0.11 or before. `terraform apply -refresh-only` of Terraform 0.12, \
                        and then of 0.13 or later, writes it anew in format version 4; take that over."
                .to_owned()
        }
        Some(version) => format!(
            "It has format version {version}, and 4 is the one that is known here. Use the program that wrote it, or a \
             newer version of Evenkeel."
        ),
    }
}

impl TfState {
    /// The file as Terraform lays it out.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps with string keys can always be written.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
