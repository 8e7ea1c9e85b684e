//! `aws_s3_bucket_replication_configuration`: which objects are copied to which other buckets. The
//! API's rules are in [`super::replication_rule`].

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ReplicationConfiguration;
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use super::replication_rule::{rule, seen};
use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail, incomplete};
use crate::shape;

/// The setting.
pub struct Replication;

impl Setting for Replication {
    const KIND: &'static str = "aws_s3_bucket_replication_configuration";
    const TITLE: &'static str = "S3 Bucket Replication Configuration";
    /// Versioning that was enabled a moment ago.
    const LATER: &'static [&'static str] = &["ReplicationConfigurationNotFoundError", "InvalidRequest"];

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        token: &str,
    ) -> Result<(), Failure> {
        let rules = shape::many(wanted, "rule").iter().enumerate();
        let rules = rules.map(|(index, block)| rule(block, token, index)).collect::<Result<Vec<_>, _>>()?;
        let setting = ReplicationConfiguration::builder()
            .role(shape::text_or_empty(wanted, "role"))
            .set_rules(Some(rules))
            .build()
            .map_err(incomplete)?;
        let call = s3.put_bucket_replication().bucket(&place.bucket).replication_configuration(setting);
        call.set_token(shape::text(wanted, "token")).send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, known: &Value) -> Result<Option<Json>, Failure> {
        let answer = s3.get_bucket_replication().bucket(&place.bucket).send().await.map_err(fail)?;
        Ok(answer.replication_configuration.map(|mut setting| {
            let ids: Vec<&str> =
                shape::many(known, "rule").iter().filter_map(|rule| rule.get_str("id")).collect();
            // The service keeps no order of rules; new ones come last.
            setting.rules.sort_by_key(|rule| {
                let id = rule.id().unwrap_or_default();
                ids.iter().position(|known| *known == id).unwrap_or(ids.len())
            });
            json!({ "role": setting.role, "rule": shape::each(&setting.rules, seen) })
        }))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        s3.delete_bucket_replication().bucket(&place.bucket).send().await.map(drop).map_err(fail)
    }
}
