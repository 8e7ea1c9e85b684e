//! Which rows a journal entry changes. The same list drives the state in memory and the tables of
//! a store, so the two cannot disagree.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::InstanceAddress;

use crate::entry::{Action, Entry, Intent, OutcomeKind, RunId, StepId};
use crate::object::{DeposedKey, Object};
use crate::snapshot::{OutputValue, Serial};

/// One change of the folded state.
#[derive(Clone, Debug, PartialEq)]
pub enum RowChange {
    /// An object is this now.
    PutObject {
        /// The instance.
        address: InstanceAddress,
        /// The deposed object, or the current one.
        deposed: Option<DeposedKey>,
        /// What it is.
        object: Object,
    },
    /// An object is gone or no longer managed. Without effect where there is none.
    RemoveObject {
        /// The instance.
        address: InstanceAddress,
        /// The deposed object, or the current one.
        deposed: Option<DeposedKey>,
    },
    /// The current object is put aside. Without effect where there is none.
    Depose {
        /// The instance.
        address: InstanceAddress,
        /// The key it gets.
        key: DeposedKey,
    },
    /// A deposed object becomes current again, where there is no current one.
    Restore {
        /// The instance.
        address: InstanceAddress,
        /// The key it was put aside under.
        key: DeposedKey,
    },
    /// All objects of an instance get another address. Without effect where there are none, or where
    /// the other address has objects.
    Move {
        /// The address until now.
        from: InstanceAddress,
        /// The address from now on.
        to: InstanceAddress,
    },
    /// A call is about to be made.
    PutPending(Box<Intent>),
    /// It is known what became of a call.
    RemovePending {
        /// The run of the intent.
        run: RunId,
        /// Its step.
        step: StepId,
    },
    /// The root outputs, whole.
    SetOutputs(BTreeMap<Arc<str>, OutputValue>),
    /// The history that the stack goes on with.
    SetHistory {
        /// Its lineage.
        lineage: Arc<str>,
        /// Its serial, unless the stack is beyond it.
        serial: Serial,
    },
}

/// The changes an entry makes, in order; empty for entries that only tell a story.
pub fn changes(entry: &Entry) -> Vec<RowChange> {
    match entry {
        Entry::RunStarted { .. }
        | Entry::RunFinished { .. }
        | Entry::Drift(_)
        | Entry::Approved { .. }
        | Entry::ApprovalUsed { .. }
        | Entry::Identified { .. } => Vec::new(),
        Entry::Intent(intent) => {
            let depose = intent
                .depose_current_as
                .filter(|_| intent.action == Action::Create)
                .map(|key| RowChange::Depose { address: intent.address.clone(), key });
            depose.into_iter().chain([RowChange::PutPending(intent.clone())]).collect()
        }
        Entry::Outcome(outcome) => {
            let resolved = RowChange::RemovePending { run: outcome.run, step: outcome.step };
            let address = outcome.address.clone();
            let deposed = outcome.deposed;
            match &outcome.kind {
                OutcomeKind::Present(object) => {
                    vec![resolved, RowChange::PutObject { address, deposed, object: (**object).clone() }]
                }
                OutcomeKind::Absent => vec![resolved, RowChange::RemoveObject { address, deposed }],
                OutcomeKind::NotCreated { restore } => {
                    let restore = restore.map(|key| RowChange::Restore { address, key });
                    [resolved].into_iter().chain(restore).collect()
                }
                OutcomeKind::Unchanged => vec![resolved],
            }
        }
        Entry::Observed { address, deposed, object: Some(object) } => vec![RowChange::PutObject {
            address: address.clone(),
            deposed: *deposed,
            object: (**object).clone(),
        }],
        Entry::Observed { address, deposed, object: None } | Entry::Forgotten { address, deposed } => {
            vec![RowChange::RemoveObject { address: address.clone(), deposed: *deposed }]
        }
        Entry::Moved { from, to } => vec![RowChange::Move { from: from.clone(), to: to.clone() }],
        Entry::Outputs { outputs } => vec![RowChange::SetOutputs(outputs.clone())],
        Entry::TakenOver { lineage, serial } => {
            vec![RowChange::SetHistory { lineage: lineage.clone(), serial: *serial }]
        }
    }
}
