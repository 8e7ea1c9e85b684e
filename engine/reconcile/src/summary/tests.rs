use std::collections::BTreeMap;

use evenkeel_model::{ProviderAddress, Type};
use evenkeel_plan::{Drift, Mode};
use evenkeel_state::{ProviderConfigAddress, Serial};

use super::*;

fn object(attributes: &[(&str, &str)]) -> Value {
    Value::object(attributes.iter().map(|(name, text)| {
        let value = if *text == "?" { Value::unknown(Type::String) } else { Value::string(text) };
        (*name, value)
    }))
}

fn change(address: &str, action: ChangeAction, before: Option<Value>, after: Option<Value>) -> Change {
    Change {
        address: address.parse().unwrap(),
        deposed: None,
        provider: ProviderConfigAddress {
            module: Vec::new(),
            provider: ProviderAddress::implied("sim"),
            alias: None,
        },
        action,
        reason: None,
        before,
        after,
        replace_paths: Vec::new(),
        dependencies: Vec::new(),
        create_before_destroy: false,
        schema_version: 0,
        range: None,
        previous_address: None,
        importing: None,
    }
}

fn drift(address: &str, expected: Value, observed: Option<Value>) -> Drift {
    let kind = if observed.is_some() { DriftKind::Changed } else { DriftKind::Deleted };
    let address = address.parse().unwrap();
    Drift { address, kind, expected, observed, paths: Vec::new(), range: None }
}

fn summary(changes: Vec<Change>, drift: Vec<Drift>) -> PlanSummary {
    PlanSummary::of(&Plan {
        revision: Revision::Commit("a".into()),
        lineage: "l".into(),
        base_serial: Serial(1),
        mode: Mode::Normal,
        providers: BTreeMap::new(),
        variables: BTreeMap::new(),
        plan_time: None,
        changes,
        steps: Vec::new(),
        outputs: BTreeMap::new(),
        moves: Vec::new(),
        checks: Vec::new(),
        kept_outputs: BTreeMap::new(),
        left_alone: Default::default(),
        errored: false,
        partial: false,
        drift,
        refreshed: Vec::new(),
        resources: BTreeMap::new(),
        digest: std::sync::Arc::<str>::from("d").into(),
        digest_key: std::sync::OnceLock::new(),
    })
}

#[test]
fn putting_an_attribute_back_is_no_configuration_change() {
    let was = object(&[("id", "1"), ("size", "s")]);
    let seen = object(&[("id", "1"), ("size", "l")]);
    let update = change("a.b", ChangeAction::Update, Some(seen.clone()), Some(was.clone()));
    let summary = summary(vec![update], vec![drift("a.b", was, Some(seen))]);
    assert_eq!((summary.drift, summary.changes, summary.config_changes), (1, 1, 0));
}

#[test]
fn a_new_value_on_top_of_drift_is_a_configuration_change() {
    let was = object(&[("id", "1"), ("size", "s")]);
    let seen = object(&[("id", "1"), ("size", "l")]);
    let wanted = object(&[("id", "1"), ("size", "xl")]);
    let update = change("a.b", ChangeAction::Update, Some(seen.clone()), Some(wanted));
    assert_eq!(summary(vec![update], vec![drift("a.b", was, Some(seen))]).config_changes, 1);
}

#[test]
fn what_follows_from_a_lost_object_is_no_configuration_change() {
    let net = object(&[("id", "1"), ("range", "r")]);
    let create = change("net.a", ChangeAction::Create, None, Some(object(&[("id", "?"), ("range", "r")])));
    let before = object(&[("id", "2"), ("net", "1")]);
    let mut update = change(
        "node.a",
        ChangeAction::DeleteThenCreate,
        Some(before),
        Some(object(&[("id", "?"), ("net", "?")])),
    );
    update.dependencies = vec![ResourceAddress::managed("net", "a")];
    let mut last = change(
        "rule.a",
        ChangeAction::Update,
        Some(object(&[("node", "2"), ("port", "1")])),
        Some(object(&[("node", "?"), ("port", "2")])),
    );
    last.dependencies = vec![ResourceAddress::managed("node", "a")];
    let summary = summary(vec![last, update, create], vec![drift("net.a", net, None)]);
    assert_eq!((summary.changes, summary.config_changes), (3, 1));
}
