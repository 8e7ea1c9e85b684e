//! A process: a controller, the lease it holds, and the work it is doing.

use evenkeel_apply::{AppendId, CallId, Event as MachineEvent};
use evenkeel_model::Timestamp;
use evenkeel_plan::Question;
use evenkeel_reconcile::{
    Backoff, Controller, DriftPolicy, Event, FetchFailure, Order, Settings, StopResult,
};

use super::governor::Destroyed;
use super::work::{QuestionAnswer, Ready, Work};
use super::{Item, LEASE_MS, World};
use crate::fault::Fault;
use crate::store::Lease;

/// One process; it may die and start again, each time with a new life.
pub(super) struct Process {
    pub(super) controller: Controller,
    pub(super) alive: bool,
    pub(super) life: u64,
    pub(super) lease: Option<Lease>,
    pub(super) work: Work,
    /// Numbers the pieces of work, so that an answer to an earlier one is known as such.
    pub(super) work_number: u64,
    /// The plan that was made last.
    pub(super) ready: Option<Ready>,
    /// What the run that goes on has destroyed.
    pub(super) destroyed: Destroyed,
    pub(super) paused: bool,
    /// What came while it stood still.
    deferred: Vec<Message>,
    /// The last wake-up that was ordered.
    wake: u64,
    detect: bool,
}

/// What reaches a process.
pub(super) enum Message {
    Wake { number: u64 },
    Renew,
    Controller(Event),
    Acquired(Lease),
    Question { work: u64, question: Box<Question> },
    Answer { work: u64, answer: Box<QuestionAnswer> },
    Machine { work: u64, event: Box<MachineEvent> },
}

impl Process {
    pub(super) fn new(detect: bool) -> Self {
        Self {
            controller: controller(detect),
            alive: false,
            life: 0,
            lease: None,
            work: Work::None,
            work_number: 0,
            ready: None,
            destroyed: Destroyed::default(),
            paused: false,
            deferred: Vec::new(),
            wake: 0,
            detect,
        }
    }

    /// What the process would say of itself to the store.
    fn holder(&self, number: usize) -> (usize, u64) {
        (number, self.life)
    }
}

fn controller(detect: bool) -> Controller {
    Controller::new(Settings {
        drift: if detect { DriftPolicy::Detect } else { DriftPolicy::Correct },
        interval_ms: 20_000,
        retry: Backoff { first_ms: 500, max_ms: 20_000 },
        ..Settings::new("sim")
    })
}

impl World {
    pub(super) fn start(&mut self, number: usize) {
        let process = &mut self.processes[number];
        process.life += 1;
        process.alive = true;
        process.controller = controller(process.detect);
        process.lease = None;
        process.work = Work::None;
        process.ready = None;
        process.paused = false;
        process.deferred.clear();
        process.wake = 0;
        self.note(|| format!("process {number} starts"));
        self.send(number, 1, Message::Wake { number: 0 });
    }

    /// The process is gone; what it had sent to the cloud or the store may still arrive.
    pub(super) fn kill(&mut self, number: usize) {
        let process = &mut self.processes[number];
        process.alive = false;
        process.life += 1;
        process.lease = None;
        process.work = Work::None;
        process.ready = None;
        process.deferred.clear();
        process.paused = false;
        let life = process.life;
        let keys: Vec<_> = self.queue.keys().copied().collect();
        for key in keys {
            let on_its_way = match self.queue.get(&key) {
                Some(Item::Effect { flight }) => {
                    self.flights.get(flight).is_some_and(|f| f.process == number)
                }
                Some(Item::Append(append)) => append.process == number,
                _ => false,
            };
            if on_its_way
                && self.rng.chance(500)
                && let Some(Item::Effect { flight }) = self.queue.remove(&key)
            {
                self.flights.remove(&flight);
            }
        }
        let delay = self.rng.between(200, 20_000);
        self.after(delay, Item::Start { process: number, life });
    }

    /// Lets a process only correct drift from now on; takes effect when it starts again.
    pub(super) fn forbid_detect(&mut self) -> bool {
        let detects = self.processes.iter().any(|process| process.detect);
        self.processes.iter_mut().for_each(|process| process.detect = false);
        detects
    }

    pub(super) fn resume(&mut self, number: usize, life: u64) {
        let process = &mut self.processes[number];
        if process.life != life || !process.paused {
            return;
        }
        process.paused = false;
        let deferred = std::mem::take(&mut process.deferred);
        self.note(|| format!("process {number} goes on"));
        for message in deferred {
            self.deliver(number, life, message);
        }
    }

    pub(super) fn deliver(&mut self, number: usize, life: u64, message: Message) {
        let process = &mut self.processes[number];
        if process.life != life || !process.alive {
            return;
        }
        if process.paused {
            process.deferred.push(message);
            return;
        }
        if process.lease.is_some_and(|lease| lease.until <= self.now) {
            self.lose_lease(number);
        }
        match message {
            Message::Wake { number: wake } => {
                if self.processes[number].wake == wake {
                    self.control(number, Event::Wake);
                }
            }
            Message::Renew => self.renew(number),
            Message::Controller(event) => self.control(number, event),
            Message::Acquired(lease) => {
                self.processes[number].lease = Some(lease);
                self.send(number, LEASE_MS / 3, Message::Renew);
                self.control(number, Event::LeaseGranted);
            }
            Message::Question { work, question } => self.ask(number, work, *question),
            Message::Answer { work, answer } => self.answered(number, work, *answer),
            Message::Machine { work, event } => self.machine_event(number, work, *event),
        }
    }

    /// The process knows that its lease is over, because it does not hear from the store or because
    /// its own clock says so. It makes no call and writes nothing from here on.
    pub(super) fn lose_lease(&mut self, number: usize) {
        if self.processes[number].lease.take().is_none() {
            return;
        }
        self.note(|| format!("process {number} has lost its lease"));
        self.control(number, Event::LeaseLost);
        let work = self.processes[number].work_number;
        self.machine_event(number, work, MachineEvent::Abort);
    }

    fn renew(&mut self, number: usize) {
        let Some(lease) = self.processes[number].lease else { return };
        match self.store.renew(lease.fence, self.now, LEASE_MS) {
            Some(lease) => {
                self.processes[number].lease = Some(lease);
                self.send(number, LEASE_MS / 3, Message::Renew);
            }
            None => self.lose_lease(number),
        }
    }

    /// Tells the controller, and does what it orders.
    pub(super) fn control(&mut self, number: usize, event: Event) {
        self.note(|| format!("process {number} <- {}", described(&event)));
        let orders = self.processes[number].controller.handle(event, Timestamp(self.now));
        for order in orders {
            self.carry_out(number, order);
        }
    }

    fn carry_out(&mut self, number: usize, order: Order) {
        let delay = self.rng.between(1, 20);
        match order {
            Order::Acquire => self.acquire(number, delay),
            Order::Recover => self.recover(number),
            Order::Fetch => self.fetch(number, delay),
            Order::Plan { revision } => self.begin_plan(number, &revision),
            Order::Apply { digest } => self.begin_apply(number, &digest),
            Order::Cancel => {
                let work = self.processes[number].work_number;
                self.machine_event(number, work, MachineEvent::Interrupt);
            }
            Order::Report(conditions) => self.note(|| {
                let (ready, stalled) = (conditions.ready.holds, conditions.stalled.holds);
                let message = &conditions.reconciling.message;
                format!("process {number} reports: ready {ready}, stalled {stalled}: {message}")
            }),
            Order::Alert(alert) => self.note(|| format!("process {number} alerts: {:?}", alert.kind)),
            Order::WakeAt(at) => {
                self.processes[number].wake += 1;
                let wake = self.processes[number].wake;
                self.send(number, at.0 - self.now, Message::Wake { number: wake });
            }
            Order::Release => {
                if let Some(lease) = self.processes[number].lease.take() {
                    self.store.release(lease.fence);
                }
            }
            Order::Stop(result) => self.stopped(number, result),
        }
    }

    fn acquire(&mut self, number: usize, delay: i64) {
        let holder = self.processes[number].holder(number);
        let message = match self.store.acquire(holder, self.now, LEASE_MS) {
            Ok(lease) => Message::Acquired(lease),
            Err(until) => Message::Controller(Event::LeaseHeld { until: Timestamp(until) }),
        };
        self.send(number, delay, message);
    }

    fn fetch(&mut self, number: usize, delay: i64) {
        let event = if self.strikes(Fault::FetchFailed) {
            Event::FetchFailed(FetchFailure::Unavailable { error: "the repository cannot be read".into() })
        } else {
            if self.calm_since.is_some() {
                self.git.make_followable(self.store.applied.as_ref());
            }
            let previous = self.store.applied.clone();
            let forced = previous.as_ref().is_some_and(|previous| !self.git.descends_from(previous));
            Event::Fetched { revision: self.git.head().revision.clone(), previous, forced }
        };
        self.send(number, delay, Message::Controller(event));
    }

    fn stopped(&mut self, number: usize, result: StopResult) {
        self.note(|| format!("process {number} stops: {result:?}"));
        let process = &mut self.processes[number];
        process.alive = false;
        process.life += 1;
        let life = process.life;
        let delay = self.rng.between(10, 5_000);
        self.after(delay, Item::Start { process: number, life });
    }
}

fn described(event: &Event) -> String {
    match event {
        Event::Planned(summary) => format!(
            "planned {}: {} changes, {} of them configuration, {} drifted",
            summary.revision, summary.changes, summary.config_changes, summary.drift
        ),
        Event::PlanFailed { error } => format!("no plan: {error}"),
        event => format!("{event:?}"),
    }
}

/// Names of a machine's commands for the log.
pub(super) fn append_name(id: AppendId, entries: &[evenkeel_state::Entry]) -> String {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| match entry.address() {
            Some(address) => format!("{} {address}", entry.name()),
            None => entry.name().to_owned(),
        })
        .collect();
    format!("{id}: {}", names.join(", "))
}

/// The name of a call for the log.
pub(super) fn call_name(id: CallId, call: &evenkeel_apply::Call) -> String {
    format!("{id}: {} {}", call.name(), call.address())
}
