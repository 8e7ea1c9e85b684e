//! S3: buckets and what is in them, one file per type.
//!
//! S3 describes one thing per call, so looking at many means many calls, a bounded number at once.

mod account_public_access_block;
mod bucket;
mod bucket_parts;
mod bucket_shapes;
mod delete;
mod directory_bucket;
mod directory_tags;
mod object;
mod object_change;
mod object_copy;
mod object_list;
mod object_read;
mod tagging;

use std::future::Future;

use evenkeel_model::Value;
use evenkeel_provider::{Failed, ListPage, ObserveRequest, ProviderError};
use futures_util::StreamExt;
use futures_util::stream;

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Failure, answer};
use crate::listing::{named, page};

pub use account_public_access_block::AccountPublicAccessBlock;
pub use bucket::Bucket;
pub use directory_bucket::DirectoryBucket;
pub use object::Object;
pub use object_copy::ObjectCopy;
pub(crate) use object_read::{hidden, tags_of as tags_of_object};

const CALLS_AT_ONCE: usize = 16;
/// Buckets of a page.
const PAGE: i32 = 1_000;

/// The account's buckets in the region of the context, a page at a time.
pub(crate) async fn buckets(context: &Context, after: Option<String>) -> Result<ListPage, Failure> {
    let s3 = context.s3();
    let call = s3.list_buckets().max_buckets(PAGE).bucket_region(context.region());
    let answered = answer(call.set_continuation_token(after).send()).await?;
    let found = answered.buckets.unwrap_or_default().into_iter().filter_map(|bucket| named(bucket.name));
    Ok(page(found, answered.continuation_token))
}

/// Looks at each object by itself, a bounded number at once, and answers in order.
pub(crate) async fn observe_each<F, Fut>(
    requests: Vec<ObserveRequest>,
    observe: F,
) -> Vec<Result<Option<Value>, ProviderError>>
where
    F: Fn(ObserveRequest) -> Fut,
    Fut: Future<Output = Result<Option<Value>, ProviderError>>,
{
    stream::iter(requests.into_iter().map(observe)).buffered(CALLS_AT_ONCE).collect().await
}

/// A change that got half-way: the error, and the object as it is now.
fn partial(error: ProviderError, object: Result<Option<Value>, ProviderError>, otherwise: Value) -> Failed {
    let partial = object.ok().flatten().unwrap_or(otherwise);
    Failed { error, partial: Some(partial) }
}

/// An argument that every object of the type has.
fn required<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get_str(name).unwrap_or_default()
}
