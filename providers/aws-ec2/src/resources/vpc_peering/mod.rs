//! `aws_vpc_peering_connection` and `aws_vpc_peering_connection_accepter`: the connection of two VPCs as
//! the one that asks for it manages it, and as the one that is asked does.

/// What goes the same way on both sides of a connection.
macro_rules! both_sides {
    () => {
        fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
            super::propose(schema, request)
        }

        async fn fetch(
            context: &Arc<Context>,
            wanted: &[Wanted<'_>],
        ) -> Result<BTreeMap<String, Found>, Failure> {
            super::fetch(context, wanted).await
        }

        fn progress(found: &Found) -> Progress {
            super::progress(found)
        }

        fn settled(change: &Change<'_, Found>) -> bool {
            super::settled(change)
        }

        async fn converge(
            context: &Arc<Context>,
            change: &Change<'_, Found>,
        ) -> Result<Option<String>, ProviderError> {
            super::converge(context, change).await.map(|()| None)
        }
    };
}

mod accepter;
mod connection;

pub use accepter::VpcPeeringConnectionAccepter;
pub use connection::VpcPeeringConnection;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    PeeringConnectionOptionsRequest, VpcPeeringConnection as Peering,
    VpcPeeringConnectionStateReasonCode as Code, VpcPeeringConnectionVpcInfo as Side,
};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{ErrorKind, PlanRequest, PlannedChange, ProviderError, propose};

use super::common::{Change, Progress, Wanted, account, by_id, ids_of};
use super::written::first;
use crate::calls::client::{answer, describe, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::wait;

/// A connection, and the account that looks at it.
pub struct Found {
    peering: Peering,
    account: String,
}

const OPTIONS: [&str; 2] = ["accepter", "requester"];
const DNS: &str = "allow_remote_vpc_dns_resolution";

fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Peering>> {
    describe!(
        context.ec2(),
        select,
        describe_vpc_peering_connections,
        set_vpc_peering_connection_ids,
        set_filters,
        vpc_peering_connections
    )
}

fn code(peering: &Peering) -> Option<&Code> {
    peering.status().and_then(|status| status.code())
}

/// Connections are told of for hours after their end.
fn is_over(peering: &Peering) -> bool {
    matches!(code(peering), Some(Code::Deleted | Code::Expired | Code::Failed | Code::Rejected))
}

/// Those that are there. One that is being made is told of when it has failed, with the reason.
async fn fetch(context: &Arc<Context>, wanted: &[Wanted<'_>]) -> Result<BTreeMap<String, Found>, Failure> {
    let found = by_id(ids_of(wanted), "vpc-peering-connection-id", |select| list(context, select)).await?;
    let account = account(context).await?;
    let is_new = |id: &str| {
        let known = wanted.iter().find(|wanted| wanted.id == id).and_then(|w| w.known.get("accept_status"));
        known.is_some_and(Value::is_unknown)
    };
    let found = found.into_iter().filter_map(|peering| {
        let id = peering.vpc_peering_connection_id.clone()?;
        let there = !is_over(&peering) || (code(&peering) == Some(&Code::Failed) && is_new(&id));
        there.then(|| (id, Found { peering, account: account.clone() }))
    });
    Ok(found.collect())
}

fn progress(found: &Found) -> Progress {
    match code(&found.peering) {
        Some(Code::InitiatingRequest | Code::Provisioning) => Progress::Coming,
        Some(Code::Failed) => {
            let reason = found.peering.status().and_then(|status| status.message()).unwrap_or_default();
            Progress::Lost(format!("the connection failed ({reason})."))
        }
        _ => Progress::Ready,
    }
}

fn waits_to_be_accepted(found: &Found, planned: &Value) -> bool {
    planned.get_bool("auto_accept") == Some(true) && code(&found.peering) == Some(&Code::PendingAcceptance)
}

/// What both types say of a connection. `vpc_id` is the VPC of the account that looks, if only one is.
fn value<'a>(context: &Arc<Context>, builder: Builder<'a>, found: &Found, known: &Value) -> Builder<'a> {
    let peering = &found.peering;
    let (accepter, requester) = (peering.accepter_vpc_info(), peering.requester_vpc_info());
    let owner = |side: Option<&Side>| side.and_then(|side| side.owner_id.clone());
    let is_ours = |side: Option<&Side>| owner(side).as_ref() == Some(&found.account);
    let (own, peer) = match is_ours(accepter) && !is_ours(requester) {
        true => (accepter, requester),
        false => (requester, accepter),
    };
    builder
        .str("id", peering.vpc_peering_connection_id())
        .str("region", Some(context.region()))
        .str("accept_status", code(peering).map(Code::as_str))
        .str("peer_region", accepter.and_then(Side::region))
        .str("peer_owner_id", owner(peer))
        .str("peer_vpc_id", peer.and_then(Side::vpc_id))
        .str("vpc_id", own.and_then(Side::vpc_id))
        .set("accepter", options(accepter))
        .set("requester", options(requester))
        .tags(context.tags().observed(&tags_of(peering.tags.clone()), known))
}

/// The options of a side; the service tells them once the connection is accepted.
fn options(side: Option<&Side>) -> Value {
    let told = side.and_then(|side| side.peering_options());
    let block = told.map(|options| {
        let dns = options.allow_dns_resolution_from_remote_vpc.unwrap_or_default();
        Value::object([(DNS, Value::bool(dns))])
    });
    Value::list(Type::object([(DNS, Type::Bool)]), block)
}

/// A connection that waits gets another status when it is accepted, and its options.
fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
    let mut change = propose::plan_by_schema(schema, request);
    let waits = request.prior.and_then(|prior| prior.get_str("accept_status"))
        == Some(Code::PendingAcceptance.as_str());
    if waits && change.planned.get_bool("auto_accept") == Some(true) && change.replace.is_empty() {
        let open = OPTIONS.into_iter().filter(|name| first(request.config, name).is_none());
        for name in open.chain(["accept_status"]) {
            let ty = change.planned.get(name).map(Value::ty);
            if let Some(ty) = ty {
                change.planned = change.planned.clone().with_attribute(name, Value::unknown(ty));
            }
        }
    }
    change
}

fn settled(change: &Change<'_, Found>) -> bool {
    !waits_to_be_accepted(change.found, change.planned)
}

/// Accepts the connection where that is asked for, and sets the options of both sides.
async fn converge(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let mut accepted = matches!(code(&change.found.peering), Some(Code::Active | Code::Provisioning));
    if waits_to_be_accepted(change.found, change.planned) {
        accept(context, change).await?;
        accepted = true;
    }
    let wanted = OPTIONS.map(|name| change.wanted(name).and_then(|_| first(change.planned, name)));
    let [accepter, requester] = wanted.map(|block| {
        let dns = block?.get_bool(DNS);
        Some(PeeringConnectionOptionsRequest::builder().set_allow_dns_resolution_from_remote_vpc(dns).build())
    });
    if accepter.is_none() && requester.is_none() {
        return Ok(());
    }
    if !accepted {
        return Err(not_active(change));
    }
    let call = context
        .ec2()
        .safe
        .modify_vpc_peering_connection_options()
        .vpc_peering_connection_id(change.id)
        .set_accepter_peering_connection_options(accepter)
        .set_requester_peering_connection_options(requester);
    answer(call.send()).await.map(drop).map_err(|error| change.failed(error))
}

async fn accept(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<(), ProviderError> {
    let call = context.ec2().safe.accept_vpc_peering_connection().vpc_peering_connection_id(change.id);
    answer(call.send()).await.map_err(|error| change.failed(error))?;
    wait::until(change.operation, change.limit, || async {
        let found = list(context, Select::one("vpc-peering-connection-id", change.id)).await;
        let found = found.map_err(|error| change.failed(error))?;
        let mut found =
            found.iter().filter(|found| found.vpc_peering_connection_id.as_deref() == Some(change.id));
        Ok(found.any(|found| code(found) == Some(&Code::Active)).then_some(()))
    })
    .await
}

fn not_active(change: &Change<'_, Found>) -> ProviderError {
    let status = code(&change.found.peering).map_or("unknown", Code::as_str);
    ProviderError::new(
        ErrorKind::Invalid,
        change.operation,
        format!("the options of a connection can be set once it is active; its status is {status}."),
    )
    .with_remedy("Set auto_accept, or let the other side accept the connection first.")
}
