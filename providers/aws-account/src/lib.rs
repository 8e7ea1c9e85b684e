//! What an account has beside EC2 and S3: IAM, keys, log groups, parameters, and what is known
//! without asking.

mod clients;
mod data;
mod document;
mod iam;
mod kms;
mod log_group;
mod registry;

use evenkeel_provider_aws_core::{
    context, download, each, errors, listing, names, object, regions, resource, tags, wait,
};

pub use registry::{DATA_SOURCES, RESOURCES};
