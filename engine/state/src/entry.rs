//! Journal entries. Every cloud call is preceded by a durable [`Intent`] and followed by a durable
//! [`Outcome`]; what lies between them after a crash is looked for, never guessed.

use std::fmt;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Revision, Timestamp};
use serde::{Deserialize, Serialize};

use crate::drift::DriftRecord;
use crate::object::{DeposedKey, Object, ProviderConfigAddress};
use crate::snapshot::OutputValue;

/// One run of apply, destroy or reconcile: unique in a stack, rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The idempotency token of a call: derived from plan digest and step, 32 hexadecimal digits (short
/// enough for every AWS client token).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub Arc<str>);

impl Token {
    /// The token of one step of one run of a plan.
    pub fn derive(plan_digest: &str, run: RunId, step: StepId) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(format!("evenkeel token v1\n{plan_digest}\n{run}\n{step}"));
        let text: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(text.into())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// `evenkeel apply`
    Apply,
    /// `evenkeel destroy`
    Destroy,
    /// The reconcile loop: a new revision or drift put right.
    Reconcile,
    /// Only what is remembered changed: recovery or refresh.
    Refresh,
}

impl RunKind {
    /// The word that stands in stored rows and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Reconcile => "reconcile",
            Self::Refresh => "refresh",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every step was done.
    Succeeded,
    /// A step failed; what did not depend on it was done.
    Failed,
    /// Asked to stop; running calls were finished and recorded.
    Interrupted,
    /// The process died, or lost its lease; a later run found out what had happened.
    Abandoned,
}

impl RunStatus {
    /// The word that stands in stored rows and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What a step does to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Remove it.
    Delete,
    /// Run a provisioner's command beside it.
    Provision,
}

impl Action {
    /// The word that stands in stored rows and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Provision => "provision",
        }
    }
}

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The run.
    pub run: RunId,
    /// The step of the run's plan.
    pub step: StepId,
    /// The instance.
    pub address: InstanceAddress,
    /// The deposed object it is about, when not the current one (delete only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<DeposedKey>,
    /// What will be done.
    pub action: Action,
    /// The key under which the current object is put aside first (create before destroy).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depose_current_as: Option<DeposedKey>,
    /// The idempotency token of the call.
    pub token: Token,
    /// The provider block that makes the call.
    pub provider: ProviderConfigAddress,
    /// The version of the schema that `planned` follows.
    pub schema_version: u64,
    /// What the object shall become, encoded; null for a delete.
    pub planned: Arc<serde_json::Value>,
    /// The resources it is made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<evenkeel_model::ResourceAddress>,
    /// Whether its replacement will be created before it is destroyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_before_destroy: bool,
    /// Whether provisioners follow, without which the object that is made is not complete.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisioned: bool,
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The run of the intent (not of the run that resolved it).
    pub run: RunId,
    /// The step of the intent.
    pub step: StepId,
    /// The instance.
    pub address: InstanceAddress,
    /// The deposed object it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<DeposedKey>,
    /// What is true now.
    pub kind: OutcomeKind,
    /// What went wrong, for people. Never holds a sensitive value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is true after a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// The object exists and is this.
    Present(Box<Object>),
    /// The object was there and is deleted.
    Absent,
    /// The object was never created; the object that was put aside for it is current again.
    NotCreated {
        /// The key it was put aside under (create before destroy).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restore: Option<DeposedKey>,
    },
    /// The object is as state remembers it: the call had no effect, or its effect will be seen by
    /// the next observation.
    Unchanged,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub enum Entry {
    /// A run begins.
    RunStarted {
        /// The run.
        run: RunId,
        /// What it is for.
        kind: RunKind,
        /// The configuration it brings about.
        revision: Revision,
        /// The digest of its plan.
        plan_digest: Arc<str>,
    },
    /// A call is about to be made.
    Intent(Box<Intent>),
    /// What became of it.
    Outcome(Box<Outcome>),
    /// An object was looked at outside of any step; absent when it is gone.
    Observed {
        /// The instance.
        address: InstanceAddress,
        /// The deposed object it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposed: Option<DeposedKey>,
        /// What was seen.
        object: Option<Box<Object>>,
    },
    /// An object is no longer managed, and goes on to exist.
    Forgotten {
        /// The instance.
        address: InstanceAddress,
        /// The deposed object it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposed: Option<DeposedKey>,
    },
    /// All objects of an instance have a new address, at which there were none.
    Moved {
        /// The address until now.
        from: InstanceAddress,
        /// The address from now on.
        to: InstanceAddress,
    },
    /// A difference between what is remembered and what was seen.
    Drift(Box<DriftRecord>),
    /// The outputs of the root module, whole.
    Outputs {
        /// Output by name.
        outputs: std::collections::BTreeMap<Arc<str>, OutputValue>,
    },
    /// The state of another program is taken over with its history: lineage and serial go on.
    TakenOver {
        /// The lineage from now on.
        lineage: Arc<str>,
        /// The serial goes on from here, where it is not beyond it already.
        serial: crate::snapshot::Serial,
    },
    /// Somebody lets one plan through that the safety governor stops.
    Approved {
        /// The digest of the plan.
        plan_digest: Arc<str>,
        /// When the approval ends.
        until: Timestamp,
    },
    /// An approval was used; it holds no more.
    ApprovalUsed {
        /// The digest of the plan.
        plan_digest: Arc<str>,
    },
    /// Whom a provider block acts for from now on.
    Identified {
        /// The provider block.
        provider: ProviderConfigAddress,
        /// As its provider names it: `account 111122223333`.
        identity: Arc<str>,
    },
    /// A run ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// How.
        status: RunStatus,
        /// What went wrong, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

impl Entry {
    /// The instance an entry is about.
    pub fn address(&self) -> Option<&InstanceAddress> {
        match self {
            Self::Intent(intent) => Some(&intent.address),
            Self::Outcome(outcome) => Some(&outcome.address),
            Self::Observed { address, .. } | Self::Forgotten { address, .. } => Some(address),
            Self::Moved { to, .. } => Some(to),
            Self::Drift(drift) => Some(&drift.address),
            Self::RunStarted { .. }
            | Self::Outputs { .. }
            | Self::TakenOver { .. }
            | Self::Approved { .. }
            | Self::ApprovalUsed { .. }
            | Self::Identified { .. }
            | Self::RunFinished { .. } => None,
        }
    }

    /// The word for the kind of entry that stands in stored rows and output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::Intent(_) => "intent",
            Self::Outcome(_) => "outcome",
            Self::Observed { .. } => "observed",
            Self::Forgotten { .. } => "forgotten",
            Self::Moved { .. } => "moved",
            Self::Drift(_) => "drift",
            Self::Outputs { .. } => "outputs",
            Self::TakenOver { .. } => "taken_over",
            Self::Approved { .. } => "approved",
            Self::ApprovalUsed { .. } => "approval_used",
            Self::Identified { .. } => "identified",
            Self::RunFinished { .. } => "run_finished",
        }
    }
}
