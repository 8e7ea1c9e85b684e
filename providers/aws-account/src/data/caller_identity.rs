//! `aws_caller_identity`: whose credentials are in use.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ProviderError, ReadDataRequest};

use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;

/// The data source.
pub struct CallerIdentity;

impl DataSource for CallerIdentity {
    fn kind(&self) -> &'static str {
        "aws_caller_identity"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let identity = context.identity().await?;
            Ok(Builder::new(registry::data_schema(self.kind()), &request.config)
                .str("id", Some(&identity.account_id))
                .str("account_id", Some(&identity.account_id))
                .str("arn", Some(&identity.arn))
                .str("user_id", Some(&identity.user_id))
                .build())
        })
    }
}
