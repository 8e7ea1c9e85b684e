//! S3: buckets, their settings, and what is in them.
//!
//! This is the only crate that names `aws-sdk-s3`.

mod client;
mod lenient;
mod registry;
mod resources;

use evenkeel_provider_aws_core::{context, errors, object, regions, resource, tags, wait};

pub use registry::{DATA_SOURCES, RESOURCES};
