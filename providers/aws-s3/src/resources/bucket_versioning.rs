//! `aws_s3_bucket_versioning`: a setting of a bucket that exists as long as the bucket does.
//!
//! Making it and changing it are the same call, which may be repeated. Removing it suspends
//! versioning, because the service knows no way back to "never had it".

use std::sync::Arc;

use aws_sdk_s3 as s3;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Type, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, propose,
};
use s3::types::{BucketVersioningStatus, VersioningConfiguration};

use super::{observe_each, required};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::object::Builder;
use crate::registry;
use crate::resource::Resource;

const KIND: &str = "aws_s3_bucket_versioning";
const DISABLED: &str = "Disabled";

/// The resource type.
pub struct BucketVersioning;

impl Resource for BucketVersioning {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let before = request.prior.map(status).unwrap_or(DISABLED);
        if before != DISABLED && status(&change.planned) == DISABLED && change.replace.is_empty() {
            change.diagnostics.push(Diagnostic::error(
                "Invalid versioning status",
                format!(
                    "versioning_configuration.status cannot be changed from \"{before}\" to \"{DISABLED}\": a bucket \
                     that had versioning once can only suspend it. Use \"Suspended\"."
                ),
            ));
        }
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
        Box::pin(async move {
            let wanted = status(&request.planned);
            if wanted != DISABLED {
                write(context, &request.planned, wanted, "creating S3 Bucket Versioning", Effect::Update)
                    .await?;
            }
            Ok(read_back(context, &request.planned).await?)
        })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            let wanted = status(&request.planned);
            if wanted != DISABLED {
                write(context, &request.planned, wanted, "updating S3 Bucket Versioning", Effect::Update)
                    .await?;
            }
            Ok(read_back(context, &request.planned).await?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            if status(&request.prior) == DISABLED {
                return Ok(());
            }
            let operation = "deleting S3 Bucket Versioning";
            match write(context, &request.prior, "Suspended", operation, Effect::Delete).await {
                Err(error) if error.kind == ErrorKind::Gone => Ok(()),
                other => Ok(other?),
            }
        })
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let found = read(context, &request.planned).await?;
            Ok(found.filter(|found| status(found) == status(&request.planned)))
        })
    }
}

fn status(object: &Value) -> &str {
    let blocks = object.get("versioning_configuration").and_then(Value::as_elements).unwrap_or_default();
    blocks.first().and_then(|block| block.get_str("status")).unwrap_or(DISABLED)
}

/// Bucket and expected owner; the identifier has both when only that is known.
fn identity(object: &Value) -> (&str, Option<&str>) {
    let owner = object.get_str("expected_bucket_owner").filter(|owner| !owner.is_empty());
    match object.get_str("bucket") {
        Some(bucket) => (bucket, owner),
        None => match required(object, "id").split_once(',') {
            Some((bucket, owner)) => (bucket, Some(owner)),
            None => (required(object, "id"), None),
        },
    }
}

async fn write(
    context: &Context,
    object: &Value,
    status: &str,
    operation: &str,
    effect: Effect,
) -> Result<(), ProviderError> {
    let (bucket, owner) = identity(object);
    let setting = VersioningConfiguration::builder().status(BucketVersioningStatus::from(status)).build();
    let sent = context
        .s3()
        .put_bucket_versioning()
        .bucket(bucket)
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .versioning_configuration(setting)
        .send()
        .await;
    sent.map(drop).map_err(|error| from_sdk(operation, effect, &error))
}

async fn read_back(context: &Context, planned: &Value) -> Result<Value, ProviderError> {
    read(context, planned).await?.ok_or_else(|| {
        let (bucket, _) = identity(planned);
        let detail = format!("the bucket {bucket} does not exist.");
        ProviderError::new(ErrorKind::Gone, "reading S3 Bucket Versioning", detail)
    })
}

async fn read(context: &Context, known: &Value) -> Result<Option<Value>, ProviderError> {
    let (bucket, owner) = identity(known);
    let sent = context
        .s3()
        .get_bucket_versioning()
        .bucket(bucket)
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .send()
        .await;
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => {
            let failure = Failure::from(&error);
            return match failure.is_gone() {
                true => Ok(None),
                false => Err(provider_error("reading S3 Bucket Versioning", Effect::Read, &failure)),
            };
        }
    };
    let status = answer.status.as_ref().map_or(DISABLED, BucketVersioningStatus::as_str);
    Ok(Some(build(context, bucket, owner, status, known)))
}

fn build(context: &Context, bucket: &str, owner: Option<&str>, status: &str, known: &Value) -> Value {
    let schema = registry::schema(KIND);
    let block = Value::object([("status", Value::string(status)), ("mfa_delete", Value::null(Type::String))]);
    let id = owner.map_or_else(|| bucket.to_owned(), |owner| format!("{bucket},{owner}"));
    Builder::new(schema, known)
        .str("id", Some(id))
        .str("bucket", Some(bucket))
        .str("expected_bucket_owner", owner)
        .str("region", Some(context.region()))
        .set("versioning_configuration", Value::list(block.ty(), [block]))
        .build()
}
