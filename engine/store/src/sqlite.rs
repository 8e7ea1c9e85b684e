//! The store in one SQLite file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{Entry, Identities, RunId, Serial, State};

use crate::alive::Alive;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::StoreError;
use crate::fresh::PlanKey;
use crate::past::{self, Moment, Past};
use crate::record::{JournalQuery, JournalRow, Lease, RunRow, StackId, StoredPlan, VersionRow};
use crate::store::{BoxFuture, Store};
use crate::vault::{self, KeySource, renew};
use crate::worker::Worker;
use crate::{append, file, lease, load, plans, query, stacks, verify};

/// How a file is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How long to wait for another process that writes.
    pub busy_timeout_ms: u64,
    /// How large the file may become; beyond it writes fail with [`StoreError::DiskFull`].
    pub size_max_bytes: Option<u64>,
    /// Where the key is under which sensitive values are kept.
    pub keys: KeySource,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { busy_timeout_ms: 10_000, size_max_bytes: None, keys: KeySource::default() }
    }
}

/// A store in one SQLite file, with a thread of its own that ends when this is dropped.
pub struct SqliteStore {
    worker: Worker,
    alive: Arc<Alive>,
}

impl SqliteStore {
    /// Opens a store, making the file if there is none; only its owner may read a new one.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(path, clock, StoreOptions::default()).await
    }

    /// The same, with options.
    pub async fn open_with(
        path: &Path,
        clock: Arc<dyn Clock>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let store = Self::begin(path, clock, options)?;
        store.worker.opened().await?;
        Ok(store)
    }

    /// The same without waiting until the file is open: what is asked first waits for that.
    pub fn begin(path: &Path, clock: Arc<dyn Clock>, options: StoreOptions) -> Result<Self, StoreError> {
        Self::begin_with(path, clock, None, options)
    }

    /// The same; a file that is made has the key that plan files of a stack are sealed with.
    pub fn begin_keyed(
        path: &Path,
        clock: Arc<dyn Clock>,
        stack: &StackId,
        key: Vec<u8>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        Self::begin_with(path, clock, Some((stack.clone(), key)), options)
    }

    fn begin_with(
        path: &Path,
        clock: Arc<dyn Clock>,
        key: Option<PlanKey>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let alive = Arc::new(Alive::new(path));
        let (early, late) = (alive.clone(), alive.clone());
        let open = move |path: &Path| {
            let conn = file::open_keyed(path, key.as_ref(), &options)?;
            let opened = early.sweep(&conn).and_then(|died| match died {
                // Only then something may be amiss with the file.
                true => verify::check_quickly(&conn),
                false => Ok(()),
            });
            opened.map_err(|fault| fault.named(path))?;
            Ok(conn)
        };
        let close = move |conn: &Db| {
            if conn.vault.unscrubbed.get() {
                renew::scrub(conn);
            }
            late.end(conn);
        };
        Ok(Self { worker: Worker::begin(path.to_owned(), clock, open, close)?, alive })
    }

    /// Opens a store that exists, to look at it; every write is refused with
    /// [`StoreError::ReadOnly`].
    pub async fn open_read_only(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_read_only_with(path, clock, StoreOptions::default()).await
    }

    /// The same, with options.
    pub async fn open_read_only_with(
        path: &Path,
        clock: Arc<dyn Clock>,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let open = move |path: &Path| file::open_read_only(path, &options);
        let alive = Arc::new(Alive::new(path));
        let worker = Worker::begin(path.to_owned(), clock, open, |_| ())?;
        worker.opened().await?;
        Ok(Self { worker, alive })
    }

    /// An empty store in memory that is gone with the process: to plan where there is no file yet
    /// without making one.
    pub async fn open_in_memory(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let open = |path: &Path| file::open_in_memory(path, &StoreOptions::default());
        let path = PathBuf::from(":memory:");
        let worker = Worker::begin(path, clock, open, |_| ())?;
        worker.opened().await?;
        Ok(Self { worker, alive: Arc::new(Alive::unseen()) })
    }

    /// The key that plan files of a stack are sealed with; `drawn` becomes it where there is none yet.
    pub async fn make_plan_key(&self, stack: &StackId, drawn: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let stack = stack.clone();
        self.worker.write(move |conn, _| plans::make_key(conn, &stack, &drawn)).await
    }

    /// The same, if a plan file was ever written for the stack.
    pub async fn plan_key(&self, stack: &StackId) -> Result<Option<Vec<u8>>, StoreError> {
        let stack = stack.clone();
        self.worker.read(move |conn| plans::find_key(conn, &stack)).await
    }

    /// What digests are keyed with that cover sensitive values: it goes with the data key, which is drawn where there
    /// is none yet, and ends with it. A store that nobody may write to and that has no data key gives none.
    pub async fn digest_key(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let known = self.worker.read(vault::known_digest_key).await?;
        if known.is_some() {
            return Ok(known);
        }
        match self.worker.write(|conn, _| vault::digest_key(conn)).await {
            Ok(key) => Ok(Some(key)),
            Err(StoreError::ReadOnly { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state of a stack as it was at a moment; nothing where nothing had been written by then, or where the
    /// moment has not come. Folds the journal.
    pub async fn past(&self, stack: &StackId, moment: Moment) -> Result<Option<Past>, StoreError> {
        let stack = stack.clone();
        self.worker.read(move |conn| past::past(conn, &stack, moment)).await
    }

    /// What the journal says of approvals of plans, oldest first.
    pub async fn approvals(&self, stack: &StackId) -> Result<Vec<Entry>, StoreError> {
        let stack = stack.clone();
        self.worker.read(move |conn| query::approvals(conn, &stack)).await
    }

    /// Whom the provider blocks of a stack act for, as was written down last.
    pub async fn identities(&self, stack: &StackId) -> Result<Identities, StoreError> {
        let stack = stack.clone();
        let entries = self.worker.read(move |conn| query::identities(conn, &stack)).await?;
        Ok(evenkeel_state::identity::last(&entries))
    }

    /// What was written down of the state file beside a stack; text that the store does not read.
    pub async fn state_file(&self, stack: &StackId) -> Result<Option<String>, StoreError> {
        let stack = stack.clone();
        self.worker.read(move |conn| stacks::state_file(conn, &stack)).await
    }

    /// Writes it down.
    pub async fn set_state_file(&self, lease: &Lease, text: String) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.worker.write(move |conn, now| stacks::set_state_file(conn, now, &lease, &text)).await
    }

    /// Removes a stack with its history. The lease ends with it.
    pub async fn remove(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.worker.write(move |conn, now| stacks::remove(conn, now, &lease)).await
    }

    /// Closes the file while the caller goes on: nothing more will be asked. Dropping waits until it is closed.
    pub fn finish(&self) {
        self.worker.finish();
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.worker.path()
    }
}

impl Store for SqliteStore {
    fn load<'a>(&'a self, stack: &'a StackId) -> BoxFuture<'a, Result<State, StoreError>> {
        let stack = stack.clone();
        Box::pin(self.worker.read(move |conn| load::load(conn, &stack)))
    }

    fn acquire<'a>(
        &'a self,
        stack: &'a StackId,
        holder: &'a str,
        ttl_ms: i64,
    ) -> BoxFuture<'a, Result<Lease, StoreError>> {
        let (stack, holder, alive) = (stack.clone(), holder.to_owned(), self.alive.clone());
        Box::pin(async move {
            let work = move |conn: &Db, now| lease::acquire(conn, now, &stack, &holder, ttl_ms, &alive);
            self.worker.write(work).await?
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease, ttl_ms: i64) -> BoxFuture<'a, Result<Lease, StoreError>> {
        let lease = lease.clone();
        Box::pin(self.worker.write(move |conn, now| lease::renew(conn, now, &lease, ttl_ms)))
    }

    fn release<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>> {
        let lease = lease.clone();
        Box::pin(self.worker.write(move |conn, _| lease::release(conn, &lease)))
    }

    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        entries: Vec<Entry>,
    ) -> BoxFuture<'a, Result<Serial, StoreError>> {
        let lease = lease.clone();
        Box::pin(self.worker.write(move |conn, now| append::append(conn, now, &lease, &entries)))
    }

    fn next_run<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<RunId, StoreError>> {
        let lease = lease.clone();
        Box::pin(self.worker.write(move |conn, now| append::next_run(conn, now, &lease)))
    }

    fn touch_observed<'a>(
        &'a self,
        lease: &'a Lease,
        addresses: Vec<InstanceAddress>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let lease = lease.clone();
        Box::pin(self.worker.write(move |conn, now| append::touch_observed(conn, now, &lease, &addresses)))
    }

    fn observed<'a>(
        &'a self,
        stack: &'a StackId,
        address: &'a InstanceAddress,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        let (stack, address) = (stack.clone(), address.clone());
        Box::pin(self.worker.read(move |conn| query::observed(conn, &stack, &address)))
    }

    fn save_plan<'a>(
        &'a self,
        stack: &'a StackId,
        digest: &'a str,
        document: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (stack, digest) = (stack.clone(), digest.to_owned());
        Box::pin(self.worker.write(move |conn, now| plans::save(conn, now, &stack, &digest, &document)))
    }

    fn load_plan<'a>(
        &'a self,
        stack: &'a StackId,
        prefix: &'a str,
    ) -> BoxFuture<'a, Result<StoredPlan, StoreError>> {
        let (stack, prefix) = (stack.clone(), prefix.to_owned());
        Box::pin(self.worker.read(move |conn| plans::load(conn, &stack, &prefix)))
    }

    fn runs<'a>(
        &'a self,
        stack: &'a StackId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<RunRow>, StoreError>> {
        let stack = stack.clone();
        Box::pin(self.worker.read(move |conn| query::runs(conn, &stack, limit)))
    }

    fn journal<'a>(
        &'a self,
        stack: &'a StackId,
        query: JournalQuery,
    ) -> BoxFuture<'a, Result<Vec<JournalRow>, StoreError>> {
        let stack = stack.clone();
        Box::pin(self.worker.read(move |conn| query::journal(conn, &stack, query)))
    }

    fn history<'a>(
        &'a self,
        stack: &'a StackId,
        address: &'a InstanceAddress,
    ) -> BoxFuture<'a, Result<Vec<VersionRow>, StoreError>> {
        let (stack, address) = (stack.clone(), address.clone());
        Box::pin(self.worker.read(move |conn| query::history(conn, &stack, &address)))
    }

    fn stacks(&self) -> BoxFuture<'_, Result<Vec<StackId>, StoreError>> {
        Box::pin(self.worker.read(|conn| query::stacks(conn)))
    }
}
