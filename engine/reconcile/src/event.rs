//! What the controller is told and what it wants done.

use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Revision, Timestamp};
use evenkeel_state::RunStatus;

use crate::condition::Conditions;
use crate::summary::PlanSummary;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Look at the world again: the time has come, a webhook said so, somebody asked. May come at
    /// any time and any number of times.
    Wake,
    /// Answers [`Order::Acquire`]: the stack is held by another process until then, at the latest.
    LeaseHeld {
        /// When the lease runs out unless it is renewed.
        until: Timestamp,
    },
    /// Answers [`Order::Acquire`]: the stack is ours.
    LeaseGranted,
    /// The stack is not ours any more. Comes beside the answer to a running order, not instead;
    /// also answers [`Order::Acquire`] when the store could not be asked.
    LeaseLost,
    /// Answers [`Order::Recover`]: no intent without an outcome is left.
    Recovered,
    /// Answers [`Order::Recover`]: of these instances it cannot be told what became of them.
    RecoveryFailed {
        /// The instances.
        blocked: Vec<InstanceAddress>,
    },
    /// Answers [`Order::Fetch`].
    Fetched {
        /// What the branch, tag or directory is now.
        revision: Revision,
        /// The revision that was last applied with success.
        previous: Option<Revision>,
        /// The revision does not descend from `previous`.
        forced: bool,
    },
    /// Answers [`Order::Fetch`].
    FetchFailed(FetchFailure),
    /// Answers [`Order::Plan`].
    Planned(PlanSummary),
    /// Answers [`Order::Plan`]: there is no plan.
    PlanFailed {
        /// The first problem, for people.
        error: String,
    },
    /// Answers [`Order::Apply`].
    Applied {
        /// How the run ended.
        status: RunStatus,
    },
    /// Stop: finish what runs, start nothing.
    Interrupt,
}

/// Why there is no revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// The repository cannot be read now.
    Unavailable {
        /// Why, for people.
        error: String,
    },
    /// The repository can be read, and what was applied last, or what shall be applied, is not in
    /// it any more.
    RevisionGone {
        /// What is gone, for people.
        error: String,
    },
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Take the stack's lease, and renew it until [`Order::Release`].
    Acquire,
    /// Find out what became of intents without an outcome.
    Recover,
    /// Find the current revision.
    Fetch,
    /// Plan this revision.
    Plan {
        /// The revision.
        revision: Revision,
    },
    /// Apply the plan that was made last; it has this digest.
    Apply {
        /// The plan's digest.
        digest: Arc<str>,
    },
    /// Let running calls finish and start none: the running apply is to end early.
    Cancel,
    /// The conditions changed.
    Report(Conditions),
    /// Send [`Event::Wake`] then; takes the place of an earlier order of this kind.
    WakeAt(Timestamp),
    /// Somebody should know.
    Alert(Alert),
    /// Give the lease back.
    Release,
    /// The controller is done; no event is wanted any more.
    Stop(StopResult),
}

impl Order {
    /// Whether exactly one event must answer the order.
    pub fn wants_answer(&self) -> bool {
        match self {
            Self::Acquire | Self::Recover | Self::Fetch | Self::Plan { .. } | Self::Apply { .. } => true,
            Self::Cancel
            | Self::Report(_)
            | Self::WakeAt(_)
            | Self::Alert(_)
            | Self::Release
            | Self::Stop(_) => false,
        }
    }
}

/// Something a human should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// What, why, and what to do.
    pub message: String,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// Objects were changed outside, and the stack only detects that.
    DriftDetected,
    /// The revision does not follow from the last applied one.
    RevisionRewritten,
    /// The revision does not exist any more.
    RevisionGone,
    /// The stack fails again and again, or plan after plan still has changes.
    CannotConverge,
    /// What a dead run left behind cannot be found out.
    RecoveryBlocked,
    /// A plan destroys more than may be destroyed without an approval.
    ApprovalNeeded,
}

/// How the controller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopResult {
    /// The cloud is as the revision says.
    Converged,
    /// The cloud drifted, which was reported as asked.
    DriftDetected,
    /// A plan destroys more than may be destroyed without an approval; nothing was changed.
    ApprovalNeeded,
    /// Another process holds the stack.
    LeaseHeld,
    /// Something failed; the conditions say what.
    Failed,
    /// Asked to stop.
    Interrupted,
}
