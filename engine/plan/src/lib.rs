//! The planner: a configuration, what is remembered, and what the cloud answered go in; a finished
//! plan comes out, or the questions that still have to be answered (ask and re-run).
//!
//! Everything here is a function from values to values. The walk goes once over a static graph of
//! the configuration in dependency order (`graph`), evaluating into a `world` of module
//! instances; `order` turns changes into steps, [`verify`] checks the plan's invariants, and
//! [`finish`] completes, at apply time, the values that waited for earlier steps.

mod conditions;
mod console;
pub mod digest;
pub mod drift;
mod ephemeral;
mod expand;
pub mod finish;
pub mod generate;
pub mod governor;
mod graph;
pub mod ignored;
mod input;
pub mod matching;
mod moves;
mod order;
pub mod outline;
mod planner;
pub mod reasons;
mod register;
mod scope;
pub mod target;
pub mod types;
mod validate;
pub mod verify;
mod world;

pub use evenkeel_lang::config::{OnFailure, When};

pub use console::{Console, remembered};
pub use finish::{Finished, Finisher, LocalExec, Opening, Unfinished, Withheld, incomplete};
pub use input::{
    Answers, DataAnswer, ImportAnswer, Input, Mode, OpenAnswer, Options, Planning, Provisioners, Question,
};
pub use planner::{identified, plan, provider_configs};
pub use target::Target;
pub use types::{
    ActionReason, Change, ChangeAction, Check, CheckKind, CheckStatus, Checked, Drift, Importing, Move,
    OutputChange, Plan, Refreshed, ResourceValues, Step, StepKind, Summary,
};
pub use validate::{Subject as ValidationSubject, validate_configuration};
