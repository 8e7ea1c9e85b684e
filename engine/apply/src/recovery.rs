//! Finds out what a dead run did, before any plan is made.
//!
//! A run that died leaves intents without outcome in the journal. Each is resolved by looking:
//! what a create made is searched for by its token, the object of an update or delete is looked at.
//! Nothing in the cloud is changed here; the outcome is written down, and the plan that follows
//! puts right what is not as it should be. What cannot be resolved stays pending and is reported as
//! blocked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{Diagnostic, Timestamp, Value};
use evenkeel_provider::Catalog;
use evenkeel_state::{
    Action, Entry, Intent, Outcome, ProviderConfigAddress, RunId, RunStatus, Serial, State,
};

use crate::alarm::Alarm;
use crate::case::{Case, Finding};
use crate::command::{AppendId, CallId, CallResult, Command, Event};
use crate::identity::Identities;
use crate::inquiry::Answer;
use crate::message;
use crate::options::MachineOptions;
use crate::outbox::{AfterFailure, Outbox};
use crate::report::{Notice, NoticeKind, RecoveryReport, Resolution, Resolved};

/// An intent without outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingIntent {
    /// The intent.
    pub intent: Intent,
    /// The last moment at which its call can have been started: when the dead holder's lease
    /// expired or was last known to be alive; the present, where that is not known. The time at
    /// which the intent was written is too early, because calls wait and are repeated.
    pub at: Timestamp,
}

/// What a recovery starts from.
#[derive(Clone)]
pub struct RecoveryInput<'a> {
    /// The intents without outcome.
    pub pending: Vec<PendingIntent>,
    /// Runs that began and did not end, apart from those of the intents.
    pub open_runs: BTreeSet<RunId>,
    /// What is remembered.
    pub state: &'a State,
    /// The providers there are.
    pub catalog: &'a dyn Catalog,
    /// The configurations of the provider blocks, wholly known and without marks.
    pub provider_configs: &'a BTreeMap<ProviderConfigAddress, Value>,
    /// The time.
    pub now: Timestamp,
}

/// Resolves the intents of dead runs.
pub struct Recovery {
    options: MachineOptions,
    cases: Vec<Slot>,
    /// The objects that a search for what a create made may come upon.
    identities: Identities,
    /// Dead runs that are to be closed.
    open_runs: BTreeSet<RunId>,
    /// Dead runs of which something stays unresolved.
    blocked_runs: BTreeSet<RunId>,
    calls: BTreeMap<CallId, Running>,
    outbox: Outbox<Written>,
    alarm: Alarm<Option<usize>>,
    calls_made: u64,
    now: Timestamp,
    stopping: bool,
    closing: bool,
    over: bool,
    report: RecoveryReport,
    notices: Vec<Notice>,
}

struct Slot {
    case: Case,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Asking,
    Sleeping,
    Recording(Resolution),
    Settled,
}

struct Running {
    case: usize,
    asked: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Written {
    Outcome(usize),
    Closed(RunId),
}

impl Recovery {
    /// A recovery of these intents. With nothing to resolve it is over at the first `poll`.
    pub fn new(input: RecoveryInput<'_>, options: MachineOptions) -> Self {
        let mut recovery = Self {
            options,
            cases: Vec::new(),
            identities: Identities::of(input.state, &made_kinds(&input.pending), &BTreeMap::new()),
            open_runs: input.open_runs.clone(),
            blocked_runs: BTreeSet::new(),
            calls: BTreeMap::new(),
            outbox: Outbox::new(),
            alarm: Alarm::new(),
            calls_made: 0,
            now: input.now,
            stopping: false,
            closing: false,
            over: false,
            report: RecoveryReport::default(),
            notices: Vec::new(),
        };
        for pending in &input.pending {
            recovery.open_runs.insert(pending.intent.run);
            match Case::new(pending, &input, &options) {
                Ok(case) => recovery.add(case),
                Err(why) => recovery.block(&pending.intent, &why),
            }
        }
        recovery
    }

    /// Plants a fault.
    #[cfg(feature = "planted-faults")]
    pub fn plant(&mut self, plant: crate::plant::Plant) {
        if plant != crate::plant::Plant::DropUnresolvedIntents {
            return;
        }
        for index in 0..self.cases.len() {
            if self.cases[index].phase == Phase::Waiting {
                let finding = self.cases[index].case.nothing_happened();
                self.record(index, finding);
            }
        }
    }

    /// Everything that may be done now; never the same command twice.
    pub fn poll(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.over {
            return commands;
        }
        self.ask(&mut commands);
        self.close();
        commands.extend(self.outbox.poll(self.now));
        commands.extend(self.alarm.poll());
        commands
    }

    /// Takes what happened at `now`. Answers to commands that do not wait for one are ignored.
    pub fn handle(&mut self, event: Event, now: Timestamp) {
        if self.over {
            return;
        }
        self.now = self.now.max(now);
        match event {
            Event::Appended { id, serial } => self.appended(id, serial),
            Event::AppendFailed { id, error } => {
                match self.outbox.failed(id, error, self.now, &self.options) {
                    AfterFailure::NotMine => {}
                    AfterFailure::Again(at) => self.alarm.sleep(None, at),
                    AfterFailure::GivenUp(failure) => self.abandon(message::append_failed(&failure)),
                }
            }
            Event::CallDone { id, result } => self.call_done(id, result),
            // A recovery runs no commands.
            Event::Woken | Event::Opened { .. } | Event::Provisioned { .. } => {}
            Event::Interrupt => self.interrupt(),
            Event::Abort => self.abandon(message::aborted()),
        }
        for index in self.alarm.due(self.now).into_iter().flatten() {
            if self.cases[index].phase == Phase::Sleeping {
                self.cases[index].phase = Phase::Waiting;
            }
        }
    }

    /// How the recovery ended, when it has.
    pub fn report(&self) -> Option<&RecoveryReport> {
        self.over.then_some(&self.report)
    }

    /// What is worth telling the user since the last time.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Takes a case up. One whose object nobody remembers has nothing to look at.
    fn add(&mut self, case: Case) {
        let forgotten = case.is_forgotten().then(|| case.nothing_happened());
        self.cases.push(Slot { case, phase: Phase::Waiting });
        if let Some(finding) = forgotten {
            self.record(self.cases.len() - 1, finding);
        }
    }

    fn ask(&mut self, commands: &mut Vec<Command>) {
        for (index, slot) in self.cases.iter_mut().enumerate() {
            if self.calls.len() >= self.options.parallelism.max(1) {
                return;
            }
            if slot.phase != Phase::Waiting {
                continue;
            }
            if slot.case.looks == 0 {
                let subject = slot.case.subject();
                self.notices.push(Notice { subject, kind: NoticeKind::Started });
            }
            slot.phase = Phase::Asking;
            let call = slot.case.next_look();
            self.calls_made += 1;
            let id = CallId(self.calls_made);
            self.calls.insert(id, Running { case: index, asked: self.now });
            commands.push(Command::Call {
                id,
                step: slot.case.intent.step,
                attempt: slot.case.looks,
                provider: slot.case.intent.provider.clone(),
                provider_config: slot.case.provider_config.clone(),
                call,
            });
        }
    }

    fn call_done(&mut self, id: CallId, result: CallResult) {
        let Some(Running { case: index, asked }) = self.calls.remove(&id) else { return };
        let case = &mut self.cases[index].case;
        let result = self.identities.sift(&case.intent, result);
        match case.judge(result, asked, self.now, &self.options) {
            Answer::Present(value) => {
                let finding = case.present(&value);
                self.record(index, finding);
            }
            Answer::Absent => {
                let finding = case.absent();
                self.record(index, finding);
            }
            Answer::AskAgain(_) if self.stopping => self.give_up(index, "the run was interrupted"),
            Answer::AskAgain(at) => {
                self.cases[index].phase = Phase::Sleeping;
                self.alarm.sleep(Some(index), at);
            }
            Answer::GivenUp(error) => {
                let why = case.clean(&error.to_string());
                self.give_up(index, &why);
            }
        }
    }

    fn record(&mut self, index: usize, finding: Finding) {
        let slot = &mut self.cases[index];
        let intent = &slot.case.intent;
        self.identities.record(intent, &finding.outcome);
        let entry = Entry::Outcome(Box::new(Outcome {
            run: intent.run,
            step: intent.step,
            address: intent.address.clone(),
            deposed: intent.deposed,
            kind: finding.outcome,
            error: finding.error,
        }));
        slot.phase = Phase::Recording(finding.resolution);
        self.outbox.push(entry, Written::Outcome(index));
    }

    fn appended(&mut self, id: AppendId, serial: Serial) {
        for written in self.outbox.appended(id) {
            self.report.serial = Some(serial);
            match written {
                Written::Outcome(index) => self.outcome_durable(index),
                Written::Closed(run) => drop(self.report.closed.insert(run)),
            }
        }
        self.over = self.closing && self.outbox.is_idle();
    }

    fn outcome_durable(&mut self, index: usize) {
        let slot = &mut self.cases[index];
        let Phase::Recording(resolution) = slot.phase else { return };
        slot.phase = Phase::Settled;
        let intent = &slot.case.intent;
        self.report.resolved.push(Resolved {
            run: intent.run,
            step: intent.step,
            address: intent.address.clone(),
            action: intent.action,
            resolution,
        });
        self.notices.push(Notice { subject: slot.case.subject(), kind: NoticeKind::Done });
    }

    fn give_up(&mut self, index: usize, why: &str) {
        let slot = &mut self.cases[index];
        slot.phase = Phase::Settled;
        let intent = slot.case.intent.clone();
        self.notices.push(Notice { subject: slot.case.subject(), kind: NoticeKind::Failed });
        self.block(&intent, why);
    }

    /// The intent stays pending, and so its run stays open.
    fn block(&mut self, intent: &Intent, why: &str) {
        self.report.blocked.insert(intent.address.clone());
        self.report.diagnostics.push(message::recovery_blocked(intent, why));
        self.blocked_runs.insert(intent.run);
    }

    fn interrupt(&mut self) {
        self.stopping = true;
        for index in 0..self.cases.len() {
            match self.cases[index].phase {
                Phase::Waiting | Phase::Sleeping => self.give_up(index, "the run was interrupted"),
                Phase::Asking | Phase::Recording(_) | Phase::Settled => {}
            }
        }
    }

    /// Closes the dead runs of which everything is known.
    fn close(&mut self) {
        let settled = |phase: Phase| matches!(phase, Phase::Recording(_) | Phase::Settled);
        if self.closing || !self.cases.iter().all(|slot| settled(slot.phase)) {
            return;
        }
        self.closing = true;
        let open_runs = std::mem::take(&mut self.open_runs);
        for run in open_runs.into_iter().filter(|run| !self.blocked_runs.contains(run)) {
            let error = Some("the process stopped or lost its lease during the run".into());
            let entry = Entry::RunFinished { run, status: RunStatus::Abandoned, error };
            self.outbox.push(entry, Written::Closed(run));
        }
        self.over = self.outbox.is_idle();
    }

    fn abandon(&mut self, diagnostic: Diagnostic) {
        for slot in &self.cases {
            if slot.phase != Phase::Settled {
                self.report.blocked.insert(slot.case.address().clone());
            }
        }
        self.report.abandoned = true;
        self.report.diagnostics.push(diagnostic);
        self.over = true;
    }
}

/// The resource types of which objects may have been made.
fn made_kinds(pending: &[PendingIntent]) -> BTreeSet<Arc<str>> {
    let creates = pending.iter().filter(|pending| pending.intent.action == Action::Create);
    creates.map(|pending| pending.intent.address.resource.kind.clone()).collect()
}
