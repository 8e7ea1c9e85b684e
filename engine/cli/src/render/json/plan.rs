//! `show -json` of a plan.
//!
//! Variables are left out: a plan does not know which of them are sensitive. So is the
//! configuration, which a plan does not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::FOLLOWED_VERSION;
use evenkeel_model::{InstanceAddress, ModuleAddress, Path, PathStep, ProviderAddress, ResourceMode, Value};
use evenkeel_plan::{Change, Drift, OutputChange, Plan};
use evenkeel_state::drift::DriftKind;
use serde_json::{Map, Value as Json, json};

use super::super::{Schemas, hide};
use super::change::output_action;
use super::state::{identity, resource, tree};
use super::value::{redacted, sensitive_flags, shown_type, unknown_flags};

/// The plan representation, format version 1.2.
pub fn plan(plan: &Plan, schemas: Schemas<'_>) -> Json {
    let known = known_providers(plan);
    let drift: Vec<Json> = plan.drift.iter().map(|drift| drifted(plan, &known, drift, schemas)).collect();
    let outputs: Map<String, Json> =
        plan.outputs.iter().map(|(name, change)| (name.to_string(), output_change(change))).collect();
    let mut out = json!({
        "format_version": "1.2",
        "terraform_version": FOLLOWED_VERSION,
        "planned_values": planned_values(plan, schemas),
        "resource_changes": resource_changes(plan, schemas),
        "output_changes": outputs,
        "applyable": plan.has_effects(),
        "complete": true,
        "errored": false,
    });
    if !drift.is_empty() {
        out["resource_drift"] = json!(drift);
    }
    if let Some(time) = &plan.plan_time {
        out["timestamp"] = json!(time);
    }
    out["evenkeel"] = json!({
        "revision": plan.revision,
        "mode": plan.mode.as_str(),
        "base_serial": plan.base_serial,
        "digest": plan.digest(),
    });
    out
}

/// What is planned, and what stays as it is, by address.
fn resource_changes(plan: &Plan, schemas: Schemas<'_>) -> Vec<Json> {
    let known = known_providers(plan);
    let changed: BTreeSet<&InstanceAddress> =
        plan.changes.iter().filter(|change| change.deposed.is_none()).map(|change| &change.address).collect();
    let mut out: Vec<(InstanceAddress, Json)> =
        plan.changes.iter().map(|change| (change.address.clone(), planned(change, schemas))).collect();
    for (address, value) in instances(plan) {
        if address.resource.mode == ResourceMode::Managed && !changed.contains(&address) {
            let stays = unchanged(plan, &known, &address, value, schemas);
            out.push((address, stays));
        }
    }
    out.sort_by(|(a, _), (b, _)| a.cmp(b));
    out.into_iter().map(|(_, json)| json).collect()
}

fn instances(plan: &Plan) -> impl Iterator<Item = (InstanceAddress, &Value)> {
    let kept = plan.resources.iter().filter(|(resource, _)| resource.mode != ResourceMode::Ephemeral);
    kept.flat_map(|(resource, values)| {
        values.instances.iter().map(move |(key, value)| (resource.instance(key.clone()), value))
    })
}

fn planned(change: &Change, schemas: Schemas<'_>) -> Json {
    let provider = change.provider.provider.to_string();
    let mut out = head(&change.address, &provider);
    if let Some(key) = change.deposed {
        out.insert("deposed".into(), json!(key.to_string()));
    }
    let actions = change.action.names();
    let mut body = sides(&change.address, change.before.as_ref(), change.after.as_ref(), actions, schemas);
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let paths: BTreeSet<Path> =
        change.replace_paths.iter().map(|path| hide::visible_path(path, before, after)).collect();
    if !paths.is_empty() {
        body["replace_paths"] = paths.iter().map(path).collect();
    }
    out.insert("change".into(), body);
    if let Some(reason) = change.reason {
        out.insert("action_reason".into(), json!(reason.as_str()));
    }
    Json::Object(out)
}

fn unchanged(
    plan: &Plan,
    known: &BTreeMap<Arc<str>, &ProviderAddress>,
    address: &InstanceAddress,
    value: &Value,
    schemas: Schemas<'_>,
) -> Json {
    let mut out = head(address, &provider_name(plan, known, address));
    out.insert("change".into(), sides(address, Some(value), Some(value), &["no-op"], schemas));
    Json::Object(out)
}

fn drifted(
    plan: &Plan,
    known: &BTreeMap<Arc<str>, &ProviderAddress>,
    drift: &Drift,
    schemas: Schemas<'_>,
) -> Json {
    let actions: &[&str] = match drift.kind {
        DriftKind::Deleted => &["delete"],
        DriftKind::Changed => &["update"],
    };
    let mut out = head(&drift.address, &provider_name(plan, known, &drift.address));
    let body = sides(&drift.address, Some(&drift.expected), drift.observed.as_ref(), actions, schemas);
    out.insert("change".into(), body);
    Json::Object(out)
}

fn head(address: &InstanceAddress, provider: &str) -> Map<String, Json> {
    let mut out = identity(address, provider);
    if !address.resource.module.is_root() {
        out.insert("module_address".into(), json!(address.resource.module.to_string()));
    }
    out
}

/// The provider of every type that the plan changes.
fn known_providers(plan: &Plan) -> BTreeMap<Arc<str>, &ProviderAddress> {
    let changes = plan.changes.iter();
    changes.map(|change| (change.address.resource.kind.clone(), &change.provider.provider)).collect()
}

/// The provider of an object that is not about to change: that of another one of its type, or of the
/// plan's providers the one that the type is named after.
fn provider_name(
    plan: &Plan,
    known: &BTreeMap<Arc<str>, &ProviderAddress>,
    address: &InstanceAddress,
) -> String {
    let kind = &address.resource.kind;
    let prefix = kind.split('_').next().unwrap_or_default();
    let found = known.get(kind).copied();
    let found = found.or_else(|| plan.providers.keys().find(|provider| &*provider.kind == prefix));
    found.cloned().unwrap_or_else(|| ProviderAddress::implied(prefix)).to_string()
}

/// `change`: both sides, and where they are unknown or must not be shown.
fn sides(
    address: &InstanceAddress,
    before: Option<&Value>,
    after: Option<&Value>,
    actions: &[&str],
    schemas: Schemas<'_>,
) -> Json {
    let schema = schemas(&address.resource);
    let marked = |value: Option<&Value>| value.map(|value| hide::by_schema(schema.as_deref(), value));
    pair(marked(before).as_ref(), marked(after).as_ref(), actions)
}

fn pair(before: Option<&Value>, after: Option<&Value>, actions: &[&str]) -> Json {
    let (before, after) = hide::together(before, after);
    let flags = |value: &Option<Value>, tree: fn(&Value) -> Json| value.as_ref().map_or(json!(false), tree);
    json!({
        "actions": actions,
        "before": before.as_ref().map(redacted),
        "after": after.as_ref().map(redacted),
        "after_unknown": after.as_ref().map_or(json!(false), unknown_flags),
        "before_sensitive": flags(&before, sensitive_flags),
        "after_sensitive": flags(&after, sensitive_flags),
    })
}

fn output_change(change: &OutputChange) -> Json {
    let shown = |value: &Option<Value>| match (value, change.sensitive) {
        (Some(value), true) => Some(value.clone().sensitive()),
        (value, _) => value.clone(),
    };
    let action = match output_action(change) {
        "noop" => "no-op",
        other => other,
    };
    pair(shown(&change.before).as_ref(), shown(&change.after).as_ref(), &[action])
}

fn path(path: &Path) -> Json {
    let steps = path.0.iter().map(|step| match step {
        PathStep::Attribute(name) | PathStep::Key(name) => json!(&**name),
        PathStep::Index(index) => json!(index),
        PathStep::Element => Json::Null,
    });
    steps.collect()
}

/// Everything as it will be after apply.
fn planned_values(plan: &Plan, schemas: Schemas<'_>) -> Json {
    let mut modules: BTreeMap<ModuleAddress, Vec<Json>> = BTreeMap::new();
    let known = known_providers(plan);
    let changes: BTreeMap<&InstanceAddress, &Change> = plan
        .changes
        .iter()
        .filter(|change| change.deposed.is_none())
        .map(|change| (&change.address, change))
        .collect();
    for (address, value) in instances(plan) {
        if address.resource.mode == ResourceMode::Data && !changes.contains_key(&address) {
            continue;
        }
        let schema = schemas(&address.resource);
        let (provider, version) = match changes.get(&address) {
            Some(change) => (change.provider.provider.to_string(), change.schema_version),
            None => {
                (provider_name(plan, &known, &address), schema.as_ref().map_or(0, |schema| schema.version))
            }
        };
        let before = changes.get(&address).and_then(|change| change.before.as_ref());
        let (_, value) = hide::together(before, Some(value));
        let value = hide::by_schema(schema.as_deref(), &value.unwrap_or_else(Value::empty_object));
        let module = modules.entry(address.resource.module.clone()).or_default();
        module.push(resource(&address, &provider, version, &value));
    }
    let mut out = json!({ "root_module": tree(&modules) });
    let outputs = planned_outputs(&plan.outputs);
    if !outputs.is_empty() {
        out["outputs"] = Json::Object(outputs);
    }
    out
}

/// The outputs that change; the others are not in a plan.
fn planned_outputs(outputs: &BTreeMap<Arc<str>, OutputChange>) -> Map<String, Json> {
    outputs
        .iter()
        .filter_map(|(name, change)| {
            let after = &hide::together(change.before.as_ref(), change.after.as_ref()).1?;
            let hidden = change.sensitive || !after.marks().is_empty();
            let mut out = json!({ "sensitive": hidden });
            if after.is_wholly_known() {
                out["type"] = shown_type(after).to_json();
                out["value"] = if hidden { Json::Null } else { redacted(after) };
            }
            Some((name.to_string(), out))
        })
        .collect()
}
