//! Carrying out plans: the execution machine, the recovery of what a dead run left behind, and the
//! one async file that runs their commands.
//!
//! [`Machine`] and [`Recovery`] are sans-io: they say what to do ([`Command`]) and are told what
//! happened ([`Event`]). They take no decision that the plan should have taken, and keep one
//! promise above all: no call is made before its intent is durable, and nothing that depends on it
//! before its outcome is. [`driver`] carries the commands out against a journal, connections and a
//! timer that the caller brings.

mod alarm;
mod case;
mod closing;
pub mod command;
mod decide;
pub mod driver;
pub mod finish;
mod identity;
mod inquiry;
mod machine;
mod message;
mod opening;
mod options;
mod outbox;
#[cfg(feature = "planted-faults")]
pub mod plant;
mod recovery;
pub mod report;
mod work;

pub use command::{AppendFailure, AppendId, Call, CallId, CallResult, Command, Event};
pub use driver::{
    Connections, Drive, Ephemerals, Interrupt, Journal, NoEphemerals, NoProvisioners, Progress, Provisioners,
    Said, Shell, Timer, run,
};
pub use finish::Finish;
pub use machine::Machine;
pub use options::MachineOptions;
#[cfg(feature = "planted-faults")]
pub use plant::Plant;
pub use recovery::{PendingIntent, Recovery, RecoveryInput};
pub use report::{
    Activity, Counts, Notice, NoticeKind, RecoveryReport, Report, Resolution, Resolved, StepReport,
    StepStatus, Subject,
};
