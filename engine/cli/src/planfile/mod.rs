//! Plan files: what `plan -out` writes, and `apply FILE` and `show FILE` read.
//!
//! A file holds what the plan was made from (configuration, variables, options, the state and what the
//! providers answered) and not the plan itself: planning is a function of that, so the plan is made
//! again and must come to the same digest. Everything but a header is sealed with a key that stays in
//! the store, because all of it may hold secrets, and nothing of it can be changed unnoticed.

mod contents;
mod recording;
mod seal;
mod sources;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use evenkeel_model::{Revision, Timestamp};
use evenkeel_state::Serial;
use serde::{Deserialize, Serialize};

use crate::error::Failure;

pub use contents::{Contents, Restored};
pub use recording::{Recording, Secrets};
pub use seal::new_key;

/// What every plan file begins with.
const MAGIC: &[u8] = b"evenkeel plan\n";

/// The only format there is.
const FORMAT: u32 = 1;

/// A longer header is not one.
const HEADER_MAX: usize = 1 << 16;

/// What may be read without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of the file.
    pub format: u32,
    /// The version of Evenkeel that wrote it.
    pub evenkeel: String,
    /// The stack it is for.
    pub stack: Arc<str>,
    /// The state's history it belongs to.
    pub lineage: Arc<str>,
    /// The state it was made from.
    pub serial: Serial,
    /// The configuration it brings about.
    pub revision: Revision,
    /// The digest of the plan.
    pub digest: Arc<str>,
    /// When it was written.
    pub at: Timestamp,
    /// What tells the key that it is sealed with from others, without telling the key.
    #[serde(default)]
    pub key: Arc<str>,
}

impl Header {
    /// The header of a file that this version writes.
    pub fn new(stack: &str, plan: &evenkeel_plan::Plan, key: &[u8], at: Timestamp) -> Self {
        Self {
            format: FORMAT,
            evenkeel: env!("CARGO_PKG_VERSION").to_owned(),
            stack: stack.into(),
            lineage: plan.lineage.clone(),
            serial: plan.base_serial,
            revision: plan.revision.clone(),
            digest: plan.digest().clone(),
            at,
            key: seal::name_of(key),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let own = env!("CARGO_PKG_VERSION");
        if self.format == FORMAT && self.evenkeel == own {
            return Ok(());
        }
        Err(Failure::plain(
            "Failed to read plan file",
            format!(
                "The plan file was created by Evenkeel {} (format {}), but this is {own} (format {FORMAT}). What a \
                 plan means may differ between versions. Plan again with this one.",
                self.evenkeel, self.format,
            ),
        ))
    }
}

/// What is sealed in a plan file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sealed {
    /// What the plan was made from.
    Plan(Box<Contents>),
    /// A mistake was found while planning: what was planned besides, to be shown.
    Failed {
        /// As `show -json` has it.
        document: serde_json::Value,
        /// As people read it.
        text: String,
    },
}

/// A plan file as it was read: the header, and what is sealed.
pub struct PlanFile {
    /// What may be read without a key.
    pub header: Header,
    head: Vec<u8>,
    sealed: Vec<u8>,
}

/// Whether there is a plan file at a path, by its first bytes.
pub fn is_plan_file(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == MAGIC
}

/// Whether these are the contents of a plan file, which is never a part of a configuration.
pub fn is_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Says what a file is that is given in place of a plan file or a directory, where that can be told.
pub fn refuse_others(path: &Path) -> Result<(), Failure> {
    let mut start = [0; 4];
    let mut read = || std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    if !path.is_file() || path.file_name().is_some_and(|name| name == ".git") || read().is_err() {
        return Ok(());
    }
    let what = match &start {
        b"PK\x03\x04" => {
            "is a zip archive, as Terraform and OpenTofu write plan files. A plan can be carried out only by what made it"
        }
        _ => return Ok(()),
    };
    let detail = format!("{} {what}. Make a plan with `evenkeel plan -out=FILE`.", path.display());
    Err(Failure::plain("Failed to read plan file", detail))
}

/// Refuses what looks like the name of a file or directory and is none; repositories have addresses.
pub fn is_there(path: &Path, summary: &str) -> Result<(), Failure> {
    let text = path.to_string_lossy();
    let is_address = ["://", "//", "::", "@"].iter().any(|sign| text.contains(sign));
    if is_address || path.exists() {
        return Ok(());
    }
    Err(Failure::plain(summary, format!("There is no plan file and no directory {text}.")))
}

impl PlanFile {
    /// Reads a file that this version can use.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
        Self::parse(&bytes).map_err(|why| unreadable(path, &why)).and_then(|file| {
            file.header.check()?;
            Ok(file)
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin as one")?;
        let end = rest.iter().take(HEADER_MAX).position(|byte| *byte == b'\n').ok_or("it has no header")?;
        let (head, sealed) = rest.split_at(end);
        let header = serde_json::from_slice(head).map_err(|error| error.to_string())?;
        Ok(Self { header, head: head.to_vec(), sealed: sealed.get(1..).unwrap_or_default().to_vec() })
    }

    fn foreign(&self, path: &Path) -> Failure {
        let detail = format!(
            "{} is sealed with a key that this state store does not have: it was made with another store, or before \
             the keys of this one were rotated, for the \
             stack \"{}\" with the lineage \"{}\". A plan can be applied from any directory and any machine, but with \
             the store that it was made with, as only that has the state it is about. Name it with -store=FILE, or \
             plan again with this one.",
            path.display(),
            self.header.stack,
            self.header.lineage,
        );
        Failure::plain("Failed to read plan file", detail)
    }

    /// What is sealed in it.
    pub fn open(&self, path: &Path, key: Option<&[u8]>) -> Result<Sealed, Failure> {
        let key =
            key.filter(|key| self.header.key == seal::name_of(key)).ok_or_else(|| self.foreign(path))?;
        let opened = seal::open(key, &self.head, &self.sealed).ok_or_else(|| changed(path))?;
        serde_json::from_slice(&opened).map_err(|error| unreadable(path, &error.to_string()))
    }
}

/// The bytes of a plan file.
pub fn write(header: &Header, contents: &Sealed, key: &[u8]) -> Result<Vec<u8>, Failure> {
    let broken = |what: String| Failure::plain("Failed to write plan file", what);
    let head = serde_json::to_vec(header).map_err(|error| broken(error.to_string()))?;
    let text = serde_json::to_vec(contents).map_err(|error| broken(error.to_string()))?;
    let sealed = seal::seal(key, &head, &text).map_err(broken)?;
    Ok([MAGIC, &head, b"\n", &sealed].concat())
}

fn unreadable(path: &Path, why: &str) -> Failure {
    let detail = format!("{} cannot be read as a plan file: {why}.", path.display());
    Failure::plain("Failed to read plan file", detail)
}

fn changed(path: &Path) -> Failure {
    let detail = format!(
        "{} is not what was written: it is cut off or was changed since. Nothing of it is used. Plan again.",
        path.display()
    );
    Failure::plain("Failed to read plan file", detail)
}
