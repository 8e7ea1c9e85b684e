//! `evenkeel show`

use evenkeel_provider::Providers;

use crate::args::{Global, ShowArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::ui::Ui;

pub async fn run(global: &Global, args: &ShowArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let session = Session::look(global, &args.location, providers, ui).await?;
    let state = session.state().await?;
    ui.state(&state, &session.catalog);
    Ok(0)
}
