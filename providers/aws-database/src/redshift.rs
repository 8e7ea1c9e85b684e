//! Subnet groups of Redshift, whose listing shows their tags but not their ARNs.

use std::sync::Arc;

use aws_sdk_redshift as redshift;
use evenkeel_provider_aws_core::endpoints;
use redshift::types::{ClusterSubnetGroup, Tag};

use crate::context::Context;
use crate::errors::{Failure, answer};
use crate::group::{Found, Service, Wanted};
use crate::tags::Tags;

/// The service.
pub struct Redshift;

fn client(context: &Context) -> Arc<redshift::Client> {
    context.client(|context| {
        let mut config = redshift::config::Builder::from(&context.sdk());
        config.set_endpoint_url(context.endpoint(endpoints::Service::Redshift).map(str::to_owned));
        redshift::Client::from_conf(config.build())
    })
}

fn to_api(tags: Tags) -> Option<Vec<Tag>> {
    Some(tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect())
}

fn tags_of(tags: Option<Vec<Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

impl Service for Redshift {
    const KIND: &'static str = "aws_redshift_subnet_group";
    const NOUN: &'static str = "Redshift Subnet Group";

    async fn list(context: &Context, name: Option<&str>) -> Result<Vec<Found>, Failure> {
        let call = client(context)
            .describe_cluster_subnet_groups()
            .set_cluster_subnet_group_name(name.map(str::to_owned));
        let listed = answer(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).await?;
        let account = context.account_id().await.unwrap_or_default();
        let arn = |name: &str| {
            let (partition, region) = (context.partition(), context.region());
            format!("arn:{partition}:redshift:{region}:{account}:subnetgroup:{name}")
        };
        Ok(listed.into_iter().map(|group| found(group, &arn)).collect())
    }

    async fn tags(context: &Context, group: &Found) -> Result<Tags, Failure> {
        let _ = context;
        Ok(group.tags.clone().unwrap_or_default())
    }

    async fn create(context: &Context, wanted: Wanted<'_>, tags: Tags) -> Result<(), Failure> {
        let client = client(context);
        let call = client
            .create_cluster_subnet_group()
            .cluster_subnet_group_name(wanted.name)
            .description(wanted.description)
            .set_subnet_ids(Some(wanted.subnets))
            .set_tags(to_api(tags));
        answer(call.send()).await.map(drop)
    }

    async fn modify(context: &Context, wanted: Wanted<'_>) -> Result<(), Failure> {
        let client = client(context);
        let call = client
            .modify_cluster_subnet_group()
            .cluster_subnet_group_name(wanted.name)
            .description(wanted.description)
            .set_subnet_ids(Some(wanted.subnets));
        answer(call.send()).await.map(drop)
    }

    async fn delete(context: &Context, name: &str) -> Result<(), Failure> {
        answer(client(context).delete_cluster_subnet_group().cluster_subnet_group_name(name).send())
            .await
            .map(drop)
    }

    async fn tag(context: &Context, arn: &str, tags: Tags) -> Result<(), Failure> {
        let call = client(context).create_tags().resource_name(arn).set_tags(to_api(tags)).send();
        answer(call).await.map(drop)
    }

    async fn untag(context: &Context, arn: &str, keys: Vec<String>) -> Result<(), Failure> {
        let call = client(context).delete_tags().resource_name(arn).set_tag_keys(Some(keys)).send();
        answer(call).await.map(drop)
    }
}

fn found(group: ClusterSubnetGroup, arn: &impl Fn(&str) -> String) -> Found {
    let name = group.cluster_subnet_group_name.unwrap_or_default();
    Found {
        arn: arn(&name),
        name,
        description: group.description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        subnets: group.subnets.unwrap_or_default().into_iter().filter_map(|s| s.subnet_identifier).collect(),
        network_types: Vec::new(),
        tags: Some(tags_of(group.tags)),
    }
}
