//! What the tests share: a clock that is set by hand, a store in its own directory, entries.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use evenkeel_model::{InstanceAddress, Revision, Timestamp};
use evenkeel_state::{
    Action, Entry, Intent, Object, ObjectStatus, Outcome, OutcomeKind, ProviderConfigAddress, RunId, RunKind,
    RunStatus, StepId, Token,
};
use evenkeel_store::{Clock, SqliteStore, StackId, StoreOptions};
use tempfile::TempDir;

/// A clock that moves only when it is told to.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(ms: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(ms)))
    }

    pub fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }

    pub fn move_by(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A store in a directory that goes away with it.
pub struct Place {
    pub directory: TempDir,
    pub clock: Arc<HandClock>,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), clock: HandClock::at(1_000_000) }
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("stack.evenkeel")
    }

    pub async fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), self.clock.clone()).await.unwrap()
    }

    pub async fn open_limited(&self, size_max_bytes: u64) -> SqliteStore {
        let options = StoreOptions { size_max_bytes: Some(size_max_bytes), ..StoreOptions::default() };
        SqliteStore::open_with(&self.path(), self.clock.clone(), options).await.unwrap()
    }
}

pub fn stack() -> StackId {
    StackId::default()
}

pub fn address(text: &str) -> InstanceAddress {
    text.parse().unwrap()
}

pub fn provider() -> ProviderConfigAddress {
    ProviderConfigAddress { module: Vec::new(), provider: "aws".parse().unwrap(), alias: None }
}

pub fn object(id: &str) -> Object {
    Object {
        status: ObjectStatus::Ready,
        provider: provider(),
        schema_version: 1,
        attributes: serde_json::json!({ "id": id }).into(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        token: None,
        private: None,
    }
}

pub fn revision(run: u64) -> Revision {
    Revision::Commit(format!("{run:040x}").into())
}

pub fn started(run: u64) -> Entry {
    let plan_digest = format!("digest-{run}").into();
    Entry::RunStarted { run: RunId(run), kind: RunKind::Apply, revision: revision(run), plan_digest }
}

pub fn finished(run: u64) -> Entry {
    Entry::RunFinished { run: RunId(run), status: RunStatus::Succeeded, error: None }
}

pub fn intent(run: u64, step: u32, at: &str, action: Action) -> Entry {
    Entry::Intent(Box::new(Intent {
        run: RunId(run),
        step: StepId(step),
        address: address(at),
        deposed: None,
        action,
        depose_current_as: None,
        token: Token::derive("digest", RunId(run), StepId(step)),
        provider: provider(),
        schema_version: 1,
        planned: Arc::new(serde_json::json!({})),
        dependencies: Vec::new(),
        create_before_destroy: false,
        provisioned: false,
    }))
}

pub fn outcome(run: u64, step: u32, at: &str, kind: OutcomeKind) -> Entry {
    let (run, step, address) = (RunId(run), StepId(step), address(at));
    Entry::Outcome(Box::new(Outcome { run, step, address, deposed: None, kind, error: None }))
}

pub fn present(id: &str) -> OutcomeKind {
    OutcomeKind::Present(Box::new(object(id)))
}

pub fn observed(at: &str, id: &str) -> Entry {
    Entry::Observed { address: address(at), deposed: None, object: Some(Box::new(object(id))) }
}
