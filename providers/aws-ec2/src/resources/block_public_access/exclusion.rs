//! `aws_vpc_block_public_access_exclusion`: a VPC or subnet that the account's setting is not about.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    InternetGatewayExclusionMode as Mode, ResourceType, VpcBlockPublicAccessExclusion as Exclusion,
    VpcBlockPublicAccessExclusionState as State,
};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::LIMITS;
use crate::calls::client::{answer, describe, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::common::{Change, Ec2Type, Limits, Progress, Wanted, by_name, by_token, ids_of, text};
use crate::{registry, tags};

/// `aws_vpc_block_public_access_exclusion`
pub struct VpcBlockPublicAccessExclusion;

fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Exclusion>> {
    describe!(
        context.ec2(),
        select,
        describe_vpc_block_public_access_exclusions,
        set_exclusion_ids,
        set_filters,
        vpc_block_public_access_exclusions
    )
}

fn is_alive(exclusion: &Exclusion) -> bool {
    !matches!(exclusion.state, Some(State::DeleteComplete | State::DisableComplete))
}

impl Ec2Type for VpcBlockPublicAccessExclusion {
    type Found = Exclusion;
    const KIND: &'static str = "aws_vpc_block_public_access_exclusion";
    const NOUN: &'static str = "VPC Block Public Access Exclusion";
    const LIMITS: Limits = LIMITS;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Exclusion>, Failure> {
        let found = by_name(ids_of(wanted), |select| list(context, select)).await?;
        let alive = found.into_iter().filter(is_alive);
        Ok(alive.filter_map(|found| Some((found.exclusion_id.clone()?, found))).collect())
    }

    fn progress(found: &Exclusion) -> Progress {
        match found.state {
            Some(State::CreateInProgress | State::UpdateInProgress) => Progress::Coming,
            Some(State::CreateFailed | State::UpdateFailed) => {
                let reason = found.reason().unwrap_or("the service gives no reason");
                Progress::Lost(format!("the exclusion failed: {reason}."))
            }
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Exclusion, known: &Value) -> Value {
        let arn = found.resource_arn();
        // arn:aws:ec2:region:account:vpc/vpc-...
        let part = |kind: &str| arn?.rsplit_once(':')?.1.strip_prefix(kind)?.strip_prefix('/');
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.exclusion_id())
            .str("region", Some(context.region()))
            .str("internet_gateway_exclusion_mode", found.internet_gateway_exclusion_mode().map(Mode::as_str))
            .str("resource_arn", arn)
            .str("subnet_id", part("subnet"))
            .str("vpc_id", part("vpc"))
            .tags(context.tags().observed(&tags_of(found.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let mode = text(planned, "internet_gateway_exclusion_mode");
        let call = context
            .ec2()
            .once
            .create_vpc_block_public_access_exclusion()
            .set_vpc_id(text(planned, "vpc_id"))
            .set_subnet_id(text(planned, "subnet_id"))
            .set_internet_gateway_exclusion_mode(mode.map(|mode| mode.as_str().into()))
            .set_tag_specifications(tag_specification(ResourceType::VpcBlockPublicAccessExclusion, &tags));
        let made = answer(call.send()).await?.vpc_block_public_access_exclusion;
        made.and_then(|made| made.exclusion_id).ok_or_else(|| Failure::incomplete("exclusion"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Exclusion>,
    ) -> Result<Option<String>, ProviderError> {
        let Some(mode) = change.wanted_str("internet_gateway_exclusion_mode") else { return Ok(None) };
        let call = context
            .ec2()
            .safe
            .modify_vpc_block_public_access_exclusion()
            .exclusion_id(change.id)
            .internet_gateway_exclusion_mode(mode.into());
        answer(call.send()).await.map(|_| None).map_err(|error| change.failed(error))
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        let call = context.ec2().safe.delete_vpc_block_public_access_exclusion().exclusion_id(id);
        match answer(call.send()).await {
            // "is in delete-complete state and cannot be deleted"
            Err(error) if error.is("InvalidParameterValue") && error.message.contains("delete-complete") => {
                Ok(())
            }
            answer => answer.map(drop),
        }
    }

    lists!(describe_vpc_block_public_access_exclusions [], vpc_block_public_access_exclusions, |found| {
        let alive = is_alive(&found);
        tagged(found.exclusion_id, found.tags).filter(|_| alive)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found.into_iter().filter(is_alive).find_map(|found| found.exclusion_id))
    }
}
