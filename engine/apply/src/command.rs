//! What the machines ask the shell to do, and what the shell tells them.
//!
//! Commands and events are plain values: a driver carries them out with real clouds and stores, the
//! simulation with fake ones, a test with neither. Every [`Command::Append`], [`Command::Call`],
//! [`Command::Open`] and [`Command::Provision`] is answered once, in any order; [`Command::WakeAt`] is
//! answered with [`Event::Woken`] at or after its time, and one too many does no harm.

use std::fmt;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Timestamp, Value};
use evenkeel_plan::{LocalExec, Opening};
use evenkeel_provider::{
    CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, ProviderError, ReadDataRequest,
    UpdateRequest,
};
use evenkeel_state::{Entry, ProviderConfigAddress, Serial, StepId};

use crate::report::Subject;

/// The number of an append within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppendId(pub u64);

/// The number of a call within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

impl fmt::Display for AppendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "append {}", self.0)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}", self.0)
    }
}

/// Something to do now.
#[derive(Clone, Debug)]
pub enum Command {
    /// Write these entries to the journal, all or none, and answer when they are durable. There is
    /// never more than one unanswered append.
    Append {
        /// Names it in the answer.
        id: AppendId,
        /// What to write, in order.
        entries: Vec<Entry>,
    },
    /// Make this call.
    Call {
        /// Names it in the answer.
        id: CallId,
        /// The step it belongs to; in a recovery, the step of the dead run's plan.
        step: StepId,
        /// Which attempt of the same call it is, counted from 1.
        attempt: u32,
        /// The provider block to use.
        provider: ProviderConfigAddress,
        /// Its configuration, wholly known and without marks.
        provider_config: Value,
        /// What to call, with what.
        call: Call,
    },
    /// Open this ephemeral resource, and keep it open until the machine is over. What it gives is written
    /// down nowhere.
    Open(Opening),
    /// Run this command on this machine. Answered once, by [`Event::Provisioned`].
    Provision {
        /// Names it in the answer.
        id: CallId,
        /// The object it is about.
        subject: Subject,
        /// What to run.
        run: Arc<LocalExec>,
    },
    /// End the commands that run: ask them to, and by force when that does not help. They are
    /// answered all the same.
    EndProvisioners,
    /// Say when it is this late.
    WakeAt {
        /// The time.
        at: Timestamp,
    },
}

/// A call to a provider: one method of [`evenkeel_provider::Connection`] each.
#[derive(Clone, Debug)]
pub enum Call {
    /// Make an object.
    Create(CreateRequest),
    /// Change an object in place.
    Update(UpdateRequest),
    /// Remove an object.
    Delete(DeleteRequest),
    /// Read a data source.
    ReadData(ReadDataRequest),
    /// Look for what an interrupted create may have made.
    Find(FindRequest),
    /// Look at an object.
    Observe(ObserveRequest),
}

impl Call {
    /// The instance it is about.
    pub fn address(&self) -> &InstanceAddress {
        match self {
            Self::Create(request) => &request.address,
            Self::Update(request) => &request.address,
            Self::Delete(request) => &request.address,
            Self::ReadData(request) => &request.address,
            Self::Find(request) => &request.address,
            Self::Observe(request) => &request.address,
        }
    }

    /// The token it carries, if it carries one.
    pub fn token(&self) -> Option<&Arc<str>> {
        match self {
            Self::Create(request) => Some(&request.token),
            Self::Update(request) => Some(&request.token),
            Self::Find(request) => Some(&request.token),
            Self::Delete(_) | Self::ReadData(_) | Self::Observe(_) => None,
        }
    }

    /// Whether it may change the cloud.
    pub fn is_change(&self) -> bool {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Delete(_) => true,
            Self::ReadData(_) | Self::Find(_) | Self::Observe(_) => false,
        }
    }

    /// The word for it in logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Delete(_) => "delete",
            Self::ReadData(_) => "read",
            Self::Find(_) => "find",
            Self::Observe(_) => "observe",
        }
    }

    /// The answer that says: the call could not even be made, for example because the provider
    /// cannot be configured. An error that would leave doubt is made certain.
    pub fn not_made(&self, mut error: ProviderError) -> CallResult {
        use evenkeel_provider::ErrorKind::{Gone, Other, Unknown};
        if matches!(error.kind, Unknown | Gone) {
            error.kind = Other;
        }
        match self {
            Self::Create(_) => CallResult::Create(Err(error.into())),
            Self::Update(_) => CallResult::Update(Err(error.into())),
            Self::Delete(_) => CallResult::Delete(Err(error.into())),
            Self::ReadData(_) => CallResult::ReadData(Err(error)),
            Self::Find(_) => CallResult::Find(Err(error)),
            Self::Observe(_) => CallResult::Observe(Err(error)),
        }
    }
}

/// What a call gave, in the form of the method that was called.
#[derive(Clone, Debug, PartialEq)]
pub enum CallResult {
    /// The whole new object.
    Create(Result<Value, Failed>),
    /// The whole changed object.
    Update(Result<Value, Failed>),
    /// It is gone.
    Delete(Result<(), Failed>),
    /// What the data source says.
    ReadData(Result<Value, ProviderError>),
    /// The object that the create made; `None` when there is none.
    Find(Result<Option<Value>, ProviderError>),
    /// The object as it is; `None` when it does not exist.
    Observe(Result<Option<Value>, ProviderError>),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The entries are durable.
    Appended {
        /// Which append.
        id: AppendId,
        /// The state's serial after its last entry.
        serial: Serial,
    },
    /// The entries were not written.
    AppendFailed {
        /// Which append.
        id: AppendId,
        /// Why.
        error: AppendFailure,
    },
    /// A call is over.
    CallDone {
        /// Which call.
        id: CallId,
        /// What it gave.
        result: CallResult,
    },
    /// An ephemeral resource is open, or cannot be opened.
    Opened {
        /// Which.
        address: InstanceAddress,
        /// What it gives.
        result: Result<Value, ProviderError>,
    },
    /// A command is over.
    Provisioned {
        /// Which.
        id: CallId,
        /// Why it failed, for people.
        result: Result<(), String>,
    },
    /// A time that was asked for has come.
    Woken,
    /// Finish what runs, start nothing new.
    Interrupt,
    /// Stop at once; what runs is left to the next run's recovery.
    Abort,
}

/// Why entries were not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendFailure {
    /// Somebody else holds the stack now; nothing may be written or called any more.
    #[error("the lease on the stack was lost")]
    LeaseLost,
    /// The store could not write, in its own words.
    #[error("{0}")]
    Store(String),
}
