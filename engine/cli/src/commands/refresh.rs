//! `evenkeel refresh`: writes down what is seen, and says what the outputs are then.

use evenkeel_model::Diagnostic;
use evenkeel_plan::Mode;
use evenkeel_provider::Providers;
use evenkeel_state::{RunKind, RunStatus};

use crate::args::{ChoiceArgs, Global, RefreshArgs};
use crate::commands::{machine_options, wish};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::apply::{apply, remember};
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::planning::plan_unseen;
use crate::flow::recover::recover;
use crate::ui::Ui;

pub async fn run(global: &Global, args: RefreshArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let signals = Signals::listen();
    let (location, revision) = (&*args.run.location, args.run.revision.as_deref());
    let session = Session::open(global, location, revision, providers, ui).await?;
    let held = Held::take(&session, args.run.lock_timeout).await?;
    let result = under_lease(&session, &held, args, &signals).await;
    held.finish(result).await
}

async fn under_lease(
    session: &Session,
    held: &Held,
    args: RefreshArgs,
    signals: &Signals,
) -> Result<u8, Failure> {
    let RefreshArgs { run, target, exclude } = args;
    let choice = ChoiceArgs { refresh_only: true, target, exclude, ..ChoiceArgs::default() };
    let wish = wish(session, &run, &choice, Mode::Normal).await?;
    let options = machine_options(&run);
    let state = recover(session, held, &wish.loaded, &wish.variables, options, signals).await?;
    if state.instances.is_empty() {
        let detail =
            "There are currently no remote objects tracked in the state, so there is nothing to refresh.";
        let warning = Diagnostic::warning("Empty or non-existent state", detail);
        session.ui.diagnostics(&warning.into(), None);
        return Ok(0);
    }
    let planned = plan_unseen(session, wish, state, signals).await?;
    remember(session, held, &planned).await?;
    if planned.plan.has_effects() {
        let report = apply(session, held, &planned, RunKind::Refresh, options, signals.interrupts()).await?;
        session.ui.diagnostics(&report.diagnostics, Some(&planned.loaded.snapshot));
        if report.status != RunStatus::Succeeded {
            return Ok(1);
        }
    }
    session.ui.refreshed_state(&session.state().await?);
    Ok(0)
}
