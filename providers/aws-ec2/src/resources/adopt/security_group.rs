//! `aws_default_security_group`.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError};

use super::{default_vpc, like};
use crate::calls::security::SecurityGroup as Found;
use crate::calls::{Ec2Context, Filter, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::resources::SecurityGroup;
use crate::resources::common::{Change, Ec2Type, Wanted, text};
use crate::resources::security_group::propose;

/// `aws_default_security_group`
pub struct DefaultSecurityGroup;

impl Ec2Type for DefaultSecurityGroup {
    type Found = Found;
    const KIND: &'static str = "aws_default_security_group";
    const NOUN: &'static str = "EC2 Default Security Group";
    const UNLISTED: Option<&'static str> = Some("They are listed as aws_security_group.");

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        propose(schema, request)
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        SecurityGroup::fetch(context, wanted).await
    }

    fn settled(change: &Change<'_, Found>) -> bool {
        SecurityGroup::settled(change)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        like::<SecurityGroup, Self>(context, found, known).build()
    }

    fn stays(_: &Value) -> bool {
        true
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let vpc = match text(&request.planned, "vpc_id") {
            Some(vpc) => vpc,
            None => default_vpc(context)
                .await?
                .ok_or_else(|| Failure::refused("the region has no default VPC; set vpc_id"))?,
        };
        let filters = vec![Filter::new("vpc-id", [vpc.as_str()]), Filter::new("group-name", ["default"])];
        let groups = context.ec2().describe_security_groups(Select::Filters(filters)).await?;
        let group = groups.into_iter().next().map(|group| group.id);
        group.ok_or_else(|| Failure::refused(format!("there is no VPC {vpc} with a default security group")))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        SecurityGroup::converge(context, change).await
    }

    async fn remove(_: &Arc<Context>, _: &str, _: &Value) -> Result<(), Failure> {
        Ok(())
    }

    async fn search(_: &Arc<Context>, _: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(None)
    }
}
