//! `aws_placement_group`. Its identifier is its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{PlacementGroup as Group, PlacementGroupState, ResourceType};
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};

use super::common::{
    Change, Ec2Type, Limits, Progress, Wanted, account, arn, by_id, by_token, count, ids_of, text,
};
use crate::calls::client::{answer, describe_whole, lists, tag_specification, tagged, tags_of};
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{registry, tags};

/// `aws_placement_group`
pub struct PlacementGroup;

/// A group and the account it is in.
pub struct Found {
    group: Group,
    account: String,
}

impl Ec2Type for PlacementGroup {
    type Found = Found;
    const KIND: &'static str = "aws_placement_group";
    const NOUN: &'static str = "EC2 Placement Group";
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 300 };
    const IN_THE_WAY: &'static [&'static str] = &["InvalidPlacementGroup.InUse"];

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let strategy = config.get_str("strategy");
        for (name, only) in [("partition_count", "partition"), ("spread_level", "spread")] {
            let set = config.get(name).is_some_and(|value| !value.is_null());
            if set && strategy.is_some_and(|strategy| strategy != only) {
                diagnostics.push(Diagnostic::error(
                    "Invalid placement group",
                    format!("'{name}' can be set only when 'strategy' is '{only}'."),
                ));
            }
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let account = account(context).await?;
        let groups = by_id(ids_of(wanted), "group-name", |select| list(context, select)).await?;
        let there = groups.into_iter().filter(|group| group.state() != Some(&PlacementGroupState::Deleted));
        let named = there.filter_map(|group| Some((group.group_name.clone()?, group)));
        Ok(named.map(|(name, group)| (name, Found { group, account: account.clone() })).collect())
    }

    fn progress(found: &Found) -> Progress {
        match found.group.state() {
            Some(PlacementGroupState::Pending) => Progress::Coming,
            Some(PlacementGroupState::Deleting) => Progress::Lost("the group is being deleted.".into()),
            _ => Progress::Ready,
        }
    }

    fn tagged_as<'f>(found: &'f Found, id: &'f str) -> &'f str {
        found.group.group_id().unwrap_or(id)
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let group = &found.group;
        let name = group.group_name().unwrap_or_default();
        let made = || arn(context, Some(&found.account), &format!("placement-group/{name}"));
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(name))
            .text("arn", Some(group.group_arn.clone().unwrap_or_else(made)))
            .text("region", Some(context.region()))
            .text("name", Some(name))
            .text("placement_group_id", group.group_id())
            .number("partition_count", group.partition_count)
            .text("spread_level", group.spread_level().map(|level| level.as_str()))
            .text("strategy", group.strategy().map(|strategy| strategy.as_str()))
            .tags(context.tags().observed(&tags_of(group.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let name = text(planned, "name").unwrap_or_default();
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let create = ec2
            .once
            .create_placement_group()
            .group_name(&name)
            .set_strategy(text(planned, "strategy").map(|strategy| strategy.as_str().into()))
            .set_partition_count(count(planned, "partition_count"))
            .set_spread_level(text(planned, "spread_level").map(|level| level.as_str().into()))
            .set_tag_specifications(tag_specification(ResourceType::PlacementGroup, &tags));
        answer(create.send()).await?;
        Ok(name)
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_placement_group().group_name(id).send()).await.map(drop)
    }

    lists!(whole describe_placement_groups, placement_groups, |group| tagged(group.group_name, group.tags));

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let groups = list(context, by_token(&request.token)).await?;
        Ok(groups.into_iter().find_map(|group| group.group_name))
    }
}

/// The groups selected; this listing has no pages.
fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<Group>> {
    let ec2 = context.ec2();
    describe_whole!(ec2, select, describe_placement_groups, set_group_names, set_filters, placement_groups)
}
