//! `aws_s3_object`: one object of a bucket, with content that stands in configuration.
//!
//! Writing is one call that replaces what was there, so it may be repeated. What only concerns tags
//! or the access list is changed without writing the content again. Reading is in
//! [`super::object_read`].

use std::sync::Arc;

use aws_sdk_s3 as s3;
use base64::Engine;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, diff, propose,
};
use s3::primitives::ByteStream;
use s3::types::{ObjectCannedAcl, ServerSideEncryption, StorageClass};

use super::delete::{Versions, delete_versions};
use super::object_read::{content_is_planned, identity, read, tags_of};
use super::{observe_each, tagging};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::resource::Resource;
use crate::tags;

/// The type name.
pub(super) const KIND: &str = "aws_s3_object";

/// The attributes whose change writes the object again.
const WRITTEN: [&str; 14] = [
    "cache_control",
    "content",
    "content_base64",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "etag",
    "kms_key_id",
    "metadata",
    "server_side_encryption",
    "source_hash",
    "storage_class",
    "website_redirect",
];

/// The resource type.
pub struct Object;

impl Resource for Object {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let keys =
            config.get("metadata").and_then(Value::as_entries).into_iter().flatten().map(|(key, _)| key);
        for key in keys.filter(|key| key.chars().any(char::is_uppercase)) {
            diagnostics.push(Diagnostic::error(
                "Invalid metadata key",
                format!("Metadata must be lowercase only. Offending key: \"{key}\"."),
            ));
        }
        let encoded = config.get_str("content_base64");
        if encoded.is_some_and(|text| decode_base64(text).is_none()) {
            diagnostics.push(Diagnostic::error(
                "Invalid base64",
                "The value of content_base64 is not base64. Use content for text, or filebase64 or base64encode.",
            ));
        }
        diagnostics
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(schema, request)
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
            write(context, &request.planned, "creating S3 Object", Effect::Create).await?;
            Ok(read_back(context, &request.planned).await?)
        })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            let (prior, planned) = (&request.prior, &request.planned);
            if WRITTEN.iter().any(|name| differs(prior, planned, name)) {
                write(context, planned, "updating S3 Object", Effect::Update).await?;
            } else {
                update_tags(context, prior, planned).await?;
                update_acl(context, prior, planned).await?;
            }
            Ok(read_back(context, planned).await?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let (bucket, key) = identity(&request.prior);
            let is_versioned = request.prior.get_str("version_id").is_some_and(|version| !version.is_empty());
            if is_versioned {
                let bypass = request.prior.get_bool("force_destroy").unwrap_or_default();
                delete_versions(&context.s3(), bucket, Versions::OfKey(key), bypass).await?;
                return Ok(());
            }
            match context.s3().delete_object().bucket(bucket).key(key).send().await {
                Ok(_) => Ok(()),
                Err(error) => {
                    let failure = Failure::from(&error);
                    match failure.is_gone() {
                        true => Ok(()),
                        false => Err(provider_error("deleting S3 Object", Effect::Delete, &failure).into()),
                    }
                }
            }
        })
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            match content_is_planned(context, &request.planned).await? {
                true => read(context, &request.planned).await,
                false => Ok(None),
            }
        })
    }
}

fn differs(prior: &Value, planned: &Value, name: &str) -> bool {
    match (prior.get(name), planned.get(name)) {
        (Some(prior), Some(planned)) => !diff::same(prior, planned),
        (prior, planned) => prior.is_some() != planned.is_some(),
    }
}

/// The bytes that the object shall have; none are configured for an empty object.
pub(super) fn body(planned: &Value) -> Option<Vec<u8>> {
    match (planned.get_str("content"), planned.get_str("content_base64")) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(encoded)) => decode_base64(encoded),
        (None, None) => Some(Vec::new()),
    }
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()
}

async fn write(
    context: &Context,
    planned: &Value,
    operation: &str,
    effect: Effect,
) -> Result<(), ProviderError> {
    let (bucket, key) = identity(planned);
    let body = body(planned).ok_or_else(|| {
        ProviderError::new(ErrorKind::Invalid, operation, "the value of content_base64 is not base64.")
    })?;
    let text = |name: &str| planned.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let metadata = planned.get("metadata").map(tags::from_value).filter(|metadata| !metadata.is_empty());
    let all_tags = planned.get("tags_all").map(tags::from_value).filter(|tags| !tags.is_empty());
    let encryption = match text("kms_key_id") {
        Some(_) => Some(text("server_side_encryption").unwrap_or_else(|| "aws:kms".into())),
        None => text("server_side_encryption"),
    };
    let sent = context
        .s3()
        .put_object()
        .bucket(bucket)
        .key(key)
        .body(ByteStream::from(body))
        .set_acl(text("acl").as_deref().map(ObjectCannedAcl::from))
        .set_cache_control(text("cache_control"))
        .set_content_disposition(text("content_disposition"))
        .set_content_encoding(text("content_encoding"))
        .set_content_language(text("content_language"))
        .set_content_type(text("content_type"))
        .set_metadata(metadata.map(|metadata| metadata.into_iter().collect()))
        .set_server_side_encryption(encryption.as_deref().map(ServerSideEncryption::from))
        .set_ssekms_key_id(text("kms_key_id"))
        .set_storage_class(text("storage_class").as_deref().map(StorageClass::from))
        .set_tagging(all_tags.as_ref().map(tagging::to_header))
        .set_website_redirect_location(text("website_redirect"))
        .send()
        .await;
    sent.map(drop).map_err(|error| from_sdk(operation, effect, &error))
}

async fn update_tags(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    let change = tags::change(prior, planned);
    if change.is_empty() {
        return Ok(());
    }
    let operation = "tagging S3 Object";
    let (bucket, key) = identity(planned);
    let after = tagging::changed(tags_of(context, bucket, key).await?, &change);
    if after.is_empty() {
        let sent = context.s3().delete_object_tagging().bucket(bucket).key(key).send().await;
        return sent.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error));
    }
    let call = context.s3().put_object_tagging().bucket(bucket).key(key).tagging(tagging::to_api(&after));
    call.send().await.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}

async fn update_acl(context: &Context, prior: &Value, planned: &Value) -> Result<(), ProviderError> {
    let Some(acl) = planned.get_str("acl").filter(|_| differs(prior, planned, "acl")) else { return Ok(()) };
    let (bucket, key) = identity(planned);
    let call = context.s3().put_object_acl().bucket(bucket).key(key).acl(ObjectCannedAcl::from(acl));
    let operation = "putting S3 Object ACL";
    call.send().await.map(drop).map_err(|error| from_sdk(operation, Effect::Update, &error))
}

async fn read_back(context: &Context, planned: &Value) -> Result<Value, ProviderError> {
    read(context, planned).await?.ok_or_else(|| {
        let (bucket, key) = identity(planned);
        let detail = format!("the object {bucket}/{key} is not there after it was written.");
        ProviderError::new(ErrorKind::Unknown, "reading S3 Object", detail)
    })
}
