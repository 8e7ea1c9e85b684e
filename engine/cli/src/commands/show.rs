//! `evenkeel show`

use evenkeel_provider::Providers;
use evenkeel_store::Store;

use crate::args::{Global, ShowArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::ui::Ui;

pub async fn run(global: &Global, args: &ShowArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let session = Session::look(global, &args.location, providers, ui).await?;
    if let Some(digest) = &args.plan {
        let stored = session.store.load_plan(&session.stack, digest).await?;
        ui.line(&String::from_utf8_lossy(&stored.document));
        return Ok(0);
    }
    let state = session.state().await?;
    ui.state(&state, &session.catalog);
    Ok(0)
}
