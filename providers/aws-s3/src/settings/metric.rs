//! `aws_s3_bucket_metric`: request metrics of a bucket or a part of it.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{MetricsAndOperator, MetricsConfiguration, MetricsFilter};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use super::filter::{Parts, parts};
use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete, names};
use crate::shape;

/// The setting.
pub struct Metric;

impl Setting for Metric {
    const KIND: &'static str = "aws_s3_bucket_metric";
    const TITLE: &'static str = "S3 Bucket Metric";

    async fn names(s3: &Client, bucket: &str) -> Result<Vec<String>, Failure> {
        names!(s3.list_bucket_metrics_configurations().bucket(bucket), metrics_configuration_list)
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let name = place.name.as_deref().unwrap_or_default();
        let filter = shape::one(wanted, "filter").map(filter);
        let setting =
            MetricsConfiguration::builder().id(name).set_filter(filter).build().map_err(incomplete)?;
        let call = s3.put_bucket_metrics_configuration().bucket(&place.bucket).id(name);
        call.metrics_configuration(setting).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_metrics_configuration().bucket(&place.bucket).set_id(place.name.clone());
        let answer = call.send().await.map_err(fail)?;
        let setting = answer.metrics_configuration;
        Ok(setting.map(|setting| json!({ "filter": shape::optional(setting.filter.as_ref(), seen) })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_metrics_configuration().bucket(&place.bucket).set_id(place.name.clone());
        call.send().await.map(drop).map_err(fail)
    }
}

fn filter(filter: &Value) -> MetricsFilter {
    let access_point = shape::text(filter, "access_point");
    match (access_point, parts(filter)) {
        (Some(arn), Parts::Prefix(prefix)) if prefix.is_empty() => MetricsFilter::AccessPointArn(arn),
        (None, Parts::Prefix(prefix)) => MetricsFilter::Prefix(prefix),
        (None, Parts::Tag(tag)) => MetricsFilter::Tag(tag),
        (arn, Parts::Prefix(prefix)) => and(arn, Some(prefix), Vec::new()),
        (arn, Parts::Tag(tag)) => and(arn, None, vec![tag]),
        (arn, Parts::Several(prefix, tags)) => and(arn, prefix, tags),
    }
}

fn and(arn: Option<String>, prefix: Option<String>, tags: Vec<aws_sdk_s3::types::Tag>) -> MetricsFilter {
    let tags = (!tags.is_empty()).then_some(tags);
    let and = MetricsAndOperator::builder().set_access_point_arn(arn).set_prefix(prefix).set_tags(tags);
    MetricsFilter::And(and.build())
}

fn seen(filter: &MetricsFilter) -> Json {
    match filter {
        MetricsFilter::AccessPointArn(arn) => json!({ "access_point": arn }),
        MetricsFilter::Prefix(prefix) => json!({ "prefix": prefix }),
        MetricsFilter::Tag(tag) => json!({ "tags": shape::tags_json(std::slice::from_ref(tag)) }),
        MetricsFilter::And(and) => json!({
            "access_point": and.access_point_arn,
            "prefix": and.prefix,
            "tags": shape::tags_json(and.tags()),
        }),
        _ => json!({}),
    }
}
