//! `evenkeel reconcile`: the shell around the controller of one stack. It carries out orders one
//! after the other and tells what happened; every decision is the controller's.

use std::collections::VecDeque;
use std::sync::Arc;

use evenkeel_apply::driver::Timer;
use evenkeel_model::{Diagnostics, Revision, Timestamp};
use evenkeel_plan::Mode;
use evenkeel_provider::Providers;
use evenkeel_reconcile::{
    Controller, DriftPolicy, Event, FetchFailure, Order, PlanSummary, Settings, StopResult,
};
use evenkeel_state::{RunKind, RunStatus};
use evenkeel_store::{Store, StoreError};

use crate::args::{ChoiceArgs, DriftChoice, Global, GovernorChoice, ReconcileArgs};
use crate::commands::{machine_options, options, wish_of};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::apply::{SystemTimer, apply, remember};
use crate::flow::governor;
use crate::flow::interrupt::Signals;
use crate::flow::lease::Held;
use crate::flow::load::{Loaded, descends, load, resolve};
use crate::flow::planning::{Planned, plan_unseen};
use crate::flow::recover::recover;
use crate::ui::Ui;

/// How many runs are looked at for the last one that succeeded.
const RUNS_MAX: usize = 50;

pub async fn run(global: &Global, args: ReconcileArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let signals = Signals::listen();
    let session = Session::open(
        global,
        &args.run.location,
        args.run.revision.as_deref(),
        providers,
        &ui.without_refresh_lines(),
    )
    .await?;
    let settings = Settings {
        interval_ms: i64::try_from(args.interval.as_millis()).unwrap_or(i64::MAX),
        drift: match args.drift {
            DriftChoice::Correct => DriftPolicy::Correct,
            DriftChoice::Detect => DriftPolicy::Detect,
        },
        once: args.once,
        ..Settings::new(session.stack.0.clone())
    };
    let mut shell = Shell {
        session,
        args,
        signals,
        held: None,
        planned: None,
        loaded: None,
        needs_approval: false,
        stopped: None,
        events: VecDeque::from([Event::Wake]),
        wake_at: None,
        told_to_stop: false,
    };
    let result = shell.follow(Controller::new(settings)).await;
    if let Some(held) = shell.held.take() {
        held.finish(Ok(())).await?;
    }
    Ok(match result {
        StopResult::Converged | StopResult::Interrupted => 0,
        StopResult::DriftDetected => 2,
        StopResult::LeaseHeld | StopResult::Failed => 1,
        StopResult::ApprovalNeeded => governor::STOPPED,
    })
}

struct Shell {
    session: Session,
    args: ReconcileArgs,
    signals: Signals,
    held: Option<Held>,
    planned: Option<Planned>,
    loaded: Option<(Revision, Loaded)>,
    /// Whether the plan that was made last is carried out only with its approval.
    needs_approval: bool,
    /// The plan that people were told of last because it was stopped.
    stopped: Option<Arc<str>>,
    events: VecDeque<Event>,
    wake_at: Option<Timestamp>,
    told_to_stop: bool,
}

impl Shell {
    async fn follow(&mut self, mut controller: Controller) -> StopResult {
        loop {
            let event = self.next_event().await;
            for order in controller.handle(event, SystemTimer.now()) {
                if let Some(result) = self.carry_out(order).await {
                    return result;
                }
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        if self.signals.raised() && !self.told_to_stop {
            self.told_to_stop = true;
            return Event::Interrupt;
        }
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        let wake_at = self.wake_at.take().unwrap_or_else(|| SystemTimer.now().plus_ms(60_000));
        let stop = !self.told_to_stop;
        tokio::select! {
            () = SystemTimer.sleep_until(wake_at) => Event::Wake,
            () = self.signals.first(), if stop => {
                self.told_to_stop = true;
                Event::Interrupt
            }
        }
    }

    async fn carry_out(&mut self, order: Order) -> Option<StopResult> {
        let ui = self.session.ui.clone();
        let answer = match order {
            Order::Acquire => self.acquire().await,
            Order::Recover => self.recover().await,
            Order::Fetch => self.fetch().await,
            Order::Plan { revision } => self.plan(revision).await,
            Order::Apply { .. } => self.apply().await,
            // Signals reach a running apply directly; nothing else cancels.
            Order::Cancel => return None,
            Order::Report(conditions) => {
                ui.conditions(&conditions);
                return None;
            }
            Order::WakeAt(at) => {
                self.wake_at = Some(at);
                return None;
            }
            Order::Alert(alert) => {
                ui.alert(&alert);
                return None;
            }
            Order::Release => {
                if let Some(held) = self.held.take()
                    && let Err(failure) = held.finish(Ok(())).await
                {
                    ui.failure(&failure);
                }
                return None;
            }
            Order::Stop(result) => return Some(result),
        };
        self.events.push_back(answer);
        None
    }

    async fn acquire(&mut self) -> Event {
        let lease = self.args.run.lock_timeout;
        match Held::try_take(&self.session, lease).await {
            Ok(held) => match self.settled(held).await {
                Ok(held) => {
                    self.held = Some(held);
                    Event::LeaseGranted
                }
                Err(failure) => {
                    self.session.ui.failure(&failure);
                    Event::LeaseLost
                }
            },
            Err(StoreError::LeaseHeld { expires, holder, .. }) => {
                self.session.ui.log(&format!("the stack is held by {holder}"));
                Event::LeaseHeld { until: expires }
            }
            Err(error) => {
                self.session.ui.failure(&error.into());
                Event::LeaseLost
            }
        }
    }

    /// What is done first under a new lease: the approval that was given on the command line is written down.
    async fn settled(&mut self, held: Held) -> Result<Held, Failure> {
        let held = held.settled(self.args.run.lock_timeout).await?;
        if let Some(digest) = self.args.approve.take() {
            governor::approve(&self.session, &held, &digest).await?;
            self.session.ui.log(&format!("approved for an hour: the plan {digest}"));
        }
        Ok(held)
    }

    async fn recover(&mut self) -> Event {
        match self.try_recover().await {
            Ok(()) => Event::Recovered,
            Err(failure) => {
                self.session.ui.failure(&failure);
                let state = self.session.state().await.unwrap_or_default();
                Event::RecoveryFailed {
                    blocked: state.pending.into_values().map(|intent| intent.address).collect(),
                }
            }
        }
    }

    async fn try_recover(&mut self) -> Result<(), Failure> {
        let Some(held) = &self.held else { return Ok(()) };
        if self.session.state().await?.pending.is_empty() {
            return Ok(());
        }
        // The provider blocks are needed to look; the revision at hand has them.
        let loaded = load(&self.session, self.args.run.revision.as_deref()).await?;
        let options = options(&self.args.run, &ChoiceArgs::default(), Mode::Normal)?;
        let wish = wish_of(&self.session, &self.args.run, loaded, options)?;
        let limits = machine_options(&self.args.run);
        recover(&self.session, held, &wish.loaded, &wish.variables, limits, &self.signals).await?;
        Ok(())
    }

    async fn fetch(&mut self) -> Event {
        match self.try_fetch().await {
            Ok(event) => event,
            Err(failure) => Event::FetchFailed(FetchFailure::Unavailable { error: first(&failure) }),
        }
    }

    async fn try_fetch(&mut self) -> Result<Event, Failure> {
        let revision = resolve(&self.session, self.args.run.revision.as_deref()).await?;
        let runs = self.session.store.runs(&self.session.stack, RUNS_MAX).await?;
        let previous = runs
            .into_iter()
            .find(|run| run.status == Some(RunStatus::Succeeded) && run.kind != RunKind::Destroy)
            .map(|run| run.revision);
        let forced = match (&previous, &revision) {
            (Some(Revision::Commit(old)), Revision::Commit(new)) if old != new => {
                !descends(&self.session, new, old).await?
            }
            _ => false,
        };
        Ok(Event::Fetched { revision, previous, forced })
    }

    async fn plan(&mut self, revision: Revision) -> Event {
        match self.try_plan(&revision).await {
            Ok((planned, stopped)) => {
                let summary = PlanSummary { stopped, ..PlanSummary::of(&planned.plan) };
                self.planned = Some(planned);
                Event::Planned(summary)
            }
            Err(failure) => {
                if !self.signals.raised() {
                    self.session.ui.failure(&failure);
                }
                Event::PlanFailed { error: first(&failure) }
            }
        }
    }

    /// The plan, and why the governor stops it.
    async fn try_plan(&mut self, revision: &Revision) -> Result<(Planned, Option<Arc<str>>), Failure> {
        let loaded = match &self.loaded {
            Some((known, loaded)) if known == revision => loaded.clone(),
            _ => {
                let loaded = load(&self.session, self.named(revision).as_deref()).await?;
                self.session.ui.log(&format!("revision {}", loaded.title()));
                loaded
            }
        };
        // Its warnings are told once.
        let known = Loaded { warnings: Diagnostics::new(), ..loaded.clone() };
        self.loaded = Some((loaded.snapshot.revision.clone(), known));
        let options = options(&self.args.run, &ChoiceArgs::default(), Mode::Normal)?;
        let wish = wish_of(&self.session, &self.args.run, loaded, options)?;
        let state = self.session.state().await?;
        let planned = plan_unseen(&self.session, wish, state, &self.signals).await?;
        if let Some(held) = &self.held {
            remember(&self.session, held, &planned).await?;
        }
        self.session.ui.reconcile_plan(&planned, &self.session.catalog);
        let stopped = self.governed(&planned).await?;
        Ok((planned, stopped))
    }

    /// Asks the safety governor: why it stops the plan, which people are told of once.
    async fn governed(&mut self, planned: &Planned) -> Result<Option<Arc<str>>, Failure> {
        let verdict = governor::judge(&self.session, planned, &self.args.governor);
        let digest = planned.plan.digest();
        let warns = self.args.governor.governor == Some(GovernorChoice::Warn);
        self.needs_approval = verdict.stops() && !warns;
        if !verdict.stops() {
            return Ok(None);
        }
        if warns {
            self.session.ui.would_be_stopped(&verdict, digest);
            return Ok(None);
        }
        if governor::is_approved(&self.session, digest).await? {
            return Ok(None);
        }
        if self.stopped.as_ref() != Some(digest) {
            self.session.ui.stopped(&verdict, digest, &format!("evenkeel reconcile -once -approve={digest}"));
            self.stopped = Some(digest.clone());
        }
        Ok(Some(verdict.reasons().into()))
    }

    /// The revision to ask the source for: exactly the commit that was resolved, as branches move.
    fn named(&self, revision: &Revision) -> Option<String> {
        match revision {
            Revision::Commit(id) => Some(id.to_string()),
            Revision::Directory(_) => None,
        }
    }

    async fn apply(&mut self) -> Event {
        let (Some(held), Some(planned)) = (&self.held, self.planned.take()) else {
            return Event::Applied { status: RunStatus::Failed };
        };
        if self.needs_approval && !self.use_approval(held, &planned).await {
            return Event::Applied { status: RunStatus::Failed };
        }
        let limits = machine_options(&self.args.run);
        let interrupts = self.signals.interrupts();
        match apply(&self.session, held, &planned, RunKind::Reconcile, limits, interrupts).await {
            Ok(report) => {
                self.session.ui.applied(&report, false, &planned, Diagnostics::new());
                if report.status == RunStatus::Abandoned {
                    self.events.push_back(Event::LeaseLost);
                }
                Event::Applied { status: report.status }
            }
            Err(failure) => {
                self.session.ui.failure(&failure);
                Event::Applied { status: RunStatus::Failed }
            }
        }
    }

    /// Uses the approval up; it may have ended since the plan was made.
    async fn use_approval(&self, held: &Held, planned: &Planned) -> bool {
        match governor::use_approval(&self.session, held, planned.plan.digest()).await {
            Ok(used) => used,
            Err(failure) => {
                self.session.ui.failure(&failure);
                false
            }
        }
    }
}

fn first(failure: &Failure) -> String {
    failure.diagnostics.iter().next().map(|d| format!("{}: {}", d.summary, d.detail)).unwrap_or_default()
}
