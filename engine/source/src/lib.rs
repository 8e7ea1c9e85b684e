//! Reads the configuration of a named revision straight from Git objects, or a directory as it
//! stands, into an in-memory [`Snapshot`].
//!
//! No work tree is made and nothing that a repository contains is run: no hook, no filter, no
//! `include` of its configuration. Repositories are opened without the user's own Git
//! configuration and environment, so that the same commit gives the same files on every machine,
//! whoever owns the repository. Objects are compared with their names when they are read.
//!
//! # What is read
//!
//! Everything below the directory of the root module, and everything that the configuration read
//! so far names with a path that begins with `../`: a module (`source = "../modules/network"`), a
//! file (`"${path.module}/../policy.json"`) or a directory, and so on until nothing new is named.
//! The rule is the same for a directory and for a commit, so a plan at an author's desk sees the
//! files that a plan of the pushed commit will see; and a stack in one corner of a large
//! repository costs no more than that corner. To a commit, what lies outside the repository does
//! not exist. To a directory as it stands, modules beside the repository do, as with Terraform.
//!
//! A local path without a revision is read as it stands, also inside a repository. With a
//! revision, or for a bare repository or a URL, a commit is read and the work tree ignored.
//!
//! Functions here block; callers run them on a thread that may block and raise `interrupt` to
//! give up.

mod ancestry;
mod commit;
mod credentials;
mod directory;
mod error;
mod gather;
mod location;
mod mention;
mod modules;
mod origin;
mod path;
mod remote;
mod removal;
mod repository;
mod whole;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use evenkeel_model::{Revision, Snapshot, Timestamp};

pub use error::SourceError;
pub use gather::Limits;
pub use location::{Location, Origin, parse_location};
pub use modules::{Files, ModuleError, Modules, Reach, Resolved};
pub use origin::{Line, Origin as LineOrigin};
pub use remote::Credentials;
pub use removal::Block;
pub use whole::{sweep_beside, write_private, write_whole};

/// One revision, read.
#[derive(Clone, Debug)]
pub struct Read {
    /// Its files; the paths begin at the root of the repository, or of the directory outside one.
    pub snapshot: Snapshot,
    /// The directory inside the snapshot that holds the root module; empty for the root.
    pub root: Arc<str>,
    /// The commit that was read; none for a directory as it stands.
    pub commit: Option<CommitInfo>,
}

/// What people want to know about a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The full name in lower-case hexadecimal.
    pub id: String,
    /// Who wrote it: `Name <address>`.
    pub author: String,
    /// When it was committed.
    pub time: Timestamp,
    /// The first line of its message.
    pub subject: String,
    /// The branch, tag or expression that was asked for; `HEAD` if nothing was.
    pub asked_for: String,
}

/// Where revisions come from: reads local repositories in place and remote ones through a cache.
#[derive(Clone, Debug)]
pub struct Source {
    cache_dir: PathBuf,
    limits: Limits,
    credentials: Option<Credentials>,
}

impl Source {
    /// A source that keeps copies of remote repositories below `cache_dir`, which need not exist.
    pub fn new(cache_dir: PathBuf, limits: Limits) -> Self {
        Self { cache_dir, limits, credentials: None }
    }

    /// The same, with what an https remote is answered when it asks who we are and the URL does
    /// not say. They are sent to the host of the location only, and never over plain http.
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Which revision `revision` means now. Remotes are fetched first, unless a full commit name
    /// is asked for that is here already. May be repeated.
    pub fn resolve(
        &self,
        location: &Location,
        revision: Option<&str>,
        interrupt: &AtomicBool,
    ) -> Result<Revision, SourceError> {
        match self.target(location, revision, interrupt)? {
            Target::Commit(target) => Ok(Revision::Commit(target.found.id.to_string().into())),
            Target::Directory(tree) => {
                Ok(directory::read(tree, &location.subdirectory, &self.limits, interrupt)?.snapshot.revision)
            }
        }
    }

    /// Reads what `revision` means now. To read exactly what an earlier [`Source::resolve`]
    /// answered, pass the commit it named: branches move in between.
    pub fn read(
        &self,
        location: &Location,
        revision: Option<&str>,
        interrupt: &AtomicBool,
    ) -> Result<Read, SourceError> {
        match self.target(location, revision, interrupt)? {
            Target::Commit(target) => {
                let subdirectory = path::join(&target.prefix, &location.subdirectory);
                commit::read(&target.found, &subdirectory, &self.limits, interrupt)
            }
            Target::Directory(tree) => directory::read(tree, &location.subdirectory, &self.limits, interrupt),
        }
    }

    /// Whether the commit `ancestor` (a full name) is `commit` or one of its ancestors. A branch that
    /// was rewritten points to a commit that does not descend from the one before.
    pub fn descends(
        &self,
        location: &Location,
        commit: &str,
        ancestor: &str,
        interrupt: &AtomicBool,
    ) -> Result<bool, SourceError> {
        match self.target(location, Some(commit), interrupt)? {
            Target::Commit(target) => ancestry::descends(&target.found, ancestor),
            Target::Directory(_) => Ok(false),
        }
    }

    /// Which commits brought these lines of a snapshot that was read here, whose root module is in
    /// `root`. Tells what can be told, and fails at nothing: lines of which nothing is known are left out.
    pub fn line_origins(
        &self,
        location: &Location,
        (snapshot, root): (&Snapshot, &str),
        lines: &BTreeSet<Line>,
        interrupt: &AtomicBool,
    ) -> BTreeMap<Line, LineOrigin> {
        let scene = self.scene(location, (snapshot, root), interrupt);
        scene.map(|scene| origin::origins(&scene, lines, interrupt)).unwrap_or_default()
    }

    /// The same for blocks that are not there any more: which commit took them out.
    pub fn removals(
        &self,
        location: &Location,
        (snapshot, root): (&Snapshot, &str),
        blocks: &BTreeSet<Block>,
        interrupt: &AtomicBool,
    ) -> BTreeMap<Block, LineOrigin> {
        let scene = self.scene(location, (snapshot, root), interrupt);
        scene.map(|scene| removal::removals(&scene, blocks, interrupt)).unwrap_or_default()
    }

    /// Where the history of a snapshot is.
    fn scene<'s>(
        &self,
        location: &Location,
        (snapshot, root): (&'s Snapshot, &str),
        interrupt: &AtomicBool,
    ) -> Option<origin::Scene<'s>> {
        let commit = match &snapshot.revision {
            Revision::Commit(id) => Some(&**id),
            Revision::Directory(_) => None,
        };
        match self.target(location, commit, interrupt) {
            Ok(Target::Commit(target)) => Some(origin::Scene {
                head: Some(target.found.id),
                repository: target.found.repository,
                prefix: String::new(),
                is_work_tree: false,
                snapshot,
            }),
            Ok(Target::Directory(tree)) => directory::scene(&tree, &location.subdirectory, snapshot, root),
            Err(_) => None,
        }
    }

    fn target(
        &self,
        location: &Location,
        revision: Option<&str>,
        interrupt: &AtomicBool,
    ) -> Result<Target, SourceError> {
        let asked_for = revision.or(location.reference.as_deref());
        match (&location.origin, asked_for) {
            (Origin::Directory(path), None) => Ok(Target::Directory(directory::locate(path)?)),
            (Origin::Directory(path), Some(asked_for)) => {
                let (repository, prefix) = repository::enclosing(path)?;
                let found = repository::find_commit(repository, asked_for, path)?;
                Ok(Target::commit(found, prefix))
            }
            (Origin::LocalRepository(path), asked_for) => {
                let repository = repository::open(path)?;
                let found = repository::find_commit(repository, asked_for.unwrap_or("HEAD"), path)?;
                Ok(Target::commit(found, String::new()))
            }
            (Origin::Remote(url), asked_for) => {
                let remote = remote::Remote::new(&self.cache_dir, url, self.credentials.as_ref())?;
                let found = remote.commit(asked_for.unwrap_or("HEAD"), interrupt)?;
                Ok(Target::commit(found, String::new()))
            }
        }
    }
}

enum Target {
    Directory(directory::WorkTree),
    Commit(Box<CommitTarget>),
}

impl Target {
    fn commit(found: repository::Found, prefix: String) -> Self {
        Self::Commit(Box::new(CommitTarget { found, prefix }))
    }
}

struct CommitTarget {
    found: repository::Found,
    /// Where the directory that was named lies inside the repository.
    prefix: String,
}
