//! The entries with which a run begins: that it started, what the plan saw, and what had drifted.

use std::sync::Arc;

use evenkeel_model::{Path, Value, json};
use evenkeel_plan::{Drift, Plan};
use evenkeel_state::drift::{AttributeDrift, DriftRecord};
use evenkeel_state::{Entry, RunId, RunKind};

/// The first entries of a run.
pub(crate) fn entries(plan: &Plan, run: RunId, kind: RunKind) -> Vec<Entry> {
    let started =
        Entry::RunStarted { run, kind, revision: plan.revision.clone(), plan_digest: plan.digest.clone() };
    let refreshed = plan.refreshed.iter().map(|refreshed| Entry::Observed {
        address: refreshed.address.clone(),
        deposed: refreshed.deposed,
        object: refreshed.object.clone().map(Box::new),
    });
    let drift = plan.drift.iter().map(|drift| Entry::Drift(Box::new(record(drift))));
    [started].into_iter().chain(refreshed).chain(drift).collect()
}

fn record(drift: &Drift) -> DriftRecord {
    let attributes = match &drift.observed {
        Some(observed) => drift.paths.iter().map(|path| attribute(path, &drift.expected, observed)).collect(),
        None => Vec::new(),
    };
    DriftRecord { address: drift.address.clone(), kind: drift.kind, attributes }
}

/// One attribute; values that must not be shown are left out.
fn attribute(path: &Path, expected: &Value, observed: &Value) -> AttributeDrift {
    let sensitive = is_sensitive_at(expected, path) || is_sensitive_at(observed, path);
    let encoded = |value: &Value| match value.at(path) {
        Some(value) if !sensitive => Arc::new(json::encode(value)),
        _ => Arc::new(serde_json::Value::Null),
    };
    AttributeDrift { path: path.clone(), expected: encoded(expected), observed: encoded(observed), sensitive }
}

/// Whether anything on the way to the path, or below it, is sensitive.
fn is_sensitive_at(value: &Value, path: &Path) -> bool {
    let on_the_way = (0..path.0.len())
        .filter_map(|length| path.0.get(..length))
        .any(|steps| value.at(&Path(steps.to_vec())).is_some_and(Value::is_sensitive));
    on_the_way
        || value.at(path).is_some_and(|value| value.all_marks().contains(evenkeel_model::Marks::SENSITIVE))
}

#[cfg(test)]
mod tests {
    use evenkeel_model::PathStep;

    use super::*;

    #[test]
    fn sensitive_drift_is_recorded_without_values() {
        let path = Path(vec![PathStep::Attribute("tags".into()), PathStep::Key("a".into())]);
        let with = |text: &str| {
            Value::object([("tags", Value::map(evenkeel_model::Type::String, [("a", Value::string(text))]))])
        };
        let plain = attribute(&path, &with("x"), &with("y"));
        assert_eq!((&*plain.expected, &*plain.observed), (&"x".into(), &"y".into()));
        let secret = attribute(&path, &with("x").sensitive(), &with("y"));
        assert!(secret.sensitive && secret.expected.is_null() && secret.observed.is_null());
    }
}
