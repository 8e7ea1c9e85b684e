//! `aws_egress_only_internet_gateway`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{EgressOnlyInternetGateway as Found, ResourceType};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Wanted, by_name, by_token, ids_of, text};
use crate::calls::client::{answer, describe, lists, tag_specification, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::{registry, tags};

/// `aws_egress_only_internet_gateway`
pub struct EgressOnlyInternetGateway;

impl Ec2Type for EgressOnlyInternetGateway {
    type Found = Found;
    const KIND: &'static str = "aws_egress_only_internet_gateway";
    const NOUN: &'static str = "EC2 Egress-only Internet Gateway";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let gateways = by_name(ids_of(wanted), |select| describe_gateways(context, select)).await?;
        let named = |found: Found| Some((found.egress_only_internet_gateway_id.clone()?, found));
        Ok(gateways.into_iter().filter_map(named).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let vpc = found.attachments().first().and_then(|attachment| attachment.vpc_id.as_deref());
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.egress_only_internet_gateway_id.as_deref())
            .str("region", Some(context.region()))
            .str("vpc_id", vpc)
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let tags = tags::for_create(&request.planned, &request.token);
        let call = context
            .ec2()
            .safe
            .create_egress_only_internet_gateway()
            .client_token(&*request.token)
            .set_vpc_id(text(&request.planned, "vpc_id"))
            .set_tag_specifications(tag_specification(ResourceType::EgressOnlyInternetGateway, &tags));
        let gateway = answer(call.send()).await?.egress_only_internet_gateway;
        let id = gateway.and_then(|gateway| gateway.egress_only_internet_gateway_id);
        id.ok_or_else(|| Failure::incomplete("egress-only internet gateway"))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let call = context.ec2().safe.delete_egress_only_internet_gateway();
        answer(call.egress_only_internet_gateway_id(id).send()).await.map(drop)
    }

    lists!(
        describe_egress_only_internet_gateways,
        egress_only_internet_gateways,
        egress_only_internet_gateway_id
    );

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let gateways = describe_gateways(context, by_token(&request.token)).await?;
        Ok(gateways.into_iter().find_map(|found| found.egress_only_internet_gateway_id))
    }
}

fn describe_gateways(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Found>> {
    describe!(
        context.ec2(),
        select,
        describe_egress_only_internet_gateways,
        set_egress_only_internet_gateway_ids,
        set_filters,
        egress_only_internet_gateways
    )
}
