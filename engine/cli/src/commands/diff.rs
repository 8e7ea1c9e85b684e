//! `evenkeel diff`: what was observed and remembered at two moments, compared.

use evenkeel_provider::Providers;

use crate::args::{DiffArgs, Global};
use crate::error::Failure;
use crate::flow::{Session, past};
use crate::ui::Ui;

pub async fn run(global: &Global, args: &DiffArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let session = Session::look(global, &args.location, providers, ui).await?;
    let from = past::at(&session, Some(&args.from)).await?;
    let to = past::at(&session, args.to.as_deref()).await?;
    ui.difference(&from, &to, &session.catalog);
    Ok(0)
}
