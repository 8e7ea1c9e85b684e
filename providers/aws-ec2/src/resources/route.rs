//! `aws_route`.
//!
//! A route has no identifier of its own: a table has one route to a destination. It is read with its
//! table, so that all routes of many tables cost one call.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::types::{Route as SdkRoute, RouteTable};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Wanted, by_id, eventually, or_empty, text, unless_empty, unless_gone,
};
use super::naming::hash;
use crate::calls::client::{answer, describe, lists};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;

/// `aws_route`
pub struct Route;

/// A route and the table it is in.
pub struct Found {
    table: String,
    route: SdkRoute,
}

/// A table and a destination in it.
type Key = (String, String);

const DESTINATIONS: [&str; 3] =
    ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];
/// The target that stands for the table's own network.
const LOCAL: &str = "local";
/// What passes by itself: gateways that are not seen everywhere yet.
const WAITS: [&str; 2] = ["InvalidParameterException", "InvalidTransitGatewayID.NotFound"];

impl Ec2Type for Route {
    type Found = Found;
    const KIND: &'static str = "aws_route";
    const NOUN: &'static str = "EC2 Route";
    const LIMITS: Limits = Limits { create: 300, update: 120, delete: 300 };
    const IN_THE_WAY: &'static [&'static str] = &["InvalidParameterException"];

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let keys: Vec<(&str, Key)> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, key_of(wanted)?))).collect();
        let tables: BTreeSet<&String> = keys.iter().map(|(_, (table, _))| table).collect();
        let tables = tables.into_iter().cloned().collect();
        let tables = by_id(tables, "route-table-id", |select| describe_tables(context, select)).await?;
        let found = keys.into_iter().filter_map(|(id, (table, destination))| {
            let known = tables.iter().find(|known| known.route_table_id.as_ref() == Some(&table))?;
            let route = known.routes().iter().find(|route| leads_to(route, &destination))?.clone();
            Some((id.to_owned(), Found { table, route }))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let route = &found.route;
        let destination = destination_of(route).unwrap_or_default();
        let written = |name: &str, told: &Option<String>| {
            let told = told.as_deref().filter(|told| !told.is_empty())?;
            let known = text(known, name).filter(|known| same_block(known, told));
            Some(known.unwrap_or_else(|| told.to_owned()))
        };
        // A route to a VPC endpoint comes back with the endpoint in the place of the gateway.
        let gateway = route.gateway_id.as_deref().filter(|id| !id.is_empty());
        let (endpoint, gateway) = match gateway {
            Some(id) if id.starts_with("vpce-") => (Some(id), None),
            id => (None, id),
        };
        let targets = [
            ("carrier_gateway_id", route.carrier_gateway_id.as_deref()),
            ("core_network_arn", route.core_network_arn.as_deref()),
            ("egress_only_gateway_id", route.egress_only_internet_gateway_id.as_deref()),
            ("gateway_id", gateway),
            ("local_gateway_id", route.local_gateway_id.as_deref()),
            ("nat_gateway_id", route.nat_gateway_id.as_deref()),
            ("odb_network_arn", route.odb_network_arn.as_deref()),
            ("transit_gateway_id", route.transit_gateway_id.as_deref()),
            ("vpc_endpoint_id", endpoint),
            ("vpc_peering_connection_id", route.vpc_peering_connection_id.as_deref()),
        ];
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(id_of(&found.table, &text_of(known, destination))))
            .str("region", Some(context.region()))
            .str("route_table_id", Some(&found.table))
            .str("destination_cidr_block", written("destination_cidr_block", &route.destination_cidr_block))
            .str(
                "destination_ipv6_cidr_block",
                written("destination_ipv6_cidr_block", &route.destination_ipv6_cidr_block),
            )
            .str(
                "destination_prefix_list_id",
                written("destination_prefix_list_id", &route.destination_prefix_list_id),
            )
            .str("instance_id", or_empty(&route.instance_id))
            .str("instance_owner_id", or_empty(&route.instance_owner_id))
            .str("network_interface_id", or_empty(&route.network_interface_id))
            .str("origin", route.origin.as_ref().map(|origin| origin.as_str()))
            .str("state", route.state.as_ref().map(|state| state.as_str()));
        let builder = targets
            .into_iter()
            .fold(builder, |builder, (name, told)| builder.str(name, unless_empty(told, known, name)));
        builder.build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let table = get("route_table_id").unwrap_or_default();
        let created = eventually(Duration::from_secs(Self::LIMITS.create), &WAITS, || async {
            let call = context
                .ec2()
                .once
                .create_route()
                .route_table_id(&table)
                .set_destination_cidr_block(get("destination_cidr_block"))
                .set_destination_ipv6_cidr_block(get("destination_ipv6_cidr_block"))
                .set_destination_prefix_list_id(get("destination_prefix_list_id"))
                .set_carrier_gateway_id(get("carrier_gateway_id"))
                .set_core_network_arn(get("core_network_arn"))
                .set_egress_only_internet_gateway_id(get("egress_only_gateway_id"))
                .set_gateway_id(get("gateway_id"))
                .set_local_gateway_id(get("local_gateway_id"))
                .set_nat_gateway_id(get("nat_gateway_id"))
                .set_network_interface_id(get("network_interface_id"))
                .set_odb_network_arn(get("odb_network_arn"))
                .set_transit_gateway_id(get("transit_gateway_id"))
                .set_vpc_endpoint_id(get("vpc_endpoint_id"))
                .set_vpc_peering_connection_id(get("vpc_peering_connection_id"));
            answer(call.send()).await
        });
        created.await.map_err(|error| explained(error, planned))?;
        Ok(id_of(&table, &planned_destination(planned)))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        if !TARGETS.iter().any(|name| change.wanted(name).is_some()) {
            return Ok(None);
        }
        // Only what configuration sets: the network interface of an instance is told beside it.
        let get = |name: &str| text(change.planned, name);
        let gateway = get("gateway_id");
        let local = gateway.as_deref() == Some(LOCAL);
        let call = context
            .ec2()
            .safe
            .replace_route()
            .route_table_id(&change.found.table)
            .set_destination_cidr_block(get("destination_cidr_block"))
            .set_destination_ipv6_cidr_block(get("destination_ipv6_cidr_block"))
            .set_destination_prefix_list_id(get("destination_prefix_list_id"))
            .set_carrier_gateway_id(get("carrier_gateway_id"))
            .set_core_network_arn(get("core_network_arn"))
            .set_egress_only_internet_gateway_id(get("egress_only_gateway_id"))
            .set_gateway_id(gateway.filter(|_| !local))
            .set_local_target(local.then_some(true))
            .set_local_gateway_id(get("local_gateway_id"))
            .set_nat_gateway_id(get("nat_gateway_id"))
            .set_network_interface_id(get("network_interface_id"))
            .set_odb_network_arn(get("odb_network_arn"))
            .set_transit_gateway_id(get("transit_gateway_id"))
            .set_vpc_endpoint_id(get("vpc_endpoint_id"))
            .set_vpc_peering_connection_id(get("vpc_peering_connection_id"));
        answer(call.send()).await.map(|_| None).map_err(|error| change.failed(error))
    }

    fn stays(prior: &Value) -> bool {
        // The route to the table's own network came with the table and goes with it.
        prior.get_str("gateway_id") == Some(LOCAL)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let get = |name: &str| text(prior, name);
        let call = context
            .ec2()
            .safe
            .delete_route()
            .route_table_id(get("route_table_id").unwrap_or_default())
            .set_destination_cidr_block(get("destination_cidr_block"))
            .set_destination_ipv6_cidr_block(get("destination_ipv6_cidr_block"))
            .set_destination_prefix_list_id(get("destination_prefix_list_id"));
        answer(call.send()).await.map(drop).or_else(unless_gone)
    }

    lists!(describe_route_tables [], route_tables, |table| {
        let id = table.route_table_id.unwrap_or_default();
        let made = |route: &SdkRoute| route.origin.as_ref().is_some_and(|origin| origin.as_str() == "CreateRoute");
        let routes = table.routes.unwrap_or_default().into_iter().filter(made);
        let listed = |route: SdkRoute| {
            let destination = destination_of(&route)?;
            let import_id = Some(format!("{id}_{destination}"));
            Some(evenkeel_provider::Listed { import_id, ..evenkeel_provider::Listed::of(id_of(&id, destination)) })
        };
        routes.filter_map(listed).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let planned = &request.planned;
        let id = id_of(planned.get_str("route_table_id").unwrap_or_default(), &planned_destination(planned));
        let found = Self::fetch(context, &[Wanted::of(&id, planned)]).await?;
        // A route to somewhere else is somebody else's.
        let ours = found.get(&id).is_some_and(|found| {
            let value = Self::value(context, found, planned);
            TARGETS
                .iter()
                .all(|name| text(planned, name).is_none_or(|wanted| value.get_str(name) == Some(&wanted)))
        });
        Ok(ours.then_some(id))
    }
}

const TARGETS: [&str; 11] = [
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "odb_network_arn",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

pub(crate) fn describe_tables(context: &Arc<Context>, select: Select) -> Call<'static, Vec<RouteTable>> {
    describe!(context.ec2(), select, describe_route_tables, set_route_table_ids, set_filters, route_tables)
}

pub(crate) fn id_of(table: &str, destination: &str) -> String {
    format!("r-{table}{}", hash(destination))
}

fn planned_destination(planned: &Value) -> String {
    DESTINATIONS.iter().find_map(|name| text(planned, name)).unwrap_or_default()
}

/// The destination as it is written, if it is the one that is told.
fn text_of(known: &Value, told: &str) -> String {
    let written = planned_destination(known);
    if same_block(&written, told) { written } else { told.to_owned() }
}

/// What is remembered, or what an import says: `rtb-..._10.0.0.0/16`.
fn key_of(wanted: &Wanted<'_>) -> Option<Key> {
    match text(wanted.known, "route_table_id") {
        Some(table) => Some((table, planned_destination(wanted.known))),
        None => wanted.id.split_once('_').map(|(table, to)| (table.to_owned(), to.to_owned())),
    }
}

pub(crate) fn destination_of(route: &SdkRoute) -> Option<&str> {
    let parts = [
        &route.destination_cidr_block,
        &route.destination_ipv6_cidr_block,
        &route.destination_prefix_list_id,
    ];
    parts.into_iter().find_map(|part| part.as_deref().filter(|text| !text.is_empty()))
}

fn leads_to(route: &SdkRoute, destination: &str) -> bool {
    destination_of(route).is_some_and(|told| same_block(told, destination))
}

/// Whether two texts name the same block of addresses, however they are written.
pub(super) fn same_block(a: &str, b: &str) -> bool {
    let parse = |text: &str| {
        let (address, length) = text.split_once('/')?;
        Some((address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?))
    };
    a == b || matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

/// The service does not say why the route to a table's own network cannot be made.
fn explained(mut error: Failure, planned: &Value) -> Failure {
    if planned.get_str("gateway_id") == Some(LOCAL) {
        error.message =
            "the local route comes with its table and cannot be made; import it to manage it".into();
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_the_public_providers() {
        assert_eq!(id_of("rtb-1", "0.0.0.0/0"), "r-rtb-11080289494");
    }

    #[test]
    fn an_import_names_table_and_destination() {
        let nothing = Value::empty_object();
        let wanted = Wanted::of("rtb-1_2001:db8::/32", &nothing);
        assert_eq!(key_of(&wanted), Some(("rtb-1".into(), "2001:db8::/32".into())));
        assert_eq!(key_of(&Wanted::of("r-rtb-11080289494", &nothing)), None);
    }

    #[test]
    fn blocks_are_the_same_however_written() {
        assert!(same_block("2001:DB8:0::/32", "2001:db8::/32"));
        assert!(!same_block("10.0.0.0/8", "10.0.0.0/16"));
        assert!(same_block("pl-1", "pl-1"));
    }
}
