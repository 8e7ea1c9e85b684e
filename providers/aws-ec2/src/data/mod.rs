//! The data sources, one file each.

mod ami;
mod availability_zones;
mod filters;
mod regions;

pub use ami::Ami;
pub use availability_zones::AvailabilityZones;
pub use regions::Regions;
