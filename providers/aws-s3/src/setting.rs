//! One setting of a bucket: a document that is written as a whole, read as a whole and taken away.
//!
//! Nearly all of S3's resource types are that. Making and changing one are the same call, which may
//! be repeated; there is no place in it for an ownership tag, and none is needed, because writing
//! the same document again changes nothing. A type gives three calls and two mappings ([`Setting`]);
//! identity, planning, waiting and errors are here.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ListPage, Listed,
    ObserveRequest, PlanRequest, PlannedChange, ProviderError, UpdateRequest, check, propose,
};
use evenkeel_provider_aws_core::endpoints::Service;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value as Json;

use crate::client::S3Context;
use crate::context::Context;
use crate::errors::{Class, Effect, Failure, provider_error};
use crate::listing::{Listing, hanging_on, page};
use crate::object::Builder;
use crate::place::Place;
use crate::resource::Resource;
use crate::resources::{buckets, observe_each};
use crate::{registry, shape, wait, words};

/// How long the service may take until a setting that was written is seen, or until what the setting
/// needs is known to it.
const PROPAGATION: Duration = Duration::from_secs(60);

/// Buckets that are looked at at the same time for a listing.
const CALLS_AT_ONCE: usize = 16;

/// Codes that say "not yet" for a bucket that was made or changed a moment ago.
const NOT_YET: [&str; 2] = ["OperationAborted", "NoSuchBucket"];

/// What is different from one setting to the next.
pub trait Setting: Send + Sync + 'static {
    /// The type name.
    const KIND: &'static str;
    /// What messages call it.
    const TITLE: &'static str;
    /// More codes that pass by themselves, because something else is not known to the service yet.
    const LATER: &'static [&'static str] = &[];
    /// Codes for which taking it away is tried again, because something else has to be gone before.
    const CLEARED_LATER: &'static [&'static str] = &[];
    /// How long a change may take where the object has no `timeouts`.
    const LIMIT: Duration = PROPAGATION;
    /// Flags that emulators do not tell: there they are taken to be as configured.
    const UNTOLD: &'static [&'static str] = &[];
    /// Whether there is always one, so that taking it away only resets it.
    const STAYS: bool = false;

    /// The names of a bucket's settings, for a setting that a bucket may have several of.
    fn names(s3: &Client, bucket: &str) -> impl Future<Output = Result<Vec<String>, Failure>> + Send {
        let _ = (s3, bucket);
        async { Ok(Vec::new()) }
    }

    /// Checks a configuration beyond its schema.
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Puts right what the schema alone planned.
    fn plan(request: &PlanRequest<'_>, change: PlannedChange) -> PlannedChange {
        let _ = request;
        change
    }

    /// Writes it. `prior` is what was there, if this is a change; the token identifies the call.
    fn put(
        s3: &Client,
        place: &Place,
        wanted: &Value,
        prior: Option<&Value>,
        token: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reads it, as JSON by its schema; `None` when there is none. `known` is what is remembered or
    /// planned, for what the service does not tell.
    fn get(
        s3: &Client,
        place: &Place,
        known: &Value,
    ) -> impl Future<Output = Result<Option<Json>, Failure>> + Send;

    /// Waits until what was written can be used, where that takes its time.
    fn ready(
        s3: &Client,
        place: &Place,
        limit: Duration,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send {
        let _ = (s3, place, limit);
        std::future::ready(Ok(()))
    }

    /// Whether configuration asks that it stays when it is no longer managed.
    fn is_kept(prior: &Value) -> bool {
        let _ = prior;
        false
    }

    /// Takes it away.
    fn clear(s3: &Client, place: &Place, prior: &Value) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The resource type of a setting.
pub struct OfBucket<T>(PhantomData<T>);

impl<T> OfBucket<T> {
    /// The resource type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A failed call of the SDK.
pub fn fail<E>(error: SdkError<E, Response>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    Failure::from(&error)
}

/// A structure that lacks a part which the API demands.
pub fn incomplete(error: BuildError) -> Failure {
    Failure {
        class: Class::Service,
        code: "InvalidArgument".into(),
        message: error.to_string(),
        request_id: None,
        status: None,
    }
}

impl<T: Setting> Resource for OfBucket<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        T::validate(config)
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = T::plan(request, propose::plan_by_schema(schema, request));
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
        Box::pin(observe_each(
            requests,
            move |request| async move { read::<T>(context, &request.prior).await },
        ))
    }

    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move { Ok(write::<T>(context, &request.planned, None, &request.token).await?) })
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(async move {
            Ok(write::<T>(context, &request.planned, Some(&request.prior), &request.token).await?)
        })
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(async move { Ok(remove::<T>(context, &request.prior).await?) })
    }

    fn unlisted(&self) -> Option<&'static str> {
        T::STAYS.then_some("Every bucket has this setting, once; buckets are listed as aws_s3_bucket.")
    }

    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        let named = registry::schema(T::KIND).block.attributes.contains_key("name");
        match (T::STAYS, named) {
            (true, _) => None,
            (false, true) => Some(Box::pin(list_named::<T>(context, after))),
            (false, false) => Some(Box::pin(list::<T>(context, after))),
        }
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let found = read::<T>(context, &request.planned).await?;
            Ok(found.filter(|found| check::refined(&request.planned, found).is_empty()))
        })
    }
}

/// The names in all pages of a bucket's settings of one kind.
macro_rules! names {
    ($call:expr, $settings:ident) => {{
        let call = $call;
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let answered =
                call.clone().set_continuation_token(after).send().await.map_err($crate::setting::fail)?;
            names.extend(answered.$settings.unwrap_or_default().into_iter().map(|setting| setting.id));
            after = answered.next_continuation_token.filter(|next| !next.is_empty());
            if after.is_none() {
                break Ok(names);
            }
        }
    }};
}
pub(crate) use names;

/// The buckets of a page that have the setting.
async fn list<T: Setting>(context: &Arc<Context>, after: Option<String>) -> Result<ListPage, Failure> {
    let buckets = buckets(context, after).await?;
    let looked = stream::iter(buckets.objects).map(|bucket| {
        let context = context.clone();
        async move {
            let known = Value::object([("id", Value::string(&bucket.id))]);
            match T::get(&context.s3(), &Place::of(&known), &known).await {
                Ok(found) => Ok(found.map(|_| Listed { name: bucket.name, ..Listed::of(bucket.id) })),
                Err(failure) if failure.is_gone() => Ok(None),
                Err(failure) => Err(failure),
            }
        }
    });
    let found: Vec<Option<Listed>> = looked.buffered(CALLS_AT_ONCE).try_collect().await?;
    Ok(page(found.into_iter().flatten(), buckets.next))
}

/// The settings of a page of buckets that may have several.
async fn list_named<T: Setting>(context: &Arc<Context>, after: Option<String>) -> Result<ListPage, Failure> {
    hanging_on(buckets(context, after).await?, |bucket: String| async move {
        let names = T::names(&context.s3(), &bucket).await?.into_iter();
        let listed =
            |name: String| Listed { id: format!("{bucket}:{name}"), name: Some(name), ..Listed::default() };
        Ok(names.map(listed).collect())
    })
    .await
}

async fn read<T: Setting>(context: &Context, known: &Value) -> Result<Option<Value>, ProviderError> {
    let place = Place::of(known);
    match T::get(&context.s3(), &place, known).await {
        Ok(found) => Ok(found.map(|json| build::<T>(context, &place, &json, known))),
        Err(failure) if failure.is_gone() => Ok(None),
        Err(failure) => {
            Err(provider_error(format!("reading {} ({place})", T::TITLE), Effect::Read, &failure))
        }
    }
}

fn build<T: Setting>(context: &Context, place: &Place, json: &Json, known: &Value) -> Value {
    let schema = registry::schema(T::KIND);
    let mut builder = Builder::new(schema, known)
        .str("id", Some(place.id(known)))
        .str("bucket", Some(&place.bucket))
        .str("name", place.name.as_deref())
        .str("region", Some(context.region()));
    let owner = known.get_str("expected_bucket_owner").or(place.owner.as_deref());
    builder = builder.str("expected_bucket_owner", owner);
    for (name, json) in json.as_object().into_iter().flatten() {
        let known = known.get(name);
        let untold = T::UNTOLD.contains(&name.as_str()) && context.is_stand_in(Service::S3);
        let json = match known.and_then(Value::as_bool) {
            Some(true) if untold => &Json::Bool(true),
            _ => json,
        };
        let block = &schema.block;
        if let Some(attribute) = block.attributes.get(&**name) {
            let value = shape::attribute(attribute, json);
            builder = builder.set(name, words::attribute(attribute, known, value));
        } else if let Some(nested) = block.block_types.get(&**name) {
            builder = builder.set(name, words::nested(nested, known, shape::nested(nested, json)));
        }
    }
    builder.build()
}

/// Writes the setting, and waits until it is seen as it was written.
async fn write<T: Setting>(
    context: &Context,
    planned: &Value,
    prior: Option<&Value>,
    token: &str,
) -> Result<Value, ProviderError> {
    let (verb, action) = if prior.is_some() { ("updating", "update") } else { ("creating", "create") };
    let limit = wait::timeout(planned, action, T::LIMIT);
    let place = Place::of(planned);
    let operation = format!("{verb} {} ({place})", T::TITLE);
    let s3 = context.s3();
    let is_later = |failure: &Failure| failure.is_any(&NOT_YET) || failure.is_any(T::LATER);
    let effect = if prior.is_some() { Effect::Update } else { Effect::Create };
    eventually(&operation, effect, limit, is_later, || T::put(&s3, &place, planned, prior, token)).await?;
    T::ready(&s3, &place, limit).await?;
    seen::<T>(context, planned, &operation, limit).await
}

/// Calls until the failure is no longer one that passes by itself.
async fn eventually<F, Fut>(
    operation: &str,
    effect: Effect,
    limit: Duration,
    is_later: impl Fn(&Failure) -> bool,
    mut call: F,
) -> Result<(), ProviderError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let last: Mutex<Option<ProviderError>> = Mutex::default();
    let answer = wait::until(operation, limit, || {
        let (sent, is_later, last) = (call(), &is_later, &last);
        async move {
            let Err(failure) = sent.await else { return Ok(Some(())) };
            let error = provider_error(operation, effect, &failure);
            if !is_later(&failure) {
                return Err(error);
            }
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Ok(None)
        }
    });
    let answer = answer.await;
    let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
    answer.map_err(|error| if error.kind == ErrorKind::Other { last.unwrap_or(error) } else { error })
}

/// The setting as it is once it is what was planned; as it is then, when the time is over.
async fn seen<T: Setting>(
    context: &Context,
    planned: &Value,
    operation: &str,
    limit: Duration,
) -> Result<Value, ProviderError> {
    let answer = wait::until(operation, limit, || async {
        let found = read::<T>(context, planned).await?;
        Ok(found.filter(|found| check::refined(planned, found).is_empty()))
    });
    match answer.await {
        Ok(found) => Ok(found),
        Err(error) => read::<T>(context, planned).await?.ok_or(error),
    }
}

async fn remove<T: Setting>(context: &Context, prior: &Value) -> Result<(), ProviderError> {
    if T::is_kept(prior) {
        return Ok(());
    }
    let place = Place::of(prior);
    let operation = format!("deleting {} ({place})", T::TITLE);
    let limit = wait::timeout(prior, "delete", T::LIMIT);
    let s3 = context.s3();
    let is_later = |failure: &Failure| failure.is("OperationAborted") || failure.is_any(T::CLEARED_LATER);
    let cleared =
        eventually(&operation, Effect::Delete, limit, is_later, || T::clear(&s3, &place, prior)).await;
    match cleared {
        Err(error) if error.kind == ErrorKind::Gone => return Ok(()),
        other => other?,
    }
    if T::STAYS {
        return Ok(());
    }
    wait::until(&operation, limit, || async { Ok(read::<T>(context, prior).await?.is_none().then_some(())) })
        .await
}
