//! Why a plan changes what it changes: for every change the attributes that differ, and for each the
//! expressions it is made of, followed through local values, variables and module calls; or what else
//! it is: drift, a dependency that changes, a wish of the user.
//!
//! This is told of a finished plan and decides nothing; a plan is the same without it. Which commit
//! brought an expression is for whoever can read a history (`evenkeel-source`).

mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::ast::{Body, Expr};
use evenkeel_lang::config::{
    Configuration, Module, ModuleCall, MoveEndpoint, Moved, RemovedTarget, Resource, ResourceKey,
};
use evenkeel_model::{InstanceAddress, ModuleAddress, Path, PathStep, ResourceAddress, SourceRange, Value};
use evenkeel_provider::diff;
use evenkeel_state::State;
use evenkeel_state::drift::DriftKind;

use crate::drift::Cause;
use crate::types::{ActionReason, Change, ChangeAction, Drift, Plan};
use trace::Tracer;

/// Why something about an object changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What kind of reason it is.
    pub why: Why,
    /// The attributes of which it is the reason; none where it is that of the whole change.
    pub attributes: BTreeSet<Arc<str>>,
    /// Where it may stand, what the expression itself is first.
    pub places: Vec<Place>,
    /// The variables of the root module that take part, and whether the value is nothing but the
    /// variable's.
    pub variables: BTreeMap<Arc<str>, bool>,
}

/// A kind of reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Configuration says something else than before.
    Configuration,
    /// Configuration does not set the attribute any more.
    Unset,
    /// The provider gives the attribute another value by itself.
    ProviderDefault,
    /// It was changed outside and is put back.
    Drift,
    /// It was deleted outside.
    DeletedOutside,
    /// These change, and it is made from them.
    Dependency(BTreeSet<ResourceAddress>),
    /// These change, and `replace_triggered_by` names them.
    Trigger(BTreeSet<ResourceAddress>),
    /// The user asked for it with `-replace`.
    Requested,
    /// Its creation did not complete.
    Tainted,
    /// It is left over from a replacement that failed.
    LeftOver,
    /// It is new in configuration.
    Added,
    /// It is no longer in configuration.
    Removed,
    /// Everything is destroyed.
    Destroy,
    /// It was at another address.
    Moved,
    /// It is taken over from outside.
    Imported,
    /// A check looks when everything else is done.
    Check,
}

impl Why {
    /// The word for it in documents for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Unset => "unset",
            Self::ProviderDefault => "provider_default",
            Self::Drift => "drift",
            Self::DeletedOutside => "deleted_outside",
            Self::Dependency(_) => "dependency",
            Self::Trigger(_) => "replace_triggered_by",
            Self::Requested => "requested",
            Self::Tainted => "tainted",
            Self::LeftOver => "left_over",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Destroy => "destroy",
            Self::Moved => "moved",
            Self::Imported => "imported",
            Self::Check => "check",
        }
    }

    /// The resources that it names.
    pub fn resources(&self) -> Option<&BTreeSet<ResourceAddress>> {
        match self {
            Self::Dependency(resources) | Self::Trigger(resources) => Some(resources),
            _ => None,
        }
    }
}

/// A place in configuration that may be the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub range: SourceRange,
    /// What stands there: `local.size`, `module.net.var.cidr`; empty for the attribute itself.
    pub what: Arc<str>,
    /// Whether everything before it does nothing but name it, so that this is where the value is.
    pub leads_here: bool,
}

/// Says whether configuration may set an attribute of a resource: what only a provider decides,
/// follows from the rest.
pub type Settable<'a> = &'a dyn Fn(&ResourceAddress, &str) -> bool;

/// The reasons of every change of a plan, in its order.
pub fn reasons(
    plan: &Plan,
    configuration: &Configuration,
    state: &State,
    settable: Settable<'_>,
) -> Vec<Vec<Reason>> {
    let reasoner = Reasoner::new(plan, configuration, state, settable);
    plan.changes.iter().map(|change| reasoner.of(change)).collect()
}

/// The changes that are replaced because another one is: of each, the ones that follow from it.
pub fn followers(plan: &Plan, reasons: &[Vec<Reason>]) -> BTreeMap<ResourceAddress, Vec<InstanceAddress>> {
    let mut out: BTreeMap<ResourceAddress, Vec<InstanceAddress>> = BTreeMap::new();
    for (change, reasons) in plan.changes.iter().zip(reasons) {
        if !change.action.is_replace() {
            continue;
        }
        let forcing: BTreeSet<&str> = change.replace_paths.iter().filter_map(Path::first_attribute).collect();
        let forced = reasons.iter().filter(|reason| {
            matches!(reason.why, Why::Trigger(_))
                || reason.attributes.iter().any(|name| forcing.contains(&**name))
        });
        let causes: BTreeSet<_> = forced.filter_map(|reason| reason.why.resources()).flatten().collect();
        for cause in causes.into_iter().filter(|cause| **cause != change.address.resource) {
            out.entry(cause.clone()).or_default().push(change.address.clone());
        }
    }
    out
}

struct Reasoner<'a> {
    plan: &'a Plan,
    configuration: &'a Configuration,
    settable: Settable<'a>,
    /// What happens to the instances of a resource; moves and imports are nothing that others follow.
    changing: BTreeMap<(Vec<Arc<str>>, ResourceKey), BTreeSet<ChangeAction>>,
    /// Every resource that is remembered, and every module with instances that are.
    remembered: BTreeSet<ResourceAddress>,
    modules: BTreeSet<ModuleAddress>,
    calls: BTreeSet<Vec<Arc<str>>>,
    drifted: BTreeSet<&'a InstanceAddress>,
}

/// The key of a resource inside its module.
fn key_of(resource: &ResourceAddress) -> ResourceKey {
    ResourceKey { mode: resource.mode, kind: resource.kind.clone(), name: resource.name.clone() }
}

impl<'a> Reasoner<'a> {
    fn new(plan: &'a Plan, configuration: &'a Configuration, state: &State, settable: Settable<'a>) -> Self {
        let mut changing: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for change in plan.changes.iter().filter(|change| change.deposed.is_none()) {
            let resource = &change.address.resource;
            if !matches!(change.action, ChangeAction::NoOp | ChangeAction::Forget) {
                let key = (resource.module.without_keys(), key_of(resource));
                changing.entry(key).or_default().insert(change.action);
            }
        }
        let instances = || state.instances.keys().map(|address| &address.resource);
        let modules = instances().flat_map(|resource| {
            let steps = &resource.module.0;
            (1..=steps.len()).map(|length| ModuleAddress(steps.iter().take(length).cloned().collect()))
        });
        let (remembered, modules): (_, BTreeSet<ModuleAddress>) =
            (instances().cloned().collect(), modules.collect());
        let calls = modules.iter().map(ModuleAddress::without_keys).collect();
        let drifted = plan.drift.iter().map(|drift| &drift.address).collect();
        Self { plan, configuration, settable, changing, remembered, modules, calls, drifted }
    }

    fn of(&self, change: &Change) -> Vec<Reason> {
        if change.deposed.is_some() {
            return vec![Reason::plain(Why::LeftOver)];
        }
        let mut found = Vec::new();
        if change.importing.is_some() {
            found.push(Reason::at(Why::Imported, self.import_of(change)));
        }
        if let Some(from) = &change.previous_address {
            found.push(Reason::at(Why::Moved, self.move_of(from, &change.address)));
        }
        match change.action {
            ChangeAction::Create => found.extend(self.created(change)),
            ChangeAction::Delete | ChangeAction::Forget => found.extend(self.deleted(change)),
            ChangeAction::Read => found.extend(self.read(change)),
            ChangeAction::Update => found.extend(self.attributes(change)),
            ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => {
                found.extend(self.replaced(change));
                found.extend(self.attributes(change));
            }
            ChangeAction::NoOp => {}
        }
        found
    }

    fn drift_of(&self, change: &Change) -> Option<&Drift> {
        if self.drifted.contains(&change.address) { self.plan.drift_of(&change.address) } else { None }
    }

    fn module(&self, address: &ModuleAddress) -> Option<&'a Arc<Module>> {
        self.configuration.module(&address.without_keys())
    }

    fn resource(&self, address: &ResourceAddress) -> Option<&'a Resource> {
        self.module(&address.module)?.resources.get(&key_of(address))
    }

    fn call(&self, address: &ModuleAddress) -> Option<(Vec<Arc<str>>, &'a ModuleCall)> {
        let path = address.without_keys();
        let (name, parent) = path.split_last()?;
        let call = self.configuration.module(parent)?.calls.get(name)?;
        Some((parent.to_vec(), call))
    }

    fn tracer<'s>(&'s self, address: &'s ResourceAddress) -> Tracer<'s> {
        Tracer::new(self.configuration, &self.changing, address)
    }

    fn replaced(&self, change: &Change) -> Option<Reason> {
        match change.reason? {
            ActionReason::ReplaceBecauseTainted => Some(Reason::plain(Why::Tainted)),
            ActionReason::ReplaceByRequest => Some(Reason::plain(Why::Requested)),
            ActionReason::ReplaceByTriggers => {
                let resource = self.resource(&change.address.resource)?;
                let mut tracer = self.tracer(&change.address.resource);
                for expr in &resource.lifecycle.replace_triggered_by {
                    tracer.expression(expr);
                }
                let traced = tracer.finish();
                let places = vec![Place::here(resource.lifecycle.replace_triggered_by.first()?.range())];
                Some(Reason { places, ..Reason::plain(Why::Trigger(traced.changing)) })
            }
            _ => None,
        }
    }

    fn created(&self, change: &Change) -> Option<Reason> {
        if self.drift_of(change).is_some_and(|drift| drift.kind == DriftKind::Deleted) {
            return Some(Reason::plain(Why::DeletedOutside));
        }
        let address = &change.address.resource;
        let resource = self.resource(address)?;
        if let Some(new) = self.new_module(&address.module) {
            let (parent, call) = self.call(&new)?;
            return Some(match self.calls.contains(&new.without_keys()) {
                true => self.repeated(&parent, call.for_each.as_ref().or(call.count.as_ref()), address),
                false => Reason::at(Why::Added, Some(call.range.clone())),
            });
        }
        let repeats = resource.for_each.as_ref().or(resource.count.as_ref());
        Some(match self.remembered.contains(address) && repeats.is_some() {
            true => self.repeated(&address.module.without_keys(), repeats, address),
            false => Reason::at(Why::Added, Some(resource.range.clone())),
        })
    }

    /// The outermost module on the way to an object of which nothing is remembered.
    fn new_module(&self, module: &ModuleAddress) -> Option<ModuleAddress> {
        let steps = &module.0;
        let mut above =
            (1..=steps.len()).map(|length| ModuleAddress(steps.iter().take(length).cloned().collect()));
        above.find(|address| !self.modules.contains(address))
    }

    /// A reason that stands in `count` or `for_each`.
    fn repeated(&self, path: &[Arc<str>], expr: Option<&Expr>, address: &ResourceAddress) -> Reason {
        let mut tracer = self.tracer(address).in_module(path);
        if let Some(expr) = expr {
            tracer.expression(expr);
        }
        tracer.finish().reason(Why::Configuration)
    }

    fn deleted(&self, change: &Change) -> Option<Reason> {
        if self.plan.mode == crate::Mode::Destroy {
            return Some(Reason::plain(Why::Destroy));
        }
        let address = &change.address.resource;
        let removed = || Some(Reason::at(Why::Removed, self.removal_of(address)));
        match change.reason {
            Some(ActionReason::DeleteBecauseCountIndex | ActionReason::DeleteBecauseEachKey) => {
                let resource = self.resource(address)?;
                let expr = resource.for_each.as_ref().or(resource.count.as_ref());
                Some(self.repeated(&address.module.without_keys(), expr, address))
            }
            Some(ActionReason::DeleteBecauseWrongRepetition) => {
                let resource = self.resource(address)?;
                let expr = resource.for_each.as_ref().or(resource.count.as_ref());
                let range = expr.map_or(&resource.range, Expr::range);
                Some(Reason::at(Why::Configuration, Some(range.clone())))
            }
            Some(ActionReason::DeleteBecauseNoModule) => match self.call(&address.module) {
                Some((parent, call)) if call.for_each.is_some() || call.count.is_some() => {
                    Some(self.repeated(&parent, call.for_each.as_ref().or(call.count.as_ref()), address))
                }
                _ => removed(),
            },
            _ => removed(),
        }
    }

    fn removal_of(&self, address: &ResourceAddress) -> Option<SourceRange> {
        let path = address.module.without_keys();
        let blocks =
            (0..=path.len()).filter_map(|length| Some((length, self.configuration.module(&path[..length])?)));
        let mut ranges = blocks.flat_map(|(length, module)| {
            let (rest, key) = (&path[length..], key_of(address));
            module
                .removed
                .iter()
                .filter(move |removed| is_about(&removed.from, rest, &key))
                .map(|removed| &removed.range)
        });
        ranges.next().cloned()
    }

    fn import_of(&self, change: &Change) -> Option<SourceRange> {
        let path = change.address.resource.module.without_keys();
        let key = key_of(&change.address.resource);
        let mut found = self.configuration.root().imports.iter().filter(|import| {
            import.to.resource == key && import.to.modules.iter().map(|step| &step.name).eq(path.iter())
        });
        found.next().map(|import| import.range.clone())
    }

    fn move_of(&self, from: &InstanceAddress, to: &InstanceAddress) -> Option<SourceRange> {
        let path = to.resource.module.without_keys();
        let modules =
            (0..=path.len()).filter_map(|length| Some((length, self.configuration.module(&path[..length])?)));
        let mut blocks =
            modules.flat_map(|(length, module)| module.moved.iter().map(move |moved| (length, moved)));
        blocks
            .find(|(length, moved)| leads(moved, &path[..*length], from, to))
            .map(|(_, moved)| moved.range.clone())
    }

    fn read(&self, change: &Change) -> Option<Reason> {
        if change.reason == Some(ActionReason::ReadBecauseCheckNested) {
            return Some(Reason::plain(Why::Check));
        }
        let changing = |address: &ResourceAddress| {
            self.changing.contains_key(&(address.module.without_keys(), key_of(address)))
        };
        let needed: BTreeSet<_> =
            change.dependencies.iter().filter(|address| changing(address)).cloned().collect();
        (!needed.is_empty()).then(|| Reason::plain(Why::Dependency(needed)))
    }

    /// The reasons of the attributes that differ.
    fn attributes(&self, change: &Change) -> Vec<Reason> {
        let mut found: Vec<Reason> = Vec::new();
        let Some(resource) = self.resource(&change.address.resource) else { return found };
        for (path, is_drift) in self.differing(change) {
            let Some(name) = path.first_attribute() else { continue };
            let Some(reason) = self.attribute(change, resource, &path, is_drift) else { continue };
            match found.iter_mut().find(|known| known.has_same_origin(&reason)) {
                Some(known) => drop(known.attributes.insert(name.into())),
                None => found.push(Reason { attributes: [name.into()].into(), ..reason }),
            }
        }
        found
    }

    /// The paths that differ, and whether that is drift. Those that force a replacement come first.
    fn differing(&self, change: &Change) -> Vec<(Path, bool)> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Vec::new() };
        let drifted: BTreeSet<Path> = match self.drift_of(change) {
            None => BTreeSet::new(),
            Some(_) => {
                let causes = self.plan.causes(change).into_iter();
                causes.filter(|cause| cause.cause == Cause::Drift).map(|cause| cause.path).collect()
            }
        };
        let mut paths = diff::paths(before, after);
        let forces = |path: &Path| change.replace_paths.iter().any(|forcing| path.0.starts_with(&forcing.0));
        paths.sort_by_key(|path| !forces(path));
        paths.into_iter().map(|path| (path.clone(), drifted.contains(&path))).collect()
    }

    fn attribute(&self, change: &Change, resource: &Resource, path: &Path, is_drift: bool) -> Option<Reason> {
        let name = path.first_attribute()?;
        let mut tracer = self.tracer(&change.address.resource).of(resource);
        let after = change.after.as_ref().and_then(|after| after.at(path).or_else(|| after.get(name)));
        let mut is_set = false;
        for expr in expressions(&resource.body, name) {
            is_set = true;
            tracer.at_path(expr, path.0.get(1..).unwrap_or_default());
        }
        let traced = tracer.finish();
        if !is_set {
            if let Some(reason) = self.gathered(change, resource, path, is_drift) {
                return Some(reason);
            }
            return match after {
                _ if !(self.settable)(&change.address.resource, name) => None,
                Some(after) if !after.is_wholly_known() => None,
                _ if is_drift => Some(Reason::plain(Why::Drift)),
                Some(after) if !after.is_null() => Some(Reason::plain(Why::ProviderDefault)),
                _ => Some(Reason::at(Why::Unset, Some(resource.range.clone()))),
            };
        }
        if is_drift {
            return Some(traced.reason(Why::Drift));
        }
        let unknown = after.is_some_and(|after: &Value| !after.is_wholly_known());
        let changing = match unknown {
            true => traced.changing.clone(),
            false => traced.changed.clone(),
        };
        Some(match changing.is_empty() {
            true => traced.reason(Why::Configuration),
            false => traced.reason(Why::Dependency(changing)),
        })
    }
}

impl Reasoner<'_> {
    /// The reason of an attribute that gathers what another one says and the provider block's defaults for
    /// it, as `tags_all` does with `tags` and `default_tags`.
    fn gathered(&self, change: &Change, resource: &Resource, path: &Path, is_drift: bool) -> Option<Reason> {
        let (first, rest) = path.0.split_first()?;
        let PathStep::Attribute(name) = first else { return None };
        let own = name.strip_suffix(GATHERED)?;
        let own_path =
            Path(std::iter::once(PathStep::Attribute(own.into())).chain(rest.iter().cloned()).collect());
        let at = |value: &Option<Value>| value.as_ref().and_then(|value| value.at(&own_path)).cloned();
        if at(&change.before) != at(&change.after) {
            return self.attribute(change, resource, &own_path, is_drift);
        }
        let provider = &change.provider;
        let module = self.configuration.module(&provider.module)?;
        let block = module.providers.iter().find(|block| {
            block.alias == provider.alias && module.provider_source(&block.name) == provider.provider
        })?;
        let mut tracer = self.tracer(&change.address.resource).in_module(&provider.module);
        let defaults = expressions(&block.body, &format!("{DEFAULTS}{own}"));
        defaults.iter().for_each(|expr| tracer.expression(expr));
        (!defaults.is_empty()).then(|| tracer.finish().reason(Why::Configuration))
    }
}

/// What the name of an attribute ends with that has all of something: that of the object, and what the
/// provider block says for all objects.
const GATHERED: &str = "_all";

/// What the name of the block for all objects begins with.
const DEFAULTS: &str = "default_";

/// The expressions that give an attribute its value, or that stand in the blocks of that name.
fn expressions<'b>(body: &'b Body, name: &str) -> Vec<&'b Expr> {
    let mut found: Vec<&Expr> = body.attribute(name).map(|attribute| &attribute.value).into_iter().collect();
    let of_name = body.blocks.iter().filter(|block| {
        *block.kind == *name
            || (&*block.kind == "dynamic" && block.labels.first().is_some_and(|label| **label == *name))
    });
    let mut bodies: Vec<&Body> = of_name.map(|block| &block.body).collect();
    while let Some(body) = bodies.pop() {
        found.extend(body.attributes.iter().map(|attribute| &attribute.value));
        bodies.extend(body.blocks.iter().map(|block| &block.body));
    }
    found
}

/// Whether a `removed` block names a resource at a path from its module, or a module around it.
fn is_about(target: &RemovedTarget, path: &[Arc<str>], resource: &ResourceKey) -> bool {
    match target {
        RemovedTarget::Module(module) => path.starts_with(module),
        RemovedTarget::Resource { module, key } => path == module && key == resource,
    }
}

/// Whether a `moved` block in a module says that one address became the other.
fn leads(moved: &Moved, above: &[Arc<str>], from: &InstanceAddress, to: &InstanceAddress) -> bool {
    let suits = |endpoint: &MoveEndpoint, address: &InstanceAddress| {
        let path = address.resource.module.without_keys();
        let named = |module: &ModuleAddress| [above, &module.without_keys()].concat();
        match endpoint {
            MoveEndpoint::Module(module) => path.starts_with(&named(module)),
            MoveEndpoint::Resource(instance) => {
                path == named(&instance.resource.module)
                    && key_of(&instance.resource) == key_of(&address.resource)
            }
        }
    };
    suits(&moved.to, to) && (suits(&moved.from, from) || matches!(moved.to, MoveEndpoint::Module(_)))
}

impl Place {
    /// The attribute or block itself.
    fn here(range: &SourceRange) -> Self {
        Self { range: range.clone(), what: "".into(), leads_here: true }
    }
}

impl Reason {
    fn plain(why: Why) -> Self {
        Self { why, attributes: BTreeSet::new(), places: Vec::new(), variables: BTreeMap::new() }
    }

    /// A reason of a whole change, which stands at one place.
    pub fn at(why: Why, range: Option<SourceRange>) -> Self {
        Self { places: range.iter().map(Place::here).collect(), ..Self::plain(why) }
    }

    fn has_same_origin(&self, other: &Self) -> bool {
        (&self.why, &self.places, &self.variables) == (&other.why, &other.places, &other.variables)
    }
}
