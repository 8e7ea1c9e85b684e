//! `aws_s3_bucket_cors_configuration`: which pages of other origins may use a bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct Cors;

impl Setting for Cors {
    const KIND: &'static str = "aws_s3_bucket_cors_configuration";
    const TITLE: &'static str = "S3 Bucket CORS Configuration";

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let rules = shape::many(wanted, "cors_rule").iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let rules = CorsConfiguration::builder().set_cors_rules(Some(rules)).build().map_err(incomplete)?;
        let call = s3.put_bucket_cors().bucket(&place.bucket).cors_configuration(rules);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let call = s3.get_bucket_cors().bucket(&place.bucket);
        let answer = call.set_expected_bucket_owner(place.owner.clone()).send().await.map_err(fail)?;
        let rules = answer.cors_rules.filter(|rules| !rules.is_empty());
        Ok(rules.map(|rules| json!({ "cors_rule": shape::each(&rules, seen) })))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        let call = s3.delete_bucket_cors().bucket(&place.bucket);
        call.set_expected_bucket_owner(place.owner.clone()).send().await.map(drop).map_err(fail)
    }
}

fn rule(rule: &Value) -> Result<CorsRule, Failure> {
    CorsRule::builder()
        .set_id(shape::text(rule, "id"))
        .set_allowed_headers(shape::texts(rule, "allowed_headers"))
        .set_allowed_methods(shape::texts(rule, "allowed_methods"))
        .set_allowed_origins(shape::texts(rule, "allowed_origins"))
        .set_expose_headers(shape::texts(rule, "expose_headers"))
        .set_max_age_seconds(shape::number(rule, "max_age_seconds"))
        .build()
        .map_err(incomplete)
}

fn seen(rule: &CorsRule) -> Json {
    json!({
        "id": rule.id,
        "allowed_headers": rule.allowed_headers,
        "allowed_methods": rule.allowed_methods,
        "allowed_origins": rule.allowed_origins,
        "expose_headers": rule.expose_headers,
        "max_age_seconds": rule.max_age_seconds,
    })
}
