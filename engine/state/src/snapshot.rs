//! The state of one stack in memory: what the journal folds to.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::InstanceAddress;
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Intent, RunId, StepId};
use crate::object::{DeposedKey, Object};
use crate::row::{RowChange, changes};

/// Counts the changes of a stack's state; only rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(pub u64);

impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The objects of one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// The one that configuration is about.
    pub current: Option<Object>,
    /// Ones that were replaced and still have to be destroyed.
    pub deposed: BTreeMap<DeposedKey, Object>,
}

/// A root output as it was last computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputValue {
    /// The value, encoded with its type ([`evenkeel_model::json::encode_open`]).
    pub value: Arc<serde_json::Value>,
    /// Whether it must not be shown.
    #[serde(default)]
    pub sensitive: bool,
}

/// Everything that is remembered of a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Identifies the stack's history; set once, when its first run starts.
    pub lineage: Arc<str>,
    /// How many changes there have been.
    pub serial: Serial,
    /// Objects by instance.
    pub instances: BTreeMap<InstanceAddress, Instance>,
    /// Root outputs by name.
    pub outputs: BTreeMap<Arc<str>, OutputValue>,
    /// Intents without an outcome: calls that may or may not have happened.
    pub pending: BTreeMap<(RunId, StepId), Intent>,
}

impl State {
    /// Makes the changes of one journal entry and raises the serial if there were any.
    pub fn fold(&mut self, entry: &Entry) {
        let changes = changes(entry);
        let touched = !changes.is_empty();
        for change in changes {
            self.apply(change);
        }
        if touched {
            self.serial.0 += 1;
        }
    }

    /// Makes one change.
    pub fn apply(&mut self, change: RowChange) {
        match change {
            RowChange::PutObject { address, deposed, object } => {
                let instance = self.instances.entry(address).or_default();
                match deposed {
                    Some(key) => drop(instance.deposed.insert(key, object)),
                    None => instance.current = Some(object),
                }
            }
            RowChange::RemoveObject { address, deposed } => {
                if let Some(instance) = self.instances.get_mut(&address) {
                    match deposed {
                        Some(key) => drop(instance.deposed.remove(&key)),
                        None => instance.current = None,
                    }
                }
                self.drop_empty(&address);
            }
            RowChange::Depose { address, key } => {
                if let Some(instance) = self.instances.get_mut(&address)
                    && let Some(object) = instance.current.take()
                {
                    instance.deposed.insert(key, object);
                }
            }
            RowChange::Restore { address, key } => {
                if let Some(instance) = self.instances.get_mut(&address)
                    && instance.current.is_none()
                    && let Some(object) = instance.deposed.remove(&key)
                {
                    instance.current = Some(object);
                }
            }
            RowChange::Move { from, to } => {
                if !self.instances.contains_key(&to)
                    && let Some(instance) = self.instances.remove(&from)
                {
                    self.instances.insert(to, instance);
                }
            }
            RowChange::PutPending(intent) => drop(self.pending.insert((intent.run, intent.step), *intent)),
            RowChange::RemovePending { run, step } => drop(self.pending.remove(&(run, step))),
            RowChange::SetOutputs(outputs) => self.outputs = outputs,
            RowChange::SetHistory { lineage, serial } => {
                self.lineage = lineage;
                self.serial = self.serial.max(serial);
            }
        }
    }

    fn drop_empty(&mut self, address: &InstanceAddress) {
        if self.instances.get(address).is_some_and(|i| i.current.is_none() && i.deposed.is_empty()) {
            self.instances.remove(address);
        }
    }

    /// Whether nothing is managed.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.pending.is_empty()
    }
}
