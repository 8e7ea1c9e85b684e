//! The work of a process: recovering, planning, applying. Commands of the machines become items in
//! the queue; answers come back as messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_apply::{
    AppendFailure, AppendId, Command, Drive, Event as MachineEvent, Machine, MachineOptions, PendingIntent,
    Plant, Recovery, RecoveryInput,
};
use evenkeel_model::{InstanceAddress, ProviderAddress, Revision, Timestamp, Value};
use evenkeel_plan::{
    Answers, DataAnswer, Finisher, Input, Mode, OpenAnswer, Options, Plan, Planning, Question,
};
use evenkeel_provider::{ErrorKind, ObserveRequest, ProviderError};
use evenkeel_reconcile::{Event, PlanSummary};
use evenkeel_state::{DeposedKey, Entry, ProviderConfigAddress, RunKind, RunStatus, State};

use super::governor::Destroyed;
use super::process::{Message, append_name};
use super::{Item, World};
use crate::cloud::spec::{Kind, echo, lease};
use crate::fault::Fault;
use crate::git::Commit;

/// How long an object may stay out of sight, as the machines are told. The cloud keeps to it.
const VISIBILITY_MS: i64 = 12_000;
/// Questions are asked in this many rounds at most.
const ROUNDS_MAX: u32 = 50;

/// What a process is doing.
pub(super) enum Work {
    None,
    Recovering(Box<Recovery>),
    Planning(Box<PlanWork>),
    Applying(Box<Machine>),
}

/// A plan in the making.
pub(super) struct PlanWork {
    pub(super) commit: Arc<Commit>,
    pub(super) state: State,
    answers: Answers,
    missing: usize,
    rounds: u32,
    mode: Mode,
    replace: BTreeSet<InstanceAddress>,
    since: i64,
}

/// A plan that was made.
pub(super) struct Ready {
    plan: Arc<Plan>,
    commit: Arc<Commit>,
    state: State,
    needs_approval: bool,
    /// What the ephemeral resources give that were opened to make it.
    opened: BTreeMap<InstanceAddress, Value>,
}

/// An answer to a question of the planner.
pub(super) enum QuestionAnswer {
    Observed((InstanceAddress, Option<DeposedKey>), Result<Option<Value>, ProviderError>),
    Data(InstanceAddress, DataAnswer),
    Opened(InstanceAddress, OpenAnswer),
}

/// Entries on their way to the store.
pub(super) struct Append {
    pub(super) process: usize,
    life: u64,
    work: u64,
    id: AppendId,
    entries: Vec<Entry>,
    fence: u64,
}

impl World {
    fn options(&self) -> MachineOptions {
        MachineOptions {
            parallelism: self.parallelism,
            visibility_ms: VISIBILITY_MS,
            attempts_max: 4,
            ..MachineOptions::default()
        }
    }

    fn set_work(&mut self, number: usize, work: Work) {
        self.processes[number].work = work;
        self.processes[number].work_number += 1;
    }

    // Recovering.

    pub(super) fn recover(&mut self, number: usize) {
        let open_runs = self.store.open_runs();
        if self.store.state.pending.is_empty() && open_runs.is_empty() {
            return self.send(number, 1, Message::Controller(Event::Recovered));
        }
        let now = Timestamp(self.now);
        let pending: Vec<PendingIntent> = self
            .store
            .state
            .pending
            .values()
            .map(|intent| PendingIntent { intent: intent.clone(), at: now })
            .collect();
        self.note(|| format!("process {number} recovers {} intents", pending.len()));
        let provider_configs = BTreeMap::from(provider_configs());
        let input = RecoveryInput {
            pending,
            open_runs,
            state: &self.store.state,
            catalog: &*self.catalog,
            provider_configs: &provider_configs,
            now,
        };
        let mut recovery = Recovery::new(input, self.options());
        if self.plant == Some(Plant::DropUnresolvedIntents) {
            recovery.plant(Plant::DropUnresolvedIntents);
        }
        self.set_work(number, Work::Recovering(Box::new(recovery)));
        self.pump(number);
    }

    // Planning.

    pub(super) fn begin_plan(&mut self, number: usize, revision: &Revision) {
        let Some(commit) = self.git.commit(revision).cloned() else {
            let error = format!("there is no revision {revision}");
            return self.send(number, 1, Message::Controller(Event::PlanFailed { error }));
        };
        let mode = self.draw_mode();
        let replace = self.draw_replacements(mode);
        let work = PlanWork {
            commit,
            state: self.store.state.clone(),
            answers: Answers::default(),
            missing: 0,
            rounds: 0,
            mode,
            replace,
            since: self.now,
        };
        self.set_work(number, Work::Planning(Box::new(work)));
        self.plan(number);
    }

    /// While faults strike, somebody sometimes only wants to know what there is.
    fn draw_mode(&mut self) -> Mode {
        if self.destroying {
            return Mode::Destroy;
        }
        let only_look = self.calm_since.is_none() && self.rng.chance(50);
        if only_look { Mode::RefreshOnly } else { Mode::Normal }
    }

    /// While faults strike, somebody sometimes wants an object replaced: one that nothing goes on to use
    /// meanwhile. A pool's rules would, and a net that is made first finds its name taken.
    fn draw_replacements(&mut self, mode: Mode) -> BTreeSet<InstanceAddress> {
        if mode != Mode::Normal || self.calm_since.is_some() || !self.rng.chance(100) {
            return BTreeSet::new();
        }
        let replaceable = |address: &&InstanceAddress| {
            matches!(Kind::of(&address.resource.kind), Some(Kind::Node | Kind::Rule | Kind::Alias))
        };
        let all: Vec<&InstanceAddress> = self.store.state.instances.keys().filter(replaceable).collect();
        self.rng.pick(&all).map(|address| (*address).clone()).into_iter().collect()
    }

    fn plan(&mut self, number: usize) {
        let Work::Planning(mut work) = std::mem::replace(&mut self.processes[number].work, Work::None) else {
            return;
        };
        work.rounds += 1;
        if work.rounds > ROUNDS_MAX {
            return self.violate("planning", format!("the planner still asks after {ROUNDS_MAX} rounds"));
        }
        let planning = match &work.commit.loaded {
            Ok(configuration) => evenkeel_plan::plan(&Input {
                snapshot: &work.commit.snapshot,
                configuration,
                state: &work.state,
                catalog: &self.catalog,
                variables: &BTreeMap::new(),
                options: &Options {
                    mode: work.mode,
                    replace: work.replace.clone(),
                    local_exec: true,
                    ..Options::default()
                },
                answers: &work.answers,
            }),
            Err(error) => return self.no_plan(number, error.clone()),
        };
        match planning {
            Planning::Ask(questions) => {
                work.missing = questions.len();
                self.processes[number].work = Work::Planning(work);
                let work = self.processes[number].work_number;
                for question in questions {
                    let delay = self.rng.between(5, 300);
                    self.send(number, delay, Message::Question { work, question: Box::new(question) });
                }
            }
            Planning::Generated(_) => self.no_plan(number, "nothing was to be generated".into()),
            Planning::Done(plan, _) => self.planned(number, *work, *plan),
            Planning::Failed(diagnostics, _) => {
                let first =
                    diagnostics.iter().find(|found| found.severity == evenkeel_model::Severity::Error);
                let text = first.map(|found| format!("{}: {}", found.summary, found.detail));
                self.no_plan(number, text.unwrap_or_else(|| "no reason was given".into()));
            }
        }
    }

    fn no_plan(&mut self, number: usize, error: String) {
        self.send(number, 1, Message::Controller(Event::PlanFailed { error }));
    }

    fn planned(&mut self, number: usize, work: PlanWork, plan: Plan) {
        self.figures.plans += 1;
        let broken = evenkeel_plan::verify::violations(&plan, &work.state);
        if let Some(first) = broken.first() {
            return self.violate("plan", first.clone());
        }
        for change in &plan.changes {
            self.note(|| format!("    {:?} {}", change.action, change.address));
        }
        if !plan.has_effects() {
            self.check_converged(&work.commit, work.since, work.mode);
        }
        let (needs_approval, stopped) = self.governed(&work, &plan);
        let summary = PlanSummary { stopped, ..PlanSummary::of(&plan) };
        let opened = work
            .answers
            .opened
            .iter()
            .filter_map(|(address, open)| Some((address.clone(), open.result.as_ref().ok()?.clone())));
        let opened = opened.collect();
        self.processes[number].ready = Some(Ready {
            plan: Arc::new(plan),
            commit: work.commit,
            state: work.state,
            needs_approval,
            opened,
        });
        let delay = self.rng.between(1, 50);
        self.send(number, delay, Message::Controller(Event::Planned(summary)));
    }

    pub(super) fn ask(&mut self, number: usize, work: u64, question: Question) {
        if self.processes[number].work_number != work {
            return;
        }
        let error = self.question_fault();
        let answer = match question {
            Question::Observe { address, deposed, prior, written, .. } => {
                let kind = address.resource.kind.clone();
                let request = ObserveRequest { kind, address: address.clone(), prior, written };
                let seen = error.map_or_else(|| self.cloud.observe(&request), Err);
                QuestionAnswer::Observed((address, deposed), seen)
            }
            // No configuration of the simulation imports anything.
            Question::Import { .. } => return,
            Question::Open { address, provider, provider_config, config } => {
                let result = error.map_or_else(|| Ok(given(&config)), Err);
                QuestionAnswer::Opened(address, OpenAnswer { provider, provider_config, config, result })
            }
            Question::ReadData { address, config, .. } => {
                let result = error.map_or_else(|| Ok(said(&config)), Err);
                QuestionAnswer::Data(address, DataAnswer { config, result })
            }
        };
        let delay = self.rng.between(1, 30);
        self.send(number, delay, Message::Answer { work, answer: Box::new(answer) });
    }

    fn question_fault(&mut self) -> Option<ProviderError> {
        // Planning asks many questions, and one failure spoils them all.
        if !self.rng.chance(200) || !self.strikes(Fault::Transient) {
            return None;
        }
        Some(ProviderError::new(ErrorKind::Other, "reading", "the service is not well"))
    }

    pub(super) fn answered(&mut self, number: usize, work: u64, answer: QuestionAnswer) {
        if self.processes[number].work_number != work {
            return;
        }
        let Work::Planning(planning) = &mut self.processes[number].work else { return };
        match answer {
            QuestionAnswer::Observed(key, seen) => drop(planning.answers.observed.insert(key, seen)),
            QuestionAnswer::Data(address, data) => drop(planning.answers.data.insert(address, data)),
            QuestionAnswer::Opened(address, open) => drop(planning.answers.opened.insert(address, open)),
        }
        planning.missing = planning.missing.saturating_sub(1);
        if planning.missing == 0 {
            self.plan(number);
        }
    }

    // Applying.

    pub(super) fn begin_apply(&mut self, number: usize, digest: &str) {
        let ready = self.processes[number].ready.take();
        let current = ready.filter(|ready| {
            **ready.plan.digest() == *digest
                && evenkeel_plan::verify::is_current(&ready.plan, &self.store.state)
        });
        let Some(Ready { plan, commit, state, needs_approval, opened }) = current else {
            let status = RunStatus::Abandoned;
            return self.send(number, 1, Message::Controller(Event::Applied { status }));
        };
        let applied = self.store.applied.clone();
        if applied.is_some_and(|applied| !self.git.follows(&plan.revision, &applied)) {
            let detail = format!("revision {} is applied though it rewrites history", plan.revision);
            return self.violate("history", detail);
        }
        let fence = self.processes[number].lease.map_or(0, |lease| lease.fence);
        let approved = self.use_approval(fence, plan.digest());
        if needs_approval && !approved {
            // It ended between planning and now.
            let status = RunStatus::Failed;
            return self.send(number, 1, Message::Controller(Event::Applied { status }));
        }
        let allowed = approved || plan.mode != Mode::Normal;
        self.processes[number].destroyed = Destroyed::begin(allowed);
        let Ok(configuration) = &commit.loaded else { return };
        let kind = match plan.mode {
            Mode::Normal => RunKind::Reconcile,
            Mode::Destroy => RunKind::Destroy,
            Mode::RefreshOnly => RunKind::Refresh,
        };
        let options = Options { mode: plan.mode, local_exec: true, ..Options::default() };
        let finisher = Finisher::new(
            plan,
            commit.snapshot.clone(),
            configuration.clone(),
            self.catalog.clone(),
            &options,
        )
        .with_opened(opened);
        let run = self.store.next_run();
        let mut machine = Machine::new(finisher, run, kind, self.options()).with_state(&state);
        if let Some(plant) = self.plant {
            machine.plant(plant);
        }
        self.set_work(number, Work::Applying(Box::new(machine)));
        let work = self.processes[number].work_number;
        self.machine_event(number, work, MachineEvent::Woken);
    }

    /// Tells the machine of a piece of work, and does what it wants.
    pub(super) fn machine_event(&mut self, number: usize, work: u64, event: MachineEvent) {
        if self.processes[number].work_number != work {
            return;
        }
        let now = Timestamp(self.now);
        match &mut self.processes[number].work {
            Work::Recovering(machine) => machine.handle(event, now),
            Work::Applying(machine) => machine.handle(event, now),
            Work::None | Work::Planning(_) => return,
        }
        self.pump(number);
    }

    fn pump(&mut self, number: usize) {
        loop {
            let machine: &mut dyn Drive = match &mut self.processes[number].work {
                Work::Recovering(machine) => &mut **machine,
                Work::Applying(machine) => &mut **machine,
                Work::None | Work::Planning(_) => return,
            };
            let commands = machine.poll();
            if commands.is_empty() {
                break;
            }
            for command in commands {
                self.command(number, command);
            }
        }
        self.finish_work(number);
    }

    fn command(&mut self, number: usize, command: Command) {
        let work = self.processes[number].work_number;
        match command {
            Command::Append { id, entries } => {
                self.note(|| format!("process {number} {}", append_name(id, &entries)));
                let slow = self.strikes(Fault::AppendSlow);
                let delay = if slow { self.rng.between(200, 4_000) } else { self.rng.between(1, 8) };
                let life = self.processes[number].life;
                // Without a lease the store refuses: no fence has the number 0.
                let fence = self.processes[number].lease.map_or(0, |lease| lease.fence);
                let append = Append { process: number, life, work, id, entries, fence };
                self.after(delay, Item::Append(Box::new(append)));
            }
            Command::Call { id, step, call, .. } => self.call(number, work, id, step, call),
            Command::Open(opening) => {
                let fails = self.strikes(Fault::Transient);
                let error = || ProviderError::new(ErrorKind::Other, "opening", "the service is not well");
                let result = if fails { Err(error()) } else { Ok(given(&opening.config)) };
                self.note(|| format!("process {number} opens {}", opening.address));
                let event = Box::new(MachineEvent::Opened { address: opening.address, result });
                let delay = self.rng.between(5, 300);
                self.send(number, delay, Message::Machine { work, event });
            }
            Command::Provision { id, subject, run } => self.run_command(number, work, id, &subject, &run),
            // Those that run do not listen: they end in their own time.
            Command::EndProvisioners => {}
            Command::WakeAt { at } => {
                let event = Box::new(MachineEvent::Woken);
                self.send(number, at.0 - self.now, Message::Machine { work, event });
            }
        }
    }

    /// Entries reach the store.
    pub(super) fn append(&mut self, append: Append) {
        let id = append.id;
        let broken = AppendFailure::Store("the disk is full".into());
        let result = if self.strikes(Fault::AppendFailed) {
            Err(broken)
        } else {
            let forgotten = self.forgotten(&append.entries);
            let result = self.store.append(append.fence, &append.entries, self.now);
            if result.is_ok() {
                forgotten.iter().for_each(|id| self.cloud.hand_over(id));
            }
            match result {
                Ok(_) if self.strikes(Fault::AppendLied) => Err(broken),
                result => result,
            }
        };
        self.note(|| match &result {
            Ok(serial) => format!("{id} of process {} is durable, serial {serial}", append.process),
            Err(error) => format!("{id} of process {} failed: {error}", append.process),
        });
        let event = Box::new(match result {
            Ok(serial) => MachineEvent::Appended { id, serial },
            Err(error) => MachineEvent::AppendFailed { id, error },
        });
        let delay = self.rng.between(0, 3);
        let message = Message::Machine { work: append.work, event };
        self.after(delay, Item::Deliver { process: append.process, life: append.life, message });
    }

    /// The identifiers of the objects that entries forget.
    fn forgotten(&self, entries: &[Entry]) -> Vec<String> {
        let forgotten = entries.iter().filter_map(|entry| match entry {
            Entry::Forgotten { address, deposed } => {
                let instance = self.store.state.instances.get(address)?;
                match deposed {
                    Some(key) => instance.deposed.get(key),
                    None => instance.current.as_ref(),
                }
            }
            _ => None,
        });
        forgotten.filter_map(|object| object.id().map(str::to_owned)).collect()
    }

    fn finish_work(&mut self, number: usize) {
        let event = match &self.processes[number].work {
            Work::Recovering(machine) => machine.report().map(|report| {
                if report.is_clean() {
                    return Event::Recovered;
                }
                Event::RecoveryFailed { blocked: report.blocked.iter().cloned().collect() }
            }),
            Work::Applying(machine) => {
                machine.report().map(|report| Event::Applied { status: report.status })
            }
            Work::None | Work::Planning(_) => None,
        };
        let Some(event) = event else { return };
        if let Work::Applying(machine) = &self.processes[number].work {
            let found: Vec<String> = machine.report().map(problems).unwrap_or_default();
            self.figures.runs += 1;
            for problem in found {
                self.note(|| format!("    {problem}"));
            }
        }
        self.set_work(number, Work::None);
        self.send(number, 1, Message::Controller(event));
    }
}

fn problems(report: &evenkeel_apply::Report) -> Vec<String> {
    let text = |found: &evenkeel_model::Diagnostic| {
        format!("{} ({}): {}", found.summary, found.address.as_deref().unwrap_or_default(), found.detail)
    };
    report.diagnostics.iter().map(text).collect()
}

/// The provider blocks, as every configuration has them.
fn provider_configs() -> [(ProviderConfigAddress, Value); 2] {
    let block = |alias: Option<&str>, region: &str| {
        let (module, provider) = (Vec::new(), ProviderAddress::implied("sim"));
        let address = ProviderConfigAddress { module, provider, alias: alias.map(Arc::from) };
        (address, Value::object([("region", Value::string(region))]))
    };
    [block(None, "here"), block(Some("second"), "elsewhere")]
}

/// What an ephemeral resource gives.
fn given(config: &Value) -> Value {
    let subject = config.get_str("subject").unwrap_or_default();
    config.clone().with_attribute("key", Value::string(lease(subject)))
}

/// What the data source says.
pub(super) fn said(config: &Value) -> Value {
    let input = config.get_str("input").unwrap_or_default();
    config.clone().with_attribute("output", Value::string(echo(input)))
}
