//! `checks`: what is known of the conditions of a configuration.

use evenkeel_model::{InstanceAddress, ResourceMode};
use evenkeel_plan::types::{Check, CheckKind};
use serde_json::{Map, Value as Json, json};

use super::super::change::key;

/// What is known of the conditions of one declared thing.
pub(super) fn check(check: &Check) -> Json {
    let instances: Vec<Json> = check
        .instances
        .iter()
        .map(|(address, checked)| {
            let mut out =
                json!({ "address": instance(check.kind, address), "status": checked.status.as_str() });
            if !checked.problems.is_empty() {
                out["problems"] =
                    checked.problems.iter().map(|message| json!({ "message": &**message })).collect();
            }
            out
        })
        .collect();
    json!({ "address": declared(check), "status": check.status().as_str(), "instances": instances })
}

fn declared(check: &Check) -> Json {
    let mut out = Map::new();
    out.insert("kind".into(), json!(check.kind.as_str()));
    out.insert("to_display".into(), json!(&*check.address));
    match resource(check.kind, &check.address) {
        Some(address) => {
            let resource = &address.resource;
            let mode = if resource.mode == ResourceMode::Managed { "managed" } else { "data" };
            out.insert("mode".into(), json!(mode));
            out.insert("type".into(), json!(&*resource.kind));
            out.insert("name".into(), json!(&*resource.name));
        }
        None => {
            let name = check.address.rsplit('.').next().unwrap_or_default();
            out.insert("name".into(), json!(name));
        }
    }
    if let Some(module) = module(check.kind, &check.address) {
        out.insert("module".into(), json!(module));
    }
    Json::Object(out)
}

fn instance(kind: CheckKind, address: &str) -> Json {
    let mut out = json!({ "to_display": address });
    if let Some(found) = resource(kind, address).and_then(|address| address.key) {
        out["instance_key"] = key(Some(&found));
    }
    if let Some(module) = module(kind, address) {
        out["module"] = json!(module);
    }
    out
}

fn resource(kind: CheckKind, address: &str) -> Option<InstanceAddress> {
    (kind == CheckKind::Resource).then(|| address.parse().ok()).flatten()
}

/// The module that something is declared in: what stands before its kind and name.
fn module(kind: CheckKind, address: &str) -> Option<String> {
    if let Some(resource) = resource(kind, address) {
        let module = &resource.resource.module;
        return (!module.is_root()).then(|| module.to_string());
    }
    let (before, _name) = address.rsplit_once('.')?;
    let (module, _kind) = before.rsplit_once('.')?;
    Some(module.to_owned())
}
