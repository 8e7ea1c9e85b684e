//! `aws_s3_object`: what the service says about an object, and its content if that is text.

use std::sync::Arc;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumMode, ObjectLockLegalHoldStatus, ObjectLockMode};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::resources::{hidden, tags_of_object};
use crate::tags::{self, Tags};
use crate::{registry, shape};

/// Content that is longer is not fetched into a plan.
const BYTES_MAX: i64 = 64 * 1024 * 1024;

/// The kinds of content that are text, beside `text/`.
const TEXT: [&str; 10] = [
    "application/atom+xml",
    "application/json",
    "application/ld+json",
    "application/sql",
    "application/x-csh",
    "application/x-httpd-php",
    "application/x-sh",
    "application/xhtml+xml",
    "application/xml",
    "application/yaml",
];

/// The data source.
pub struct Object;

impl DataSource for Object {
    fn kind(&self) -> &'static str {
        "aws_s3_object"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let config = &request.config;
            let head = head(context, config).await?;
            let (bucket, key) = names(config);
            let tags = tags_of_object(context, bucket, key).await?;
            let content = match is_wanted(config, &head) {
                true => Some(fetch(context, config, &head).await?),
                false => None,
            };
            let text = content.as_ref().filter(|_| is_text(head.content_type()));
            let text = text.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let encoded = content.as_ref().filter(|_| asks_for_body(config));
            let encoded = encoded.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes));
            let object = build(context, config, &head, &tags);
            Ok(object.str("body", text).str("body_base64", encoded).build())
        })
    }
}

fn names(config: &Value) -> (&str, &str) {
    let text = |name: &str| config.get_str(name).unwrap_or_default();
    (text("bucket"), text("key"))
}

fn is_text(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| TEXT.contains(&kind) || kind.starts_with("text/"))
}

/// Whether configuration asks for the content, whatever it is.
fn asks_for_body(config: &Value) -> bool {
    config.get_str("download_body").is_some_and(|answer| answer.eq_ignore_ascii_case("true"))
}

fn is_wanted(config: &Value, head: &HeadObjectOutput) -> bool {
    let refused = config.get_str("download_body").is_some_and(|answer| answer.eq_ignore_ascii_case("false"));
    let fits = head.content_length.is_none_or(|length| length <= BYTES_MAX);
    !refused && fits && (asks_for_body(config) || is_text(head.content_type()))
}

async fn head(context: &Context, config: &Value) -> Result<HeadObjectOutput, ProviderError> {
    let (bucket, key) = names(config);
    let operation = format!("reading S3 Object ({bucket}/{key})");
    let call = context
        .s3()
        .head_object()
        .bucket(bucket)
        .key(key)
        .set_checksum_mode(shape::text(config, "checksum_mode").as_deref().map(ChecksumMode::from))
        .set_range(shape::text(config, "range"))
        .set_version_id(shape::text(config, "version_id"));
    call.send().await.map_err(|error| {
        let failure = Failure::from(&error);
        match failure.is_gone() {
            true => ProviderError::new(ErrorKind::Gone, operation, "there is no such object."),
            false => provider_error(operation, Effect::Read, &failure),
        }
    })
}

async fn fetch(context: &Context, config: &Value, head: &HeadObjectOutput) -> Result<Vec<u8>, ProviderError> {
    let (bucket, key) = names(config);
    let operation = format!("reading the content of S3 Object ({bucket}/{key})");
    let call = context.s3().get_object().bucket(bucket).key(key).set_range(shape::text(config, "range"));
    let version = head.version_id.clone().filter(|version| version != "null");
    let answer = call.set_version_id(version).send().await;
    let answer = answer.map_err(|error| from_sdk(operation.clone(), Effect::Read, &error))?;
    let bytes = answer.body.collect().await.map_err(|error| {
        let detail = format!("the content could not be read to its end: {error}.");
        ProviderError::new(ErrorKind::Retry { after_ms: 1_000 }, operation, detail)
    })?;
    Ok(bytes.to_vec())
}

/// A time as HTTP writes it.
fn http_date(date: Option<&DateTime>) -> Option<String> {
    // The public provider writes the zone as UTC.
    date.and_then(|date| date.fmt(Format::HttpDate).ok()).map(|text| text.replace("GMT", "UTC"))
}

fn build<'a>(context: &Context, config: &Value, head: &HeadObjectOutput, found: &Tags) -> Builder<'a> {
    let (bucket, key) = names(config);
    let version = config.get_str("version_id").map(|version| format!("@{version}"));
    let hold = head.object_lock_legal_hold_status.as_ref().map(ObjectLockLegalHoldStatus::as_str);
    let visible: Tags =
        found.iter().filter(|(key, _)| tags::is_visible(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let metadata = hidden(head.metadata());
    Builder::new(registry::data_schema("aws_s3_object"), config)
        .str("id", Some(format!("{bucket}/{key}{}", version.unwrap_or_default())))
        .str("arn", Some(format!("arn:{}:s3:::{bucket}/{key}", context.partition())))
        .str("region", Some(context.region()))
        .bool("bucket_key_enabled", Some(head.bucket_key_enabled.unwrap_or_default()))
        .str("cache_control", Some(head.cache_control().unwrap_or_default()))
        .str("checksum_crc32", Some(head.checksum_crc32().unwrap_or_default()))
        .str("checksum_crc32c", Some(head.checksum_crc32_c().unwrap_or_default()))
        .str("checksum_crc64nvme", Some(head.checksum_crc64_nvme().unwrap_or_default()))
        .str("checksum_sha1", Some(head.checksum_sha1().unwrap_or_default()))
        .str("checksum_sha256", Some(head.checksum_sha256().unwrap_or_default()))
        .str("content_disposition", Some(head.content_disposition().unwrap_or_default()))
        .str("content_encoding", Some(head.content_encoding().unwrap_or_default()))
        .str("content_language", Some(head.content_language().unwrap_or_default()))
        .number("content_length", head.content_length)
        .str("content_type", head.content_type())
        .str("etag", Some(head.e_tag().unwrap_or_default().trim_matches('"')))
        .str("expiration", Some(head.expiration().unwrap_or_default()))
        .str("expires", Some(head.expires_string().unwrap_or_default()))
        .str("last_modified", http_date(head.last_modified.as_ref()))
        .set("metadata", tags::to_value(&metadata))
        .str("object_lock_legal_hold_status", Some(hold.unwrap_or_default()))
        .str("object_lock_mode", Some(head.object_lock_mode.as_ref().map_or("", ObjectLockMode::as_str)))
        .str(
            "object_lock_retain_until_date",
            Some(head.object_lock_retain_until_date.as_ref().and_then(shape::date_text).unwrap_or_default()),
        )
        .str("server_side_encryption", Some(head.server_side_encryption().map_or("", |kind| kind.as_str())))
        .str("sse_kms_key_id", Some(head.ssekms_key_id().unwrap_or_default()))
        .str("storage_class", Some(head.storage_class().map_or("STANDARD", |class| class.as_str())))
        .set("tags", tags::to_value(&visible))
        .str("version_id", Some(head.version_id().filter(|version| *version != "null").unwrap_or_default()))
        .str("website_redirect_location", Some(head.website_redirect_location().unwrap_or_default()))
}
