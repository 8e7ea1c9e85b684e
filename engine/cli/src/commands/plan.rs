//! `evenkeel plan`

use std::collections::BTreeMap;
use std::path::Path;

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
use crate::flow::saved::{record, replay_file, save, save_failed};
use crate::flow::why;
use crate::ui::Ui;

pub async fn run(global: &Global, args: PlanArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    check_run(&args.run)?;
    if let Some(file) = &args.replay {
        return replay(global, &args, file, providers, ui).await;
    }
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
                ui.plan(&partial, &why::tell(&session, &partial, Some(&args.run)).await, &session.catalog);
            }
            return Err(failure);
        }
    };
    let whys = why::tell(&session, &planned, Some(&args.run)).await;
    ui.plan(&planned, &whys, &session.catalog);
    if let Some(file) = &args.out {
        save(&session, &planned, file).await?;
        ui.saved(file);
    } else if planned.plan.has_changes() {
        ui.not_saved();
    }
    if let Some(file) = &args.record {
        let is_same = record(&session, &planned, file).await?;
        ui.recorded(file, is_same);
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

/// Makes a plan again from a file and shows it.
async fn replay(
    global: &Global,
    args: &PlanArgs,
    file: &Path,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    let session = Session::to_plan(global, &args.run.location, None, providers, ui).await?;
    let planned = replay_file(&session, file).await?;
    ui.plan(&planned, &why::without_history(&session, &planned, None), &session.catalog);
    ui.replayed(file, &planned.plan.digest);
    Ok(if args.detailed_exitcode && planned.plan.has_changes() { 2 } else { 0 })
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
