//! `aws_network_interface`.

use std::sync::Arc;

use aws_sdk_ec2::types::{
    NetworkInterface as Found, NetworkInterfaceAssociation, NetworkInterfaceAttachment,
};
use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;

use super::select::{by, conditions, data_source, one, reading, selected, shown_tags};
use crate::calls::client::tags_of;
use crate::context::Context;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::arn;
use crate::resources::network_interface::list;

data_source!(NetworkInterface, "aws_network_interface");
const OPERATION: &str = "reading EC2 Network Interfaces";

async fn read(context: &Arc<Context>, config: &Value) -> Result<Value, ProviderError> {
    let filters = conditions(config, "", by(config, "id", "network-interface-id"));
    let found = list(context, selected(filters)).await.map_err(reading(OPERATION))?;
    Ok(value(context, config, &one(found, OPERATION)?))
}

fn value(context: &Arc<Context>, config: &Value, found: &Found) -> Value {
    let id = found.network_interface_id().unwrap_or_default();
    let or_empty = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
    let addresses = found.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let ipv6 = found.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(id))
        .str("arn", Some(arn(context, found.owner_id(), &format!("network-interface/{id}"))))
        .str("region", Some(context.region()))
        .str("availability_zone", or_empty(found.availability_zone()))
        .str("description", or_empty(found.description()))
        .str("interface_type", Some(found.interface_type().map_or("", |kind| kind.as_str())))
        .str("mac_address", or_empty(found.mac_address()))
        .str("outpost_arn", or_empty(found.outpost_arn()))
        .str("owner_id", or_empty(found.owner_id()))
        .str("private_dns_name", or_empty(found.private_dns_name()))
        .str("private_ip", or_empty(found.private_ip_address()))
        .str("requester_id", or_empty(found.requester_id()))
        .str("subnet_id", or_empty(found.subnet_id()))
        .str("vpc_id", or_empty(found.vpc_id()))
        .string_set("ipv6_addresses", ipv6)
        .string_list("private_ips", addresses)
        .string_set("security_groups", found.groups().iter().filter_map(|group| group.group_id()))
        .set("association", list_of("association", found.association().map(association)))
        .set("attachment", list_of("attachment", found.attachment().map(attachment)))
        .set("ena_srd_specification", list_of("ena_srd_specification", found.attachment().and_then(ena)))
        .set("tags", shown_tags(context, &tags_of(found.tag_set.clone())))
        .build()
}

fn list_of(name: &str, element: Option<Value>) -> Value {
    let ty = registry::data_schema(KIND).block.attributes.get(name).map(|attribute| attribute.ty.clone());
    match ty {
        Some(Type::List(ty)) => Value::list((*ty).clone(), element),
        _ => Value::null(Type::Dynamic),
    }
}

fn text(text: Option<&str>) -> Value {
    Value::string(text.unwrap_or_default())
}

fn association(found: &NetworkInterfaceAssociation) -> Value {
    Value::object([
        ("allocation_id", text(found.allocation_id())),
        ("association_id", text(found.association_id())),
        ("carrier_ip", text(found.carrier_ip())),
        ("customer_owned_ip", text(found.customer_owned_ip())),
        ("ip_owner_id", text(found.ip_owner_id())),
        ("public_dns_name", text(found.public_dns_name())),
        ("public_ip", text(found.public_ip())),
    ])
}

fn attachment(found: &NetworkInterfaceAttachment) -> Value {
    let number = |number: Option<i32>| Value::number(i64::from(number.unwrap_or_default()));
    Value::object([
        ("attachment_id", text(found.attachment_id())),
        ("device_index", number(found.device_index)),
        ("instance_id", text(found.instance_id())),
        ("instance_owner_id", text(found.instance_owner_id())),
        ("network_card_index", number(found.network_card_index)),
    ])
}

fn ena(found: &NetworkInterfaceAttachment) -> Option<Value> {
    let ena = found.ena_srd_specification()?;
    let udp = ena.ena_srd_udp_specification().map(|udp| {
        Value::object([("ena_srd_udp_enabled", Value::bool(udp.ena_srd_udp_enabled.unwrap_or_default()))])
    });
    Some(Value::object([
        ("ena_srd_enabled", Value::bool(ena.ena_srd_enabled.unwrap_or_default())),
        ("ena_srd_udp_specification", Value::list(Type::object([("ena_srd_udp_enabled", Type::Bool)]), udp)),
    ]))
}
