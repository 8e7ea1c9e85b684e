//! Ephemeral resources that are open: renewed while they are needed, and closed at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_apply::{Connections, Ephemerals};
use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, ResourceMode, Value};
use evenkeel_plan::{OpenAnswer, Opening};
use evenkeel_provider::{
    BoxFuture, CloseRequest, Connection, Hold, OpenRequest, ProviderError, RenewRequest,
};
use tokio::sync::{Mutex, watch};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Leased;
use crate::flow::planning::{Planned, not_configured};
use crate::ui::Ephemeral;

/// After a renewal that failed, the next attempt comes this much later.
const AGAIN: Duration = Duration::from_secs(1);

/// What is open now.
#[derive(Default)]
pub struct Openings {
    open: Mutex<Vec<Open>>,
}

struct Open {
    connection: Arc<dyn Connection>,
    address: InstanceAddress,
    /// As the last renewal left it.
    hold: watch::Receiver<Hold>,
    renewal: tokio::task::JoinHandle<()>,
}

/// Opens an ephemeral resource to plan with it, and keeps it open until [`close`].
pub async fn open(session: &Session, opening: Opening) -> Result<OpenAnswer, Failure> {
    let Opening { address, provider, provider_config, config } = opening;
    let connection = session.pool.connection(&provider.provider, &provider_config).await;
    let connection = connection.map_err(|error| not_configured(&provider, &error))?;
    let result = open_with(session, connection, address, config.clone()).await;
    Ok(OpenAnswer { provider, provider_config, config, result })
}

async fn open_with(
    session: &Session,
    connection: Arc<dyn Connection>,
    address: InstanceAddress,
    config: Value,
) -> Result<Value, ProviderError> {
    session.ui.ephemeral(&address, Ephemeral::Open, None);
    let started = Instant::now();
    let kind = address.resource.kind.clone();
    let opened = connection.open_ephemeral(OpenRequest { kind, address: address.clone(), config }).await?;
    session.ui.ephemeral(&address, Ephemeral::Open, Some(started.elapsed().as_secs()));
    session.openings.open.lock().await.push(Open::new(connection, address, opened.hold));
    Ok(opened.value)
}

impl Ephemerals for Leased<'_> {
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(async move {
            let connection = self.get(&opening.provider, &opening.provider_config).await?;
            open_with(self.session, connection, opening.address, opening.config).await
        })
    }
}

/// Says of the ephemeral resources that cannot be opened yet that they wait for the apply.
pub fn put_off(session: &Session, planned: &Planned) {
    if planned.answers.leave_closed {
        return;
    }
    let ephemeral =
        planned.plan.resources.iter().filter(|(resource, _)| resource.mode == ResourceMode::Ephemeral);
    let instances = ephemeral
        .flat_map(|(resource, values)| values.instances.keys().map(|key| resource.instance(key.clone())));
    for address in instances.filter(|address| !planned.answers.opened.contains_key(address)) {
        session.ui.put_off(&address);
    }
}

/// Opens again what a plan was made with: what it gave then may not be usable any more.
pub async fn reopen(
    session: &Session,
    opened: &BTreeMap<InstanceAddress, OpenAnswer>,
) -> Result<BTreeMap<InstanceAddress, Value>, Failure> {
    let mut values = BTreeMap::new();
    for (address, answer) in opened.iter().filter(|(_, answer)| answer.result.is_ok()) {
        let OpenAnswer { provider, provider_config, config, .. } = answer.clone();
        let opening = Opening { address: address.clone(), provider, provider_config, config };
        let value = open(session, opening).await?.result;
        let failed =
            |error: ProviderError| Failure::plain(format!("Opening {address} failed"), error.to_string());
        values.insert(address.clone(), value.map_err(failed)?);
    }
    Ok(values)
}

/// Closes everything, last opened first. What cannot be closed is told; nothing depends on it.
pub async fn close(session: &Session) {
    let mut open = std::mem::take(&mut *session.openings.open.lock().await);
    while let Some(opening) = open.pop() {
        let address = opening.address.clone();
        session.ui.ephemeral(&address, Ephemeral::Close, None);
        let started = Instant::now();
        match opening.close().await {
            Ok(()) => session.ui.ephemeral(&address, Ephemeral::Close, Some(started.elapsed().as_secs())),
            Err(error) => {
                let detail = format!("{error}. It may stay usable for as long as its provider says.");
                let warning =
                    Diagnostic::warning(format!("Closing {address} failed"), detail).about(&address);
                session.ui.diagnostics(&Diagnostics::from(warning), None);
            }
        }
    }
}

impl Open {
    fn new(connection: Arc<dyn Connection>, address: InstanceAddress, first: Hold) -> Self {
        let (sender, hold) = watch::channel(first);
        let renewal = tokio::spawn(renew(connection.clone(), address.clone(), sender));
        Self { connection, address, hold, renewal }
    }

    async fn close(self) -> Result<(), ProviderError> {
        self.renewal.abort();
        let private = self.hold.borrow().private.clone();
        let kind = self.address.resource.kind.clone();
        let request = CloseRequest { kind, address: self.address.clone(), private };
        self.connection.close_ephemeral(request).await
    }
}

/// Renews for as long as the provider wants it; whoever uses what has ended is told by the provider.
async fn renew(connection: Arc<dyn Connection>, address: InstanceAddress, hold: watch::Sender<Hold>) {
    let kind = address.resource.kind.clone();
    loop {
        let Hold { renew_after_ms: Some(after), private } = hold.borrow().clone() else { return };
        tokio::time::sleep(Duration::from_millis(after)).await;
        let request = RenewRequest { kind: kind.clone(), address: address.clone(), private };
        match connection.renew_ephemeral(request).await {
            Ok(next) => drop(hold.send_replace(next)),
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

#[cfg(test)]
mod tests;
