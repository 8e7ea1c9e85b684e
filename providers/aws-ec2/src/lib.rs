//! EC2 and VPC: the resource types, and the calls they make.
//!
//! This is the only crate that names `aws-sdk-ec2`, which is by far the dearest dependency to
//! compile.

mod calls;
mod data;
mod probe;
mod registry;
mod resources;

use evenkeel_provider_aws_core::{context, errors, listing, names, object, resource, shape, tags, wait};

pub use probe::decides_before_acting;
pub use registry::{DATA_SOURCES, RESOURCES};
