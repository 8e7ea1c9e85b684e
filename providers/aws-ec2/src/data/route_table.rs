//! `aws_route_table` and `aws_route_tables`.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use super::lookup::{LookupMany, LookupOne, lookup, visible_tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_route_table`
pub struct RouteTable;

/// `aws_route_tables`
pub struct RouteTables;

lookup!(RouteTable, "aws_route_table", "EC2 Route Table", describe_route_tables => route_tables: RouteTable,
    "id" => "route-table-id",
    "route_table_id" => "route-table-id",
    "vpc_id" => "vpc-id",
    "subnet_id" => "association.subnet-id",
    "gateway_id" => "association.gateway-id");
lookup!(RouteTables, "aws_route_tables", "EC2 Route Tables", describe_route_tables => route_tables: RouteTable,
    "vpc_id" => "vpc-id");

impl LookupOne for RouteTable {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::RouteTable,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let id = found.route_table_id.as_deref().unwrap_or_default();
        Ok(builder
            .str("id", Some(id))
            .str("route_table_id", Some(id))
            .str("arn", Some(arn(context, found.owner_id.as_deref(), &format!("route-table/{id}"))))
            .text("owner_id", found.owner_id.as_deref())
            .text("vpc_id", found.vpc_id.as_deref())
            .set("associations", associations(found.associations))
            .set("routes", routes(found.routes))
            .set("tags", visible_tags(context, found.tags)))
    }
}

impl LookupMany for RouteTables {
    fn value<'a>(_: &Context, found: Vec<types::RouteTable>, builder: Builder<'a>) -> Builder<'a> {
        builder.string_list("ids", found.into_iter().filter_map(|table| table.route_table_id))
    }
}

fn text(value: Option<String>) -> Value {
    Value::string(value.unwrap_or_default())
}

fn associations(found: Option<Vec<types::RouteTableAssociation>>) -> Value {
    let elements = found.unwrap_or_default().into_iter().map(|association| {
        Value::object([
            ("gateway_id", text(association.gateway_id)),
            ("main", Value::bool(association.main.unwrap_or_default())),
            ("route_table_association_id", text(association.route_table_association_id)),
            ("route_table_id", text(association.route_table_id)),
            ("subnet_id", text(association.subnet_id)),
        ])
    });
    let texts = ["gateway_id", "route_table_association_id", "route_table_id", "subnet_id"];
    let ty = Type::object(texts.map(|name| (name, Type::String)).into_iter().chain([("main", Type::Bool)]));
    Value::list(ty, elements)
}

/// The routes that somebody made: those that come with the table or from a gateway are left out.
fn routes(found: Option<Vec<types::Route>>) -> Value {
    let made = found.unwrap_or_default().into_iter().filter(|route| {
        let own = route.gateway_id.as_deref() != Some("local");
        own && route.origin != Some(types::RouteOrigin::EnableVgwRoutePropagation)
    });
    let columns = |route: types::Route| {
        let gateway = route.gateway_id.unwrap_or_default();
        let (endpoint, gateway) = match gateway.starts_with("vpce-") {
            true => (gateway, String::new()),
            false => (String::new(), gateway),
        };
        [
            ("carrier_gateway_id", route.carrier_gateway_id),
            ("cidr_block", route.destination_cidr_block),
            ("core_network_arn", route.core_network_arn),
            ("destination_prefix_list_id", route.destination_prefix_list_id),
            ("egress_only_gateway_id", route.egress_only_internet_gateway_id),
            ("gateway_id", Some(gateway)),
            ("instance_id", route.instance_id),
            ("ipv6_cidr_block", route.destination_ipv6_cidr_block),
            ("local_gateway_id", route.local_gateway_id),
            ("nat_gateway_id", route.nat_gateway_id),
            ("network_interface_id", route.network_interface_id),
            ("odb_network_arn", route.odb_network_arn),
            ("transit_gateway_id", route.transit_gateway_id),
            ("vpc_endpoint_id", Some(endpoint)),
            ("vpc_peering_connection_id", route.vpc_peering_connection_id),
        ]
    };
    let names = columns(types::Route::builder().build()).map(|(name, _)| (name, Type::String));
    let elements = made.map(|route| Value::object(columns(route).map(|(name, value)| (name, text(value)))));
    Value::list(Type::object(names), elements)
}
