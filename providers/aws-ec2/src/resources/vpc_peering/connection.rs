//! `aws_vpc_peering_connection`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::ResourceType;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError};

use super::{Found, is_over, list};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, lists, tag_specification, tagged};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, by_token, text};
use crate::{registry, tags};

/// `aws_vpc_peering_connection`
pub struct VpcPeeringConnection;

impl Ec2Type for VpcPeeringConnection {
    type Found = Found;
    const KIND: &'static str = "aws_vpc_peering_connection";
    const NOUN: &'static str = "EC2 VPC Peering Connection";
    const LIMITS: Limits = Limits { create: 60, update: 60, delete: 60 };

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if config.get_bool("auto_accept") == Some(true) && config.get_str("peer_region").is_some() {
            diagnostics.push(Diagnostic::error(
                "Invalid peering connection",
                "`peer_region` cannot be set whilst `auto_accept` is `true`: a connection is accepted in the region \
                 of the other VPC. Accept it there with aws_vpc_peering_connection_accepter.",
            ));
        }
        diagnostics
    }

    both_sides!();

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        super::value(context, Builder::new(registry::schema(Self::KIND), known), found, known).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let call = context
            .ec2()
            .once
            .create_vpc_peering_connection()
            .set_vpc_id(text(planned, "vpc_id"))
            .set_peer_vpc_id(text(planned, "peer_vpc_id"))
            .set_peer_owner_id(text(planned, "peer_owner_id"))
            .set_peer_region(text(planned, "peer_region"))
            .set_tag_specifications(tag_specification(ResourceType::VpcPeeringConnection, &tags));
        let made = answer(call.send()).await?.vpc_peering_connection;
        let id = made.and_then(|made| made.vpc_peering_connection_id);
        id.ok_or_else(|| Failure::incomplete("peering connection"))
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let call = context.ec2().safe.delete_vpc_peering_connection().vpc_peering_connection_id(id);
        match answer(call.send()).await {
            // It ended by itself.
            Err(error) if error.is("InvalidStateTransition") => Ok(()),
            answer => answer.map(drop),
        }
    }

    lists!(describe_vpc_peering_connections [], vpc_peering_connections, |peering| {
        let over = is_over(&peering);
        tagged(peering.vpc_peering_connection_id, peering.tags).filter(|_| !over)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found
            .into_iter()
            .filter(|found| !is_over(found))
            .find_map(|found| found.vpc_peering_connection_id))
    }
}
