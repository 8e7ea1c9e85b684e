//! From a location to a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evenkeel_lang::config::{self, Configuration, Loading, Lock, ResolvedModules};
use evenkeel_model::{Diagnostics, Revision, Snapshot};
use evenkeel_source::{Block, CommitInfo, Limits, Line, LineOrigin, Location, Modules, Reach, Source};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::modules::{Installed, Locking, Step, install};
use crate::settings::{cache_directory, module_settings};

/// A configuration and where it came from.
#[derive(Clone)]
pub struct Loaded {
    /// The files.
    pub snapshot: Arc<Snapshot>,
    /// The directory of the root module.
    pub root: Arc<str>,
    /// What they declare.
    pub configuration: Arc<Configuration>,
    /// The commit, where there is one.
    pub commit: Option<CommitInfo>,
    /// Where the packages of modules stand among the files.
    pub resolved: ResolvedModules,
    /// Warnings found on the way.
    pub warnings: Diagnostics,
}

impl Loaded {
    /// The revision as people know it.
    pub fn title(&self) -> String {
        match &self.commit {
            Some(commit) => {
                format!("{} ({}, by {})", short(&commit.id), commit.subject, author(&commit.author))
            }
            None => "the directory as it stands".to_owned(),
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

fn author(text: &str) -> &str {
    text.split(" <").next().unwrap_or(text)
}

/// Reads and loads a revision with the modules that its lock file names; all mistakes are collected.
pub async fn load(session: &Session, revision: Option<&str>) -> Result<Loaded, Failure> {
    without_mistakes(read_strictly(&session.place.location, revision).await?)
}

/// The same to destroy everything, for which a directory without configuration is enough.
pub async fn load_to_destroy(session: &Session, revision: Option<&str>) -> Result<Loaded, Failure> {
    without_mistakes(read(&session.place.location, revision).await?)
}

fn without_mistakes((loaded, diagnostics): (Loaded, Diagnostics)) -> Result<Loaded, Failure> {
    match diagnostics.has_errors() {
        true => Err(Failure::in_files(diagnostics, &loaded.snapshot)),
        false => Ok(Loaded { warnings: diagnostics, ..loaded }),
    }
}

/// The same for a configuration that may have mistakes, which are given beside it. A directory without
/// configuration is no mistake where somebody only looks.
pub async fn read(location: &Location, revision: Option<&str>) -> Result<(Loaded, Diagnostics), Failure> {
    let (loaded, mut diagnostics) = read_strictly(location, revision).await?;
    diagnostics.0.retain(|problem| problem.summary != config::NO_FILES);
    Ok((loaded, diagnostics))
}

async fn read_strictly(
    location: &Location,
    revision: Option<&str>,
) -> Result<(Loaded, Diagnostics), Failure> {
    let prepared = prepare(location, revision, Locking::Follow).await?;
    let mut diagnostics = prepared.loading.diagnostics;
    diagnostics.extend(config::notes(&prepared.loading.configuration));
    let loaded = Loaded {
        snapshot: prepared.snapshot,
        root: prepared.root,
        configuration: Arc::new(prepared.loading.configuration),
        commit: prepared.commit,
        resolved: prepared.resolved,
        warnings: Diagnostics::new(),
    };
    Ok((loaded, diagnostics))
}

/// A revision with all its modules, and how they came about.
pub struct Prepared {
    /// The files, with those of the modules.
    pub snapshot: Arc<Snapshot>,
    /// The directory of the root module.
    pub root: Arc<str>,
    /// What they declare.
    pub loading: Loading,
    /// Where the packages of modules stand among the files.
    pub resolved: ResolvedModules,
    /// The commit, where there is one.
    pub commit: Option<CommitInfo>,
    /// What the lock file said.
    pub before: Lock,
    /// What it should say.
    pub lock: Lock,
    /// What was done for it.
    pub steps: Vec<Step>,
}

impl Prepared {
    /// The same, unless there are mistakes in the configuration.
    pub fn without_mistakes(self) -> Result<Self, Failure> {
        match self.loading.diagnostics.has_errors() {
            true => Err(Failure::in_files(self.loading.diagnostics, &self.snapshot)),
            false => Ok(self),
        }
    }
}

/// Reads and loads a revision, which may have mistakes.
pub async fn prepare(
    location: &Location,
    revision: Option<&str>,
    locking: Locking,
) -> Result<Prepared, Failure> {
    let (location, revision) = (location.clone(), revision.map(str::to_owned));
    let settings = module_settings()?;
    blocking(move |interrupt| {
        let read = source().read(&location, revision.as_deref(), interrupt)?;
        let reach = if read.commit.is_none() { Reach::Machine } else { Reach::Network };
        let modules = Modules::new(cache_directory(), &Limits::default(), settings, reach);
        if locking != Locking::Follow {
            modules.sweep();
        }
        let mut steps = Vec::new();
        let mut note = |step| steps.push(step);
        let installed = install(read.snapshot, &read.root, locking, &modules, interrupt, &mut note);
        match installed {
            Ok(Installed { snapshot, loading, resolved, before, lock }) => {
                let (snapshot, root, commit) = (Arc::new(snapshot), read.root, read.commit);
                Ok(Prepared { snapshot, root, loading, resolved, commit, before, lock, steps })
            }
            Err(refused) => Err(Failure::in_files(refused.diagnostics, &Arc::new(refused.snapshot))),
        }
    })
    .await?
}

/// Which revision is meant now.
pub async fn resolve(session: &Session, revision: Option<&str>) -> Result<Revision, Failure> {
    let location = session.place.location.clone();
    let revision = revision.map(str::to_owned);
    Ok(blocking(move |interrupt| source().resolve(&location, revision.as_deref(), interrupt)).await??)
}

/// Whether a commit has another one among its ancestors.
pub async fn descends(session: &Session, commit: &str, ancestor: &str) -> Result<bool, Failure> {
    let location = session.place.location.clone();
    let (commit, ancestor) = (commit.to_owned(), ancestor.to_owned());
    Ok(blocking(move |interrupt| source().descends(&location, &commit, &ancestor, interrupt)).await??)
}

/// Which commits brought these lines of a configuration; nothing where that cannot be told.
pub async fn line_origins(
    session: &Session,
    loaded: &Loaded,
    lines: BTreeSet<Line>,
) -> BTreeMap<Line, LineOrigin> {
    let location = session.place.location.clone();
    let (snapshot, root) = (loaded.snapshot.clone(), loaded.root.clone());
    let look =
        move |interrupt: &AtomicBool| source().line_origins(&location, (&snapshot, &root), &lines, interrupt);
    // It is a remark beside the plan, and no reason to have none.
    blocking(look).await.unwrap_or_default()
}

/// Which commits took these blocks out, as far as that can be told.
pub async fn block_removals(
    session: &Session,
    loaded: &Loaded,
    blocks: BTreeSet<Block>,
) -> BTreeMap<Block, LineOrigin> {
    let location = session.place.location.clone();
    let (snapshot, root) = (loaded.snapshot.clone(), loaded.root.clone());
    let look =
        move |interrupt: &AtomicBool| source().removals(&location, (&snapshot, &root), &blocks, interrupt);
    blocking(look).await.unwrap_or_default()
}

fn source() -> Source {
    Source::new(cache_directory(), Limits::default())
}

/// Runs something that blocks, and tells it to give up when the future is dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> Result<T, Failure> {
    struct Raise(Arc<AtomicBool>);
    impl Drop for Raise {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let interrupt = Arc::new(AtomicBool::new(false));
    let _raise = Raise(interrupt.clone());
    let done = tokio::task::spawn_blocking(move || work(&interrupt)).await;
    done.map_err(|error| {
        Failure::plain("Reading the configuration failed", format!("{error}. This is a bug in Evenkeel."))
    })
}
