//! Calls to the cloud: when they have their effect, when they answer, what befalls them.

use evenkeel_apply::{Call, CallId, CallResult, Event as MachineEvent};
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, Failed, ProviderError};
use evenkeel_state::StepId;

use super::process::{Message, call_name};
use super::work::said;
use super::{Item, World};
use crate::cloud::Actor;
use crate::cloud::spec::Kind;
use crate::fault::Fault;

/// An effect comes at most this long after the answer.
const LATE_MS: i64 = 3_000;
/// A new object is found at the latest so long after it was made.
const STALE_MS: i64 = 5_000;

/// A call on its way.
pub(super) struct Flight {
    pub(super) process: usize,
    life: u64,
    work: u64,
    id: CallId,
    call: Call,
    fault: Option<Fault>,
    result: Option<CallResult>,
    visible_at: i64,
    answered: bool,
}

impl Flight {
    /// Whether it was given up and may still have its effect.
    pub(super) fn is_straggling(&self) -> bool {
        self.result.is_none()
    }
}

/// What can befall a call.
const CALL_FAULTS: [Fault; 7] = [
    Fault::Throttle,
    Fault::Transient,
    Fault::Denied,
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::Late,
    Fault::Partial,
];

impl World {
    pub(super) fn call(&mut self, number: usize, work: u64, id: CallId, step: StepId, call: Call) {
        self.figures.calls += 1;
        self.check_intended(&call, step);
        self.check_key(&call);
        self.check_destroyed(number, &call, step);
        let fault = CALL_FAULTS.into_iter().find(|fault| fits(*fault, &call) && self.strikes(*fault));
        self.note(|| {
            let fault = fault.map(|fault| format!(" ({})", fault.name())).unwrap_or_default();
            format!("process {number} {}{fault}", call_name(id, &call))
        });
        let effect = self.rng.between(5, 800);
        let answer = effect + self.rng.between(1, 400);
        let stale = if self.strikes(Fault::Stale) { self.rng.between(1, STALE_MS) } else { 0 };
        let late = if fault == Some(Fault::Late) { self.rng.between(1, LATE_MS) } else { 0 };
        let effect = if late > 0 { answer + late } else { effect };
        let visible_at = self.now + effect + stale;
        // A create that answers has waited until its object can be seen.
        let answers_well = fault.is_none() || fault == Some(Fault::Partial);
        let answer = if answers_well && call.is_change() { answer.max(effect + stale) } else { answer };
        self.flown += 1;
        let flight = self.flown;
        let life = self.processes[number].life;
        let (result, answered) = (None, false);
        let entry = Flight { process: number, life, work, id, call, fault, result, visible_at, answered };
        self.flights.insert(flight, entry);
        self.after(effect, Item::Effect { flight });
        self.after(answer, Item::Answer { flight });
    }

    pub(super) fn effect(&mut self, number: u64) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        let abandoned = flight.answered || self.processes[flight.process].life != flight.life;
        let actor = if abandoned { Actor::Straggler } else { Actor::Engine };
        flight.result = Some(self.result(&flight, actor));
        self.note(|| {
            let outcome = flight.result.as_ref().map(outcome).unwrap_or_default();
            format!("cloud: {} {}: {outcome}", flight.call.name(), flight.call.address())
        });
        if let (Call::Create(request), Some(CallResult::Create(Err(failed)))) = (&flight.call, &flight.result)
            && failed.error.kind == ErrorKind::Conflict
        {
            self.free_name(request);
        }
        if !flight.answered {
            self.flights.insert(number, flight);
        }
    }

    pub(super) fn answer(&mut self, number: u64) {
        let Some(mut flight) = self.flights.remove(&number) else { return };
        let (process, life, work, id) = (flight.process, flight.life, flight.work, flight.id);
        let lost = matches!(flight.fault, Some(Fault::LostBefore | Fault::LostAfter | Fault::Late));
        let result = match flight.result.take() {
            Some(result) if !lost => result,
            _ => failed(&flight.call, ErrorKind::Unknown, "no answer came"),
        };
        if flight.fault == Some(Fault::Late) {
            flight.answered = true;
            self.flights.insert(number, flight);
        }
        let message = Message::Machine { work, event: Box::new(MachineEvent::CallDone { id, result }) };
        self.after(0, Item::Deliver { process, life, message });
    }

    /// What the call does to the cloud.
    fn result(&mut self, flight: &Flight, actor: Actor) -> CallResult {
        let call = &flight.call;
        match flight.fault {
            Some(Fault::Throttle) => {
                let after_ms = self.rng.below(2_000);
                return failed(call, ErrorKind::Retry { after_ms }, "slow down");
            }
            Some(Fault::Transient) => {
                let kind = if self.rng.chance(500) { ErrorKind::Other } else { ErrorKind::Unreachable };
                return failed(call, kind, "the service is not well");
            }
            Some(Fault::Denied) => return failed(call, ErrorKind::Denied, "not allowed"),
            Some(Fault::LostBefore) => return failed(call, ErrorKind::Unknown, "lost"),
            _ => {}
        }
        let partial = flight.fault == Some(Fault::Partial);
        match call {
            Call::Create(request) => {
                let made = self.cloud.create(request, actor, flight.visible_at);
                changed(made, partial, CallResult::Create)
            }
            Call::Update(request) => {
                changed(self.cloud.update(request, actor, partial), partial, CallResult::Update)
            }
            Call::Delete(request) => {
                CallResult::Delete(self.cloud.delete(request, actor).map_err(Failed::from))
            }
            Call::ReadData(request) => CallResult::ReadData(Ok(said(&request.config))),
            Call::Find(request) => CallResult::Find(self.cloud.find(request, self.now)),
            Call::Observe(request) => CallResult::Observe(self.cloud.observe(request)),
        }
    }
}

/// Whether a fault can befall a call. A net that was made half-way could not be replaced before it
/// is destroyed, because its name is taken: no cloud and no engine could help that.
fn fits(fault: Fault, call: &Call) -> bool {
    let kind = Kind::of(&call.address().resource.kind);
    match fault {
        Fault::Throttle | Fault::Transient | Fault::Denied => true,
        Fault::Partial => match call {
            Call::Create(_) => !matches!(kind, Some(Kind::Net | Kind::Pool) | None),
            Call::Update(_) => true,
            Call::Delete(_) | Call::ReadData(_) | Call::Find(_) | Call::Observe(_) => false,
        },
        _ => call.is_change(),
    }
}

/// The answer of a change: what was made, or how far it came.
fn changed(
    result: Result<Value, ProviderError>,
    partial: bool,
    answer: fn(Result<Value, Failed>) -> CallResult,
) -> CallResult {
    answer(match result {
        Ok(value) if partial => {
            let error = ProviderError::new(ErrorKind::Other, "changing", "it did not become ready");
            Err(Failed { error, partial: Some(value) })
        }
        Ok(value) => Ok(value),
        Err(error) => Err(error.into()),
    })
}

fn failed(call: &Call, kind: ErrorKind, detail: &str) -> CallResult {
    let error = ProviderError::new(kind, "calling", detail);
    match call {
        Call::Create(_) => CallResult::Create(Err(error.into())),
        Call::Update(_) => CallResult::Update(Err(error.into())),
        Call::Delete(_) => CallResult::Delete(Err(error.into())),
        Call::ReadData(_) => CallResult::ReadData(Err(error)),
        Call::Find(_) => CallResult::Find(Err(error)),
        Call::Observe(_) => CallResult::Observe(Err(error)),
    }
}

fn outcome(result: &CallResult) -> String {
    let value = |value: &Value| value.get_str("id").unwrap_or("no identifier").to_owned();
    let error = |error: &ProviderError| error.to_string();
    match result {
        CallResult::Create(Ok(made)) | CallResult::Update(Ok(made)) => value(made),
        CallResult::Create(Err(failed))
        | CallResult::Update(Err(failed))
        | CallResult::Delete(Err(failed)) => error(&failed.error),
        CallResult::Delete(Ok(())) => "gone".to_owned(),
        CallResult::ReadData(Ok(_)) => "read".to_owned(),
        CallResult::ReadData(Err(failed))
        | CallResult::Find(Err(failed))
        | CallResult::Observe(Err(failed)) => error(failed),
        CallResult::Find(Ok(found)) | CallResult::Observe(Ok(found)) => {
            found.as_ref().map_or_else(|| "nothing there".to_owned(), value)
        }
    }
}
