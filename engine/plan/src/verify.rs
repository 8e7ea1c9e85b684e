//! The invariants of a plan, one function each: checked after planning and again before applying.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_lang::config::When;
use evenkeel_model::{ResourceAddress, ResourceMode};
use evenkeel_state::{Object, State, StepId};

use crate::register::Register;
use crate::types::{Change, ChangeAction, Plan, StepKind};

/// What is wrong with a plan made from a state; empty for every plan that may be applied.
pub fn violations(plan: &Plan, state: &State) -> Vec<String> {
    let mut found = Vec::new();
    steps_are_ordered(plan, &mut found);
    changes_have_their_steps(plan, &mut found);
    provisioners_stand_beside_their_calls(plan, &mut found);
    changes_fit_the_state(plan, state, &mut found);
    destroys_follow_dependents(plan, state, &mut found);
    found
}

/// Whether a plan may be applied to a state: the very one it was made from.
pub fn is_current(plan: &Plan, state: &State) -> bool {
    plan.base_serial == state.serial && plan.lineage == state.lineage
}

fn steps_are_ordered(plan: &Plan, found: &mut Vec<String>) {
    for (place, step) in plan.steps.iter().enumerate() {
        if step.id.0 as usize != place {
            found.push(format!("step {} stands at place {place}", step.id));
        }
        if step.needs.iter().any(|needed| *needed >= step.id) {
            found.push(format!("step {} needs a later one", step.id));
        }
    }
}

fn changes_have_their_steps(plan: &Plan, found: &mut Vec<String>) {
    let mut counts = vec![(0_usize, 0_usize); plan.changes.len()];
    for step in &plan.steps {
        let Some(counts) = step.kind.change().and_then(|change| counts.get_mut(change)) else { continue };
        match step.kind {
            StepKind::Delete { .. } => counts.1 += 1,
            StepKind::Create { .. } | StepKind::Update { .. } | StepKind::Read { .. } => counts.0 += 1,
            StepKind::Provision { .. } | StepKind::Join { .. } => {}
        }
    }
    for (change, counts) in plan.changes.iter().zip(counts) {
        let wanted = match change.action {
            ChangeAction::Read | ChangeAction::Create | ChangeAction::Update => (1, 0),
            ChangeAction::Delete => (0, 1),
            ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => (1, 1),
            ChangeAction::Forget | ChangeAction::NoOp => (0, 0),
        };
        if counts != wanted {
            found.push(format!("{} does not have the steps its action needs", change.address));
        }
    }
}

/// A provisioner runs after the object was made, or before it is destroyed.
fn provisioners_stand_beside_their_calls(plan: &Plan, found: &mut Vec<String>) {
    if !plan.steps.iter().any(|step| matches!(step.kind, StepKind::Provision { .. })) {
        return;
    }
    let calls = plan.steps.iter().filter_map(|step| match step.kind {
        StepKind::Create { change, .. } => Some(((change, true), step.id)),
        StepKind::Delete { change, .. } => Some(((change, false), step.id)),
        _ => None,
    });
    let calls: BTreeMap<(usize, bool), StepId> = calls.collect();
    for step in &plan.steps {
        let StepKind::Provision { change, when, .. } = step.kind else { continue };
        let call = calls.get(&(change, when == When::Create));
        let is_beside = call.is_some_and(|call| (*call < step.id) == (when == When::Create));
        if !is_beside {
            found.push(format!("the provisioner of step {} does not stand beside its call", step.id));
        }
    }
}

fn changes_fit_the_state(plan: &Plan, state: &State, found: &mut Vec<String>) {
    let gone: BTreeSet<_> = plan
        .refreshed
        .iter()
        .filter(|refreshed| refreshed.object.is_none())
        .map(|refreshed| (&refreshed.address, refreshed.deposed))
        .collect();
    for change in plan.changes.iter().filter(|change| change.address.resource.mode == ResourceMode::Managed) {
        let exists = (object_of(change, state).is_some() || change.importing.is_some())
            && !gone.contains(&(&change.address, change.deposed));
        if (change.action == ChangeAction::Create) == exists {
            let state = if exists { "exists already" } else { "does not exist" };
            found.push(format!(
                "{} is planned to be {}d but {state}",
                change.address,
                change.action.names()[0]
            ));
        }
    }
}

/// The object that a change is about, where state has it.
fn object_of<'s>(change: &Change, state: &'s State) -> Option<&'s Object> {
    let instance = state.instances.get(change.previous_address.as_ref().unwrap_or(&change.address))?;
    match change.deposed {
        Some(key) => instance.deposed.get(&key),
        None => instance.current.as_ref(),
    }
}

/// Nothing is destroyed while something that was made from it has yet to be.
fn destroys_follow_dependents(plan: &Plan, state: &State, found: &mut Vec<String>) {
    let mut first: Register<Option<StepId>> = Register::default();
    let destroys = || {
        plan.steps.iter().filter_map(|step| match step.kind {
            StepKind::Delete { .. } => Some((step.id, plan.change_of(step)?)),
            _ => None,
        })
    };
    for (id, change) in destroys() {
        first.entry(&change.address.resource).get_or_insert(id);
    }
    let mut earliest: BTreeMap<&ResourceAddress, Option<StepId>> = BTreeMap::new();
    for (id, change) in destroys() {
        for needed in object_of(change, state).into_iter().flat_map(|object| &object.dependencies) {
            let first = || first.covered_by(needed).into_iter().flatten().min().copied();
            let earlier = earliest.entry(needed).or_insert_with(first).is_some_and(|first| first < id);
            if earlier && !needed.covers(&change.address.resource) {
                found
                    .push(format!("{needed} is destroyed before {}, which was made from it", change.address));
            }
        }
    }
}
