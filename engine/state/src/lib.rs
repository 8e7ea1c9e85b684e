//! What is remembered: the state snapshot, the journal entries that change it, and the fold
//! between them.
//!
//! The journal is the truth; instance rows are what it folds to. [`row::changes`] says which rows
//! an entry touches, so that a store can keep rows without loading everything, and
//! [`State::apply`] makes the same changes in memory. Nothing here knows SQLite, a clock or a
//! provider; attribute values stay encoded JSON until somebody with a schema decodes them.

pub mod approval;
pub mod attributes;
pub mod drift;
pub mod entry;
pub mod identity;
pub mod needs;
pub mod object;
pub mod row;
pub mod snapshot;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tfstate;

pub use attributes::Attributes;
pub use entry::{Action, Entry, Intent, Outcome, OutcomeKind, RunId, RunKind, RunStatus, StepId, Token};
pub use identity::Identities;
pub use object::{DeposedKey, Object, ObjectStatus, ProviderConfigAddress};
pub use row::{RowChange, changes};
pub use snapshot::{Instance, OutputValue, Serial, State};
