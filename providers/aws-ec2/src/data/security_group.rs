//! `aws_security_group` and `aws_security_groups`.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::lookup::{LookupMany, LookupOne, lookup, visible_tags};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::arn;

/// `aws_security_group`
pub struct SecurityGroup;

/// `aws_security_groups`
pub struct SecurityGroups;

fn arn_of(context: &Context, found: &types::SecurityGroup) -> String {
    let id = found.group_id.as_deref().unwrap_or_default();
    arn(context, found.owner_id.as_deref(), &format!("security-group/{id}"))
}

lookup!(SecurityGroup, "aws_security_group", "EC2 Security Group", describe_security_groups => security_groups: SecurityGroup,
    "id" => "group-id",
    "name" => "group-name",
    "vpc_id" => "vpc-id");

impl LookupOne for SecurityGroup {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::SecurityGroup,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        Ok(builder
            .str("arn", Some(arn_of(context, &found)))
            .str("id", found.group_id.as_deref())
            .text("description", found.description.as_deref())
            .text("name", found.group_name.as_deref())
            .text("vpc_id", found.vpc_id.as_deref())
            .set("tags", visible_tags(context, found.tags)))
    }
}

lookup!(SecurityGroups, "aws_security_groups", "EC2 Security Groups", describe_security_groups => security_groups: SecurityGroup);

impl LookupMany for SecurityGroups {
    fn value<'a>(context: &Context, found: Vec<types::SecurityGroup>, builder: Builder<'a>) -> Builder<'a> {
        builder
            .string_list("arns", found.iter().map(|group| arn_of(context, group)))
            .string_list("ids", found.iter().filter_map(|group| group.group_id.as_deref()))
            .string_list("vpc_ids", found.iter().filter_map(|group| group.vpc_id.as_deref()))
    }
}
