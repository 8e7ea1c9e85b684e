//! Turns plans, objects, diagnostics, progress and history into text for people and JSON for
//! programs.
//!
//! Everything here is a function from values to text: it prints nothing, reads no clock and decides
//! nothing. It keeps two promises for whatever it is given: nothing that carries a mark, or that a
//! schema calls sensitive, is written; and no text from outside reaches a terminal with its control
//! characters alive. The shape of the output is Terraform's wherever Terraform has one.

mod align;
mod compare;
mod diagnostic;
mod difference;
mod drift;
mod explain;
mod governor;
pub mod graph;
mod hide;
mod history;
pub mod json;
mod node;
mod object;
mod outputs;
pub mod permissions;
mod plan;
mod progress;
mod snippet;
mod style;
mod text;
mod type_name;
mod value;
mod why;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use evenkeel_model::ResourceAddress;
use evenkeel_model::schema::Schema;

pub use diagnostic::{compact, consolidated, diagnostics, valid};
pub use difference::{Side, difference, difference_json, side};
pub use drift::{drift, visible_paths as drifted_paths};
pub use explain::{Explained, LastChange, Neighbour, Remembered, explained, explained_json};
pub use governor::{governed, governed_json};
pub use hide::remembered;
pub use history::{moment, runs, versions};
pub use object::object;
pub use outputs::outputs;
pub use plan::{not_saved, plan, plan_summary, ruler};
pub use progress::{apply_summary, progress};
pub use style::Style;
pub use text::wrap;
pub use type_name::type_name;
pub use value::value;
pub(crate) use why::objects as why_objects;
pub use why::{Told, Whys};

/// Gives the schema of a resource or data source: which parts are blocks, and what is sensitive.
pub type Schemas<'a> = &'a dyn Fn(&ResourceAddress) -> Option<Arc<Schema>>;
