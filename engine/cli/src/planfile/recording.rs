//! Recordings: what `plan -record` writes for a bug report, and `plan -replay` makes the plan of again.
//!
//! A recording is a document that anybody can read, so nothing sensitive may be in it. Every sensitive
//! text is replaced by another one wherever it stands, also inside of files and of other texts, the same
//! one by the same one: what is equal stays equal, and what differs goes on to differ. Sensitive numbers
//! and truth values are replaced where they are values. The digest is that of the plan that comes out of
//! the replaced values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;
use evenkeel_model::value::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Contents, FORMAT};
use crate::error::Failure;

/// What a recording calls itself.
const KIND: &str = "evenkeel recording";

/// Where encoded values keep their marks, and their type.
const MARKS: &str = "?marks";
const TYPE: &str = "?type";

/// A larger file is not one.
const BYTES_MAX: u64 = 1 << 30;

/// Shorter texts stand in too many places by chance to be replaced everywhere.
const EVERYWHERE_MIN: usize = 4;

/// A recording.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recording {
    kind: String,
    format: u32,
    /// The version of Evenkeel that wrote it.
    pub evenkeel: String,
    /// The digest of the plan.
    pub digest: String,
    contents: Json,
}

impl Recording {
    /// A recording of contents without anything sensitive; its digest has to be found out by replaying.
    pub fn of(contents: &Contents, secrets: &Secrets) -> Result<Self, Failure> {
        let broken = |why: String| Failure::plain("Failed to write recording", why);
        let mut contents = serde_json::to_value(contents).map_err(|error| broken(error.to_string()))?;
        if let Some(files) = contents.get_mut("files").and_then(Json::as_object_mut) {
            files.values_mut().for_each(readable);
        }
        secrets.replace_in(&mut contents);
        let (kind, evenkeel) = (KIND.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Ok(Self { kind, format: FORMAT, evenkeel, digest: String::new(), contents })
    }

    /// What the plan was made from.
    pub fn contents(&self) -> Result<Contents, Failure> {
        let mut contents = self.contents.clone();
        if let Some(files) = contents.get_mut("files").and_then(Json::as_object_mut) {
            files.values_mut().for_each(stored);
        }
        serde_json::from_value(contents).map_err(|error| damaged(&error.to_string()))
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec_pretty(self)
            .map_err(|error| Failure::plain("Failed to write recording", error.to_string()))
    }

    /// Reads a recording; nothing if the file is something else.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let failed = |error: std::io::Error| {
            Failure::plain("Failed to read recording", format!("{}: {error}.", path.display()))
        };
        if std::fs::metadata(path).map_err(failed)?.len() > BYTES_MAX {
            return Ok(None);
        }
        Self::parse(&std::fs::read(path).map_err(failed)?)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        let Ok(found) = serde_json::from_slice::<Json>(bytes) else { return Ok(None) };
        if found.get("kind").and_then(Json::as_str) != Some(KIND) {
            return Ok(None);
        }
        let recording: Self = serde_json::from_value(found).map_err(|error| damaged(&error.to_string()))?;
        if recording.format != FORMAT {
            let detail = format!(
                "It has format {} and was written by Evenkeel {}; this is {} (format {FORMAT}).",
                recording.format,
                recording.evenkeel,
                env!("CARGO_PKG_VERSION"),
            );
            return Err(Failure::plain("Failed to read recording", detail));
        }
        Ok(Some(recording))
    }
}

fn damaged(why: &str) -> Failure {
    Failure::plain("Failed to read recording", format!("It is damaged: {why}."))
}

/// A file as text where it is text.
fn readable(file: &mut Json) {
    let bytes = file.as_str().and_then(|text| STANDARD.decode(text).ok());
    if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        *file = serde_json::json!({ "text": text });
    }
}

/// A file as plan files keep it.
fn stored(file: &mut Json) {
    if let Some(text) = file.get("text").and_then(Json::as_str) {
        *file = Json::String(STANDARD.encode(text));
    }
}

/// The texts that must not get into a recording, and what stands for each.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Longer ones first, so that a part of another one does not break it up.
    everywhere: Vec<(String, String)>,
    alone: BTreeMap<String, String>,
}

impl Secrets {
    /// What is sensitive in some values, or is marked so in what a plan was made from.
    pub fn of<'v>(contents: &Contents, values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut texts = BTreeSet::new();
        values.into_iter().for_each(|value| collect(value, false, &mut texts));
        if let Ok(document) = serde_json::to_value(contents) {
            collect_marked(&document, false, &mut texts);
        }
        let mut secrets = Self::default();
        for (number, text) in texts.into_iter().filter(|text| !text.is_empty()).enumerate() {
            let instead = match text.parse::<evenkeel_model::Number>() {
                // What is read as a number has to go on to be one.
                Ok(_) => format!("{}", 1_000 + number),
                Err(_) => format!("redacted-{}", number + 1),
            };
            match text.len() >= EVERYWHERE_MIN {
                true => secrets.everywhere.push((text, instead)),
                false => drop(secrets.alone.insert(text, instead)),
            }
        }
        secrets.everywhere.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        secrets
    }

    /// The text without what is sensitive in it.
    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (secret, instead) in &self.everywhere {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), instead);
            }
            // In configuration it stands as it is quoted there.
            let quoted = serde_json::Value::from(secret.as_str()).to_string();
            let quoted = quoted.trim_matches('"');
            if quoted != secret && out.contains(quoted) {
                out = out.replace(quoted, instead);
            }
        }
        out
    }

    /// Replaces what is sensitive in a document in which values are encoded with their marks.
    pub(super) fn replace_in(&self, document: &mut Json) {
        self.inside(document, false);
    }

    fn inside(&self, document: &mut Json, sensitive: bool) {
        match document {
            Json::String(text) => {
                *text = match self.alone.get(text.as_str()) {
                    Some(instead) if sensitive => instead.clone(),
                    _ => self.text(text),
                };
            }
            Json::Number(number) if sensitive => *number = 0.into(),
            Json::Bool(value) if sensitive => *value = false,
            Json::Array(elements) => elements.iter_mut().for_each(|element| self.inside(element, sensitive)),
            Json::Object(fields) => {
                let marked = sensitive || fields.contains_key(MARKS);
                let keys: Vec<String> = fields.keys().cloned().collect();
                for key in keys {
                    let Some(mut value) = fields.remove(&key) else { continue };
                    let is_value = key != MARKS && key != TYPE;
                    self.inside(&mut value, marked && is_value);
                    fields.insert(self.text(&key), value);
                }
            }
            Json::Null | Json::Number(_) | Json::Bool(_) => {}
        }
    }
}

/// The texts of a value that are sensitive, also as keys.
fn collect(value: &Value, sensitive: bool, out: &mut BTreeSet<String>) {
    let sensitive = sensitive || !value.marks().is_empty();
    match value.kind() {
        Kind::String(text) if sensitive => drop(out.insert(text.to_string())),
        Kind::Object(fields) => {
            for (_, inner) in fields.iter() {
                collect(inner, sensitive, out);
            }
        }
        Kind::Map(_, entries) => {
            for (key, inner) in entries.iter() {
                if sensitive {
                    out.insert(key.to_string());
                }
                collect(inner, sensitive, out);
            }
        }
        _ => {
            for inner in value.as_elements().into_iter().flatten() {
                collect(inner, sensitive, out);
            }
        }
    }
}

/// The same in a document in which values are encoded with their marks.
fn collect_marked(document: &Json, sensitive: bool, out: &mut BTreeSet<String>) {
    match document {
        Json::String(text) if sensitive => drop(out.insert(text.clone())),
        Json::Array(elements) => elements.iter().for_each(|element| collect_marked(element, sensitive, out)),
        Json::Object(fields) => {
            let declared = fields.get("sensitive").and_then(Json::as_bool) == Some(true);
            let sensitive = sensitive || declared || fields.contains_key(MARKS);
            let values = fields.iter().filter(|(key, _)| *key != MARKS && *key != TYPE);
            values.for_each(|(_, value)| collect_marked(value, sensitive, out));
        }
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => {}
    }
}
