//! The contract between the engine and providers.
//!
//! A provider has two halves. [`ProviderSpec`] is pure: schemas, validation, and what a change of
//! one object would look like; the planner calls it directly. [`Provider`] and [`Connection`] act:
//! they look at the cloud and change it, and only shells call them. [`propose`] holds the planning
//! that a schema alone decides, [`check`] what the engine demands of every answer.

pub mod check;
pub mod contract;
pub mod diff;
pub mod error;
pub mod files;
pub mod listing;
pub mod policy;
mod probe;
pub mod propose;
pub mod upgrade;
pub mod validate;
pub mod words;

pub use contract::{
    BoxFuture, CallStatistics, Catalog, CloseRequest, Connection, CreateRequest, DeleteRequest, Failed,
    FindRequest, Hold, ImportRequest, ObserveRequest, OpenRequest, Opened, PlanRequest, PlannedChange,
    Provider, ProviderSpec, Providers, ReadDataRequest, RenewRequest, ResourceSpec, UpdateRequest, Written,
};
pub use error::{ErrorKind, ProviderError};
pub use files::{NoFiles, ReadFile};
pub use listing::{ListPage, ListRequest, Listed};
pub use probe::{Missing, Permission, ProbeRequest, Probed};
