//! The one list of what the database services have.

evenkeel_provider_aws_core::service! {
    resources {}
    data {}
}
