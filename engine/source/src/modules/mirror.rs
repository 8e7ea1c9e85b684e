//! Mirrors of registries: a directory of packages, or Git repositories with tags.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use evenkeel_lang::config::{MirrorPlace, RegistrySource};

use super::archive::{Format, unpack};
use super::error::ModuleError;
use super::package::Files;
use super::{Fetched, Modules, NamedBy};
use crate::error::SourceError;
use crate::{commit, directory};

/// The versions that a mirror has.
pub fn versions(
    modules: &Modules,
    place: &MirrorPlace,
    source: &RegistrySource,
    interrupt: &AtomicBool,
) -> Result<Vec<String>, ModuleError> {
    match place {
        MirrorPlace::Directory(root) => listed(&below(root, source)),
        MirrorPlace::Git(template) => {
            let tags = modules.remote(&filled(template, source), NamedBy::Operator)?.tags(interrupt)?;
            Ok(tags.iter().map(|tag| tag.strip_prefix('v').unwrap_or(tag).to_owned()).collect())
        }
    }
}

/// The files of a version.
pub fn fetch(
    modules: &Modules,
    place: &MirrorPlace,
    source: &RegistrySource,
    version: &str,
    interrupt: &AtomicBool,
) -> Result<Fetched, ModuleError> {
    match place {
        MirrorPlace::Directory(root) => {
            let files = read(modules, &below(root, source), version, interrupt)?;
            Ok(Fetched { files, commit: None, package: None })
        }
        MirrorPlace::Git(template) => {
            let remote = modules.remote(&filled(template, source), NamedBy::Operator)?;
            let tags = [format!("refs/tags/v{version}"), format!("refs/tags/{version}")];
            let found = remote.tagged(&tags, interrupt)?.ok_or_else(|| missing(source, version))?;
            let read = commit::read(&found, "", &modules.limits, interrupt)?;
            Ok(Fetched {
                files: read.snapshot.files,
                commit: read.commit.map(|commit| commit.id),
                package: None,
            })
        }
    }
}

fn missing(source: &RegistrySource, version: &str) -> ModuleError {
    let reason = format!("the mirror has no version {version} of it");
    ModuleError::Download { url: source.package(), reason }
}

fn below(root: &str, source: &RegistrySource) -> PathBuf {
    Path::new(root).join(&*source.host).join(source.path())
}

fn filled(template: &str, source: &RegistrySource) -> String {
    template
        .replace("{namespace}", &source.namespace)
        .replace("{name}", &source.name)
        .replace("{system}", &source.system)
}

/// A directory that is not there has no versions.
fn listed(directory: &Path) -> Result<Vec<String>, ModuleError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| io_error(directory, source))?,
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.map(|name| Format::of(&name).map_or(name.clone(), |(_, stem)| stem.to_owned())).collect())
}

fn read(
    modules: &Modules,
    directory: &Path,
    version: &str,
    interrupt: &AtomicBool,
) -> Result<Files, ModuleError> {
    let whole = directory.join(version);
    if whole.is_dir() {
        return Ok(directory::read_only_below(&whole, &modules.limits, interrupt)?.snapshot.files);
    }
    let entries = fs::read_dir(directory).map_err(|source| io_error(directory, source))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((format, _)) = Format::of(&name).filter(|(_, stem)| *stem == version) else { continue };
        let bytes = modules.file(&path)?;
        return unpack(&bytes, format, &path.display().to_string(), &modules.limits, interrupt);
    }
    Err(SourceError::DirectoryMissing { path: whole }.into())
}

fn io_error(path: &Path, source: std::io::Error) -> ModuleError {
    SourceError::Io { path: path.to_owned(), source }.into()
}
