//! `aws_s3_bucket`: the bucket itself. What hangs on it (versioning, policy, lifecycle) has types of
//! its own; what the public provider keeps of that from earlier days is in [`super::bucket_parts`].
//!
//! A create carries no client token. The name is the natural key; the ownership tag, written right
//! after the create call, tells a bucket of ours from one that was there before.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3 as s3;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, propose,
};
use s3::types::{BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration};

use super::delete::{Versions, delete_versions};
use super::{bucket_parts, buckets, observe_each, partial, tagging};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, Failure, from_sdk, provider_error};
use crate::listing::{Listing, page, with_tags};
use crate::object::Builder;
use crate::resource::Resource;
use crate::tags::{self, OWNER_KEY, Tags};
use crate::website::endpoint;
use crate::{regions, registry, shape, wait, words};

const KIND: &str = "aws_s3_bucket";
const CREATE_TIMEOUT: Duration = Duration::from_secs(20 * 60);
const DELETE_TIMEOUT: Duration = Duration::from_secs(60 * 60);
const UNIQUE_LENGTH: usize = 26;
const NAME_LENGTH_MAX: usize = 63;

/// The resource type.
pub struct Bucket;

impl Resource for Bucket {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let name = config.get_str("bucket").and_then(|name| Some((name, name_problem(name)?)));
        if let Some((name, problem)) = name {
            diagnostics.push(invalid_name("bucket", name, problem));
        }
        let prefix = config.get_str("bucket_prefix").filter(|p| p.len() > NAME_LENGTH_MAX - UNIQUE_LENGTH);
        if let Some(prefix) = prefix {
            diagnostics.push(invalid_name("bucket_prefix", prefix, "it is longer than 37 characters"));
        }
        diagnostics
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        if let Some(prior) = request.prior {
            change.planned = words::of_object(schema, Some(prior), change.planned);
            change.replace = propose::replacements(schema, prior, &change.planned);
        }
        change
    }

    fn observe<'a>(
        &'a self,
        context: &'a Arc<Context>,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(observe_each(requests, move |request| async move {
            let name = request.prior.get_str("bucket").or(request.prior.get_str("id")).unwrap_or_default();
            read(context, name, &request.prior).await
        }))
    }

    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            let name = name(&request.planned, &request.token);
            refuse_existing(context, &name).await?;
            create_bucket(context, &name, &request.planned).await?;
            match finish_create(context, &name, &request).await {
                Ok(object) => Ok(object),
                Err(error) => {
                    let otherwise = build(context, &name, &Tags::new(), false, &request.planned).build();
                    Err(partial(error, read(context, &name, &request.planned).await, otherwise))
                }
            }
        })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            let name = super::required(&request.prior, "bucket");
            let change = tags::change(&request.prior, &request.planned);
            if !change.is_empty() {
                let current = tagging::of_bucket(&context.s3(), name).await?.ok_or_else(|| gone(name))?;
                tagging::write_bucket(&context.s3(), name, &tagging::changed(current, &change)).await?;
            }
            bucket_parts::write(context, name, Some(&request.prior), &request.planned, &request.token)
                .await?;
            let object = read(context, name, &request.planned).await?;
            Ok(object.ok_or_else(|| gone(name))?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let name = super::required(&request.prior, "bucket");
            if request.prior.get_bool("force_destroy").unwrap_or_default() {
                let locked = request.prior.get_bool("object_lock_enabled").unwrap_or_default();
                delete_versions(&context.s3(), name, Versions::All, locked).await?;
            }
            delete_bucket(context, name).await?;
            let limit = wait::timeout(&request.prior, "delete", DELETE_TIMEOUT);
            wait::until("waiting for S3 Bucket to be gone", limit, || async {
                Ok((!exists(context, name).await?).then_some(()))
            })
            .await?;
            Ok(())
        })
    }

    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        Some(Box::pin(async move {
            let found = buckets(context, after).await?;
            let tagged = with_tags(found.objects, |bucket: String| {
                let context = context.clone();
                async move { tagging::told_of(&context.s3(), &bucket).await }
            });
            Ok(page(tagged.await?, found.next))
        }))
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let name = name(&request.planned, &request.token);
            let Some(found) = tagging::of_bucket(&context.s3(), &name).await? else { return Ok(None) };
            let ours = match found.get(OWNER_KEY) {
                Some(token) => **token == *request.token,
                None => found.is_empty() && is_empty(context, &name).await?,
            };
            if !ours {
                return Ok(None);
            }
            read(context, &name, &request.planned).await
        })
    }
}

/// What AWS demands of a name, where that can be told without asking.
fn name_problem(name: &str) -> Option<&'static str> {
    if !(3..=NAME_LENGTH_MAX).contains(&name.len()) {
        return Some("it must have 3 to 63 characters");
    }
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    if !name.chars().all(is_allowed) {
        return Some("it may have lower-case letters, digits, dots and hyphens only");
    }
    if name.starts_with(['.', '-']) || name.ends_with(['.', '-']) || name.contains("..") {
        return Some("it must start and end with a letter or digit, and have no two dots in a row");
    }
    name.parse::<std::net::Ipv4Addr>().is_ok().then_some("it must not look like an IP address")
}

fn invalid_name(attribute: &str, name: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid S3 bucket name",
        format!("\"{name}\" cannot be the value of {attribute}: {problem}."),
    )
}

/// The configured name, or one that follows from the token, so that it is the same when asked again.
fn name(planned: &Value, token: &str) -> String {
    match planned.get_str("bucket") {
        Some(name) => name.to_owned(),
        None => {
            let prefix = planned.get_str("bucket_prefix").filter(|prefix| !prefix.is_empty());
            let unique = token.chars().filter(char::is_ascii_alphanumeric).take(UNIQUE_LENGTH);
            format!("{}{}", prefix.unwrap_or("terraform-"), unique.collect::<String>().to_lowercase())
        }
    }
}

pub(super) fn gone(name: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Gone, "updating S3 Bucket", format!("the bucket {name} does not exist."))
}

/// In us-east-1 the service answers a second create of one's own bucket with success, so that a
/// bucket that was there before would be taken over without a word.
pub(super) async fn refuse_existing(context: &Context, name: &str) -> Result<(), ProviderError> {
    match exists(context, name).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(provider_error("creating S3 Bucket", Effect::Create, &already_exists(name))),
        // Somebody else's, or no permission to look: the create call will tell.
        Err(error) if error.kind == ErrorKind::Denied => Ok(()),
        Err(error) => Err(error),
    }
}

fn already_exists(name: &str) -> Failure {
    Failure {
        class: crate::errors::Class::Service,
        code: "BucketAlreadyExists".into(),
        message: format!("the bucket {name} already exists"),
        request_id: None,
        status: None,
    }
}

pub(super) async fn exists(context: &Context, name: &str) -> Result<bool, ProviderError> {
    match context.s3().head_bucket().bucket(name).send().await {
        Ok(_) => Ok(true),
        Err(error) => {
            let failure = Failure::from(&error);
            match failure.is_gone() {
                true => Ok(false),
                false => Err(provider_error("reading S3 Bucket", Effect::Read, &failure)),
            }
        }
    }
}

async fn is_empty(context: &Context, name: &str) -> Result<bool, ProviderError> {
    let page = context.s3().list_objects_v2().bucket(name).max_keys(1).send().await;
    let page = page.map_err(|error| from_sdk("listing S3 Objects", Effect::Read, &error))?;
    Ok(page.contents().is_empty())
}

async fn create_bucket(context: &Context, name: &str, planned: &Value) -> Result<(), ProviderError> {
    let mut call = context.s3().create_bucket().bucket(name);
    if context.region() != "us-east-1" {
        let region = BucketLocationConstraint::from(context.region());
        let location = CreateBucketConfiguration::builder().location_constraint(region).build();
        call = call.create_bucket_configuration(location);
    }
    let namespace = shape::text(planned, "bucket_namespace");
    call = call.set_bucket_namespace(namespace.as_deref().map(BucketNamespace::from));
    let lock = shape::one(planned, "object_lock_configuration").is_some();
    if lock || planned.get_bool("object_lock_enabled").unwrap_or_default() {
        call = call.object_lock_enabled_for_bucket(true);
    }
    let Err(error) = call.send().await else { return Ok(()) };
    let mut error = provider_error("creating S3 Bucket", Effect::Create, &Failure::from(&error));
    if error.detail.starts_with("BucketAlreadyOwnedByYou") {
        // It was not there a moment ago: an attempt whose answer was lost may have made it.
        error.kind = ErrorKind::Unknown;
    }
    Err(error)
}

async fn finish_create(
    context: &Context,
    name: &str,
    request: &CreateRequest,
) -> Result<Value, ProviderError> {
    let limit = wait::timeout(&request.planned, "create", CREATE_TIMEOUT);
    let operation = "waiting for S3 Bucket to exist";
    wait::until(operation, limit, || async { Ok(exists(context, name).await?.then_some(())) }).await?;
    tagging::write_bucket(&context.s3(), name, &tags::for_create(&request.planned, &request.token)).await?;
    bucket_parts::write(context, name, None, &request.planned, &request.token).await?;
    wait::until(operation, limit, || read(context, name, &request.planned)).await
}

pub(super) async fn delete_bucket(context: &Context, name: &str) -> Result<(), ProviderError> {
    match context.s3().delete_bucket().bucket(name).send().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let failure = Failure::from(&error);
            match failure.is_gone() {
                true => Ok(()),
                false => Err(provider_error("deleting S3 Bucket", Effect::Delete, &failure)),
            }
        }
    }
}

/// The bucket as it is. `known` is what is remembered or planned.
async fn read(context: &Context, name: &str, known: &Value) -> Result<Option<Value>, ProviderError> {
    let Some(found) = tagging::of_bucket(&context.s3(), name).await? else { return Ok(None) };
    let locked = match known.get_bool("object_lock_enabled") {
        Some(false) => false,
        Some(true) | None => object_lock(context, name).await?,
    };
    let builder = build(context, name, &found, locked, known);
    Ok(Some(bucket_parts::read(context, name, known, builder).await?.build()))
}

async fn object_lock(context: &Context, name: &str) -> Result<bool, ProviderError> {
    match context.s3().get_object_lock_configuration().bucket(name).send().await {
        Ok(answer) => {
            let enabled = answer.object_lock_configuration.and_then(|lock| lock.object_lock_enabled);
            Ok(enabled == Some(s3::types::ObjectLockEnabled::Enabled))
        }
        Err(error) => {
            let failure = Failure::from(&error);
            let none = ["ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound"];
            match failure.is_any(&none) || failure.is_any(&["MethodNotAllowed", "NotImplemented"]) {
                true => Ok(false),
                false => Err(provider_error("reading S3 Bucket object lock", Effect::Read, &failure)),
            }
        }
    }
}

fn build<'a>(context: &Context, name: &str, found: &Tags, locked: bool, known: &Value) -> Builder<'a> {
    let (region, suffix) = (context.region(), context.dns_suffix());
    let zone = regions::find(region).map(|region| region.s3_zone).unwrap_or_default();
    let prefix = known.get_str("bucket_prefix").unwrap_or_default();
    let website = shape::one(known, "website").map(|_| endpoint(name, region));
    Builder::new(registry::schema(KIND), known)
        .str("id", Some(name))
        .str("bucket", Some(name))
        .str("bucket_prefix", Some(prefix))
        .str("arn", Some(format!("arn:{}:s3:::{name}", context.partition())))
        .str("bucket_domain_name", Some(format!("{name}.s3.{suffix}")))
        .str("bucket_region", Some(region))
        .str("bucket_regional_domain_name", Some(format!("{name}.s3.{region}.{suffix}")))
        .str("hosted_zone_id", Some(zone))
        .str("region", Some(region))
        .bool("object_lock_enabled", Some(locked))
        .str("website_domain", website.as_ref().map(|(domain, _)| domain))
        .str("website_endpoint", website.as_ref().map(|(_, endpoint)| endpoint))
        .str("bucket_namespace", Some(namespace(name, known)))
        .tags(context.tags().observed(found, known))
}

/// Names of the account's own namespace end with the account, the region and a mark.
fn namespace(name: &str, known: &Value) -> String {
    let by_name =
        if name.ends_with("-an") { BucketNamespace::AccountRegional } else { BucketNamespace::Global };
    shape::text(known, "bucket_namespace").unwrap_or_else(|| by_name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_before_any_call() {
        for (name, good) in [
            ("my-bucket.logs", true),
            ("ab", false),
            ("My-Bucket", false),
            ("under_score", false),
            ("-x-y", false),
            ("a..b", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(name_problem(name).is_none(), good, "{name}");
        }
    }

    #[test]
    fn names_that_are_made_up_follow_from_the_token() {
        let token = "0123456789abcdefghijklmnopqrstuv";
        let planned = Value::object([("bucket_prefix", Value::string("logs-"))]);
        assert_eq!(name(&planned, token), "logs-0123456789abcdefghijklmnop");
        assert_eq!(name(&Value::empty_object(), token), "terraform-0123456789abcdefghijklmnop");
        let planned = Value::object([("bucket", Value::string("mine"))]);
        assert_eq!(name(&planned, token), "mine");
    }
}
