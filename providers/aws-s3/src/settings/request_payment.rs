//! `aws_s3_bucket_request_payment_configuration`: who pays for requests. Somebody always does, so
//! that taking it away gives it back to the owner.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Payer, RequestPaymentConfiguration};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct RequestPayment;

impl Setting for RequestPayment {
    const KIND: &'static str = "aws_s3_bucket_request_payment_configuration";
    const TITLE: &'static str = "S3 Bucket Request Payment Configuration";
    const STAYS: bool = true;

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        write(s3, place, Payer::from(shape::text_or_empty(wanted, "payer").as_str())).await
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_request_payment().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        Ok(answer.payer.map(|payer| json!({ "payer": payer.as_str() })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        write(s3, place, Payer::BucketOwner).await
    }
}

async fn write(s3: &Client, place: &Place, payer: Payer) -> Result<(), Failure> {
    let setting = RequestPaymentConfiguration::builder().payer(payer).build().map_err(incomplete)?;
    let call = s3.put_bucket_request_payment().bucket(&place.bucket).request_payment_configuration(setting);
    call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
}
