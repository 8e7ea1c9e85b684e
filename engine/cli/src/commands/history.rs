//! `evenkeel history`

use evenkeel_model::InstanceAddress;
use evenkeel_provider::Providers;
use evenkeel_store::Store;

use crate::args::{Global, HistoryArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::ui::Ui;

pub async fn run(global: &Global, args: &HistoryArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let session = Session::look(global, &args.location, providers, ui).await?;
    let Some(text) = &args.address else {
        let rows = session.store.runs(&session.stack, args.limit).await?;
        ui.runs(&rows);
        return Ok(0);
    };
    let address: InstanceAddress =
        text.parse().map_err(|error| Failure::plain("Invalid address", format!("{error}.")))?;
    let rows = session.store.history(&session.stack, &address).await?;
    if rows.is_empty() {
        return Err(Failure::plain(
            "No such object",
            format!(
                "The stack \"{}\" never had an object at {address}. `evenkeel state list` shows what it has.",
                session.stack
            ),
        ));
    }
    ui.versions(&address, &rows, &session.catalog);
    Ok(0)
}
