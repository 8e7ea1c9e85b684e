//! `aws_s3_bucket_public_access_block`: what a bucket refuses to make public.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use evenkeel_model::Value;
use serde_json::{Value as Json, json};

use crate::errors::Failure;
use crate::place::Place;
use crate::setting::{Setting, fail};

/// The setting.
pub struct PublicAccessBlock;

impl Setting for PublicAccessBlock {
    const KIND: &'static str = "aws_s3_bucket_public_access_block";
    const TITLE: &'static str = "S3 Bucket Public Access Block";

    async fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        _: Option<&Value>,
        _: &str,
    ) -> Result<(), Failure> {
        let is_set = |name: &str| wanted.get_bool(name).unwrap_or_default();
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(is_set("block_public_acls"))
            .block_public_policy(is_set("block_public_policy"))
            .ignore_public_acls(is_set("ignore_public_acls"))
            .restrict_public_buckets(is_set("restrict_public_buckets"))
            .build();
        let call =
            s3.put_public_access_block().bucket(&place.bucket).public_access_block_configuration(block);
        call.send().await.map(drop).map_err(fail)
    }

    async fn get(s3: &Client, place: &Place, _: &Value) -> Result<Option<Json>, Failure> {
        let answer = s3.get_public_access_block().bucket(&place.bucket).send().await.map_err(fail)?;
        Ok(answer.public_access_block_configuration.map(|block| {
            json!({
                "block_public_acls": block.block_public_acls,
                "block_public_policy": block.block_public_policy,
                "ignore_public_acls": block.ignore_public_acls,
                "restrict_public_buckets": block.restrict_public_buckets,
            })
        }))
    }

    async fn clear(s3: &Client, place: &Place, _: &Value) -> Result<(), Failure> {
        s3.delete_public_access_block().bucket(&place.bucket).send().await.map(drop).map_err(fail)
    }

    fn is_kept(prior: &Value) -> bool {
        prior.get_bool("skip_destroy").unwrap_or_default()
    }
}
