//! S3: buckets, their settings, and what is in them.
//!
//! This is the only crate that names `aws-sdk-s3`.

mod client;
mod data;
mod lenient;
mod place;
mod registry;
mod resources;
mod setting;
mod settings;
mod shape;
mod website;

use evenkeel_provider::words;
use evenkeel_provider_aws_core::{context, errors, listing, object, regions, resource, tags, wait};

pub use registry::{DATA_SOURCES, RESOURCES};
