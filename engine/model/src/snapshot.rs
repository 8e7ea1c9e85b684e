//! The files of one revision, in memory. Everything after `source` reads configuration from here
//! and from nowhere else, which is why a stranger's revision can be evaluated.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which configuration this is: a commit, or a directory as it stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Revision {
    /// A Git commit, as full lower-case hexadecimal.
    Commit(Arc<str>),
    /// A directory that was read as it stood; the SHA-256 of its configuration files in hexadecimal.
    Directory(Arc<str>),
}

impl Revision {
    /// The identifier alone, whole.
    pub fn id(&self) -> &str {
        match self {
            Self::Commit(id) | Self::Directory(id) => id,
        }
    }

    /// The first twelve characters of the identifier, for people.
    pub fn short(&self) -> &str {
        let id = self.id();
        id.get(..12).unwrap_or(id)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit(_) => write!(f, "{}", self.short()),
            Self::Directory(_) => write!(f, "directory:{}", self.short()),
        }
    }
}

/// The files of a revision below the root that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What it was taken from.
    pub revision: Revision,
    /// Contents by path; `/` between the parts, no leading `/`, no `.` or `..`.
    pub files: BTreeMap<Arc<str>, Arc<[u8]>>,
}

impl Snapshot {
    /// A snapshot of the given files, for tests and tools that have no repository.
    pub fn from_files<'a>(revision: Revision, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files =
            files.into_iter().map(|(path, text)| (Arc::from(path), Arc::from(text.as_bytes()))).collect();
        Self { revision, files }
    }

    /// The contents of one file.
    pub fn file(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.files.get(path)
    }

    /// Paths of the files directly in `directory` (`""` is the root), in order.
    pub fn files_in<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a Arc<str>> + 'a {
        self.files.keys().filter(move |path| match path.rsplit_once('/') {
            Some((parent, _)) => parent == directory,
            None => directory.is_empty(),
        })
    }
}
