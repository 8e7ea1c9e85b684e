//! What is remembered: the state representation, format version 1.0.

use std::collections::BTreeMap;

use evenkeel_lang::config::FOLLOWED_VERSION;
use evenkeel_model::{InstanceAddress, ModuleAddress, Value};
use evenkeel_state::needs::Needs;
use evenkeel_state::{DeposedKey, Object, ObjectStatus, State};
use serde_json::{Map, Value as Json, json};

use super::super::super::{Schemas, hide};
use super::super::state::{identity, tree};
use super::output;
use super::value::{clear, sensitive};

/// A whole state.
pub fn state(state: &State, schemas: Schemas<'_>) -> Json {
    if state.is_empty() && state.outputs.is_empty() {
        return json!({ "format_version": "1.0" });
    }
    let mut out = json!({ "format_version": "1.0", "terraform_version": FOLLOWED_VERSION });
    out["values"] = values(state, schemas);
    out
}

fn values(state: &State, schemas: Schemas<'_>) -> Json {
    let mut modules: BTreeMap<ModuleAddress, Vec<Json>> = BTreeMap::new();
    let needs = Needs::in_state(state);
    for (address, instance) in &state.instances {
        let current = instance.current.iter().map(|object| (None, object));
        let deposed = instance.deposed.iter().map(|(key, object)| (Some(*key), object));
        let resources = modules.entry(address.resource.module.clone()).or_default();
        resources.extend(
            current.chain(deposed).map(|(key, object)| object_of(address, key, object, &needs, schemas)),
        );
    }
    let mut values = json!({ "root_module": tree(&modules) });
    let outputs: Map<String, Json> = state
        .outputs
        .iter()
        .map(|(name, stored)| (name.to_string(), output(&hide::untyped(&stored.value), stored.sensitive)))
        .collect();
    if !outputs.is_empty() {
        values["outputs"] = Json::Object(outputs);
    }
    values
}

fn object_of(
    address: &InstanceAddress,
    deposed: Option<DeposedKey>,
    object: &Object,
    needs: &Needs,
    schemas: Schemas<'_>,
) -> Json {
    let value = hide::remembered(object, schemas(&address.resource).as_deref());
    let mut out = resource(address, &object.provider.provider.to_string(), object.schema_version, &value);
    let needed = needs.of(object);
    if !needed.is_empty() {
        out["depends_on"] = json!(needed);
    }
    if object.status == ObjectStatus::Tainted {
        out["tainted"] = json!(true);
    }
    if let Some(key) = deposed {
        out["deposed_key"] = json!(key.to_string());
    }
    out
}

/// An object with its values.
pub(super) fn resource(address: &InstanceAddress, provider: &str, version: u64, value: &Value) -> Json {
    let mut out = identity(address, provider);
    out.insert("schema_version".into(), json!(version));
    out.insert("values".into(), clear(value));
    out.insert("sensitive_values".into(), sensitive(value));
    Json::Object(out)
}
