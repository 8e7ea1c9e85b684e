//! The subnet groups of the services that keep databases in a VPC: RDS, ElastiCache, Redshift.

mod registry;

pub use registry::{DATA_SOURCES, RESOURCES};
