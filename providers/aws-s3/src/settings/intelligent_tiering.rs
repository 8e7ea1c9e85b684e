//! `aws_s3_bucket_intelligent_tiering_configuration`: when objects move to archive tiers.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    IntelligentTieringAccessTier, IntelligentTieringAndOperator, IntelligentTieringConfiguration,
    IntelligentTieringFilter, IntelligentTieringStatus, Tag, Tiering,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use super::filter::{Parts, parts};
use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete, names};
use crate::shape;

/// The setting.
pub struct IntelligentTiering;

impl Setting for IntelligentTiering {
    const KIND: &'static str = "aws_s3_bucket_intelligent_tiering_configuration";
    const TITLE: &'static str = "S3 Bucket Intelligent-Tiering Configuration";

    async fn names(s3: &Client, bucket: &str) -> Result<Vec<String>, Failure> {
        names!(
            s3.list_bucket_intelligent_tiering_configurations().bucket(bucket),
            intelligent_tiering_configuration_list
        )
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let name = place.name.as_deref().unwrap_or_default();
        let tierings = shape::many(wanted, "tiering").iter().map(tiering).collect::<Result<Vec<_>, _>>()?;
        let setting = IntelligentTieringConfiguration::builder()
            .id(name)
            .set_filter(shape::one(wanted, "filter").map(filter))
            .status(IntelligentTieringStatus::from(shape::text_or_empty(wanted, "status").as_str()))
            .set_tierings(Some(tierings));
        let call = s3.put_bucket_intelligent_tiering_configuration().bucket(&place.bucket).id(name);
        let call = call.intelligent_tiering_configuration(setting.build().map_err(incomplete)?);
        call.send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_intelligent_tiering_configuration().bucket(&place.bucket);
        let answer = call.set_id(place.name.clone()).send().await.map_err(fail)?;
        Ok(answer.intelligent_tiering_configuration.map(|setting| {
            json!({
                "status": setting.status.as_str(),
                "filter": shape::optional(setting.filter.as_ref(), seen_filter),
                "tiering": shape::each(&setting.tierings, |tiering| json!({
                    "access_tier": tiering.access_tier.as_str(),
                    "days": tiering.days,
                })),
            })
        }))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_intelligent_tiering_configuration().bucket(&place.bucket);
        call.set_id(place.name.clone()).send().await.map(drop).map_err(fail)
    }
}

fn tiering(tiering: &Value) -> Result<Tiering, Failure> {
    Tiering::builder()
        .access_tier(IntelligentTieringAccessTier::from(
            shape::text_or_empty(tiering, "access_tier").as_str(),
        ))
        .days(shape::number(tiering, "days").unwrap_or_default())
        .build()
        .map_err(incomplete)
}

fn filter(filter: &Value) -> IntelligentTieringFilter {
    let api = IntelligentTieringFilter::builder();
    match parts(filter) {
        Parts::Prefix(prefix) => api.prefix(prefix).build(),
        Parts::Tag(tag) => api.tag(tag).build(),
        Parts::Several(prefix, tags) => {
            let and =
                IntelligentTieringAndOperator::builder().set_prefix(prefix).set_tags(Some(tags)).build();
            api.and(and).build()
        }
    }
}

fn seen_filter(filter: &IntelligentTieringFilter) -> Json {
    let and = filter.and.as_ref();
    let prefix = and.and_then(|and| and.prefix.clone()).or_else(|| filter.prefix.clone());
    let one: Option<Vec<Tag>> = filter.tag.clone().map(|tag| vec![tag]);
    let tags = and.and_then(|and| and.tags.clone()).or(one).unwrap_or_default();
    json!({ "prefix": prefix, "tags": shape::tags_json(&tags) })
}
