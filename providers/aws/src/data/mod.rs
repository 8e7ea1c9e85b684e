//! The data sources, one file each.

mod ami;
mod availability_zones;
mod caller_identity;
mod filters;
mod region;

pub use ami::Ami;
pub use availability_zones::AvailabilityZones;
pub use caller_identity::CallerIdentity;
pub use region::Region;
