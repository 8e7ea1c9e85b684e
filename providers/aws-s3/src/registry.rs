//! The one list of what S3 has.

use crate::data;
use crate::resources as s3;
use crate::setting::OfBucket;
use crate::settings::*;

evenkeel_provider_aws_core::service! {
    resources {
        s3::AccountPublicAccessBlock => "aws_s3_account_public_access_block",
        s3::Bucket => "aws_s3_bucket",
        OfBucket::<Accelerate>::new() => "aws_s3_bucket_accelerate_configuration",
        OfBucket::<Acl>::new() => "aws_s3_bucket_acl",
        OfBucket::<Analytics>::new() => "aws_s3_bucket_analytics_configuration",
        OfBucket::<Cors>::new() => "aws_s3_bucket_cors_configuration",
        OfBucket::<IntelligentTiering>::new() => "aws_s3_bucket_intelligent_tiering_configuration",
        OfBucket::<Inventory>::new() => "aws_s3_bucket_inventory",
        OfBucket::<Lifecycle>::new() => "aws_s3_bucket_lifecycle_configuration",
        OfBucket::<Logging>::new() => "aws_s3_bucket_logging",
        OfBucket::<Metadata>::new() => "aws_s3_bucket_metadata_configuration",
        OfBucket::<Metric>::new() => "aws_s3_bucket_metric",
        OfBucket::<Notification>::new() => "aws_s3_bucket_notification",
        s3::Object("aws_s3_bucket_object") => "aws_s3_bucket_object",
        OfBucket::<ObjectLock>::new() => "aws_s3_bucket_object_lock_configuration",
        OfBucket::<OwnershipControls>::new() => "aws_s3_bucket_ownership_controls",
        OfBucket::<Policy>::new() => "aws_s3_bucket_policy",
        OfBucket::<PublicAccessBlock>::new() => "aws_s3_bucket_public_access_block",
        OfBucket::<Replication>::new() => "aws_s3_bucket_replication_configuration",
        OfBucket::<RequestPayment>::new() => "aws_s3_bucket_request_payment_configuration",
        OfBucket::<Encryption>::new() => "aws_s3_bucket_server_side_encryption_configuration",
        OfBucket::<Versioning>::new() => "aws_s3_bucket_versioning",
        OfBucket::<Website>::new() => "aws_s3_bucket_website_configuration",
        s3::DirectoryBucket => "aws_s3_directory_bucket",
        s3::Object("aws_s3_object") => "aws_s3_object",
        s3::ObjectCopy => "aws_s3_object_copy",
    }
    data {
        data::CanonicalUserId => "data.aws_canonical_user_id",
        data::Bucket => "data.aws_s3_bucket",
        data::BucketPolicy => "data.aws_s3_bucket_policy",
        data::Object => "data.aws_s3_object",
        data::Objects => "data.aws_s3_objects",
    }
}
