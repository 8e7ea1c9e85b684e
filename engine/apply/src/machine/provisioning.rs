//! Provisioners: commands beside the call that makes or destroys an object.
//!
//! To the user they are a part of that call: it begins with the first of its steps and is done with the
//! last. To the journal each is a step of its own. An object is tainted from the moment it exists
//! until the last of its commands has run, so that whatever stops the run leaves the truth behind.

use std::collections::BTreeMap;

use evenkeel_model::Value;
use evenkeel_plan::{Change, Plan, StepKind, Unfinished, When};
use evenkeel_state::{Entry, StepId};

use super::{Machine, Phase, Written, index};
use crate::command::{CallId, Command};
use crate::decide::provisioned;
use crate::report::{Notice, NoticeKind, StepStatus, Subject};
use crate::work::{Task, Work, command_intent, id_of, subject};

/// The steps of a change that has provisioners.
#[derive(Default)]
pub(super) struct Beside {
    create: Option<StepId>,
    delete: Option<StepId>,
    after_create: Vec<StepId>,
    before_delete: Vec<StepId>,
}

/// The provisioners of a plan, by the place of their change.
pub(super) fn beside(plan: &Plan) -> BTreeMap<usize, Beside> {
    let mut found: BTreeMap<usize, Beside> = BTreeMap::new();
    for step in &plan.steps {
        if let StepKind::Provision { change, when, .. } = step.kind {
            let beside = found.entry(change).or_default();
            match when {
                When::Create => beside.after_create.push(step.id),
                When::Destroy => beside.before_delete.push(step.id),
            }
        }
    }
    if found.is_empty() {
        return found;
    }
    for step in &plan.steps {
        let Some(beside) = step.kind.change().and_then(|change| found.get_mut(&change)) else { continue };
        match step.kind {
            StepKind::Create { .. } => beside.create = Some(step.id),
            StepKind::Delete { .. } => beside.delete = Some(step.id),
            StepKind::Update { .. }
            | StepKind::Read { .. }
            | StepKind::Provision { .. }
            | StepKind::Join { .. } => {}
        }
    }
    found
}

impl Machine {
    /// Whether a step runs a command.
    pub(super) fn is_command(&self, step: StepId) -> bool {
        matches!(self.kind_of(step), Some(StepKind::Provision { .. }))
    }

    fn kind_of(&self, step: StepId) -> Option<&StepKind> {
        self.plan.step(step).map(|step| &step.kind)
    }

    fn beside(&self, step: StepId) -> Option<&Beside> {
        self.beside.get(&self.kind_of(step)?.change()?)
    }

    /// Whether provisioners follow the creation that a step is.
    pub(super) fn is_provisioned(&self, step: StepId) -> bool {
        let creates = matches!(self.kind_of(step), Some(StepKind::Create { .. }));
        creates && self.beside(step).is_some_and(|beside| !beside.after_create.is_empty())
    }

    /// Whether the user was told that the call has begun when this step begins.
    pub(super) fn is_announced(&self, step: StepId) -> bool {
        let Some(beside) = self.beside(step) else { return false };
        match self.kind_of(step) {
            Some(StepKind::Provision { when: When::Create, .. }) => true,
            Some(StepKind::Provision { when: When::Destroy, .. }) => {
                beside.before_delete.first() != Some(&step)
            }
            Some(StepKind::Delete { .. }) => !beside.before_delete.is_empty(),
            Some(StepKind::Create { .. } | StepKind::Update { .. } | StepKind::Read { .. }) => false,
            Some(StepKind::Join { .. }) | None => false,
        }
    }

    /// Whether the user is told how a step ended: the last step of a call speaks for all, the first one
    /// that fails, and of those that are left out the call alone.
    pub(super) fn speaks(&self, step: StepId, status: &StepStatus) -> bool {
        let Some(beside) = self.beside(step) else { return true };
        let kind = self.kind_of(step);
        match status {
            StepStatus::Done if self.is_provisioned(step) => false,
            StepStatus::Done if self.is_command(step) => beside.after_create.last() == Some(&step),
            StepStatus::Done | StepStatus::Unneeded | StepStatus::Failed | StepStatus::Unresolved => true,
            StepStatus::Skipped { because } => {
                let own = self.address_of(step).is_some_and(|own| own == *because);
                !own && !matches!(kind, Some(StepKind::Provision { .. }))
            }
            StepStatus::NotAttempted | StepStatus::Open => false,
        }
    }

    /// The call that the command of a step belongs to, as the user knows it.
    pub(super) fn call_beside(&self, step: StepId) -> Option<Subject> {
        let beside = self.beside(step)?;
        let call = match self.kind_of(step)? {
            StepKind::Provision { when: When::Create, .. } => beside.create?,
            StepKind::Provision { when: When::Destroy, .. } => beside.delete?,
            _ => return None,
        };
        let call = self.plan.step(call)?;
        let mut subject = subject(call, self.plan.change_of(call)?)?;
        let made = call.kind.change().and_then(|change| self.made.get(&change));
        subject.id = made.and_then(|made| id_of(&made.value)).or(subject.id);
        Some(subject)
    }

    /// Takes up a step that runs a command: it is evaluated and intended like any other.
    pub(super) fn begin_command(&mut self, id: StepId, change: &Change) {
        let (Some(subject), Some(place)) =
            (self.call_beside(id), self.kind_of(id).and_then(StepKind::change))
        else {
            return self.settle(id, StepStatus::Failed);
        };
        let made = self.made.get(&place).cloned();
        let run = match self.finisher.provision(id, made.as_ref().map(|made| &made.value)) {
            Ok(run) => run,
            Err(why @ Unfinished::Closed(_)) => return self.put_off(id, &change.address, why),
            Err(Unfinished::Wrong(diagnostics)) => {
                self.report_about(&change.address, diagnostics);
                if self.is_announced(id) {
                    self.notices.push(Notice { subject, kind: NoticeKind::Failed });
                }
                return self.settle(id, StepStatus::Failed);
            }
        };
        let is_last = self.beside.get(&place).is_some_and(|beside| beside.after_create.last() == Some(&id));
        let intent = command_intent(self.run, self.plan.digest(), id, change);
        self.begun += 1;
        let slot = &mut self.steps[index(id)];
        slot.work = Some(Work::command(subject, change, intent.clone(), run, made.filter(|_| is_last)));
        slot.phase = Phase::Intending;
        self.outbox.push(Entry::Intent(Box::new(intent)), Written::Intent(id));
    }

    /// The command that a step runs, if it runs one.
    pub(super) fn command_of(&mut self, step: StepId, id: CallId) -> Option<Command> {
        let work = self.steps[index(step)].work.as_ref()?;
        let Task::Provision { run, .. } = &work.task else { return None };
        let command = Command::Provision { id, subject: work.subject.clone(), run: run.clone() };
        self.notices.push(Notice { subject: work.subject.clone(), kind: NoticeKind::Provisioning });
        Some(command)
    }

    pub(super) fn command_done(&mut self, id: CallId, result: Result<(), String>) {
        let Some(running) = self.calls.remove(&id) else { return };
        let Some(work) = &self.steps[index(running.step)].work else { return };
        let failed = result.is_err();
        self.notices.push(Notice { subject: work.subject.clone(), kind: NoticeKind::Provisioned { failed } });
        let verdict = provisioned(work, result);
        self.carry_out(running.step, verdict);
    }

    /// Keeps a new object until its provisioners have run: only then later steps may use it.
    pub(super) fn keep(&mut self, step: StepId, value: &Value) {
        let made = self.steps[index(step)].work.as_ref().and_then(|work| work.made(value));
        if let Some((change, made)) = self.kind_of(step).and_then(StepKind::change).zip(made) {
            self.made.insert(change, made);
        }
    }
}
