//! The data sources.

mod caller_identity;
mod iam;
mod ip_ranges;
mod kms_key;
mod known;
mod policy_document;
mod region;
mod ssm_parameter;

pub use caller_identity::CallerIdentity;
pub use iam::{Policy, Role};
pub use ip_ranges::IpRanges;
pub use kms_key::KmsKey;
pub use known::{ARN, CLOUDFRONT_LOGS, DEFAULT_TAGS, ELB_ACCOUNT, PARTITION, SERVICE_PRINCIPAL};
pub use policy_document::PolicyDocument;
pub use region::Region;
pub use ssm_parameter::SsmParameter;
