//! The one list of what an account has.

use crate::data;

evenkeel_provider_aws_core::service! {
    resources {}
    data {
        data::CallerIdentity => "data.aws_caller_identity",
        data::Region => "data.aws_region",
    }
}
