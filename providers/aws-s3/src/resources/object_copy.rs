//! `aws_s3_object_copy`: an object that is a copy of another one.
//!
//! Any change copies again, over what was there; copying twice gives the same object, so that an
//! interrupted copy is made again and never looked for.

use std::sync::Arc;

use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, MetadataDirective, ObjectCannedAcl, ObjectLockLegalHoldStatus,
    ObjectLockMode, RequestPayer, ServerSideEncryption, StorageClass, TaggingDirective,
};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest,
};

use super::object::{self, plan, remove};
use super::object_read::{checksums, hidden, policy, tags_of};
use super::{observe_each, tagging};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::object::Builder;
use crate::resource::Resource;
use crate::tags::{self, Tags};
use crate::{registry, shape};

const KIND: &str = "aws_s3_object_copy";

/// The resource type.
pub struct ObjectCopy;

impl Resource for ObjectCopy {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        plan(schema, request)
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
        Box::pin(async move { Ok(copy(context, &request.planned, Effect::Create).await?) })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move { Ok(copy(context, &request.planned, Effect::Update).await?) })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move { Ok(remove(context, &request.prior).await?) })
    }

    fn unlisted(&self) -> Option<&'static str> {
        Some(object::LISTED_AS)
    }

    fn find<'a>(
        &'a self,
        _: &'a Arc<Context>,
        _: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move { Ok(None) })
    }
}

/// The name of the original in the form of the header.
fn source(text: &str) -> String {
    text.split('/').map(tagging::percent).collect::<Vec<String>>().join("/")
}

async fn copy(context: &Context, planned: &Value, effect: Effect) -> Result<Value, ProviderError> {
    let operation = "copying S3 Object";
    let text = |name: &str| shape::text(planned, name);
    let call = context
        .s3()
        .copy_object()
        .set_bucket(text("bucket"))
        .set_key(text("key"))
        .copy_source(source(&text("source").unwrap_or_default()));
    let call = granted(described(conditioned(encrypted(call, planned), planned), planned), planned);
    let answer = call.send().await.map_err(|error| from_sdk(operation, effect, &error))?;
    let found = read(context, planned).await?.ok_or_else(|| {
        ProviderError::new(ErrorKind::Unknown, operation, "the copy is not there after it was made.")
    })?;
    // What only the answer to the copy tells.
    let charged = Value::bool(answer.request_charged.is_some());
    let version = Value::string(answer.copy_source_version_id.unwrap_or_default());
    Ok(found.with_attribute("request_charged", charged).with_attribute("source_version_id", version))
}

fn conditioned(call: CopyObjectFluentBuilder, planned: &Value) -> CopyObjectFluentBuilder {
    let text = |name: &str| shape::text(planned, name);
    call.set_copy_source_if_match(text("copy_if_match"))
        .set_copy_source_if_modified_since(shape::date(planned, "copy_if_modified_since"))
        .set_copy_source_if_none_match(text("copy_if_none_match"))
        .set_copy_source_if_unmodified_since(shape::date(planned, "copy_if_unmodified_since"))
        .set_expected_bucket_owner(text("expected_bucket_owner"))
        .set_expected_source_bucket_owner(text("expected_source_bucket_owner"))
        .set_request_payer(text("request_payer").as_deref().map(RequestPayer::from))
}

fn encrypted(call: CopyObjectFluentBuilder, planned: &Value) -> CopyObjectFluentBuilder {
    let text = |name: &str| shape::text(planned, name);
    let kms = text("kms_key_id");
    let encryption = text("server_side_encryption").or_else(|| kms.as_ref().map(|_| "aws:kms".to_owned()));
    call.set_bucket_key_enabled(planned.get_bool("bucket_key_enabled"))
        .set_checksum_algorithm(text("checksum_algorithm").as_deref().map(ChecksumAlgorithm::from))
        .set_sse_customer_algorithm(text("customer_algorithm"))
        .set_sse_customer_key(text("customer_key"))
        .set_sse_customer_key_md5(text("customer_key_md5"))
        .set_copy_source_sse_customer_algorithm(text("source_customer_algorithm"))
        .set_copy_source_sse_customer_key(text("source_customer_key"))
        .set_copy_source_sse_customer_key_md5(text("source_customer_key_md5"))
        .set_ssekms_encryption_context(text("kms_encryption_context"))
        .set_ssekms_key_id(kms)
        .set_server_side_encryption(encryption.as_deref().map(ServerSideEncryption::from))
}

/// Tags replace those of the original where there are any, unless configuration says otherwise.
fn described(call: CopyObjectFluentBuilder, planned: &Value) -> CopyObjectFluentBuilder {
    let text = |name: &str| shape::text(planned, name);
    let all = planned.get("tags_all").map(tags::from_value).filter(|tags| !tags.is_empty());
    let replace = all.as_ref().map(|_| "REPLACE".to_owned());
    let metadata = planned.get("metadata").map(tags::from_value).filter(|metadata| !metadata.is_empty());
    let hold = text("object_lock_legal_hold_status");
    call.set_cache_control(text("cache_control"))
        .set_content_disposition(text("content_disposition"))
        .set_content_encoding(text("content_encoding"))
        .set_content_language(text("content_language"))
        .set_content_type(text("content_type"))
        .set_expires(shape::date(planned, "expires"))
        .set_metadata(metadata.map(|metadata| metadata.into_iter().collect()))
        .set_metadata_directive(text("metadata_directive").as_deref().map(MetadataDirective::from))
        .set_object_lock_legal_hold_status(hold.as_deref().map(ObjectLockLegalHoldStatus::from))
        .set_object_lock_mode(text("object_lock_mode").as_deref().map(ObjectLockMode::from))
        .set_object_lock_retain_until_date(shape::date(planned, "object_lock_retain_until_date"))
        .set_storage_class(text("storage_class").as_deref().map(StorageClass::from))
        .set_tagging(all.as_ref().map(tagging::to_header))
        .set_tagging_directive(text("tagging_directive").or(replace).as_deref().map(TaggingDirective::from))
        .set_website_redirect_location(text("website_redirect"))
}

fn granted(call: CopyObjectFluentBuilder, planned: &Value) -> CopyObjectFluentBuilder {
    let to = |permission: &str| {
        let grants = shape::many(planned, "grant").iter();
        let grants = grants.filter(|grant| {
            shape::texts(grant, "permissions")
                .is_some_and(|permissions| permissions.iter().any(|p| p == permission))
        });
        let grantees: Vec<String> = grants.map(grantee).collect();
        (!grantees.is_empty()).then(|| grantees.join(","))
    };
    call.set_acl(shape::text(planned, "acl").as_deref().map(ObjectCannedAcl::from))
        .set_grant_full_control(to("FULL_CONTROL"))
        .set_grant_read(to("READ"))
        .set_grant_read_acp(to("READ_ACP"))
        .set_grant_write_acp(to("WRITE_ACP"))
}

fn grantee(grant: &Value) -> String {
    let text = |name: &str| shape::text_or_empty(grant, name);
    match text("type").as_str() {
        "AmazonCustomerByEmail" => format!("emailaddress={}", text("email")),
        "CanonicalUser" => format!("id={}", text("id")),
        _ => format!("uri={}", text("uri")),
    }
}

async fn read(context: &Context, known: &Value) -> Result<Option<Value>, ProviderError> {
    let text = |name: &str| shape::text(known, name);
    let call = context
        .s3()
        .head_object()
        .set_bucket(text("bucket"))
        .set_key(text("key"))
        .set_expected_bucket_owner(text("expected_bucket_owner"))
        .set_checksum_mode(text("checksum_algorithm").map(|_| ChecksumMode::Enabled))
        .set_sse_customer_algorithm(text("customer_algorithm"))
        .set_sse_customer_key(text("customer_key"))
        .set_sse_customer_key_md5(text("customer_key_md5"));
    let head = match call.send().await.map_err(|error| Failure::from(&error)) {
        Ok(head) => head,
        Err(failure) if failure.is_gone() => return Ok(None),
        Err(failure) => return Err(provider_error("reading S3 Object copy", Effect::Read, &failure)),
    };
    // Where configuration has no tags, the copy has those of the original, which are not its own.
    let has_tags = known.get("tags_all").map(tags::from_value).is_some_and(|tags| !tags.is_empty());
    let found = match has_tags {
        true => {
            tags_of(context, &text("bucket").unwrap_or_default(), &text("key").unwrap_or_default()).await?
        }
        false => Tags::new(),
    };
    Ok(Some(build(context, &head, &found, known)))
}

fn build(context: &Context, head: &HeadObjectOutput, found: &Tags, known: &Value) -> Value {
    let (bucket, key) = (shape::text_or_empty(known, "bucket"), shape::text_or_empty(known, "key"));
    let metadata =
        known.get("metadata").filter(|metadata| metadata.is_wholly_known() && !metadata.is_null()).cloned();
    let seen = || tags::to_value(&hidden(head.metadata()));
    let until = head.object_lock_retain_until_date.as_ref().and_then(shape::date_text);
    checksums(Builder::new(registry::schema(KIND), known), head)
        .str("id", Some(&key))
        .str("arn", Some(format!("arn:{}:s3:::{bucket}/{key}", context.partition())))
        .str("region", Some(context.region()))
        .bool("bucket_key_enabled", Some(head.bucket_key_enabled.unwrap_or_default()))
        .str("cache_control", Some(head.cache_control().unwrap_or_default()))
        .str("content_disposition", Some(head.content_disposition().unwrap_or_default()))
        .str("content_encoding", Some(head.content_encoding().unwrap_or_default()))
        .str("content_language", Some(head.content_language().unwrap_or_default()))
        .str("content_type", Some(head.content_type().unwrap_or_default()))
        .str("customer_algorithm", Some(head.sse_customer_algorithm().unwrap_or_default()))
        .str("customer_key_md5", Some(head.sse_customer_key_md5().unwrap_or_default()))
        .str("etag", Some(head.e_tag().unwrap_or_default().trim_matches('"')))
        .str("expiration", Some(head.expiration().unwrap_or_default()))
        .str("kms_encryption_context", Some(shape::text_or_empty(known, "kms_encryption_context")))
        .str("kms_key_id", Some(head.ssekms_key_id().unwrap_or_default()))
        .str("last_modified", head.last_modified.as_ref().and_then(shape::date_text))
        .set("metadata", if head.metadata().is_some() { seen() } else { metadata.unwrap_or_else(seen) })
        .str(
            "object_lock_legal_hold_status",
            Some(head.object_lock_legal_hold_status().map_or("", |hold| hold.as_str())),
        )
        .str("object_lock_mode", Some(head.object_lock_mode().map_or("", |mode| mode.as_str())))
        .str("object_lock_retain_until_date", Some(until.unwrap_or_default()))
        .str(
            "server_side_encryption",
            Some(head.server_side_encryption().map_or("AES256", |kind| kind.as_str())),
        )
        .str("storage_class", Some(head.storage_class().map_or("STANDARD", |class| class.as_str())))
        .str("version_id", Some(head.version_id().filter(|version| *version != "null").unwrap_or_default()))
        .str("website_redirect", Some(head.website_redirect_location().unwrap_or_default()))
        .tags(policy(context, known).observed(found, known))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn originals_are_named_in_the_form_of_the_header() {
        assert_eq!(source("b/a key/ü"), "b/a%20key/%C3%BC");
    }
}
