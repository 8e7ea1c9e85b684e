//! `aws_s3_bucket_policy`: the policy of a bucket, whoever manages it.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, from_sdk};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// The data source.
pub struct BucketPolicy;

impl DataSource for BucketPolicy {
    fn kind(&self) -> &'static str {
        "aws_s3_bucket_policy"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = request.config.get_str("bucket").unwrap_or_default();
            let operation = format!("reading S3 Bucket Policy ({name})");
            let answer = context.s3().get_bucket_policy().bucket(name).send().await;
            let answer = answer.map_err(|error| from_sdk(operation, Effect::Read, &error))?;
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(name))
                .str("policy", Some(answer.policy.unwrap_or_default()))
                .str("region", Some(context.region()))
                .build())
        })
    }
}
