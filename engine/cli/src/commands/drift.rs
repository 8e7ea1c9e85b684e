//! `evenkeel drift`

use evenkeel_plan::Mode;
use evenkeel_provider::Providers;

use crate::args::{ChoiceArgs, DriftArgs, Global};
use crate::commands::wish;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::interrupt::Signals;
use crate::flow::planning::plan_unseen;
use crate::ui::Ui;

pub async fn run(global: &Global, args: DriftArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let signals = Signals::listen();
    let session = Session::open(
        global,
        &args.run.location,
        args.run.revision.as_deref(),
        providers,
        &ui.without_refresh_lines(),
    )
    .await?;
    let wish = wish(&session, &args.run, &ChoiceArgs::default(), Mode::Normal).await?;
    let state = session.state().await?;
    if !state.pending.is_empty() {
        ui.note("An earlier run was interrupted; the next apply finds out what became of its last steps.");
    }
    let planned = plan_unseen(&session, wish, state, &signals).await?;
    ui.drift(&planned);
    Ok(if args.detailed_exitcode && !planned.plan.drift.is_empty() { 2 } else { 0 })
}
