//! `show -json` of what is remembered.

use std::collections::BTreeMap;

use evenkeel_lang::config::FOLLOWED_VERSION;
use evenkeel_model::{InstanceAddress, ModuleAddress, ResourceMode, Value};
use evenkeel_state::{DeposedKey, Object, ObjectStatus, State};
use serde_json::{Map, Value as Json, json};

use super::super::{Schemas, hide};
use super::change::key;
use super::value::{outputs, redacted, sensitive_flags};

/// The state representation, format version 1.0.
pub fn state(state: &State, schemas: Schemas<'_>) -> Json {
    let mut out = json!({ "format_version": "1.0", "terraform_version": FOLLOWED_VERSION });
    if state.is_empty() && state.outputs.is_empty() {
        return out;
    }
    let root_outputs: BTreeMap<_, _> = state
        .outputs
        .iter()
        .map(|(name, output)| (name.clone(), (hide::untyped(&output.value), output.sensitive)))
        .collect();
    let mut modules: BTreeMap<ModuleAddress, Vec<Json>> = BTreeMap::new();
    for (address, instance) in &state.instances {
        let current = instance.current.iter().map(|object| (None, object));
        let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
        let resources = modules.entry(address.resource.module.clone()).or_default();
        resources
            .extend(current.chain(deposed).map(|(key, object)| remembered(address, key, object, schemas)));
    }
    let mut values = json!({ "root_module": tree(&modules) });
    if !root_outputs.is_empty() {
        values["outputs"] = outputs(&root_outputs);
    }
    out["values"] = values;
    out
}

fn remembered(
    address: &InstanceAddress,
    deposed: Option<DeposedKey>,
    object: &Object,
    schemas: Schemas<'_>,
) -> Json {
    let value = hide::remembered(object, schemas(&address.resource).as_deref());
    let provider = object.provider.provider.to_string();
    let mut out = resource(address, &provider, object.schema_version, &value);
    if !object.dependencies.is_empty() {
        let names: Vec<String> = object.dependencies.iter().map(ToString::to_string).collect();
        out["depends_on"] = json!(names);
    }
    if object.status == ObjectStatus::Tainted {
        out["tainted"] = json!(true);
    }
    if let Some(key) = deposed {
        out["deposed_key"] = json!(key.to_string());
    }
    out
}

/// Who an object is: the fields that every document about it begins with.
pub(super) fn identity(address: &InstanceAddress, provider: &str) -> Map<String, Json> {
    let resource = &address.resource;
    let mut out = Map::new();
    out.insert("address".into(), json!(address.to_string()));
    let mode = match resource.mode {
        ResourceMode::Managed => "managed",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    out.insert("mode".into(), json!(mode));
    out.insert("type".into(), json!(&*resource.kind));
    out.insert("name".into(), json!(&*resource.name));
    if address.key.is_some() {
        out.insert("index".into(), key(address.key.as_ref()));
    }
    out.insert("provider_name".into(), json!(provider));
    out
}

/// An object with its values.
pub(super) fn resource(
    address: &InstanceAddress,
    provider: &str,
    schema_version: u64,
    value: &Value,
) -> Json {
    let mut out = identity(address, provider);
    out.insert("schema_version".into(), json!(schema_version));
    out.insert("values".into(), redacted(value));
    out.insert("sensitive_values".into(), sensitive_flags(value));
    Json::Object(out)
}

/// The modules as a tree, whatever part of it is given.
pub(super) fn tree(modules: &BTreeMap<ModuleAddress, Vec<Json>>) -> Json {
    let mut known: BTreeMap<&[evenkeel_model::ModuleStep], Option<&Vec<Json>>> = BTreeMap::new();
    for (address, resources) in modules {
        for length in 0..address.0.len() {
            known.entry(&address.0[..length]).or_default();
        }
        known.insert(&address.0, Some(resources));
    }
    // Children sort behind their parents: taken from the end, each is whole when its turn comes.
    let mut children: BTreeMap<&[evenkeel_model::ModuleStep], Vec<Json>> = BTreeMap::new();
    for (steps, resources) in known.iter().rev() {
        let mut module = Map::new();
        if let Some(resources) = resources {
            module.insert("resources".into(), json!(resources));
        }
        if let Some(mut inner) = children.remove(steps) {
            inner.reverse();
            module.insert("child_modules".into(), json!(inner));
        }
        match steps.split_last() {
            None => return Json::Object(module),
            Some((_, parent)) => {
                module.insert("address".into(), json!(ModuleAddress(steps.to_vec()).to_string()));
                children.entry(parent).or_default().push(Json::Object(module));
            }
        }
    }
    json!({})
}
