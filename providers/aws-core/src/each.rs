//! Types whose objects the service describes one by one: one way through looking, creating,
//! changing, removing and finding, around what is special about a type.
//!
//! It suits objects that are told apart by something that is chosen or known before the create
//! call returns: names, and pairs of things that are brought together. What a create could not
//! finish is finished by the next update, because the object is handed back as far as it got.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, diff, propose,
};
use futures_util::{StreamExt, stream};

use crate::context::Context;
use crate::errors::{Effect, Failure, provider_error};
use crate::listing::Listing;
use crate::object::Builder;
use crate::wait;

/// Calls that look at objects at the same time.
const CALLS_AT_ONCE: usize = 16;
/// How long a new object may take to show, and the things that it refers to.
pub const PROPAGATION: Duration = Duration::from_secs(120);
/// How long to wait until a change that was accepted can be seen.
const VISIBLE_WITHIN: Duration = Duration::from_secs(10);

/// What was looked for; nothing where the service says that it does not exist.
pub type Seen = Result<Option<Value>, Failure>;

/// One such type.
pub trait Type: Send + Sync + 'static {
    /// The type name: `aws_iam_role`.
    const KIND: &'static str;
    /// What it is called in messages: `IAM Role`.
    const NOUN: &'static str;
    /// Why its objects have no list of their own, and where they are listed instead.
    const UNLISTED: Option<&'static str> = None;
    /// Whether `find` can tell an object of ours from one that was there before.
    const OWNED: bool = true;

    /// Its schema.
    fn schema() -> &'static Schema;

    /// Checks a configuration beyond its schema.
    fn check(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// What the object would become.
    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(schema, request)
    }

    /// Looks at the object that `known` tells: as it is remembered or planned, or its `id` alone.
    fn read(context: &Arc<Context>, known: &Value) -> impl Future<Output = Seen> + Send;

    /// Looks at many; for a type whose service has a call that shows more than one.
    fn read_many(context: &Arc<Context>, known: &[&Value]) -> impl Future<Output = Vec<Seen>> + Send {
        stream::iter(known.iter().map(|known| Self::read(context, known))).buffered(CALLS_AT_ONCE).collect()
    }

    /// The one call that makes the object. Gives what is planned with what [`Self::read`] needs.
    fn make(
        context: &Arc<Context>,
        request: &CreateRequest,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;

    /// What is left to do once the object is made.
    fn complete(context: &Arc<Context>, made: &Value) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = (context, made);
        async { Ok(()) }
    }

    /// Changes what the plan changes. Gives what is planned with what [`Self::read`] needs.
    fn change(
        context: &Arc<Context>,
        prior: &Value,
        planned: &Value,
    ) -> impl Future<Output = Result<Value, Failure>> + Send;

    /// Removes the object.
    fn remove(context: &Arc<Context>, prior: &Value) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether the object is only forgotten when it is no longer wanted.
    fn stays(prior: &Value) -> bool {
        let _ = prior;
        false
    }

    /// Whether something that is being removed as well stands in the way.
    fn in_the_way(failure: &Failure) -> bool {
        failure.is_any(&["DeleteConflict", "DependencyViolation"])
    }

    /// Lists its objects, from where the last page ended; nothing where the type is unlisted.
    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        let _ = (context, after);
        None
    }

    /// Looks for the object that an interrupted create made.
    fn find(context: &Arc<Context>, planned: &Value, token: &str) -> impl Future<Output = Seen> + Send;
}

/// A value with its identifier.
pub fn identified(planned: &Value, id: impl AsRef<str>) -> Value {
    planned.clone().with_attribute("id", Value::string(id))
}

/// The attribute that names an object, or its identifier where only that is known.
pub fn name_or_id<'a>(known: &'a Value, name: &str) -> &'a str {
    known.get_str(name).or(known.get_str("id")).unwrap_or_default()
}

/// A text that says something.
pub fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get_str(name).filter(|text| !text.is_empty())
}

/// The texts of a set or list.
pub fn texts(value: &Value, name: &str) -> Vec<String> {
    let elements = value.get(name).and_then(Value::as_elements).unwrap_or_default();
    elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a plan changes an attribute; one that is known only later is no change.
pub fn changes(prior: &Value, planned: &Value, name: &str) -> bool {
    match (prior.get(name), planned.get(name)) {
        (Some(prior), Some(planned)) => planned.is_wholly_known() && !diff::same(prior, planned),
        _ => false,
    }
}

/// Nothing where the service says that there is nothing.
pub fn unless_gone<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_gone() => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn observe<T: Type>(
    context: &Arc<Context>,
    requests: Vec<ObserveRequest>,
) -> Vec<Result<Option<Value>, ProviderError>> {
    let known: Vec<&Value> = requests.iter().map(|request| &request.prior).collect();
    let seen = T::read_many(context, &known).await;
    seen.into_iter().map(|seen| seen.map_err(|failure| reading::<T>(&failure))).collect()
}

fn reading<T: Type>(failure: &Failure) -> ProviderError {
    provider_error(format!("reading {}", T::NOUN), Effect::Read, failure)
}

async fn read<T: Type>(context: &Arc<Context>, known: &Value) -> Result<Option<Value>, ProviderError> {
    T::read(context, known).await.map_err(|failure| reading::<T>(&failure))
}

async fn create<T: Type>(context: &Arc<Context>, request: CreateRequest) -> Result<Value, Failed> {
    let operation = format!("creating {}", T::NOUN);
    let made = make::<T>(context, &request).await;
    let made = made.map_err(|failure| provider_error(&operation, Effect::Create, &failure))?;
    let completed = T::complete(context, &made).await;
    let limit = wait::timeout(&request.planned, "create", PROPAGATION);
    let done = match completed {
        Ok(()) => visible::<T>(context, &made, &operation, limit, true).await,
        Err(failure) => Err(provider_error(&operation, Effect::Update, &failure)),
    };
    match done {
        Ok(value) => Ok(value),
        Err(error) => {
            let partial = read::<T>(context, &made).await.ok().flatten();
            let partial = partial.unwrap_or_else(|| Builder::new(T::schema(), &made).build());
            Err(Failed { error, partial: Some(partial) })
        }
    }
}

/// Makes it. A repetition by the SDK after a lost answer finds what the first attempt made.
async fn make<T: Type>(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
    let failure = match T::make(context, request).await {
        Ok(made) => return Ok(made),
        Err(failure) => failure,
    };
    if T::OWNED && failure.code.contains("AlreadyExists") {
        let found = T::find(context, &request.planned, &request.token).await?;
        return found.map(|found| named(&request.planned, &found)).ok_or(failure);
    }
    Err(failure)
}

/// What is planned, with the identifier and the name of what was found.
fn named(planned: &Value, found: &Value) -> Value {
    let names = ["id", "arn", "name"].into_iter().filter_map(|name| Some((name, found.get(name)?.clone())));
    names.fold(planned.clone(), |value, (name, found)| {
        let open = value.get(name).is_some_and(|value| !value.is_wholly_known());
        if open { value.with_attribute(name, found) } else { value }
    })
}

async fn update<T: Type>(context: &Arc<Context>, request: UpdateRequest) -> Result<Value, Failed> {
    let operation = format!("updating {}", T::NOUN);
    let limit = wait::timeout(&request.planned, "update", VISIBLE_WITHIN);
    let done = match T::change(context, &request.prior, &request.planned).await {
        Ok(known) => visible::<T>(context, &known, &operation, limit, false).await,
        Err(failure) => Err(provider_error(&operation, Effect::Update, &failure)),
    };
    match done {
        Ok(value) => Ok(value),
        Err(error) => Err(Failed { error, partial: read::<T>(context, &request.prior).await.ok().flatten() }),
    }
}

/// The object once it is as planned, or as it is when that takes too long: the engine compares.
async fn visible<T: Type>(
    context: &Arc<Context>,
    known: &Value,
    operation: &str,
    limit: Duration,
    is_new: bool,
) -> Result<Value, ProviderError> {
    let last = Mutex::new(None);
    let look = || async {
        let Some(value) = read::<T>(context, known).await? else {
            return if is_new { Ok(None) } else { Err(gone(operation)) };
        };
        let done = agrees(T::schema(), &value, known).then(|| value.clone());
        *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(done)
    };
    let mut seen = wait::until(operation, VISIBLE_WITHIN.min(limit), look).await;
    let shown = last.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    if seen.is_err() && is_new && !shown {
        seen = wait::until(operation, limit, look).await;
    }
    match (seen, last.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(value), _) | (Err(_), Some(value)) => Ok(value),
        (Err(error), None) => Err(error),
    }
}

fn gone(operation: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Gone, operation, "the object does not exist any more.")
        .with_remedy("Plan again; it will be made anew.")
}

/// Whether everything that the plan knows is so, or means the same.
fn agrees(schema: &Schema, value: &Value, planned: &Value) -> bool {
    planned.as_entries().into_iter().flatten().all(|(name, planned)| {
        let Some(value) = value.get(name) else { return true };
        let same = || match schema.block.attributes.get(name) {
            Some(attribute) => diff::equivalent(attribute, value, planned),
            None => diff::same(value, planned),
        };
        !planned.is_wholly_known() || same()
    })
}

async fn delete<T: Type>(context: &Arc<Context>, request: DeleteRequest) -> Result<(), Failed> {
    if T::stays(&request.prior) {
        return Ok(());
    }
    let operation = format!("deleting {}", T::NOUN);
    let limit = wait::timeout(&request.prior, "delete", PROPAGATION);
    let removed = wait::patiently(limit, T::in_the_way, || T::remove(context, &request.prior)).await;
    unless_gone(removed).map_err(|failure| provider_error(&operation, Effect::Delete, &failure))?;
    let gone = wait::until(&operation, limit, || async {
        Ok(read::<T>(context, &request.prior).await?.is_none().then_some(()))
    });
    Ok(gone.await?)
}

async fn find<T: Type>(context: &Arc<Context>, request: FindRequest) -> Result<Option<Value>, ProviderError> {
    let found = T::find(context, &request.planned, &request.token).await;
    found.map_err(|failure| provider_error(format!("looking for {}", T::NOUN), Effect::Read, &failure))
}

/// Such a type as the provider's list takes it.
pub struct Each<T>(pub T);

crate::resource_course!(Each: Type {});
