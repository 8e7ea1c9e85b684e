//! The data sources, one file each.

mod caller_identity;
mod region;

pub use caller_identity::CallerIdentity;
pub use region::Region;
