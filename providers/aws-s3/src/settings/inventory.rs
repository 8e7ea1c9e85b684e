//! `aws_s3_bucket_inventory`: lists of a bucket's objects, delivered regularly.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    InventoryConfiguration, InventoryDestination, InventoryEncryption, InventoryFilter, InventoryFormat,
    InventoryFrequency, InventoryIncludedObjectVersions, InventoryOptionalField,
    InventoryS3BucketDestination, InventorySchedule, Ssekms, Sses3,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete, names};
use crate::shape;

/// The setting.
pub struct Inventory;

impl Setting for Inventory {
    const KIND: &'static str = "aws_s3_bucket_inventory";
    const TITLE: &'static str = "S3 Bucket Inventory";

    async fn names(s3: &Client, bucket: &str) -> Result<Vec<String>, Failure> {
        names!(s3.list_bucket_inventory_configurations().bucket(bucket), inventory_configuration_list)
    }

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let name = place.name.clone().unwrap_or_default();
        let call = s3.put_bucket_inventory_configuration().bucket(&place.bucket).id(&name);
        call.inventory_configuration(inventory(name, wanted)?).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_inventory_configuration().bucket(&place.bucket).set_id(place.name.clone());
        let answer = call.send().await.map_err(fail)?;
        Ok(answer.inventory_configuration.as_ref().map(seen))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_inventory_configuration().bucket(&place.bucket);
        call.set_id(place.name.clone()).send().await.map(drop).map_err(fail)
    }
}

fn inventory(name: String, wanted: &Value) -> Result<InventoryConfiguration, Failure> {
    let bucket = shape::one(wanted, "destination").and_then(|part| shape::one(part, "bucket"));
    let bucket = bucket.map(destination).transpose()?;
    let frequency = shape::one(wanted, "schedule").map(|part| shape::text_or_empty(part, "frequency"));
    let frequency = InventoryFrequency::from(frequency.unwrap_or_default().as_str());
    let versions = shape::text_or_empty(wanted, "included_object_versions");
    let filter = shape::one(wanted, "filter")
        .map(|part| InventoryFilter::builder().prefix(shape::text_or_empty(part, "prefix")).build());
    let fields = shape::texts(wanted, "optional_fields");
    let fields =
        fields.map(|names| names.iter().map(|name| InventoryOptionalField::from(name.as_str())).collect());
    InventoryConfiguration::builder()
        .id(name)
        .is_enabled(wanted.get_bool("enabled").unwrap_or(true))
        .destination(InventoryDestination::builder().set_s3_bucket_destination(bucket).build())
        .set_filter(filter.transpose().map_err(incomplete)?)
        .included_object_versions(InventoryIncludedObjectVersions::from(versions.as_str()))
        .set_optional_fields(fields)
        .schedule(InventorySchedule::builder().frequency(frequency).build().map_err(incomplete)?)
        .build()
        .map_err(incomplete)
}

fn destination(bucket: &Value) -> Result<InventoryS3BucketDestination, Failure> {
    InventoryS3BucketDestination::builder()
        .bucket(shape::text_or_empty(bucket, "bucket_arn"))
        .set_account_id(shape::text(bucket, "account_id"))
        .format(InventoryFormat::from(shape::text_or_empty(bucket, "format").as_str()))
        .set_prefix(shape::text(bucket, "prefix"))
        .set_encryption(shape::one(bucket, "encryption").map(encryption).transpose()?)
        .build()
        .map_err(incomplete)
}

fn encryption(encryption: &Value) -> Result<InventoryEncryption, Failure> {
    let kms = shape::one(encryption, "sse_kms")
        .map(|part| Ssekms::builder().key_id(shape::text_or_empty(part, "key_id")).build());
    let s3 = shape::one(encryption, "sse_s3").map(|_| Sses3::builder().build());
    let kms = kms.transpose().map_err(incomplete)?;
    Ok(InventoryEncryption::builder().set_ssekms(kms).set_sses3(s3).build())
}

fn seen(setting: &InventoryConfiguration) -> Json {
    let bucket =
        setting.destination.as_ref().and_then(|destination| destination.s3_bucket_destination.as_ref());
    json!({
        "enabled": setting.is_enabled,
        "included_object_versions": setting.included_object_versions.as_str(),
        "optional_fields": shape::strings(setting.optional_fields()),
        "destination": [{ "bucket": shape::optional(bucket, seen_destination) }],
        "filter": shape::optional(setting.filter.as_ref(), |filter| json!({ "prefix": filter.prefix })),
        "schedule": shape::optional(setting.schedule.as_ref(), |schedule| json!({
            "frequency": schedule.frequency.as_str(),
        })),
    })
}

fn seen_destination(bucket: &InventoryS3BucketDestination) -> Json {
    json!({
        "account_id": bucket.account_id,
        "bucket_arn": bucket.bucket,
        "format": bucket.format.as_str(),
        "prefix": bucket.prefix,
        "encryption": shape::optional(bucket.encryption.as_ref(), |encryption| json!({
            "sse_kms": shape::optional(encryption.ssekms.as_ref(), |kms| json!({ "key_id": kms.key_id })),
            "sse_s3": shape::optional(encryption.sses3.as_ref(), |_| json!({})),
        })),
    })
}
