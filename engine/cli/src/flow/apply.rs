//! Carries a plan out.

use std::collections::BTreeSet;
use std::time::Duration;

use evenkeel_apply::driver::Timer;
use evenkeel_apply::{Machine, MachineOptions, Report, Shell, run};
use evenkeel_model::Timestamp;
use evenkeel_plan::{Finisher, Options};
use evenkeel_provider::BoxFuture;
use evenkeel_state::RunKind;
use evenkeel_store::{Clock, Store, SystemClock};
use futures_util::stream::Stream;

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::ephemeral;
use crate::flow::identities::{self, Used};
use crate::flow::lease::{Held, Leased};
use crate::flow::local_exec::LocalCommands;
use crate::flow::planning::Planned;
use crate::render;
use crate::ui::schemas;

/// The machine's clock, and tokio's sleep.
pub struct SystemTimer;

impl Timer for SystemTimer {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        let wait = at.0.saturating_sub(self.now().0).max(0).unsigned_abs();
        Box::pin(tokio::time::sleep(Duration::from_millis(wait)))
    }
}

/// Writes down what was planned, and when objects were seen to be as they are remembered. Nothing may be
/// carried out before that is done; a plan may be shown meanwhile.
pub async fn remember(session: &Session, held: &Held, planned: &Planned) -> Result<(), Failure> {
    let (kept, touched) = tokio::join!(keep(session, planned), touch(session, held, planned));
    touched.and(kept)?;
    identities::learn(session, held, planned).await
}

async fn touch(session: &Session, held: &Held, planned: &Planned) -> Result<(), Failure> {
    let plan = &planned.plan;
    let changed: BTreeSet<_> = plan.refreshed.iter().map(|refreshed| &refreshed.address).collect();
    let unchanged = planned.observed.iter().filter(|address| !changed.contains(address)).cloned().collect();
    Ok(session.store.touch_observed(&held.lease(), unchanged).await?)
}

/// Keeps the document of a plan. It may be large, so it is written on another thread.
async fn keep(session: &Session, planned: &Planned) -> Result<(), Failure> {
    if !planned.plan.has_effects() {
        return Ok(());
    }
    let (plan, catalog) = (planned.plan.clone(), session.catalog.clone());
    let write = move || render::json::plan(&plan, &schemas(&catalog)).to_string().into_bytes();
    let document = tokio::task::spawn_blocking(write).await.map_err(|error| {
        Failure::plain("The plan could not be kept", format!("{error}. This is a bug in Evenkeel."))
    })?;
    Ok(session.store.save_plan(&session.stack, planned.plan.digest(), document).await?)
}

/// Applies a plan under a lease, step by step, every step journalled.
pub async fn apply(
    session: &Session,
    held: &Held,
    planned: &Planned,
    kind: RunKind,
    options: MachineOptions,
    interrupts: impl Stream<Item = evenkeel_apply::Interrupt>,
) -> Result<Report, Failure> {
    // The plan and the lease were there before the user was asked; nobody else can have written
    // since, but a plan is never carried out on a state that it was not made from.
    let state = session.state().await?;
    if !evenkeel_plan::verify::is_current(&planned.plan, &state) {
        return Err(Failure::plain(
            "The plan is stale",
            format!(
                "It was made from serial {} of the state, which is at {} now. Plan again.",
                planned.plan.base_serial, state.serial
            ),
        ));
    }
    let opened = ephemeral::reopen(session, &planned.answers.opened).await;
    let opened = closed_if_failed(session, opened).await?;
    identities::settle(session, held, &planned.acting).await?;
    let run_id = session.store.next_run(&held.lease()).await?;
    let apply_time = Some(format!("{:.0}", jiff::Timestamp::now()));
    let options_now = Options { apply_time, entropy: Some(entropy()?), ..planned.options.clone() };
    let finisher = Finisher::new(
        planned.plan.clone(),
        planned.loaded.snapshot.clone(),
        planned.loaded.configuration.clone(),
        session.catalog.clone(),
        &options_now,
    )
    .with_opened(opened);
    let mut machine = Machine::new(finisher, run_id, kind, options).with_state(&planned.state);
    let ui = session.ui.clone();
    ui.importing(planned);
    let leased = Leased { held, session, used: Used::default() };
    let directory = session.place.directory().map_or_else(std::env::current_dir, Ok).unwrap_or_default();
    let commands = LocalCommands::new(directory);
    let shell = Shell {
        journal: held,
        connections: &leased,
        provisioners: &commands,
        ephemerals: &leased,
        timer: &SystemTimer,
    };
    run(&mut machine, shell, interrupts, &mut |progress| ui.progress(&progress)).await;
    ephemeral::close(session).await;
    // What is remembered is not worth a run; the next plan writes it down where a lost lease forbids it here.
    drop(identities::settle_used(session, held, leased.used.all()).await);
    let report = machine.report().cloned();
    report.ok_or_else(|| {
        Failure::plain("The run did not end", "This is a bug in Evenkeel; its journal tells what was done.")
    })
}

/// What cannot all be opened is closed again.
async fn closed_if_failed<T>(session: &Session, result: Result<T, Failure>) -> Result<T, Failure> {
    if result.is_err() {
        ephemeral::close(session).await;
    }
    result
}

/// What `uuid()` and `bcrypt()` are made from in one apply.
fn entropy() -> Result<[u8; 32], Failure> {
    let mut seed = [0; 32];
    match getrandom::fill(&mut seed) {
        Ok(()) => Ok(seed),
        Err(error) => Err(Failure::plain(
            "The system gives no random numbers",
            format!("They are needed for uuid() and bcrypt(): {error}."),
        )),
    }
}
