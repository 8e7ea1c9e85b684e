//! The simulated store: a journal, the state it folds to, one lease with a fencing number.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_apply::AppendFailure;
use evenkeel_model::Revision;
use evenkeel_state::{Entry, RunId, RunStatus, Serial, State};

/// Who may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder: a process and which of its lives.
    pub holder: (usize, u64),
    /// Rises with every grant.
    pub fence: u64,
    /// When somebody else may take it.
    pub until: i64,
}

/// What a process that dies does not take with it.
#[derive(Clone, Debug, Default)]
pub struct SimStore {
    /// Every entry, with the fence it was written under.
    pub journal: Vec<(u64, Entry)>,
    /// What the journal folds to.
    pub state: State,
    /// The last revision that a run applied with success.
    pub applied: Option<Revision>,
    lease: Option<Lease>,
    fence: u64,
    runs: u64,
    revisions: BTreeMap<RunId, Revision>,
    open_runs: BTreeSet<RunId>,
}

impl SimStore {
    /// An empty store.
    pub fn new() -> Self {
        Self { state: State { lineage: "sim".into(), ..State::default() }, ..Self::default() }
    }

    /// Takes the lease, or says until when somebody else has it.
    pub fn acquire(&mut self, holder: (usize, u64), now: i64, length_ms: i64) -> Result<Lease, i64> {
        if let Some(lease) = self.lease
            && lease.holder != holder
            && lease.until > now
        {
            return Err(lease.until);
        }
        self.fence += 1;
        let lease = Lease { holder, fence: self.fence, until: now + length_ms };
        self.lease = Some(lease);
        Ok(lease)
    }

    /// Prolongs a lease that nobody took over.
    pub fn renew(&mut self, fence: u64, now: i64, length_ms: i64) -> Option<Lease> {
        let lease = self.lease.as_mut().filter(|lease| lease.fence == fence)?;
        lease.until = now + length_ms;
        Some(*lease)
    }

    /// Gives a lease back.
    pub fn release(&mut self, fence: u64) {
        self.lease = self.lease.filter(|lease| lease.fence != fence);
    }

    /// The number of a new run.
    pub fn next_run(&mut self) -> RunId {
        self.runs += 1;
        RunId(self.runs)
    }

    /// Writes entries, all or none.
    pub fn append(&mut self, fence: u64, entries: &[Entry], now: i64) -> Result<Serial, AppendFailure> {
        if !self.lease.is_some_and(|lease| lease.fence == fence && lease.until > now) {
            return Err(AppendFailure::LeaseLost);
        }
        for entry in entries {
            self.note(entry);
            self.state.fold(entry);
            self.journal.push((fence, entry.clone()));
        }
        Ok(self.state.serial)
    }

    /// Writes down what somebody approves: entries that change no state.
    pub fn approve(&mut self, entry: Entry) {
        self.journal.push((self.fence, entry));
    }

    fn note(&mut self, entry: &Entry) {
        if let Entry::RunFinished { run, .. } = entry {
            self.open_runs.remove(run);
        }
        match entry {
            Entry::RunStarted { run, revision, .. } => {
                self.open_runs.insert(*run);
                self.revisions.insert(*run, revision.clone());
            }
            Entry::RunFinished { run, status: RunStatus::Succeeded, .. } => {
                self.applied = self.revisions.get(run).cloned();
            }
            Entry::RunFinished { .. }
            | Entry::Intent(_)
            | Entry::Outcome(_)
            | Entry::Observed { .. }
            | Entry::Forgotten { .. }
            | Entry::Moved { .. }
            | Entry::Drift(_)
            | Entry::TakenOver { .. }
            | Entry::Approved { .. }
            | Entry::ApprovalUsed { .. }
            | Entry::Identified { .. }
            | Entry::Outputs { .. } => {}
        }
    }

    /// Runs that began and did not end.
    pub fn open_runs(&self) -> BTreeSet<RunId> {
        self.open_runs.clone()
    }

    /// What the journal folds to, folded again from the start.
    pub fn replayed(&self) -> State {
        let mut state = State { lineage: self.state.lineage.clone(), ..State::default() };
        self.journal.iter().for_each(|(_, entry)| state.fold(entry));
        state
    }

    /// Whether no entry was written under a lease older than that of the entry before it.
    pub fn is_fenced(&self) -> bool {
        self.journal.windows(2).all(|pair| pair[0].0 <= pair[1].0)
    }
}
