//! The one list of what an account has.

use crate::each::Each;
use crate::iam::Attachment;
use crate::log_group::LogGroup;
use crate::{data, iam, kms};

evenkeel_provider_aws_core::service! {
    resources {
        Each(LogGroup) => "aws_cloudwatch_log_group",
        Each(iam::Group) => "aws_iam_group",
        Each(iam::InstanceProfile) => "aws_iam_instance_profile",
        Each(iam::OpenIdConnectProvider) => "aws_iam_openid_connect_provider",
        Each(iam::Policy) => "aws_iam_policy",
        Each(iam::PolicyAttachment) => "aws_iam_policy_attachment",
        Each(iam::Role) => "aws_iam_role",
        Each(iam::RolePolicy) => "aws_iam_role_policy",
        Each(Attachment(iam::RolePolicyAttachment)) => "aws_iam_role_policy_attachment",
        Each(iam::User) => "aws_iam_user",
        Each(Attachment(iam::UserPolicyAttachment)) => "aws_iam_user_policy_attachment",
        Each(kms::Alias) => "aws_kms_alias",
        Each(kms::Grant) => "aws_kms_grant",
        Each(kms::Key) => "aws_kms_key",
    }
    data {
        data::ARN => "data.aws_arn",
        data::CallerIdentity => "data.aws_caller_identity",
        data::CLOUDFRONT_LOGS => "data.aws_cloudfront_log_delivery_canonical_user_id",
        data::DEFAULT_TAGS => "data.aws_default_tags",
        data::ELB_ACCOUNT => "data.aws_elb_service_account",
        data::Policy => "data.aws_iam_policy",
        data::PolicyDocument => "data.aws_iam_policy_document",
        data::Role => "data.aws_iam_role",
        data::IpRanges => "data.aws_ip_ranges",
        data::KmsKey => "data.aws_kms_key",
        data::PARTITION => "data.aws_partition",
        data::Region => "data.aws_region",
        data::SERVICE_PRINCIPAL => "data.aws_service_principal",
        data::SsmParameter => "data.aws_ssm_parameter",
    }
}
