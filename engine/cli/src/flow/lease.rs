//! The right to change a stack, renewed while the process lives.

use std::sync::Arc;
use std::time::Duration;

use evenkeel_apply::{AppendFailure, Connections, Journal};
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, Connection, ErrorKind, ProviderError};
use evenkeel_state::{Entry, ProviderConfigAddress, Serial};
use evenkeel_store::{Clock, Lease, SqliteStore, Store, StoreError, SystemClock};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::identities::Used;
use crate::flow::state_file::{self, Beside};

/// How long a lease lasts without being renewed.
const TTL_MS: i64 = 60_000;

/// So long before its end a lease no longer allows a new call.
const MARGIN_MS: i64 = 5_000;

/// A held lease; renewed in the background until it is given back or dropped.
pub struct Held {
    store: Arc<SqliteStore>,
    lease: watch::Receiver<Lease>,
    renewal: tokio::task::JoinHandle<()>,
    session: Session,
    beside: Option<Beside>,
}

impl Held {
    /// Takes the lease, waiting for another holder as long as `patience` allows, and the state file over
    /// that may be there.
    pub async fn take(session: &Session, patience: Duration) -> Result<Self, Failure> {
        Self::try_take(session, patience).await?.settled(patience).await
    }

    /// The same for one that has taken the lease. It is given back where the state file cannot be used.
    pub async fn settled(mut self, patience: Duration) -> Result<Self, Failure> {
        match state_file::settle(&self.session, &self.lease(), patience).await {
            Ok(beside) => {
                self.beside = beside;
                Ok(self)
            }
            Err(failure) => {
                self.release().await;
                Err(failure)
            }
        }
    }

    /// The same, with the store's own error.
    pub async fn try_take(session: &Session, patience: Duration) -> Result<Self, StoreError> {
        let deadline = Instant::now() + patience;
        let holder = holder();
        let mut told = false;
        loop {
            match session.store.acquire(&session.stack, &holder, TTL_MS).await {
                Ok(lease) => return Ok(Self::renewed(session, lease)),
                Err(error @ StoreError::LeaseHeld { .. }) if Instant::now() < deadline => {
                    if !told {
                        session.ui.note(&format!("Waiting: {error}."));
                        told = true;
                    }
                    sleep(Duration::from_millis(500).min(deadline - Instant::now())).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn renewed(session: &Session, lease: Lease) -> Self {
        let store = session.store.clone();
        let (sender, receiver) = watch::channel(lease);
        let renewing = store.clone();
        let renewal = tokio::spawn(async move {
            let pause = Duration::from_millis(TTL_MS.unsigned_abs() / 3);
            loop {
                sleep(pause).await;
                let current = sender.borrow().clone();
                match renewing.renew(&current, TTL_MS).await {
                    Ok(lease) => drop(sender.send_replace(lease)),
                    // Whoever writes next is told by the store that the lease is lost.
                    Err(StoreError::LeaseLost { .. }) => return,
                    // A busy disk is no reason to give up before the lease does.
                    Err(_) => sleep(Duration::from_secs(1)).await,
                }
            }
        });
        Self { store, lease: receiver, renewal, session: session.clone(), beside: None }
    }

    /// The lease as it stands.
    pub fn lease(&self) -> Lease {
        self.lease.borrow().clone()
    }

    /// Writes the state file that belongs to the stack, and gives the lease back. What went wrong before
    /// counts for more than what goes wrong here.
    pub async fn finish<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        let written = match &self.beside {
            Some(beside) => state_file::write(&self.session, &self.lease(), beside).await,
            None => Ok(()),
        };
        self.release().await;
        let done = result?;
        written.map(|()| done)
    }

    /// Gives it back, so that the next process need not wait.
    pub async fn release(mut self) {
        self.renewal.abort();
        // It has the store until it is over, and the process may end before the store is closed.
        let _ = (&mut self.renewal).await;
        let lease = self.lease();
        // A lease that cannot be given back expires.
        let _ = self.store.release(&lease).await;
    }
}

/// Connections that are only given out while the lease lasts: a process that slept past its lease
/// must not make a call that it wrote down before it fell asleep, because the next holder has
/// already looked for what that call did.
pub struct Leased<'a> {
    /// The lease.
    pub held: &'a Held,
    /// Whose connections.
    pub session: &'a Session,
    /// Whom they act for.
    pub used: Used,
}

impl Connections for Leased<'_> {
    fn get<'a>(
        &'a self,
        provider: &'a ProviderConfigAddress,
        config: &'a Value,
    ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ProviderError>> {
        Box::pin(async move {
            let connection = self.session.pool.connection(&provider.provider, config).await?;
            self.used.saw(provider, &*connection);
            if SystemClock.now().plus_ms(MARGIN_MS) < self.held.lease().expires {
                return Ok(connection);
            }
            let detail = "the lease on the stack could not be renewed in time, so the call was not made";
            Err(ProviderError::new(ErrorKind::Other, "calling the provider", detail))
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl Journal for Held {
    fn append(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Serial, AppendFailure>> {
        Box::pin(async move {
            let lease = self.lease();
            self.store.append(&lease, entries).await.map_err(|error| match error {
                StoreError::LeaseLost { .. } => AppendFailure::LeaseLost,
                other => AppendFailure::Store(crate::error::sentences(&other.to_string(), &other.remedy())),
            })
        })
    }
}

/// Names this process, and nothing that another process could be called as well.
fn holder() -> String {
    let host =
        std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "this machine".to_owned());
    let user = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
    let started = jiff::Timestamp::now();
    format!("{user}@{} (process {}, started {started:.0})", host.trim(), std::process::id())
}
