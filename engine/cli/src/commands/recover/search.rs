//! Looking for objects: every type that a plan would create objects of is listed once, and what has no list is
//! asked for by its natural key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, Value};
use evenkeel_plan::matching::{Candidate, Evidence, NATURAL_KEYS, Wanted, matching};
use evenkeel_plan::{Answers, Change, ChangeAction, Input, Options};
use evenkeel_provider::{Connection, ImportRequest, ListRequest, Listed};
use evenkeel_state::{ProviderConfigAddress, State};
use evenkeel_store::Store;
use futures_util::stream::{self, StreamExt};

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::planning::Planned;

/// So many objects of a type are looked at as a whole; of more only what the listing says is compared.
const LOOKED_AT_MAX: usize = 500;

/// So many are looked at at the same time.
const AT_ONCE: usize = 10;

/// An object that was found for an instance.
#[derive(Clone, Debug)]
pub struct Found {
    /// What an import is given.
    pub id: String,
    /// Why it is taken to be the one.
    pub why: Evidence,
}

/// The type of a provider block.
pub type Kind = (ProviderConfigAddress, Arc<str>);

/// What is known of the objects of a type.
#[derive(Default)]
pub struct Objects {
    /// Those that no state has.
    pub listed: Vec<Listed>,
    /// As they are, where they were looked at.
    values: Vec<Option<Value>>,
    /// Whether the type can be listed, or has a natural key here.
    pub can_be_found: bool,
    /// Why they could not be listed.
    pub problem: Option<String>,
}

/// The search, with what it was told.
pub struct Search {
    /// The identifiers that states have, with their types.
    known: BTreeSet<(Arc<str>, String)>,
    /// By provider block and type.
    pub objects: BTreeMap<Kind, Objects>,
    /// For instances without a match, the objects that they may be.
    pub doubtful: BTreeMap<InstanceAddress, Vec<String>>,
}

impl Search {
    pub async fn of(session: &Session) -> Result<Self, Failure> {
        let mut known = BTreeSet::new();
        for stack in session.store.stacks().await? {
            for (address, instance) in session.store.load(&stack).await?.instances {
                let objects = instance.current.iter().chain(instance.deposed.values());
                let ids = objects.filter_map(|object| object.id().map(str::to_owned));
                known.extend(ids.map(|id| (address.resource.kind.clone(), id)));
            }
        }
        Ok(Self { known, objects: BTreeMap::new(), doubtful: BTreeMap::new() })
    }

    /// The instances for which an object was found now.
    pub async fn look(
        &mut self,
        session: &Session,
        planned: &Planned,
        found: &BTreeMap<InstanceAddress, Found>,
    ) -> Result<BTreeMap<InstanceAddress, Found>, Failure> {
        let mut wanted: BTreeMap<Kind, Vec<&Change>> = BTreeMap::new();
        for change in missing(planned) {
            let kind = (change.provider.clone(), change.address.resource.kind.clone());
            wanted.entry(kind).or_default().push(change);
        }
        let configs =
            configs(session, planned, wanted.keys().map(|(provider, _)| provider.clone()).collect())?;
        let mut more = BTreeMap::new();
        self.doubtful.clear();
        for (kind, changes) in wanted {
            let Some(config) = configs.get(&kind.0) else { continue };
            let Ok(connection) = session.pool.connection(&kind.0.provider, config).await else { continue };
            if !self.objects.contains_key(&kind) {
                let objects = listed(session, &*connection, &kind, &self.known).await;
                self.objects.insert(kind.clone(), objects);
            }
            if let Some(objects) = self.objects.get_mut(&kind) {
                by_natural_key(session, &*connection, &kind, &changes, objects).await;
                more.extend(matched(session, &kind, &changes, objects, found, &mut self.doubtful));
            }
        }
        Ok(more)
    }
}

/// The instances that a plan would create objects for.
pub fn missing(planned: &Planned) -> impl Iterator<Item = &Change> {
    let changes = planned.plan.changes.iter();
    changes.filter(|change| change.action == ChangeAction::Create && change.importing.is_none())
}

fn configs(
    session: &Session,
    planned: &Planned,
    wanted: BTreeSet<ProviderConfigAddress>,
) -> Result<BTreeMap<ProviderConfigAddress, Value>, Failure> {
    let input = Input {
        snapshot: &planned.loaded.snapshot,
        configuration: &planned.loaded.configuration,
        state: &State::default(),
        catalog: &session.catalog,
        variables: &planned.variables,
        options: &Options::default(),
        answers: &Answers::default(),
    };
    evenkeel_plan::provider_configs(&input, &wanted)
        .map_err(|diagnostics| Failure::in_files(diagnostics, &planned.loaded.snapshot))
}

/// All objects of a type that no state has.
async fn listed(
    session: &Session,
    connection: &dyn Connection,
    kind: &Kind,
    known: &BTreeSet<(Arc<str>, String)>,
) -> Objects {
    let mut objects = Objects { can_be_found: connection.lists(&kind.1), ..Objects::default() };
    let mut after = None;
    while objects.can_be_found {
        match connection.list(ListRequest { kind: kind.1.clone(), after }).await {
            Ok(page) => {
                let is_new = |object: &Listed| !known.contains(&(kind.1.clone(), object.id.clone()));
                objects.listed.extend(page.objects.into_iter().filter(is_new));
                after = page.next;
            }
            Err(error) => {
                objects.problem = Some(error.to_string());
                after = None;
            }
        }
        if after.is_none() {
            break;
        }
    }
    let looked_at = objects.listed.iter().take(LOOKED_AT_MAX);
    let values = looked_at.map(|object| value(session, connection, kind, object.import_id()));
    objects.values = stream::iter(values).buffered(AT_ONCE).collect().await;
    objects
}

/// An object as it is; nothing where it cannot be looked at.
async fn value(session: &Session, connection: &dyn Connection, kind: &Kind, id: &str) -> Option<Value> {
    let schema = session.catalog.spec(&kind.0.provider)?.resource(&kind.1)?.schema();
    let address: InstanceAddress = format!("{}.found", kind.1).parse().ok()?;
    let prior = evenkeel_plan::identified(schema, id);
    let request = ImportRequest { kind: kind.1.clone(), address, id: id.into(), prior };
    connection.import(request).await.ok().flatten()
}

/// Asks for objects of a type without a list by the names that are planned for them.
async fn by_natural_key(
    session: &Session,
    connection: &dyn Connection,
    kind: &Kind,
    changes: &[&Change],
    objects: &mut Objects,
) {
    let has_block = session.catalog.spec(&kind.0.provider).is_some_and(|spec| {
        let block = &spec.config_schema().block;
        !block.attributes.is_empty() || !block.block_types.is_empty()
    });
    // Without a cloud there is nobody who would know an object by its name.
    if connection.lists(&kind.1) || !has_block {
        return;
    }
    for change in changes {
        let planned = |key: &&&str| change.after.as_ref().and_then(|after| after.get_str(key)).is_some();
        let Some(key) = NATURAL_KEYS.iter().find(planned) else { continue };
        let Some(id) = change.after.as_ref().and_then(|after| after.get_str(key)) else { continue };
        objects.can_be_found = true;
        if objects.listed.iter().any(|object| object.id == id) {
            continue;
        }
        if let Some(value) =
            value(session, connection, kind, id).await.filter(|it| it.get_str(key) == Some(id))
        {
            objects.listed.push(Listed { name: Some(id.to_owned()), ..Listed::of(id) });
            objects.values.push(Some(value));
        }
    }
}

/// Matches the instances of a type with the objects that nobody has yet.
fn matched(
    session: &Session,
    kind: &Kind,
    changes: &[&Change],
    objects: &Objects,
    found: &BTreeMap<InstanceAddress, Found>,
    doubtful: &mut BTreeMap<InstanceAddress, Vec<String>>,
) -> BTreeMap<InstanceAddress, Found> {
    let spec = session.catalog.spec(&kind.0.provider).and_then(|spec| spec.resource(&kind.1));
    let Some(schema) = spec.map(|spec| spec.schema()) else { return BTreeMap::new() };
    let taken: BTreeSet<&str> = found
        .iter()
        .filter(|(address, _)| address.resource.kind == kind.1)
        .map(|(_, found)| &*found.id)
        .collect();
    let wanted: Vec<Wanted<'_>> = changes
        .iter()
        .filter_map(|change| Some(Wanted { address: &change.address, value: change.after.as_ref()?, schema }))
        .collect();
    let candidates: Vec<Candidate<'_>> = objects
        .listed
        .iter()
        .enumerate()
        .filter(|(_, listed)| !taken.contains(listed.import_id()))
        .map(|(place, listed)| Candidate {
            listed,
            value: objects.values.get(place).and_then(Option::as_ref),
        })
        .collect();
    let matching = matching(&wanted, &candidates);
    let id = |object: usize| candidates.get(object).map(|candidate| candidate.listed.import_id().to_owned());
    for (instance, others) in &matching.doubtful {
        if let Some(wanted) = wanted.get(*instance) {
            doubtful.insert(wanted.address.clone(), others.iter().filter_map(|object| id(*object)).collect());
        }
    }
    let pairs = matching.pairs.iter();
    pairs
        .filter_map(|(instance, (object, why))| {
            let address = wanted.get(*instance)?.address.clone();
            Some((address, Found { id: id(*object)?, why: *why }))
        })
        .collect()
}
