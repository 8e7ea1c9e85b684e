//! `aws_ec2_managed_prefix_list`.

use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use super::lookup::{LookupOne, lookup, visible_tags};
use crate::calls::Ec2Context;
use crate::calls::client::pages;
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;

/// `aws_ec2_managed_prefix_list`
pub struct ManagedPrefixList;

lookup!(ManagedPrefixList, "aws_ec2_managed_prefix_list", "EC2 Managed Prefix List", describe_managed_prefix_lists => prefix_lists: ManagedPrefixList,
    "id" => "prefix-list-id",
    "name" => "prefix-list-name");

impl LookupOne for ManagedPrefixList {
    async fn value<'a>(
        context: &Arc<Context>,
        found: types::ManagedPrefixList,
        builder: Builder<'a>,
    ) -> Result<Builder<'a>, Failure> {
        let id = found.prefix_list_id.unwrap_or_default();
        let ec2 = context.ec2();
        let entries = pages!(ec2.safe.get_managed_prefix_list_entries().prefix_list_id(&id), entries);
        Ok(builder
            .str("id", Some(&id))
            .text("address_family", found.address_family.as_deref())
            .text("arn", found.prefix_list_arn.as_deref())
            .set("entries", entries_of(entries))
            .number("max_entries", Some(found.max_entries.unwrap_or_default()))
            .text("name", found.prefix_list_name.as_deref())
            .text("owner_id", found.owner_id.as_deref())
            .number("version", Some(found.version.unwrap_or_default()))
            .set("tags", visible_tags(context, found.tags)))
    }
}

fn entries_of(entries: Vec<types::PrefixListEntry>) -> Value {
    let ty = Type::object([("cidr", Type::String), ("description", Type::String)]);
    let elements = entries.into_iter().map(|entry| {
        Value::object([
            ("cidr", Value::string(entry.cidr.unwrap_or_default())),
            ("description", Value::string(entry.description.unwrap_or_default())),
        ])
    });
    Value::set(ty, elements)
}
