//! `aws_s3_bucket_logging`: where a bucket's access logs go.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketLogsPermission, LoggingEnabled, PartitionDateSource, PartitionedPrefix,
    SimplePrefix, TargetGrant, TargetObjectKeyFormat,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use super::grants;
use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct Logging;

impl Setting for Logging {
    const KIND: &'static str = "aws_s3_bucket_logging";
    const TITLE: &'static str = "S3 Bucket Logging";

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        write(s3, place, Some(enabled(wanted)?)).await
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_logging().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        Ok(answer.logging_enabled.as_ref().map(seen))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        write(s3, place, None).await
    }
}

async fn write(s3: &Client, place: &Place, enabled: Option<LoggingEnabled>) -> Result<(), Failure> {
    let status = BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
    let call = s3.put_bucket_logging().bucket(&place.bucket).bucket_logging_status(status);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}

fn enabled(wanted: &Value) -> Result<LoggingEnabled, Failure> {
    let grants = shape::many(wanted, "target_grant").iter().map(grant).collect::<Result<Vec<_>, _>>()?;
    LoggingEnabled::builder()
        .target_bucket(shape::text_or_empty(wanted, "target_bucket"))
        .target_prefix(shape::text_or_empty(wanted, "target_prefix"))
        .set_target_grants((!grants.is_empty()).then_some(grants))
        .set_target_object_key_format(shape::one(wanted, "target_object_key_format").map(format))
        .build()
        .map_err(incomplete)
}

fn grant(grant: &Value) -> Result<TargetGrant, Failure> {
    let grantee = shape::one(grant, "grantee").map(grants::grantee).transpose()?;
    let permission = BucketLogsPermission::from(shape::text_or_empty(grant, "permission").as_str());
    Ok(TargetGrant::builder().set_grantee(grantee).permission(permission).build())
}

fn format(format: &Value) -> TargetObjectKeyFormat {
    let partitioned = shape::one(format, "partitioned_prefix").map(|prefix| {
        let source = shape::text(prefix, "partition_date_source");
        let source = source.as_deref().map(PartitionDateSource::from);
        PartitionedPrefix::builder().set_partition_date_source(source).build()
    });
    let simple = shape::one(format, "simple_prefix").map(|_| SimplePrefix::builder().build());
    TargetObjectKeyFormat::builder().set_partitioned_prefix(partitioned).set_simple_prefix(simple).build()
}

fn seen(enabled: &LoggingEnabled) -> Json {
    json!({
        "target_bucket": enabled.target_bucket,
        "target_prefix": enabled.target_prefix,
        "target_grant": shape::each(enabled.target_grants(), |grant| json!({
            "permission": grant.permission.as_ref().map(BucketLogsPermission::as_str),
            "grantee": shape::optional(grant.grantee.as_ref(), grants::seen_grantee),
        })),
        "target_object_key_format": shape::optional(enabled.target_object_key_format.as_ref(), |format| json!({
            "partitioned_prefix": shape::optional(format.partitioned_prefix.as_ref(), |prefix| json!({
                "partition_date_source": prefix.partition_date_source.as_ref().map(PartitionDateSource::as_str),
            })),
            "simple_prefix": shape::optional(format.simple_prefix.as_ref(), |_| json!({})),
        })),
    })
}
