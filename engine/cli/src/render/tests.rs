//! Plans, objects and rows made by hand, and the text they must become.

mod canary;
mod documents;
mod lines;
mod nested;
mod plans;

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use evenkeel_model::{InstanceAddress, Path, ResourceAddress, Revision, Type, Value};
use evenkeel_plan::{ActionReason, Change, ChangeAction, Drift, Mode, Plan};
use evenkeel_state::drift::DriftKind;
use evenkeel_state::{ProviderConfigAddress, Serial};

use super::{Style, Whys};

pub(super) const PLAIN: Style = Style { color: false, width: 78 };

pub(super) fn address(text: &str) -> InstanceAddress {
    text.parse().expect("tests write addresses well")
}

pub(super) fn s(text: &str) -> Value {
    Value::string(text)
}

pub(super) fn unknown() -> Value {
    Value::unknown(Type::String)
}

pub(super) fn empty_plan() -> Plan {
    Plan {
        revision: Revision::Commit("0123456789abcdef0123456789abcdef01234567".into()),
        lineage: "lineage".into(),
        base_serial: Serial(7),
        mode: Mode::Normal,
        providers: BTreeMap::new(),
        variables: BTreeMap::new(),
        plan_time: None,
        changes: Vec::new(),
        steps: Vec::new(),
        outputs: BTreeMap::new(),
        moves: Vec::new(),
        checks: Vec::new(),
        kept_outputs: BTreeMap::new(),
        left_alone: Default::default(),
        errored: false,
        partial: false,
        drift: Vec::new(),
        refreshed: Vec::new(),
        resources: BTreeMap::new(),
        digest: Arc::<str>::from("digest").into(),
        digest_key: Default::default(),
    }
}

pub(super) fn provider() -> ProviderConfigAddress {
    ProviderConfigAddress {
        module: Vec::new(),
        provider: "hashicorp/aws".parse().expect("a provider source"),
        alias: None,
    }
}

pub(super) fn change(at: &str, action: ChangeAction, before: Option<Value>, after: Option<Value>) -> Change {
    Change {
        address: address(at),
        deposed: None,
        provider: provider(),
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

pub(super) fn because(change: Change, reason: ActionReason) -> Change {
    Change { reason: Some(reason), ..change }
}

pub(super) fn forced_by(change: Change, attribute: &str) -> Change {
    Change { replace_paths: vec![Path::attribute(attribute)], ..change }
}

pub(super) fn drifted(at: &str, expected: Value, observed: Option<Value>, paths: Vec<Path>) -> Drift {
    Drift {
        address: address(at),
        kind: if observed.is_some() { DriftKind::Changed } else { DriftKind::Deleted },
        expected,
        observed,
        paths,
        range: None,
    }
}

pub(super) fn attribute(ty: Type) -> Attribute {
    let json = serde_json::json!({ "type": ty.to_json(), "optional": true });
    serde_json::from_value(json).expect("an attribute has no other required field")
}

pub(super) fn block(
    attributes: &[(&str, Type)],
    sensitive: &[&str],
    nested: &[(&str, Nesting, Block)],
) -> Block {
    let attributes = attributes
        .iter()
        .map(|(name, ty)| {
            let attribute = Attribute { sensitive: sensitive.contains(name), ..attribute(ty.clone()) };
            (Arc::from(*name), attribute)
        })
        .collect();
    let block_types = nested
        .iter()
        .map(|(name, nesting_mode, block)| {
            let nested = NestedBlock {
                nesting_mode: *nesting_mode,
                block: block.clone(),
                min_items: 0,
                max_items: 0,
                force_new: false,
                computed: false,
                unsupported: false,
                description: String::new(),
            };
            (Arc::from(*name), nested)
        })
        .collect();
    Block { attributes, block_types }
}

pub(super) fn schema(block: Block) -> Arc<Schema> {
    Arc::new(Schema {
        type_name: "test_thing".into(),
        version: 0,
        description: String::new(),
        stateful: false,
        found_by: None,
        import_id: None,
        block,
    })
}

/// No schema for anything.
pub(super) fn no_schemas(_: &ResourceAddress) -> Option<Arc<Schema>> {
    None
}
