//! What came of a run or of a recovery, and what the machines tell while they work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostics, InstanceAddress, Value};
use evenkeel_state::{Action, DeposedKey, RunId, RunStatus, Serial, StepId};

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is destroyed.
    Delete,
    /// The data source is read.
    Read,
    /// A command is run beside it.
    Provision,
    /// What an interrupted run did to it is found out.
    Recover,
}

impl From<Action> for Activity {
    fn from(action: Action) -> Self {
        match action {
            Action::Create => Self::Create,
            Action::Update => Self::Update,
            Action::Delete => Self::Delete,
            Action::Provision => Self::Provision,
        }
    }
}

/// Which object is worked on, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The step; in a recovery, the step of the dead run's plan.
    pub step: StepId,
    /// The instance.
    pub address: InstanceAddress,
    /// The deposed object it is about.
    pub deposed: Option<DeposedKey>,
    /// What is done.
    pub activity: Activity,
    /// The object's `id`, as far as it is known and may be shown.
    pub id: Option<Arc<str>>,
}

/// Something worth telling the user while the machine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// About what.
    pub subject: Subject,
    /// What happened.
    pub kind: NoticeKind,
}

/// What happened to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Its first call is made.
    Started,
    /// It is done and written down.
    Done,
    /// It failed, and that is written down.
    Failed,
    /// It was not attempted because this step failed.
    Skipped {
        /// The one that failed.
        because: InstanceAddress,
    },
    /// A command beside it begins.
    Provisioning,
    /// A command beside it is over.
    Provisioned {
        /// Whether it failed.
        failed: bool,
    },
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// It waits for other steps or for its turn, or runs. Not in a final report.
    Open,
    /// It did what the plan promised.
    Done,
    /// The object was already as it shall be, which showed when everything it is made from was there:
    /// no call was made.
    Unneeded,
    /// It did not; what is true instead was written down.
    Failed,
    /// Not attempted, because this step failed.
    Skipped {
        /// The one that failed.
        because: InstanceAddress,
    },
    /// Not attempted, because the run was stopped.
    NotAttempted,
    /// It is not known what became of its call: the intent stays in the journal and the next run
    /// finds out.
    Unresolved,
}

/// One step of the plan in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// The instance; `None` for joins.
    pub address: Option<InstanceAddress>,
    /// The deposed object it is about.
    pub deposed: Option<DeposedKey>,
    /// What it does; `None` for joins.
    pub activity: Option<Activity>,
    /// How it ended.
    pub status: StepStatus,
}

/// How many objects were made, changed and destroyed: what the summary line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Added.
    pub added: usize,
    /// Changed in place.
    pub changed: usize,
    /// Destroyed.
    pub destroyed: usize,
    /// Steps that failed or could not be resolved.
    pub failed: usize,
    /// Steps that were not attempted.
    pub skipped: usize,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The run.
    pub run: RunId,
    /// How it ended. The journal says the same unless the run was abandoned or left something
    /// unresolved; then the next run's recovery closes it.
    pub status: RunStatus,
    /// Every step, in plan order.
    pub steps: Vec<StepReport>,
    /// The summary.
    pub counts: Counts,
    /// What went wrong, and warnings.
    pub diagnostics: Diagnostics,
    /// The root outputs as they were written down; `None` when they were not.
    pub outputs: Option<BTreeMap<Arc<str>, Value>>,
    /// The state's serial after the last entry that was written.
    pub serial: Option<Serial>,
}

/// What recovery found out about one intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The object exists: it was created, or is there to be changed or deleted by the next plan.
    Present,
    /// The object is gone.
    Absent,
    /// The object was never created.
    NotCreated,
    /// The object is as it is remembered, as far as anybody can tell.
    Unchanged,
}

/// One intent that a dead run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The dead run.
    pub run: RunId,
    /// Its step.
    pub step: StepId,
    /// The instance.
    pub address: InstanceAddress,
    /// What was intended.
    pub action: Action,
    /// What is true.
    pub resolution: Resolution,
}

/// How a recovery ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecoveryReport {
    /// Intents whose outcome was found and written down.
    pub resolved: Vec<Resolved>,
    /// Instances of which it is still not known what happened to them. No plan may touch them, and
    /// the run must stop when there are any.
    pub blocked: BTreeSet<InstanceAddress>,
    /// The dead runs that are closed now.
    pub closed: BTreeSet<RunId>,
    /// Whether the lease was lost, the store failed or somebody aborted: nothing may be done on the
    /// strength of this recovery.
    pub abandoned: bool,
    /// Why something is blocked or abandoned.
    pub diagnostics: Diagnostics,
    /// The state's serial after the last entry that was written.
    pub serial: Option<Serial>,
}

impl RecoveryReport {
    /// Whether everything is resolved, so that a plan may be made.
    pub fn is_clean(&self) -> bool {
        self.blocked.is_empty() && !self.abandoned
    }
}
