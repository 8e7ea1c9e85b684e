//! The controller of one stack: a pure machine that decides when to fetch, plan and apply.
//!
//! Events go in with the time, orders come out; a shell carries the orders out. The controller is
//! level-triggered: a wake-up carries no information, every wake looks at the world again from the
//! start (lease, recovery, fetch, plan), which is why a missed or doubled wake-up does no harm.
//! Every [`Order`] that [`Order::wants_answer`] is answered by exactly one event, even after the
//! lease was lost. Nothing here knows a cloud, a repository or a store.

pub mod backoff;
pub mod condition;
pub mod controller;
pub mod event;
pub mod settings;
pub mod summary;

pub use backoff::Backoff;
pub use condition::{Condition, Conditions, Reason};
pub use controller::Controller;
pub use event::{Alert, AlertKind, Event, FetchFailure, Order, StopResult};
pub use settings::{DriftPolicy, Settings};
pub use summary::PlanSummary;
