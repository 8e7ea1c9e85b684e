//! The way that every EC2 type goes: creating, changing, removing, looking and finding.
//!
//! A create is one call that carries the ownership tag, followed by the same steps as an update:
//! look at the object, bring what differs to what is planned, look again. So an object that an
//! interrupted create left half done is completed by the next update, whatever is missing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProbeRequest, Probed, ProviderError, UpdateRequest, diff,
};

use super::common::{Change, Ec2Type, Progress, Wanted};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::{registry, tags, wait};

/// How long to wait until a change that was accepted can be seen.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);

/// The token of a create that only asks.
const PROBE: &str = "00000000000000000000000000000000";

/// How long to look for what a call made whose answer was lost.
const FOUND_WITHIN: Duration = Duration::from_secs(3);

fn schema<T: Ec2Type>() -> &'static Schema {
    registry::schema(T::KIND)
}

async fn fetch_one<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    known: &Value,
) -> Result<Option<T::Found>, ProviderError> {
    let mut found =
        T::fetch(context, &[Wanted::of(id, known)]).await.map_err(|error| reading::<T>(&error))?;
    Ok(found.remove(id))
}

async fn read<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    known: &Value,
) -> Result<Option<Value>, ProviderError> {
    let found = fetch_one::<T>(context, id, known).await?;
    Ok(found.map(|found| T::value(context, &found, known)))
}

fn reading<T: Ec2Type>(error: &Failure) -> ProviderError {
    errors::provider_error(format!("reading {}", T::NOUN), Effect::Read, error)
}

async fn observe<T: Ec2Type>(
    context: &Arc<Context>,
    requests: Vec<ObserveRequest>,
) -> Vec<Result<Option<Value>, ProviderError>> {
    let wanted: Vec<Wanted<'_>> = requests.iter().filter_map(wanted).collect();
    let found = match wanted.is_empty() {
        true => Ok(BTreeMap::new()),
        false => look::<T>(context, &wanted).await.map_err(|error| reading::<T>(&error)),
    };
    requests
        .iter()
        .map(|request| match (&found, request.prior.get_str("id")) {
            (_, None) => Err(ProviderError::new(
                ErrorKind::Invalid,
                format!("reading {}", T::NOUN),
                format!("{} is remembered without an identifier.", request.address),
            )),
            (Err(error), _) => Err(error.clone()),
            (Ok(found), Some(id)) => Ok(found.get(id).map(|found| T::value(context, found, &request.prior))),
        })
        .collect()
}

fn wanted(request: &ObserveRequest) -> Option<Wanted<'_>> {
    let id = request.prior.get_str("id")?;
    Some(Wanted { written: &request.written, ..Wanted::of(id, &request.prior) })
}

/// The objects that are there, and what took the place of others.
async fn look<T: Ec2Type>(
    context: &Arc<Context>,
    wanted: &[Wanted<'_>],
) -> Result<BTreeMap<String, T::Found>, Failure> {
    let mut found = T::fetch(context, wanted).await?;
    let gone: Vec<Wanted<'_>> =
        wanted.iter().filter(|wanted| !found.contains_key(wanted.id)).copied().collect();
    if !gone.is_empty() {
        found.extend(T::replaced(context, &gone).await?);
    }
    Ok(found)
}

async fn create<T: Ec2Type>(context: &Arc<Context>, request: CreateRequest) -> Result<Value, Failed> {
    let operation = format!("creating {}", T::NOUN);
    let failed = |error: Failure| errors::provider_error(&operation, Effect::Create, &error);
    let request = T::prepare(context, request).await.map_err(failed)?;
    let id = make::<T>(context, &request, &operation).await?;
    let limit = wait::timeout(&request.planned, "create", Duration::from_secs(T::LIMITS.create));
    match bring::<T>(context, &id, None, &request.planned, &format!("{operation} ({id})"), limit).await {
        Ok(value) => Ok(value),
        Err(error) => {
            let partial = read::<T>(context, &id, &request.planned).await.ok().flatten();
            let partial = partial.unwrap_or_else(|| {
                crate::object::Builder::new(schema::<T>(), &request.planned).str("id", Some(&id)).build()
            });
            Err(Failed { error, partial: Some(partial) })
        }
    }
}

/// Makes the object. Where the answer is lost it is looked for by its token, so that what was made is
/// completed by this step and not by another run; what is not found soon is left to the engine.
async fn make<T: Ec2Type>(
    context: &Arc<Context>,
    request: &CreateRequest,
    operation: &str,
) -> Result<String, ProviderError> {
    let error = match T::launch(context, request).await {
        Ok(id) => return Ok(id),
        Err(error) => errors::provider_error(operation, Effect::Create, &error),
    };
    let carries_token = schema::<T>().block.attributes.contains_key("tags_all");
    if error.kind != ErrorKind::Unknown || !carries_token {
        return Err(error);
    }
    let request = FindRequest {
        kind: request.kind.clone(),
        address: request.address.clone(),
        planned: request.planned.clone(),
        token: request.token.clone(),
    };
    let found = wait::until(operation, FOUND_WITHIN, || async {
        T::search(context, &request).await.map_err(|error| reading::<T>(&error))
    });
    found.await.map_err(|_| error)
}

async fn update<T: Ec2Type>(context: &Arc<Context>, request: UpdateRequest) -> Result<Value, Failed> {
    let id = request.prior.get_str("id").unwrap_or_default();
    let operation = format!("updating {} ({id})", T::NOUN);
    let limit = wait::timeout(&request.planned, "update", Duration::from_secs(T::LIMITS.update));
    match bring::<T>(context, id, Some(&request.prior), &request.planned, &operation, limit).await {
        Ok(value) => Ok(value),
        Err(error) => {
            let partial = read::<T>(context, id, &request.planned).await.ok().flatten();
            Err(Failed { error, partial })
        }
    }
}

/// Waits until the object is usable, makes it what is planned, and waits until that can be seen.
async fn bring<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    prior: Option<&Value>,
    planned: &Value,
    operation: &str,
    limit: Duration,
) -> Result<Value, ProviderError> {
    let step = Step { planned, operation, limit };
    let found = ready::<T>(context, id, prior.is_none(), &step).await?;
    let current = T::value(context, &found, planned);
    let change = Change { id, found: &found, current: &current, prior, planned, operation, limit };
    if agrees(&current, planned) && T::settled(&change) {
        return Ok(current);
    }
    let new_id = T::converge(context, &change).await?;
    let is_new = prior.is_none() || new_id.is_some();
    let id = new_id.as_deref().unwrap_or(id);
    bring_tags(context, T::tagged_as(&found, id), &change).await?;
    let changed = ready::<T>(context, id, is_new, &step).await?;
    let value = T::value(context, &changed, planned);
    if agrees(&value, planned) {
        return Ok(value);
    }
    visible::<T>(context, id, planned, operation).await
}

/// What is being done with an object, and how long that may take.
struct Step<'a> {
    planned: &'a Value,
    operation: &'a str,
    limit: Duration,
}

/// The object once nothing is under way with it. A new one may take a while to show; one that was there
/// and does not show is gone.
async fn ready<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    is_new: bool,
    step: &Step<'_>,
) -> Result<T::Found, ProviderError> {
    wait::until(step.operation, step.limit, || async {
        let Some(found) = fetch_one::<T>(context, id, step.planned).await? else {
            return if is_new { Ok(None) } else { Err(gone(step.operation)) };
        };
        match T::progress(&found) {
            Progress::Ready => Ok(Some(found)),
            Progress::Coming => Ok(None),
            Progress::Lost(reason) => Err(ProviderError::new(ErrorKind::Other, step.operation, reason)),
        }
    })
    .await
}

fn gone(operation: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Gone, operation, "the object does not exist any more.")
        .with_remedy("Plan again; it will be made anew.")
}

async fn bring_tags<F>(
    context: &Arc<Context>,
    id: &str,
    change: &Change<'_, F>,
) -> Result<(), ProviderError> {
    if !change.planned.get("tags_all").is_some_and(Value::is_wholly_known) {
        return Ok(());
    }
    let tags = tags::change(change.current, change.planned);
    if !tags.remove.is_empty() {
        context.ec2().delete_tags(id, tags.remove).await.map_err(|error| change.failed(error))?;
    }
    if !tags.set.is_empty() {
        context.ec2().create_tags(id, tags.set).await.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

/// The object once it is as planned, or as it is when that takes too long: the engine compares.
async fn visible<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    planned: &Value,
    operation: &str,
) -> Result<Value, ProviderError> {
    let last = Mutex::new(None);
    let seen = wait::until(operation, VISIBLE_WITHIN, || async {
        let Some(value) = read::<T>(context, id, planned).await? else { return Ok(None) };
        let done = agrees(&value, planned).then(|| value.clone());
        *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(done)
    })
    .await;
    match (seen, last.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(value), _) | (Err(_), Some(value)) => Ok(value),
        (Err(error), None) => Err(error),
    }
}

/// Whether everything that the plan knows is so.
fn agrees(value: &Value, planned: &Value) -> bool {
    planned.as_entries().into_iter().flatten().all(|(name, planned)| {
        !planned.is_wholly_known() || value.get(name).is_some_and(|value| diff::same(value, planned))
    })
}

async fn delete<T: Ec2Type>(context: &Arc<Context>, request: DeleteRequest) -> Result<(), Failed> {
    let Some(id) = request.prior.get_str("id").filter(|_| !T::stays(&request.prior)) else { return Ok(()) };
    let operation = format!("deleting {} ({id})", T::NOUN);
    let limit = wait::timeout(&request.prior, "delete", Duration::from_secs(T::LIMITS.delete));
    // What is being removed beside it may take a while to let go.
    let blocked = AtomicBool::new(false);
    let removed = wait::until(&operation, limit, || async {
        match T::remove(context, id, &request.prior).await {
            Ok(()) => Ok(Some(())),
            Err(error) if error.is_gone() => Ok(Some(())),
            Err(error) => {
                let in_the_way = error.is_any(T::IN_THE_WAY);
                blocked.store(in_the_way, Ordering::Relaxed);
                let mut error = errors::provider_error(&operation, Effect::Delete, &error);
                if in_the_way {
                    error.kind = ErrorKind::Retry { after_ms: 1_000 };
                }
                Err(error)
            }
        }
    });
    removed.await.map_err(|mut error| {
        if blocked.load(Ordering::Relaxed) {
            error.kind = ErrorKind::Conflict;
        }
        error
    })?;
    if T::is_always_there() {
        return Ok(());
    }
    let gone = wait::until(&operation, limit, || async {
        Ok(fetch_one::<T>(context, id, &request.prior).await?.is_none().then_some(()))
    });
    Ok(gone.await?)
}

async fn find<T: Ec2Type>(
    context: &Arc<Context>,
    request: FindRequest,
) -> Result<Option<Value>, ProviderError> {
    let operation = format!("looking for {}", T::NOUN);
    let id = T::search(context, &request)
        .await
        .map_err(|error| errors::provider_error(operation, Effect::Read, &error))?;
    match id {
        Some(id) => read::<T>(context, &id, &request.planned).await,
        None => Ok(None),
    }
}

/// Goes the way of a create or a removal up to the first call that would change something: `asking` only asks.
async fn probe<T: Ec2Type>(asking: &Arc<Context>, request: ProbeRequest) -> Result<(), Failure> {
    let ProbeRequest { kind, address, what, object } = request;
    match what {
        Probed::Create => {
            let config = object.clone();
            let create = CreateRequest { kind, address, planned: object, config, token: PROBE.into() };
            T::launch(asking, &T::prepare(asking, create).await?).await.map(drop)
        }
        Probed::Delete if T::stays(&object) => Ok(()),
        Probed::Delete => T::remove(asking, object.get_str("id").unwrap_or_default(), &object).await,
    }
}

/// A type of EC2 as the provider's list takes it.
pub struct Ec2<T>(pub T);

evenkeel_provider_aws_core::resource_course!(Ec2: Ec2Type {
    fn is_listed_unasked(&self) -> bool {
        T::LISTED_UNASKED
    }

    fn probe<'a>(
        &'a self,
        asking: &'a Arc<Context>,
        request: ProbeRequest,
    ) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        Some(Box::pin(probe::<T>(asking, request)))
    }
});
