//! `aws_s3_bucket_ownership_controls`: who owns what others put into a bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls as Controls, OwnershipControlsRule};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct OwnershipControls;

impl Setting for OwnershipControls {
    const KIND: &'static str = "aws_s3_bucket_ownership_controls";
    const TITLE: &'static str = "S3 Bucket Ownership Controls";

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let mut controls = Controls::builder();
        for rule in shape::many(wanted, "rule") {
            let ownership = ObjectOwnership::from(shape::text_or_empty(rule, "object_ownership").as_str());
            let rule = OwnershipControlsRule::builder().object_ownership(ownership);
            controls = controls.rules(rule.build().map_err(incomplete)?);
        }
        let controls = controls.build().map_err(incomplete)?;
        let call = s3.put_bucket_ownership_controls().bucket(&place.bucket).ownership_controls(controls);
        call.send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let answer = s3.get_bucket_ownership_controls().bucket(&place.bucket).send().await.map_err(fail)?;
        Ok(answer.ownership_controls.map(|controls| {
            let rule =
                |rule: &OwnershipControlsRule| json!({ "object_ownership": rule.object_ownership.as_str() });
            json!({ "rule": shape::each(&controls.rules, rule) })
        }))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        s3.delete_bucket_ownership_controls().bucket(&place.bucket).send().await.map(drop).map_err(fail)
    }
}
