//! What the resource types of one configured provider share: service clients, region, account, and
//! the tags that go on everything.
//!
//! There is one [`Context`] per region in use; all of one connection share the [`Account`].

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_sdk_sts as sts;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_types::SdkConfig;
use aws_types::region::Region;
use evenkeel_provider::{NoFiles, ProviderError, ReadFile};
use tokio::sync::OnceCell;

use crate::endpoints::{Endpoints, Service};
use crate::errors::{self, Effect};
use crate::http::{self, CallCounter, HttpOptions};
use crate::regions;
use crate::tags::TagPolicy;

/// Who the credentials belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The twelve digits of the account.
    pub account_id: String,
    /// The ARN of the user or role.
    pub arn: String,
    /// The unique identifier of the user or role.
    pub user_id: String,
}

/// What all regions of one connection share.
pub struct Account {
    /// Credentials, HTTP client, retries, timeouts.
    pub sdk: SdkConfig,
    /// Endpoints that are not AWS's own.
    pub endpoints: Endpoints,
    /// Default and ignored tags.
    pub tags: TagPolicy,
    /// Files that configuration names by their path.
    pub files: Arc<dyn ReadFile>,
    /// Whether S3 is addressed as `host/bucket`.
    pub s3_path_style: bool,
    /// The region of STS calls, where it is not the provider's.
    pub sts_region: Option<String>,
    /// The account is not asked for; ARNs are made without it.
    pub skip_account_id: bool,
    /// Connects to hosts that are no service, as the services' clients do.
    pub web: SharedHttpConnector,
    /// Calls so far.
    pub calls: CallCounter,
    identity: OnceCell<Identity>,
    regions: Mutex<BTreeMap<String, Arc<Context>>>,
}

/// One region of a configured provider.
pub struct Context {
    account: Arc<Account>,
    region: String,
    sts: OnceLock<sts::Client>,
    clients: Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    asks_only: bool,
    asking: OnceLock<Arc<Self>>,
}

impl Account {
    /// What was configured, before anything is known of the identity.
    pub fn new(sdk: SdkConfig, endpoints: Endpoints, tags: TagPolicy, calls: CallCounter) -> Self {
        Self {
            sdk,
            endpoints,
            tags,
            files: Arc::new(NoFiles),
            s3_path_style: false,
            sts_region: None,
            skip_account_id: false,
            web: http::connector(&HttpOptions::default(), None, None),
            calls,
            identity: OnceCell::new(),
            regions: Mutex::default(),
        }
    }

    /// The context of a region; made on first use.
    pub fn in_region(self: &Arc<Self>, region: &str) -> Arc<Context> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let context = regions
            .entry(region.to_owned())
            .or_insert_with(|| Arc::new(Context::new(self.clone(), region, false)));
        context.clone()
    }
}

impl Context {
    /// What all regions share.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    fn new(account: Arc<Account>, region: &str, asks_only: bool) -> Self {
        Self {
            account,
            region: region.to_owned(),
            sts: OnceLock::new(),
            clients: Mutex::default(),
            asks_only,
            asking: OnceLock::new(),
        }
    }

    /// The same provider in another region.
    pub fn in_region(&self, region: &str) -> Arc<Self> {
        let other = self.account.in_region(region);
        if self.asks_only { other.asking() } else { other }
    }

    /// The same region for calls that only ask ([`crate::ask_only`]).
    pub fn asking(&self) -> Arc<Self> {
        self.asking.get_or_init(|| Arc::new(Self::new(self.account.clone(), &self.region, true))).clone()
    }

    /// Whether its clients only ask.
    pub fn asks_only(&self) -> bool {
        self.asks_only
    }

    /// The name of the region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The partition of the region: `aws`, `aws-cn`, `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        regions::partition(&self.region).id
    }

    /// The domain under which the partition's services are: `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        regions::partition(&self.region).dns_suffix
    }

    /// Default and ignored tags.
    pub fn tags(&self) -> &TagPolicy {
        &self.account.tags
    }

    /// The client of a service; made on first use, from what all services share.
    pub fn client<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> Arc<T> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let made = clients.get(&TypeId::of::<T>()).cloned().and_then(|client| client.downcast().ok());
        made.unwrap_or_else(|| {
            let client = Arc::new(make(self));
            clients.insert(TypeId::of::<T>(), client.clone());
            client
        })
    }

    /// The endpoint of a service, where it is not AWS's own.
    pub fn endpoint(&self, service: Service) -> Option<&str> {
        self.account.endpoints.get(service)
    }

    /// Whether a service is not AWS's own but one that stands in for it, such as an emulator.
    pub fn is_stand_in(&self, service: Service) -> bool {
        self.endpoint(service).is_some_and(|url| !url.contains(".amazonaws."))
    }

    /// What the client of a service in this region is made from.
    pub fn sdk(&self) -> SdkConfig {
        self.sdk_in(&self.region)
    }

    /// The STS client.
    pub fn sts(&self) -> &sts::Client {
        self.sts.get_or_init(|| {
            let region = self.account.sts_region.as_deref().unwrap_or(&self.region);
            let mut config = sts::config::Builder::from(&self.sdk_in(region));
            config.set_endpoint_url(self.account.endpoints.get(Service::Sts).map(str::to_owned));
            sts::Client::from_conf(config.build())
        })
    }

    fn sdk_in(&self, region: &str) -> SdkConfig {
        self.account.sdk.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// Who the credentials belong to; asked once.
    pub async fn identity(&self) -> Result<&Identity, ProviderError> {
        self.account.identity.get_or_try_init(|| self.ask_identity()).await
    }

    async fn ask_identity(&self) -> Result<Identity, ProviderError> {
        let answer = self.sts().get_caller_identity().send().await.map_err(|error| {
            errors::from_sdk("validating provider credentials: STS GetCallerIdentity", Effect::Read, &error)
        })?;
        Ok(Identity {
            account_id: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
            user_id: answer.user_id.unwrap_or_default(),
        })
    }

    /// What an encoded refusal says, as JSON; nothing where that may not be asked.
    pub async fn decode_authorization_message(&self, encoded: &str) -> Option<String> {
        let call = self.sts().decode_authorization_message().encoded_message(encoded);
        call.send().await.ok()?.decoded_message
    }

    /// The account's twelve digits; asked once. Empty when the provider block says not to ask.
    pub async fn account_id(&self) -> Result<&str, ProviderError> {
        match self.account.skip_account_id {
            true => Ok(""),
            false => Ok(&self.identity().await?.account_id),
        }
    }

    /// The account's twelve digits, where the credentials were validated or somebody has asked; asks nobody.
    pub fn account_id_as_validated(&self) -> Option<&str> {
        let identity = self.account.identity.get()?;
        Some(identity.account_id.as_str()).filter(|account| !account.is_empty())
    }

    /// The account's twelve digits for a name that is only told; empty where they cannot be asked for.
    pub async fn account_id_if_known(&self) -> &str {
        self.account_id().await.unwrap_or_default()
    }

    /// The ARN of something in this region and account.
    pub async fn arn(&self, service: &str, resource: &str) -> Result<String, ProviderError> {
        let account = self.account_id().await?;
        Ok(format!("arn:{}:{service}:{}:{account}:{resource}", self.partition(), self.region))
    }
}
