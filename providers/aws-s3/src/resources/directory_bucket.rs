//! `aws_s3_directory_bucket`: a bucket of one zone, with folders and fast answers.
//!
//! The service tells nothing of such a bucket but that it is there; where it is stands in its name.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{
    BucketInfo, BucketType, CreateBucketConfiguration, DataRedundancy, LocationInfo, LocationType,
};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, PlanRequest, PlannedChange,
    ProviderError, UpdateRequest, propose,
};
use serde_json::json;

use super::delete::delete_objects;
use super::{bucket, observe_each};
use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Effect, answer, from_sdk};
use crate::listing::{Listing, named, page};
use crate::object::Builder;
use crate::resource::Resource;
use crate::tags::{OWNER_KEY, Tags};
use crate::{registry, shape, tags, wait};

const KIND: &str = "aws_s3_directory_bucket";
const DELETE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The resource type.
pub struct DirectoryBucket;

impl Resource for DirectoryBucket {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if let Some(name) = config.get_str("bucket").filter(|name| zone(name).is_none()) {
            diagnostics.push(Diagnostic::error(
                "Invalid S3 directory bucket name",
                format!(
                    "\"{name}\" cannot be the name of a directory bucket: it must be in the format \
                     [bucket_name]--[azid]--x-s3. Use aws_s3_bucket for general purpose buckets."
                ),
            ));
        }
        diagnostics
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let redundancy = request.config.get("data_redundancy").filter(|value| value.is_null());
        let location = shape::one(request.config, "location").and_then(|location| location.get("type"));
        let config = redundancy.filter(|_| location.is_none_or(Value::is_known)).map(|_| {
            let local = location.and_then(Value::as_str) == Some(LocationType::LocalZone.as_str());
            let redundancy =
                if local { DataRedundancy::SingleLocalZone } else { DataRedundancy::SingleAvailabilityZone };
            request.config.clone().with_attribute("data_redundancy", Value::string(redundancy.as_str()))
        });
        propose::plan_by_schema(
            schema,
            &PlanRequest { config: config.as_ref().unwrap_or(request.config), ..*request },
        )
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
            let planned = &request.planned;
            let name = name(planned);
            bucket::refuse_existing(context, name).await?;
            let operation = "creating S3 Directory Bucket";
            let call = context.s3().create_bucket().bucket(name);
            let call = call.create_bucket_configuration(configuration(planned, &request.token));
            call.send().await.map_err(|error| from_sdk(operation, Effect::Create, &error))?;
            let found =
                wait::until(operation, DELETE_TIMEOUT, || async { read(context, planned).await }).await?;
            Ok(found)
        })
    }

    /// Tags, and what only destroying it looks at.
    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            let name = name(&request.planned);
            let change = tags::change(&request.prior, &request.planned);
            super::directory_tags::change(context, name, &change).await?;
            let found = read(context, &request.planned).await?;
            Ok(found.ok_or_else(|| bucket::gone(name))?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move {
            let name = name(&request.prior);
            if request.prior.get_bool("force_destroy").unwrap_or_default() {
                delete_objects(&context.s3(), name).await?;
            }
            bucket::delete_bucket(context, name).await?;
            wait::until("waiting for S3 Directory Bucket to be gone", DELETE_TIMEOUT, || async {
                Ok((!bucket::exists(context, name).await?).then_some(()))
            })
            .await?;
            Ok(())
        })
    }

    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        Some(Box::pin(async move {
            let call = context.s3().list_directory_buckets().set_continuation_token(after);
            let answered = answer(call.send()).await?;
            let found =
                answered.buckets.unwrap_or_default().into_iter().filter_map(|bucket| named(bucket.name));
            Ok(page(found, answered.continuation_token))
        }))
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let name = name(&request.planned);
            if !bucket::exists(context, name).await? {
                return Ok(None);
            }
            let found = super::directory_tags::read(context, name).await?;
            match found.get(OWNER_KEY).is_some_and(|token| **token == *request.token) {
                true => read(context, &request.planned).await,
                false => Ok(None),
            }
        })
    }
}

fn name(object: &Value) -> &str {
    object.get_str("bucket").or(object.get_str("id")).unwrap_or_default()
}

/// The zone in the name of a directory bucket: `NAME--ZONE--x-s3`.
fn zone(name: &str) -> Option<&str> {
    let (start, zone) = name.strip_suffix("--x-s3")?.rsplit_once("--")?;
    let is_zone = zone.contains('-') && zone.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (!start.is_empty() && is_zone).then_some(zone)
}

fn configuration(planned: &Value, token: &str) -> CreateBucketConfiguration {
    let location = shape::one(planned, "location").map(|location| {
        LocationInfo::builder()
            .set_name(shape::text(location, "name"))
            .set_type(shape::text(location, "type").as_deref().map(LocationType::from))
            .build()
    });
    let bucket = BucketInfo::builder()
        .set_data_redundancy(shape::text(planned, "data_redundancy").as_deref().map(DataRedundancy::from))
        .set_type(shape::text(planned, "type").as_deref().map(BucketType::from))
        .build();
    let tags = tags::for_create(planned, token);
    let tags = tags.iter().map(|(key, value)| shape::tag(key, value)).collect();
    CreateBucketConfiguration::builder().set_location(location).bucket(bucket).set_tags(Some(tags)).build()
}

async fn read(context: &Context, known: &Value) -> Result<Option<Value>, ProviderError> {
    let name = name(known);
    if !bucket::exists(context, name).await? {
        return Ok(None);
    }
    let arn = context.arn("s3express", &format!("bucket/{name}")).await?;
    let found = super::directory_tags::read(context, name).await?;
    Ok(Some(build(context, name, &arn, &found, known)))
}

fn build(context: &Context, name: &str, arn: &str, found: &Tags, known: &Value) -> Value {
    let schema = registry::schema(KIND);
    let location = shape::one(known, "location").and_then(|location| shape::text(location, "type"));
    let location = location.unwrap_or_else(|| LocationType::AvailabilityZone.as_str().to_owned());
    let redundancy = shape::text(known, "data_redundancy")
        .unwrap_or_else(|| DataRedundancy::SingleAvailabilityZone.as_str().to_owned());
    let builder = Builder::new(schema, known)
        .str("id", Some(name))
        .str("bucket", Some(name))
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("data_redundancy", Some(redundancy))
        .str("type", Some(BucketType::Directory.as_str()))
        .tags(context.tags().observed(found, known));
    let nested = schema.block.block_types.get("location");
    let json = json!([{ "name": zone(name).unwrap_or_default(), "type": location }]);
    match nested {
        Some(nested) => builder.set("location", shape::nested(nested, &json)).build(),
        None => builder.build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_stands_in_the_name() {
        for (name, expected) in [
            ("data--usw2-az1--x-s3", Some("usw2-az1")),
            ("a--b--use1-az4--x-s3", Some("use1-az4")),
            ("data--zone--x-s3", None),
            ("data", None),
        ] {
            assert_eq!(zone(name), expected, "{name}");
        }
    }
}
