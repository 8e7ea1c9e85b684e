//! `aws_vpc_endpoint`.

use std::sync::Arc;

use evenkeel_model::Value;

use super::lookup::{LookupOne, lookup, visible_tags};
use crate::calls::Ec2Context;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::vpc_endpoint::{described, whole};

/// `aws_vpc_endpoint`
pub struct VpcEndpoint;

lookup!(VpcEndpoint, "aws_vpc_endpoint", "EC2 VPC Endpoint", describe_vpc_endpoints => vpc_endpoints: VpcEndpoint,
    "id" => "vpc-endpoint-id",
    "service_name" => "service-name",
    "service_region" => "service-region",
    "state" => "vpc-endpoint-state",
    "vpc_endpoint_type" => "vpc-endpoint-type",
    "vpc_id" => "vpc-id");

impl LookupOne for VpcEndpoint {
    async fn value<'a>(
        context: &Arc<Context>,
        found: aws_sdk_ec2::types::VpcEndpoint,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let tags = visible_tags(context, found.tags.clone());
        let found = whole(&context.ec2(), vec![found]).await?;
        let nothing = Value::empty_object();
        let described =
            found.values().fold(builder, |builder, whole| described(context, builder, whole, &nothing));
        Ok(described.set("tags", tags))
    }
}
