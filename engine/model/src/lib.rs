//! The vocabulary that every other crate speaks: addresses, values and their types, attribute
//! paths, resource schemas, diagnostics and the in-memory snapshot of a revision.
//!
//! Nothing here reads a clock, a file, an environment variable or a socket, and nothing depends on
//! the order of a hash table: the same input gives the same bytes. A type belongs here only when
//! the signatures of two other crates already need it.

pub mod address;
pub mod convert;
pub mod diag;
mod echo;
pub mod json;
pub mod number;
pub mod path;
pub mod redact;
pub mod schema;
pub mod snapshot;
pub mod ty;
pub mod value;

pub use address::{
    InstanceAddress, InstanceKey, ModuleAddress, ModuleStep, ProviderAddress, ResourceAddress, ResourceMode,
};
pub use diag::{Diagnostic, Diagnostics, Evidence, ExpressionValue, Position, Severity, SourceRange};
pub use number::Number;
pub use path::{Path, PathStep};
pub use snapshot::{Revision, Snapshot};
pub use ty::Type;
pub use value::{Marks, Value};

/// Milliseconds since the Unix epoch. Pure code is handed the time and never asks for it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant moved by `ms` milliseconds, saturating at the ends of the range.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
