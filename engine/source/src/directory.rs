//! A directory as it stands on disk.
//!
//! Its revision is a digest of all that was read, so two runs over the same files have the same
//! revision and every edit makes another one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use evenkeel_model::{Revision, Snapshot};
use sha2::{Digest, Sha256};

use crate::error::SourceError;
use crate::gather::{Gathered, Kind, Limits, Listing, Tree, gather};
use crate::origin::Scene;
use crate::{Read, path, repository, whole};

/// How files end that Terraform and Evenkeel write where they are run: state and databases. They
/// change while the configuration does not.
const WRITTEN_BY_TOOLS: [&str; 5] = [".tfstate", ".db", ".db-wal", ".db-shm", ".db-journal"];

/// What stands in the names of everything that is kept beside a state: backups, locks, the store.
const BESIDE_STATE: &str = ".tfstate.";

/// Files on disk, and which directory of them is meant.
pub struct WorkTree {
    /// Above it nothing is read: the root of the work tree, or what the modules need.
    root: PathBuf,
    /// The directory that was named, below the root.
    prefix: String,
    /// Whether nothing moves the root.
    bounded: bool,
}

impl WorkTree {
    /// A directory as it stands belongs to somebody at their desk, whose modules may lie anywhere on
    /// it, as with Terraform. The root is raised as far as the modules require that are used and that
    /// exist; none if it stays where it is.
    fn raised(&self, outside: &BTreeSet<String>) -> Result<Option<Self>, SourceError> {
        if self.bounded {
            return Ok(None);
        }
        let modules = outside.iter().filter_map(|source| self.root.join(source).canonicalize().ok());
        let root = modules.filter(|module| is_module(module)).fold(self.root.clone(), |root, module| {
            let common = root.ancestors().find(|above| module.starts_with(above));
            // The root of the file system is nobody's configuration.
            common.filter(|common| common.parent().is_some()).map(Path::to_owned).unwrap_or(root)
        });
        if root == self.root {
            return Ok(None);
        }
        let prefix = path::join(&prefix_of(&root, &self.root)?, &self.prefix);
        Ok(Some(Self { root, prefix, bounded: false }))
    }
}

fn is_module(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).any(|name| path::is_configuration(&name))
}

/// The tree of files that a directory belongs to.
pub fn locate(directory: &Path) -> Result<WorkTree, SourceError> {
    let real = canonical(directory)?;
    let root = repository::work_tree_root(&real).unwrap_or_else(|| real.clone());
    let prefix = prefix_of(&root, &real)?;
    Ok(WorkTree { root, prefix, bounded: false })
}

/// The path without links. Only here is the operating system trusted with them: the user may name
/// any directory.
pub fn canonical(directory: &Path) -> Result<PathBuf, SourceError> {
    match fs::canonicalize(directory) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(SourceError::NotADirectory { path: directory.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(SourceError::DirectoryMissing { path: directory.into() })
        }
        Err(source) => Err(SourceError::Io { path: directory.into(), source }),
    }
}

/// Where `directory` lies below `root`, both without links.
pub fn prefix_of(root: &Path, directory: &Path) -> Result<String, SourceError> {
    let relative = directory.strip_prefix(root).unwrap_or(Path::new(""));
    relative
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| SourceError::PathNotUtf8 { path: relative.to_string_lossy().into_owned() })
}

/// Reads the directory, or one below it.
pub fn read(
    mut work_tree: WorkTree,
    subdirectory: &str,
    limits: &Limits,
    interrupt: &AtomicBool,
) -> Result<Read, SourceError> {
    let Gathered { files, root, .. } = loop {
        let directory = path::join(&work_tree.prefix, subdirectory);
        let shown = work_tree.root.display().to_string();
        let mut disk = Disk { root: work_tree.root.clone() };
        let gathered = gather(&mut disk, &directory, &shown, limits, interrupt)?;
        match work_tree.raised(&gathered.outside)? {
            Some(raised) => work_tree = raised,
            None => break gathered,
        }
    };
    let mut digest = Sha256::new();
    for (path, contents) in &files {
        for part in [path.as_bytes(), contents] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    let revision = Revision::Directory(hexadecimal(&digest.finalize()).into());
    Ok(Read { snapshot: Snapshot { revision, files }, root: root.into(), commit: None })
}

/// The repository behind a snapshot of a work tree with the root module in `root`, if there is one.
pub fn scene<'a>(
    tree: &WorkTree,
    subdirectory: &str,
    snapshot: &'a Snapshot,
    root: &str,
) -> Option<Scene<'a>> {
    let module = tree.root.join(path::join(&tree.prefix, subdirectory));
    let depth = root.split('/').filter(|part| !part.is_empty()).count();
    let top = module.ancestors().nth(depth)?;
    let real = repository::work_tree_root(&module)?;
    // The snapshot begins at the root of the work tree, or above it where modules lie beside.
    let shown = real.strip_prefix(top).ok()?.to_str()?;
    let shown = if shown.is_empty() { String::new() } else { format!("{shown}/") };
    let repository = repository::open(&real).ok()?;
    let head = repository.head_id().ok().map(gix::Id::detach);
    Some(Scene { repository, head, prefix: shown, is_work_tree: true, snapshot })
}

/// Reads a directory and nothing above it, whatever the files in it name.
pub fn read_only_below(
    directory: &Path,
    limits: &Limits,
    interrupt: &AtomicBool,
) -> Result<Read, SourceError> {
    let work_tree = WorkTree { root: canonical(directory)?, prefix: String::new(), bounded: true };
    read(work_tree, "", limits, interrupt)
}

/// Bytes as lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Disk {
    root: PathBuf,
}

impl Disk {
    fn failed(&self, path: &str) -> impl Fn(io::Error) -> SourceError {
        let path = self.root.join(path);
        move |source| SourceError::Io { path: path.clone(), source }
    }
}

impl Tree for Disk {
    fn list(&mut self, directory: &str) -> Result<Listing, SourceError> {
        let failed = self.failed(directory);
        let mut listing = Listing::new();
        for entry in fs::read_dir(self.root.join(directory)).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let kind = match entry.file_type().map_err(&failed)? {
                kind if kind.is_symlink() => Kind::Link,
                kind if kind.is_dir() => Kind::Directory,
                kind if kind.is_file() => Kind::File,
                _ => continue,
            };
            let name = entry.file_name().into_string().map_err(|name| SourceError::PathNotUtf8 {
                path: path::join(directory, &name.to_string_lossy()),
            })?;
            // What another process is writing may be gone before it is read.
            let is_named_so = name.contains(BESIDE_STATE)
                || WRITTEN_BY_TOOLS.iter().any(|suffix| name.ends_with(suffix))
                || whole::target(&name).is_some();
            if kind != Kind::File || !is_named_so {
                listing.insert(name, kind);
            }
        }
        Ok(listing)
    }

    fn size(&mut self, file: &str) -> Result<u64, SourceError> {
        let metadata = fs::symlink_metadata(self.root.join(file)).map_err(self.failed(file))?;
        Ok(metadata.len())
    }

    fn contents(&mut self, file: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let failed = self.failed(file);
        let open = fs::File::open(self.root.join(file)).map_err(&failed)?;
        let mut contents = Vec::new();
        open.take(limit.saturating_add(1)).read_to_end(&mut contents).map_err(&failed)?;
        Ok(contents)
    }

    fn target(&mut self, link: &str) -> Result<String, SourceError> {
        let target = fs::read_link(self.root.join(link)).map_err(self.failed(link))?;
        target
            .into_os_string()
            .into_string()
            .map_err(|target| SourceError::PathNotUtf8 { path: target.to_string_lossy().into_owned() })
    }
}
