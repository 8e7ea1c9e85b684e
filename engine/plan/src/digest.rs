//! The digest of a plan: SHA-256 over its normalised content, so that an approval or a token binds
//! to exactly this plan.

use std::sync::Arc;

use evenkeel_model::json;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::types::{Plan, StepKind};

/// The digest in hexadecimal. The plan's own `digest` does not count.
pub fn of(plan: &Plan) -> Arc<str> {
    let text = content(plan).to_string();
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

fn content(plan: &Plan) -> Json {
    let value = |value: &Option<evenkeel_model::Value>| value.as_ref().map_or(Json::Null, json::encode_open);
    let changes: Vec<Json> = plan
        .changes
        .iter()
        .map(|change| {
            json!([
                change.address,
                change.deposed,
                change.provider,
                change.action.names(),
                value(&change.before),
                value(&change.after),
            ])
        })
        .collect();
    let steps: Vec<Json> = plan
        .steps
        .iter()
        .map(|step| {
            let kind = match &step.kind {
                StepKind::Create { change, depose } => json!(["create", change, depose]),
                StepKind::Update { change } => json!(["update", change]),
                StepKind::Delete { change, deposed } => json!(["delete", change, deposed]),
                StepKind::Read { change } => json!(["read", change]),
                StepKind::Join { resource } => json!(["join", resource]),
            };
            json!([step.id, kind, step.needs])
        })
        .collect();
    let outputs: Vec<Json> = plan
        .outputs
        .iter()
        .map(|(name, change)| json!([name, value(&change.before), value(&change.after)]))
        .collect();
    let variables: Vec<Json> =
        plan.variables.iter().map(|(name, value)| json!([name, json::encode_open(value)])).collect();
    let providers: Vec<Json> =
        plan.providers.iter().map(|(address, version)| json!([address, version])).collect();
    json!({
        "format": 1,
        "revision": plan.revision,
        "lineage": plan.lineage,
        "base_serial": plan.base_serial,
        "mode": plan.mode.as_str(),
        "plan_time": plan.plan_time,
        "providers": providers,
        "variables": variables,
        "changes": changes,
        "steps": steps,
        "outputs": outputs,
    })
}
