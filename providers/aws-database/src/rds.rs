//! Subnet groups of RDS.

use std::sync::Arc;

use aws_sdk_rds as rds;
use evenkeel_provider_aws_core::endpoints;
use rds::types::{DbSubnetGroup, Tag};

use crate::context::Context;
use crate::errors::{Failure, answer};
use crate::group::{Found, Service, Wanted};
use crate::tags::Tags;

/// The service.
pub struct Rds;

fn client(context: &Context) -> Arc<rds::Client> {
    context.client(|context| {
        let mut config = rds::config::Builder::from(&context.sdk());
        config.set_endpoint_url(context.endpoint(endpoints::Service::Rds).map(str::to_owned));
        rds::Client::from_conf(config.build())
    })
}

fn to_api(tags: Tags) -> Option<Vec<Tag>> {
    Some(tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect())
}

fn tags_of(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

impl Service for Rds {
    const KIND: &'static str = "aws_db_subnet_group";
    const NOUN: &'static str = "RDS DB Subnet Group";

    async fn list(context: &Context, name: Option<&str>) -> Result<Vec<Found>, Failure> {
        let call =
            client(context).describe_db_subnet_groups().set_db_subnet_group_name(name.map(str::to_owned));
        let listed = answer(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).await?;
        Ok(listed.into_iter().map(found).collect())
    }

    async fn tags(context: &Context, group: &Found) -> Result<Tags, Failure> {
        let call = client(context).list_tags_for_resource().resource_name(&group.arn).send();
        Ok(tags_of(answer(call).await?.tag_list))
    }

    async fn create(context: &Context, wanted: Wanted<'_>, tags: Tags) -> Result<(), Failure> {
        let client = client(context);
        let call = client
            .create_db_subnet_group()
            .db_subnet_group_name(wanted.name)
            .db_subnet_group_description(wanted.description)
            .set_subnet_ids(Some(wanted.subnets))
            .set_tags(to_api(tags));
        answer(call.send()).await.map(drop)
    }

    async fn modify(context: &Context, wanted: Wanted<'_>) -> Result<(), Failure> {
        let client = client(context);
        let call = client
            .modify_db_subnet_group()
            .db_subnet_group_name(wanted.name)
            .db_subnet_group_description(wanted.description)
            .set_subnet_ids(Some(wanted.subnets));
        answer(call.send()).await.map(drop)
    }

    async fn delete(context: &Context, name: &str) -> Result<(), Failure> {
        answer(client(context).delete_db_subnet_group().db_subnet_group_name(name).send()).await.map(drop)
    }

    async fn tag(context: &Context, arn: &str, tags: Tags) -> Result<(), Failure> {
        let call = client(context).add_tags_to_resource().resource_name(arn).set_tags(to_api(tags)).send();
        answer(call).await.map(drop)
    }

    async fn untag(context: &Context, arn: &str, keys: Vec<String>) -> Result<(), Failure> {
        let call =
            client(context).remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(keys)).send();
        answer(call).await.map(drop)
    }
}

fn found(group: DbSubnetGroup) -> Found {
    Found {
        name: group.db_subnet_group_name.unwrap_or_default(),
        arn: group.db_subnet_group_arn.unwrap_or_default(),
        description: group.db_subnet_group_description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        subnets: group.subnets.unwrap_or_default().into_iter().filter_map(|s| s.subnet_identifier).collect(),
        network_types: group.supported_network_types.unwrap_or_default(),
        tags: None,
    }
}
