//! What the schema alone does not decide about an instance.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Path, Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, diff, propose};

use super::super::common::{blocks, on};
use super::user_data;
use crate::tags;

const ROOT: &str = "root_block_device";
const OTHERS: &str = "ebs_block_device";

/// What the instance would become.
pub(in super::super) fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let mut change = propose::plan_by_schema(schema, request);
    keep_devices(&mut change, request);
    change.planned = with_tags_of_volumes(change.planned, request);
    let Some(prior) = request.prior else { return change };
    let changed = |planned: &Value, name: &str| match (prior.get(name), planned.get(name)) {
        (Some(old), Some(new)) => !diff::same(old, new),
        _ => false,
    };
    if change.planned.get_bool("user_data_replace_on_change") == Some(true) {
        let names = user_data::NAMES.into_iter().filter(|name| changed(&change.planned, name));
        change.replace.extend(names.map(Path::attribute));
    }
    // The service gives a primary IPv6 address and never takes it back.
    if on(prior, "enable_primary_ipv6").is_some() && changed(&change.planned, "enable_primary_ipv6") {
        change.replace.push(Path::attribute("enable_primary_ipv6"));
    }
    change
}

/// Devices that differ in tags only are the same devices; the schema alone would make new ones.
fn keep_devices(change: &mut PlannedChange, request: &PlanRequest<'_>) {
    let config = blocks(request.config, OTHERS);
    let prior = request.prior.map(|prior| blocks(prior, OTHERS)).unwrap_or_default();
    if config.is_empty() || config.len() != prior.len() {
        return;
    }
    let kept: Option<Vec<Value>> = config.iter().map(|config| kept(prior, config)).collect();
    if let Some(kept) = kept {
        let element = kept.first().map_or(Type::Dynamic, Value::ty);
        change.planned = change.planned.clone().with_attribute(OTHERS, Value::set(element, kept));
        change.replace.retain(|path| path.first_attribute() != Some(OTHERS));
    }
}

/// The device that a block means, with the block's tags.
fn kept(prior: &[Value], config: &Value) -> Option<Value> {
    let name = config.get_str("device_name")?;
    let device = prior.iter().find(|device| device.get_str("device_name") == Some(name))?;
    let same =
        config.as_entries()?.iter().filter(|(name, _)| !name.starts_with("tags")).all(|(name, value)| {
            value.is_null() || device.get(name).is_some_and(|device| diff::same(device, value))
        });
    same.then(|| {
        device.clone().with_attribute("tags", config.get("tags").cloned().unwrap_or_else(Value::empty_object))
    })
}

/// With `volume_tags`, all volumes have these; otherwise each block says its own.
fn with_tags_of_volumes(planned: Value, request: &PlanRequest<'_>) -> Value {
    let all = request.config.get("volume_tags").filter(|tags| !tags.is_null());
    let before = request.prior.and_then(|prior| prior.get("volume_tags"));
    match (all, before) {
        (Some(all), Some(before)) if diff::same(all, before) => planned,
        (Some(_), _) => {
            let unknown = |_: &Value| Some(Value::unknown(Type::map(Type::String)));
            let planned = with_tags_all(planned, ROOT, unknown);
            with_tags_all(planned, OTHERS, unknown)
        }
        (None, _) => {
            let mut planned = planned;
            for name in [ROOT, OTHERS] {
                let config = blocks(request.config, name);
                let own = |device: &Value| {
                    let same = |block: &&Value| {
                        name == ROOT || block.get("device_name") == device.get("device_name")
                    };
                    Some(tags::planned_all(request.provider_config, config.iter().find(same)?))
                };
                planned = with_tags_all(planned, name, own);
            }
            planned
        }
    }
}

/// Sets `tags_all` of the devices for which there is something to say.
fn with_tags_all(planned: Value, name: &str, all: impl Fn(&Value) -> Option<Value>) -> Value {
    let Some(devices) = planned.get(name).filter(|devices| devices.is_known()).cloned() else {
        return planned;
    };
    let changed = devices.as_elements().unwrap_or_default().iter().map(|device| match all(device) {
        Some(all) => device.clone().with_attribute("tags_all", all),
        None => device.clone(),
    });
    let changed: Vec<Value> = changed.collect();
    let Some(element) = changed.first().map(Value::ty) else { return planned };
    let devices = match devices.ty() {
        Type::Set(_) => Value::set(element, changed),
        _ => Value::list(element, changed),
    };
    planned.with_attribute(name, devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device as a block of the type's schema.
    fn device(name: &str, size: i64, tags: Value) -> Value {
        let schema = crate::registry::schema("aws_instance");
        let known = Value::object([(
            OTHERS,
            Value::set(
                Type::object([
                    ("device_name", Type::String),
                    ("volume_size", Type::Number),
                    ("tags", tags.ty()),
                ]),
                [Value::object([
                    ("device_name", Value::string(name)),
                    ("volume_size", Value::number(size)),
                    ("tags", tags),
                ])],
            ),
        )]);
        let shape = crate::shape::Shape::new(schema, &known).written(OTHERS).build();
        blocks(&shape, OTHERS).first().cloned().unwrap_or_else(Value::empty_object)
    }

    fn object(device: &Value) -> Value {
        let shape =
            crate::shape::Shape::new(crate::registry::schema("aws_instance"), &Value::empty_object()).build();
        shape.with_attribute(OTHERS, Value::set(device.ty(), [device.clone()]))
    }

    #[test]
    fn other_tags_make_no_other_device() {
        let schema = crate::registry::schema("aws_instance");
        let none = || Value::null(Type::map(Type::String));
        let named = || Value::map(Type::String, [("Name", Value::string("data"))]);
        let plan = |config: &Value| {
            let (prior, config) = (object(&device("/dev/sdf", 8, none())), object(config));
            let provider_config = Value::empty_object();
            let request =
                PlanRequest { provider_config: &provider_config, prior: Some(&prior), config: &config };
            let change = propose(schema, &request);
            change.replace.iter().any(|path| path.first_attribute() == Some(OTHERS))
        };
        assert!(!plan(&device("/dev/sdf", 8, named())));
        assert!(plan(&device("/dev/sdf", 9, none())));
    }
}
