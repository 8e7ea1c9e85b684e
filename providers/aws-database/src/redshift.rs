//! Subnet groups of Redshift, whose listing shows their tags but not their ARNs.

use aws_sdk_redshift as redshift;
use redshift::types::ClusterSubnetGroup;

use crate::group::{Found, service};

service! {
    /// The service.
    Redshift, redshift: "aws_redshift_subnet_group", "Redshift Subnet Group",
    describe_cluster_subnet_groups(set_cluster_subnet_group_name) -> cluster_subnet_groups,
    create_cluster_subnet_group, modify_cluster_subnet_group, delete_cluster_subnet_group,
    cluster_subnet_group_name, description,
    {
        async fn tags(_: &Context, group: &Found) -> Result<Tags, Failure> {
            Ok(group.tags.clone().unwrap_or_default())
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
}

fn found(group: ClusterSubnetGroup, arns: &str) -> Found {
    let name = group.cluster_subnet_group_name.unwrap_or_default();
    Found {
        arn: format!("{arns}{name}"),
        name,
        description: group.description.unwrap_or_default(),
        vpc_id: group.vpc_id,
        subnets: group.subnets.unwrap_or_default().into_iter().filter_map(|s| s.subnet_identifier).collect(),
        network_types: Vec::new(),
        tags: Some(tags_of(group.tags)),
    }
}
