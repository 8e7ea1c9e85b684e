//! `evenkeel state list` and `evenkeel state show`

use evenkeel_model::InstanceAddress;
use evenkeel_provider::Providers;
use evenkeel_store::Store;

use crate::args::{Global, StateCommand};
use crate::error::Failure;
use crate::flow::Session;
use crate::ui::Ui;

pub async fn run(
    global: &Global,
    command: StateCommand,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    match command {
        StateCommand::List { addresses, location } => {
            let session = Session::look(global, &location, providers, ui).await?;
            let state = session.state().await?;
            for (address, instance) in &state.instances {
                let text = address.to_string();
                if !addresses.is_empty() && !addresses.iter().any(|prefix| is_below(&text, prefix)) {
                    continue;
                }
                if instance.current.is_some() {
                    ui.line(&text);
                }
                for key in instance.deposed.keys() {
                    ui.line(&format!("{text} (deposed {key})"));
                }
            }
        }
        StateCommand::Show { address, location, .. } => {
            let session = Session::look(global, &location, providers, ui).await?;
            let state = session.state().await?;
            let parsed: InstanceAddress =
                address.parse().map_err(|error| Failure::plain("Invalid address", format!("{error}.")))?;
            let object = state.instances.get(&parsed).and_then(|instance| instance.current.as_ref());
            let object = object.ok_or_else(|| {
                Failure::plain(
                    "No instance found for the given address",
                    format!("The state has no object at {parsed}. `evenkeel state list` shows what it has."),
                )
            })?;
            let observed = session.store.observed(&session.stack, &parsed).await?;
            ui.object(&parsed, object, observed, &session.catalog);
        }
    }
    Ok(0)
}

/// Whether an address is the one given, or an instance of it, or inside it.
fn is_below(address: &str, prefix: &str) -> bool {
    address.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
