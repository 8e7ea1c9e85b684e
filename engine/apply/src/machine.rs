//! The execution machine: carries out one plan.
//!
//! `poll` says everything that may be done now, `handle` takes what happened. Between the two lies
//! no clock, no thread and no I/O, so a test or the simulation can stop the machine between any two
//! commands, which is where a crash can strike. It decides nothing about the plan: it orders steps,
//! keeps the protocol (intent durable, call, outcome durable, dependents), repeats what may be
//! repeated and looks where it is not known what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostics, InstanceAddress, ResourceAddress, Timestamp, Value};
use evenkeel_plan::{Opening, Plan, StepKind};
use evenkeel_state::{Entry, Object, RunId, RunKind, RunStatus, Serial, State, StepId};

use crate::alarm::Alarm;
use crate::command::{AppendFailure, AppendId, CallId, Command, Event};
use crate::finish::Finish;
use crate::identity::Identities;
use crate::options::MachineOptions;
use crate::outbox::{AfterFailure, Outbox};
use crate::report::{Notice, Report, StepStatus};
use crate::work::{Made, Next, Remembered, Work};
use crate::{closing, message, opening};

mod ephemeral;
mod provisioning;
mod steps;

use provisioning::Beside;

/// Carries out one plan.
pub struct Machine {
    finisher: Box<dyn Finish>,
    plan: Arc<Plan>,
    run: RunId,
    kind: RunKind,
    options: MachineOptions,
    remembered: BTreeMap<InstanceAddress, Remembered>,
    /// The objects that a search for a new one may come upon.
    identities: Identities,
    steps: Vec<Slot>,
    /// Steps that have everything they need and have not begun.
    ready: BTreeSet<StepId>,
    /// Steps whose next call may be made, in the order in which they became so.
    armed: Vec<StepId>,
    calls: BTreeMap<CallId, Running>,
    /// The ephemeral resources that are being opened, with the steps that wait for them.
    opening: BTreeMap<InstanceAddress, Vec<StepId>>,
    /// Those of which the shell does not know yet.
    to_open: Vec<Opening>,
    outbox: Outbox<Written>,
    alarm: Alarm<Option<StepId>>,
    /// The provisioners of the changes that have some, by the place of the change.
    beside: BTreeMap<usize, Beside>,
    /// New objects whose provisioners have not all run, by the place of the change.
    made: BTreeMap<usize, Made>,
    /// Whether the commands that run are to be ended.
    ending: bool,
    /// Steps that have begun and have no verdict yet.
    begun: usize,
    /// Of these, the ones that hold one of the parallel calls.
    holding: usize,
    /// How many steps may have an intent and no call yet.
    ahead: usize,
    /// Steps that made their last call since an append was last durable.
    ended: usize,
    /// Steps without a final status.
    open: usize,
    stage: Stage,
    stopping: bool,
    calls_made: u64,
    now: Timestamp,
    serial: Option<Serial>,
    outputs: Option<BTreeMap<Arc<str>, Value>>,
    diagnostics: Diagnostics,
    notices: Vec<Notice>,
    report: Option<Report>,
    #[cfg(feature = "planted-faults")]
    plants: BTreeSet<crate::plant::Plant>,
}

/// One step of the plan.
struct Slot {
    phase: Phase,
    work: Option<Work>,
    /// How many of the steps it needs are not done.
    missing: usize,
    dependents: Vec<StepId>,
    /// Whether it holds one of the parallel calls.
    holds: bool,
    /// Whether its intent is durable.
    durable: bool,
}

/// How far a step is.
enum Phase {
    /// Waits for what it needs, or for its turn.
    Waiting,
    /// Its intent is on its way into the journal.
    Intending,
    /// Its next call may be made.
    Armed(Next),
    /// Its call runs.
    Calling,
    /// It waits for a time before its next call.
    Sleeping(Next),
    /// Its outcome is on its way into the journal.
    Recording { status: StepStatus, value: Option<Value> },
    /// Its outcome is durable, or it has none.
    Settled(StepStatus),
}

struct Running {
    step: StepId,
    asked: Timestamp,
}

/// What it means to the machine that an entry is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Written {
    Opening,
    Intent(StepId),
    Outcome(StepId),
    Closing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    /// The run's first entries are on their way.
    Opening,
    Working,
    /// The run's last entries are on their way.
    Closing(RunStatus),
    Over,
}

impl Machine {
    /// A machine for the plan of `finisher`, as run `run`. Nothing happens before the first `poll`.
    pub fn new(finisher: impl Finish + 'static, run: RunId, kind: RunKind, options: MachineOptions) -> Self {
        let plan = finisher.plan().clone();
        let steps = slots(&plan);
        Self {
            finisher: Box::new(finisher),
            run,
            kind,
            options,
            remembered: BTreeMap::new(),
            identities: Identities::default(),
            ready: BTreeSet::new(),
            armed: Vec::new(),
            calls: BTreeMap::new(),
            opening: BTreeMap::new(),
            to_open: Vec::new(),
            outbox: Outbox::new(),
            alarm: Alarm::new(),
            beside: provisioning::beside(&plan),
            made: BTreeMap::new(),
            ending: false,
            begun: 0,
            holding: 0,
            ahead: options.intents_ahead,
            ended: 0,
            open: steps.len(),
            stage: Stage::New,
            stopping: false,
            calls_made: 0,
            now: Timestamp::default(),
            serial: None,
            outputs: None,
            diagnostics: Diagnostics::new(),
            notices: Vec::new(),
            report: None,
            plan,
            steps,
            #[cfg(feature = "planted-faults")]
            plants: BTreeSet::new(),
        }
    }

    /// Takes from the state, which the plan was made from, what the plan does not say of the objects
    /// that it changes: the tokens by which they were created, so that they go on being remembered,
    /// and what they were made from, which has to outlive them should a change not succeed. Also which
    /// objects there are that are none of the new ones.
    pub fn with_state(mut self, state: &State) -> Self {
        self.identities = Identities::of(state, &made_kinds(&self.plan), &moves(&self.plan));
        // The state has the names from before the moves; what the plan writes down first has the new ones.
        let seen: BTreeMap<&InstanceAddress, &Object> = self
            .plan
            .refreshed
            .iter()
            .filter(|seen| seen.deposed.is_none())
            .filter_map(|seen| Some((&seen.address, seen.object.as_ref()?)))
            .collect();
        for change in &self.plan.changes {
            let was = change.previous_address.as_ref().unwrap_or(&change.address);
            let current = state.instances.get(was).and_then(|instance| instance.current.as_ref());
            if let Some(object) = current {
                let token = object.token.clone();
                let renamed = seen.get(&change.address).copied().unwrap_or(object);
                let dependencies = renamed.dependencies.clone();
                self.remembered.insert(change.address.clone(), Remembered { token, dependencies });
            }
        }
        self
    }

    /// Plants a fault.
    #[cfg(feature = "planted-faults")]
    pub fn plant(&mut self, plant: crate::plant::Plant) {
        self.plants.insert(plant);
    }

    /// Everything that may be done now; never the same command twice.
    pub fn poll(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.stage == Stage::Over {
            return commands;
        }
        if self.stage == Stage::New {
            self.open_run();
        }
        self.begin_ready();
        self.break_stall();
        self.close_run();
        commands.extend(self.outbox.poll(self.now));
        self.issue_calls(&mut commands);
        commands.extend(std::mem::take(&mut self.to_open).into_iter().map(Command::Open));
        commands.extend(std::mem::take(&mut self.ending).then_some(Command::EndProvisioners));
        commands.extend(self.alarm.poll());
        commands
    }

    /// Takes what happened at `now`. Answers to commands that do not wait for one are ignored.
    pub fn handle(&mut self, event: Event, now: Timestamp) {
        if self.stage == Stage::Over {
            return;
        }
        self.now = self.now.max(now);
        match event {
            Event::Appended { id, serial } => self.appended(id, serial),
            Event::AppendFailed { id, error } => self.append_failed(id, error),
            Event::CallDone { id, result } => self.call_done(id, result),
            Event::Opened { address, result } => self.opened(&address, result),
            Event::Provisioned { id, result } => self.command_done(id, result),
            Event::Woken => {}
            Event::Interrupt => self.interrupt(),
            Event::Abort => self.abandon(message::aborted().into()),
        }
        self.wake();
    }

    /// How the run ended, when it has.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// What is worth telling the user since the last time.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    fn open_run(&mut self) {
        for entry in opening::entries(&self.plan, self.run, self.kind) {
            self.outbox.push(entry, Written::Opening);
        }
        self.stage = Stage::Opening;
        let free: Vec<StepId> = (0..self.steps.len())
            .filter(|index| self.steps[*index].missing == 0 || self.ignores_dependencies())
            .filter_map(step_id)
            .collect();
        for step in free {
            self.make_ready(step);
        }
    }

    fn appended(&mut self, id: AppendId, serial: Serial) {
        let meanings = self.outbox.appended(id);
        if meanings.is_empty() {
            return;
        }
        debug_assert!(self.serial.is_none_or(|before| before <= serial), "serials only rise");
        self.serial = Some(serial);
        self.look_farther_ahead();
        for meaning in meanings {
            match meaning {
                Written::Opening if self.stage == Stage::Opening => self.stage = Stage::Working,
                Written::Opening => {}
                Written::Intent(step) => self.intent_durable(step),
                Written::Outcome(step) => self.outcome_durable(step),
                Written::Closing => {}
            }
        }
        if let Stage::Closing(status) = self.stage
            && self.outbox.is_idle()
        {
            self.finish(status);
        }
    }

    /// When more calls than run at once ended while one append was written, the next appends take more.
    fn look_farther_ahead(&mut self) {
        if std::mem::take(&mut self.ended) > self.options.parallelism {
            let most = self.options.intents_ahead_max.max(self.options.intents_ahead);
            self.ahead = self.ahead.saturating_mul(2).min(most);
        }
    }

    fn append_failed(&mut self, id: AppendId, failure: AppendFailure) {
        match self.outbox.failed(id, failure, self.now, &self.options) {
            AfterFailure::NotMine => {}
            AfterFailure::Again(at) => self.alarm.sleep(None, at),
            AfterFailure::GivenUp(failure) => self.abandon(message::append_failed(&failure).into()),
        }
    }

    fn interrupt(&mut self) {
        self.stopping = true;
        self.ending = self.calls.values().any(|running| self.is_command(running.step));
        self.ready.clear();
        for step in (0..self.steps.len()).filter_map(step_id) {
            match self.steps[index(step)].phase {
                Phase::Waiting => self.settle(step, StepStatus::NotAttempted),
                Phase::Intending if self.outbox.retract(|written| *written == Written::Intent(step)) => {
                    self.end_work(step);
                    self.settle(step, StepStatus::NotAttempted);
                }
                Phase::Armed(Next::Call) | Phase::Sleeping(Next::Call) => self.withdraw(step),
                Phase::Intending
                | Phase::Armed(Next::Look)
                | Phase::Sleeping(Next::Look)
                | Phase::Calling
                | Phase::Recording { .. }
                | Phase::Settled(_) => {}
            }
        }
    }

    /// A plan whose steps wait for each other would hang; its steps fail instead.
    fn break_stall(&mut self) {
        let moving =
            self.begun > 0 || !self.ready.is_empty() || !self.outbox.is_idle() || !self.opening.is_empty();
        if moving || self.open == 0 || self.stage != Stage::Working {
            return;
        }
        for step in (0..self.steps.len()).filter_map(step_id) {
            if matches!(self.steps[index(step)].phase, Phase::Waiting) {
                if let Some(address) = self.address_of(step) {
                    self.diagnostics.push(message::stalled(&address));
                }
                self.settle(step, StepStatus::Failed);
            }
        }
    }

    /// Writes the run's last entries once every step is settled.
    fn close_run(&mut self) {
        // What is being opened has to be known, so that it is closed.
        if self.open > 0 || !self.opening.is_empty() || !matches!(self.stage, Stage::Opening | Stage::Working)
        {
            return;
        }
        let mut status = closing::status(self.statuses());
        let unresolved = self.statuses().any(|status| *status == StepStatus::Unresolved);
        if status != RunStatus::Interrupted && !unresolved {
            let unfinished = self.unfinished();
            if self.opens_to_settle(&unfinished, &mut status) {
                return;
            }
            self.settle_outputs(&unfinished, &mut status);
        }
        if status == RunStatus::Interrupted {
            self.diagnostics.push(message::interrupted());
        }
        if unresolved {
            // The run stays open in the journal until somebody knows what it did.
            return self.finish(status);
        }
        let error = closing::error_text(&self.diagnostics);
        self.outbox.push(Entry::RunFinished { run: self.run, status, error }, Written::Closing);
        self.stage = Stage::Closing(status);
    }

    /// What can be told only when all steps are settled. Also of a run that failed: outputs that have
    /// nothing to do with what failed get their values.
    fn settle_outputs(&mut self, unfinished: &BTreeSet<ResourceAddress>, status: &mut RunStatus) {
        let (outputs, diagnostics) = self.finisher.outputs(unfinished);
        if diagnostics.has_errors() {
            *status = RunStatus::Failed;
        }
        self.diagnostics.extend(diagnostics);
        if !self.plan.outputs.is_empty() {
            self.outbox.push(closing::outputs(&outputs), Written::Closing);
            self.outputs = Some(outputs);
        }
    }

    /// The resources of which a step was not done.
    fn unfinished(&self) -> BTreeSet<ResourceAddress> {
        let steps = self.plan.steps.iter().zip(self.statuses());
        let open = steps.filter(|(_, status)| !matches!(status, StepStatus::Done | StepStatus::Unneeded));
        let changes = open.filter_map(|(step, _)| self.plan.change_of(step));
        changes.map(|change| change.address.resource.clone()).collect()
    }

    fn statuses(&self) -> impl Iterator<Item = &StepStatus> {
        self.steps.iter().map(|slot| match &slot.phase {
            Phase::Settled(status) => status,
            Phase::Waiting | Phase::Intending => &StepStatus::NotAttempted,
            Phase::Armed(_) | Phase::Calling | Phase::Sleeping(_) | Phase::Recording { .. } => {
                match slot.work.as_ref().and_then(Work::intent) {
                    Some(_) => &StepStatus::Unresolved,
                    None => &StepStatus::NotAttempted,
                }
            }
        })
    }

    /// Ends the run where it stands. What cannot be written is forgotten: the journal's intents
    /// lead the next holder to it.
    fn abandon(&mut self, diagnostics: Diagnostics) {
        self.diagnostics.extend(diagnostics);
        self.finish(RunStatus::Abandoned);
    }

    fn finish(&mut self, status: RunStatus) {
        let steps = closing::steps(&self.plan, self.statuses());
        self.report = Some(Report {
            run: self.run,
            status,
            counts: closing::counts(&steps),
            steps,
            diagnostics: self.diagnostics.clone(),
            outputs: self.outputs.take(),
            serial: self.serial,
        });
        self.stage = Stage::Over;
        self.armed.clear();
        self.calls.clear();
        self.opening.clear();
        self.to_open.clear();
    }

    #[cfg(feature = "planted-faults")]
    fn calls_too_early(&self) -> bool {
        self.plants.contains(&crate::plant::Plant::CallBeforeIntentDurable)
    }

    #[cfg(not(feature = "planted-faults"))]
    fn calls_too_early(&self) -> bool {
        false
    }

    #[cfg(feature = "planted-faults")]
    fn ignores_dependencies(&self) -> bool {
        self.plants.contains(&crate::plant::Plant::IgnoreDependencies)
    }

    #[cfg(not(feature = "planted-faults"))]
    fn ignores_dependencies(&self) -> bool {
        false
    }
}

/// The resource types of which a plan makes objects.
fn made_kinds(plan: &Plan) -> BTreeSet<Arc<str>> {
    let creates = plan.steps.iter().filter(|step| matches!(step.kind, StepKind::Create { .. }));
    creates.filter_map(|step| Some(plan.change_of(step)?.address.resource.kind.clone())).collect()
}

/// The addresses that instances had, and have now.
fn moves(plan: &Plan) -> BTreeMap<&InstanceAddress, &InstanceAddress> {
    let changes = plan.changes.iter();
    changes.filter_map(|change| Some((change.previous_address.as_ref()?, &change.address))).collect()
}

/// The steps of a plan with the edges turned round: who waits for whom.
fn slots(plan: &Plan) -> Vec<Slot> {
    let mut slots: Vec<Slot> = plan
        .steps
        .iter()
        .map(|step| Slot {
            phase: Phase::Waiting,
            work: None,
            missing: step.needs.len(),
            dependents: Vec::new(),
            holds: false,
            durable: false,
        })
        .collect();
    for (at, step) in plan.steps.iter().enumerate() {
        for need in &step.needs {
            if let (Some(slot), Some(id)) = (slots.get_mut(index(*need)), step_id(at)) {
                slot.dependents.push(id);
            }
        }
    }
    slots
}

/// The place of a step in the plan and in the machine.
fn index(step: StepId) -> usize {
    step.0 as usize
}

fn step_id(index: usize) -> Option<StepId> {
    u32::try_from(index).ok().map(StepId)
}
