//! `aws_vpc` and `aws_vpcs`.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use super::lookup::{LookupMany, LookupOne, lookup, visible_tags};
use crate::calls::Ec2Context;
use crate::calls::network::VpcAttribute;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_vpc`
pub struct Vpc;

/// `aws_vpcs`
pub struct Vpcs;

lookup!(Vpc, "aws_vpc", "EC2 VPC", describe_vpcs => vpcs: Vpc,
    "id" => "vpc-id",
    "cidr_block" => "cidr",
    "dhcp_options_id" => "dhcp-options-id",
    "state" => "state",
    "default" => "is-default");

impl LookupOne for Vpc {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::Vpc,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let ec2 = context.ec2();
        let id = found.vpc_id.unwrap_or_default();
        let tables = ec2.describe_route_tables(crate::calls::Select::Filters(vec![
            crate::calls::Filter::new("association.main", ["true"]),
            crate::calls::Filter::new("vpc-id", [id.clone()]),
        ]));
        let (support, hostnames, metrics, tables) = futures_util::future::try_join4(
            ec2.vpc_attribute(&id, VpcAttribute::DnsSupport),
            ec2.vpc_attribute(&id, VpcAttribute::DnsHostnames),
            ec2.vpc_attribute(&id, VpcAttribute::AddressUsageMetrics),
            tables,
        )
        .await?;
        let ipv6 = found.ipv6_cidr_block_association_set.as_ref().and_then(|blocks| blocks.first());
        let owner = found.owner_id.as_deref();
        Ok(builder
            .str("id", Some(&id))
            .str("arn", Some(arn(context, owner, &format!("vpc/{id}"))))
            .text("cidr_block", found.cidr_block.as_deref())
            .set("cidr_block_associations", associations(found.cidr_block_association_set))
            .bool("default", Some(found.is_default.unwrap_or_default()))
            .text("dhcp_options_id", found.dhcp_options_id.as_deref())
            .bool("enable_dns_support", Some(support))
            .bool("enable_dns_hostnames", Some(hostnames))
            .bool("enable_network_address_usage_metrics", Some(metrics))
            .text("instance_tenancy", found.instance_tenancy.as_ref().map(types::Tenancy::as_str))
            .str("ipv6_association_id", ipv6.and_then(|block| block.association_id.as_deref()))
            .str("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block.as_deref()))
            .text("main_route_table_id", tables.first().map(|table| &table.id))
            .text("owner_id", owner)
            .text("state", found.state.as_ref().map(types::VpcState::as_str))
            .set("tags", visible_tags(context, found.tags)))
    }
}

fn associations(found: Option<Vec<types::VpcCidrBlockAssociation>>) -> Value {
    let names = ["association_id", "cidr_block", "state"];
    let ty = Type::object(names.map(|name| (name, Type::String)));
    let elements = found.unwrap_or_default().into_iter().map(|block| {
        let state = block.cidr_block_state.and_then(|state| state.state);
        Value::object([
            ("association_id", Value::string(block.association_id.unwrap_or_default())),
            ("cidr_block", Value::string(block.cidr_block.unwrap_or_default())),
            ("state", Value::string(state.as_ref().map_or("", types::VpcCidrBlockStateCode::as_str))),
        ])
    });
    Value::list(ty, elements)
}

lookup!(Vpcs, "aws_vpcs", "EC2 VPCs", describe_vpcs => vpcs: Vpc);

impl LookupMany for Vpcs {
    fn value<'a>(_: &Context, found: Vec<types::Vpc>, builder: Builder<'a>) -> Builder<'a> {
        builder.string_list("ids", found.into_iter().filter_map(|vpc| vpc.vpc_id))
    }
}
