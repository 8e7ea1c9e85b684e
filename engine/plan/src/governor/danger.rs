//! The reasons for which a plan needs an approval, one function each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use evenkeel_model::{InstanceAddress, ModuleAddress, ResourceMode};
use evenkeel_state::ProviderConfigAddress;
use evenkeel_state::drift::DriftKind;

use super::{Deletion, Limits, SHARE_FROM, Subject};
use crate::types::Change;

/// A reason for which a plan needs an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Objects are destroyed that hold data.
    Stateful {
        /// How many.
        objects: usize,
    },
    /// More objects are destroyed than may be.
    Many {
        /// How many.
        objects: usize,
        /// How many may be.
        allowed: usize,
    },
    /// Too great a part of the stack is destroyed.
    Share {
        /// How many objects.
        objects: usize,
        /// How many are managed.
        managed: usize,
        /// How many per cent may be destroyed.
        allowed_percent: u32,
    },
    /// Configuration declares no resource at all.
    Emptied,
    /// Nothing that is managed is declared, and other things are.
    OtherConfiguration {
        /// How many objects are managed.
        managed: usize,
    },
    /// A module that held objects is not called any more.
    ModuleGone {
        /// The module: `module.a.module.b`.
        module: String,
        /// How many objects of it are destroyed.
        objects: usize,
    },
    /// A provider block that held objects is gone.
    ProviderGone {
        /// The block.
        provider: ProviderConfigAddress,
        /// How many of its objects are destroyed.
        objects: usize,
    },
    /// A provider block acts for somebody else than when the stack was applied.
    OtherAccount {
        /// The block.
        provider: ProviderConfigAddress,
        /// Whom it acted for.
        before: Arc<str>,
        /// Whom it acts for.
        now: Arc<str>,
        /// How many objects it manages.
        objects: usize,
    },
    /// Nothing that a provider block manages was found where it looked.
    NothingFound {
        /// The block.
        provider: ProviderConfigAddress,
        /// How many objects are missing.
        objects: usize,
    },
}

impl Danger {
    /// The word for it in documents.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Stateful { .. } => "stateful",
            Self::Many { .. } => "many_deletions",
            Self::Share { .. } => "share_of_the_stack",
            Self::Emptied => "emptied_configuration",
            Self::OtherConfiguration { .. } => "other_configuration",
            Self::ModuleGone { .. } => "module_gone",
            Self::ProviderGone { .. } => "provider_gone",
            Self::OtherAccount { .. } => "other_account",
            Self::NothingFound { .. } => "nothing_found",
        }
    }
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stateful { objects: 1 } => f.write_str("an object that holds data is destroyed"),
            Self::Stateful { objects } => write!(f, "{objects} objects that hold data are destroyed"),
            Self::Many { objects, allowed } => {
                write!(f, "{} destroyed, and {allowed} may be without approval", are(*objects))
            }
            Self::Share { objects, managed, allowed_percent } => write!(
                f,
                "{objects} of {managed} objects of the stack are destroyed, and {allowed_percent} % may be without approval"
            ),
            Self::Emptied => f.write_str("the configuration declares no resources any more"),
            Self::OtherConfiguration { managed } => write!(
                f,
                "none of the {managed} objects of the stack is declared in this configuration: perhaps it belongs to \
                 another workspace"
            ),
            Self::ModuleGone { module, objects } => {
                write!(f, "{module} is not called any more, and {} destroyed with it", are(*objects))
            }
            Self::ProviderGone { provider, objects } => write!(
                f,
                "{provider} has neither a block nor a resource any more, and {} destroyed that it managed",
                are(*objects)
            ),
            Self::OtherAccount { provider, before, now, objects } => write!(
                f,
                "the credentials of {provider} lead to {now}, and led to {before} when the stack was applied: {} \
                 managed there",
                are(*objects)
            ),
            Self::NothingFound { provider, objects } => write!(
                f,
                "none of the {objects} objects of {provider} was found: perhaps the credentials lead to another \
                 account, or it looks in another region"
            ),
        }
    }
}

fn are(objects: usize) -> String {
    if objects == 1 { "1 object is".to_owned() } else { format!("{objects} objects are") }
}

/// All reasons for which a plan needs an approval.
pub(super) fn all(
    subject: Subject<'_>,
    limits: Limits,
    changes: &[&Change],
    deletions: &[Deletion],
) -> Vec<Danger> {
    let mut dangers = Vec::new();
    if !deletions.is_empty() {
        dangers.extend(stateful(deletions));
        dangers.extend(many(deletions, limits));
        dangers.extend(share(subject, deletions, limits));
        let undeclared = nothing_declared(subject, deletions);
        let is_emptied = undeclared == Some(Danger::Emptied);
        dangers.extend(undeclared);
        dangers.extend(modules_gone(subject, deletions));
        // Where nothing is declared, no provider is either.
        dangers.extend(providers_gone(subject, changes).into_iter().filter(|_| !is_emptied));
    }
    let others = other_accounts(subject);
    let is_told = |provider: &ProviderConfigAddress| {
        others
            .iter()
            .any(|other| matches!(other, Danger::OtherAccount { provider: one, .. } if one == provider))
    };
    // In another account nothing can be found.
    let missing = nothing_found(subject).into_iter();
    let missing: Vec<Danger> = missing.filter(|(provider, _)| !is_told(provider)).map(not_found).collect();
    dangers.extend(others);
    dangers.extend(missing);
    dangers
}

fn stateful(deletions: &[Deletion]) -> Option<Danger> {
    let objects = deletions.iter().filter(|deletion| deletion.stateful).count();
    (objects > 0).then_some(Danger::Stateful { objects })
}

fn many(deletions: &[Deletion], limits: Limits) -> Option<Danger> {
    let (objects, allowed) = (deletions.len(), limits.deletions_max);
    (objects > allowed).then_some(Danger::Many { objects, allowed })
}

fn share(subject: Subject<'_>, deletions: &[Deletion], limits: Limits) -> Option<Danger> {
    let (objects, managed) = (deletions.len(), managed(subject));
    let allowed_percent = limits.share_max_percent;
    let is_more = (objects as u128) * 100 > (managed as u128) * u128::from(allowed_percent);
    (objects >= SHARE_FROM && is_more).then_some(Danger::Share { objects, managed, allowed_percent })
}

/// How many objects the stack has, deposed ones aside.
fn managed(subject: Subject<'_>) -> usize {
    let instances = subject.state.instances.iter();
    instances.filter(|(address, instance)| is_managed(address) && instance.current.is_some()).count()
}

fn is_managed(address: &InstanceAddress) -> bool {
    address.resource.mode == ResourceMode::Managed
}

fn nothing_declared(subject: Subject<'_>, deletions: &[Deletion]) -> Option<Danger> {
    let modules = &subject.configuration.modules;
    let mut declared = modules.values().flat_map(|module| module.resources.keys());
    if !declared.any(|key| key.mode == ResourceMode::Managed) {
        return Some(Danger::Emptied);
    }
    let managed = managed(subject);
    let gone = deletions.iter().filter(|deletion| !deletion.replaced).count();
    // One object alone may as well have been given another name.
    (managed > 1 && gone >= managed).then_some(Danger::OtherConfiguration { managed })
}

fn modules_gone(subject: Subject<'_>, deletions: &[Deletion]) -> Vec<Danger> {
    let mut gone: BTreeMap<String, usize> = BTreeMap::new();
    for deletion in deletions.iter().filter(|deletion| !deletion.replaced) {
        if let Some(module) = first_gone(subject, &deletion.address.resource.module) {
            *gone.entry(module).or_default() += 1;
        }
    }
    gone.into_iter().map(|(module, objects)| Danger::ModuleGone { module, objects }).collect()
}

/// The outermost module on a path that is not called.
fn first_gone(subject: Subject<'_>, module: &ModuleAddress) -> Option<String> {
    let mut path: Vec<Arc<str>> = Vec::new();
    for step in &module.0 {
        path.push(step.name.clone());
        if subject.configuration.module(&path).is_none() {
            let names: Vec<String> = path.iter().map(|name| format!("module.{name}")).collect();
            return Some(names.join("."));
        }
    }
    None
}

fn providers_gone(subject: Subject<'_>, changes: &[&Change]) -> Vec<Danger> {
    let mut held: BTreeMap<&ProviderConfigAddress, usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.action.is_replace()) {
        *held.entry(&change.provider).or_default() += 1;
    }
    let gone = held.into_iter().filter(|(provider, _)| is_configured_by_a_block(subject, provider));
    gone.filter(|(provider, _)| !is_declared(subject, provider) && !is_used(subject, provider))
        .map(|(provider, objects)| Danger::ProviderGone { provider: provider.clone(), objects })
        .collect()
}

/// Whether there is anything to say in a block of this provider: others are never written down.
fn is_configured_by_a_block(subject: Subject<'_>, provider: &ProviderConfigAddress) -> bool {
    let spec = subject.catalog.spec(&provider.provider);
    spec.is_some_and(|spec| {
        let block = &spec.config_schema().block;
        !block.attributes.is_empty() || !block.block_types.is_empty()
    })
}

fn is_declared(subject: Subject<'_>, provider: &ProviderConfigAddress) -> bool {
    let Some(module) = subject.configuration.module(&provider.module) else { return false };
    module.providers.iter().any(|block| {
        block.alias == provider.alias && module.provider_source(&block.name) == provider.provider
    })
}

/// Whether a resource goes on to be managed by the provider without a block.
fn is_used(subject: Subject<'_>, provider: &ProviderConfigAddress) -> bool {
    provider.alias.is_none()
        && subject.configuration.modules.values().any(|module| {
            let mut resources = module.resources.values();
            resources.any(|resource| module.provider_source(resource.provider_name()) == provider.provider)
        })
}

/// Providers none of whose objects was found, where there were several and a block says where to look.
fn nothing_found(subject: Subject<'_>) -> Vec<(&ProviderConfigAddress, usize)> {
    let is_gone = |kind: &DriftKind| *kind == DriftKind::Deleted;
    let gone: BTreeSet<&InstanceAddress> =
        subject.plan.drift.iter().filter(|drift| is_gone(&drift.kind)).map(|drift| &drift.address).collect();
    if gone.len() < 2 {
        return Vec::new();
    }
    let mut held: BTreeMap<&ProviderConfigAddress, (usize, usize)> = BTreeMap::new();
    for (address, instance) in subject.state.instances.iter().filter(|(address, _)| is_managed(address)) {
        let Some(object) = &instance.current else { continue };
        let (all, missing) = held.entry(&object.provider).or_default();
        *all += 1;
        *missing += usize::from(gone.contains(address));
    }
    held.into_iter()
        .filter(|(provider, (all, missing))| {
            *all > 1 && missing == all && is_configured_by_a_block(subject, provider)
        })
        .map(|(provider, (objects, _))| (provider, objects))
        .collect()
}

fn not_found((provider, objects): (&ProviderConfigAddress, usize)) -> Danger {
    Danger::NothingFound { provider: provider.clone(), objects }
}

/// Provider blocks that manage objects and act for somebody else by now.
fn other_accounts(subject: Subject<'_>) -> Vec<Danger> {
    let mut held: BTreeMap<&ProviderConfigAddress, usize> = BTreeMap::new();
    for (_, instance) in subject.state.instances.iter().filter(|(address, _)| is_managed(address)) {
        for object in instance.current.iter().chain(instance.deposed.values()) {
            *held.entry(&object.provider).or_default() += 1;
        }
    }
    let others = held.into_iter().filter_map(|(provider, objects)| {
        let (before, now) = (subject.acting.before.get(provider)?, subject.acting.now.get(provider)?);
        let (provider, before, now) = (provider.clone(), before.clone(), now.clone());
        (before != now).then_some(Danger::OtherAccount { provider, before, now, objects })
    });
    others.collect()
}
