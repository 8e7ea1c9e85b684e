//! `aws_subnet` and `aws_subnets`.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::lookup::{LookupMany, LookupOne, lookup, visible_tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;

/// `aws_subnet`
pub struct Subnet;

/// `aws_subnets`
pub struct Subnets;

lookup!(Subnet, "aws_subnet", "EC2 Subnet", describe_subnets => subnets: Subnet,
    "id" => "subnet-id",
    "availability_zone" => "availabilityZone",
    "availability_zone_id" => "availabilityZoneId",
    "cidr_block" => "cidrBlock",
    "default_for_az" => "defaultForAz",
    "ipv6_cidr_block" => "ipv6-cidr-block-association.ipv6-cidr-block",
    "state" => "state",
    "vpc_id" => "vpc-id");

impl LookupOne for Subnet {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::Subnet,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let flag = |value: Option<bool>| Some(value.unwrap_or_default());
        let ipv6 = found.ipv6_cidr_block_association_set.as_ref().and_then(|blocks| blocks.first());
        let names = found.private_dns_name_options_on_launch.as_ref();
        Ok(builder
            .str("id", found.subnet_id.as_deref())
            .text("arn", found.subnet_arn.as_deref())
            .bool("assign_ipv6_address_on_creation", flag(found.assign_ipv6_address_on_creation))
            .text("availability_zone", found.availability_zone.as_deref())
            .text("availability_zone_id", found.availability_zone_id.as_deref())
            .number("available_ip_address_count", Some(found.available_ip_address_count.unwrap_or_default()))
            .text("cidr_block", found.cidr_block.as_deref())
            .text("customer_owned_ipv4_pool", found.customer_owned_ipv4_pool.as_deref())
            .bool("default_for_az", flag(found.default_for_az))
            .bool("enable_dns64", flag(found.enable_dns64))
            .number("enable_lni_at_device_index", Some(found.enable_lni_at_device_index.unwrap_or_default()))
            .bool(
                "enable_resource_name_dns_a_record_on_launch",
                flag(names.and_then(|names| names.enable_resource_name_dns_a_record)),
            )
            .bool(
                "enable_resource_name_dns_aaaa_record_on_launch",
                flag(names.and_then(|names| names.enable_resource_name_dns_aaaa_record)),
            )
            .str("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block.as_deref()))
            .str("ipv6_cidr_block_association_id", ipv6.and_then(|block| block.association_id.as_deref()))
            .bool("ipv6_native", flag(found.ipv6_native))
            .bool("map_customer_owned_ip_on_launch", flag(found.map_customer_owned_ip_on_launch))
            .bool("map_public_ip_on_launch", flag(found.map_public_ip_on_launch))
            .text("outpost_arn", found.outpost_arn.as_deref())
            .text("owner_id", found.owner_id.as_deref())
            .text(
                "private_dns_hostname_type_on_launch",
                names.and_then(|names| names.hostname_type.as_ref()).map(types::HostnameType::as_str),
            )
            .text("state", found.state.as_ref().map(types::SubnetState::as_str))
            .text("vpc_id", found.vpc_id.as_deref())
            .set("tags", visible_tags(context, found.tags)))
    }
}

lookup!(Subnets, "aws_subnets", "EC2 Subnets", describe_subnets => subnets: Subnet);

impl LookupMany for Subnets {
    fn value<'a>(_: &Context, found: Vec<types::Subnet>, builder: Builder<'a>) -> Builder<'a> {
        builder.string_list("ids", found.into_iter().filter_map(|subnet| subnet.subnet_id))
    }
}
