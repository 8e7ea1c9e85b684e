//! What a `source` argument means: a directory of the same package, a module of a registry, or a
//! package that is fetched from somewhere.
//!
//! The forms are Terraform's, with its order of guessing: what begins with `./` or `../` is local,
//! what reads as a registry address is one, and the rest is a remote package, perhaps in one of the
//! shorthands for GitHub, Bitbucket and `git@host:path`. Nothing is looked up here and no file is
//! touched: what an address leads to, the shell finds out.

mod registry;
mod remote;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use registry::{DEFAULT_REGISTRY, RegistrySource, parse_registry_source};
pub use remote::{Getter, RemoteSource, percent_decoded, without_credentials};

/// Longer texts are nobody's address.
const SOURCE_BYTES_MAX: usize = 8192;

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModuleSource {
    /// A directory, relative to that of the module that calls.
    Local(Arc<str>),
    /// A module of a registry.
    Registry(RegistrySource),
    /// A package that is fetched from where the address says.
    Remote(RemoteSource),
}

impl ModuleSource {
    /// The package without the directory inside it: what is locked. Never with a password.
    pub fn package(&self) -> String {
        match self {
            Self::Local(path) => path.to_string(),
            Self::Registry(source) => source.package(),
            Self::Remote(source) => source.package(),
        }
    }

    /// The directory inside the package; empty for its root.
    pub fn subdirectory(&self) -> &str {
        match self {
            Self::Local(_) => "",
            Self::Registry(source) => &source.subdirectory,
            Self::Remote(source) => &source.subdirectory,
        }
    }
}

impl fmt::Display for ModuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subdirectory() {
            "" => f.write_str(&self.package()),
            directory => match self.package().split_once('?') {
                Some((package, query)) => write!(f, "{package}//{directory}?{query}"),
                None => write!(f, "{}//{directory}", self.package()),
            },
        }
    }
}

/// Why a text is no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleSourceError {
    /// It is none of the forms that there are.
    #[error(
        "it cannot be determined how the remote module package \"{0}\" is to be fetched.\n\nIf a path relative to the \
         current module is meant, write \"./{0}\": the \"./\" in front says that an address is a path"
    )]
    Undetermined(String),
    /// It is one of the forms, wrongly written.
    #[error("{0}")]
    Malformed(String),
    /// It is right and cannot be used here.
    #[error("{0}")]
    Unsupported(String),
}

/// Understands the text of a `source` argument.
pub fn parse_module_source(text: &str) -> Result<ModuleSource, ModuleSourceError> {
    if text.len() > SOURCE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(ModuleSourceError::Malformed("it is too long, or has a control character in it".into()));
    }
    if is_local(text) {
        return Ok(ModuleSource::Local(local(text)));
    }
    if let Ok(source) = parse_registry_source(text) {
        return Ok(ModuleSource::Registry(source));
    }
    remote::parse(text).map(ModuleSource::Remote)
}

/// Whether a source is a path of the same package.
pub(super) fn is_local(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|prefix| text.starts_with(prefix))
}

/// The path with single slashes, and without steps that lead nowhere.
fn local(text: &str) -> Arc<str> {
    let clean = clean(&text.replace('\\', "/"));
    if clean == ".." || clean.starts_with("../") { clean.into() } else { format!("./{clean}").into() }
}

/// A relative path without `.`, and with `..` only in front; empty for the directory itself.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// An address and the directory after its `//`; a query stays with the address.
fn split_subdirectory(text: &str) -> (String, String) {
    let stop = text.find('?').unwrap_or(text.len());
    let (address, query) = text.split_at(stop);
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let Some(at) = address.get(scheme..).and_then(|rest| rest.find("//")).map(|at| at + scheme) else {
        return (text.to_owned(), String::new());
    };
    let (package, directory) = (address.get(..at).unwrap_or(address), address.get(at + 2..).unwrap_or(""));
    (format!("{package}{query}"), clean(directory))
}

/// A directory inside a package, which must not lead out of it.
fn inside(directory: String) -> Result<Arc<str>, ModuleSourceError> {
    if directory == ".." || directory.starts_with("../") {
        let problem = format!("subdirectory path \"{directory}\" leads outside of the module package");
        return Err(ModuleSourceError::Malformed(problem));
    }
    Ok(directory.into())
}
