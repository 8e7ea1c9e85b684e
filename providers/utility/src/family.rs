//! A provider made of types: finds the one that a request is about, and runs it where it may block.

use std::sync::{Arc, OnceLock};

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, ProviderAddress, Value};
use evenkeel_provider::{
    BoxFuture, CloseRequest, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, Hold,
    ImportRequest, ObserveRequest, OpenRequest, Opened, PlanRequest, PlannedChange, Provider, ProviderError,
    ProviderSpec, ReadDataRequest, RenewRequest, ResourceSpec, UpdateRequest,
};
use serde_json::Value as Json;

use crate::kind::{Occasion, Reading, Resource};
use crate::object::invalid;

/// What a provider consists of.
pub(crate) struct Family {
    address: ProviderAddress,
    version: &'static str,
    config: Lazy,
    resources: Vec<ResourceEntry>,
    data: Vec<ReadingEntry>,
    ephemeral: Vec<ReadingEntry>,
}

impl Family {
    /// A provider of that local name, that follows that version of the public one.
    pub(crate) fn new(name: &str, version: &'static str, config_text: &'static str) -> Self {
        Self {
            address: ProviderAddress::implied(name),
            version,
            config: Lazy::new(config_text),
            resources: Vec::new(),
            data: Vec::new(),
            ephemeral: Vec::new(),
        }
    }

    /// The same of another publisher.
    pub(crate) fn published_by(mut self, namespace: &str) -> Self {
        self.address.namespace = namespace.into();
        self
    }

    /// With a managed resource type.
    pub(crate) fn resource(mut self, kind: &'static str, resource: impl Resource + 'static) -> Self {
        let schema = Lazy::new(resource.schema_text());
        self.resources.push(ResourceEntry { kind, schema, resource: Box::new(resource) });
        self
    }

    /// With a data source.
    pub(crate) fn data(mut self, kind: &'static str, reading: impl Reading + 'static) -> Self {
        self.data.push(ReadingEntry::new(kind, reading));
        self
    }

    /// With an ephemeral resource type.
    pub(crate) fn ephemeral(mut self, kind: &'static str, reading: impl Reading + 'static) -> Self {
        self.ephemeral.push(ReadingEntry::new(kind, reading));
        self
    }

    /// The provider, not configured yet.
    pub(crate) fn provider(self) -> Arc<dyn Provider> {
        Arc::new(Unconfigured(Arc::new(self)))
    }

    /// The pure half of a type, for tests.
    #[cfg(test)]
    pub(crate) fn spec_of(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        ProviderSpec::resource(self, kind)
    }

    fn entry(&self, kind: &str) -> Result<&ResourceEntry, ProviderError> {
        self.resources.iter().find(|entry| entry.kind == kind).ok_or_else(|| unsupported(kind))
    }
}

fn unsupported(kind: &str) -> ProviderError {
    invalid("looking for the type", format!("there is no type \"{kind}\" in this provider."))
}

fn reading<'a>(entries: &'a [ReadingEntry], kind: &str) -> Result<&'a ReadingEntry, ProviderError> {
    entries.iter().find(|entry| entry.kind == kind).ok_or_else(|| unsupported(kind))
}

/// A schema file that is read when it is asked for: most runs need few of them.
struct Lazy {
    text: &'static str,
    schema: OnceLock<Schema>,
}

impl Lazy {
    fn new(text: &'static str) -> Self {
        Self { text, schema: OnceLock::new() }
    }

    fn get(&self) -> &Schema {
        self.schema.get_or_init(|| {
            serde_json::from_str(self.text).expect("the tests read every schema file built in")
        })
    }
}

struct ResourceEntry {
    kind: &'static str,
    schema: Lazy,
    resource: Box<dyn Resource>,
}

struct ReadingEntry {
    kind: &'static str,
    schema: Lazy,
    reading: Box<dyn Reading>,
}

impl ReadingEntry {
    fn new(kind: &'static str, reading: impl Reading + 'static) -> Self {
        Self { kind, schema: Lazy::new(reading.schema_text()), reading: Box::new(reading) }
    }
}

impl ResourceSpec for ResourceEntry {
    fn schema(&self) -> &Schema {
        self.schema.get()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        self.resource.validate(config)
    }

    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        self.resource.plan(self.schema.get(), request)
    }

    fn upgrade(&self, version: u64, attributes: &Json) -> Option<Json> {
        self.resource.upgrade(self.schema.get(), version, attributes)
    }
}

impl ProviderSpec for Family {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }

    fn version(&self) -> &str {
        self.version
    }

    fn config_schema(&self) -> &Schema {
        self.config.get()
    }

    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        self.entry(kind).ok().map(|entry| entry as &dyn ResourceSpec)
    }

    fn data_source(&self, kind: &str) -> Option<&Schema> {
        reading(&self.data, kind).ok().map(|entry| entry.schema.get())
    }

    fn ephemeral(&self, kind: &str) -> Option<&Schema> {
        reading(&self.ephemeral, kind).ok().map(|entry| entry.schema.get())
    }

    fn ephemeral_kinds(&self) -> Vec<&str> {
        self.ephemeral.iter().map(|entry| entry.kind).collect()
    }

    fn resource_kinds(&self) -> Vec<&str> {
        self.resources.iter().map(|entry| entry.kind).collect()
    }

    fn data_kinds(&self) -> Vec<&str> {
        self.data.iter().map(|entry| entry.kind).collect()
    }
}

struct Unconfigured(Arc<Family>);

impl Provider for Unconfigured {
    fn spec(&self) -> &dyn ProviderSpec {
        &*self.0
    }

    fn configure(&self, config: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
        let open = Open { family: self.0.clone(), config };
        Box::pin(async move { Ok(Arc::new(open) as Arc<dyn Connection>) })
    }
}

struct Open {
    family: Arc<Family>,
    config: Value,
}

impl Open {
    /// Runs what may block or compute for long beside everything else.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Family) -> Result<T, ProviderError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let family = self.family.clone();
        tokio::task::spawn_blocking(move || work(&family)).await.unwrap_or_else(|error| {
            let detail = format!("the provider failed while it worked, which is a bug in it: {error}.");
            Err(ProviderError::new(ErrorKind::Unknown, "running the provider", detail))
        })
    }

    /// A wait ends with the run that asked for it: whoever drops this does not wait any longer. A run that is
    /// asked to stop finishes what it does, which a wait is no reason for.
    async fn pause(&self, kind: &str, occasion: Occasion, object: &Value) -> Result<(), ProviderError> {
        let wait = self.family.entry(kind)?.resource.pause(occasion, object)?;
        if wait.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = interrupted() => {
                let detail = format!("the wait of {wait:?} was interrupted.");
                let error = ProviderError::new(ErrorKind::Other, "waiting", detail);
                Err(error.with_remedy("Apply again to wait for the whole time."))
            }
        }
    }

    async fn value(&self, ephemeral: bool, kind: Arc<str>, config: Value) -> Result<Value, ProviderError> {
        let provider = self.config.clone();
        self.run(move |family| {
            let entries = if ephemeral { &family.ephemeral } else { &family.data };
            reading(entries, &kind)?.reading.read(&provider, &config)
        })
        .await
    }
}

type Observed = Result<Option<Value>, ProviderError>;

impl Connection for Open {
    fn observe(&self, requests: Vec<ObserveRequest>) -> BoxFuture<'_, Vec<Observed>> {
        let count = requests.len();
        Box::pin(async move {
            let observed = self.run(move |family| {
                let look = |ObserveRequest { kind, prior, .. }| family.entry(&kind)?.resource.observe(prior);
                Ok(requests.into_iter().map(look).collect())
            });
            observed.await.unwrap_or_else(|error| vec![Err(error); count])
        })
    }

    fn import(&self, request: ImportRequest) -> BoxFuture<'_, Observed> {
        Box::pin(self.run(move |family| {
            let entry = family.entry(&request.kind)?;
            entry.resource.import(entry.schema.get(), &request.id).map(Some)
        }))
    }

    fn read_data(&self, request: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(self.value(false, request.kind, request.config))
    }

    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move {
            let CreateRequest { kind, planned, .. } = request;
            self.pause(&kind, Occasion::Create, &planned).await?;
            Ok(self.run(move |family| family.entry(&kind)?.resource.create(&planned)).await?)
        })
    }

    fn update(&self, request: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async move {
            let UpdateRequest { kind, planned, .. } = request;
            Ok(self.run(move |family| family.entry(&kind)?.resource.update(&planned)).await?)
        })
    }

    fn delete(&self, request: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let DeleteRequest { kind, prior, .. } = request;
            self.pause(&kind, Occasion::Delete, &prior).await?;
            Ok(self.run(move |family| family.entry(&kind)?.resource.delete(&prior)).await?)
        })
    }

    fn find(&self, request: FindRequest) -> BoxFuture<'_, Observed> {
        Box::pin(self.run(move |family| family.entry(&request.kind)?.resource.find(&request.planned)))
    }

    fn open_ephemeral(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened, ProviderError>> {
        Box::pin(async move {
            let value = self.value(true, request.kind, request.config).await?;
            Ok(Opened { value, hold: Hold::default() })
        })
    }

    fn renew_ephemeral(&self, _: RenewRequest) -> BoxFuture<'_, Result<Hold, ProviderError>> {
        Box::pin(async { Ok(Hold::default()) })
    }

    /// What was drawn is forgotten by whoever has it.
    fn close_ephemeral(&self, _: CloseRequest) -> BoxFuture<'_, Result<(), ProviderError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Ready when somebody asks the process to stop.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Ready when somebody asks the process to stop.
#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
