//! `aws_s3_bucket_policy`: who may do what with a bucket.

use aws_sdk_s3::Client;
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail};
use crate::shape;

/// The setting.
pub struct Policy;

impl Setting for Policy {
    const KIND: &'static str = "aws_s3_bucket_policy";
    const TITLE: &'static str = "S3 Bucket Policy";
    /// A principal that was made a moment ago is invalid until all of S3 knows it.
    const LATER: &'static [&'static str] = &["MalformedPolicy"];

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let policy = shape::text_or_empty(wanted, "policy");
        s3.put_bucket_policy().bucket(&place.bucket).policy(policy).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let answer = s3.get_bucket_policy().bucket(&place.bucket).send().await.map_err(fail)?;
        Ok(answer.policy.filter(|policy| !policy.is_empty()).map(|policy| json!({ "policy": policy })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        s3.delete_bucket_policy().bucket(&place.bucket).send().await.map(drop).map_err(fail)
    }
}
