//! The traits and the values that pass through them.
//!
//! Values given to a provider carry no marks. Values that come back have exactly the type of the
//! schema. Every acting method may be repeated: a provider that cannot make that true for a call
//! says so with [`crate::ErrorKind::Unknown`] and lets itself be asked again through
//! [`Connection::find`].

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, InstanceAddress, Path, ProviderAddress, Value};

use crate::error::ProviderError;
use crate::files::ReadFile;
use crate::listing::{ListPage, ListRequest};
use crate::probe::{Permission, ProbeRequest};
use crate::{propose, upgrade};

/// A boxed future, so that the traits can be used as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The pure half of a provider: the same answers for the same questions, without any I/O.
pub trait ProviderSpec: Send + Sync {
    /// Where it comes from.
    fn address(&self) -> &ProviderAddress;

    /// The version of the public provider whose schema it follows, or its own.
    fn version(&self) -> &str;

    /// The schema of the `provider` block.
    fn config_schema(&self) -> &Schema;

    /// Checks a provider block beyond its schema. Called with the decoded block, which may hold
    /// unknown values.
    fn validate_config(&self, config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// A managed resource type, if it is supported.
    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec>;

    /// The schema of a data source, if it is supported.
    fn data_source(&self, kind: &str) -> Option<&Schema>;

    /// The schema of an ephemeral resource type, if it is supported.
    fn ephemeral(&self, kind: &str) -> Option<&Schema> {
        let _ = kind;
        None
    }

    /// All ephemeral resource types, in order.
    fn ephemeral_kinds(&self) -> Vec<&str> {
        Vec::new()
    }

    /// All managed resource types, in order.
    fn resource_kinds(&self) -> Vec<&str>;

    /// All data source types, in order.
    fn data_kinds(&self) -> Vec<&str>;
}

/// The pure half of one managed resource type.
pub trait ResourceSpec: Send + Sync {
    /// Its schema.
    fn schema(&self) -> &Schema;

    /// Checks a configuration beyond what the schema says ([`crate::validate`] has done that).
    /// Unknown values must be let through.
    fn validate(&self, config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// What the object would become. The planner calls it for creates (no prior) and changes, never
    /// for deletes. The answer must agree with configuration ([`crate::check::planned`]).
    fn plan(&self, request: &PlanRequest<'_>) -> PlannedChange {
        propose::plan_by_schema(self.schema(), request)
    }

    /// Attributes upgraded from an older version of the schema; none of a newer one. The default leaves out
    /// what the schema no longer has.
    fn upgrade(&self, version: u64, attributes: &serde_json::Value) -> Option<serde_json::Value> {
        upgrade::by_schema(self.schema(), version, attributes)
    }
}

/// The question: what would this object become?
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The provider block's decoded configuration; may hold unknown values.
    pub provider_config: &'a Value,
    /// The object as it is, or nothing when it shall be created.
    pub prior: Option<&'a Value>,
    /// The configuration, decoded by the schema: null where nothing is set, unknown where it waits
    /// for other steps.
    pub config: &'a Value,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedChange {
    /// The object after apply; unknown where only the apply will tell.
    pub planned: Value,
    /// The attributes whose change makes a new object; empty when it can be changed in place.
    pub replace: Vec<Path>,
    /// Why the change is impossible, if it is.
    pub diagnostics: Diagnostics,
}

/// The acting half of a provider.
pub trait Provider: Send + Sync {
    /// Its pure half.
    fn spec(&self) -> &dyn ProviderSpec;

    /// Opens what one provider block describes: finds credentials, checks that they may be used.
    /// Called once per distinct configuration and process; the connection is shared.
    fn configure(&self, config: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>>;

    /// The same provider, which reads these files where configuration names one by its path. None where
    /// it reads none. Called before anything is configured.
    fn reading(&self, files: Arc<dyn ReadFile>) -> Option<Arc<dyn Provider>> {
        let _ = files;
        None
    }
}

/// A configured provider. All methods may be called concurrently and be dropped half-way.
pub trait Connection: Send + Sync {
    /// Looks at objects, as many as possible with one call. One answer per request, in order:
    /// the object as it is, `None` when it does not exist, or why that cannot be told.
    fn observe(
        &self,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'_, Vec<Result<Option<Value>, ProviderError>>>;

    /// Looks for an object that somebody else made, to manage it from now on: the object as it is, or
    /// `None` when there is none with this id. As written here it is what can be observed by its `id`
    /// alone; a type with another form of import id says so itself.
    fn import(&self, request: ImportRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async move {
            let ImportRequest { kind, address, prior, .. } = request;
            let answers = self
                .observe(vec![ObserveRequest { kind, address, prior, written: Written::default() }])
                .await;
            answers.into_iter().next().unwrap_or_else(|| {
                let detail = "the provider gave no answer, which is a bug in the provider";
                Err(ProviderError::new(crate::ErrorKind::Other, "importing", detail))
            })
        })
    }

    /// Reads a data source.
    fn read_data(&self, request: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>>;

    /// Makes an object and waits until it can be used. The whole object comes back.
    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>>;

    /// Changes an object in place and waits until the change can be seen.
    fn update(&self, request: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>>;

    /// Removes an object and waits until it is gone; one that is gone already is a success.
    fn delete(&self, request: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>>;

    /// Looks for the object that an interrupted create may have made: by client token, ownership
    /// tag, natural key or listing, as the type's schema says in `found_by`. An object that was
    /// there before the create was intended is not the one.
    fn find(&self, request: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>>;

    /// Lists the objects of a type in the account and region of this connection, a page at a time: nothing is
    /// asked for before somebody wants the next page. Called for inventories; may be repeated.
    fn list(&self, request: ListRequest) -> BoxFuture<'_, Result<ListPage, ProviderError>> {
        Box::pin(async move {
            let detail = format!("objects of type {} cannot be listed", request.kind);
            Err(ProviderError::new(crate::ErrorKind::Invalid, "listing", detail))
        })
    }

    /// Whether objects of a type are listed without anybody asking for the type.
    fn lists(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }

    /// Asks whether a change would be allowed, without making it; nothing where the service has no way to ask. May
    /// be repeated.
    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Option<Permission>> {
        let _ = request;
        Box::pin(async { None })
    }

    /// Opens an ephemeral resource: what it gives can be used until it is closed, or renewed too late.
    /// Called while planning and again for the apply; every opening that succeeds is closed.
    fn open_ephemeral(&self, request: OpenRequest) -> BoxFuture<'_, Result<Opened, ProviderError>> {
        Box::pin(async move { Err(not_ephemeral(&request.kind, "opening")) })
    }

    /// Keeps what was opened usable for longer. Called when the time that the last answer named is over;
    /// may be repeated.
    fn renew_ephemeral(&self, request: RenewRequest) -> BoxFuture<'_, Result<Hold, ProviderError>> {
        Box::pin(async move { Err(not_ephemeral(&request.kind, "renewing")) })
    }

    /// Ends what was opened; one that ended already is a success.
    fn close_ephemeral(&self, request: CloseRequest) -> BoxFuture<'_, Result<(), ProviderError>> {
        Box::pin(async move { Err(not_ephemeral(&request.kind, "closing")) })
    }

    /// Whom it acts for, as a message names it: `account 111122223333`. Only what is known already: nothing is asked
    /// for its sake. Called while planning and after an apply.
    fn identity(&self) -> Option<Arc<str>> {
        None
    }

    /// The calls made to the cloud so far, by name.
    fn statistics(&self) -> CallStatistics {
        CallStatistics::default()
    }
}

/// Calls to the cloud by name (`ec2:DescribeVpcs`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallStatistics(pub BTreeMap<String, u64>);

impl CallStatistics {
    /// All calls together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// Look at this object.
#[derive(Clone, Debug)]
pub struct ObserveRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// The object as it is remembered. Identifying attributes are known.
    pub prior: Value,
    /// The arguments that configuration has for it, where that is known.
    pub written: Written,
}

/// The names of the arguments that configuration writes for a resource, whatever their values are. What costs a call
/// of its own can be looked at for their sake alone.
pub type Written = Arc<[Arc<str>]>;

/// Look for this object, to manage it from now on.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance that it becomes.
    pub address: InstanceAddress,
    /// The id that the user gives.
    pub id: Arc<str>,
    /// An object of the type of which nothing is known but that `id`.
    pub prior: Value,
}

/// Read this data source.
#[derive(Clone, Debug)]
pub struct ReadDataRequest {
    /// The data source type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// Its configuration, wholly known.
    pub config: Value,
}

fn not_ephemeral(kind: &str, operation: &str) -> ProviderError {
    let detail = format!("the provider has no ephemeral resource type {kind}");
    ProviderError::new(crate::ErrorKind::Invalid, operation, detail)
}

/// Open this ephemeral resource.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// The ephemeral resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// Its configuration, wholly known.
    pub config: Value,
}

/// An ephemeral resource that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What it gives, by its schema.
    pub value: Value,
    /// How long it can be used, and what the provider knows it by.
    pub hold: Hold,
}

/// What keeps an ephemeral resource open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// When it has to be renewed, in milliseconds from now; never where nothing stands.
    pub renew_after_ms: Option<u64>,
    /// The provider's own, given back when it is renewed or closed.
    pub private: Arc<[u8]>,
}

/// Renew this ephemeral resource.
#[derive(Clone, Debug)]
pub struct RenewRequest {
    /// The ephemeral resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// From the last answer.
    pub private: Arc<[u8]>,
}

/// Close this ephemeral resource.
#[derive(Clone, Debug)]
pub struct CloseRequest {
    /// The ephemeral resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// From the last answer.
    pub private: Arc<[u8]>,
}

/// Make this object.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// What it shall become; unknown only where the cloud decides.
    pub planned: Value,
    /// The configuration, wholly known.
    pub config: Value,
    /// 32 characters that identify this call for ever; goes where the API takes a client token, or
    /// into the ownership tag.
    pub token: Arc<str>,
}

/// Change this object.
#[derive(Clone, Debug)]
pub struct UpdateRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// The object as it was when the plan was made.
    pub prior: Value,
    /// What it shall become.
    pub planned: Value,
    /// The configuration, wholly known.
    pub config: Value,
    /// Identifies this call for ever.
    pub token: Arc<str>,
}

/// Remove this object.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// The object as it is remembered.
    pub prior: Value,
}

/// Look for what an interrupted create may have made.
#[derive(Clone, Debug)]
pub struct FindRequest {
    /// The resource type.
    pub kind: Arc<str>,
    /// The instance, for messages.
    pub address: InstanceAddress,
    /// What it should have become.
    pub planned: Value,
    /// The token that the create call carried.
    pub token: Arc<str>,
}

/// A change that did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// Why, and what to do.
    pub error: ProviderError,
    /// The object as far as it got: made but not usable, or changed in part. Nothing is lost when a
    /// provider leaves this out for an update or delete; a create that made something must tell, or
    /// say [`crate::ErrorKind::Unknown`].
    pub partial: Option<Value>,
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        Self { error, partial: None }
    }
}

/// The providers that exist in this process, by source address: their pure halves.
pub trait Catalog {
    /// The pure half of a provider, if there is one natively.
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec>;

    /// All provider addresses, in order, for messages.
    fn supported(&self) -> Vec<ProviderAddress>;
}

/// Providers by source address.
#[derive(Clone, Default)]
pub struct Providers(pub BTreeMap<ProviderAddress, Arc<dyn Provider>>);

impl Catalog for Providers {
    fn spec(&self, address: &ProviderAddress) -> Option<&dyn ProviderSpec> {
        self.0.get(address).map(|provider| provider.spec())
    }

    fn supported(&self) -> Vec<ProviderAddress> {
        self.0.keys().cloned().collect()
    }
}
