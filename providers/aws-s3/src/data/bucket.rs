//! `aws_s3_bucket`: what follows from a bucket's name and region.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, provider_error};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::website::endpoint;
use crate::{regions, registry};

/// The data source.
pub struct Bucket;

impl DataSource for Bucket {
    fn kind(&self) -> &'static str {
        "aws_s3_bucket"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = request.config.get_str("bucket").unwrap_or_default();
            let region = region(context, name).await?;
            let suffix = context.dns_suffix();
            let (domain, endpoint) = endpoint(name, &region);
            let zone = regions::find(&region).map(|region| region.s3_zone).unwrap_or_default();
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(name))
                .str("arn", Some(format!("arn:{}:s3:::{name}", context.partition())))
                .str("bucket_domain_name", Some(format!("{name}.s3.{suffix}")))
                .str("bucket_region", Some(&region))
                .str("bucket_regional_domain_name", Some(format!("{name}.s3.{region}.{suffix}")))
                .str("hosted_zone_id", Some(zone))
                .str("region", Some(context.region()))
                .str("website_domain", Some(domain))
                .str("website_endpoint", Some(endpoint))
                .build())
        })
    }
}

/// The region that a bucket is in.
async fn region(context: &Context, name: &str) -> Result<String, ProviderError> {
    let operation = format!("reading S3 Bucket ({name})");
    match context.s3().head_bucket().bucket(name).send().await {
        Ok(answer) => Ok(answer.bucket_region.unwrap_or_else(|| context.region().to_owned())),
        Err(error) => {
            let failure = Failure::from(&error);
            match failure.is_gone() {
                true => Err(ProviderError::new(ErrorKind::Gone, operation, "there is no such bucket.")),
                false => Err(provider_error(operation, Effect::Read, &failure)),
            }
        }
    }
}
