//! `aws_internet_gateway`, `aws_nat_gateway` and `aws_nat_gateways`.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use super::lookup::{Lookup, LookupMany, LookupOne, lookup, visible_tags};
use crate::calls::Ec2Context;
use crate::calls::client::pages;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_internet_gateway`
pub struct InternetGateway;

/// `aws_nat_gateway`
pub struct NatGateway;

/// `aws_nat_gateways`
pub struct NatGateways;

lookup!(InternetGateway, "aws_internet_gateway", "EC2 Internet Gateway",
    describe_internet_gateways => internet_gateways: InternetGateway,
    "id" => "internet-gateway-id",
    "internet_gateway_id" => "internet-gateway-id");

impl LookupOne for InternetGateway {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::InternetGateway,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let id = found.internet_gateway_id.as_deref().unwrap_or_default();
        let ty = Type::object([("state", Type::String), ("vpc_id", Type::String)]);
        let attachments = found.attachments.unwrap_or_default().into_iter().map(|attachment| {
            let state = attachment.state.as_ref().map_or("", types::AttachmentStatus::as_str);
            Value::object([
                ("state", Value::string(state)),
                ("vpc_id", Value::string(attachment.vpc_id.unwrap_or_default())),
            ])
        });
        Ok(builder
            .str("id", Some(id))
            .str("internet_gateway_id", Some(id))
            .str("arn", Some(arn(context, found.owner_id.as_deref(), &format!("internet-gateway/{id}"))))
            .text("owner_id", found.owner_id.as_deref())
            .set("attachments", Value::list(ty, attachments))
            .set("tags", visible_tags(context, found.tags)))
    }
}

async fn describe(
    context: &Arc<Context>,
    filters: Option<Vec<types::Filter>>,
) -> Result<Vec<types::NatGateway>, Failure> {
    Ok(pages!(context.ec2().safe.describe_nat_gateways().set_filter(filters), nat_gateways))
}

impl Lookup for NatGateway {
    type Found = types::NatGateway;
    const KIND: &'static str = "aws_nat_gateway";
    const NOUN: &'static str = "EC2 NAT Gateway";
    const ARGUMENTS: &'static [(&'static str, &'static str)] =
        &[("id", "nat-gateway-id"), ("state", "state"), ("subnet_id", "subnet-id"), ("vpc_id", "vpc-id")];

    async fn describe(
        context: &Arc<Context>,
        filters: Option<Vec<types::Filter>>,
    ) -> Result<Vec<types::NatGateway>, Failure> {
        describe(context, filters).await
    }
}

impl Lookup for NatGateways {
    type Found = types::NatGateway;
    const KIND: &'static str = "aws_nat_gateways";
    const NOUN: &'static str = "EC2 NAT Gateways";
    const ARGUMENTS: &'static [(&'static str, &'static str)] = &[("vpc_id", "vpc-id")];

    async fn describe(
        context: &Arc<Context>,
        filters: Option<Vec<types::Filter>>,
    ) -> Result<Vec<types::NatGateway>, Failure> {
        describe(context, filters).await
    }
}

impl LookupMany for NatGateways {
    fn value<'a>(_: &Context, found: Vec<types::NatGateway>, builder: Builder<'a>) -> Builder<'a> {
        builder.string_list("ids", found.into_iter().filter_map(|gateway| gateway.nat_gateway_id))
    }
}

impl LookupOne for NatGateway {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::NatGateway,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let addresses = found.nat_gateway_addresses.unwrap_or_default();
        let is_first = |address: &types::NatGatewayAddress| address.is_primary != Some(false);
        let (first, others): (Vec<_>, Vec<_>) = addresses.iter().partition(|address| is_first(address));
        let first = first.first();
        let part = |of: fn(&types::NatGatewayAddress) -> Option<&str>| first.and_then(|address| of(address));
        let list = |of: fn(&types::NatGatewayAddress) -> Option<&str>| {
            others.iter().filter_map(|address| of(address)).collect::<Vec<_>>()
        };
        let regional = found.availability_mode == Some(types::AvailabilityMode::Regional);
        Ok(builder
            .str("id", found.nat_gateway_id.as_deref())
            .text("allocation_id", part(types::NatGatewayAddress::allocation_id))
            .text("association_id", part(types::NatGatewayAddress::association_id))
            .text("network_interface_id", part(types::NatGatewayAddress::network_interface_id))
            .text("private_ip", part(types::NatGatewayAddress::private_ip))
            .text("public_ip", part(types::NatGatewayAddress::public_ip))
            .string_list("secondary_allocation_ids", list(types::NatGatewayAddress::allocation_id))
            .string_list("secondary_private_ip_addresses", list(types::NatGatewayAddress::private_ip))
            .number("secondary_private_ip_address_count", i64::try_from(others.len()).ok())
            .set("availability_zone_address", zone_addresses(if regional { &addresses } else { &[] }))
            .set("regional_nat_gateway_address", regional_addresses(if regional { &addresses } else { &[] }))
            .text("auto_provision_zones", found.auto_provision_zones.as_ref().map(|state| state.as_str()))
            .text("auto_scaling_ips", found.auto_scaling_ips.as_ref().map(|state| state.as_str()))
            .text("availability_mode", found.availability_mode.as_ref().map(|mode| mode.as_str()))
            .text("connectivity_type", found.connectivity_type.as_ref().map(|kind| kind.as_str()))
            .text("route_table_id", found.route_table_id.as_deref())
            .text("state", found.state.as_ref().map(|state| state.as_str()))
            .text("subnet_id", found.subnet_id.as_deref())
            .text("vpc_id", found.vpc_id.as_deref())
            .set("tags", visible_tags(context, found.tags)))
    }
}

fn text(value: Option<&str>) -> Value {
    Value::string(value.unwrap_or_default())
}

/// The addresses of a regional gateway, by zone.
fn zone_addresses(addresses: &[types::NatGatewayAddress]) -> Value {
    let ty = Type::object([
        ("allocation_ids", Type::set(Type::String)),
        ("availability_zone", Type::String),
        ("availability_zone_id", Type::String),
    ]);
    let zones: std::collections::BTreeSet<_> = addresses
        .iter()
        .map(|address| (address.availability_zone.as_deref(), address.availability_zone_id.as_deref()))
        .collect();
    let elements = zones.into_iter().map(|(zone, id)| {
        let here = addresses.iter().filter(|address| address.availability_zone.as_deref() == zone);
        let ids = here.filter_map(|address| address.allocation_id.as_deref()).map(Value::string);
        Value::object([
            ("allocation_ids", Value::set(Type::String, ids)),
            ("availability_zone", text(zone)),
            ("availability_zone_id", text(id)),
        ])
    });
    Value::set(ty, elements)
}

fn regional_addresses(addresses: &[types::NatGatewayAddress]) -> Value {
    let columns = |address: &types::NatGatewayAddress| {
        [
            ("allocation_id", text(address.allocation_id.as_deref())),
            ("association_id", text(address.association_id.as_deref())),
            ("availability_zone", text(address.availability_zone.as_deref())),
            ("availability_zone_id", text(address.availability_zone_id.as_deref())),
            ("network_interface_id", text(address.network_interface_id.as_deref())),
            ("public_ip", text(address.public_ip.as_deref())),
            ("status", text(address.status.as_ref().map(|status| status.as_str()))),
        ]
    };
    let names = columns(&types::NatGatewayAddress::builder().build()).map(|(name, _)| (name, Type::String));
    Value::set(Type::object(names), addresses.iter().map(|address| Value::object(columns(address))))
}
