//! `evenkeel plan`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use evenkeel_model::ResourceAddress;
use evenkeel_plan::{Answers, Mode, Options};
use evenkeel_provider::Providers;
use evenkeel_state::State;

use crate::args::{Global, PlanArgs};
use crate::commands::{check_run, machine_options, options, wish_of};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::generate;
use crate::flow::governor;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::{Loaded, load};
use crate::flow::permissions;
use crate::flow::planning::{self, NotPlanned, Planned, plan_with};
use crate::flow::recover::recover;
use crate::flow::saved::{self, record, replay_file, save, save_failed};
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
        Some(_) => Session::to_keep_plan(global, location, revision, providers, ui).await?,
        None => Session::to_plan(global, location, revision, providers, ui).await?,
    };
    // Neither waits for the other; a mistake in configuration is what is told.
    let (loaded, state) = tokio::join!(loaded(&session, &args, &signals), session.state_to_plan());
    let source = loaded?;
    let has_generated = !source.generated.is_empty();
    let (key, planned) =
        tokio::join!(key(&session, &args), planned(&session, &args, source, state, &signals));
    let mut planned = match planned {
        Ok(planned) => planned,
        Err(NotPlanned { failure, partial }) => {
            if let Some(partial) = partial {
                if let (Some(file), Some(key)) = (&args.out, key?) {
                    save_failed(&session, &partial, &key, file)?;
                }
                ui.plan(&partial, &why::tell(&session, &partial, Some(&args.run)).await, &session.catalog);
            }
            return Err(failure);
        }
    };
    let key = key?;
    if args.record.is_none() && !args.probe_permissions {
        // Nothing more is asked, so the file is closed while the plan is shown.
        session.store.finish();
    }
    let (whys, sources) = why::tell_with_sources(&session, &planned, Some(&args.run)).await;
    planned.sources = sources;
    let show = || ui.plan(&planned, &whys, &session.catalog);
    match args.out.as_ref().zip(key) {
        Some((file, key)) => both(|| save(&session.stack, &planned, &key, file), show).0?,
        None => show(),
    }
    let verdict = governor::judge(&session, &planned, &args.governor);
    if verdict.stops() {
        ui.would_be_stopped(&verdict, planned.plan.digest());
    }
    if planned.plan.is_applicable() {
        let generated = args.generate_config_out.as_deref().filter(|_| has_generated);
        ui.next_step(args.out.as_deref(), generated);
    }
    if let Some(file) = &args.record {
        let is_same = record(&session, &planned, file).await?;
        ui.recorded(file, is_same);
    }
    let permissions = match args.probe_permissions {
        true => Some(permissions::probe(&session, &planned, args.run.parallelism.into()).await?),
        false => None,
    };
    ui.calls(&session.pool.statistics().await, planned.rounds);
    if let Some(permissions) = &permissions
        && !ui.permissions(permissions)
    {
        return Ok(1);
    }
    let code = if args.detailed_exitcode && planned.plan.is_applicable() { 2 } else { 0 };
    // The process ends now: to give its memory back piece by piece would only take time.
    std::mem::forget(planned);
    Ok(code)
}

fn mode(args: &PlanArgs) -> Mode {
    if args.destroy { Mode::Destroy } else { Mode::Normal }
}

/// The key of the plan file, where one is written. The store is asked while the plan is made.
async fn key(session: &Session, args: &PlanArgs) -> Result<Option<Vec<u8>>, Failure> {
    match &args.out {
        Some(_) => saved::key(session).await.map(Some),
        None => Ok(None),
    }
}

/// Does two things at the same time, the first one on another thread.
fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
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
    ui.plan(&planned, &why::told_before(&session, &planned), &session.catalog);
    ui.replayed(file, planned.plan.digest());
    Ok(if args.detailed_exitcode && planned.plan.is_applicable() { 2 } else { 0 })
}

/// What a plan is made from before the state is looked at.
struct Source {
    loaded: Loaded,
    /// The blocks that were generated, by resource.
    generated: BTreeMap<ResourceAddress, Arc<str>>,
    /// What the clouds said while they were.
    answers: Answers,
}

/// The configuration, with what is generated for objects that are imported and not declared.
async fn loaded(session: &Session, args: &PlanArgs, signals: &Signals) -> Result<Source, Failure> {
    let revision = args.run.revision.as_deref();
    let Some(file) = &args.generate_config_out else {
        let loaded = load(session, revision).await?;
        return Ok(Source { loaded, generated: BTreeMap::new(), answers: Answers::default() });
    };
    let stubbed = generate::load(session, revision, file).await?;
    let (blocks, answers) = match stubbed.stubs.is_empty() {
        true => Default::default(),
        false => {
            let options = stubbed.options(&options(&args.run, &args.choice, mode(args))?);
            let wish = wish_of(session, &args.run, stubbed.loaded.clone(), options)?;
            planning::generate(session, wish, session.state().await?, signals).await?
        }
    };
    let loaded = stubbed.fill(&blocks)?;
    let generated = blocks.iter().map(|(address, block)| (address.clone(), generate::without_remark(block)));
    Ok(Source { loaded, generated: generated.collect(), answers })
}

async fn planned(
    session: &Session,
    args: &PlanArgs,
    source: Source,
    state: Result<State, Failure>,
    signals: &Signals,
) -> Result<Planned, NotPlanned> {
    let Source { loaded, generated, mut answers } = source;
    let options = Options { generated, ..options(&args.run, &args.choice, mode(args))? };
    let wish = wish_of(session, &args.run, loaded, options)?;
    let mut state = state?;
    if !state.pending.is_empty() {
        // Planning needs no lease, finding out what an interrupted run did needs one.
        let held = Held::take(session, args.run.lock_timeout).await?;
        let options = machine_options(&args.run);
        let recovered = recover(session, &held, &wish.loaded, &wish.variables, options, signals).await;
        state = held.finish(recovered).await?;
        answers = Answers::default();
    }
    plan_with(session, wish, state, answers, signals).await
}
