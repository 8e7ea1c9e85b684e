//! How many intents share one append: as many as the calls need, and no more.

#![allow(clippy::result_large_err, reason = "the contract wants it so")]

mod common;

use common::bench::Bench;
use common::plans::{FakeFinisher, base_state, plan};
use common::spec::object;
use evenkeel_apply::{CallResult, Machine, MachineOptions};
use evenkeel_state::{Entry, RunId, RunKind};

const STEPS: usize = 300;

/// Makes many objects, with this many answers to calls before each append is durable; gives how many
/// intents the largest append had.
fn most_intents_at_once(calls_during_append: usize) -> usize {
    let lines: Vec<String> = (0..STEPS).map(|step| format!("{step} create n{step}")).collect();
    let plan = plan(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let options = MachineOptions {
        parallelism: 4,
        intents_ahead: 4,
        intents_ahead_max: 64,
        ..MachineOptions::default()
    };
    let state = base_state(&plan);
    let machine =
        Machine::new(FakeFinisher::new(plan.clone()), RunId(7), RunKind::Apply, options).with_state(&state);
    let mut bench = Bench::new(machine, state, Some(plan), options.parallelism);
    let mut most = 0;
    bench.poll();
    while bench.machine.report().is_none() {
        for _ in 0..calls_during_append {
            let Some((&id, (_, _, call))) = bench.calls.first_key_value() else { break };
            let made = object(Some("id"), &call.address().resource.name);
            bench.answer(id, CallResult::Create(Ok(made)));
            bench.poll();
        }
        if let Some((_, entries)) = &bench.append {
            most = most.max(entries.iter().filter(|entry| matches!(entry, Entry::Intent(_))).count());
            bench.append_ok();
            bench.poll();
        }
    }
    assert!(bench.violations.is_empty(), "{:?}", bench.violations);
    most
}

#[test]
fn intents_gather_only_while_the_journal_is_slower_than_the_calls() {
    assert!(most_intents_at_once(1) <= 8, "calls are slow: as many as run and as many in waiting");
    let gathered = most_intents_at_once(STEPS);
    assert!((32..=68).contains(&gathered), "{gathered} intents in one append, which is as many as allowed");
}
