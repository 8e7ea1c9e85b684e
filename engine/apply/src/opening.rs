//! The entries with which a run begins: that it started, what the plan saw, and what had drifted.

use evenkeel_plan::Plan;
use evenkeel_state::{Entry, RunId, RunKind};

/// The first entries of a run.
pub(crate) fn entries(plan: &Plan, run: RunId, kind: RunKind) -> Vec<Entry> {
    let (revision, plan_digest) = (plan.revision.clone(), plan.digest.clone());
    let started = Entry::RunStarted { run, kind, revision, plan_digest };
    let refreshed = plan.refreshed.iter().map(|refreshed| Entry::Observed {
        address: refreshed.address.clone(),
        deposed: refreshed.deposed,
        object: refreshed.object.clone().map(Box::new),
    });
    let drift = plan.drift.iter().map(|drift| Entry::Drift(Box::new(drift.record())));
    [started].into_iter().chain(refreshed).chain(drift).collect()
}
