//! `evenkeel plan`

use std::collections::BTreeMap;

use evenkeel_plan::{Mode, Options};
use evenkeel_provider::Providers;
use evenkeel_state::State;

use crate::args::{Global, PlanArgs};
use crate::commands::{check_run, machine_options, options, wish_of};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::generate;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::{Loaded, load};
use crate::flow::planning::{self, NotPlanned, Planned, plan};
use crate::flow::recover::recover;
use crate::flow::saved::{save, save_failed};
use crate::ui::Ui;

pub async fn run(global: &Global, args: PlanArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    check_run(&args.run)?;
    let signals = Signals::listen();
    let (location, revision) = (&*args.run.location, args.run.revision.as_deref());
    let session = match args.out {
        // The key of a plan file stays in the store.
        Some(_) => Session::open(global, location, revision, providers, ui).await?,
        None => Session::to_plan(global, location, revision, providers, ui).await?,
    };
    // Neither waits for the other; a mistake in configuration is what is told.
    let (loaded, state) = tokio::join!(loaded(&session, &args, &signals), session.state());
    let loaded = loaded?;
    ui.diagnostics(&loaded.warnings, Some(&loaded.snapshot));
    let options = options(&args.run, &args.choice, mode(&args))?;
    let planned = match planned(&session, &args, loaded, state, options, &signals).await {
        Ok(planned) => planned,
        Err(NotPlanned { failure, partial }) => {
            if let Some(partial) = partial {
                if let Some(file) = &args.out {
                    save_failed(&session, &partial, file).await?;
                }
                ui.plan(&partial, &session.catalog);
            }
            return Err(failure);
        }
    };
    ui.plan(&planned, &session.catalog);
    if let Some(file) = &args.out {
        save(&session, &planned, file).await?;
        ui.saved(file);
    }
    ui.calls(&session.pool.statistics().await, planned.rounds);
    let code = if args.detailed_exitcode && planned.plan.has_changes() { 2 } else { 0 };
    // The process ends now: to give its memory back piece by piece would only take time.
    std::mem::forget(planned);
    Ok(code)
}

fn mode(args: &PlanArgs) -> Mode {
    if args.destroy { Mode::Destroy } else { Mode::Normal }
}

/// The configuration, with what is generated for objects that are imported and not declared.
async fn loaded(session: &Session, args: &PlanArgs, signals: &Signals) -> Result<Loaded, Failure> {
    let revision = args.run.revision.as_deref();
    let Some(file) = &args.generate_config_out else { return load(session, revision).await };
    let stubbed = generate::load(session, revision, file).await?;
    if stubbed.stubs.is_empty() {
        return stubbed.fill(&BTreeMap::new());
    }
    let options = stubbed.options(&options(&args.run, &args.choice, mode(args))?);
    let wish = wish_of(session, &args.run, stubbed.loaded.clone(), options)?;
    let blocks = planning::generate(session, wish, session.state().await?, signals).await?;
    let loaded = stubbed.fill(&blocks)?;
    if !blocks.is_empty() {
        session.ui.note(&format!(
            "Evenkeel has generated configuration and written it to {}. Please review the configuration and edit it \
             as necessary before adding it to version control.",
            file.display()
        ));
    }
    Ok(loaded)
}

async fn planned(
    session: &Session,
    args: &PlanArgs,
    loaded: Loaded,
    state: Result<State, Failure>,
    options: Options,
    signals: &Signals,
) -> Result<Planned, NotPlanned> {
    let wish = wish_of(session, &args.run, loaded, options)?;
    let mut state = state?;
    if !state.pending.is_empty() {
        // Planning needs no lease, finding out what an interrupted run did needs one.
        let held = Held::take(session, args.run.lock_timeout).await?;
        let options = machine_options(&args.run);
        let recovered = recover(session, &held, &wish.loaded, &wish.variables, options, signals).await;
        state = held.finish(recovered).await?;
    }
    plan(session, wish, state, signals).await
}
