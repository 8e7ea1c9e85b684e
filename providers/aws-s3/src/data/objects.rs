//! `aws_s3_objects`: the names of the objects of a bucket.

use std::sync::Arc;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, RequestPayer};
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, from_sdk};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::{registry, shape};

/// What one page has at most.
const PAGE: i64 = 1_000;

/// The data source.
pub struct Objects;

/// What was found so far.
#[derive(Default)]
struct Found {
    keys: Vec<String>,
    owners: Vec<String>,
    prefixes: Vec<String>,
    charged: String,
}

impl DataSource for Objects {
    fn kind(&self) -> &'static str {
        "aws_s3_objects"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let config = &request.config;
            let found = list(context, config).await?;
            Ok(Builder::new(registry::data_schema(self.kind()), config)
                .str("id", config.get_str("bucket"))
                .string_list("keys", found.keys)
                .string_list("owners", found.owners)
                .string_list("common_prefixes", found.prefixes)
                .str("request_charged", Some(found.charged))
                .str("region", Some(context.region()))
                .build())
        })
    }
}

async fn list(context: &Context, config: &Value) -> Result<Found, ProviderError> {
    let bucket = config.get_str("bucket").unwrap_or_default();
    let most = usize::try_from(config.get_i64("max_keys").unwrap_or(PAGE)).unwrap_or_default();
    let mut found = Found::default();
    let mut next = None;
    loop {
        let call = context
            .s3()
            .list_objects_v2()
            .bucket(bucket)
            .max_keys(i32::try_from(most.min(1_000)).unwrap_or(1_000))
            .set_continuation_token(next.take())
            .set_delimiter(shape::text(config, "delimiter"))
            .set_encoding_type(shape::text(config, "encoding_type").as_deref().map(EncodingType::from))
            .set_fetch_owner(config.get_bool("fetch_owner"))
            .set_prefix(shape::text(config, "prefix"))
            .set_request_payer(shape::text(config, "request_payer").as_deref().map(RequestPayer::from))
            .set_start_after(shape::text(config, "start_after"));
        let operation = format!("listing the objects of S3 Bucket ({bucket})");
        let page = call.send().await.map_err(|error| from_sdk(operation, Effect::Read, &error))?;
        next = page.next_continuation_token.clone();
        found.add(page, most);
        if next.is_none() || found.keys.len() >= most {
            return Ok(found);
        }
    }
}

impl Found {
    fn add(&mut self, page: ListObjectsV2Output, most: usize) {
        self.charged =
            page.request_charged.as_ref().map(|charged| charged.as_str().to_owned()).unwrap_or_default();
        self.prefixes.extend(page.common_prefixes.into_iter().flatten().filter_map(|prefix| prefix.prefix));
        let room = most.saturating_sub(self.keys.len());
        for object in page.contents.into_iter().flatten().take(room) {
            self.owners.extend(object.owner.and_then(|owner| owner.id));
            self.keys.push(object.key.unwrap_or_default());
        }
    }
}
