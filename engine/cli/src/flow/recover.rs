//! What dead runs left behind is found out before anything else is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_apply::driver::Timer;
use evenkeel_apply::{
    MachineOptions, NoEphemerals, NoProvisioners, PendingIntent, Recovery, RecoveryInput, RecoveryReport,
    Shell, run,
};
use evenkeel_model::Value;
use evenkeel_plan::{Answers, Input, Options};
use evenkeel_state::{RunId, State};
use evenkeel_store::Store;

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::apply::SystemTimer;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::Loaded;

/// How many runs are looked at for ones that never ended.
const RUNS_MAX: usize = 50;

/// Resolves every intent without outcome and closes the runs that died. Gives the state after it;
/// fails when something stays unresolved, because no plan may touch that.
pub async fn recover(
    session: &Session,
    held: &Held,
    loaded: &Loaded,
    variables: &BTreeMap<Arc<str>, Value>,
    options: MachineOptions,
    signals: &Signals,
) -> Result<State, Failure> {
    let state = session.state().await?;
    let runs = session.store.runs(&session.stack, RUNS_MAX).await?;
    let open_runs: BTreeSet<RunId> =
        runs.iter().filter(|run| run.status.is_none()).map(|run| run.id).collect();
    if state.pending.is_empty() && open_runs.is_empty() {
        return Ok(state);
    }
    if !state.pending.is_empty() {
        let count = state.pending.len();
        session.ui.note(&format!(
            "An earlier run was interrupted. Looking for what became of {count} unfinished {}...",
            if count == 1 { "step" } else { "steps" },
        ));
    }
    let report = drive(session, held, loaded, variables, options, signals, &state, open_runs).await?;
    session.ui.recovered(&report);
    if !report.is_clean() {
        return Err(report.diagnostics.into());
    }
    session.state().await
}

#[expect(clippy::too_many_arguments, reason = "one caller, which has just collected them")]
async fn drive(
    session: &Session,
    held: &Held,
    loaded: &Loaded,
    variables: &BTreeMap<Arc<str>, Value>,
    options: MachineOptions,
    signals: &Signals,
    state: &State,
    open_runs: BTreeSet<RunId>,
) -> Result<RecoveryReport, Failure> {
    let wanted: BTreeSet<_> = state.pending.values().map(|intent| intent.provider.clone()).collect();
    let input = Input {
        snapshot: &loaded.snapshot,
        configuration: &loaded.configuration,
        state,
        catalog: &session.catalog,
        variables,
        options: &Options::default(),
        answers: &Answers::default(),
    };
    let provider_configs = evenkeel_plan::provider_configs(&input, &wanted)
        .map_err(|diagnostics| Failure::in_files(diagnostics, &loaded.snapshot))?;
    // When the dead process last started a call is not known; that it is dead now is.
    let now = SystemTimer.now();
    let pending = state.pending.values().cloned().map(|intent| PendingIntent { intent, at: now }).collect();
    let mut recovery = Recovery::new(
        RecoveryInput {
            pending,
            open_runs,
            state,
            catalog: &*session.catalog,
            provider_configs: &provider_configs,
            now,
        },
        options,
    );
    let ui = session.ui.clone();
    let shell = Shell {
        journal: held,
        connections: &*session.pool,
        provisioners: &NoProvisioners,
        ephemerals: &NoEphemerals,
        timer: &SystemTimer,
    };
    run(&mut recovery, shell, signals.interrupts(), &mut |progress| {
        ui.progress(&progress);
    })
    .await;
    let report = recovery.report().cloned();
    report.ok_or_else(|| {
        Failure::plain("The recovery did not end", "This is a bug in Evenkeel; nothing was changed.")
    })
}
