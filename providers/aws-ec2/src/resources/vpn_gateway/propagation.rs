//! `aws_vpn_gateway_route_propagation`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use crate::calls::Ec2Context;
use crate::calls::client::lists;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Limits, Wanted, by_id, text};
use crate::resources::route_table::{disable_propagation, enable_propagation};

/// `aws_vpn_gateway_route_propagation`
pub struct VpnGatewayRoutePropagation;

/// Gateway and table.
type Pair = (String, String);

impl Ec2Type for VpnGatewayRoutePropagation {
    type Found = Pair;
    const KIND: &'static str = "aws_vpn_gateway_route_propagation";
    const NOUN: &'static str = "EC2 VPN Gateway Route Propagation";
    const LIMITS: Limits = Limits { create: 120, update: 120, delete: 120 };

    async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, Pair>, Failure> {
        let keys: Vec<_> = wanted.iter().filter_map(|wanted| Some((wanted.id, pair_of(wanted)?))).collect();
        let ids = keys.iter().map(|(_, (_, table))| table.clone()).collect::<std::collections::BTreeSet<_>>();
        let ec2 = context.ec2();
        let tables =
            by_id(ids.into_iter().collect(), "route-table-id", |select| ec2.describe_route_tables(select));
        let tables = tables.await?;
        let found = keys.into_iter().filter(|(_, (gateway, table))| {
            tables.iter().any(|known| known.id == *table && known.propagating_vgws.contains(gateway))
        });
        Ok(found.map(|(id, pair)| (id.to_owned(), pair)).collect())
    }

    fn value(context: &Arc<Context>, (gateway, table): &Pair, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(format!("{gateway}_{table}")))
            .str("region", Some(context.region()))
            .str("route_table_id", Some(table))
            .str("vpn_gateway_id", Some(gateway))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let (gateway, table) = (get("vpn_gateway_id"), get("route_table_id"));
        let limit = std::time::Duration::from_secs(Self::LIMITS.create);
        enable_propagation(context, &table, &gateway, limit).await?;
        Ok(format!("{gateway}_{table}"))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Pair>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let get = |name: &str| prior.get_str(name).unwrap_or_default();
        disable_propagation(context, get("route_table_id"), get("vpn_gateway_id")).await
    }

    lists!(describe_route_tables [], route_tables, |table| {
        let id = table.route_table_id().unwrap_or_default();
        let gateways = table.propagating_vgws().iter().filter_map(|from| from.gateway_id());
        gateways.map(|gateway| Listed::of(format!("{gateway}_{id}"))).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let id = format!("{}_{}", get("vpn_gateway_id"), get("route_table_id"));
        let found = Self::fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        Ok(found.contains_key(&id).then_some(id))
    }
}

/// What is remembered, or what an import names: `vgw-..._rtb-...`.
fn pair_of(wanted: &Wanted<'_>) -> Option<Pair> {
    match (text(wanted.known, "vpn_gateway_id"), text(wanted.known, "route_table_id")) {
        (Some(gateway), Some(table)) => Some((gateway, table)),
        _ => wanted.id.split_once('_').map(|(gateway, table)| (gateway.to_owned(), table.to_owned())),
    }
}
