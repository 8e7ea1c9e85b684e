//! `aws_prefix_list`: the address ranges of a service, as gateway endpoints know them.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::lookup::{LookupOne, lookup};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;

/// `aws_prefix_list`
pub struct PrefixList;

lookup!(PrefixList, "aws_prefix_list", "EC2 Prefix List", describe_prefix_lists => prefix_lists: PrefixList,
    "name" => "prefix-list-name",
    "prefix_list_id" => "prefix-list-id");

impl LookupOne for PrefixList {
    async fn value<'a>(
        _: &Arc<Context>,
        found: types::PrefixList,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        Ok(builder
            .str("id", found.prefix_list_id.as_deref())
            .text("name", found.prefix_list_name.as_deref())
            .string_list("cidr_blocks", found.cidrs.unwrap_or_default()))
    }
}
