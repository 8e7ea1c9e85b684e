//! The one list of what S3 has.

use crate::resources as s3;

evenkeel_provider_aws_core::service! {
    resources {
        s3::Bucket => "aws_s3_bucket",
        s3::BucketVersioning => "aws_s3_bucket_versioning",
        s3::Object => "aws_s3_object",
    }
    data {}
}
