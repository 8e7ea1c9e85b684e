//! The digest of a plan: SHA-256 over its normalised content, so that an approval or a token binds
//! to exactly this plan.

use std::sync::Arc;

use evenkeel_model::{Value, json};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::types::{Change, Plan, Step, StepKind};

/// The digest in hexadecimal. The plan's own `digest` does not count.
pub fn of(plan: &Plan) -> Arc<str> {
    let mut sha = Sha256::new();
    // One line of JSON after the other: the text of the whole would take more memory than the plan.
    let mut add = |line: Json| {
        sha.update(line.to_string());
        sha.update("\n");
    };
    add(head(plan));
    plan.changes.iter().for_each(|item| add(change(item)));
    plan.steps.iter().for_each(|item| add(step(item)));
    plan.outputs
        .iter()
        .for_each(|(name, item)| add(json!(["output", name, value(&item.before), value(&item.after)])));
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

fn head(plan: &Plan) -> Json {
    let variables: Vec<Json> =
        plan.variables.iter().map(|(name, value)| json!([name, json::encode_open(value)])).collect();
    let providers: Vec<Json> =
        plan.providers.iter().map(|(address, version)| json!([address, version])).collect();
    json!({
        "format": 2,
        "revision": plan.revision,
        "lineage": plan.lineage,
        "base_serial": plan.base_serial,
        "mode": plan.mode.as_str(),
        "plan_time": plan.plan_time,
        "providers": providers,
        "variables": variables,
    })
}

fn change(change: &Change) -> Json {
    json!([
        "change",
        change.address,
        change.deposed,
        change.provider,
        change.action.names(),
        value(&change.before),
        value(&change.after),
    ])
}

fn step(step: &Step) -> Json {
    let kind = match &step.kind {
        StepKind::Create { change, depose } => json!(["create", change, depose]),
        StepKind::Update { change } => json!(["update", change]),
        StepKind::Delete { change, deposed } => json!(["delete", change, deposed]),
        StepKind::Read { change } => json!(["read", change]),
        StepKind::Join { resource } => json!(["join", resource]),
    };
    json!(["step", step.id, kind, step.needs])
}

fn value(value: &Option<Value>) -> Json {
    value.as_ref().map_or(Json::Null, json::encode_open)
}
