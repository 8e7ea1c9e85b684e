//! `aws_route_table`, with its routes inline.
//!
//! A table has routes by itself (to its own network, from gateways that propagate); those are
//! overlooked unless configuration names them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::calls::routing::{Route, RouteTable as Found};
use crate::errors::Failure;
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Wanted, arn, by_id, by_token, eventually, ids_of, text, texts, unless_gone,
};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, lists, tagged};
use crate::context::Context;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_route_table`
pub struct RouteTable;

impl Ec2Type for RouteTable {
    type Found = Found;
    const KIND: &'static str = "aws_route_table";
    const NOUN: &'static str = "EC2 Route Table";

    fn check(config: &Value) -> Diagnostics {
        let routes = config.get("route").and_then(Value::as_elements).unwrap_or_default();
        routes.iter().filter(|route| route.is_wholly_known()).fold(Diagnostics::new(), |mut all, route| {
            all.extend(check_route(route));
            all
        })
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let ec2 = context.ec2();
        let tables = by_id(ids_of(wanted), "route-table-id", |select| ec2.describe_route_tables(select));
        Ok(tables.await?.into_iter().map(|table| (table.id.clone(), table)).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let resource = format!("route-table/{}", found.id);
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(&found.id))
            .str("arn", Some(arn(context, found.owner_id.as_deref(), &resource)))
            .str("region", Some(context.region()))
            .str("owner_id", found.owner_id.as_deref())
            .str("vpc_id", found.vpc_id.as_deref())
            .string_set("propagating_vgws", &found.propagating_vgws)
            .set("route", routes_value(found, known, element_type()))
            .tags(context.tags().observed(&found.tags, known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let vpc_id = text(&request.planned, "vpc_id").unwrap_or_default();
        let tags = tags::for_create(&request.planned, &request.token);
        Ok(context.ec2().create_route_table(&vpc_id, tags).await?.id)
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        if change.wanted("route").is_some() {
            bring_routes(context, change).await?;
        }
        propagate(context, change).await?;
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, prior: &Value) -> Result<(), Failure> {
        let found = Self::fetch(context, &[Wanted::of(id, prior)]).await?;
        let associations = found.get(id).map(|table| &table.associations[..]).unwrap_or_default();
        for association in associations.iter().filter(|a| a.subnet_id.is_some() || a.gateway_id.is_some()) {
            match context.ec2().disassociate_route_table(&association.id).await {
                Err(error) if !error.is_gone() => return Err(error),
                _ => {}
            }
        }
        context.ec2().delete_route_table(id).await
    }

    lists!(describe_route_tables [], route_tables, |table| {
        // The main one comes with its VPC.
        let main = table.associations().iter().any(|association| association.main == Some(true));
        tagged(table.route_table_id, table.tags).filter(|_| !main)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let tables = context.ec2().describe_route_tables(by_token(&request.token)).await?;
        Ok(tables.into_iter().next().map(|table| table.id))
    }
}

/// The routes that are configuration's business, as elements of the type given.
pub(super) fn routes_value(found: &Found, known: &Value, ty: Type) -> Value {
    let known_routes = known.get("route").and_then(Value::as_elements).unwrap_or_default();
    let routes = visible(found, known).map(|route| {
        let same = known_routes.iter().find(|known| route_of(known) == route);
        same.cloned().unwrap_or_else(|| element_of(&route, &ty))
    });
    Value::set(ty.clone(), routes.collect::<Vec<_>>())
}

fn planned_routes(change: &Change<'_, Found>) -> Vec<Route> {
    let elements = change.planned.get("route").and_then(Value::as_elements).unwrap_or_default();
    elements.iter().map(route_of).collect()
}

/// The routes that the plan does not name.
pub(super) fn unnamed_routes(change: &Change<'_, Found>) -> Vec<Route> {
    let wanted = planned_routes(change);
    let named = |route: &Route| wanted.iter().any(|wanted| destination(wanted) == destination(route));
    visible(change.found, change.planned).filter(|route| !named(route)).collect()
}

/// Makes the table's routes those of the plan.
pub(super) async fn bring_routes(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
) -> Result<(), ProviderError> {
    let ec2 = context.ec2();
    for route in unnamed_routes(change) {
        let deleted = ec2.delete_route(change.id, route).await;
        deleted.or_else(unless_gone).map_err(|error| change.failed(error))?;
    }
    for route in planned_routes(change) {
        let existing = change.found.routes.iter().find(|r| destination(r) == destination(&route));
        let done = match existing.map(plain) {
            Some(existing) if existing == route => Ok(()),
            Some(_) => ec2.replace_route(change.id, route).await,
            None => match ec2.create_route(change.id, route.clone()).await {
                // An earlier attempt whose answer was lost, or somebody else.
                Err(error) if error.is("RouteAlreadyExists") => ec2.replace_route(change.id, route).await,
                answer => answer,
            },
        };
        done.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

/// Lets exactly the planned gateways put routes into the table.
pub(super) async fn propagate(
    context: &Arc<Context>,
    change: &Change<'_, Found>,
) -> Result<(), ProviderError> {
    let planned = change.planned.get("propagating_vgws").filter(|planned| planned.is_wholly_known());
    let Some(planned) = planned.filter(|_| !change.keeps("propagating_vgws")) else { return Ok(()) };
    let wanted = texts(Some(planned));
    let there = &change.found.propagating_vgws;
    for gateway in there.iter().filter(|gateway| !wanted.contains(gateway)) {
        let disabled = disable_propagation(context, change.id, gateway).await;
        disabled.map_err(|error| change.failed(error))?;
    }
    for gateway in wanted.iter().filter(|gateway| !there.contains(gateway)) {
        let enabled = enable_propagation(context, change.id, gateway, change.limit).await;
        enabled.map_err(|error| change.failed(error))?;
    }
    Ok(())
}

/// Lets a gateway put routes into a table; a gateway that is being attached takes a while.
pub(super) async fn enable_propagation(
    context: &Arc<Context>,
    table: &str,
    gateway: &str,
    limit: Duration,
) -> Result<(), Failure> {
    let enabled = eventually(limit, &["Gateway.NotAttached"], || async {
        let ec2 = context.ec2();
        let call = ec2.safe.enable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
        answer(call.send()).await
    });
    enabled.await.map(drop)
}

/// Ends that a gateway puts routes into a table.
pub(super) async fn disable_propagation(
    context: &Arc<Context>,
    table: &str,
    gateway: &str,
) -> Result<(), Failure> {
    let call = context.ec2().safe.disable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
    answer(call.send()).await.map(drop).or_else(unless_gone)
}

const DESTINATIONS: [&str; 3] = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"];
const TARGETS: [&str; 10] = [
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];
/// A target that the public provider knows and this one does not.
const UNSUPPORTED_TARGET: &str = "odb_network_arn";

fn element_type() -> Type {
    let names = DESTINATIONS.iter().chain(&TARGETS).chain([&UNSUPPORTED_TARGET]);
    Type::object(names.map(|name| (*name, Type::String)))
}

fn check_route(route: &Value) -> Diagnostics {
    let set = |names: &[&str]| names.iter().filter(|name| text(route, name).is_some()).count();
    let mut diagnostics = Diagnostics::new();
    if text(route, UNSUPPORTED_TARGET).is_some() {
        diagnostics.push(Diagnostic::error(
            "Unsupported argument",
            "\"odb_network_arn\" is not supported as the target of a route.",
        ));
    } else if set(&TARGETS) != 1 {
        diagnostics.push(Diagnostic::error(
            "Invalid route",
            format!("A route needs exactly one target: one of {}.", TARGETS.join(", ")),
        ));
    }
    if set(&DESTINATIONS) != 1 {
        diagnostics.push(Diagnostic::error(
            "Invalid route",
            format!("A route needs exactly one destination: one of {}.", DESTINATIONS.join(", ")),
        ));
    }
    diagnostics
}

/// The route that an element of `route` means; empty texts mean nothing.
fn route_of(element: &Value) -> Route {
    let get = |name: &str| text(element, name);
    Route {
        cidr_block: get("cidr_block"),
        ipv6_cidr_block: get("ipv6_cidr_block"),
        prefix_list_id: get("destination_prefix_list_id"),
        gateway_id: get("gateway_id"),
        nat_gateway_id: get("nat_gateway_id"),
        network_interface_id: get("network_interface_id"),
        instance_id: None,
        transit_gateway_id: get("transit_gateway_id"),
        vpc_peering_connection_id: get("vpc_peering_connection_id"),
        egress_only_gateway_id: get("egress_only_gateway_id"),
        carrier_gateway_id: get("carrier_gateway_id"),
        local_gateway_id: get("local_gateway_id"),
        vpc_endpoint_id: get("vpc_endpoint_id"),
        core_network_arn: get("core_network_arn"),
        origin: None,
    }
}

/// A route as an element of the type given, which may have fewer targets.
fn element_of(route: &Route, ty: &Type) -> Value {
    let entries = BTreeMap::from([
        ("cidr_block", &route.cidr_block),
        ("ipv6_cidr_block", &route.ipv6_cidr_block),
        ("destination_prefix_list_id", &route.prefix_list_id),
        ("gateway_id", &route.gateway_id),
        ("nat_gateway_id", &route.nat_gateway_id),
        ("network_interface_id", &route.network_interface_id),
        ("transit_gateway_id", &route.transit_gateway_id),
        ("vpc_peering_connection_id", &route.vpc_peering_connection_id),
        ("egress_only_gateway_id", &route.egress_only_gateway_id),
        ("carrier_gateway_id", &route.carrier_gateway_id),
        ("local_gateway_id", &route.local_gateway_id),
        ("vpc_endpoint_id", &route.vpc_endpoint_id),
        ("core_network_arn", &route.core_network_arn),
    ]);
    let Type::Object(attributes) = ty else { return Value::null(ty.clone()) };
    Value::object(attributes.attributes.keys().map(|name| {
        let told = entries.get(&**name).and_then(|value| value.as_ref());
        (name.clone(), told.map_or_else(|| Value::null(Type::String), Value::string))
    }))
}

/// A route without what only the service says.
fn plain(route: &Route) -> Route {
    Route { origin: None, instance_id: None, ..route.clone() }
}

fn destination(route: &Route) -> [Option<&str>; 3] {
    [&route.cidr_block, &route.ipv6_cidr_block, &route.prefix_list_id].map(|part| part.as_deref())
}

/// The routes of a table that are configuration's business.
fn visible<'a>(table: &'a Found, known: &Value) -> impl Iterator<Item = Route> + use<'a> {
    let known = known.get("route").and_then(Value::as_elements).unwrap_or_default();
    let named: Vec<Route> = known.iter().map(route_of).collect();
    table.routes.iter().filter_map(move |route| {
        let propagated = route.origin.as_deref() == Some("EnableVgwRoutePropagation");
        let own = route.gateway_id.as_deref() == Some("local")
            || route.origin.as_deref() == Some("CreateRouteTable");
        let of_endpoint = route.prefix_list_id.is_some() && route.vpc_endpoint_id.is_some();
        let is_named = named.iter().any(|named| destination(named) == destination(route));
        (!propagated && (is_named || !(own || of_endpoint))).then(|| plain(route))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(cidr: &str, gateway: &str, origin: &str) -> Route {
        Route {
            cidr_block: Some(cidr.into()),
            gateway_id: Some(gateway.into()),
            origin: Some(origin.into()),
            ..Route::default()
        }
    }

    #[test]
    fn routes_of_the_table_itself_are_overlooked_unless_named() {
        let table = Found {
            routes: vec![
                route("10.0.0.0/16", "local", "CreateRouteTable"),
                route("0.0.0.0/0", "igw-1", "CreateRoute"),
                route("10.9.0.0/16", "vgw-1", "EnableVgwRoutePropagation"),
            ],
            ..Found::default()
        };
        let gateways = |known: &Value| -> Vec<_> {
            visible(&table, known).filter_map(|route| route.gateway_id).collect()
        };
        assert_eq!(gateways(&Value::empty_object()), ["igw-1"]);
        let local = element_of(&route("10.0.0.0/16", "local", ""), &element_type());
        let known = Value::object([("route", Value::set(element_type(), [local]))]);
        assert_eq!(gateways(&known), ["local", "igw-1"]);
    }

    #[test]
    fn an_element_means_the_same_with_empty_texts_and_with_nulls() {
        let wanted = route("0.0.0.0/0", "igw-1", "CreateRoute");
        let element = element_of(&wanted, &element_type());
        let empty = element.clone().with_attribute("nat_gateway_id", Value::string(""));
        assert_eq!(route_of(&element), route_of(&empty));
        assert_eq!(route_of(&element), plain(&wanted));
        assert_eq!(element.ty(), element_type());
    }

    #[test]
    fn a_route_has_one_destination_and_one_target() {
        let good = element_of(&route("0.0.0.0/0", "igw-1", ""), &element_type());
        assert!(check_route(&good).is_empty());
        assert!(check_route(&good.clone().with_attribute("gateway_id", Value::string(""))).has_errors());
        assert!(check_route(&good.with_attribute("ipv6_cidr_block", Value::string("::/0"))).has_errors());
    }
}
