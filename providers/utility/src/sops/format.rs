//! A file of any format, from its sealed text to its clear one and the values in it.

use std::collections::BTreeMap;

use evenkeel_age::Keys;

use super::flatten::{Numbers, flatten};
use super::node::{Branch, Node, get};
use super::problem::{Problem, invalid};
use super::{NO_METADATA, dotenv, ini, json, unseal, yaml};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// Variables.
    Dotenv,
    /// INI.
    Ini,
    /// Anything: sealed as one value, in JSON.
    Raw,
}

/// A file in clear.
pub(super) struct Clear {
    /// All of it.
    pub(super) raw: String,
    /// Its values by their paths.
    pub(super) data: BTreeMap<String, String>,
}

/// Larger files are refused.
const BYTES_MAX: usize = 16 << 20;

/// The key of metadata, in formats that know trees.
pub(super) const METADATA: &str = "sops";

impl Format {
    /// By its name.
    pub(super) fn named(name: &str) -> Result<Self, Problem> {
        match name {
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "dotenv" => Ok(Self::Dotenv),
            "ini" => Ok(Self::Ini),
            "raw" => Ok(Self::Raw),
            _ => invalid(format!(
                "there is no input type {name:?}: set input_type to \"yaml\", \"json\", \"dotenv\", \"ini\" or \"raw\""
            )),
        }
    }

    /// By the end of a file's name.
    pub(super) fn of_file(name: &str) -> Result<Self, Problem> {
        let base = name.rsplit('/').next().unwrap_or_default();
        match base.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "json" => Ok(Self::Json),
            "yaml" | "yml" => Ok(Self::Yaml),
            "env" => Ok(Self::Dotenv),
            "ini" => Ok(Self::Ini),
            _ => invalid("its name does not tell its format: set input_type"),
        }
    }

    /// Opens a sealed text with keys of the operator.
    pub(super) fn open(self, text: &str, keys: &dyn Keys) -> Result<Clear, Problem> {
        if text.len() > BYTES_MAX {
            return invalid(format!("it has more than {BYTES_MAX} bytes"));
        }
        match self {
            Self::Json => {
                let (branch, _) = open_json(text, keys)?;
                let raw = json::write(&branch);
                let data = flatten(&json::read(&raw)?, Numbers::Fractions);
                Ok(Clear { raw, data })
            }
            Self::Raw => {
                let (branch, _) = open_json(text, keys)?;
                match get(&branch, "data").and_then(Node::as_text) {
                    Some(raw) => Ok(Clear { raw: raw.to_owned(), data: BTreeMap::new() }),
                    None => invalid("it has no text under \"data\", as a file of the type \"raw\" has"),
                }
            }
            Self::Dotenv => {
                let (branch, metadata, layout) = dotenv::read_sealed(text)?;
                let mut branches = [branch];
                let key = unseal::open(&mut branches, &metadata, keys)?;
                let raw = layout.written(text, &branches, &key, dotenv::written);
                let data = flatten(&dotenv::read(&raw)?, Numbers::Whole);
                Ok(Clear { raw, data })
            }
            Self::Ini => {
                let (branch, metadata, layout) = ini::read_sealed(text)?;
                let mut branches = [branch];
                let key = unseal::open(&mut branches, &metadata, keys)?;
                let raw = layout.written(text, &branches, &key, ini::written);
                let data = flatten(&ini::read(&raw)?, Numbers::Whole);
                Ok(Clear { raw, data })
            }
            Self::Yaml => {
                let mut sealed = yaml::read_sealed(text)?;
                let key = unseal::open(&mut sealed.branches, &sealed.metadata, keys)?;
                let raw = sealed.written(&key);
                let data = flatten(&yaml::read(&raw)?, Numbers::Whole);
                Ok(Clear { raw, data })
            }
        }
    }
}

fn open_json(text: &str, keys: &dyn Keys) -> Result<(Branch, Node), Problem> {
    let (branch, metadata) = without_metadata(json::read(text)?)?;
    let mut branches = [branch];
    unseal::open(&mut branches, &metadata, keys)?;
    let [branch] = branches;
    Ok((branch, metadata))
}

/// A document, and its metadata apart.
pub(super) fn without_metadata(branch: Branch) -> Result<(Branch, Node), Problem> {
    let (mut metadata, rest): (Branch, Branch) = branch.into_iter().partition(|(key, _)| key == METADATA);
    match (metadata.pop(), metadata.is_empty()) {
        (Some((_, node @ Node::Map(_))), true) => Ok((rest, node)),
        (Some(_), false) => invalid("it has metadata of sops more than once"),
        (Some((_, Node::Leaf(_) | Node::List(_))), true) | (None, _) => invalid(NO_METADATA),
    }
}
