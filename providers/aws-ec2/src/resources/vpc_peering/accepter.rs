//! `aws_vpc_peering_connection_accepter`: takes over a connection that another account or region asked for.
//! Removing it leaves the connection as it is, which belongs to the other side.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError};

use super::Found;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, text};

/// `aws_vpc_peering_connection_accepter`
pub struct VpcPeeringConnectionAccepter;

impl Ec2Type for VpcPeeringConnectionAccepter {
    type Found = Found;
    const KIND: &'static str = "aws_vpc_peering_connection_accepter";
    const NOUN: &'static str = "EC2 VPC Peering Connection Accepter";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_vpc_peering_connection.");
    const LIMITS: Limits = Limits { create: 60, update: 60, delete: 60 };

    both_sides!();

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("vpc_peering_connection_id", found.peering.vpc_peering_connection_id());
        super::value(context, builder, found, known).build()
    }

    fn stays(_: &Value) -> bool {
        true
    }

    async fn launch(_: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        // Nothing is made: the connection shows up here a while after the other side has asked for it.
        Ok(text(&request.planned, "vpc_peering_connection_id").unwrap_or_default())
    }

    async fn remove(_: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        Ok(())
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        // Taking it over once more does no harm.
        Ok(None)
    }
}
