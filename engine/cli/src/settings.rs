//! Where things are: the configuration, the store, the cache.

pub mod age;
pub mod keys;
mod modules;

use std::path::PathBuf;

use evenkeel_source::{Location, Origin, parse_location};
use sha2::{Digest, Sha256};

use crate::args::Global;
use crate::error::Failure;

pub use keys::store_options;
pub use modules::module_settings;

/// The store beside a configuration. Its name is one that people keep and that the usual `.gitignore`
/// of a Terraform project covers (`*.tfstate.*`).
const STORE_FILE: &str = "terraform.tfstate.evenkeel";

/// What a command works on.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where configuration comes from.
    pub location: Location,
    /// The store file.
    pub store: PathBuf,
}

impl Place {
    /// Understands the location, and finds the store that belongs to it.
    pub fn of(global: &Global, location: &str) -> Result<Self, Failure> {
        let location = parse_location(location)?;
        let store = match &global.store {
            Some(store) => store.clone(),
            None => default_store(&location)?,
        };
        Ok(Self { location, store })
    }

    /// The directory that is worked in, where it is one of this machine.
    pub fn directory(&self) -> Option<PathBuf> {
        match &self.location.origin {
            Origin::Directory(directory) => Some(directory.join(&self.location.subdirectory)),
            Origin::LocalRepository(_) | Origin::Remote(_) => None,
        }
    }

    /// The file in which Terraform keeps the name of the workspace that was selected.
    pub fn workspace_file(&self) -> Option<PathBuf> {
        Some(self.directory()?.join(".terraform").join("environment"))
    }

    /// The stack to work on: as asked for, or the workspace of the environment or of the directory.
    pub fn stack(&self, global: &Global) -> String {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let selected = || {
            let text = std::fs::read_to_string(self.workspace_file()?).ok()?;
            Some(text.trim().to_owned()).filter(|name| !name.is_empty())
        };
        let named = global.stack.clone().or_else(|| set("TF_WORKSPACE")).or_else(selected);
        named.unwrap_or_else(|| "default".to_owned())
    }

    /// Makes the directory of the default store where it is below the home directory. A directory that
    /// the user named must exist.
    pub fn prepare(&self, global: &Global) -> Result<(), Failure> {
        if global.store.is_some() || self.directory().is_some() {
            return Ok(());
        }
        let Some(parent) = self.store.parent() else { return Ok(()) };
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::plain(
                "Cannot make the directory of the state store",
                format!(
                    "{}: {error}.\n\nMake the directory writable, or name another place with -store=FILE.",
                    parent.display()
                ),
            )
        })
    }
}

fn default_store(location: &Location) -> Result<PathBuf, Failure> {
    if let Origin::Directory(directory) = &location.origin {
        let root = if location.subdirectory.is_empty() {
            directory.clone()
        } else {
            directory.join(&location.subdirectory)
        };
        // Where earlier versions kept it.
        let earlier = root.join(".evenkeel").join("state.db");
        return Ok(if earlier.exists() { earlier } else { root.join(STORE_FILE) });
    }
    let base = user_directory("XDG_STATE_HOME", ".local/state").ok_or_else(|| {
        Failure::plain(
            "No place for the state store",
            "A repository that is not a directory keeps its state below the home directory, and HOME is not set. \
             Name a file with -store=FILE.",
        )
    })?;
    let whole = Location { reference: None, ..location.clone() };
    let digest = Sha256::digest(whole.to_string());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(base.join(name).join("state.db"))
}

/// Where copies of remote repositories are kept.
pub fn cache_directory() -> PathBuf {
    user_directory("XDG_CACHE_HOME", ".cache").unwrap_or_else(|| std::env::temp_dir().join("evenkeel-cache"))
}

fn user_directory(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set(variable).or_else(|| Some(set("HOME")?.join(below_home)))?;
    Some(base.join("evenkeel"))
}
