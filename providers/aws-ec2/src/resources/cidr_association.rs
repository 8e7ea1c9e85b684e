//! `aws_vpc_ipv4_cidr_block_association` and `aws_vpc_ipv6_cidr_block_association`: further blocks of a
//! VPC. They are read with their VPCs, and are the same but for what a block of a family has.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::operation::associate_vpc_cidr_block::AssociateVpcCidrBlockOutput as Associated;
use aws_sdk_ec2::operation::associate_vpc_cidr_block::builders::AssociateVpcCidrBlockFluentBuilder as Associate;
use aws_sdk_ec2::types::{
    Vpc, VpcCidrBlockAssociation, VpcCidrBlockState, VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation,
};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Limits, Progress, Wanted, by_filter, int, text};
use super::route::same_block;
use crate::calls::client::{answer, describe, lists};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;

/// A family of addresses.
pub trait Family: Send + Sync + 'static {
    /// What the service says of a block.
    type Block: Send + Sync;
    /// The type name.
    const KIND: &'static str;
    /// What it is called in messages.
    const NOUN: &'static str;
    /// The service's filter for an association.
    const FILTER: &'static str;
    /// The attribute of the block.
    const CIDR: &'static str;
    /// The attributes of the pool of IPAM and of the length that is taken from it.
    const POOL: [&'static str; 2];

    /// The blocks of a VPC.
    fn blocks(vpc: &Vpc) -> Vec<Self::Block>;
    /// The association.
    fn id(block: &Self::Block) -> Option<&str>;
    /// The block itself.
    fn cidr(block: &Self::Block) -> Option<&str>;
    /// Its state.
    fn state(block: &Self::Block) -> Option<&VpcCidrBlockState>;
    /// The attributes that only this family has.
    fn told<'a>(builder: Builder<'a>, block: &Self::Block) -> Builder<'a>;
    /// What a new one is made from.
    fn asked(call: Associate, planned: &Value) -> Associate;
    /// The association that was made.
    fn made(output: Associated) -> Option<String>;
}

/// IPv4.
pub struct Ipv4;

/// IPv6.
pub struct Ipv6;

/// The association of a VPC with a further block.
pub struct CidrAssociation<F>(pub F);

/// A block, and its VPC.
pub struct Found<B> {
    block: B,
    vpc: String,
}

const LIMITS: Limits = Limits { create: 600, update: 600, delete: 600 };
/// The pool of Amazon's own IPv6 addresses.
const AMAZON: &str = "Amazon";

impl Family for Ipv4 {
    type Block = VpcCidrBlockAssociation;
    const KIND: &'static str = "aws_vpc_ipv4_cidr_block_association";
    const NOUN: &'static str = "EC2 VPC IPv4 CIDR Block Association";
    const FILTER: &'static str = "cidr-block-association.association-id";
    const CIDR: &'static str = "cidr_block";
    const POOL: [&'static str; 2] = ["ipv4_ipam_pool_id", "ipv4_netmask_length"];

    fn blocks(vpc: &Vpc) -> Vec<Self::Block> {
        vpc.cidr_block_association_set().to_vec()
    }

    fn id(block: &Self::Block) -> Option<&str> {
        block.association_id()
    }

    fn cidr(block: &Self::Block) -> Option<&str> {
        block.cidr_block()
    }

    fn state(block: &Self::Block) -> Option<&VpcCidrBlockState> {
        block.cidr_block_state()
    }

    fn told<'a>(builder: Builder<'a>, _: &Self::Block) -> Builder<'a> {
        builder
    }

    fn asked(call: Associate, planned: &Value) -> Associate {
        call.set_cidr_block(text(planned, "cidr_block"))
            .set_ipv4_ipam_pool_id(text(planned, "ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(int(planned, "ipv4_netmask_length"))
    }

    fn made(output: Associated) -> Option<String> {
        output.cidr_block_association?.association_id
    }
}

impl Family for Ipv6 {
    type Block = VpcIpv6CidrBlockAssociation;
    const KIND: &'static str = "aws_vpc_ipv6_cidr_block_association";
    const NOUN: &'static str = "EC2 VPC IPv6 CIDR Block Association";
    const FILTER: &'static str = "ipv6-cidr-block-association.association-id";
    const CIDR: &'static str = "ipv6_cidr_block";
    const POOL: [&'static str; 2] = ["ipv6_ipam_pool_id", "ipv6_netmask_length"];

    fn blocks(vpc: &Vpc) -> Vec<Self::Block> {
        vpc.ipv6_cidr_block_association_set().to_vec()
    }

    fn id(block: &Self::Block) -> Option<&str> {
        block.association_id()
    }

    fn cidr(block: &Self::Block) -> Option<&str> {
        block.ipv6_cidr_block()
    }

    fn state(block: &Self::Block) -> Option<&VpcCidrBlockState> {
        block.ipv6_cidr_block_state()
    }

    fn told<'a>(builder: Builder<'a>, block: &Self::Block) -> Builder<'a> {
        let pool = block.ipv6_pool();
        builder
            .bool("assign_generated_ipv6_cidr_block", Some(pool == Some(AMAZON)))
            .str("ip_source", block.ip_source().map(|source| source.as_str()))
            .str("ipv6_address_attribute", block.ipv6_address_attribute().map(|kind| kind.as_str()))
            .str("ipv6_pool", pool)
    }

    fn asked(call: Associate, planned: &Value) -> Associate {
        let amazon = planned.get_bool("assign_generated_ipv6_cidr_block").filter(|amazon| *amazon);
        call.set_amazon_provided_ipv6_cidr_block(amazon)
            .set_ipv6_cidr_block(text(planned, "ipv6_cidr_block"))
            .set_ipv6_ipam_pool_id(text(planned, "ipv6_ipam_pool_id"))
            .set_ipv6_netmask_length(int(planned, "ipv6_netmask_length"))
            .set_ipv6_pool(text(planned, "ipv6_pool"))
    }

    fn made(output: Associated) -> Option<String> {
        output.ipv6_cidr_block_association?.association_id
    }
}

impl<F: Family> Ec2Type for CidrAssociation<F> {
    type Found = Found<F::Block>;
    const KIND: &'static str = F::KIND;
    const NOUN: &'static str = F::NOUN;
    const LIMITS: Limits = LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Self::Found>, Failure> {
        let vpcs = vpcs_with(context, wanted, F::FILTER).await?;
        Ok(by_request(wanted, vpcs.iter().flat_map(blocks_of::<F>), F::id))
    }

    fn progress(found: &Self::Found) -> Progress {
        progress(F::state(&found.block))
    }

    fn value(context: &Arc<Context>, found: &Self::Found, known: &Value) -> Value {
        let cidr = F::cidr(&found.block).unwrap_or_default();
        let written = text(known, F::CIDR).filter(|known| same_block(known, cidr));
        let builder = Builder::new(registry::schema(Self::KIND), known)
            .str("id", F::id(&found.block))
            .str("region", Some(context.region()))
            .str(F::CIDR, Some(written.as_deref().unwrap_or(cidr)))
            .str("vpc_id", Some(&found.vpc));
        let [pool, length] = F::POOL;
        with_pool(F::told(builder, &found.block), known, pool, length).build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let call = context.ec2().once.associate_vpc_cidr_block().set_vpc_id(text(planned, "vpc_id"));
        let output = answer(F::asked(call, planned).send()).await?;
        F::made(output).ok_or_else(|| Failure::incomplete("association"))
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

    lists!(describe_vpcs [], vpcs, |vpc| {
        let first = vpc.cidr_block().map(str::to_owned);
        let further = blocks_of::<F>(&vpc).filter(|found| F::cidr(&found.block) != first.as_deref());
        further.filter_map(|found| F::id(&found.block).map(Listed::of)).collect::<Vec<_>>()
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let Some(cidr) = text(&request.planned, F::CIDR) else { return Ok(None) };
        let vpc = text(&request.planned, "vpc_id").unwrap_or_default();
        let vpcs = describe_vpcs(context, Select::one("vpc-id", vpc)).await?;
        let mut blocks = vpcs.iter().flat_map(blocks_of::<F>).map(|found| found.block);
        let ours = blocks.find(|block| F::cidr(block).is_some_and(|told| same_block(told, &cidr)));
        Ok(ours.and_then(|block| F::id(&block).map(str::to_owned)))
    }
}

/// The blocks of a VPC that are there.
fn blocks_of<F: Family>(vpc: &Vpc) -> impl Iterator<Item = Found<F::Block>> + use<F> {
    let id = vpc.vpc_id().unwrap_or_default().to_owned();
    let there = F::blocks(vpc).into_iter().filter(|block| is_there(F::state(block)));
    there.map(move |block| Found { block, vpc: id.clone() })
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
