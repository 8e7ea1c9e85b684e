//! What lines say about what will be done, what was changed outside, and how much it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_apply::Counts;
use evenkeel_lang::config::Module;
use evenkeel_model::{InstanceAddress, InstanceKey, Type, Value};
use evenkeel_plan::{
    ActionReason, Change, ChangeAction, Drift, Importing, Mode, OutputChange, Plan, Summary,
};
use evenkeel_reconcile::PlanSummary;
use evenkeel_state::State;
use evenkeel_state::drift::DriftKind;
use serde_json::{Map, Value as Json, json};

use super::super::drift::{Outlook, Outlooks, sides, visible_paths};
use super::super::hide;
use super::value::{redacted, sensitive_flags};

/// A resource instance, as every line names it.
pub(super) fn resource(address: &InstanceAddress) -> Json {
    let resource = &address.resource;
    let mut relative = address.clone();
    relative.resource.module = Default::default();
    json!({
        "addr": address.to_string(),
        "module": resource.module.to_string(),
        "resource": relative.to_string(),
        "implied_provider": resource.kind.split('_').next().unwrap_or_default(),
        "resource_type": &*resource.kind,
        "resource_name": &*resource.name,
        "resource_key": key(address.key.as_ref()),
    })
}

pub(super) fn key(key: Option<&InstanceKey>) -> Json {
    match key {
        None => Json::Null,
        Some(InstanceKey::Int(index)) => json!(index),
        Some(InstanceKey::String(key)) => json!(&**key),
    }
}

/// What happens, as these lines have it: an object that is only moved or imported has that for an action.
pub fn action(change: &Change) -> &'static str {
    match change.action {
        ChangeAction::NoOp if change.importing.is_some() => "import",
        ChangeAction::NoOp if change.previous_address.is_some() => "move",
        ChangeAction::Read => "read",
        ChangeAction::Create => "create",
        ChangeAction::Update => "update",
        ChangeAction::Delete => "delete",
        ChangeAction::Forget => "remove",
        ChangeAction::NoOp => "noop",
        ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete => "replace",
    }
}

/// The name of a reason in these lines; the plan document has other ones.
fn reason(reason: ActionReason) -> &'static str {
    match reason {
        ActionReason::ReplaceBecauseCannotUpdate => "cannot_update",
        ActionReason::ReplaceBecauseTainted => "tainted",
        ActionReason::ReplaceByRequest => "requested",
        ActionReason::ReplaceByTriggers => "replace_triggered_by",
        other => other.as_str(),
    }
}

/// One planned change: `change` of a `planned_change` line.
pub fn planned_change(change: &Change) -> Json {
    let mut out = json!({ "resource": resource(&change.address), "action": action(change) });
    if let Some(previous) = &change.previous_address {
        out["previous_resource"] = resource(previous);
    }
    if let Some(key) = change.deposed {
        out["deposed"] = json!(key.to_string());
    }
    if let Some(Importing { id, configuration }) = &change.importing {
        out["importing"] = json!({ "id": &**id });
        if let Some(configuration) = configuration {
            out["generated_config"] = json!(&**configuration);
        }
    }
    if let Some(why) = change.reason {
        out["reason"] = json!(reason(why));
    }
    out
}

/// One object that was changed outside: `change` of a `resource_drift` line.
pub fn resource_drift(drift: &Drift) -> Json {
    json!({ "resource": resource(&drift.address), "action": drift_action(drift) })
}

pub(super) fn drift_action(drift: &Drift) -> &'static str {
    match drift.kind {
        DriftKind::Deleted => "delete",
        DriftKind::Changed => "update",
    }
}

/// How much a plan does: `changes` of a `change_summary` line.
pub fn change_summary(plan: &Plan) -> Json {
    let Summary { import, add, change, destroy } = plan.summary();
    json!({ "add": add, "change": change, "import": import, "remove": destroy, "operation": "plan" })
}

/// How much a run did: `changes` of a `change_summary` line; `operation` is `apply` or `destroy`.
pub fn applied_summary(counts: &Counts, imported: usize, operation: &str) -> Json {
    json!({
        "add": counts.added,
        "change": counts.changed,
        "import": imported,
        "remove": counts.destroyed,
        "operation": operation,
    })
}

/// The changes of root outputs, those that stay as they are included.
pub fn all_outputs(plan: &Plan, state: &State, root: &Module) -> BTreeMap<Arc<str>, OutputChange> {
    let mut found = plan.outputs.clone();
    if plan.mode == Mode::Destroy || plan.errored {
        return found;
    }
    for (name, declared) in root.outputs.iter().filter(|(name, _)| !plan.outputs.contains_key(*name)) {
        let stored = state.outputs.get(name);
        // Only a part was planned, and this is not in it.
        if plan.kept_outputs.contains_key(name) || stored.is_none() && plan.partial {
            continue;
        }
        let value = stored.map_or_else(|| Value::null(Type::Dynamic), |stored| hide::untyped(&stored.value));
        let sensitive = stored.map_or(declared.sensitive, |stored| stored.sensitive);
        let change = OutputChange { before: Some(value.clone()), after: Some(value), sensitive };
        found.insert(name.clone(), change);
    }
    found
}

/// What becomes of root outputs: `outputs` of an `outputs` line.
pub fn output_changes(outputs: &BTreeMap<Arc<str>, OutputChange>, plan: &Plan) -> Json {
    outputs
        .iter()
        .map(|(name, change)| {
            let action = if plan.outputs.contains_key(name) { output_action(change) } else { "noop" };
            (name.to_string(), json!({ "sensitive": change.sensitive, "action": action }))
        })
        .collect::<Map<_, _>>()
        .into()
}

pub(in crate::render) fn output_action(change: &OutputChange) -> &'static str {
    match (&change.before, &change.after) {
        (None, None) => "noop",
        (None, Some(_)) => "create",
        (Some(_), None) => "delete",
        (Some(_), Some(_)) => "update",
    }
}

/// All that was changed outside, attribute by attribute, with what will become of it.
pub fn drift(plan: &Plan) -> Json {
    let outlooks = Outlooks::of(plan);
    let objects: Vec<Json> =
        plan.drift.iter().map(|drift| drifted(drift, &outlooks.outlook(drift))).collect();
    let deleted = plan.drift.iter().filter(|drift| drift.kind == DriftKind::Deleted).count();
    json!({
        "objects": objects,
        "drifted": plan.drift.len(),
        "changed": plan.drift.len() - deleted,
        "deleted": deleted,
        "pending_configuration_changes": PlanSummary::of(plan).config_changes,
        "revision": plan.revision,
    })
}

fn drifted(drift: &Drift, outlook: &Outlook<'_>) -> Json {
    let attributes: Vec<Json> = visible_paths(drift)
        .iter()
        .map(|path| {
            let (expected, observed) = sides(drift, path);
            let values = [expected.as_ref(), observed.as_ref()];
            let sensitive =
                values.into_iter().flatten().any(|value| sensitive_holds(&sensitive_flags(value)));
            json!({
                "path": path.to_string(),
                "expected": expected.as_ref().map(redacted),
                "observed": observed.as_ref().map(redacted),
                "sensitive": sensitive,
                "outlook": outlook.of_attribute(drift, path),
            })
        })
        .collect();
    let mut out = resource(&drift.address);
    out["kind"] = json!(drift.kind);
    out["attributes"] = json!(attributes);
    if drift.kind == DriftKind::Deleted {
        out["outlook"] = json!(outlook.of_object());
    }
    out
}

/// Whether a tree of flags has a true one.
fn sensitive_holds(flags: &Json) -> bool {
    match flags {
        Json::Bool(flag) => *flag,
        Json::Array(flags) => flags.iter().any(sensitive_holds),
        Json::Object(flags) => flags.values().any(sensitive_holds),
        _ => false,
    }
}
