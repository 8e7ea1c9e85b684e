//! What an EC2 type is: [`Ec2Type`], and the change that it is asked to make. The way that every type goes is
//! in `course`, how objects are asked for in `asking`, how values are put in `values` and `written`.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{
    CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, diff, propose,
};

use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::listing::Listing;

pub(super) use super::asking::{
    account, by_filter, by_id, by_name, by_token, eventually, ids_of, unless_gone,
};
pub use super::course::Ec2;
pub(crate) use super::values::{arn, texts};
pub(super) use super::values::{int, or_empty, overlook, same_or_unset, text, unless_empty};
pub(crate) use super::written::{blocks, count, first, on, planned_time, some_texts, time};

/// An object that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// The object as it is remembered or planned.
    pub known: &'a Value,
    /// The arguments that configuration writes for it, where that is known.
    pub written: &'a [Arc<str>],
}

impl<'a> Wanted<'a> {
    /// An object of whose configuration nothing is known.
    pub fn of(id: &'a str, known: &'a Value) -> Self {
        Self { id, known, written: &[] }
    }

    /// Whether configuration has an argument.
    pub fn writes(&self, name: &str) -> bool {
        self.written.iter().any(|written| &**written == name)
    }
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
    /// Why its objects have no list of their own, and where they are listed instead.
    const UNLISTED: Option<&'static str> = None;
    /// Whether it is listed when nobody asks for the type: not what may be a part of something else that is listed.
    const LISTED_UNASKED: bool = true;
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

    /// What took the place of objects that are gone, where a change by others gives them another
    /// identifier: by the identifier that is remembered.
    fn replaced(
        context: &Arc<Context>,
        gone: &[Wanted<'_>],
    ) -> impl Future<Output = Result<BTreeMap<String, Self::Found>, Failure>> + Send {
        let _ = (context, gone);
        async { Ok(BTreeMap::new()) }
    }

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

    /// Lists its objects, from where the last page ended; nothing where the type is unlisted.
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
