//! `aws_s3_account_public_access_block`: what the buckets of an account refuse to make public.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, PlanRequest, PlannedChange,
    ProviderError, UpdateRequest, check, propose,
};

use super::observe_each;
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::object::Builder;
use crate::resource::Resource;
use crate::{registry, shape, wait, words};

const KIND: &str = "aws_s3_account_public_access_block";
/// How long the service may take until the setting is seen as it was written.
const PROPAGATION: Duration = Duration::from_secs(120);
const REFUSALS: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/// The resource type.
pub struct AccountPublicAccessBlock;

impl Resource for AccountPublicAccessBlock {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        change.planned = match request.prior {
            Some(prior) => words::of_object(schema, Some(prior), change.planned),
            None => change.planned,
        };
        change
    }

    fn observe<'a>(
        &'a self,
        context: &'a Arc<Context>,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(observe_each(requests, move |request| async move { read(context, &request.prior).await }))
    }

    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move { Ok(write(context, &request.planned, Effect::Create).await?) })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move { Ok(write(context, &request.planned, Effect::Update).await?) })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let account = account(context, &request.prior).await?;
            let sent = context.s3_control().delete_public_access_block().account_id(account).send().await;
            match sent.map_err(|error| Failure::from(&error)) {
                Ok(_) => Ok(()),
                Err(failure) if failure.is_gone() => Ok(()),
                Err(failure) => {
                    let operation = "deleting S3 Account Public Access Block";
                    Err(provider_error(operation, Effect::Delete, &failure).into())
                }
            }
        })
    }

    fn unlisted(&self) -> Option<&'static str> {
        Some("Every account has this setting, once.")
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let found = read(context, &request.planned).await?;
            Ok(found.filter(|found| check::refined(&request.planned, found).is_empty()))
        })
    }
}

/// The account: the configured one, the one of an import, or the credentials'.
async fn account(context: &Context, object: &Value) -> Result<String, ProviderError> {
    match shape::text(object, "account_id").or_else(|| shape::text(object, "id")) {
        Some(account) => Ok(account),
        None => Ok(context.identity().await?.account_id.clone()),
    }
}

async fn write(context: &Context, planned: &Value, effect: Effect) -> Result<Value, ProviderError> {
    let operation = "putting S3 Account Public Access Block";
    let is_set = |name: &str| planned.get_bool(name).unwrap_or_default();
    let [acls, policy, ignore, restrict] = REFUSALS.map(is_set);
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(acls)
        .block_public_policy(policy)
        .ignore_public_acls(ignore)
        .restrict_public_buckets(restrict)
        .build();
    let account = account(context, planned).await?;
    let client = context.s3_control();
    let call = client.put_public_access_block().account_id(account).public_access_block_configuration(block);
    call.send().await.map_err(|error| from_sdk(operation, effect, &error))?;
    wait::until(operation, PROPAGATION, || async {
        let found = read(context, planned).await?;
        Ok(found.filter(|found| check::refined(planned, found).is_empty()))
    })
    .await
}

async fn read(context: &Context, known: &Value) -> Result<Option<Value>, ProviderError> {
    let account = account(context, known).await?;
    let sent = context.s3_control().get_public_access_block().account_id(&account).send().await;
    let answer = match sent.map_err(|error| Failure::from(&error)) {
        Ok(answer) => answer,
        Err(failure) if failure.is_gone() => return Ok(None),
        Err(failure) => {
            return Err(provider_error("reading S3 Account Public Access Block", Effect::Read, &failure));
        }
    };
    let Some(block) = answer.public_access_block_configuration else { return Ok(None) };
    let seen = [
        block.block_public_acls,
        block.block_public_policy,
        block.ignore_public_acls,
        block.restrict_public_buckets,
    ];
    let schema = registry::schema(KIND);
    let builder = Builder::new(schema, known).str("id", Some(&account)).str("account_id", Some(&account));
    let object = REFUSALS
        .into_iter()
        .zip(seen)
        .fold(builder, |builder, (name, seen)| builder.bool(name, Some(seen.unwrap_or_default())));
    Ok(Some(words::of_object(schema, Some(known), object.build())))
}
