//! `evenkeel explain`: why an object changes, does not change, or waits.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_lang::config::{IgnoreChanges, Resource, ResourceKey};
use evenkeel_lang::eval::did_you_mean;
use evenkeel_model::{InstanceAddress, ResourceAddress, ResourceMode, Revision};
use evenkeel_plan::{Change, ChangeAction, Mode};
use evenkeel_provider::Providers;
use evenkeel_state::ObjectStatus;
use evenkeel_store::Store;

use crate::args::{ExplainArgs, Global};
use crate::commands::wish;
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::interrupt::Signals;
use crate::flow::planning::{Planned, plan_unseen};
use crate::flow::why;
use crate::render::{Explained, LastChange, Neighbour, Remembered, Whys};
use crate::ui::Ui;

/// More instances of one resource are not explained one by one.
const INSTANCES_MAX: usize = 20;

pub async fn run(global: &Global, args: ExplainArgs, providers: Providers, ui: &Ui) -> Result<u8, Failure> {
    let address: InstanceAddress = args.address.parse().map_err(|error| {
        let detail = format!(
            "{error}. An object has an address such as aws_vpc.main[\"a\"] or module.net.aws_vpc.main."
        );
        Failure::plain(format!("Invalid address \"{}\"", args.address), detail)
    })?;
    let signals = Signals::listen();
    let quiet = ui.without_refresh_lines();
    let (location, revision) = (&*args.run.location, args.run.revision.as_deref());
    let session = Session::to_plan(global, location, revision, providers, &quiet).await?;
    let mode = if args.destroy { Mode::Destroy } else { Mode::Normal };
    let wish = wish(&session, &args.run, &args.choice, mode).await?;
    let planned = plan_unseen(&session, wish, session.state().await?, &signals).await?;
    let addresses = instances(&planned, &address)?;
    let whys = why::tell(&session, &planned, Some(&args.run)).await;
    let mut all = Vec::with_capacity(addresses.len());
    for address in &addresses {
        all.push(explain(&session, &planned, &whys, address).await?);
    }
    ui.explained(&all);
    Ok(0)
}

/// The instances that an address means: itself, or all of a resource.
fn instances(planned: &Planned, address: &InstanceAddress) -> Result<Vec<InstanceAddress>, Failure> {
    let known = known(planned);
    if known.contains(address) {
        return Ok(vec![address.clone()]);
    }
    let of_resource: Vec<_> = match address.key {
        None => known
            .iter()
            .filter(|known| known.resource == address.resource)
            .take(INSTANCES_MAX)
            .cloned()
            .collect(),
        Some(_) => Vec::new(),
    };
    if !of_resource.is_empty() {
        return Ok(of_resource);
    }
    if address.key.is_none() && declared(planned, &address.resource).is_some() {
        // It has no instances, or none that this plan knows.
        return Ok(vec![address.clone()]);
    }
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let near = did_you_mean(&address.to_string(), names.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("Did you mean {near}?"),
        None => "`evenkeel state list` shows what is remembered.".to_owned(),
    };
    let detail = format!("{address} is neither in the configuration nor in the state. {hint}");
    Err(Failure::plain("No such object", detail))
}

/// Every instance that is planned, changed or remembered.
fn known(planned: &Planned) -> BTreeSet<InstanceAddress> {
    let plan = &planned.plan;
    let planned_ones = plan
        .resources
        .iter()
        .flat_map(|(resource, values)| values.instances.keys().map(|key| resource.instance(key.clone())));
    let changed = plan.changes.iter().map(|change| change.address.clone());
    planned_ones.chain(changed).chain(planned.state.instances.keys().cloned()).collect()
}

fn declared<'p>(planned: &'p Planned, resource: &ResourceAddress) -> Option<&'p Resource> {
    let module = planned.loaded.configuration.module(&resource.module.without_keys())?;
    let key = ResourceKey { mode: resource.mode, kind: resource.kind.clone(), name: resource.name.clone() };
    module.resources.get(&key)
}

async fn explain(
    session: &Session,
    planned: &Planned,
    whys: &Whys,
    address: &InstanceAddress,
) -> Result<Explained, Failure> {
    let plan = &planned.plan;
    let found = plan.changes.iter().position(|change| change.address == *address && change.deposed.is_none());
    let change = found.and_then(|number| plan.changes.get(number));
    let resource = declared(planned, &address.resource);
    let is_planned =
        plan.resources.get(&address.resource).is_some_and(|all| all.instances.contains_key(&address.key));
    let replaced = change.is_some_and(|change| change.action.is_replace());
    let drift = plan.drift_of(address).filter(|_| change.is_none());
    Ok(Explained {
        address: address.to_string(),
        declared: match resource {
            Some(resource) => {
                Some((resource.range.clone(), why::origin(session, planned, &resource.range).await))
            }
            None => None,
        },
        state: remembered(planned, address),
        last: last(session, address).await?,
        change: change.cloned(),
        drift: drift.map(crate::render::drifted_paths).unwrap_or_default(),
        reasons: found.map(|number| whys.of(number).to_vec()).unwrap_or_default(),
        left_out: plan.partial && change.is_none() && !is_planned,
        was_read: address.resource.mode == ResourceMode::Data && planned.answers.data.contains_key(address),
        ignored: resource.map(ignored).unwrap_or_default(),
        waits_for: waits_for(change, resource),
        needs: needs(planned, change, address),
        needed_by: needed_by(planned, &address.resource),
        followers: if replaced {
            whys.followers.get(&address.resource).cloned().unwrap_or_default()
        } else {
            Vec::new()
        },
    })
}

fn remembered(planned: &Planned, address: &InstanceAddress) -> Option<Remembered> {
    let instance = planned.state.instances.get(address)?;
    let object = instance.current.as_ref();
    Some(Remembered {
        id: object.and_then(|object| object.id()).map(str::to_owned),
        is_tainted: object.is_some_and(|object| object.status == ObjectStatus::Tainted),
        deposed: instance.deposed.len(),
    })
}

async fn last(session: &Session, address: &InstanceAddress) -> Result<Option<LastChange>, Failure> {
    let versions = session.store.history(&session.stack, address).await?;
    Ok(versions.last().map(|version| LastChange {
        run: version.run.map(|run| run.to_string()),
        revision: version.revision.as_ref().map(|revision| match revision {
            Revision::Commit(id) => id.get(..12).unwrap_or(id).to_owned(),
            Revision::Directory(_) => "of the directory as it stood".to_owned(),
        }),
        at: version.at,
    }))
}

fn ignored(resource: &Resource) -> Vec<String> {
    match &resource.lifecycle.ignore_changes {
        IgnoreChanges::None => Vec::new(),
        IgnoreChanges::All => vec!["all attributes (ignore_changes = all)".to_owned()],
        IgnoreChanges::Paths(paths) => paths.iter().map(|ignored| ignored.path.to_string()).collect(),
    }
}

/// The attributes that configuration sets to something that only apply will tell.
fn waits_for(change: Option<&Change>, resource: Option<&Resource>) -> Vec<String> {
    let (Some(after), Some(resource)) = (change.and_then(|change| change.after.as_ref()), resource) else {
        return Vec::new();
    };
    let names = resource.body.attributes.iter().map(|attribute| &attribute.name);
    let unknown = names.filter(|name| after.get(name).is_some_and(|value| !value.is_wholly_known()));
    unknown.map(ToString::to_string).collect()
}

fn needs(planned: &Planned, change: Option<&Change>, address: &InstanceAddress) -> Vec<Neighbour> {
    let object = planned.state.instances.get(address).and_then(|instance| instance.current.as_ref());
    let needed = match (change, object) {
        (Some(change), _) => change.dependencies.as_slice(),
        (None, Some(object)) => object.dependencies.as_slice(),
        (None, None) => &[],
    };
    neighbours(planned, needed.iter().cloned().collect())
}

fn needed_by(planned: &Planned, resource: &ResourceAddress) -> Vec<Neighbour> {
    let needs_it =
        |dependencies: &[ResourceAddress]| dependencies.iter().any(|needed| needed.covers(resource));
    let changes = planned.plan.changes.iter().filter(|change| needs_it(&change.dependencies));
    let objects = planned.state.instances.iter().filter(|(_, instance)| {
        instance.current.as_ref().is_some_and(|object| needs_it(&object.dependencies))
    });
    let all =
        changes.map(|change| &change.address.resource).chain(objects.map(|(address, _)| &address.resource));
    neighbours(planned, all.filter(|other| *other != resource).cloned().collect())
}

fn neighbours(planned: &Planned, resources: BTreeSet<ResourceAddress>) -> Vec<Neighbour> {
    let mut actions: BTreeMap<ResourceAddress, BTreeSet<ChangeAction>> =
        resources.into_iter().map(|resource| (resource, BTreeSet::new())).collect();
    for change in planned.plan.changes.iter().filter(|change| change.deposed.is_none()) {
        if let Some(known) = actions.get_mut(&change.address.resource) {
            known.insert(change.action);
        }
    }
    let named = actions.into_iter();
    named.map(|(address, actions)| Neighbour { address, actions: actions.into_iter().collect() }).collect()
}
