//! `evenkeel state mv`: gives objects that are remembered another address, and does nothing else.

use std::collections::BTreeSet;

use evenkeel_model::{
    Diagnostic, Diagnostics, InstanceAddress, ModuleAddress, ResourceAddress, ResourceMode,
};
use evenkeel_plan::Target;
use evenkeel_state::{DeposedKey, Entry, Object, State};

use super::{forgotten, objects, rewrite};
use crate::args::StateChangeArgs;
use crate::error::Failure;
use crate::flow::Session;

/// One thing that is moved, as the user sees it.
struct Move {
    from: String,
    to: String,
    instances: Vec<(InstanceAddress, InstanceAddress)>,
}

pub(super) async fn run(
    session: &Session,
    source: &str,
    destination: &str,
    dry_run: bool,
    change: &StateChangeArgs,
) -> Result<(), Failure> {
    let ui = &session.ui;
    let moves = moves(&session.state().await?, source, destination)?;
    let verb = if dry_run { "Would move" } else { "Move" };
    for one in &moves {
        ui.line(&format!("{verb} {:?} to {:?}", one.from, one.to));
    }
    if !dry_run {
        let instances: Vec<_> = moves.iter().flat_map(|one| one.instances.clone()).collect();
        rewrite(session, change.lock_timeout, |state| entries(state, &instances)).await?;
        ui.line(&format!("Successfully moved {} object(s).", moves.len()));
    }
    Ok(())
}

/// What goes where. Whether an address without a key means a resource or its only instance, the state says.
fn moves(state: &State, source: &str, destination: &str) -> Result<Vec<Move>, Failure> {
    let (from, to) = (parsed(source)?, parsed(destination)?);
    match from {
        Target::Module(from) => modules(state, &from, &to),
        Target::Resource(resource) => {
            let single = resource.instance(None);
            if state.instances.contains_key(&single) {
                return instance(state, &single, &to, destination);
            }
            whole(state, &resource, &to)
        }
        Target::Instance(from) => instance(state, &from, &to, destination),
    }
}

fn parsed(text: &str) -> Result<Target, Failure> {
    text.parse().map_err(|error| Failure::plain("Invalid address", format!("{error}.")))
}

/// A module instance with everything inside: the modules that have objects, one by one.
fn modules(state: &State, from: &ModuleAddress, to: &Target) -> Result<Vec<Move>, Failure> {
    let all = state.instances.keys().map(|address| &address.resource.module);
    let inside: BTreeSet<&ModuleAddress> = all.filter(|module| module.0.starts_with(&from.0)).collect();
    if inside.is_empty() {
        return Err(no_source(from));
    }
    let Target::Module(to) = to else {
        let detail = format!("Cannot move {from} to {to}: the target must also be a module.");
        return Err(Failure::plain("Invalid target address", detail));
    };
    let moved = |module: &ModuleAddress| {
        let rest = module.0.iter().skip(from.0.len());
        ModuleAddress(to.0.iter().chain(rest).cloned().collect())
    };
    let is_taken =
        |module: &ModuleAddress| state.instances.keys().any(|there| there.resource.module == *module);
    if inside.iter().any(|module| is_taken(&moved(module))) {
        return Err(Failure::plain(
            "Error moving state: destination module already exists",
            "Please ensure your addresses and state paths are valid. No state was persisted. Your existing states are \
             untouched.",
        ));
    }
    let one = |module: &ModuleAddress| {
        let target = moved(module);
        let own = state.instances.keys().filter(|address| address.resource.module == *module);
        let instances = own.map(|address| {
            let mut to = address.clone();
            to.resource.module = target.clone();
            (address.clone(), to)
        });
        Move { from: module.to_string(), to: target.to_string(), instances: instances.collect() }
    };
    Ok(inside.into_iter().map(one).collect())
}

/// A resource with all its instances.
fn whole(state: &State, from: &ResourceAddress, to: &Target) -> Result<Vec<Move>, Failure> {
    let own: Vec<InstanceAddress> = instances_of(state, from).cloned().collect();
    if own.is_empty() {
        return Err(no_source(from));
    }
    let Target::Resource(to) = to else {
        let detail = format!(
            "Cannot move {from} to {to}: the source is a whole resource (not a resource instance) so the target must also \
             be a whole resource."
        );
        return Err(Failure::plain("Invalid target address", detail));
    };
    let mut problems = unlike(from, to);
    if instances_of(state, to).next().is_some() {
        problems.push(taken(format_args!(
            "Cannot move to {to}: there is already a resource at that address in the current state."
        )));
    }
    if problems.has_errors() {
        return Err(problems.into());
    }
    let instances = own.into_iter().map(|address| {
        let to = to.instance(address.key.clone());
        (address, to)
    });
    Ok(vec![Move { from: from.to_string(), to: to.to_string(), instances: instances.collect() }])
}

/// One instance, to an address with a key or without one.
fn instance(
    state: &State,
    from: &InstanceAddress,
    to: &Target,
    destination: &str,
) -> Result<Vec<Move>, Failure> {
    let target = match to {
        Target::Instance(to) => to.clone(),
        Target::Resource(to) => to.instance(None),
        Target::Module(_) => {
            let detail = format!("Cannot move {from} to {to}: the target must also be a resource instance.");
            return Err(Failure::plain("Invalid target address", detail));
        }
    };
    let mut problems = unlike(&from.resource, &target.resource);
    if state.instances.contains_key(&target) {
        problems.push(taken(format_args!(
            "Cannot move to {target}: there is already a resource instance at that address in the current state."
        )));
    }
    if !state.instances.contains_key(from) {
        let detail = format!("The current state does not contain {from}.");
        problems.push(Diagnostic::error("Invalid source address", detail));
    }
    if problems.has_errors() {
        return Err(problems.into());
    }
    let instances = vec![(from.clone(), target)];
    Ok(vec![Move { from: from.to_string(), to: destination.to_owned(), instances }])
}

fn instances_of<'s>(
    state: &'s State,
    resource: &'s ResourceAddress,
) -> impl Iterator<Item = &'s InstanceAddress> {
    let from = state.instances.range(resource.instance(None)..).map(|(address, _)| address);
    from.take_while(move |address| address.resource == *resource)
}

fn no_source(address: &dyn std::fmt::Display) -> Failure {
    let detail = format!("Cannot move {address}: does not match anything in the current state.");
    Failure::plain("Invalid source address", detail)
}

fn taken(detail: std::fmt::Arguments<'_>) -> Diagnostic {
    Diagnostic::error("Invalid target address", detail.to_string())
}

/// Why what is at one address cannot be at the other.
fn unlike(from: &ResourceAddress, to: &ResourceAddress) -> Diagnostics {
    let mut found = Diagnostics::new();
    let summary = "Invalid state move request";
    if from.mode != to.mode {
        let what = if from.mode == ResourceMode::Data { "data" } else { "managed" };
        let detail = format!(
            "Cannot move {from} to {to}: a {what} resource can be moved only to another {what} resource address."
        );
        found.push(Diagnostic::error(summary, detail));
    }
    if from.kind != to.kind {
        let detail = format!("Cannot move {from} to {to}: resource types don't match.");
        found.push(Diagnostic::error(summary, detail));
    }
    found
}

/// The objects at their new addresses, and everything that was made from them with what it is made from now.
fn entries(state: &State, moves: &[(InstanceAddress, InstanceAddress)]) -> Vec<Entry> {
    let names: Names<'_> = moves.iter().map(|(from, to)| (&from.resource, &to.resource)).collect();
    let sources: BTreeSet<&InstanceAddress> = moves.iter().map(|(from, _)| from).collect();
    let moved = moves.iter().flat_map(|(from, to)| {
        let there =
            objects(state, from).map(|(deposed, object)| observed(to, deposed, renamed(object, &names)));
        there.chain(forgotten(state, from))
    });
    let others = state.instances.keys().filter(|address| !sources.contains(address));
    let users = others.flat_map(|address| {
        let all = objects(state, address).map(|(deposed, object)| (deposed, object, renamed(object, &names)));
        let changed = all.filter(|(_, object, renamed)| object.dependencies != renamed.dependencies);
        changed.map(|(deposed, _, renamed)| observed(address, deposed, renamed)).collect::<Vec<_>>()
    });
    moved.chain(users).collect()
}

/// Which resource got which name.
type Names<'a> = BTreeSet<(&'a ResourceAddress, &'a ResourceAddress)>;

fn observed(address: &InstanceAddress, deposed: Option<DeposedKey>, object: Object) -> Entry {
    Entry::Observed { address: address.clone(), deposed, object: Some(Box::new(object)) }
}

/// An object that was made from what is moved is made from it at its new address. The next plan takes away
/// what is not needed any more.
fn renamed(object: &Object, names: &Names<'_>) -> Object {
    let mut needs: BTreeSet<ResourceAddress> = object.dependencies.iter().cloned().collect();
    for (_, to) in names.iter().filter(|(from, to)| from != to && needs_any(object, from)) {
        needs.insert((*to).clone());
    }
    Object { dependencies: needs.into_iter().collect(), ..object.clone() }
}

fn needs_any(object: &Object, resource: &ResourceAddress) -> bool {
    object.dependencies.iter().any(|need| need.covers(resource))
}
