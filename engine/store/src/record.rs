//! What goes into and comes out of a store, besides state itself.

use std::fmt;
use std::sync::Arc;

use evenkeel_model::{Revision, Timestamp};
use evenkeel_state::{DeposedKey, Entry, Object, RunId, RunKind, RunStatus, Serial};

/// The name of a stack within a store; `default` for a directory's own store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub Arc<str>);

impl Default for StackId {
    fn default() -> Self {
        Self("default".into())
    }
}

impl From<&str> for StackId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for StackId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fencing token of a lease: strictly rising per stack, checked with every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseToken(pub u64);

impl fmt::Display for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The right to change one stack, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The stack.
    pub stack: StackId,
    /// What fences off everybody who held it before.
    pub token: LeaseToken,
    /// Who holds it: one process.
    pub holder: String,
    /// When it ends unless it is renewed.
    pub expires: Timestamp,
}

/// The place of a line in the journal: rising within a store, with gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// Which lines of the journal are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalQuery {
    /// Only those of one run.
    pub run: Option<RunId>,
    /// From where.
    pub span: JournalSpan,
    /// How many at most.
    pub limit: usize,
}

impl JournalQuery {
    /// The last `limit` lines of the stack.
    pub fn last(limit: usize) -> Self {
        Self { run: None, span: JournalSpan::Last, limit }
    }

    /// The first `limit` lines that follow `seq`; from the beginning with `Seq(0)`.
    pub fn after(seq: Seq, limit: usize) -> Self {
        Self { run: None, span: JournalSpan::After(seq), limit }
    }

    /// The first `limit` lines of one run.
    pub fn run(run: RunId, limit: usize) -> Self {
        Self { run: Some(run), span: JournalSpan::After(Seq(0)), limit }
    }
}

/// Where a part of the journal lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalSpan {
    /// The lines that follow this one.
    After(Seq),
    /// The lines at the end.
    Last,
}

/// One line of the journal as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalRow {
    /// Its place.
    pub seq: Seq,
    /// When it was written.
    pub at: Timestamp,
    /// The run that it belongs to, if it was written during one.
    pub run: Option<RunId>,
    /// The serial of the state after it.
    pub serial: Serial,
    /// The line.
    pub entry: Entry,
}

/// How many steps of a run came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Objects made.
    pub created: u64,
    /// Objects changed in place.
    pub updated: u64,
    /// Objects removed.
    pub deleted: u64,
    /// Steps that ended with an error.
    pub failed: u64,
}

/// One run of apply, destroy or reconcile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// What it was for.
    pub kind: RunKind,
    /// The configuration it brought about.
    pub revision: Revision,
    /// The digest of its plan.
    pub plan_digest: Arc<str>,
    /// When it began.
    pub started: Timestamp,
    /// How it ended; `None` while it goes on, or when nobody has found out yet.
    pub status: Option<RunStatus>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// What its steps did.
    pub counts: RunCounts,
    /// What went wrong, for people.
    pub error: Option<String>,
}

/// One version of an object of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRow {
    /// Where the journal says so.
    pub seq: Seq,
    /// When it became so.
    pub at: Timestamp,
    /// The run that it belongs to, if it came about during one.
    pub run: Option<RunId>,
    /// The revision of that run.
    pub revision: Option<Revision>,
    /// Who wrote it down: a process and whose it was; not known of what earlier formats have.
    pub actor: Option<String>,
    /// The serial of the state from then on.
    pub serial: Serial,
    /// The key of a deposed object; `None` for the current one.
    pub deposed: Option<DeposedKey>,
    /// What it was from then on; `None` when it was gone, put aside or no longer managed.
    pub object: Option<Object>,
}

/// A plan document that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPlan {
    /// Its whole digest.
    pub digest: Arc<str>,
    /// When it was kept.
    pub at: Timestamp,
    /// The document.
    pub document: Vec<u8>,
}

impl fmt::Debug for StoredPlan {
    /// Without the document, which may hold sensitive values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredPlan")
            .field("digest", &self.digest)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
