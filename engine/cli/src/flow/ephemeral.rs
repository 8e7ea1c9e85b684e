//! Ephemeral resources that are open: renewed while they are needed, and closed at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, Value};
use evenkeel_plan::OpenAnswer;
use evenkeel_provider::{CloseRequest, Connection, Hold, OpenRequest, ProviderError, RenewRequest};
use evenkeel_state::ProviderConfigAddress;
use tokio::sync::{Mutex, watch};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::planning::not_configured;

/// After a renewal that failed, the next attempt comes this much later.
const AGAIN: Duration = Duration::from_secs(1);

/// What is open now.
#[derive(Default)]
pub struct Openings {
    open: Mutex<Vec<Opening>>,
}

struct Opening {
    connection: Arc<dyn Connection>,
    address: InstanceAddress,
    /// As the last renewal left it.
    hold: watch::Receiver<Hold>,
    renewal: tokio::task::JoinHandle<()>,
}

/// What to open.
pub struct Wanted {
    /// The instance.
    pub address: InstanceAddress,
    /// The provider block to ask.
    pub provider: ProviderConfigAddress,
    /// Its configuration.
    pub provider_config: Value,
    /// The ephemeral resource's own.
    pub config: Value,
}

/// Opens an ephemeral resource, and keeps it open until [`close`].
pub async fn open(session: &Session, wanted: Wanted) -> Result<OpenAnswer, Failure> {
    let Wanted { address, provider, provider_config, config } = wanted;
    let connection = session.pool.connection(&provider.provider, &provider_config).await;
    let connection = connection.map_err(|error| not_configured(&provider, &error))?;
    session.ui.ephemeral(&address, "Opening...");
    let kind = address.resource.kind.clone();
    let request = OpenRequest { kind, address: address.clone(), config: config.clone() };
    let result = match connection.open_ephemeral(request).await {
        Ok(opened) => {
            session.ui.ephemeral(&address, "Opening complete");
            session.openings.open.lock().await.push(Opening::new(connection, address, opened.hold));
            Ok(opened.value)
        }
        Err(error) => Err(error),
    };
    Ok(OpenAnswer { provider, provider_config, config, result })
}

/// Opens again what a plan was made with: what it gave then may not be usable any more.
pub async fn reopen(
    session: &Session,
    opened: &BTreeMap<InstanceAddress, OpenAnswer>,
) -> Result<BTreeMap<InstanceAddress, Value>, Failure> {
    let mut values = BTreeMap::new();
    for (address, answer) in opened.iter().filter(|(_, answer)| answer.result.is_ok()) {
        let OpenAnswer { provider, provider_config, config, .. } = answer.clone();
        let wanted = Wanted { address: address.clone(), provider, provider_config, config };
        let value = open(session, wanted).await?.result;
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
        session.ui.ephemeral(&address, "Closing...");
        match opening.close().await {
            Ok(()) => session.ui.ephemeral(&address, "Closing complete"),
            Err(error) => {
                let detail = format!("{error}. It may stay usable for as long as its provider says.");
                let warning =
                    Diagnostic::warning(format!("Closing {address} failed"), detail).about(&address);
                session.ui.diagnostics(&Diagnostics::from(warning), None);
            }
        }
    }
}

impl Opening {
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
