//! State files of Terraform and OpenTofu, format version 4: read, taken over as journal entries, and
//! written again.
//!
//! [`format`] is the file as it stands, `take` what it means here, `give` the way back. Values pass
//! between plain JSON and the encoded form of state in `attributes`, guided by the schema where there
//! is one. Data sources are not taken over: they are read again. Which file is meant and when it is
//! written is not decided here.

mod attributes;
mod format;
mod give;
mod paths;
mod take;
#[cfg(test)]
mod tests;

use evenkeel_model::ProviderAddress;
use evenkeel_model::schema::Schema;

pub use format::{Instance, Output, Resource, TfState, read};
pub use give::document;
pub use take::entries;

/// The schema of a managed resource type, where its provider is known.
pub type Schemas<'f, 's> = &'f dyn Fn(&ProviderAddress, &str) -> Option<&'s Schema>;
