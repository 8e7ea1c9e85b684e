//! What an account has beside EC2 and S3: IAM, keys, log groups, parameters, and what is known
//! without asking.

mod data;
mod registry;

use evenkeel_provider_aws_core::{context, object, regions, resource};

pub use registry::{DATA_SOURCES, RESOURCES};
