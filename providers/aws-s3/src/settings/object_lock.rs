//! `aws_s3_bucket_object_lock_configuration`: how long new objects of a bucket cannot be deleted. A
//! bucket that has object lock keeps it; taking the setting away leaves no default.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail};
use crate::shape;

/// The setting.
pub struct ObjectLock;

impl Setting for ObjectLock {
    const KIND: &'static str = "aws_s3_bucket_object_lock_configuration";
    const TITLE: &'static str = "S3 Bucket Object Lock Configuration";
    const STAYS: bool = true;
    /// Emulators want the bucket to be empty; its objects are being removed at the same time.
    const CLEARED_LATER: &'static [&'static str] = &["InvalidBucket"];

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let rule = shape::one(wanted, "rule").map(rule);
        write(s3, place, rule, shape::text(wanted, "token")).await
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_object_lock_configuration().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        Ok(answer.object_lock_configuration.map(|setting| {
            json!({
                "object_lock_enabled": setting.object_lock_enabled.as_ref().map(ObjectLockEnabled::as_str),
                "rule": shape::optional(setting.rule.as_ref(), |rule| json!({
                    "default_retention": shape::optional(rule.default_retention.as_ref(), |retention| json!({
                        "days": retention.days,
                        "mode": retention.mode.as_ref().map(ObjectLockRetentionMode::as_str),
                        "years": retention.years,
                    })),
                })),
            })
        }))
    }

    async fn clear(s3: &Client, place: &Place, prior: &Value) -> Result<(), Failure> {
        write(s3, place, None, shape::text(prior, "token")).await
    }
}

fn rule(rule: &Value) -> ObjectLockRule {
    let retention = shape::one(rule, "default_retention").map(|retention| {
        DefaultRetention::builder()
            .set_mode(shape::text(retention, "mode").as_deref().map(ObjectLockRetentionMode::from))
            .set_days(shape::positive(retention, "days"))
            .set_years(shape::positive(retention, "years"))
            .build()
    });
    ObjectLockRule::builder().set_default_retention(retention).build()
}

async fn write(
    s3: &Client,
    place: &Place,
    rule: Option<ObjectLockRule>,
    token: Option<String>,
) -> Result<(), Failure> {
    let setting = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .set_rule(rule)
        .build();
    let call = s3.put_object_lock_configuration().bucket(&place.bucket).object_lock_configuration(setting);
    let call = call.set_expected_bucket_owner(place.owner.clone()).set_token(token);
    call.send().await.map(drop).map_err(fail)
}
