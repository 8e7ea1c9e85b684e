//! The machine: which order follows from which event.

use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Revision, Timestamp};
use evenkeel_state::RunStatus;

use crate::condition::{Conditions, Reason};
use crate::event::{Alert, AlertKind, Event, FetchFailure, Order, StopResult};
use crate::settings::{DriftPolicy, Settings};
use crate::summary::PlanSummary;

/// What the controller waits for.
#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// A wake-up.
    Idle,
    /// The answer to `Acquire`.
    Acquiring,
    /// The answer to `Recover`.
    Recovering,
    /// The answer to `Fetch`.
    Fetching,
    /// The answer to `Plan`; whether the revision is another one than was applied last.
    Planning { revision_is_new: bool },
    /// The answer to `Apply`.
    Applying,
    /// Nothing any more.
    Stopped,
}

/// The controller of one stack.
#[derive(Clone, Debug)]
pub struct Controller {
    settings: Settings,
    phase: Phase,
    conditions: Conditions,
    reported: Conditions,
    /// Rounds of this wake that have begun.
    rounds: u32,
    /// Wakes in a row that failed.
    failures: u32,
    /// Somebody woke us while we were busy.
    woken: bool,
    /// The lease went away; the running order is still to be answered.
    lease_lost: bool,
    interrupted: bool,
    /// The last alert, so that it is given once for as long as its cause lasts.
    alerted: Option<Alert>,
}

/// How many wakes must fail in a row before a human is told.
const FAILURES_BEFORE_ALERT: u32 = 3;

impl Controller {
    /// A controller that has seen nothing yet; the first [`Event::Wake`] sets it going.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            phase: Phase::Idle,
            conditions: Conditions::default(),
            reported: Conditions::default(),
            rounds: 0,
            failures: 0,
            woken: false,
            lease_lost: false,
            interrupted: false,
            alerted: None,
        }
    }

    /// How the stack is doing.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Whether the controller waits for nothing but a wake-up.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Idle
    }

    /// Takes in what happened and says what to do, in order. An event that answers nothing that
    /// was asked has no effect.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Order> {
        let mut orders = match event {
            Event::Wake => self.wake(now),
            Event::Interrupt => self.interrupt(now),
            Event::LeaseLost if self.phase != Phase::Acquiring => self.lose_lease(),
            answer => self.answer(answer, now),
        };
        if self.conditions != self.reported {
            self.reported = self.conditions.clone();
            orders.insert(0, Order::Report(self.conditions.clone()));
        }
        orders
    }

    fn wake(&mut self, now: Timestamp) -> Vec<Order> {
        if self.phase != Phase::Idle {
            self.woken = true;
            return Vec::new();
        }
        self.rounds = 0;
        self.woken = false;
        self.lease_lost = false;
        self.phase = Phase::Acquiring;
        self.conditions.progress(Reason::Fetching, "Taking the stack's lease.", now);
        vec![Order::Acquire]
    }

    fn interrupt(&mut self, now: Timestamp) -> Vec<Order> {
        match self.phase {
            Phase::Stopped => Vec::new(),
            Phase::Idle => self.stop(StopResult::Interrupted, now),
            Phase::Applying if !self.interrupted => {
                self.interrupted = true;
                vec![Order::Cancel]
            }
            Phase::Acquiring
            | Phase::Recovering
            | Phase::Fetching
            | Phase::Planning { .. }
            | Phase::Applying => {
                self.interrupted = true;
                Vec::new()
            }
        }
    }

    fn lose_lease(&mut self) -> Vec<Order> {
        self.lease_lost = !matches!(self.phase, Phase::Idle | Phase::Stopped);
        Vec::new()
    }

    fn answer(&mut self, event: Event, now: Timestamp) -> Vec<Order> {
        if !self.is_awaited(&event) {
            return Vec::new();
        }
        if self.lease_lost {
            return self.end_without_lease(now);
        }
        if self.interrupted && event != Event::LeaseLost && !matches!(event, Event::LeaseHeld { .. }) {
            return self.end_interrupted(now);
        }
        match event {
            Event::LeaseGranted => self.recover(now),
            Event::LeaseHeld { until } => self.lease_held(until, now),
            Event::LeaseLost => self.end_without_lease(now),
            Event::Recovered => self.fetch(now),
            Event::RecoveryFailed { blocked } => self.recovery_failed(&blocked, now),
            Event::Fetched { revision, previous, forced } => self.fetched(revision, previous, forced, now),
            Event::FetchFailed(failure) => self.fetch_failed(failure, now),
            Event::Planned(summary) => self.planned(&summary, now),
            Event::PlanFailed { error } => self.fail(Reason::PlanFailed, &error, None, now),
            Event::Applied { status } => self.applied(status, now),
            Event::Wake | Event::Interrupt => Vec::new(),
        }
    }

    /// Whether the event answers the order that is running.
    fn is_awaited(&self, event: &Event) -> bool {
        match event {
            Event::LeaseGranted | Event::LeaseHeld { .. } | Event::LeaseLost => {
                self.phase == Phase::Acquiring
            }
            Event::Recovered | Event::RecoveryFailed { .. } => self.phase == Phase::Recovering,
            Event::Fetched { .. } | Event::FetchFailed(_) => self.phase == Phase::Fetching,
            Event::Planned(_) | Event::PlanFailed { .. } => matches!(self.phase, Phase::Planning { .. }),
            Event::Applied { .. } => self.phase == Phase::Applying,
            Event::Wake | Event::Interrupt => true,
        }
    }

    fn recover(&mut self, now: Timestamp) -> Vec<Order> {
        self.phase = Phase::Recovering;
        self.conditions.progress(Reason::Recovering, "Looking for what an earlier run left behind.", now);
        vec![Order::Recover]
    }

    fn fetch(&mut self, now: Timestamp) -> Vec<Order> {
        self.rounds += 1;
        self.phase = Phase::Fetching;
        self.conditions.progress(Reason::Fetching, "Fetching the revision.", now);
        vec![Order::Fetch]
    }

    fn fetched(
        &mut self,
        revision: Revision,
        previous: Option<Revision>,
        forced: bool,
        now: Timestamp,
    ) -> Vec<Order> {
        if forced {
            let message = rewritten(&revision, previous.as_ref());
            let alert = AlertKind::RevisionRewritten;
            return self.fail(Reason::RevisionRewritten, &message, Some(alert), now);
        }
        let revision_is_new = previous.as_ref() != Some(&revision);
        self.phase = Phase::Planning { revision_is_new };
        self.conditions.progress(Reason::Planning, &format!("Planning revision {revision}."), now);
        vec![Order::Plan { revision }]
    }

    fn planned(&mut self, summary: &PlanSummary, now: Timestamp) -> Vec<Order> {
        let revision_is_new = self.phase == Phase::Planning { revision_is_new: true };
        if !summary.effects || (summary.changes == 0 && self.settings.drift == DriftPolicy::Detect) {
            return self.end_converged(summary, now);
        }
        if self.settings.drift == DriftPolicy::Detect && !(revision_is_new && summary.config_changes > 0) {
            return self.end_drifted(summary, now);
        }
        if self.rounds > self.settings.rounds_max {
            let message = format!(
                "After {} rounds a plan of revision {} still has {} changes. Something changes the \
                 same objects at the same time, or a provider does not keep what it is given.",
                self.settings.rounds_max, summary.revision, summary.changes
            );
            return self.fail(Reason::NotConverging, &message, Some(AlertKind::CannotConverge), now);
        }
        if let Some(why) = &summary.stopped {
            return self.stopped(summary, why, now);
        }
        self.phase = Phase::Applying;
        let message = self.describe(summary);
        self.conditions.progress(Reason::Applying, &message, now);
        if summary.changes > 0 {
            self.conditions.not_ready(Reason::Applying, &message, now);
        }
        vec![Order::Apply { digest: summary.digest.clone() }]
    }

    /// Nothing is wrong and nothing will be right by itself: somebody has to look.
    fn stopped(&mut self, summary: &PlanSummary, why: &str, now: Timestamp) -> Vec<Order> {
        let message = format!(
            "The plan of revision {} needs an approval: {why}. Nothing was changed. The plan's digest is {}.",
            summary.revision, summary.digest
        );
        self.conditions.stalled(Reason::ApprovalNeeded, &message, now);
        let alert = self.alert(AlertKind::ApprovalNeeded, &message);
        self.end_well(StopResult::ApprovalNeeded, alert, now)
    }

    fn describe(&self, summary: &PlanSummary) -> String {
        let mut message = format!("Applying {} changes of revision {}", summary.changes, summary.revision);
        if summary.drift > 0 {
            message.push_str(&format!("; {} objects were changed outside", summary.drift));
            if self.settings.drift == DriftPolicy::Detect {
                message.push_str(" and are put right with them, because a plan is applied whole");
            }
        }
        message.push('.');
        message
    }

    fn applied(&mut self, status: RunStatus, now: Timestamp) -> Vec<Order> {
        match status {
            RunStatus::Succeeded => self.fetch(now),
            RunStatus::Failed => {
                self.fail(Reason::ApplyFailed, "Not every step of the plan succeeded.", None, now)
            }
            RunStatus::Interrupted => self.end_interrupted(now),
            RunStatus::Abandoned => self.end_without_lease(now),
        }
    }

    fn fetch_failed(&mut self, failure: FetchFailure, now: Timestamp) -> Vec<Order> {
        match failure {
            FetchFailure::Unavailable { error } => self.fail(Reason::FetchFailed, &error, None, now),
            FetchFailure::RevisionGone { error } => {
                self.fail(Reason::RevisionGone, &error, Some(AlertKind::RevisionGone), now)
            }
        }
    }

    fn recovery_failed(&mut self, blocked: &[InstanceAddress], now: Timestamp) -> Vec<Order> {
        let names: Vec<String> = blocked.iter().take(5).map(InstanceAddress::to_string).collect();
        let more = match blocked.len().saturating_sub(names.len()) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let message = format!(
            "It cannot be told what became of interrupted calls for {}{more}. Nothing is planned until \
             the provider can be asked again.",
            names.join(", ")
        );
        self.fail(Reason::RecoveryFailed, &message, Some(AlertKind::RecoveryBlocked), now)
    }

    fn lease_held(&mut self, until: Timestamp, now: Timestamp) -> Vec<Order> {
        let message = "Another process holds the stack.";
        self.conditions.waiting(Reason::LeaseHeld, message, now);
        if self.settings.once || self.interrupted {
            let result = if self.interrupted { StopResult::Interrupted } else { StopResult::LeaseHeld };
            return self.stop(result, now);
        }
        self.phase = Phase::Idle;
        let soonest = now.plus_ms(self.settings.retry.first_ms.max(1));
        let latest = now.plus_ms(self.settings.interval_ms.max(1)).max(soonest);
        vec![Order::WakeAt(until.plus_ms(1).clamp(soonest, latest))]
    }

    fn end_without_lease(&mut self, now: Timestamp) -> Vec<Order> {
        self.lease_lost = false;
        let message = "Another process took the stack over, or the store could not be asked; what was \
                       running is left to whoever holds the lease next.";
        self.conditions.stalled(Reason::LeaseLost, message, now);
        if self.interrupted {
            return self.stop(StopResult::Interrupted, now);
        }
        if self.settings.once {
            return self.stop(StopResult::Failed, now);
        }
        self.failures = self.failures.saturating_add(1);
        self.phase = Phase::Idle;
        vec![self.retry(now)]
    }

    fn end_interrupted(&mut self, now: Timestamp) -> Vec<Order> {
        let mut orders = vec![Order::Release];
        orders.extend(self.stop(StopResult::Interrupted, now));
        orders
    }

    fn end_converged(&mut self, summary: &PlanSummary, now: Timestamp) -> Vec<Order> {
        let message = format!("The cloud is as revision {} says.", summary.revision);
        self.conditions.converged(&message, now);
        self.failures = 0;
        self.alerted = None;
        self.end_well(StopResult::Converged, Vec::new(), now)
    }

    fn end_drifted(&mut self, summary: &PlanSummary, now: Timestamp) -> Vec<Order> {
        let message = format!(
            "{} objects were changed outside; the plan that would put revision {} back has {} changes. They \
             are left alone because the stack only detects drift.",
            summary.drift, summary.revision, summary.changes
        );
        self.conditions.not_ready(Reason::DriftDetected, &message, now);
        self.conditions.waiting(Reason::DriftDetected, &message, now);
        self.failures = 0;
        let alert = self.alert(AlertKind::DriftDetected, &message);
        self.end_well(StopResult::DriftDetected, alert, now)
    }

    fn end_well(&mut self, result: StopResult, mut orders: Vec<Order>, now: Timestamp) -> Vec<Order> {
        orders.push(Order::Release);
        if self.settings.once {
            orders.extend(self.stop(result, now));
            return orders;
        }
        self.phase = Phase::Idle;
        let delay = if self.woken { 0 } else { self.settings.interval_ms.max(1) };
        orders.push(Order::WakeAt(now.plus_ms(delay)));
        orders
    }

    /// Ends the wake with a failure: backs off, and alerts at once where a kind is given, otherwise
    /// when it keeps failing.
    fn fail(
        &mut self,
        reason: Reason,
        message: &str,
        alert: Option<AlertKind>,
        now: Timestamp,
    ) -> Vec<Order> {
        self.conditions.stalled(reason, message, now);
        self.failures = self.failures.saturating_add(1);
        let mut orders = match alert {
            Some(kind) => self.alert(kind, message),
            None if self.failures >= FAILURES_BEFORE_ALERT => self.alert(AlertKind::CannotConverge, message),
            None => Vec::new(),
        };
        orders.push(Order::Release);
        if self.settings.once {
            orders.extend(self.stop(StopResult::Failed, now));
            return orders;
        }
        self.phase = Phase::Idle;
        orders.push(self.retry(now));
        orders
    }

    fn retry(&self, now: Timestamp) -> Order {
        Order::WakeAt(now.plus_ms(self.settings.retry.delay_ms(&self.settings.stack, self.failures)))
    }

    fn alert(&mut self, kind: AlertKind, message: &str) -> Vec<Order> {
        let alert = Alert { kind, message: message.to_owned() };
        if self.alerted.as_ref() == Some(&alert) {
            return Vec::new();
        }
        self.alerted = Some(alert.clone());
        vec![Order::Alert(alert)]
    }

    fn stop(&mut self, result: StopResult, now: Timestamp) -> Vec<Order> {
        if result == StopResult::Interrupted {
            self.conditions.waiting(Reason::Interrupted, "Asked to stop.", now);
        }
        self.phase = Phase::Stopped;
        vec![Order::Stop(result)]
    }
}

fn rewritten(revision: &Revision, previous: Option<&Revision>) -> String {
    let previous: Arc<str> = previous.map_or_else(|| "(none)".into(), |previous| previous.to_string().into());
    format!(
        "Revision {revision} does not descend from {previous}, which was applied last: history was \
         rewritten. It is not followed by itself; apply it by hand once to accept it, or restore the old \
         history."
    )
}

#[cfg(test)]
mod tests;
