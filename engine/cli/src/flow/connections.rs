//! Configured providers, opened once and shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_apply::Connections;
use evenkeel_model::{ProviderAddress, Value};
use evenkeel_provider::{BoxFuture, CallStatistics, Connection, ErrorKind, ProviderError, Providers};
use evenkeel_state::ProviderConfigAddress;
use tokio::sync::{Mutex, OnceCell};

type Slot = Arc<OnceCell<Arc<dyn Connection>>>;

/// Connections by provider and configuration: two aliases that say the same share one.
pub struct Pool {
    providers: Providers,
    open: Mutex<BTreeMap<(ProviderAddress, Value), Slot>>,
}

impl Pool {
    /// A pool without connections.
    pub fn new(providers: Providers) -> Self {
        Self { providers, open: Mutex::new(BTreeMap::new()) }
    }

    /// The connection for a provider with this configuration. A failure is not remembered: the next
    /// call tries again.
    pub async fn connection(
        &self,
        address: &ProviderAddress,
        config: &Value,
    ) -> Result<Arc<dyn Connection>, ProviderError> {
        let provider = self.providers.0.get(address).ok_or_else(|| {
            let detail = format!("Evenkeel has no provider {address}.");
            ProviderError::new(ErrorKind::Invalid, "connecting", detail)
        })?;
        let slot = self.open.lock().await.entry((address.clone(), config.clone())).or_default().clone();
        let connection = slot.get_or_try_init(|| provider.configure(config.clone())).await?;
        Ok(connection.clone())
    }

    /// The calls made through all connections so far.
    pub async fn statistics(&self) -> CallStatistics {
        let mut sum = CallStatistics::default();
        for connection in self.open.lock().await.values().filter_map(|slot| slot.get()) {
            for (name, count) in connection.statistics().0 {
                *sum.0.entry(name).or_default() += count;
            }
        }
        sum
    }
}

impl Connections for Pool {
    fn get<'a>(
        &'a self,
        provider: &'a ProviderConfigAddress,
        config: &'a Value,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ProviderError>> {
        Box::pin(self.connection(&provider.provider, config))
    }
}
