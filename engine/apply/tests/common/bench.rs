//! Steps a machine by hand: collects its commands, answers them, and checks the protocol at each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_apply::{AppendFailure, AppendId, Call, CallId, CallResult, Command, Drive, Event};
use evenkeel_model::{InstanceAddress, Timestamp, Value};
use evenkeel_plan::{Plan, StepKind};
use evenkeel_provider::ProviderError;
use evenkeel_state::{Entry, OutcomeKind, RunId, Serial, State, StepId, Token};

/// A machine and everything it waits for.
pub struct Bench<M> {
    pub machine: M,
    pub state: State,
    pub now: Timestamp,
    pub append: Option<(AppendId, Vec<Entry>)>,
    pub calls: BTreeMap<CallId, (StepId, u32, Call)>,
    /// The commands that run, by what they are.
    pub commands: BTreeMap<String, CallId>,
    /// The ephemeral resources that are being opened.
    pub opening: BTreeSet<InstanceAddress>,
    pub wakes: BTreeSet<Timestamp>,
    /// What happened since the last look, one line each.
    pub log: Vec<String>,
    pub journal: Vec<Entry>,
    plan: Option<Arc<Plan>>,
    parallelism: usize,
    seen_appends: BTreeSet<AppendId>,
    seen_calls: BTreeSet<CallId>,
    intents: BTreeMap<StepId, Token>,
    succeeded: BTreeSet<StepId>,
    /// Whether violations of the protocol panic; a test of planted faults counts them instead.
    pub violations: Vec<String>,
}

impl<M: Drive> Bench<M> {
    /// A bench; with a plan, the order of its steps is checked.
    pub fn new(machine: M, state: State, plan: Option<Arc<Plan>>, parallelism: usize) -> Self {
        Self {
            machine,
            state,
            now: Timestamp(0),
            append: None,
            calls: BTreeMap::new(),
            commands: BTreeMap::new(),
            opening: BTreeSet::new(),
            wakes: BTreeSet::new(),
            log: Vec::new(),
            journal: Vec::new(),
            plan,
            parallelism,
            seen_appends: BTreeSet::new(),
            seen_calls: BTreeSet::new(),
            intents: BTreeMap::new(),
            succeeded: BTreeSet::new(),
            violations: Vec::new(),
        }
    }

    /// Polls once and takes the commands in.
    pub fn poll(&mut self) {
        for command in self.machine.poll() {
            match command {
                Command::Append { id, entries } => self.take_append(id, entries),
                Command::Call { id, step, attempt, call, .. } => self.take_call(id, step, attempt, call),
                Command::Provision { id, subject, run } => {
                    self.log.push(format!("run {} for {}", run.command, subject.address.resource.name));
                    if self.calls.len() + self.commands.len() >= self.parallelism {
                        self.violations.push("more calls at once than allowed".into());
                    }
                    self.commands.insert(run.command.to_string(), id);
                }
                Command::Open(opening) => {
                    self.log.push(format!("open {}", opening.address.resource.name));
                    if !self.opening.insert(opening.address) {
                        self.violations.push("opened twice".into());
                    }
                }
                Command::EndProvisioners => self.log.push("end the commands".into()),
                Command::WakeAt { at } => {
                    if !self.wakes.insert(at) {
                        self.violations.push(format!("asked twice to be woken at {}", at.0));
                    }
                    self.log.push(format!("wake at {}", at.0));
                }
            }
        }
        if self.machine.poll().iter().any(|_| true) {
            self.violations.push("a second poll gave commands again".into());
        }
    }

    fn take_append(&mut self, id: AppendId, entries: Vec<Entry>) {
        if self.append.is_some() || !self.seen_appends.insert(id) {
            self.violations.push(format!("{id} while another append is under way, or twice"));
        }
        let lines: Vec<String> = entries.iter().map(describe).collect();
        self.log.push(format!("append {}", lines.join(" + ")));
        self.append = Some((id, entries));
    }

    fn take_call(&mut self, id: CallId, step: StepId, attempt: u32, call: Call) {
        self.log.push(format!("call {} {} #{attempt}", call.name(), call.address().resource.name));
        if !self.seen_calls.insert(id) {
            self.violations.push(format!("{id} twice"));
        }
        if self.calls.len() >= self.parallelism {
            self.violations.push("more calls at once than allowed".into());
        }
        if self.plan.is_some() {
            self.check_order(step, &call);
        }
        self.calls.insert(id, (step, attempt, call));
    }

    /// Every call but a read is preceded by its durable intent, and every call by the durable
    /// outcome of what its step needs.
    fn check_order(&mut self, step: StepId, call: &Call) {
        if !matches!(call, Call::ReadData(_)) {
            match self.intents.get(&step) {
                None => self.violations.push(format!("{} before its intent is durable", call.name())),
                Some(token) if call.token().is_some_and(|used| *used != token.0) => {
                    self.violations.push(format!("{} with another token", call.name()));
                }
                Some(_) => {}
            }
        }
        let plan = self.plan.clone().expect("only called with a plan");
        for need in needs(&plan, step) {
            if !self.succeeded.contains(&need) {
                self.violations.push(format!("step {step} before step {need} was done"));
            }
        }
    }

    /// The journal has written the entries.
    pub fn append_ok(&mut self) {
        let (id, entries) = self.append.take().expect("an append is under way");
        for entry in &entries {
            self.state.fold(entry);
            match entry {
                Entry::Intent(intent) => drop(self.intents.insert(intent.step, intent.token.clone())),
                Entry::Outcome(outcome) => {
                    let done = outcome.error.is_none()
                        && (matches!(outcome.kind, OutcomeKind::Present(_) | OutcomeKind::Absent)
                            || self.runs_a_command(outcome.step));
                    if done {
                        self.succeeded.insert(outcome.step);
                    }
                }
                _ => {}
            }
        }
        self.journal.extend(entries);
        let serial = Serial(self.state.serial.0);
        self.machine.handle(Event::Appended { id, serial }, self.now);
    }

    fn runs_a_command(&self, step: StepId) -> bool {
        let step = self.plan.as_ref().and_then(|plan| plan.step(step));
        step.is_some_and(|step| matches!(step.kind, StepKind::Provision { .. }))
    }

    /// The journal could not write.
    pub fn append_failed(&mut self, error: AppendFailure) {
        let (id, _) = self.append.take().expect("an append is under way");
        self.machine.handle(Event::AppendFailed { id, error }, self.now);
    }

    /// The running call for an object, by name.
    pub fn call_of(&self, name: &str) -> CallId {
        let found = self.calls.iter().find(|(_, (_, _, call))| &*call.address().resource.name == name);
        *found.unwrap_or_else(|| panic!("no call for {name} runs")).0
    }

    /// A call is answered.
    pub fn answer(&mut self, id: CallId, result: CallResult) {
        let (step, ..) = self.calls.remove(&id).expect("the call runs");
        if matches!(result, CallResult::ReadData(Ok(_))) {
            self.succeeded.insert(step);
        }
        self.machine.handle(Event::CallDone { id, result }, self.now);
    }

    /// A command is over; `error` says why it failed.
    pub fn command_over(&mut self, command: &str, error: Option<&str>) {
        let id = self.commands.remove(command).expect("the command runs");
        let result = error.map_or(Ok(()), |error| Err(error.to_owned()));
        self.machine.handle(Event::Provisioned { id, result }, self.now);
    }

    /// An ephemeral resource is open, or cannot be opened.
    pub fn opened(&mut self, address: InstanceAddress, result: Result<Value, ProviderError>) {
        assert!(self.opening.remove(&address), "it is being opened");
        self.machine.handle(Event::Opened { address, result }, self.now);
    }

    /// The earliest wake-up comes.
    pub fn wake(&mut self) {
        let at = self.wakes.pop_first().expect("a wake-up was asked for");
        self.now = self.now.max(at);
        self.machine.handle(Event::Woken, self.now);
    }

    /// An event without an answer.
    pub fn event(&mut self, event: Event) {
        self.machine.handle(event, self.now);
    }

    /// The log since the last time.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub fn run_finished(&self, run: RunId) -> usize {
        let is =
            |entry: &&Entry| matches!(entry, Entry::RunFinished { run: finished, .. } if *finished == run);
        self.journal.iter().filter(is).count()
    }
}

/// The steps with an outcome that a step needs, through joins.
fn needs(plan: &Plan, step: StepId) -> BTreeSet<StepId> {
    let mut found = BTreeSet::new();
    let mut todo: Vec<StepId> = plan.step(step).into_iter().flat_map(|s| s.needs.iter().copied()).collect();
    while let Some(need) = todo.pop() {
        match plan.step(need) {
            Some(join) if matches!(join.kind, StepKind::Join { .. }) => {
                todo.extend(join.needs.iter().copied())
            }
            _ => drop(found.insert(need)),
        }
    }
    found
}

/// An entry in a few words.
pub fn describe(entry: &Entry) -> String {
    let name = entry.address().map(|address| address.resource.name.to_string()).unwrap_or_default();
    match entry {
        Entry::Intent(intent) => format!("intent {} {name}", intent.action.as_str()),
        Entry::Outcome(outcome) => {
            let kind = match &outcome.kind {
                OutcomeKind::Present(object) => {
                    format!("{:?} {}", object.status, object.attributes["name"]).to_lowercase()
                }
                OutcomeKind::Absent => "absent".into(),
                OutcomeKind::NotCreated { restore: None } => "not created".into(),
                OutcomeKind::NotCreated { restore: Some(key) } => format!("not created, restore {key}"),
                OutcomeKind::Unchanged => "unchanged".into(),
            };
            let error = if outcome.error.is_some() { " (error)" } else { "" };
            format!("outcome {name}: {kind}{error}")
        }
        Entry::RunFinished { run, status, .. } => format!("run {run} {}", status.as_str()),
        Entry::Outputs { outputs } => format!("outputs {}", outputs["names"].value["?value"]),
        Entry::RunStarted { .. } => "run started".into(),
        Entry::TakenOver { .. } => "taken over".into(),
        Entry::Approved { .. } | Entry::ApprovalUsed { .. } => "approval".into(),
        Entry::Identified { .. } => "identified".into(),
        Entry::Observed { .. } => format!("observed {name}"),
        Entry::Forgotten { .. } => format!("forgotten {name}"),
        Entry::Moved { .. } => format!("moved {name}"),
        Entry::Drift(_) => format!("drift {name}"),
    }
}
