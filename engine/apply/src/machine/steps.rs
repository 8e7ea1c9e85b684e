//! The way of a single step through the machine: ready, intended, armed, calling, recording, settled.

use evenkeel_model::{Diagnostics, InstanceAddress, Value};
use evenkeel_plan::StepKind;
use evenkeel_state::{Entry, Outcome, OutcomeKind, StepId};

use super::{Machine, Phase, Running, Stage, Written, index};
use crate::command::{CallId, CallResult, Command};
use crate::decide::{Span, Verdict, decide};
use crate::report::{Notice, NoticeKind, StepStatus};
use crate::work::{Context, Need, Next, Work, id_of, subject};
use crate::{closing, message};

impl Machine {
    /// A step has all it needs: joins are done by that, others take their turn.
    pub(super) fn make_ready(&mut self, step: StepId) {
        let Some(slot) = self.steps.get(index(step)) else { return };
        if self.stopping || !matches!(slot.phase, Phase::Waiting) {
            return;
        }
        match self.plan.step(step).map(|step| &step.kind) {
            Some(StepKind::Join { .. }) if slot.missing == 0 => self.settle(step, StepStatus::Done),
            Some(StepKind::Join { .. }) | None => {}
            Some(_) => drop(self.ready.insert(step)),
        }
    }

    /// Writes intents for as many ready steps as there is room for.
    pub(super) fn begin_ready(&mut self) {
        let room = self.options.parallelism.max(1).saturating_add(self.ahead);
        while !self.stopping && self.begun < room {
            let Some(step) = self.ready.pop_first() else { return };
            self.begin(step);
        }
    }

    pub(super) fn begin(&mut self, id: StepId) {
        let plan = self.plan.clone();
        let Some((step, change)) = plan.step(id).and_then(|step| Some((step, plan.change_of(step)?))) else {
            return self.settle(id, StepStatus::Failed);
        };
        if self.is_command(id) {
            return self.begin_command(id, change);
        }
        let finished = match self.finisher.finish(id) {
            Ok(finished) => finished,
            Err(why) => return self.put_off(id, &change.address, why),
        };
        let remembered = self.remembered.get(&change.address);
        let is_provisioned = self.is_provisioned(id);
        let context = Context { plan: &plan, run: self.run, remembered, is_provisioned };
        let Some(work) = Work::new(&context, step, finished) else {
            self.diagnostics.push(message::unusable_step(&change.address));
            return self.settle(id, StepStatus::Failed);
        };
        match work.need() {
            Need::Call => self.prepare(id, work),
            Need::Remember => self.remember(id, work),
            Need::Nothing => self.pass_over(id, &work),
        }
    }

    /// An update that changes nothing: what follows from the object goes on with it as it is.
    fn pass_over(&mut self, id: StepId, work: &Work) {
        let Some((form, planned)) = work.form().zip(work.planned()) else { return };
        let problems = self.finisher.record(work.address(), form.marked(planned));
        let status = if problems.has_errors() { StepStatus::Failed } else { StepStatus::Unneeded };
        self.report_about(work.address(), problems);
        self.settle(id, status);
    }

    /// An update of nothing but what is remembered: written down without a call.
    fn remember(&mut self, id: StepId, work: Work) {
        let Some((form, planned)) = work.form().zip(work.planned()) else { return };
        let (outcome, value) = (form.present(planned), form.marked(planned));
        self.notices.push(Notice { subject: work.subject.clone(), kind: NoticeKind::Started });
        if let Some(intent) = work.intent() {
            self.outbox.push(Entry::Intent(Box::new(intent.clone())), Written::Intent(id));
        }
        self.steps[index(id)].work = Some(work);
        self.write_outcome(id, StepStatus::Done, Some(outcome), Some(value), None);
    }

    /// Writes the intent of a call.
    fn prepare(&mut self, id: StepId, work: Work) {
        self.begun += 1;
        let intent = work.intent().cloned().map(Box::new);
        let slot = &mut self.steps[index(id)];
        slot.work = Some(work);
        match intent {
            Some(intent) => {
                slot.phase = Phase::Intending;
                self.outbox.push(Entry::Intent(intent), Written::Intent(id));
                if self.calls_too_early() {
                    self.arm(id, Next::Call);
                }
            }
            None => self.arm(id, Next::Call),
        }
    }

    pub(super) fn arm(&mut self, step: StepId, next: Next) {
        self.steps[index(step)].phase = Phase::Armed(next);
        self.armed.push(step);
    }

    /// Makes the calls that may be made, as far as parallelism allows.
    pub(super) fn issue_calls(&mut self, commands: &mut Vec<Command>) {
        let early = self.calls_too_early();
        if self.stage == Stage::Opening && !early {
            return;
        }
        for step in std::mem::take(&mut self.armed) {
            let announced = self.is_announced(step);
            let slot = &mut self.steps[index(step)];
            let Phase::Armed(next) = slot.phase else { continue };
            if !slot.holds && self.holding >= self.options.parallelism.max(1) {
                self.armed.push(step);
                continue;
            }
            let Some(work) = &mut slot.work else { continue };
            debug_assert!(
                early || slot.durable || work.intent().is_none(),
                "no call without a durable intent"
            );
            if !slot.holds {
                slot.holds = true;
                self.holding += 1;
                if !announced {
                    self.notices.push(Notice { subject: work.subject.clone(), kind: NoticeKind::Started });
                }
            }
            let (attempt, call) = work.next_call(next);
            slot.phase = Phase::Calling;
            self.calls_made += 1;
            let id = CallId(self.calls_made);
            self.calls.insert(id, Running { step, asked: self.now });
            let (provider, provider_config) = (work.provider.clone(), work.provider_config.clone());
            match call {
                Some(call) => {
                    commands.push(Command::Call { id, step, attempt, provider, provider_config, call });
                }
                None => commands.extend(self.command_of(step, id)),
            }
        }
    }

    pub(super) fn intent_durable(&mut self, step: StepId) {
        self.steps[index(step)].durable = true;
        if matches!(self.steps[index(step)].phase, Phase::Intending) {
            self.arm(step, Next::Call);
            if self.stopping {
                self.withdraw(step);
            }
        }
    }

    pub(super) fn outcome_durable(&mut self, step: StepId) {
        let slot = &mut self.steps[index(step)];
        let Phase::Recording { status, value } = std::mem::replace(&mut slot.phase, Phase::Waiting) else {
            debug_assert!(false, "an outcome is written once, for a step that has one");
            return;
        };
        self.conclude(step, status, value);
    }

    pub(super) fn call_done(&mut self, id: CallId, result: CallResult) {
        let Some(Running { step, asked }) = self.calls.remove(&id) else { return };
        let slot = &mut self.steps[index(step)];
        let Some(work) = &mut slot.work else { return };
        debug_assert!(matches!(slot.phase, Phase::Calling), "only a running call is answered");
        let result = match work.intent() {
            Some(intent) => self.identities.sift(intent, result),
            None => result,
        };
        let verdict = decide(work, result, Span { asked, now: self.now }, &self.options);
        self.carry_out(step, verdict);
    }

    pub(super) fn carry_out(&mut self, step: StepId, verdict: Verdict) {
        match verdict {
            Verdict::Again { next: Next::Call, .. } if self.stopping => {
                self.arm(step, Next::Call);
                self.withdraw(step);
            }
            Verdict::Again { next, at } if at <= self.now => self.arm(step, next),
            Verdict::Again { next, at } => {
                self.steps[index(step)].phase = Phase::Sleeping(next);
                self.alarm.sleep(Some(step), at);
            }
            Verdict::Done { outcome, value } => {
                self.end_work(step);
                self.write_outcome(step, StepStatus::Done, outcome, value, None);
            }
            Verdict::Failed { outcome, diagnostics } => {
                self.end_work(step);
                let error = closing::error_text(&diagnostics);
                self.diagnostics.extend(diagnostics);
                self.write_outcome(step, StepStatus::Failed, outcome, None, error);
            }
            Verdict::Unresolved { diagnostics } => {
                self.end_work(step);
                self.diagnostics.extend(diagnostics);
                self.settle(step, StepStatus::Unresolved);
            }
        }
    }

    /// Gives up a step that waits to make its own call: it certainly has no effect any more.
    pub(super) fn withdraw(&mut self, step: StepId) {
        let outcome = self.steps[index(step)].work.as_ref().and_then(Work::no_effect);
        self.armed.retain(|armed| *armed != step);
        self.end_work(step);
        self.write_outcome(step, StepStatus::NotAttempted, outcome, None, Some("interrupted".into()));
    }

    /// The step makes no call any more: its place is free for others.
    pub(super) fn end_work(&mut self, step: StepId) {
        let slot = &mut self.steps[index(step)];
        self.begun = self.begun.saturating_sub(1);
        self.ended += 1;
        if std::mem::take(&mut slot.holds) {
            self.holding = self.holding.saturating_sub(1);
        }
    }

    pub(super) fn write_outcome(
        &mut self,
        step: StepId,
        status: StepStatus,
        outcome: Option<OutcomeKind>,
        value: Option<Value>,
        error: Option<String>,
    ) {
        let slot = &mut self.steps[index(step)];
        let Some((work, kind)) = slot.work.as_mut().zip(outcome) else {
            return self.conclude(step, status, value);
        };
        if let Some(id) = value.as_ref().and_then(id_of) {
            work.subject.id = Some(id);
        }
        if let Some(intent) = work.intent() {
            self.identities.record(intent, &kind);
        }
        let entry = Entry::Outcome(Box::new(Outcome {
            run: self.run,
            step,
            address: work.subject.address.clone(),
            deposed: work.subject.deposed,
            kind,
            error,
        }));
        slot.phase = Phase::Recording { status, value };
        self.outbox.push(entry, Written::Outcome(step));
    }

    /// What a step gave is safe: later steps may use it, unless a condition on it is not met.
    pub(super) fn conclude(&mut self, step: StepId, status: StepStatus, value: Option<Value>) {
        let address = self.steps[index(step)].work.as_ref().map(|work| work.address().clone());
        let (StepStatus::Done, Some(value), Some(address)) = (&status, value, address) else {
            return self.settle(step, status);
        };
        if self.is_provisioned(step) {
            self.keep(step, &value);
            return self.settle(step, status);
        }
        let problems = self.finisher.record(&address, value);
        let met = !problems.has_errors();
        self.report_about(&address, problems);
        if met {
            return self.settle(step, status);
        }
        // The call itself did what was planned.
        if let Some(work) = self.steps[index(step)].work.take() {
            self.notices.push(Notice { subject: work.subject, kind: NoticeKind::Done });
        }
        self.settle(step, StepStatus::Failed);
    }

    pub(super) fn report_about(&mut self, address: &InstanceAddress, diagnostics: Diagnostics) {
        for diagnostic in diagnostics {
            self.diagnostics.push(diagnostic.about(address));
        }
    }

    /// Gives a step its final status, and what follows from it to those that need it.
    pub(super) fn settle(&mut self, step: StepId, status: StepStatus) {
        let mut todo = vec![(step, status)];
        while let Some((step, status)) = todo.pop() {
            let slot = &mut self.steps[index(step)];
            if matches!(slot.phase, Phase::Settled(_)) {
                continue;
            }
            let work = slot.work.take();
            slot.phase = Phase::Settled(status.clone());
            let dependents = slot.dependents.clone();
            self.ready.remove(&step);
            self.open = self.open.saturating_sub(1);
            self.tell(step, work, &status);
            match &status {
                StepStatus::Done | StepStatus::Unneeded => self.release(&dependents, &mut todo),
                StepStatus::Failed | StepStatus::Unresolved => {
                    if let Some(because) = self.address_of(step) {
                        self.skip(&dependents, &because, &mut todo);
                    }
                }
                StepStatus::Skipped { because } => self.skip(&dependents, because, &mut todo),
                StepStatus::NotAttempted | StepStatus::Open => {}
            }
        }
    }

    pub(super) fn release(&mut self, dependents: &[StepId], todo: &mut Vec<(StepId, StepStatus)>) {
        for dependent in dependents {
            let slot = &mut self.steps[index(*dependent)];
            slot.missing = slot.missing.saturating_sub(1);
            if slot.missing > 0 || self.stopping || !matches!(slot.phase, Phase::Waiting) {
                continue;
            }
            match self.plan.step(*dependent).map(|step| &step.kind) {
                Some(StepKind::Join { .. }) => todo.push((*dependent, StepStatus::Done)),
                Some(_) => drop(self.ready.insert(*dependent)),
                None => {}
            }
        }
    }

    pub(super) fn skip(
        &self,
        dependents: &[StepId],
        because: &InstanceAddress,
        todo: &mut Vec<(StepId, StepStatus)>,
    ) {
        let waiting = dependents
            .iter()
            .filter(|dependent| matches!(self.steps[index(**dependent)].phase, Phase::Waiting));
        todo.extend(waiting.map(|step| (*step, StepStatus::Skipped { because: because.clone() })));
    }

    pub(super) fn tell(&mut self, step: StepId, work: Option<Work>, status: &StepStatus) {
        let kind = match status {
            StepStatus::Done => NoticeKind::Done,
            // What never started is told by its diagnostics alone.
            StepStatus::Failed if work.is_none() => return,
            StepStatus::Failed | StepStatus::Unresolved => NoticeKind::Failed,
            StepStatus::Skipped { because } => NoticeKind::Skipped { because: because.clone() },
            StepStatus::Unneeded | StepStatus::NotAttempted | StepStatus::Open => return,
        };
        if !self.speaks(step, status) {
            return;
        }
        let planned = || {
            let step = self.plan.step(step)?;
            self.call_beside(step.id).or_else(|| subject(step, self.plan.change_of(step)?))
        };
        if let Some(subject) = work.map(|work| work.subject).or_else(planned) {
            self.notices.push(Notice { subject, kind });
        }
    }

    pub(super) fn address_of(&self, step: StepId) -> Option<InstanceAddress> {
        let step = self.plan.step(step)?;
        self.plan.change_of(step).map(|change| change.address.clone())
    }

    pub(super) fn wake(&mut self) {
        for step in self.alarm.due(self.now).into_iter().flatten() {
            if let Phase::Sleeping(next) = self.steps[index(step)].phase {
                self.arm(step, next);
            }
        }
    }
}
