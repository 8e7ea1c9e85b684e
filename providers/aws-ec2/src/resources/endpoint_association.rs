//! `aws_vpc_endpoint_route_table_association` and `aws_vpc_endpoint_subnet_association`: what an endpoint is
//! connected with, one object each. They are read with their endpoints.
//!
//! An endpoint takes one change at a time, and one that is asked for meanwhile can get lost: a change is
//! asked for until the endpoint tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder as Modify;
use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_name, eventually, text, unless_gone};
use super::naming::hash;
use super::turns::turn;
use super::vpc_endpoint::{describe, state};
use crate::calls::client::{answer, lists};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::imported;
use crate::object::Builder;
use crate::{registry, wait};

/// What is connected with an endpoint.
pub trait Side: Send + Sync + 'static {
    /// The type name.
    const KIND: &'static str;
    /// What it is called in messages.
    const NOUN: &'static str;
    /// The attribute that names it.
    const ATTRIBUTE: &'static str;

    /// Those that an endpoint has.
    fn members(endpoint: &types::VpcEndpoint) -> &[String];
    /// Adds one.
    fn add(call: Modify, id: &str) -> Modify;
    /// Takes one away.
    fn take_away(call: Modify, id: &str) -> Modify;
}

/// Route tables that have a route to the endpoint.
pub struct EndpointRouteTable;

/// Subnets that the endpoint has an interface in.
pub struct EndpointSubnet;

/// An association of an endpoint.
pub struct EndpointAssociation<S>(pub S);

impl Side for EndpointRouteTable {
    const KIND: &'static str = "aws_vpc_endpoint_route_table_association";
    const NOUN: &'static str = "VPC Endpoint Route Table Association";
    const ATTRIBUTE: &'static str = "route_table_id";

    fn members(endpoint: &types::VpcEndpoint) -> &[String] {
        endpoint.route_table_ids()
    }

    fn add(call: Modify, id: &str) -> Modify {
        call.add_route_table_ids(id)
    }

    fn take_away(call: Modify, id: &str) -> Modify {
        call.remove_route_table_ids(id)
    }
}

impl Side for EndpointSubnet {
    const KIND: &'static str = "aws_vpc_endpoint_subnet_association";
    const NOUN: &'static str = "VPC Endpoint Subnet Association";
    const ATTRIBUTE: &'static str = "subnet_id";

    fn members(endpoint: &types::VpcEndpoint) -> &[String] {
        endpoint.subnet_ids()
    }

    fn add(call: Modify, id: &str) -> Modify {
        call.add_subnet_ids(id)
    }

    fn take_away(call: Modify, id: &str) -> Modify {
        call.remove_subnet_ids(id)
    }
}

/// Endpoint and what is connected with it.
type Pair = (String, String);

/// The pair, and the endpoint's state.
pub struct Found {
    pair: Pair,
    state: String,
}

/// Codes of a change that is refused because another one is under way.
const BUSY: [&str; 3] = ["OperationInProgress", "IncorrectState", "ConcurrentModification"];

impl<S: Side> Ec2Type for EndpointAssociation<S> {
    type Found = Found;
    const KIND: &'static str = S::KIND;
    const NOUN: &'static str = S::NOUN;
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 600, update: 600, delete: 600 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let keys: Vec<_> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, pair_of::<S>(wanted)?))).collect();
        let ids: BTreeSet<String> = keys.iter().map(|(_, (endpoint, _))| endpoint.clone()).collect();
        let ec2 = context.ec2();
        let endpoints = by_name(ids.into_iter().collect(), |select| describe(&ec2, select)).await?;
        let found = keys.into_iter().filter_map(|(id, pair)| {
            let endpoint = endpoints.iter().find(|known| known.vpc_endpoint_id() == Some(&*pair.0))?;
            let state = state(endpoint);
            let there = S::members(endpoint).contains(&pair.1) && !matches!(&*state, "deleting" | "deleted");
            there.then(|| (id.to_owned(), Found { pair, state }))
        });
        Ok(found.collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.state.as_str() {
            "pending" => Progress::Coming,
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let (endpoint, other) = &found.pair;
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(identifier(endpoint, other)))
            .str("region", Some(context.region()))
            .str("vpc_endpoint_id", Some(endpoint))
            .str(S::ATTRIBUTE, Some(other))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let limit = wait::timeout(planned, "create", Duration::from_secs(Self::LIMITS.create));
        let (endpoint, other) = planned_pair::<S>(planned);
        bring::<S>(context, &endpoint, &other, limit, true).await?;
        Ok(identifier(&endpoint, &other))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let limit = wait::timeout(prior, "delete", Duration::from_secs(Self::LIMITS.delete));
        let (endpoint, other) = planned_pair::<S>(prior);
        bring::<S>(context, &endpoint, &other, limit, false).await.or_else(unless_gone)
    }

    lists!(describe_vpc_endpoints [], vpc_endpoints, |endpoint| {
        let there = !matches!(&*state(&endpoint), "deleting" | "deleted");
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        let members = S::members(&endpoint).iter().filter(|_| there);
        members.map(|other| imported(identifier(id, other), format!("{id}/{other}"))).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let (endpoint, other) = planned_pair::<S>(&request.planned);
        let id = identifier(&endpoint, &other);
        let found = Self::fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        Ok(found.contains_key(&id).then_some(id))
    }
}

fn planned_pair<S: Side>(planned: &Value) -> Pair {
    let get = |name: &str| text(planned, name).unwrap_or_default();
    (get("vpc_endpoint_id"), get(S::ATTRIBUTE))
}

/// Asks for the change until the endpoint has it.
async fn bring<S: Side>(
    context: &Arc<Context>,
    endpoint: &str,
    other: &str,
    limit: Duration,
    there: bool,
) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let _turn = turn(context, endpoint).await;
    eventually(limit, &BUSY, || async {
        let endpoints = describe(&ec2, Select::Ids(vec![endpoint.to_owned()])).await?;
        let members = endpoints.first().map(S::members).unwrap_or_default();
        if members.iter().any(|member| member == other) == there {
            return Ok(());
        }
        let call = ec2.safe.modify_vpc_endpoint().vpc_endpoint_id(endpoint);
        let call = if there { S::add(call, other) } else { S::take_away(call, other) };
        answer(call.send()).await?;
        Err(Failure::answered(
            BUSY[0].to_owned(),
            format!("{endpoint} does not tell of the change of {other}"),
        ))
    })
    .await
}

/// The identifier that the public provider makes up.
fn identifier(endpoint: &str, other: &str) -> String {
    format!("a-{endpoint}{}", hash(other))
}

/// What is remembered, or what an import names: `vpce-.../rtb-...`.
fn pair_of<S: Side>(wanted: &Wanted<'_>) -> Option<Pair> {
    match (text(wanted.known, "vpc_endpoint_id"), text(wanted.known, S::ATTRIBUTE)) {
        (Some(endpoint), Some(other)) => Some((endpoint, other)),
        _ => wanted.id.split_once('/').map(|(endpoint, other)| (endpoint.to_owned(), other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_names_both() {
        let nothing = Value::empty_object();
        let pair = |id: &str| pair_of::<EndpointSubnet>(&Wanted::of(id, &nothing));
        assert_eq!(pair("vpce-1/subnet-2"), Some(("vpce-1".into(), "subnet-2".into())));
        assert_eq!(pair("a-vpce-11234"), None);
    }
}
