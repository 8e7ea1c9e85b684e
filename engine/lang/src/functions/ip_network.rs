//! ip_network functions.
use super::Function;
pub(super) static FUNCTIONS: &[Function] = &[];
