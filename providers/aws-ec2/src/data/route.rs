//! `aws_route`: one route of a table, by its destination or its target.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::calls::Select;
use crate::context::Context;
use crate::errors::{self, Effect};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;
use crate::resources::route::{describe_tables, destination_of, id_of};

/// `aws_route`
pub struct Route;

const KIND: &str = "aws_route";
const OPERATION: &str = "reading EC2 Route";

impl DataSource for Route {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(read(context, request.config))
    }
}

async fn read(context: &Arc<Context>, config: Value) -> Result<Value, ProviderError> {
    let table = config.get_str("route_table_id").unwrap_or_default();
    let tables = describe_tables(context, Select::one("route-table-id", table)).await;
    let tables = tables.map_err(|error| errors::provider_error(OPERATION, Effect::Read, &error))?;
    let found = tables.into_iter().next();
    let found = found.ok_or_else(|| invalid(format!("there is no route table {table}.")))?;
    let routes = found.routes.unwrap_or_default();
    let mut matching = routes.iter().filter(|route| is_made(route) && matches(route, &config));
    match (matching.next(), matching.count()) {
        (Some(route), 0) => Ok(value(context, table, route, &config)),
        (None, _) => {
            Err(invalid(format!("no routes matching supplied arguments found in route table {table}.")))
        }
        (Some(_), more) => Err(invalid(format!(
            "{} routes matched in route table {table}; use additional constraints to reduce matches to a single route.",
            more + 1
        ))),
    }
}

fn invalid(detail: String) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, OPERATION, detail)
        .with_remedy("Change the arguments, or make the route first.")
}

/// Whether somebody made it: what a gateway or a VPC endpoint put there is no route of its own.
fn is_made(route: &types::Route) -> bool {
    let of_endpoint = route.destination_prefix_list_id.is_some()
        && route.gateway_id().is_some_and(|gateway| gateway.starts_with("vpce-"));
    !of_endpoint && route.origin != Some(types::RouteOrigin::EnableVgwRoutePropagation)
}

fn matches(route: &types::Route, config: &Value) -> bool {
    columns(route).into_iter().all(|(name, told)| {
        let asked = config.get_str(name).filter(|asked| !asked.is_empty());
        asked.is_none_or(|asked| told == Some(asked))
    })
}

fn columns(route: &types::Route) -> [(&'static str, Option<&str>); 14] {
    [
        ("carrier_gateway_id", route.carrier_gateway_id()),
        ("core_network_arn", route.core_network_arn()),
        ("destination_cidr_block", route.destination_cidr_block()),
        ("destination_ipv6_cidr_block", route.destination_ipv6_cidr_block()),
        ("destination_prefix_list_id", route.destination_prefix_list_id()),
        ("egress_only_gateway_id", route.egress_only_internet_gateway_id()),
        ("gateway_id", route.gateway_id()),
        ("instance_id", route.instance_id()),
        ("local_gateway_id", route.local_gateway_id()),
        ("nat_gateway_id", route.nat_gateway_id()),
        ("network_interface_id", route.network_interface_id()),
        ("odb_network_arn", route.odb_network_arn()),
        ("transit_gateway_id", route.transit_gateway_id()),
        ("vpc_peering_connection_id", route.vpc_peering_connection_id()),
    ]
}

fn value(context: &Context, table: &str, route: &types::Route, config: &Value) -> Value {
    let id = id_of(table, destination_of(route).unwrap_or_default());
    let builder = Builder::new(registry::data_schema(KIND), config)
        .str("id", Some(id))
        .str("region", Some(context.region()));
    columns(route).into_iter().fold(builder, |builder, (name, told)| builder.text(name, told)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_everything_that_is_asked_for() {
        let route = types::Route::builder().destination_cidr_block("0.0.0.0/0").gateway_id("igw-1").build();
        let config = |pairs: &[(&str, &str)]| {
            Value::object(pairs.iter().map(|(name, text)| (*name, Value::string(text))).collect::<Vec<_>>())
        };
        assert!(matches(&route, &config(&[("gateway_id", "igw-1")])));
        assert!(matches(&route, &config(&[("gateway_id", "")])));
        assert!(!matches(&route, &config(&[("gateway_id", "igw-1"), ("nat_gateway_id", "nat-1")])));
    }

    #[test]
    fn what_an_endpoint_put_into_the_table_is_no_route() {
        let route = types::Route::builder().destination_prefix_list_id("pl-1");
        assert!(!is_made(&route.clone().gateway_id("vpce-1").build()));
        assert!(is_made(&route.gateway_id("igw-1").build()));
    }
}
