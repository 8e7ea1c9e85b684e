//! The entries with which a run begins: that it started, what is moved, what the plan saw, what is
//! forgotten, and what had drifted.

use evenkeel_plan::{ChangeAction, Plan};
use evenkeel_state::{Entry, RunId, RunKind};

/// The first entries of a run.
pub(crate) fn entries(plan: &Plan, run: RunId, kind: RunKind) -> Vec<Entry> {
    let (revision, plan_digest) = (plan.revision.clone(), plan.digest().clone());
    let started = Entry::RunStarted { run, kind, revision, plan_digest };
    let moved = plan.moves.iter().map(|one| Entry::Moved { from: one.from.clone(), to: one.to.clone() });
    let refreshed = plan.refreshed.iter().map(|refreshed| Entry::Observed {
        address: refreshed.address.clone(),
        deposed: refreshed.deposed,
        object: refreshed.object.clone().map(Box::new),
    });
    let drift = plan.drift.iter().map(|drift| Entry::Drift(Box::new(drift.record())));
    let forgotten = plan.changes.iter().filter(|change| change.action == ChangeAction::Forget);
    let forgotten =
        forgotten.map(|change| Entry::Forgotten { address: change.address.clone(), deposed: change.deposed });
    [started].into_iter().chain(moved).chain(refreshed).chain(forgotten).chain(drift).collect()
}
