//! What the controller needs to know of a plan, and how drift is told apart from a pending
//! configuration change.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::{Path, ResourceAddress, Revision, Value};
use evenkeel_plan::{Change, ChangeAction, Plan};
use evenkeel_provider::{check, diff};
use evenkeel_state::drift::DriftKind;

/// What the controller needs to know of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary {
    /// How many objects were changed outside.
    pub drift: usize,
    /// How many changes, of objects or outputs, are not just consequences of drift.
    pub config_changes: usize,
    /// How many changes there are at all.
    pub changes: usize,
    /// Whether applying the plan does anything, be it only write down what was seen.
    pub effects: bool,
    /// Why the safety governor stops the plan, which nobody has approved.
    pub stopped: Option<Arc<str>>,
    /// The plan's digest.
    pub digest: Arc<str>,
    /// The revision it brings about.
    pub revision: Revision,
}

impl PlanSummary {
    /// The summary of a plan that the safety governor lets through.
    pub fn of(plan: &Plan) -> Self {
        let from_drift = consequences_of_drift(plan);
        let objects = plan.changes.iter().filter(|change| change.action != ChangeAction::Read).count();
        let outputs = match from_drift.is_empty() {
            true => plan.outputs.len(),
            false => plan.outputs.values().filter(|output| is_known(output.after.as_ref())).count(),
        };
        Self {
            drift: plan.drift.len(),
            config_changes: objects - from_drift.len() + outputs,
            changes: objects + plan.outputs.len(),
            effects: plan.has_effects(),
            stopped: None,
            digest: plan.digest().clone(),
            revision: plan.revision.clone(),
        }
    }
}

fn is_known(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_wholly_known)
}

/// The changes (by their place) that only undo drift, or follow from one that does: an object that
/// is made anew has a new identifier, and whatever refers to it changes for that alone.
fn consequences_of_drift(plan: &Plan) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut remade: BTreeSet<&ResourceAddress> = BTreeSet::new();
    loop {
        let before = found.len();
        for (index, change) in plan.changes.iter().enumerate() {
            if change.action == ChangeAction::Read || found.contains(&index) {
                continue;
            }
            if undoes_drift(plan, change) || follows(change, &remade) {
                found.insert(index);
                if change.action != ChangeAction::Update {
                    remade.insert(&change.address.resource);
                }
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn undoes_drift(plan: &Plan, change: &Change) -> bool {
    let Some(drift) = plan.drift_of(&change.address).filter(|_| change.deposed.is_none()) else {
        return false;
    };
    match (drift.kind, &change.after) {
        (_, None) => false,
        // Configuration may want another object than the one that is gone.
        (DriftKind::Deleted, Some(after)) => check::applied(after, &drift.expected).is_empty(),
        (DriftKind::Changed, Some(_)) => plan.is_correction(change),
    }
}

fn follows(change: &Change, remade: &BTreeSet<&ResourceAddress>) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return false };
    change.dependencies.iter().any(|resource| remade.contains(resource))
        && diff::paths(before, after).iter().all(|path| is_unknown_at(after, path))
}

fn is_unknown_at(value: &Value, path: &Path) -> bool {
    value.at(path).is_some_and(|value| !value.is_wholly_known())
}

#[cfg(test)]
mod tests;
