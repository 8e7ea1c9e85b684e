//! Collects the files of a snapshot from any tree of files, within limits.
//!
//! This is the one place that decides what is read, follows symbolic links and refuses; `commit`
//! and `directory` only list and read. It never asks the operating system to follow a link, so
//! nothing outside the tree can be reached, whatever the tree contains.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::SourceError;
use crate::{mention, path};

/// How much of a repository is read before it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes_max: u64,
    /// Bytes of all files together.
    pub total_bytes_max: u64,
    /// Files, directories and links together.
    pub files_max: u64,
    /// Directories inside one another.
    pub depth_max: u64,
    /// Bytes of one path.
    pub path_bytes_max: u64,
}

impl Default for Limits {
    /// Generous: `file()` may read anything, and lambda archives lie beside the configuration.
    fn default() -> Self {
        Self {
            file_bytes_max: 16 << 20,
            total_bytes_max: 256 << 20,
            files_max: 100_000,
            depth_max: 64,
            path_bytes_max: 4096,
        }
    }
}

/// Links followed on the way to one file, as many as Linux allows.
const HOPS_MAX: u32 = 40;

/// Directories that hold what tools keep for themselves, never configuration.
const SKIPPED: [&str; 3] = [".git", ".terraform", ".evenkeel"];

/// What a directory contains, by name.
pub type Listing = BTreeMap<String, Kind>;

/// What stands in a directory. Submodules, sockets and devices do not stand there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
}

/// A tree of files that can be listed and read. Paths are those of real directories: nobody asks
/// for a path that leads through a link, or that a listing did not show.
pub trait Tree {
    /// What `directory` contains.
    fn list(&mut self, directory: &str) -> Result<Listing, SourceError>;
    /// How large a file is.
    fn size(&mut self, file: &str) -> Result<u64, SourceError>;
    /// The contents of a file; more than `limit` bytes need not be read.
    fn contents(&mut self, file: &str, limit: u64) -> Result<Vec<u8>, SourceError>;
    /// Where a link points, as written.
    fn target(&mut self, link: &str) -> Result<String, SourceError>;
}

/// The files by path, and the directory of the root module.
pub struct Gathered {
    /// The files of the snapshot.
    pub files: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// The real path of the directory that was asked for.
    pub root: String,
    /// Sources of modules that lie outside the tree, from its root.
    pub outside: BTreeSet<String>,
}

/// Collects what the module in `directory` can use; `revision` is for messages.
pub fn gather(
    tree: &mut dyn Tree,
    directory: &str,
    revision: &str,
    limits: &Limits,
    interrupt: &AtomicBool,
) -> Result<Gathered, SourceError> {
    let mut gathering = Gathering {
        tree,
        limits,
        interrupt,
        root: String::new(),
        listings: BTreeMap::new(),
        files: BTreeMap::new(),
        walked: BTreeSet::new(),
        wanted: BTreeSet::new(),
        outside: BTreeSet::new(),
        bytes: 0,
        entries: 0,
    };
    let Place::Directory(root) = gathering.find(directory)? else {
        return Err(gathering.missing(directory, revision));
    };
    gathering.root.clone_from(&root);
    gathering.walk(&root, &root)?;
    gathering.follow_mentions()?;
    Ok(Gathered { files: gathering.files, root, outside: gathering.outside })
}

/// Where a path really leads once links are followed.
enum Place {
    Directory(String),
    File(String),
    Missing,
}

/// A directory to be walked.
struct Visit {
    /// Its path in the snapshot.
    path: String,
    /// Its path in the tree.
    real: String,
    /// The real directories in which links were followed to get here.
    trail: Rc<Vec<String>>,
}

struct Gathering<'a> {
    tree: &'a mut dyn Tree,
    limits: &'a Limits,
    interrupt: &'a AtomicBool,
    root: String,
    listings: BTreeMap<String, Rc<Listing>>,
    files: BTreeMap<Arc<str>, Arc<[u8]>>,
    walked: BTreeSet<String>,
    wanted: BTreeSet<String>,
    outside: BTreeSet<String>,
    bytes: u64,
    entries: u64,
}

impl Gathering<'_> {
    /// Everything below a directory.
    fn walk(&mut self, path: &str, real: &str) -> Result<(), SourceError> {
        let first = Visit { path: path.to_owned(), real: real.to_owned(), trail: Rc::default() };
        let mut pending = vec![first];
        while let Some(visit) = pending.pop() {
            if !self.walked.insert(visit.path.clone()) {
                continue;
            }
            self.check_depth(&visit.path)?;
            for (name, kind) in self.list(&visit.real)?.iter() {
                let path = path::join(&visit.path, name);
                let real = path::join(&visit.real, name);
                self.count(&path)?;
                match kind {
                    Kind::File => self.load(&path, &real)?,
                    Kind::Directory => pending.push(Visit { path, real, trail: visit.trail.clone() }),
                    Kind::Link => pending.extend(self.follow(&visit, path, &real)?),
                }
            }
        }
        Ok(())
    }

    /// Loads the file that a link leads to, or answers the directory that is to be walked.
    fn follow(&mut self, visit: &Visit, path: String, link: &str) -> Result<Option<Visit>, SourceError> {
        match self.find(link)? {
            Place::File(real) => self.load(&path, &real).map(|()| None),
            Place::Directory(real) => {
                let mut trail = Vec::clone(&visit.trail);
                trail.push(visit.real.clone());
                if trail.iter().any(|passed| path::is_within(passed, &real)) {
                    return Err(SourceError::LinkLoop { path });
                }
                Ok(Some(Visit { path, real, trail: Rc::new(trail) }))
            }
            Place::Missing if path::is_configuration(&path) => {
                let target = self.tree.target(link)?;
                Err(SourceError::LinkDangling { path, target })
            }
            Place::Missing => Ok(None),
        }
    }

    /// One file, under the path at which the snapshot shows it.
    fn load(&mut self, path: &str, real: &str) -> Result<(), SourceError> {
        if self.files.contains_key(path) {
            return Ok(());
        }
        self.check_size(path, self.limits.file_bytes_max, real)?;
        let contents = self.tree.contents(real, self.limits.file_bytes_max)?;
        let size = contents.len() as u64;
        if size > self.limits.file_bytes_max {
            return Err(SourceError::FileTooLarge {
                path: path.into(),
                size,
                limit: self.limits.file_bytes_max,
            });
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.total_bytes_max {
            return Err(SourceError::TotalTooLarge { path: path.into(), limit: self.limits.total_bytes_max });
        }
        if path::is_configuration(path) {
            self.note_mentions(path::parent(path), &contents);
        }
        self.files.insert(path.into(), contents.into());
        Ok(())
    }

    fn check_size(&mut self, path: &str, limit: u64, real: &str) -> Result<(), SourceError> {
        let size = self.tree.size(real)?;
        if size > limit {
            return Err(SourceError::FileTooLarge { path: path.into(), size, limit });
        }
        if self.bytes.saturating_add(size) > self.limits.total_bytes_max {
            return Err(SourceError::TotalTooLarge { path: path.into(), limit: self.limits.total_bytes_max });
        }
        Ok(())
    }

    /// A path counts from the directory of the file that names it, or from the root module.
    fn note_mentions(&mut self, directory: &str, contents: &[u8]) {
        for mentioned in mention::upward_paths(contents) {
            self.wanted.extend(path::resolve(directory, mentioned));
            self.wanted.extend(path::resolve(&self.root, mentioned));
        }
        for source in mention::upward_sources(contents) {
            if path::resolve(directory, source).is_none() {
                self.outside.insert(path::join(directory, source));
            }
        }
    }

    fn follow_mentions(&mut self) -> Result<(), SourceError> {
        let mut seen = BTreeSet::new();
        while let Some(path) = self.wanted.pop_first() {
            if !seen.insert(path.clone()) {
                continue;
            }
            match self.find(&path)? {
                Place::Directory(real) => self.walk(&path, &real)?,
                Place::File(real) => {
                    self.count(&path)?;
                    self.load(&path, &real)?;
                }
                Place::Missing => {}
            }
        }
        Ok(())
    }

    /// Follows a path from the root of the tree, link by link.
    fn find(&mut self, path: &str) -> Result<Place, SourceError> {
        let mut parts: Vec<String> = reversed_parts(path);
        let mut real = String::new();
        let mut hops = 0;
        let mut link = (path.to_owned(), path.to_owned());
        while let Some(part) = parts.pop() {
            if part == ".." {
                if real.is_empty() {
                    return Err(SourceError::LinkEscapes { path: link.0, target: link.1 });
                }
                real = path::parent(&real).to_owned();
                continue;
            }
            let kind = self.list(&real)?.get(&part).copied();
            let next = path::join(&real, &part);
            match kind {
                None => return Ok(Place::Missing),
                Some(Kind::File) if parts.is_empty() => return Ok(Place::File(next)),
                Some(Kind::File) => return Ok(Place::Missing),
                Some(Kind::Directory) => real = next,
                Some(Kind::Link) => {
                    hops += 1;
                    if hops > HOPS_MAX {
                        return Err(SourceError::LinkLoop { path: path.into() });
                    }
                    let target = self.tree.target(&next)?;
                    if target.starts_with('/') {
                        return Err(SourceError::LinkEscapes { path: next, target });
                    }
                    parts.extend(reversed_parts(&target));
                    link = (next, target);
                }
            }
        }
        Ok(Place::Directory(real))
    }

    fn list(&mut self, directory: &str) -> Result<Rc<Listing>, SourceError> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(SourceError::Interrupted);
        }
        if let Some(listing) = self.listings.get(directory) {
            return Ok(listing.clone());
        }
        let mut listing = self.tree.list(directory)?;
        listing.retain(|name, _| !SKIPPED.contains(&name.as_str()));
        let listing = Rc::new(listing);
        self.listings.insert(directory.to_owned(), listing.clone());
        Ok(listing)
    }

    fn count(&mut self, path: &str) -> Result<(), SourceError> {
        if path.len() as u64 > self.limits.path_bytes_max {
            let path = path.chars().take(64).collect();
            return Err(SourceError::PathTooLong { path, limit: self.limits.path_bytes_max });
        }
        self.entries += 1;
        if self.entries > self.limits.files_max {
            return Err(SourceError::TooManyFiles { path: path.into(), limit: self.limits.files_max });
        }
        Ok(())
    }

    fn check_depth(&self, directory: &str) -> Result<(), SourceError> {
        let depth = directory.split('/').filter(|part| !part.is_empty()).count() as u64;
        if depth > self.limits.depth_max {
            return Err(SourceError::TooDeep { path: directory.into(), limit: self.limits.depth_max });
        }
        Ok(())
    }

    /// The error for a root module that is not there, with what is there instead.
    fn missing(&mut self, directory: &str, revision: &str) -> SourceError {
        let above = match self.find(path::parent(directory)) {
            Ok(Place::Directory(above)) => above,
            _ => String::new(),
        };
        let listing = self.list(&above).unwrap_or_default();
        let directories = listing.iter().filter(|(_, kind)| **kind == Kind::Directory);
        let beside = directories.take(10).map(|(name, _)| path::join(&above, name)).collect();
        SourceError::SubdirectoryMissing { directory: directory.into(), revision: revision.into(), beside }
    }
}

/// The parts of a path, last first.
fn reversed_parts(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}
