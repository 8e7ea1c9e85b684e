//! State, journal, runs and leases of stacks, kept durably.
//!
//! [`Store`] is what the rest of the engine speaks; [`SqliteStore`] keeps it in one SQLite file.
//! The journal is the truth: every entry is written together with the row changes that
//! [`evenkeel_state::changes`] derives from it, in one transaction, so the rows of a store always
//! equal the fold of its journal ([`verify`] proves it). Appends of several callers that wait at
//! the same time share one transaction and one flush to disk.
//!
//! The store decides nothing about infrastructure and never interprets an attribute; those that say of
//! themselves that they are sensitive it seals before they are written (`vault`). It reads no
//! clock but the one it is handed. Where to look next: `worker` for the thread and group commit,
//! `lease` for the fence, `append` and `rows` for what a journal entry writes.

mod alive;
mod append;
mod audit;
mod backup;
mod clock;
mod db;
mod error;
mod file;
mod fresh;
mod lease;
mod load;
mod migrate;
mod past;
mod plans;
mod query;
mod record;
mod replace;
mod rows;
mod sqlite;
mod stacks;
mod store;
mod vault;
mod verify;
mod worker;

pub use audit::{AuditHead, Tampered, audit, check_export, export_audit, link_at};
pub use backup::{Before, Restored, back_up, restore};
pub use clock::{Clock, SystemClock};
pub use error::{LeaseLoss, StoreError};
pub use past::{Moment, Past};
pub use record::{
    JournalQuery, JournalRow, JournalSpan, Lease, LeaseToken, RunCounts, RunRow, Seq, StackId, StoredPlan,
    VersionRow,
};
pub use sqlite::{SqliteStore, StoreOptions};
pub use store::{BoxFuture, Store};
pub use vault::cipher::Cipher;
pub use vault::keys::{DataKeyName, key_names, rewrap_keys, rotate_keys};
pub use vault::{Key, KeySource};
pub use verify::{Verified, verify};
