//! The acting half of the provider: hands every request to its type, in its region.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{
    BoxFuture, CallStatistics, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest,
    ListPage, ListRequest, ObserveRequest, Permission, ProbeRequest, ProviderError, ReadDataRequest,
    UpdateRequest,
};
use futures_util::future::join_all;

use evenkeel_provider_aws_core::context::Context;
use evenkeel_provider_aws_core::denied;
use evenkeel_provider_aws_core::errors::{Effect, provider_error};
use evenkeel_provider_aws_core::resource::Resource;

use crate::{probe, registry};

type Observed = Result<Option<Value>, ProviderError>;

/// Requests of one type and region, and where their answers belong.
type Group = (Vec<usize>, Vec<ObserveRequest>);

/// A configured provider.
pub struct AwsConnection {
    context: Arc<Context>,
}

impl AwsConnection {
    /// A connection whose objects are in the given region where they do not say otherwise.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The region an object is in.
    fn region_of<'a>(&'a self, object: &'a Value) -> &'a str {
        object.get_str("region").filter(|region| !region.is_empty()).unwrap_or(self.context.region())
    }

    fn context_of(&self, object: &Value) -> Arc<Context> {
        self.context.in_region(self.region_of(object))
    }

    async fn observe_all(&self, requests: Vec<ObserveRequest>) -> Vec<Observed> {
        let total = requests.len();
        let mut groups: BTreeMap<(Arc<str>, String), Group> = BTreeMap::new();
        for (index, request) in requests.into_iter().enumerate() {
            let key = (request.kind.clone(), self.region_of(&request.prior).to_owned());
            let (indices, group) = groups.entry(key).or_default();
            indices.push(index);
            group.push(request);
        }
        let answers = join_all(groups.into_iter().map(|((kind, region), (indices, group))| async move {
            (indices, self.observe_group(&kind, &region, group).await)
        }));
        let mut observed: Vec<Option<Observed>> = (0..total).map(|_| None).collect();
        for (indices, answers) in answers.await {
            for (index, answer) in indices.into_iter().zip(answers) {
                if let Some(slot) = observed.get_mut(index) {
                    *slot = Some(answer);
                }
            }
        }
        let observed = observed.into_iter().map(|answer| answer.unwrap_or_else(|| Err(unanswered())));
        self.each_explained(observed.collect()).await
    }

    /// Says of refused calls what is missing; many are refused for the same reason, which is asked for once.
    async fn each_explained(&self, observed: Vec<Observed>) -> Vec<Observed> {
        let mut known: Option<(ProviderError, ProviderError)> = None;
        let mut explained = Vec::with_capacity(observed.len());
        for answer in observed {
            explained.push(match (answer, &known) {
                (Err(error), Some((same, told))) if error == *same => Err(told.clone()),
                (Err(error), _) => {
                    let told = denied::explained(&self.context, error.clone()).await;
                    known = Some((error, told.clone()));
                    Err(told)
                }
                (Ok(found), _) => Ok(found),
            });
        }
        explained
    }

    async fn explained<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ProviderError> {
        match answer {
            Err(error) => Err(denied::explained(&self.context, error).await),
            Ok(done) => Ok(done),
        }
    }

    async fn failure_explained<T>(&self, answer: Result<T, Failed>) -> Result<T, Failed> {
        match answer {
            Err(Failed { error, partial }) => {
                Err(Failed { error: denied::explained(&self.context, error).await, partial })
            }
            Ok(done) => Ok(done),
        }
    }

    async fn observe_group(&self, kind: &str, region: &str, group: Vec<ObserveRequest>) -> Vec<Observed> {
        match resource(kind) {
            Ok(resource) => resource.observe(&self.context.in_region(region), group).await,
            Err(error) => group.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

fn resource(kind: &str) -> Result<&'static dyn Resource, ProviderError> {
    registry::resource(kind).map(|entry| entry.resource).ok_or_else(|| unsupported("resource", kind))
}

fn unsupported(what: &str, kind: &str) -> ProviderError {
    ProviderError::new(
        ErrorKind::Invalid,
        format!("looking for the {what} type \"{kind}\""),
        format!("The native AWS provider does not support the {what} type \"{kind}\"."),
    )
}

fn unlistable(resource: &dyn Resource) -> ProviderError {
    let why = resource.unlisted().unwrap_or("They are parts of others.");
    let detail = format!("Objects of type \"{}\" have no list of their own. {why}", resource.kind());
    ProviderError::new(ErrorKind::Invalid, "listing", detail)
}

fn unanswered() -> ProviderError {
    ProviderError::new(
        ErrorKind::Other,
        "observing",
        "the resource type gave fewer answers than it was asked for.",
    )
}

impl Connection for AwsConnection {
    fn observe(&self, requests: Vec<ObserveRequest>) -> BoxFuture<'_, Vec<Observed>> {
        Box::pin(self.observe_all(requests))
    }

    fn read_data(&self, request: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(async move {
            let entry = registry::data_source(&request.kind)
                .ok_or_else(|| unsupported("data source", &request.kind))?;
            let context = self.context_of(&request.config);
            self.explained(entry.source.read(&context, request).await).await
        })
    }

    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move {
            let context = self.context_of(&request.planned);
            self.failure_explained(resource(&request.kind)?.create(&context, request).await).await
        })
    }

    fn update(&self, request: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move {
            let context = self.context_of(&request.prior);
            self.failure_explained(resource(&request.kind)?.update(&context, request).await).await
        })
    }

    fn delete(&self, request: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let context = self.context_of(&request.prior);
            self.failure_explained(resource(&request.kind)?.delete(&context, request).await).await
        })
    }

    fn find(&self, request: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let context = self.context_of(&request.planned);
            self.explained(resource(&request.kind)?.find(&context, request).await).await
        })
    }

    fn identity(&self) -> Option<Arc<str>> {
        let account = self.context.account_id_as_validated()?;
        Some(format!("account {account}").into())
    }

    fn list(&self, request: ListRequest) -> BoxFuture<'_, Result<ListPage, ProviderError>> {
        Box::pin(async move {
            let ListRequest { kind, after } = request;
            let resource = resource(&kind)?;
            let listing = resource.list(&self.context, after).ok_or_else(|| unlistable(resource))?;
            let operation = format!("listing objects of type {kind}");
            let page = listing.await.map_err(|failure| provider_error(operation, Effect::Read, &failure));
            self.explained(page).await
        })
    }

    fn lists(&self, kind: &str) -> bool {
        let listed = |resource: &dyn Resource| {
            resource.is_listed_unasked() && resource.list(&self.context, None).is_some()
        };
        resource(kind).is_ok_and(listed)
    }

    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Option<Permission>> {
        Box::pin(async move {
            let resource = resource(&request.kind).ok()?;
            probe::probe(&self.context_of(&request.object), resource, request).await
        })
    }

    fn statistics(&self) -> CallStatistics {
        self.context.account().calls.statistics()
    }
}
