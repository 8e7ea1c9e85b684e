//! State as a state file that Terraform goes on with.

use std::collections::BTreeMap;

use evenkeel_model::schema::Schema;
use evenkeel_model::{InstanceKey, ResourceAddress, ResourceMode};
use serde_json::Value as Json;

use super::format::{Instance, Output, Resource, TfState};
use super::paths::Step;
use super::{Schemas, attributes};
use crate::needs::Needs;
use crate::object::{DeposedKey, Object, ObjectStatus};
use crate::snapshot::{OutputValue, State};

/// The state file of a stack, as if `terraform_version` had written it.
pub fn document(state: &State, schemas: Schemas<'_, '_>, terraform_version: &str) -> TfState {
    let needs = Needs::in_state(state);
    let mut resources: BTreeMap<&ResourceAddress, Resource> = BTreeMap::new();
    for (address, instance) in &state.instances {
        let current = instance.current.iter().map(|object| (None, object));
        let objects = current.chain(instance.deposed.iter().map(|(key, object)| (Some(*key), object)));
        for (deposed, object) in objects {
            let found = resources.entry(&address.resource);
            let resource = found.or_insert_with(|| resource(&address.resource, object));
            let schema = schemas(&object.provider.provider, &address.resource.kind);
            resource.instances.push(one(address.key.as_ref(), deposed, object, schema, &needs));
        }
    }
    TfState {
        version: 4,
        terraform_version: terraform_version.to_owned(),
        serial: state.serial.0,
        lineage: state.lineage.to_string(),
        outputs: state.outputs.iter().map(|(name, value)| (name.to_string(), output(value))).collect(),
        resources: resources.into_values().collect(),
        check_results: Json::Null,
    }
}

fn resource(address: &ResourceAddress, object: &Object) -> Resource {
    let mode = match address.mode {
        ResourceMode::Data => "data",
        ResourceMode::Managed | ResourceMode::Ephemeral => "managed",
    };
    Resource {
        module: address.module.to_string(),
        mode: mode.to_owned(),
        kind: address.kind.to_string(),
        name: address.name.to_string(),
        provider: object.provider.to_string(),
        instances: Vec::new(),
    }
}

fn one(
    key: Option<&InstanceKey>,
    deposed: Option<DeposedKey>,
    object: &Object,
    schema: Option<&Schema>,
    needs: &Needs,
) -> Instance {
    let schema = schema.filter(|schema| schema.version == object.schema_version);
    let ty = schema.map(Schema::ty);
    let (attributes, mut sensitive) = attributes::plain(&object.attributes, ty.as_ref());
    sensitive.retain(|path| !path.is_empty() && !is_computed(schema, path));
    Instance {
        index_key: match key {
            None => Json::Null,
            Some(InstanceKey::Int(index)) => (*index).into(),
            Some(InstanceKey::String(text)) => (&**text).into(),
        },
        status: match object.status {
            ObjectStatus::Ready => String::new(),
            ObjectStatus::Tainted => "tainted".to_owned(),
        },
        deposed: deposed.map(|key| key.to_string()).unwrap_or_default(),
        schema_version: object.schema_version,
        attributes,
        attributes_flat: Json::Null,
        sensitive_attributes: sensitive,
        private: object.private.as_deref().unwrap_or_default().to_owned(),
        dependencies: needs.of(object).into_iter().collect(),
        create_before_destroy: object.create_before_destroy,
    }
}

/// Whether only the provider sets an attribute. Terraform forgets that what repeats a sensitive value is
/// sensitive, and would plan to forget it again.
fn is_computed(schema: Option<&Schema>, path: &[Step]) -> bool {
    let name = path.first().and_then(|step| step.value.as_str());
    let attribute = name.and_then(|name| schema?.block.attributes.get(name));
    attribute.is_some_and(|attribute| attribute.computed && !attribute.optional && !attribute.required)
}

fn output(output: &OutputValue) -> Output {
    let (plain, _) = attributes::plain(&output.value, None);
    let part = |name: &str| plain.get(name).cloned();
    match (part("value"), part("type")) {
        (Some(value), Some(ty)) => Output { value, ty, sensitive: output.sensitive },
        _ => Output { value: plain, ty: "dynamic".into(), sensitive: output.sensitive },
    }
}
