//! What is planned: the plan representation, format version 1.2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evenkeel_lang::config::FOLLOWED_VERSION;
use evenkeel_model::json::encode;
use evenkeel_model::{InstanceAddress, ModuleAddress, Path, PathStep, ProviderAddress, ResourceMode, Value};
use evenkeel_plan::{Change, ChangeAction, Drift, Importing, Mode, Move, OutputChange, Plan};
use evenkeel_state::drift::DriftKind;
use evenkeel_state::{Instance, Object, ObjectStatus, ProviderConfigAddress, State};
use serde_json::{Map, Value as Json, json};

use super::super::super::hide;
use super::super::state::{identity, tree};
use super::checks::check;
use super::configuration::configuration;
use super::references::relevant_attributes;
use super::state::{resource, state};
use super::value::{clear, sensitive, unknown};
use super::{Subject, output};

/// A whole plan.
pub fn plan(subject: &Subject<'_>) -> Json {
    let plan = subject.plan;
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| drop(out.insert(name.to_owned(), value));
    put("format_version", json!("1.2"));
    put("terraform_version", json!(FOLLOWED_VERSION));
    let variables = variables(subject);
    if !variables.is_empty() {
        put("variables", Json::Object(variables));
    }
    put("planned_values", planned_values(subject));
    let mut drift: Vec<Json> = plan.drift.iter().map(|drift| drifted(subject, drift)).collect();
    if plan.mode == Mode::RefreshOnly {
        drift.extend(plan.moves.iter().filter_map(|one| moved(subject, one)));
    }
    if !drift.is_empty() {
        put("resource_drift", json!(drift));
    }
    let changes = resource_changes(subject);
    if !changes.is_empty() {
        put("resource_changes", json!(changes));
    }
    let outputs = output_changes(subject);
    if !outputs.is_empty() {
        put("output_changes", Json::Object(outputs));
    }
    let prior = refreshed(subject);
    if !prior.is_empty() || !prior.outputs.is_empty() {
        put("prior_state", state(&prior, subject.schemas));
    }
    put("configuration", configuration(subject.configuration, subject.schemas));
    let relevant = relevant_attributes(plan, subject.configuration, subject.schemas);
    if !relevant.is_empty() {
        put("relevant_attributes", json!(relevant));
    }
    if !plan.checks.is_empty() {
        put("checks", plan.checks.iter().map(check).collect());
    }
    if let Some(time) = &plan.plan_time {
        put("timestamp", json!(time));
    }
    put("applyable", json!(plan.is_applicable() && !plan.errored));
    put("complete", json!(!plan.errored && !plan.partial));
    put("errored", json!(plan.errored));
    Json::Object(out)
}

/// The root variables that have a value and may be kept.
fn variables(subject: &Subject<'_>) -> Map<String, Json> {
    let declared = subject.configuration.root().variables.iter().filter(|(_, variable)| !variable.ephemeral);
    let valued = declared.filter_map(|(name, variable)| {
        let value = subject.plan.variables.get(name).or(variable.default.as_ref())?;
        Some((name.to_string(), json!({ "value": clear(value) })))
    });
    valued.collect()
}

/// Every instance there will be, with its planned value.
fn instances(plan: &Plan) -> impl Iterator<Item = (InstanceAddress, &Value)> {
    let kept = plan.resources.iter().filter(|(resource, _)| resource.mode != ResourceMode::Ephemeral);
    kept.flat_map(|(resource, values)| {
        values.instances.iter().map(move |(key, value)| (resource.instance(key.clone()), value))
    })
}

/// The changes of current objects, by address.
fn current_changes(plan: &Plan) -> BTreeMap<&InstanceAddress, &Change> {
    let current = plan.changes.iter().filter(|change| change.deposed.is_none());
    current.map(|change| (&change.address, change)).collect()
}

/// What changes and what stays as it is, by address.
fn resource_changes(subject: &Subject<'_>) -> Vec<Json> {
    // What was changed outside is all that such a plan is about.
    if subject.plan.mode == Mode::RefreshOnly {
        return Vec::new();
    }
    let changed = current_changes(subject.plan);
    let mut out: Vec<(InstanceAddress, Json)> = subject
        .plan
        .changes
        .iter()
        .map(|change| (change.address.clone(), planned(subject, change)))
        .collect();
    for (address, value) in instances(subject.plan) {
        let planned =
            address.resource.mode == ResourceMode::Managed && !subject.plan.left_alone.contains(&address);
        if planned && !changed.contains_key(&address) {
            let stays = unchanged(subject, &address, value);
            out.push((address, stays));
        }
    }
    // Modules that are called deeper down come later.
    out.sort_by(|(a, _), (b, _)| {
        let depth = |address: &InstanceAddress| address.resource.module.0.len();
        depth(a).cmp(&depth(b)).then_with(|| a.cmp(b))
    });
    out.into_iter().map(|(_, json)| json).collect()
}

fn planned(subject: &Subject<'_>, change: &Change) -> Json {
    let mut out = head(&change.address, &change.provider.provider);
    if let Some(key) = change.deposed {
        out.insert("deposed".into(), json!(key.to_string()));
    }
    let names = change.action.names();
    let mut body = sides(subject, &change.address, change.before.as_ref(), change.after.as_ref(), names);
    let paths: BTreeSet<&Path> = change.replace_paths.iter().collect();
    if !paths.is_empty() {
        body["replace_paths"] = paths.into_iter().map(steps).collect();
    }
    if let Some(Importing { id, configuration }) = &change.importing {
        body["importing"] = json!({ "id": &**id });
        if let Some(configuration) = configuration {
            body["generated_config"] = json!(&**configuration);
        }
    }
    out.insert("change".into(), body);
    if let Some(previous) = &change.previous_address {
        out.insert("previous_address".into(), json!(previous.to_string()));
    }
    if let Some(reason) = change.reason {
        out.insert("action_reason".into(), json!(reason.as_str()));
    }
    Json::Object(out)
}

fn unchanged(subject: &Subject<'_>, address: &InstanceAddress, value: &Value) -> Json {
    let mut out = head(address, &provider_of(subject, address));
    out.insert("change".into(), sides(subject, address, Some(value), Some(value), &["no-op"]));
    Json::Object(out)
}

fn drifted(subject: &Subject<'_>, drift: &Drift) -> Json {
    let actions: &[&str] = match drift.kind {
        DriftKind::Deleted => &["delete"],
        DriftKind::Changed => &["update"],
    };
    let mut out = head(&drift.address, &provider_of(subject, &drift.address));
    let (before, after) = (Some(&drift.expected), drift.observed.as_ref());
    out.insert("change".into(), sides(subject, &drift.address, before, after, actions));
    Json::Object(out)
}

/// An object that only gets another address.
fn moved(subject: &Subject<'_>, one: &Move) -> Option<Json> {
    let value = subject.plan.resources.get(&one.to.resource)?.instances.get(&one.to.key)?;
    let mut out = unchanged(subject, &one.to, value);
    out["previous_address"] = json!(one.from.to_string());
    Some(out)
}

fn head(address: &InstanceAddress, provider: &ProviderAddress) -> Map<String, Json> {
    let mut out = identity(address, &provider.to_string());
    if !address.resource.module.is_root() {
        out.insert("module_address".into(), json!(address.resource.module.to_string()));
    }
    out
}

/// The provider of an instance: as it is remembered, or as the configuration says.
fn provider_of(subject: &Subject<'_>, address: &InstanceAddress) -> ProviderAddress {
    let remembered = subject.state.instances.get(address).and_then(|instance| instance.current.as_ref());
    if let Some(object) = remembered {
        return object.provider.provider.clone();
    }
    let module = subject.configuration.module(&address.resource.module.without_keys());
    let prefix = address.resource.kind.split('_').next().unwrap_or_default();
    module.map_or_else(|| ProviderAddress::implied(prefix), |module| module.provider_source(prefix))
}

/// `change`: both sides, and where they are unknown or must not be shown.
fn sides(
    subject: &Subject<'_>,
    address: &InstanceAddress,
    before: Option<&Value>,
    after: Option<&Value>,
    actions: &[&str],
) -> Json {
    let schema = (subject.schemas)(&address.resource);
    let marked = |value: Option<&Value>| value.map(|value| hide::by_schema(schema.as_deref(), value));
    pair(marked(before).as_ref(), marked(after).as_ref(), actions)
}

fn pair(before: Option<&Value>, after: Option<&Value>, actions: &[&str]) -> Json {
    let flags = |value: Option<&Value>, tree: fn(&Value) -> Json| value.map_or(json!(false), tree);
    let mut out = json!({
        "actions": actions,
        "before": before.map(clear),
        "after": after.map(clear),
        "after_unknown": match after {
            Some(after) if !after.is_wholly_known() => unknown(after),
            Some(_) | None => json!({}),
        },
        "before_sensitive": flags(before, sensitive),
        "after_sensitive": flags(after, sensitive),
    });
    if after.is_some_and(Value::is_unknown)
        && let Some(fields) = out.as_object_mut()
    {
        fields.remove("after");
    }
    out
}

fn steps(path: &Path) -> Json {
    let steps = path.0.iter().map(|step| match step {
        PathStep::Attribute(name) | PathStep::Key(name) => json!(&**name),
        PathStep::Index(index) => json!(index),
        PathStep::Element => Json::Null,
    });
    steps.collect()
}

/// Everything as it will be after apply.
fn planned_values(subject: &Subject<'_>) -> Json {
    let mut modules: BTreeMap<ModuleAddress, Vec<Json>> = BTreeMap::new();
    let changes = current_changes(subject.plan);
    let is_planned = subject.plan.mode != Mode::RefreshOnly;
    for (address, value) in instances(subject.plan).filter(|_| is_planned) {
        let change = changes.get(&address);
        let is_read = address.resource.mode == ResourceMode::Data && change.is_none();
        if is_read
            || change
                .is_some_and(|change| matches!(change.action, ChangeAction::Delete | ChangeAction::Forget))
        {
            continue;
        }
        let schema = (subject.schemas)(&address.resource);
        let version = schema.as_ref().map_or(0, |schema| schema.version);
        let value = hide::by_schema(schema.as_deref(), value);
        let provider =
            change.map_or_else(|| provider_of(subject, &address), |change| change.provider.provider.clone());
        let module = modules.entry(address.resource.module.clone()).or_default();
        module.push(resource(&address, &provider.to_string(), version, &value));
    }
    let mut out = json!({ "root_module": tree(&modules) });
    let outputs: Map<String, Json> = all_outputs(subject)
        .into_iter()
        .filter_map(|(name, change)| {
            Some((name.to_string(), output(change.after.as_ref()?, change.sensitive)))
        })
        .collect();
    if !outputs.is_empty() {
        out["outputs"] = Json::Object(outputs);
    }
    out
}

/// The changes of root outputs, those that stay as they are included.
fn all_outputs(subject: &Subject<'_>) -> BTreeMap<Arc<str>, OutputChange> {
    super::super::all_outputs(subject.plan, subject.state, subject.configuration.root())
}

fn output_changes(subject: &Subject<'_>) -> Map<String, Json> {
    let all = all_outputs(subject);
    all.iter()
        .map(|(name, change)| {
            let changed = subject.plan.outputs.contains_key(name);
            let action = match (&change.before, &change.after) {
                _ if !changed => "no-op",
                (None, None) => "no-op",
                (None, Some(_)) => "create",
                (Some(_), None) => "delete",
                (Some(_), Some(_)) => "update",
            };
            let mut out = pair(change.before.as_ref(), change.after.as_ref(), &[action]);
            if change.after.as_ref().is_none_or(Value::is_wholly_known) {
                out["after_unknown"] = json!(false);
            }
            out["before_sensitive"] = json!(change.sensitive);
            out["after_sensitive"] = json!(change.sensitive);
            (name.to_string(), out)
        })
        .collect()
}

/// The state with what was seen of its objects, and what was read of data sources.
fn refreshed(subject: &Subject<'_>) -> State {
    let Subject { plan, state, .. } = subject;
    let mut state = State::clone(state);
    for evenkeel_plan::Move { from, to } in &plan.moves {
        state.fold(&evenkeel_state::Entry::Moved { from: from.clone(), to: to.clone() });
    }
    for seen in &plan.refreshed {
        state.fold(&evenkeel_state::Entry::Observed {
            address: seen.address.clone(),
            deposed: seen.deposed,
            object: seen.object.clone().map(Box::new),
        });
    }
    let changed = current_changes(plan);
    for (address, value) in instances(plan) {
        if address.resource.mode == ResourceMode::Data && !changed.contains_key(&address) {
            let current = Some(read_now(subject, &address, value));
            state.instances.insert(address, Instance { current, ..Instance::default() });
        }
    }
    state
}

/// What was read of a data source, in the form of what is remembered.
fn read_now(subject: &Subject<'_>, address: &InstanceAddress, value: &Value) -> Object {
    let schema = (subject.schemas)(&address.resource);
    Object {
        status: ObjectStatus::Ready,
        provider: ProviderConfigAddress {
            module: Vec::new(),
            provider: provider_of(subject, address),
            alias: None,
        },
        schema_version: schema.map_or(0, |schema| schema.version),
        attributes: encode(value).into(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        token: None,
        private: None,
    }
}
