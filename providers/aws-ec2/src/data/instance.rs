//! `aws_instance`: what the managed type shows, in the form of the data source.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;

use super::select::{adapted, by, conditions, data_source, one, reading, selected, shown_tags};
use crate::calls::Filter;
use crate::calls::client::tags_of;
use crate::context::Context;
use crate::registry;
use crate::resources::common::{Wanted, on, time};
use crate::resources::instance::{self, Whole};

data_source!(Instance, "aws_instance");
const OPERATION: &str = "reading EC2 Instances";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let living = ["pending", "running", "shutting-down", "stopping", "stopped"];
    let more = by(config, "instance_id", "instance-id").into_iter();
    let more = more.chain([Filter::new("instance-state-name", living)]);
    let filters = conditions(config, "instance_tags", more);
    let found = instance::list(context, selected(filters)).await.map_err(reading(OPERATION))?;
    let (owner, found) = one(instance::instances(found).collect(), OPERATION)?;
    let id = found.instance_id().unwrap_or_default().to_owned();
    let launched = time(found.launch_time());
    // What is known of it decides what is looked at: everything, and the password on request.
    let password = Value::bool(on(config, "get_password_data").is_some());
    let known = Value::object([("get_password_data", password)]);
    let known_of = BTreeMap::from([(id.as_str(), Wanted::of(&id, &known))]);
    let wholes =
        instance::whole(context, vec![(owner, found)], &known_of).await.map_err(reading(OPERATION))?;
    let whole = one(wholes.into_values().collect(), OPERATION)?;
    Ok(value(context, config, &whole, launched))
}

fn value(context: &Arc<Context>, config: &Value, whole: &Whole, launched: Option<String>) -> Value {
    let managed = instance::value::value(context, whole, &Value::empty_object());
    let tags = shown_tags(context, &tags_of(whole.instance.tags.clone()));
    let interface = managed.get("primary_network_interface_id").cloned();
    let text = |text: Option<String>| text.map_or_else(|| Value::null(Type::String), Value::string);
    let value = adapted(registry::data_schema(KIND), config, &managed)
        .with_attribute("network_interface_id", interface.unwrap_or_else(|| text(None)))
        .with_attribute("launch_time", text(launched))
        .with_attribute("tags", tags.clone());
    let value = match config.get("instance_tags").is_some_and(|tags| !tags.is_null()) {
        true => value,
        false => value.with_attribute("instance_tags", tags),
    };
    with_user_data(value, config, whole)
}

/// User data as the public provider shows it: its digest in one, and itself on request.
fn with_user_data(value: Value, config: &Value, whole: &Whole) -> Value {
    let encoded = whole.single.user_data.clone().flatten().filter(|encoded| !encoded.is_empty());
    let bytes = encoded.as_ref().and_then(|encoded| BASE64.decode(encoded).ok());
    let digest = bytes.map(|bytes| Value::string(hex(&bytes)));
    let encoded = encoded.filter(|_| on(config, "get_user_data").is_some()).map(Value::string);
    let null = || Value::null(Type::String);
    value
        .with_attribute("user_data", digest.unwrap_or_else(null))
        .with_attribute("user_data_base64", encoded.unwrap_or_else(null))
}

fn hex(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    sha1::Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
