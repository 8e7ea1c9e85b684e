//! From a location to a configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evenkeel_lang::config::{self, Configuration};
use evenkeel_model::{Diagnostics, Revision, Snapshot};
use evenkeel_source::{CommitInfo, Limits, Source};

use crate::error::Failure;
use crate::flow::Session;
use crate::settings::cache_directory;

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

/// Reads and loads a revision; all mistakes are collected.
pub async fn load(session: &Session, revision: Option<&str>) -> Result<Loaded, Failure> {
    let location = session.place.location.clone();
    let revision = revision.map(str::to_owned);
    let read = blocking(move |interrupt| source().read(&location, revision.as_deref(), interrupt)).await??;
    let snapshot = Arc::new(read.snapshot);
    let (configuration, mut diagnostics) = config::load(&snapshot, &read.root);
    if diagnostics.has_errors() {
        return Err(Failure::in_files(diagnostics, &snapshot));
    }
    diagnostics.extend(config::notes(&configuration));
    Ok(Loaded {
        snapshot,
        root: read.root,
        configuration: Arc::new(configuration),
        commit: read.commit,
        warnings: diagnostics,
    })
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
