//! `aws_s3_bucket_accelerate_configuration`: whether transfers may go through edge locations. There
//! is no way back to "never", so that taking it away suspends it.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{AccelerateConfiguration, BucketAccelerateStatus};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail};
use crate::shape;

/// The setting.
pub struct Accelerate;

impl Setting for Accelerate {
    const KIND: &'static str = "aws_s3_bucket_accelerate_configuration";
    const TITLE: &'static str = "S3 Bucket Accelerate Configuration";
    const STAYS: bool = true;

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        write(s3, place, &shape::text_or_empty(wanted, "status")).await
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_accelerate_configuration().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        Ok(answer.status.map(|status| json!({ "status": status.as_str() })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        write(s3, place, "Suspended").await
    }
}

async fn write(s3: &Client, place: &Place, status: &str) -> Result<(), Failure> {
    let setting = AccelerateConfiguration::builder().status(BucketAccelerateStatus::from(status)).build();
    let call =
        s3.put_bucket_accelerate_configuration().bucket(&place.bucket).accelerate_configuration(setting);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}
