//! `evenkeel plan`

use evenkeel_plan::Mode;
use evenkeel_provider::Providers;

use crate::args::{Global, PlanArgs};
use crate::commands::{machine_options, wish};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::planning::plan;
use crate::flow::recover::recover;
use crate::flow::saved::save;
use crate::ui::Ui;

pub async fn run(global: &Global, args: PlanArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let signals = Signals::listen();
    let session =
        Session::open(global, &args.run.location, args.run.revision.as_deref(), providers, ui).await?;
    let mode = if args.destroy { Mode::Destroy } else { Mode::Normal };
    let wish = wish(&session, &args.run, &args.choice, mode).await?;
    let mut state = session.state().await?;
    if !state.pending.is_empty() {
        // Planning needs no lease, finding out what an interrupted run did needs one.
        let held = Held::take(&session, args.run.lock_timeout).await?;
        let options = machine_options(&args.run);
        let recovered = recover(&session, &held, &wish.loaded, &wish.variables, options, &signals).await;
        held.release().await;
        state = recovered?;
    }
    let planned = plan(&session, wish, state, &signals).await?;
    ui.plan(&planned, &session.catalog);
    if let Some(file) = &args.out {
        save(&session, &planned, file).await?;
        ui.saved(file);
    }
    ui.calls(&session.pool.statistics().await, planned.rounds);
    Ok(if args.detailed_exitcode && planned.plan.has_changes() { 2 } else { 0 })
}
