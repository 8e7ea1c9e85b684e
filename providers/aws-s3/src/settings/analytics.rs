//! `aws_s3_bucket_analytics_configuration`: storage class analysis of a bucket or a part of it.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AnalyticsAndOperator, AnalyticsConfiguration, AnalyticsExportDestination, AnalyticsFilter,
    AnalyticsS3BucketDestination, AnalyticsS3ExportFileFormat, StorageClassAnalysis,
    StorageClassAnalysisDataExport, StorageClassAnalysisSchemaVersion,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use super::filter::{Parts, parts};
use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete, names};
use crate::shape;

/// The setting.
pub struct Analytics;

impl Setting for Analytics {
    const KIND: &'static str = "aws_s3_bucket_analytics_configuration";
    const TITLE: &'static str = "S3 Bucket Analytics Configuration";

    async fn names(s3: &Client, bucket: &str) -> Result<Vec<String>, Failure> {
        names!(s3.list_bucket_analytics_configurations().bucket(bucket), analytics_configuration_list)
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let name = place.name.as_deref().unwrap_or_default();
        let export =
            shape::one(wanted, "storage_class_analysis").and_then(|part| shape::one(part, "data_export"));
        let export = export.map(export_of).transpose()?;
        let setting = AnalyticsConfiguration::builder()
            .id(name)
            .set_filter(shape::one(wanted, "filter").map(filter))
            .storage_class_analysis(StorageClassAnalysis::builder().set_data_export(export).build());
        let call = s3.put_bucket_analytics_configuration().bucket(&place.bucket).id(name);
        let call = call.analytics_configuration(setting.build().map_err(incomplete)?);
        call.send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_analytics_configuration().bucket(&place.bucket).set_id(place.name.clone());
        let answer = call.send().await.map_err(fail)?;
        Ok(answer.analytics_configuration.map(|setting| {
            let export = setting.storage_class_analysis.and_then(|analysis| analysis.data_export);
            json!({
                "filter": shape::optional(setting.filter.as_ref(), seen_filter),
                "storage_class_analysis": shape::optional(export.as_ref(), |export| json!({
                    "data_export": [seen_export(export)],
                })),
            })
        }))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_analytics_configuration().bucket(&place.bucket);
        call.set_id(place.name.clone()).send().await.map(drop).map_err(fail)
    }
}

fn filter(filter: &Value) -> AnalyticsFilter {
    match parts(filter) {
        Parts::Prefix(prefix) => AnalyticsFilter::Prefix(prefix),
        Parts::Tag(tag) => AnalyticsFilter::Tag(tag),
        Parts::Several(prefix, tags) => {
            let and = AnalyticsAndOperator::builder().set_prefix(prefix).set_tags(Some(tags)).build();
            AnalyticsFilter::And(and)
        }
    }
}

fn export_of(export: &Value) -> Result<StorageClassAnalysisDataExport, Failure> {
    let version = shape::text_or_empty(export, "output_schema_version");
    let bucket = shape::one(export, "destination").and_then(|part| shape::one(part, "s3_bucket_destination"));
    let bucket = bucket.map(|bucket| {
        AnalyticsS3BucketDestination::builder()
            .bucket(shape::text_or_empty(bucket, "bucket_arn"))
            .set_bucket_account_id(shape::text(bucket, "bucket_account_id"))
            .format(AnalyticsS3ExportFileFormat::from(shape::text_or_empty(bucket, "format").as_str()))
            .set_prefix(shape::text(bucket, "prefix"))
            .build()
    });
    let bucket = bucket.transpose().map_err(incomplete)?;
    let destination = AnalyticsExportDestination::builder().set_s3_bucket_destination(bucket).build();
    StorageClassAnalysisDataExport::builder()
        .output_schema_version(StorageClassAnalysisSchemaVersion::from(version.as_str()))
        .destination(destination)
        .build()
        .map_err(incomplete)
}

fn seen_filter(filter: &AnalyticsFilter) -> Json {
    match filter {
        AnalyticsFilter::Prefix(prefix) => json!({ "prefix": prefix }),
        AnalyticsFilter::Tag(tag) => json!({ "tags": shape::tags_json(std::slice::from_ref(tag)) }),
        AnalyticsFilter::And(and) => json!({ "prefix": and.prefix, "tags": shape::tags_json(and.tags()) }),
        _ => json!({}),
    }
}

fn seen_export(export: &StorageClassAnalysisDataExport) -> Json {
    let bucket =
        export.destination.as_ref().and_then(|destination| destination.s3_bucket_destination.as_ref());
    json!({
        "output_schema_version": export.output_schema_version.as_str(),
        "destination": [{ "s3_bucket_destination": shape::optional(bucket, |bucket| json!({
            "bucket_account_id": bucket.bucket_account_id,
            "bucket_arn": bucket.bucket,
            "format": bucket.format.as_str(),
            "prefix": bucket.prefix,
        })) }],
    })
}
