//! How an object is looked at.
//!
//! A change of content out of band shows through the entity tag. What the content was is known only
//! from state; so where the tag is not the remembered one, the content is fetched if it is short
//! text, for the report to show, and forgotten otherwise, so that the plan writes it again.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockLegalHoldStatus, ObjectLockMode};
use base64::Engine;
use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;

use super::object::is_tagged_alone;
use super::tagging;
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, provider_error};
use crate::object::Builder;
use crate::tags::{self, TagPolicy, Tags};
use crate::{registry, shape};

/// The key of the metadata that says which call wrote an object; configuration never sees it.
pub(super) const OWNER_METADATA: &str = "evenkeel-token";

const SHOWN_BYTES_MAX: i64 = 64 * 1024;

/// Bucket and key; from the identifier, when only that is known.
pub(super) fn identity(object: &Value) -> (&str, &str) {
    match (object.get_str("bucket"), object.get_str("key")) {
        (Some(bucket), Some(key)) => (bucket, key),
        _ => {
            let id = object.get_str("id").unwrap_or_default();
            id.strip_prefix("s3://").unwrap_or(id).split_once('/').unwrap_or((id, ""))
        }
    }
}

/// The object as it is; `known` is what is remembered or planned.
pub(super) async fn read(
    context: &Context,
    kind: &str,
    known: &Value,
) -> Result<Option<Value>, ProviderError> {
    let (bucket, key) = identity(known);
    let mode = shape::text(known, "checksum_algorithm").map(|_| ChecksumMode::Enabled);
    let Some(head) = head(context, bucket, key, mode).await? else { return Ok(None) };
    let remembered = known.get("tags_all").map(tags::from_value).unwrap_or_default();
    // Emulators count no tags; of an imported object nothing is remembered.
    let is_imported = known.get("etag").is_none_or(Value::is_null);
    let found = match head.tag_count.unwrap_or_default() > 0 || !remembered.is_empty() || is_imported {
        true => tags_of(context, bucket, key).await?,
        false => Tags::new(),
    };
    let object = build(context, kind, &head, &found, known);
    match content_changed(known, etag(&head)) {
        true => with_real_content(context, bucket, key, &head, object).await.map(Some),
        false => Ok(Some(object)),
    }
}

/// Which call wrote the object, if one of this program did.
pub(super) async fn owner(context: &Context, planned: &Value) -> Result<Option<String>, ProviderError> {
    let (bucket, key) = identity(planned);
    let head = head(context, bucket, key, None).await?;
    Ok(head.and_then(|head| head.metadata.and_then(|metadata| metadata.get(OWNER_METADATA).cloned())))
}

/// What the service says about an object without its content; `None` when it is not there.
pub(super) async fn head(
    context: &Context,
    bucket: &str,
    key: &str,
    mode: Option<ChecksumMode>,
) -> Result<Option<HeadObjectOutput>, ProviderError> {
    match context.s3().head_object().bucket(bucket).key(key).set_checksum_mode(mode).send().await {
        Ok(head) => Ok(Some(head)),
        Err(error) => {
            let failure = Failure::from(&error);
            match failure.is_gone() {
                true => Ok(None),
                false => Err(provider_error("reading S3 Object", Effect::Read, &failure)),
            }
        }
    }
}

/// The tags of an object; none when it is gone by now.
pub(crate) async fn tags_of(context: &Context, bucket: &str, key: &str) -> Result<Tags, ProviderError> {
    match context.s3().get_object_tagging().bucket(bucket).key(key).send().await {
        Ok(answer) => Ok(tagging::from_api(answer.tag_set)),
        Err(error) => {
            let failure = Failure::from(&error);
            match failure.is_gone() {
                true => Ok(Tags::new()),
                false => Err(provider_error("reading the tags of S3 Object", Effect::Read, &failure)),
            }
        }
    }
}

fn etag(head: &HeadObjectOutput) -> &str {
    head.e_tag().unwrap_or_default().trim_matches('"')
}

fn content_changed(known: &Value, etag: &str) -> bool {
    known.get_str("etag").is_some_and(|remembered| remembered != etag)
}

async fn with_real_content(
    context: &Context,
    bucket: &str,
    key: &str,
    head: &HeadObjectOutput,
    object: Value,
) -> Result<Value, ProviderError> {
    let is_shown = head.content_length.is_some_and(|length| (0..=SHOWN_BYTES_MAX).contains(&length));
    let bytes = match is_shown {
        true => fetch(context, bucket, key).await?,
        false => None,
    };
    let is_set = |name: &str| object.get(name).is_some_and(|value| !value.is_null());
    let text =
        bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|_| is_set("content"));
    let encoded = bytes.as_deref().filter(|_| is_set("content_base64"));
    let encoded = encoded.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes));
    let null = || Value::null(Type::String);
    Ok(object
        .with_attribute("content", text.map_or_else(null, Value::string))
        .with_attribute("content_base64", encoded.map_or_else(null, Value::string)))
}

/// The bytes of an object; `None` when it is gone.
async fn fetch(context: &Context, bucket: &str, key: &str) -> Result<Option<Vec<u8>>, ProviderError> {
    let operation = "reading S3 Object";
    let answer = match context.s3().get_object().bucket(bucket).key(key).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let failure = Failure::from(&error);
            return match failure.is_gone() {
                true => Ok(None),
                false => Err(provider_error(operation, Effect::Read, &failure)),
            };
        }
    };
    match answer.body.collect().await {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(error) => {
            let detail = format!("the content could not be read to its end: {error}.");
            let kind = evenkeel_provider::ErrorKind::Retry { after_ms: 1_000 };
            Err(ProviderError::new(kind, operation, detail))
        }
    }
}

fn build(context: &Context, kind: &str, head: &HeadObjectOutput, found: &Tags, known: &Value) -> Value {
    let (bucket, key) = identity(known);
    let encryption = head.server_side_encryption().map_or("AES256", |encryption| encryption.as_str());
    let hold = head.object_lock_legal_hold_status.as_ref().map(ObjectLockLegalHoldStatus::as_str);
    let builder = Builder::new(registry::schema(kind), known);
    checksums(builder, head)
        .str("id", Some(format!("{bucket}/{key}")))
        .str("bucket", Some(bucket))
        .str("key", Some(key))
        .str("arn", Some(format!("arn:{}:s3:::{bucket}/{key}", context.partition())))
        .str("region", Some(context.region()))
        .bool("bucket_key_enabled", Some(head.bucket_key_enabled.unwrap_or_default()))
        .str("cache_control", head.cache_control())
        .str("content_disposition", head.content_disposition())
        .str("content_encoding", encoding(head, known))
        .str("content_language", head.content_language())
        .str("content_type", head.content_type())
        .str("etag", Some(etag(head)))
        .str("kms_key_id", key_id(head, known))
        .set("metadata", metadata(head, known))
        .str("object_lock_legal_hold_status", hold)
        .str("object_lock_mode", head.object_lock_mode.as_ref().map(ObjectLockMode::as_str))
        .str("object_lock_retain_until_date", retained_until(head, known))
        .str("server_side_encryption", Some(encryption))
        .str("storage_class", Some(head.storage_class().map_or("STANDARD", |class| class.as_str())))
        .str("version_id", Some(head.version_id().filter(|version| *version != "null").unwrap_or_default()))
        .str("website_redirect", head.website_redirect_location())
        .tags(policy(context, known).observed(found, known))
        .build()
}

/// The checksums of an object that the service keeps, empty where it keeps none.
pub(super) fn checksums<'a>(builder: Builder<'a>, head: &HeadObjectOutput) -> Builder<'a> {
    let checksums = [
        ("checksum_crc32", head.checksum_crc32()),
        ("checksum_crc32c", head.checksum_crc32_c()),
        ("checksum_crc64nvme", head.checksum_crc64_nvme()),
        ("checksum_sha1", head.checksum_sha1()),
        ("checksum_sha256", head.checksum_sha256()),
    ];
    let set = |builder: Builder<'a>, (name, sum): (&str, Option<&str>)| {
        builder.str(name, Some(sum.unwrap_or_default()))
    };
    checksums.into_iter().fold(builder, set)
}

/// Which tags are the provider's: none, where the object overrides them.
pub(super) fn policy(context: &Context, known: &Value) -> TagPolicy {
    let mut policy = context.tags().clone();
    if is_tagged_alone(known) {
        policy.default_tags.clear();
    }
    policy
}

/// Metadata without the ownership mark.
pub(crate) fn hidden(metadata: Option<&HashMap<String, String>>) -> Tags {
    let visible = metadata.into_iter().flatten().filter(|(key, _)| *key != OWNER_METADATA);
    visible.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The metadata that configuration may know.
fn metadata(head: &HeadObjectOutput, known: &Value) -> Value {
    let metadata = hidden(head.metadata());
    let was_set = known.get("metadata").is_some_and(|metadata| !metadata.is_null());
    match was_set || !metadata.is_empty() {
        true => tags::to_value(&metadata),
        false => Value::null(Type::map(Type::String)),
    }
}

/// The end of retention, as it is written in configuration where that is the same moment.
fn retained_until(head: &HeadObjectOutput, known: &Value) -> Option<String> {
    let until = head.object_lock_retain_until_date.as_ref()?;
    let same =
        shape::date(known, "object_lock_retain_until_date").is_some_and(|known| known.secs() == until.secs());
    let written = known.get_str("object_lock_retain_until_date").filter(|_| same).map(str::to_owned);
    written.or_else(|| shape::date_text(until))
}

/// The encoding, without what the SDK adds for its own transfer.
fn encoding<'a>(head: &'a HeadObjectOutput, known: &'a Value) -> Option<&'a str> {
    let observed = head.content_encoding().unwrap_or_default();
    let own = observed.trim_end_matches("aws-chunked").trim_end_matches([',', ' ']);
    match (own, known.get_str("content_encoding")) {
        ("", Some("")) => Some(""),
        ("", _) => None,
        (own, _) => Some(own),
    }
}

/// The key's ARN, or the shorter form of it that configuration uses.
fn key_id<'a>(head: &'a HeadObjectOutput, known: &'a Value) -> Option<&'a str> {
    let observed = head.ssekms_key_id()?;
    let short = known.get_str("kms_key_id").filter(|key| observed.ends_with(*key));
    Some(short.unwrap_or(observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_by_bucket_and_key_or_by_identifier() {
        let full = Value::object([("bucket", Value::string("b")), ("key", Value::string("a/c"))]);
        assert_eq!(identity(&full), ("b", "a/c"));
        for id in ["b/a/c", "s3://b/a/c"] {
            assert_eq!(identity(&Value::object([("id", Value::string(id))])), ("b", "a/c"));
        }
        assert_eq!(identity(&Value::object([("id", Value::string("b"))])), ("b", ""));
    }

    #[test]
    fn keys_keep_the_form_of_configuration() {
        let arn = "arn:aws:kms:eu-west-1:1:key/abc";
        let head = HeadObjectOutput::builder().ssekms_key_id(arn).build();
        let known = |id: &str| Value::object([("kms_key_id", Value::string(id))]);
        assert_eq!(key_id(&head, &known("abc")), Some("abc"));
        assert_eq!(key_id(&head, &known("other")), Some(arn));
        assert_eq!(key_id(&HeadObjectOutput::builder().build(), &known("abc")), None);
    }
}
