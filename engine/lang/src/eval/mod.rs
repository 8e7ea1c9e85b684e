//! Evaluation of expressions and bodies against a [`Scope`].

mod scope;

pub use scope::{PathKind, Scope};
