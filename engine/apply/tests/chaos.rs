//! A property: whatever order things happen in, whatever fails and wherever the process dies, the
//! protocol holds, nothing is made twice, nothing is orphaned, and a recovery ends with the truth.

#![allow(clippy::result_large_err, reason = "the contract wants it so")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::bench::Bench;
use common::plans::{FakeFinisher, base_state, plan};
use common::spec::{TestSpec, object, provider};
use evenkeel_apply::{
    AppendFailure, Call, CallId, CallResult, Drive, Event, Machine, MachineOptions, PendingIntent, Recovery,
    RecoveryInput, StepStatus,
};
use evenkeel_model::{Timestamp, Value};
use evenkeel_plan::{Plan, StepKind};
use evenkeel_provider::{ErrorKind, Failed, ProviderError};
use evenkeel_state::{Entry, OutcomeKind, RunId, RunKind, RunStatus, State};
use proptest::prelude::*;

const RUN: RunId = RunId(7);

fn options() -> MachineOptions {
    MachineOptions {
        parallelism: 3,
        intents_ahead: 2,
        intents_ahead_max: 4,
        attempts_max: 4,
        visibility_ms: 1000,
        backoff_min_ms: 50,
        backoff_max_ms: 800,
        appends_max: 3,
    }
}

/// Numbers that decide everything; when they run out, everything goes well.
struct Dice(Vec<u8>);

impl Dice {
    fn roll(&mut self) -> Option<u8> {
        self.0.pop()
    }

    /// One of `count`, the first when there is no chance left.
    fn pick(&mut self, count: usize) -> usize {
        self.roll().map_or(0, |roll| usize::from(roll) % count.max(1))
    }
}

/// A cloud that makes things as often as it is asked to and shows them late.
#[derive(Default)]
struct Cloud {
    things: Vec<Thing>,
    made: u32,
}

struct Thing {
    name: String,
    id: String,
    value: Value,
    token: Option<Arc<str>>,
    visible: Timestamp,
}

impl Cloud {
    fn of(plan: &Plan) -> Self {
        let mut cloud = Self::default();
        for change in plan.changes.iter().filter(|change| change.before.is_some()) {
            let name = change.address.resource.name.to_string();
            let id = format!("id-{name}");
            let value = object(Some(&id), "old");
            cloud.things.push(Thing { name, id, value, token: None, visible: Timestamp(0) });
        }
        cloud
    }

    fn named(&self, name: &str) -> Option<&Thing> {
        self.things.iter().find(|thing| thing.name == name)
    }

    fn create(&mut self, call: &Call, now: Timestamp, dice: &mut Dice) -> Value {
        self.made += 1;
        let name = call.address().resource.name.to_string();
        let id = format!("made-{}", self.made);
        let value = object(Some(&id), &name);
        let delay = i64::try_from(dice.pick(4)).unwrap() * 333;
        let token = call.token().cloned();
        self.things.push(Thing { name, id, value: value.clone(), token, visible: now.plus_ms(delay) });
        value
    }

    /// What a change does when it happens.
    fn happen(&mut self, call: &Call, now: Timestamp, dice: &mut Dice) -> Option<Value> {
        match call {
            Call::Create(_) => Some(self.create(call, now, dice)),
            Call::Update(request) => {
                let name = &*request.address.resource.name;
                let thing = self.things.iter_mut().find(|thing| thing.name == name)?;
                thing.value = request.planned.clone();
                Some(thing.value.clone())
            }
            Call::Delete(request) => {
                self.things.retain(|thing| thing.name != *request.address.resource.name);
                None
            }
            Call::ReadData(_) => Some(object(Some("id-data"), "data")),
            Call::Find(_) | Call::Observe(_) => None,
        }
    }

    fn answer(&mut self, call: &Call, now: Timestamp, dice: &mut Dice) -> CallResult {
        match call {
            Call::Find(request) => CallResult::Find(self.look(dice).map(|()| {
                let is =
                    |thing: &&Thing| thing.token.as_ref() == Some(&request.token) && thing.visible <= now;
                self.things.iter().find(is).map(|thing| thing.value.clone())
            })),
            Call::Observe(request) => CallResult::Observe(
                self.look(dice)
                    .map(|()| self.named(&request.address.resource.name).map(|thing| thing.value.clone())),
            ),
            Call::Create(_) | Call::Update(_) | Call::Delete(_) | Call::ReadData(_) => {
                self.change(call, now, dice)
            }
        }
    }

    fn look(&self, dice: &mut Dice) -> Result<(), ProviderError> {
        match dice.pick(12) {
            10 => Err(ProviderError::new(ErrorKind::Retry { after_ms: 70 }, "looking", "slow down")),
            11 => Err(ProviderError::new(ErrorKind::Denied, "looking", "no")),
            _ => Ok(()),
        }
    }

    fn change(&mut self, call: &Call, now: Timestamp, dice: &mut Dice) -> CallResult {
        let error = |kind| Failed::from(ProviderError::new(kind, "changing", "no"));
        let result = match dice.pick(12) {
            0..=4 => Ok(self.happen(call, now, dice)),
            5 => Err(error(ErrorKind::Retry { after_ms: 60 })),
            6 => Err(error(ErrorKind::Denied)),
            7 | 8 => Err(error(ErrorKind::Unknown)),
            9 | 10 => {
                self.happen(call, now, dice);
                Err(error(ErrorKind::Unknown))
            }
            _ => {
                let partial = self.happen(call, now, dice);
                match call {
                    Call::Create(_) | Call::Update(_) => {
                        Err(Failed { partial, ..error(ErrorKind::Conflict) })
                    }
                    _ => Ok(partial),
                }
            }
        };
        let value = |result: Result<Option<Value>, Failed>| match result {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(error(ErrorKind::Gone)),
            Err(failed) => Err(failed),
        };
        match call {
            Call::Create(_) => CallResult::Create(value(result)),
            Call::Update(_) => CallResult::Update(value(result)),
            Call::Delete(_) => CallResult::Delete(result.map(drop)),
            _ => CallResult::ReadData(value(result).map_err(|failed| failed.error)),
        }
    }
}

/// What stopped the play.
#[derive(PartialEq, Eq)]
enum End {
    Over,
    Crash,
}

/// Plays until the machine is over or the process dies.
fn play<M: Drive>(bench: &mut Bench<M>, cloud: &mut Cloud, dice: &mut Dice, may_crash: bool) -> End {
    for _ in 0..5000 {
        bench.poll();
        if bench.machine.is_over() {
            return End::Over;
        }
        let roll = dice.roll().unwrap_or(0);
        if may_crash && roll == 255 {
            crash(bench, cloud, dice);
            return End::Crash;
        }
        if roll == 254 {
            bench.event(Event::Interrupt);
        }
        bench.now = bench.now.plus_ms(i64::from(roll % 40));
        turn(bench, cloud, dice);
    }
    panic!("the machine does not come to an end");
}

/// One of the things that may happen next.
fn turn<M: Drive>(bench: &mut Bench<M>, cloud: &mut Cloud, dice: &mut Dice) {
    let calls: Vec<CallId> = bench.calls.keys().copied().collect();
    let appends = usize::from(bench.append.is_some());
    let wakes = usize::from(!bench.wakes.is_empty());
    let choice = dice.pick(calls.len() + appends + wakes);
    if let Some(id) = calls.get(choice) {
        let call = bench.calls[id].2.clone();
        let result = cloud.answer(&call, bench.now, dice);
        bench.answer(*id, result);
    } else if choice < calls.len() + appends {
        match dice.pick(20) {
            18 => bench.append_failed(AppendFailure::Store("full".into())),
            19 if dice.pick(4) == 3 => bench.append_failed(AppendFailure::LeaseLost),
            _ => bench.append_ok(),
        }
    } else {
        bench.wake();
    }
}

/// The process dies: what was under way may have happened or not.
fn crash<M: Drive>(bench: &mut Bench<M>, cloud: &mut Cloud, dice: &mut Dice) {
    if bench.append.is_some() && dice.pick(2) == 1 {
        bench.append_ok();
    }
    for (_, _, call) in std::mem::take(&mut bench.calls).into_values() {
        if dice.pick(2) == 1 && call.is_change() {
            cloud.happen(&call, bench.now, dice);
        }
    }
}

/// Recovers until nothing stands in the way any more.
fn recover(
    mut state: State,
    journal: &mut Vec<Entry>,
    cloud: &mut Cloud,
    now: Timestamp,
    dice: &mut Dice,
    fault: Fault,
) {
    for round in 0..4 {
        let started = journal.iter().any(|entry| matches!(entry, Entry::RunStarted { .. }));
        let finished = journal.iter().any(|entry| matches!(entry, Entry::RunFinished { .. }));
        let catalog = TestSpec::default();
        let provider_configs = BTreeMap::from([(provider(), Value::empty_object())]);
        let pending =
            state.pending.values().map(|intent| PendingIntent { intent: intent.clone(), at: now }).collect();
        let open_runs = if started && !finished { BTreeSet::from([RUN]) } else { BTreeSet::new() };
        let input = RecoveryInput {
            pending,
            open_runs,
            state: &state,
            catalog: &catalog,
            provider_configs: &provider_configs,
            now,
        };
        #[cfg_attr(not(feature = "planted-faults"), allow(unused_mut, reason = "nothing is planted"))]
        let mut recovery = Recovery::new(input, options());
        #[cfg(feature = "planted-faults")]
        if let Some(plant) = fault {
            recovery.plant(plant);
        }
        #[cfg(not(feature = "planted-faults"))]
        let _ = fault;
        let mut bench = Bench::new(recovery, state.clone(), None, options().parallelism);
        bench.now = now;
        let mut none = Dice(Vec::new());
        let end = play(&mut bench, cloud, if round < 3 { &mut *dice } else { &mut none }, round < 3);
        assert_eq!(bench.violations, Vec::<String>::new());
        journal.append(&mut bench.journal);
        state = bench.state.clone();
        if end == End::Over && bench.machine.report().is_some_and(|report| report.is_clean()) {
            let finished = journal.iter().filter(|entry| matches!(entry, Entry::RunFinished { .. })).count();
            assert_eq!(finished, usize::from(started), "a run is closed once");
            assert!(state.pending.is_empty());
            return check_truth(&state, cloud, &BTreeSet::new());
        }
    }
    panic!("the last recovery meets no fault");
}

/// Nothing twice, nothing orphaned, and what is remembered is what exists.
fn check_truth(state: &State, cloud: &Cloud, doubtful: &BTreeSet<String>) {
    let mut names = BTreeSet::new();
    for thing in &cloud.things {
        assert!(names.insert(thing.name.clone()), "{} exists twice", thing.name);
        if doubtful.contains(&thing.name) {
            continue;
        }
        let remembered = state.instances.iter().any(|(address, instance)| {
            *address.resource.name == *thing.name
                && instance.current.as_ref().and_then(|object| object.id()) == Some(thing.id.as_str())
        });
        assert!(remembered, "{} is an orphan", thing.name);
    }
}

fn check_report(plan: &Plan, bench: &Bench<Machine>, cloud: &Cloud) {
    let report = bench.machine.report().expect("it is over");
    let mut doubtful = BTreeSet::new();
    for (step, planned) in report.steps.iter().zip(&plan.steps) {
        let Some(address) = &step.address else { continue };
        let name = address.resource.name.to_string();
        match (&step.status, &planned.kind) {
            (StepStatus::Unresolved, _) => drop(doubtful.insert(name)),
            (StepStatus::Done, StepKind::Create { .. } | StepKind::Update { .. }) => {
                let thing = cloud.named(&name).expect("what is done exists");
                assert_eq!(thing.value.get_str("name"), Some(&*name));
            }
            (StepStatus::Done, StepKind::Delete { .. }) => assert!(cloud.named(&name).is_none()),
            (StepStatus::Open, _) => panic!("a step is open in the final report"),
            _ => {}
        }
    }
    check_truth(&bench.state, cloud, &doubtful);
    let closed = report.status != RunStatus::Abandoned && doubtful.is_empty();
    assert_eq!(bench.run_finished(RUN), usize::from(closed));
    assert_eq!(bench.state.pending.is_empty(), closed || bench.state.pending.is_empty());
    if closed {
        assert!(bench.state.pending.is_empty(), "a closed run leaves nothing pending");
        let outcomes = bench.journal.iter().filter(|entry| matches!(entry, Entry::Outcome(_))).count();
        let intents = bench.journal.iter().filter(|entry| matches!(entry, Entry::Intent(_))).count();
        assert_eq!(outcomes, intents);
    }
}

/// A plan of up to eight steps, each needing some of those before.
fn plans() -> impl Strategy<Value = Vec<String>> {
    let actions = prop_oneof![
        4 => Just("create"), 2 => Just("update"), 2 => Just("delete"), 1 => Just("read"), 1 => Just("join")
    ];
    proptest::collection::vec((actions, any::<u8>()), 1..8).prop_map(|steps| {
        let line = |(number, (action, mask)): (usize, (&str, u8))| {
            let needs: Vec<String> =
                (0..number).filter(|need| mask >> need & 1 == 1).map(|need| need.to_string()).collect();
            let needs = if needs.is_empty() { String::new() } else { format!(" needs {}", needs.join(" ")) };
            format!("{number} {action} s{number}{needs}")
        };
        steps.into_iter().enumerate().map(line).collect()
    })
}

/// A fault in the machines themselves.
#[cfg(feature = "planted-faults")]
type Fault = Option<evenkeel_apply::Plant>;
#[cfg(not(feature = "planted-faults"))]
type Fault = Option<std::convert::Infallible>;

fn run(lines: &[String], rolls: Vec<u8>, fault: Fault) {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let plan = plan(&lines);
    let state = base_state(&plan);
    let mut cloud = Cloud::of(&plan);
    let mut dice = Dice(rolls);
    let finisher = FakeFinisher::new(plan.clone());
    let finisher = if fault.is_some() { finisher.lenient() } else { finisher };
    #[cfg_attr(not(feature = "planted-faults"), allow(unused_mut, reason = "nothing is planted"))]
    let mut machine = Machine::new(finisher, RUN, RunKind::Apply, options());
    #[cfg(feature = "planted-faults")]
    if let Some(plant) = fault {
        machine.plant(plant);
    }
    let mut bench = Bench::new(machine, state, Some(plan.clone()), options().parallelism);
    let end = play(&mut bench, &mut cloud, &mut dice, true);
    assert_eq!(bench.violations, Vec::<String>::new());
    if end == End::Over {
        check_report(&plan, &bench, &cloud);
        if bench.machine.report().is_some_and(|report| report.status == RunStatus::Abandoned) {
            crash(&mut bench, &mut cloud, &mut dice);
        }
    }
    let mut journal = std::mem::take(&mut bench.journal);
    recover(bench.state.clone(), &mut journal, &mut cloud, bench.now, &mut dice, fault);
    for entry in &journal {
        if let Entry::Outcome(outcome) = entry
            && let OutcomeKind::Present(object) = &outcome.kind
        {
            assert_eq!(object.attributes["secret"]["?marks"], serde_json::json!(["sensitive"]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_or_made_twice(
        lines in plans(),
        rolls in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        run(&lines, rolls, None);
    }

    #[test]
    fn without_faults_everything_is_done(lines in plans()) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let plan = plan(&lines);
        let mut cloud = Cloud::of(&plan);
        let machine = Machine::new(FakeFinisher::new(plan.clone()), RUN, RunKind::Apply, options());
        let mut bench = Bench::new(machine, base_state(&plan), Some(plan.clone()), options().parallelism);
        play(&mut bench, &mut cloud, &mut Dice(Vec::new()), false);
        let report = bench.machine.report().expect("it is over");
        prop_assert_eq!(report.status, RunStatus::Succeeded);
        prop_assert!(report.steps.iter().all(|step| step.status == StepStatus::Done));
        check_report(&plan, &bench, &cloud);
    }
}

#[cfg(feature = "planted-faults")]
mod planted {
    use evenkeel_apply::Plant;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// How many random runs it takes until the fault shows.
    fn caught_after(plant: Plant) -> Option<usize> {
        let mut runner = TestRunner::deterministic();
        let inputs = (plans(), proptest::collection::vec(any::<u8>(), 0..300));
        (0..300).find(|_| {
            let (lines, rolls) = inputs.new_tree(&mut runner).expect("inputs can be made").current();
            std::panic::catch_unwind(|| run(&lines, rolls, Some(plant))).is_err()
        })
    }

    #[test]
    fn planted_faults_are_caught() {
        for plant in [Plant::CallBeforeIntentDurable, Plant::IgnoreDependencies, Plant::DropUnresolvedIntents]
        {
            let caught = caught_after(plant);
            assert!(caught.is_some_and(|runs| runs < 100), "{plant:?}: {caught:?}");
            println!("{plant:?} caught in run {caught:?}");
        }
    }
}
