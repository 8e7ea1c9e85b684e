//! The subnet groups of the services that keep databases in a VPC: RDS, ElastiCache, Redshift.

mod elasticache;
mod group;
mod rds;
mod redshift;
mod registry;

use evenkeel_provider_aws_core::{context, each, errors, listing, names, object, tags};

pub use registry::{DATA_SOURCES, RESOURCES};
