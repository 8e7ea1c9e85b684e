//! The contract between the engine and whatever keeps its state.

use std::future::Future;
use std::pin::Pin;

use evenkeel_model::{InstanceAddress, Timestamp};
use evenkeel_state::{Entry, RunId, Serial, State};

use crate::error::StoreError;
use crate::record::{JournalQuery, JournalRow, Lease, RunRow, StackId, StoredPlan, VersionRow};

/// A future that can be sent between threads, so that `dyn Store` works.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps stacks. All writes but [`Store::save_plan`] need a lease; a write under a lease that was
/// lost changes nothing. A future that is dropped before it is ready may still have its effect.
pub trait Store: Send + Sync {
    /// The state of a stack with its pending intents, as one consistent read; empty when the stack
    /// is not known. Called before every plan. May be repeated.
    fn load<'a>(&'a self, stack: &'a StackId) -> BoxFuture<'a, Result<State, StoreError>>;

    /// Takes the stack for `holder`, alone, for `ttl_ms`. Refused with [`StoreError::LeaseHeld`]
    /// while somebody else's lease is alive. An expired lease is taken over, also one whose holder is
    /// known to be dead, and a live one of the same holder is replaced; all with a higher token,
    /// which fences the earlier one off. So `holder` must name one process, never a user or a
    /// machine.
    fn acquire<'a>(
        &'a self,
        stack: &'a StackId,
        holder: &'a str,
        ttl_ms: i64,
    ) -> BoxFuture<'a, Result<Lease, StoreError>>;

    /// Prolongs a lease to `ttl_ms` from now, also one that expired as long as nobody took it over.
    /// Refused with [`StoreError::LeaseLost`] otherwise. May be repeated.
    fn renew<'a>(&'a self, lease: &'a Lease, ttl_ms: i64) -> BoxFuture<'a, Result<Lease, StoreError>>;

    /// Gives a lease back. Without effect when it is lost already. May be repeated.
    fn release<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Writes entries to the journal and makes their changes, all or none; durable when it returns.
    /// Gives the serial after the last one. Refused with [`StoreError::LeaseLost`] when the token
    /// is not the current one or the lease has expired. Not to be repeated after success.
    fn append<'a>(
        &'a self,
        lease: &'a Lease,
        entries: Vec<Entry>,
    ) -> BoxFuture<'a, Result<Serial, StoreError>>;

    /// A run number that was never given out before. Repeating it gives another one.
    fn next_run<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<RunId, StoreError>>;

    /// Records that these instances were looked at now and found as they are remembered. Instances
    /// without an object are passed over. May be repeated.
    fn touch_observed<'a>(
        &'a self,
        lease: &'a Lease,
        addresses: Vec<InstanceAddress>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// When an instance was last seen; `None` when it has no object.
    fn observed<'a>(
        &'a self,
        stack: &'a StackId,
        address: &'a InstanceAddress,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>>;

    /// Keeps a plan document under its digest. May be repeated; the first document stays.
    fn save_plan<'a>(
        &'a self,
        stack: &'a StackId,
        digest: &'a str,
        document: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The plan whose digest starts with `prefix`; refused with [`StoreError::PlanNotFound`] or
    /// [`StoreError::PlanAmbiguous`] when there is not exactly one.
    fn load_plan<'a>(
        &'a self,
        stack: &'a StackId,
        prefix: &'a str,
    ) -> BoxFuture<'a, Result<StoredPlan, StoreError>>;

    /// The last runs of a stack, newest first.
    fn runs<'a>(&'a self, stack: &'a StackId, limit: usize)
    -> BoxFuture<'a, Result<Vec<RunRow>, StoreError>>;

    /// A part of a stack's journal, oldest first.
    fn journal<'a>(
        &'a self,
        stack: &'a StackId,
        query: JournalQuery,
    ) -> BoxFuture<'a, Result<Vec<JournalRow>, StoreError>>;

    /// Every version that the objects of an instance ever had, oldest first.
    fn history<'a>(
        &'a self,
        stack: &'a StackId,
        address: &'a InstanceAddress,
    ) -> BoxFuture<'a, Result<Vec<VersionRow>, StoreError>>;

    /// The stacks that the store knows, by name.
    fn stacks(&self) -> BoxFuture<'_, Result<Vec<StackId>, StoreError>>;
}
