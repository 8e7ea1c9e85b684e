//! How a stack is doing, as three conditions that dashboards and `status` commands know from
//! Kubernetes: ready, reconciling, stalled.

use std::fmt;

use evenkeel_model::Timestamp;

/// Why a condition is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was looked at yet.
    Unknown,
    /// The cloud is as the revision says.
    Converged,
    /// The cloud was changed outside, and the stack only detects that.
    DriftDetected,
    /// Another process holds the stack.
    LeaseHeld,
    /// Another process took the stack over.
    LeaseLost,
    /// What a dead run left behind is looked for.
    Recovering,
    /// What a dead run left behind cannot be found out.
    RecoveryFailed,
    /// The revision is being fetched.
    Fetching,
    /// The revision cannot be fetched.
    FetchFailed,
    /// The revision does not follow from the last applied one.
    RevisionRewritten,
    /// The revision does not exist any more.
    RevisionGone,
    /// A plan is being made.
    Planning,
    /// There is no plan.
    PlanFailed,
    /// A plan destroys more than may be destroyed without an approval.
    ApprovalNeeded,
    /// A plan is being applied.
    Applying,
    /// Not every step of the plan succeeded.
    ApplyFailed,
    /// Plan after plan still has changes.
    NotConverging,
    /// Asked to stop.
    Interrupted,
}

impl Reason {
    /// The word that stands in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Converged => "Converged",
            Self::DriftDetected => "DriftDetected",
            Self::LeaseHeld => "LeaseHeld",
            Self::LeaseLost => "LeaseLost",
            Self::Recovering => "Recovering",
            Self::RecoveryFailed => "RecoveryFailed",
            Self::Fetching => "Fetching",
            Self::FetchFailed => "FetchFailed",
            Self::RevisionRewritten => "RevisionRewritten",
            Self::RevisionGone => "RevisionGone",
            Self::Planning => "Planning",
            Self::PlanFailed => "PlanFailed",
            Self::ApprovalNeeded => "ApprovalNeeded",
            Self::Applying => "Applying",
            Self::ApplyFailed => "ApplyFailed",
            Self::NotConverging => "NotConverging",
            Self::Interrupted => "Interrupted",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether it holds.
    pub holds: bool,
    /// Why.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// When it last began or ceased to hold.
    pub since: Timestamp,
}

impl Condition {
    fn new() -> Self {
        Self { holds: false, reason: Reason::Unknown, message: String::new(), since: Timestamp(0) }
    }

    /// Takes on a new state; `since` only moves when the condition begins or ceases to hold.
    fn set(&mut self, holds: bool, reason: Reason, message: &str, now: Timestamp) {
        if self.holds != holds || self.reason == Reason::Unknown {
            self.since = now;
        }
        self.holds = holds;
        self.reason = reason;
        if self.message != message {
            message.clone_into(&mut self.message);
        }
    }
}

/// How a stack is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// The cloud is as the last known revision says.
    pub ready: Condition,
    /// Something is being done.
    pub reconciling: Condition,
    /// It needs a human, or at least time: what was tried last did not work.
    pub stalled: Condition,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { ready: Condition::new(), reconciling: Condition::new(), stalled: Condition::new() }
    }
}

impl Conditions {
    /// Something is being done; whether the stack is ready stays as it was until that is known.
    pub(crate) fn progress(&mut self, reason: Reason, message: &str, now: Timestamp) {
        self.reconciling.set(true, reason, message, now);
    }

    /// The cloud is known to differ from what it should be.
    pub(crate) fn not_ready(&mut self, reason: Reason, message: &str, now: Timestamp) {
        self.ready.set(false, reason, message, now);
    }

    /// Everything is as it should be.
    pub(crate) fn converged(&mut self, message: &str, now: Timestamp) {
        self.ready.set(true, Reason::Converged, message, now);
        self.reconciling.set(false, Reason::Converged, message, now);
        self.stalled.set(false, Reason::Converged, message, now);
    }

    /// The wake ends without having reached its aim, and without a fault.
    pub(crate) fn waiting(&mut self, reason: Reason, message: &str, now: Timestamp) {
        self.reconciling.set(false, reason, message, now);
        self.stalled.set(false, reason, message, now);
    }

    /// What was tried did not work.
    pub(crate) fn stalled(&mut self, reason: Reason, message: &str, now: Timestamp) {
        self.ready.set(false, reason, message, now);
        self.reconciling.set(false, reason, message, now);
        self.stalled.set(true, reason, message, now);
    }
}
