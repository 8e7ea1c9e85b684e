//! `aws_s3_object` and, from earlier days, `aws_s3_bucket_object`: one object of a bucket, with
//! content that stands in configuration or in a file.
//!
//! Writing is one call that replaces what was there, so it may be repeated; it carries an ownership
//! mark in the object's metadata. What only concerns tags, the access list or locks is changed
//! without writing the content again ([`super::object_change`]). Reading is in [`super::object_read`].

use std::sync::Arc;

use aws_sdk_s3 as s3;
use base64::Engine;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, diff, propose,
};
use md5::{Digest, Md5};
use s3::primitives::ByteStream;
use s3::types::{
    ChecksumAlgorithm, ObjectCannedAcl, ObjectLockLegalHoldStatus, ObjectLockMode, ServerSideEncryption,
    StorageClass,
};

use super::delete::{Versions, delete_versions};
use super::object_read::{OWNER_METADATA, identity, owner, read};
use super::{object_change, object_list, observe_each, tagging};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::listing::Listing;
use crate::resource::Resource;
use crate::{shape, tags};

const KIND: &str = "aws_s3_object";

/// Where objects are listed, however they were made.
pub(super) const LISTED_AS: &str = "They are listed as aws_s3_object.";

/// The attributes whose change writes the object again.
const WRITTEN: [&str; 17] = [
    "bucket_key_enabled",
    "cache_control",
    "checksum_algorithm",
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
    "source",
    "source_hash",
    "storage_class",
    "website_redirect",
];

/// The resource type, by its name.
pub struct Object(pub &'static str);

impl Resource for Object {
    fn kind(&self) -> &'static str {
        self.0
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
        let config = without_known_content(request);
        plan(schema, &PlanRequest { config: config.as_ref().unwrap_or(request.config), ..*request })
    }

    fn observe<'a>(
        &'a self,
        context: &'a Arc<Context>,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(observe_each(
            requests,
            move |request| async move { read(context, self.0, &request.prior).await },
        ))
    }

    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            write(context, &request.planned, &request.token, "creating S3 Object", Effect::Create).await?;
            Ok(read_back(context, self.0, &request.planned).await?)
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
                let wanted = with_content(planned, &request.config);
                write(context, &wanted, &request.token, "updating S3 Object", Effect::Update).await?;
            } else {
                object_change::all(context, prior, planned).await?;
            }
            Ok(read_back(context, self.0, planned).await?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move { Ok(remove(context, &request.prior).await?) })
    }

    fn unlisted(&self) -> Option<&'static str> {
        (self.0 != KIND).then_some(LISTED_AS)
    }

    fn is_listed_unasked(&self) -> bool {
        false
    }

    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        (self.0 == KIND).then(|| -> Listing<'a> { Box::pin(object_list::page_of_all(context, after)) })
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let mark = owner(context, &request.planned).await?;
            match mark.as_deref() == Some(&*request.token) {
                true => read(context, self.0, &request.planned).await,
                false => Ok(None),
            }
        })
    }
}

/// Removes an object; one whose bucket keeps versions with all of them. What `force_destroy` asks for
/// is that locks do not keep it.
pub(super) async fn remove(context: &Context, prior: &Value) -> Result<(), ProviderError> {
    let (bucket, key) = identity(prior);
    let is_versioned = prior.get_str("version_id").is_some_and(|version| !version.is_empty());
    if is_versioned {
        let bypass = prior.get_bool("force_destroy").unwrap_or_default();
        return delete_versions(&context.s3(), bucket, Versions::OfKey(key), bypass).await;
    }
    match context
        .s3()
        .delete_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .map_err(|error| Failure::from(&error))
    {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_gone() => Ok(()),
        Err(failure) => Err(provider_error("deleting S3 Object", Effect::Delete, &failure)),
    }
}

/// The configuration without its content, where an imported object has that content already: of such
/// an object nothing is known of the content but the entity tag, which is its MD5 if it was written
/// in one piece and with S3's own keys.
fn without_known_content(request: &PlanRequest<'_>) -> Option<Value> {
    let prior = request.prior?;
    let is_null = |name: &str| prior.get(name).is_none_or(Value::is_null);
    let name =
        ["content", "content_base64"].into_iter().find(|name| request.config.get_str(name).is_some())?;
    let text = request.config.get_str(name)?;
    let bytes = if name == "content" { Some(text.as_bytes().to_vec()) } else { decode_base64(text) };
    let md5: String = Md5::digest(bytes?).iter().map(|byte| format!("{byte:02x}")).collect();
    let is_known = is_null("content") && is_null("content_base64") && is_null("source");
    (is_known && prior.get_str("etag") == Some(&md5))
        .then(|| request.config.clone().with_attribute(name, Value::null(Type::String)))
}

/// The planned object with the configured content: of an imported object it is not planned, and still
/// has to be there when the object is written again.
fn with_content(planned: &Value, config: &Value) -> Value {
    let contents = ["content", "content_base64", "source"].into_iter();
    contents.fold(planned.clone(), |object, name| match config.get(name) {
        Some(content) => object.with_attribute(name, content.clone()),
        None => object,
    })
}

/// Plans by the schema, with the tags that the object shall have.
pub(super) fn plan(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let own = is_tagged_alone(request.config).then(|| own_tags(request.config));
    let config = own.map(|tags| request.config.clone().with_attribute("tags_all", tags));
    let config = config.as_ref().unwrap_or(request.config);
    propose::plan_by_schema(schema, &PlanRequest { config, ..*request })
}

/// Whether the object's own tags are all that it shall have.
pub(super) fn is_tagged_alone(object: &Value) -> bool {
    shape::one(object, "override_provider").is_some_and(|block| shape::one(block, "default_tags").is_some())
}

fn own_tags(config: &Value) -> Value {
    let tags = config.get("tags").filter(|tags| !tags.is_null());
    tags.cloned().unwrap_or_else(|| tags::to_value(&tags::Tags::new()))
}

pub(super) fn differs(prior: &Value, planned: &Value, name: &str) -> bool {
    match (prior.get(name), planned.get(name)) {
        (Some(prior), Some(planned)) => !diff::same(prior, planned),
        (prior, planned) => prior.is_some() != planned.is_some(),
    }
}

/// The bytes that the object shall have; none are configured for an empty object.
async fn body(context: &Context, planned: &Value, operation: &str) -> Result<Vec<u8>, ProviderError> {
    let content =
        (planned.get_str("content"), planned.get_str("content_base64"), shape::text(planned, "source"));
    match content {
        (Some(text), _, _) => Ok(text.as_bytes().to_vec()),
        (None, Some(encoded), _) => decode_base64(encoded).ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, operation, "the value of content_base64 is not base64.")
        }),
        (None, None, Some(path)) => context.account().files.read(operation, &path),
        (None, None, None) => Ok(Vec::new()),
    }
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()
}

async fn write(
    context: &Context,
    planned: &Value,
    token: &str,
    operation: &str,
    effect: Effect,
) -> Result<(), ProviderError> {
    let (bucket, key) = identity(planned);
    let body = body(context, planned, operation).await?;
    let text = |name: &str| shape::text(planned, name);
    let mut metadata = planned.get("metadata").map(tags::from_value).unwrap_or_default();
    metadata.insert(OWNER_METADATA.into(), token.into());
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
        .set_bucket_key_enabled(planned.get_bool("bucket_key_enabled"))
        .set_cache_control(text("cache_control"))
        .set_checksum_algorithm(text("checksum_algorithm").as_deref().map(ChecksumAlgorithm::from))
        .set_content_disposition(text("content_disposition"))
        .set_content_encoding(text("content_encoding"))
        .set_content_language(text("content_language"))
        .set_content_type(text("content_type"))
        .set_metadata(Some(metadata.into_iter().collect()))
        .set_object_lock_legal_hold_status(
            text("object_lock_legal_hold_status").as_deref().map(ObjectLockLegalHoldStatus::from),
        )
        .set_object_lock_mode(text("object_lock_mode").as_deref().map(ObjectLockMode::from))
        .set_object_lock_retain_until_date(shape::date(planned, "object_lock_retain_until_date"))
        .set_server_side_encryption(encryption.as_deref().map(ServerSideEncryption::from))
        .set_ssekms_key_id(text("kms_key_id"))
        .set_storage_class(text("storage_class").as_deref().map(StorageClass::from))
        .set_tagging(all_tags.as_ref().map(tagging::to_header))
        .set_website_redirect_location(text("website_redirect"))
        .send()
        .await;
    sent.map(drop).map_err(|error| from_sdk(operation, effect, &error))
}

async fn read_back(context: &Context, kind: &str, planned: &Value) -> Result<Value, ProviderError> {
    read(context, kind, planned).await?.ok_or_else(|| {
        let (bucket, key) = identity(planned);
        let detail = format!("the object {bucket}/{key} is not there after it was written.");
        ProviderError::new(ErrorKind::Unknown, "reading S3 Object", detail)
    })
}
