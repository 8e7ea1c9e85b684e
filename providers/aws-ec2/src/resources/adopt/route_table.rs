//! `aws_default_route_table`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::{Diagnostics, Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::like;
use crate::calls::routing::RouteTable as Found;
use crate::calls::{Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::RouteTable;
use crate::resources::common::{Change, Ec2Type, Limits, Wanted, text};
use crate::resources::route_table::{bring_routes, propagate, routes_value, unnamed_routes};

/// `aws_default_route_table`
pub struct DefaultRouteTable;

impl Ec2Type for DefaultRouteTable {
    type Found = Found;
    const KIND: &'static str = "aws_default_route_table";
    const NOUN: &'static str = "EC2 Default Route Table";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_route_table.");
    const LIMITS: Limits = Limits { create: 300, update: 120, delete: 300 };

    fn check(config: &Value) -> Diagnostics {
        RouteTable::check(config)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let (vpcs, tables): (Vec<Wanted<'_>>, Vec<Wanted<'_>>) =
            wanted.iter().partition(|wanted| wanted.id.starts_with("vpc-"));
        let mut found = match tables.is_empty() {
            true => BTreeMap::new(),
            false => RouteTable::fetch(context, &tables).await?,
        };
        // An import names the VPC.
        for vpc in vpcs {
            let filters = vec![Filter::new("vpc-id", [vpc.id]), Filter::new("association.main", ["true"])];
            let tables = context.ec2().describe_route_tables(Select::Filters(filters)).await?;
            found.extend(tables.into_iter().next().map(|table| (vpc.id.to_owned(), table)));
        }
        Ok(found)
    }

    fn settled(change: &Change<'_, Found>) -> bool {
        change.prior.is_some() || unnamed_routes(change).is_empty()
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        like::<RouteTable, Self>(context, found, known)
            .str("default_route_table_id", Some(&found.id))
            .set("route", routes_value(found, known, element_type()))
            .set("propagating_vgws", propagating(found, known))
            .build()
    }

    fn stays(_: &Value) -> bool {
        true
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let id = text(&request.planned, "default_route_table_id").unwrap_or_default();
        let tables = context.ec2().describe_route_tables(Select::one("route-table-id", id.as_str())).await?;
        let table = tables.into_iter().next().map(|table| table.id);
        table.ok_or_else(|| Failure::refused(format!("there is no route table {id}")))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        if change.prior.is_none() || change.wanted("route").is_some() {
            bring_routes(context, change).await?;
        }
        propagate(context, change).await?;
        Ok(None)
    }

    async fn remove(_: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        Ok(())
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}

/// The gateways that put routes into the table; nothing where there are none and none are configured.
fn propagating(found: &Found, known: &Value) -> Value {
    let configured = known.get("propagating_vgws").is_some_and(|value| value.is_known() && !value.is_null());
    match found.propagating_vgws.is_empty() && !configured {
        true => Value::null(Type::set(Type::String)),
        false => Value::set(Type::String, found.propagating_vgws.iter().map(Value::string)),
    }
}

/// The type of an element of `route`, which has fewer targets than that of other tables.
fn element_type() -> Type {
    let names = [
        "cidr_block",
        "core_network_arn",
        "destination_prefix_list_id",
        "egress_only_gateway_id",
        "gateway_id",
        "instance_id",
        "ipv6_cidr_block",
        "nat_gateway_id",
        "network_interface_id",
        "transit_gateway_id",
        "vpc_endpoint_id",
        "vpc_peering_connection_id",
    ];
    Type::object(names.map(|name| (name, Type::String)))
}
