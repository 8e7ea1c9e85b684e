//! `aws_instances`.

use std::sync::Arc;

use aws_sdk_ec2::types::Instance;
use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::select::{conditions, data_source, reading, selected};
use crate::calls::Filter;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::texts;
use crate::resources::instance;

data_source!(Instances, "aws_instances");

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let mut states = texts(config.get("instance_state_names"));
    if states.is_empty() {
        states.push("running".into());
    }
    let filters = conditions(config, "instance_tags", [Filter::new("instance-state-name", states)]);
    let found = instance::list(context, selected(filters)).await.map_err(reading("reading EC2 Instances"))?;
    let found: Vec<Instance> = instance::instances(found).map(|(_, instance)| instance).collect();
    let ipv6 = found
        .iter()
        .flat_map(|instance| instance.network_interfaces())
        .flat_map(|interface| interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address()));
    Ok(Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(context.region()))
        .str("region", Some(context.region()))
        .string_list("ids", found.iter().filter_map(|instance| instance.instance_id()))
        .string_list("private_ips", found.iter().filter_map(|instance| instance.private_ip_address()))
        .string_list("public_ips", found.iter().filter_map(|instance| instance.public_ip_address()))
        .string_list("ipv6_addresses", ipv6)
        .build())
}
