//! set functions.
use super::Function;
pub(super) static FUNCTIONS: &[Function] = &[];
