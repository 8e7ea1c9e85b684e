//! What all EC2 types share: one way through creating, changing, removing, looking and finding.
//!
//! A create is one call that carries the ownership tag, followed by the same steps as an update:
//! look at the object, bring what differs to what is planned, look again. So an object that an
//! interrupted create left half done is completed by the next update, whatever is missing.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::calls::{Call, Filter, Select};
use crate::errors::Failure;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    BoxFuture, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, ProviderError, UpdateRequest, diff, propose,
};

use crate::calls::Ec2Context;
use crate::context::Context;
use crate::errors::{self, Effect};
use crate::listing::Listing;
use crate::resource::Resource;
use crate::{registry, tags, wait};

pub(crate) use super::written::{blocks, count, first, on, planned_time, some_texts, time};

/// Identifiers that one call may name.
const IDS_PER_CALL: usize = 1_000;
/// Values that one filter may have.
const VALUES_PER_FILTER: usize = 200;
/// How long to wait until a change that was accepted can be seen.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);

/// How long to look for what a call made whose answer was lost.
const FOUND_WITHIN: Duration = Duration::from_secs(3);

/// An object that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// The object as it is remembered or planned.
    pub known: &'a Value,
}

/// How far an object is from being usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is usable.
    Ready,
    /// It is on its way.
    Coming,
    /// It will never be usable, and why.
    Lost(String),
}

/// Default waits in seconds.
pub(super) struct Limits {
    pub create: u64,
    pub update: u64,
    pub delete: u64,
}

/// One EC2 type.
pub(super) trait Ec2Type: Send + Sync + 'static {
    /// What the service says about an object.
    type Found: Send + Sync;

    /// The type name: `aws_vpc`.
    const KIND: &'static str;
    /// What it is called in messages: `EC2 VPC`.
    const NOUN: &'static str;
    /// Default waits.
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 120 };
    /// Codes of a refused removal that pass when what is in the way has gone.
    const IN_THE_WAY: &'static [&'static str] = &["DependencyViolation"];

    /// Checks a configuration beyond its schema.
    fn check(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// What the object would become.
    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(schema, request)
    }

    /// Those of the objects that exist, by identifier.
    fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> impl Future<Output = Result<BTreeMap<String, Self::Found>, Failure>> + Send;

    /// Whether it can be used.
    fn progress(found: &Self::Found) -> Progress {
        let _ = found;
        Progress::Ready
    }

    /// Whether nothing is left to do that the plan does not name.
    fn settled(change: &Change<'_, Self::Found>) -> bool {
        let _ = change;
        true
    }

    /// The object's value; `known` has what only configuration knows.
    fn value(context: &Arc<Context>, found: &Self::Found, known: &Value) -> Value;

    /// Looks up what can be known only before the object is made, and puts it into the planned value.
    fn prepare(
        context: &Arc<Context>,
        request: CreateRequest,
    ) -> impl Future<Output = Result<CreateRequest, Failure>> + Send {
        let _ = context;
        async { Ok(request) }
    }

    /// Whether removing it only ends that it is looked after: what the cloud made stays.
    fn stays(prior: &Value) -> bool {
        let _ = prior;
        false
    }

    /// The one call that makes the object; gives its identifier.
    fn launch(
        context: &Arc<Context>,
        request: &CreateRequest,
    ) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Changes whatever differs from what is planned, except tags. Gives the new identifier if that
    /// changes too.
    fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Self::Found>,
    ) -> impl Future<Output = Result<Option<String>, ProviderError>> + Send;

    /// Removes the object.
    fn remove(
        context: &Arc<Context>,
        id: &str,
        prior: &Value,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What tags are set on, where that is not the identifier.
    fn tagged_as<'f>(found: &'f Self::Found, id: &'f str) -> &'f str {
        let _ = found;
        id
    }

    /// Whether it is a setting that exists as long as the account does: removing it sets it back.
    fn is_always_there() -> bool {
        false
    }

    /// Lists its objects, from where the last page ended; nothing where the type cannot be listed.
    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        let _ = (context, after);
        None
    }

    /// The identifier of the object that an interrupted create made.
    fn search(
        context: &Arc<Context>,
        request: &FindRequest,
    ) -> impl Future<Output = Result<Option<String>, Failure>> + Send;
}

/// A change to be made.
pub(super) struct Change<'a, F> {
    /// The object's identifier.
    pub id: &'a str,
    /// What the service says about it.
    pub found: &'a F,
    /// Its value.
    pub current: &'a Value,
    /// What it was when the plan was made; nothing for a new object.
    pub prior: Option<&'a Value>,
    /// What it shall become.
    pub planned: &'a Value,
    /// What is being done, for messages.
    pub operation: &'a str,
    /// How long it may take.
    pub limit: Duration,
}

impl<F> Change<'_, F> {
    /// Whether the plan leaves an attribute as it was. What happened to it since is not ours to undo:
    /// it may be another step's work.
    pub fn keeps(&self, name: &str) -> bool {
        match (self.prior.and_then(|prior| prior.get(name)), self.planned.get(name)) {
            (Some(prior), Some(planned)) => diff::same(prior, planned),
            _ => false,
        }
    }

    /// The planned value of an attribute, if it is known, is changed by the plan, and differs from
    /// the current one.
    pub fn wanted(&self, name: &str) -> Option<&Value> {
        let planned = self.planned.get(name).filter(|value| value.is_wholly_known() && !value.is_null())?;
        if self.keeps(name) {
            return None;
        }
        match self.current.get(name) {
            Some(current) if diff::same(current, planned) => None,
            _ => Some(planned),
        }
    }

    /// The same for a text.
    pub fn wanted_str(&self, name: &str) -> Option<&str> {
        self.wanted(name).and_then(Value::as_str)
    }

    /// The same for a flag.
    pub fn wanted_bool(&self, name: &str) -> Option<bool> {
        self.wanted(name).and_then(Value::as_bool)
    }

    /// Puts a failed call into the engine's terms.
    pub fn failed(&self, error: Failure) -> ProviderError {
        errors::provider_error(self.operation, Effect::Update, &error)
    }
}

fn schema<T: Ec2Type>() -> &'static Schema {
    registry::schema(T::KIND)
}

async fn fetch_one<T: Ec2Type>(
    context: &Arc<Context>,
    id: &str,
    known: &Value,
) -> Result<Option<T::Found>, ProviderError> {
    let mut found = T::fetch(context, &[Wanted { id, known }]).await.map_err(|error| reading::<T>(&error))?;
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
    let wanted: Vec<Wanted<'_>> = requests
        .iter()
        .filter_map(|request| Some(Wanted { id: request.prior.get_str("id")?, known: &request.prior }))
        .collect();
    let found = match wanted.is_empty() {
        true => Ok(BTreeMap::new()),
        false => T::fetch(context, &wanted).await.map_err(|error| reading::<T>(&error)),
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

/// A type of EC2 as the provider's list takes it.
pub struct Ec2<T>(pub T);

impl<T: Ec2Type> Resource for Ec2<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        T::check(config)
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        T::propose(schema, request)
    }

    fn observe<'a>(
        &'a self,
        context: &'a Arc<Context>,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'a, Vec<Result<Option<Value>, ProviderError>>> {
        Box::pin(observe::<T>(context, requests))
    }

    fn create<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: CreateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(create::<T>(context, request))
    }

    fn update<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: UpdateRequest,
    ) -> BoxFuture<'a, Result<Value, Failed>> {
        Box::pin(update::<T>(context, request))
    }

    fn delete<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: DeleteRequest,
    ) -> BoxFuture<'a, Result<(), Failed>> {
        Box::pin(delete::<T>(context, request))
    }

    fn list<'a>(&'a self, context: &'a Arc<Context>, after: Option<String>) -> Option<Listing<'a>> {
        T::list(context, after)
    }

    fn find<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: FindRequest,
    ) -> BoxFuture<'a, Result<Option<Value>, ProviderError>> {
        Box::pin(find::<T>(context, request))
    }
}

/// Describes objects by identifier; what is missing is left out.
///
/// A few are asked for by a filter, which overlooks missing ones. Many are named, which takes fewer
/// calls; when one of those is missing the service refuses, and that part is asked by filter.
pub(super) async fn by_id<'c, T>(
    ids: Vec<String>,
    filter: &str,
    call: impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    if ids.len() <= VALUES_PER_FILTER {
        return by_filter(&ids, filter, &call).await;
    }
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_PER_CALL) {
        match call(Select::Ids(ids.to_vec())).await {
            Ok(objects) => found.extend(objects),
            Err(error) if error.is_gone() => found.extend(by_filter(ids, filter, &call).await?),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The same for a call that has no filter by identifier: where one of those named is missing the
/// service refuses them all, and each half is asked for by itself.
pub(super) async fn by_name<'c, T>(
    ids: Vec<String>,
    call: impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    let mut open: Vec<Vec<String>> = ids.chunks(IDS_PER_CALL).map(<[String]>::to_vec).collect();
    let mut found = Vec::new();
    while let Some(mut ids) = open.pop() {
        match call(Select::Ids(ids.clone())).await {
            Ok(objects) => found.extend(objects),
            Err(error) if error.is_gone() && ids.len() > 1 => {
                open.push(ids.split_off(ids.len() / 2));
                open.push(ids);
            }
            Err(error) if error.is_gone() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Describes objects by the values of a filter, in as few calls as it allows.
pub(super) async fn by_filter<'c, T>(
    ids: &[String],
    filter: &str,
    call: &impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    let mut found = Vec::with_capacity(ids.len());
    for values in ids.chunks(VALUES_PER_FILTER) {
        found.extend(call(Select::Filters(vec![Filter::new(filter, values.iter().cloned())])).await?);
    }
    Ok(found)
}

/// Repeats a call as long as the service answers with one of the codes: what it refers to may not be
/// seen everywhere yet.
pub(super) async fn eventually<T, Fut>(
    limit: Duration,
    codes: &[&str],
    call: impl Fn() -> Fut,
) -> Result<T, Failure>
where
    Fut: Future<Output = Result<T, Failure>>,
{
    let last = Mutex::new(None);
    let answer = wait::until("waiting", limit, || async {
        match call().await {
            Err(error) if error.is_any(codes) => {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(None)
            }
            answer => Ok(Some(answer)),
        }
    });
    match (answer.await, last.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(answer), _) => answer,
        (Err(_), Some(error)) => Err(error),
        (Err(_), None) => Err(Failure::incomplete("result")),
    }
}

/// Takes back a planned change of an attribute that means the same as what is there.
pub(super) fn overlook(
    change: &mut PlannedChange,
    prior: Option<&Value>,
    name: &str,
    same: impl Fn(&Value, &Value) -> bool,
) {
    let Some(old) = prior.and_then(|prior| prior.get(name)) else { return };
    let Some(new) = change.planned.get(name).filter(|new| new.is_wholly_known()) else { return };
    if same(old, new) {
        change.planned = change.planned.clone().with_attribute(name, old.clone());
        change.replace.retain(|path| path.first_attribute() != Some(name));
    }
}

/// Whether two values are the same where nothing, zero and the empty text are one.
pub(super) fn same_or_unset(a: &Value, b: &Value) -> bool {
    let unset = |value: &Value| {
        value.is_null()
            || value.as_i64() == Some(0)
            || value.as_str() == Some("")
            || value.as_bool() == Some(false)
            || value.as_elements().is_some_and(<[Value]>::is_empty)
    };
    diff::same(a, b) || (unset(a) && unset(b))
}

/// The account that calls are made for; a part of names.
pub(super) async fn account(context: &Context) -> Result<String, Failure> {
    let account = context.account_id().await;
    account.map(str::to_owned).map_err(|error| Failure {
        class: errors::Class::Service,
        code: if error.kind == ErrorKind::Denied { "AccessDenied" } else { "ServiceUnavailable" }.into(),
        message: error.detail,
        request_id: None,
        status: None,
    })
}

/// Takes a removal of what is not there as done.
pub(super) fn unless_gone<T: Default>(error: Failure) -> Result<T, Failure> {
    match error.is_gone() {
        true => Ok(T::default()),
        false => Err(error),
    }
}

/// A text as the service tells it, empty where it tells nothing.
pub(super) fn or_empty(text: &Option<String>) -> Option<&str> {
    Some(text.as_deref().unwrap_or_default())
}

/// A text that is left out where it is empty, unless configuration has it empty.
pub(super) fn unless_empty<'a>(text: Option<&'a str>, known: &'a Value, name: &str) -> Option<&'a str> {
    text.filter(|text| !text.is_empty()).or_else(|| known.get_str(name).filter(|known| known.is_empty()))
}

/// The identifiers that are asked for, each once.
pub(super) fn ids_of(wanted: &[Wanted<'_>]) -> Vec<String> {
    let ids: std::collections::BTreeSet<&str> = wanted.iter().map(|wanted| wanted.id).collect();
    ids.into_iter().map(str::to_owned).collect()
}

/// The selection of what carries a token.
pub(super) fn by_token(token: &str) -> Select {
    Select::one(format!("tag:{}", tags::OWNER_KEY), token)
}

/// The ARN of something that an account owns in this region.
pub(crate) fn arn(context: &Context, owner: Option<&str>, resource: &str) -> String {
    let owner = owner.unwrap_or_default();
    format!("arn:{}:ec2:{}:{owner}:{resource}", context.partition(), context.region())
}

/// A planned text, if it is known and not empty.
pub(super) fn text(planned: &Value, name: &str) -> Option<String> {
    planned.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The texts of a set or list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let elements = value.and_then(Value::as_elements).unwrap_or_default();
    elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A small number, as the service takes it.
pub(super) fn int(value: &Value, name: &str) -> Option<i32> {
    value.get_i64(name).and_then(|number| i32::try_from(number).ok())
}
