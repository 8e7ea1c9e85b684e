//! `aws_s3_bucket_server_side_encryption_configuration`: how what is written without a word about it
//! is encrypted. Every bucket encrypts, so that taking it away leaves S3's own keys.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct Encryption;

impl Setting for Encryption {
    const KIND: &'static str = "aws_s3_bucket_server_side_encryption_configuration";
    const TITLE: &'static str = "S3 Bucket Server-side Encryption Configuration";
    const STAYS: bool = true;

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let rules = shape::many(wanted, "rule").iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let rules = ServerSideEncryptionConfiguration::builder().set_rules(Some(rules));
        let rules = rules.build().map_err(incomplete)?;
        let call =
            s3.put_bucket_encryption().bucket(&place.bucket).server_side_encryption_configuration(rules);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_encryption().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        let rules = answer.server_side_encryption_configuration.map(|setting| setting.rules);
        let rules = rules.filter(|rules| !rules.is_empty());
        Ok(rules.map(|rules| json!({ "rule": shape::each(&rules, |rule| seen(rule, known)) })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_encryption().bucket(&place.bucket);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }
}

fn rule(rule: &Value) -> Result<ServerSideEncryptionRule, Failure> {
    let mut api =
        ServerSideEncryptionRule::builder().set_bucket_key_enabled(rule.get_bool("bucket_key_enabled"));
    if let Some(default) = shape::one(rule, "apply_server_side_encryption_by_default") {
        let algorithm = ServerSideEncryption::from(shape::text_or_empty(default, "sse_algorithm").as_str());
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(algorithm)
            .set_kms_master_key_id(shape::text(default, "kms_master_key_id"));
        api = api.apply_server_side_encryption_by_default(default.build().map_err(incomplete)?);
    }
    if let Some(blocked) = shape::texts(rule, "blocked_encryption_types") {
        let blocked = blocked.iter().map(|name| EncryptionType::from(name.as_str())).collect();
        api = api.blocked_encryption_types(
            BlockedEncryptionTypes::builder().set_encryption_type(Some(blocked)).build(),
        );
    }
    Ok(api.build())
}

fn seen(rule: &ServerSideEncryptionRule, known: &Value) -> Json {
    let default = rule.apply_server_side_encryption_by_default.as_ref();
    json!({
        "apply_server_side_encryption_by_default": shape::optional(default, |default| json!({
            "kms_master_key_id": default.kms_master_key_id,
            "sse_algorithm": default.sse_algorithm.as_str(),
        })),
        "bucket_key_enabled": rule.bucket_key_enabled.unwrap_or_default(),
        "blocked_encryption_types": blocked(rule, known),
    })
}

/// The blocked kinds. A service from before they could be blocked says nothing of them at all; then
/// what is known stands, which is a rule's that has the same default.
fn blocked(rule: &ServerSideEncryptionRule, known: &Value) -> Json {
    if let Some(blocked) = &rule.blocked_encryption_types {
        return shape::strings(blocked.encryption_type());
    }
    let known = shape::one(known, "rule").and_then(|rule| shape::texts(rule, "blocked_encryption_types"));
    json!(known.unwrap_or_default())
}
