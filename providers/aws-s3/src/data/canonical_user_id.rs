//! `aws_canonical_user_id`: the identifier by which access lists of S3 know the account.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// The data source.
pub struct CanonicalUserId;

impl DataSource for CanonicalUserId {
    fn kind(&self) -> &'static str {
        "aws_canonical_user_id"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let operation = "reading the canonical user of the account: listing S3 Buckets";
            let answer = context.s3().list_buckets().send().await;
            let answer = answer.map_err(|error| from_sdk(operation, Effect::Read, &error))?;
            let owner = answer.owner.and_then(|owner| Some((owner.id?, owner.display_name)));
            let missing = || provider_error(operation, Effect::Read, &Failure::incomplete("owner"));
            let (id, name) = owner.ok_or_else(missing)?;
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(id))
                .str("display_name", Some(name.unwrap_or_default()))
                .build())
        })
    }
}
