//! `aws_vpc_ipv4_cidr_block_association` and `aws_vpc_ipv6_cidr_block_association`: further blocks of a
//! VPC. They are read with their VPCs.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    Vpc, VpcCidrBlockAssociation, VpcCidrBlockState, VpcCidrBlockStateCode,
    VpcIpv6CidrBlockAssociation as Ipv6Block,
};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_filter, int, text};
use super::route::same_block;
use crate::calls::client::{answer, describe};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;

/// `aws_vpc_ipv4_cidr_block_association`
pub struct VpcIpv4CidrBlockAssociation;

/// `aws_vpc_ipv6_cidr_block_association`
pub struct VpcIpv6CidrBlockAssociation;

/// A block, and its VPC.
pub struct Found<B> {
    block: B,
    vpc: String,
}

const LIMITS: Limits = Limits { create: 600, update: 600, delete: 600 };
/// The pool of Amazon's own IPv6 addresses.
const AMAZON: &str = "Amazon";

impl Ec2Type for VpcIpv4CidrBlockAssociation {
    type Found = Found<VpcCidrBlockAssociation>;
    const KIND: &'static str = "aws_vpc_ipv4_cidr_block_association";
    const NOUN: &'static str = "EC2 VPC IPv4 CIDR Block Association";
    const LIMITS: Limits = LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Self::Found>, Failure> {
        let vpcs = vpcs_with(context, wanted, "cidr-block-association.association-id").await?;
        let blocks = vpcs.into_iter().flat_map(ipv4_of);
        Ok(by_request(wanted, blocks, |block| block.association_id.as_deref()))
    }

    fn progress(found: &Self::Found) -> Progress {
        progress(found.block.cidr_block_state.as_ref())
    }

    fn value(context: &Arc<Context>, found: &Self::Found, known: &Value) -> Value {
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.block.association_id.as_deref())
            .str("region", Some(context.region()))
            .str("cidr_block", found.block.cidr_block.as_deref())
            .str("vpc_id", Some(&found.vpc));
        with_pool(builder, known, "ipv4_ipam_pool_id", "ipv4_netmask_length").build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let call = context
            .ec2()
            .once
            .associate_vpc_cidr_block()
            .set_vpc_id(text(planned, "vpc_id"))
            .set_cidr_block(text(planned, "cidr_block"))
            .set_ipv4_ipam_pool_id(text(planned, "ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(int(planned, "ipv4_netmask_length"));
        let made = answer(call.send()).await?.cidr_block_association;
        made.and_then(|made| made.association_id).ok_or_else(|| Failure::incomplete("association"))
    }

    async fn converge(
        _: &Arc<Context>,
        _: &Change<'_, Self::Found>,
    ) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().disassociate_vpc_cidr_block(id).await
    }

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let Some(cidr) = text(&request.planned, "cidr_block") else { return Ok(None) };
        let vpc = text(&request.planned, "vpc_id").unwrap_or_default();
        let vpcs = describe_vpcs(context, Select::one("vpc-id", vpc)).await?;
        let mut blocks = vpcs.into_iter().flat_map(ipv4_of).map(|found| found.block);
        let ours =
            blocks.find(|block| block.cidr_block.as_deref().is_some_and(|told| same_block(told, &cidr)));
        Ok(ours.and_then(|block| block.association_id))
    }
}

impl Ec2Type for VpcIpv6CidrBlockAssociation {
    type Found = Found<Ipv6Block>;
    const KIND: &'static str = "aws_vpc_ipv6_cidr_block_association";
    const NOUN: &'static str = "EC2 VPC IPv6 CIDR Block Association";
    const LIMITS: Limits = LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Self::Found>, Failure> {
        let vpcs = vpcs_with(context, wanted, "ipv6-cidr-block-association.association-id").await?;
        let blocks = vpcs.into_iter().flat_map(ipv6_of);
        Ok(by_request(wanted, blocks, |block| block.association_id.as_deref()))
    }

    fn progress(found: &Self::Found) -> Progress {
        progress(found.block.ipv6_cidr_block_state.as_ref())
    }

    fn value(context: &Arc<Context>, found: &Self::Found, known: &Value) -> Value {
        let block = &found.block;
        let pool = block.ipv6_pool.as_deref();
        let cidr = block.ipv6_cidr_block.as_deref().unwrap_or_default();
        let written = text(known, "ipv6_cidr_block").filter(|known| same_block(known, cidr));
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", block.association_id.as_deref())
            .str("region", Some(context.region()))
            .bool("assign_generated_ipv6_cidr_block", Some(pool == Some(AMAZON)))
            .str("ip_source", block.ip_source.as_ref().map(|source| source.as_str()))
            .str("ipv6_address_attribute", block.ipv6_address_attribute.as_ref().map(|kind| kind.as_str()))
            .str("ipv6_cidr_block", Some(written.as_deref().unwrap_or(cidr)))
            .str("ipv6_pool", pool)
            .str("vpc_id", Some(&found.vpc));
        with_pool(builder, known, "ipv6_ipam_pool_id", "ipv6_netmask_length").build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let amazon = planned.get_bool("assign_generated_ipv6_cidr_block").filter(|amazon| *amazon);
        let call = context
            .ec2()
            .once
            .associate_vpc_cidr_block()
            .set_vpc_id(text(planned, "vpc_id"))
            .set_amazon_provided_ipv6_cidr_block(amazon)
            .set_ipv6_cidr_block(text(planned, "ipv6_cidr_block"))
            .set_ipv6_ipam_pool_id(text(planned, "ipv6_ipam_pool_id"))
            .set_ipv6_netmask_length(int(planned, "ipv6_netmask_length"))
            .set_ipv6_pool(text(planned, "ipv6_pool"));
        let made = answer(call.send()).await?.ipv6_cidr_block_association;
        made.and_then(|made| made.association_id).ok_or_else(|| Failure::incomplete("association"))
    }

    async fn converge(
        _: &Arc<Context>,
        _: &Change<'_, Self::Found>,
    ) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        context.ec2().disassociate_vpc_cidr_block(id).await
    }

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let Some(cidr) = text(&request.planned, "ipv6_cidr_block") else { return Ok(None) };
        let vpc = text(&request.planned, "vpc_id").unwrap_or_default();
        let vpcs = describe_vpcs(context, Select::one("vpc-id", vpc)).await?;
        let mut blocks = vpcs.into_iter().flat_map(ipv6_of).map(|found| found.block);
        let told =
            |block: &Ipv6Block| block.ipv6_cidr_block.as_deref().is_some_and(|told| same_block(told, &cidr));
        Ok(blocks.find(told).and_then(|block| block.association_id))
    }
}

fn describe_vpcs(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Vpc>> {
    describe!(context.ec2(), select, describe_vpcs, set_vpc_ids, set_filters, vpcs)
}

/// An import may name pool and length behind the association.
fn association_in(id: &str) -> &str {
    id.split_once(',').map_or(id, |(association, _)| association)
}

async fn vpcs_with(context: &Arc<Context>, wanted: &[Wanted<'_>], filter: &str) -> Result<Vec<Vpc>, Failure> {
    let ids: Vec<String> = wanted.iter().map(|wanted| association_in(wanted.id).to_owned()).collect();
    by_filter(&ids, filter, &|select| describe_vpcs(context, select)).await
}

fn is_there(state: Option<&VpcCidrBlockState>) -> bool {
    use VpcCidrBlockStateCode::{Disassociated, Failed};
    !matches!(state.and_then(|state| state.state.as_ref()), Some(Disassociated | Failed))
}

fn ipv4_of(vpc: Vpc) -> impl Iterator<Item = Found<VpcCidrBlockAssociation>> {
    let id = vpc.vpc_id.unwrap_or_default();
    let blocks = vpc.cidr_block_association_set.unwrap_or_default().into_iter();
    blocks
        .filter(|block| is_there(block.cidr_block_state.as_ref()))
        .map(move |block| Found { block, vpc: id.clone() })
}

fn ipv6_of(vpc: Vpc) -> impl Iterator<Item = Found<Ipv6Block>> {
    let id = vpc.vpc_id.unwrap_or_default();
    let blocks = vpc.ipv6_cidr_block_association_set.unwrap_or_default().into_iter();
    blocks
        .filter(|block| is_there(block.ipv6_cidr_block_state.as_ref()))
        .map(move |block| Found { block, vpc: id.clone() })
}

/// What was asked for, by the identifiers that it was asked for by.
fn by_request<B>(
    wanted: &[Wanted<'_>],
    found: impl Iterator<Item = Found<B>>,
    id: impl Fn(&B) -> Option<&str>,
) -> BTreeMap<String, Found<B>> {
    let asked: BTreeMap<&str, &str> =
        wanted.iter().map(|wanted| (association_in(wanted.id), wanted.id)).collect();
    let named = found.filter_map(|found| {
        let asked = asked.get(id(&found.block)?)?;
        Some(((*asked).to_owned(), found))
    });
    named.collect()
}

fn progress(state: Option<&VpcCidrBlockState>) -> Progress {
    let Some(state) = state else { return Progress::Ready };
    match state.state {
        Some(VpcCidrBlockStateCode::Associating) => Progress::Coming,
        Some(VpcCidrBlockStateCode::Failing) => {
            Progress::Lost(state.status_message.clone().unwrap_or_else(|| "the association failed.".into()))
        }
        _ => Progress::Ready,
    }
}

/// Pool and length are told by nobody but an import.
fn with_pool<'a>(builder: Builder<'a>, known: &Value, pool: &str, length: &str) -> Builder<'a> {
    let id = known.get_str("id").unwrap_or_default().to_owned();
    let mut parts = id.split(',').skip(1);
    match (parts.next(), parts.next().and_then(|length| length.parse::<i64>().ok())) {
        (Some(name), number) => builder.str(pool, Some(name)).number(length, number),
        _ => builder,
    }
}
