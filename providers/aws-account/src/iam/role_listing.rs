//! Many roles with two listings, instead of four calls for each.
//!
//! `ListRoles` has descriptions and session times but no tags; the account's authorization details
//! have tags and policies but not those. What both say makes a role.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{EntityType, Role, RoleDetail};

use super::role_parts::Inline;
use super::{all, document};
use crate::errors::{Failure, answer};

/// From here on two listings are cheaper than four calls for each role.
pub const LIST_FROM: usize = 8;
const PAGE: i32 = 1_000;

/// A role with its own policies and the ARNs of those attached to it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub role: Role,
    pub inline: Inline,
    pub managed: Vec<String>,
}

/// All roles of the account, by name.
pub async fn all_roles(iam: &Client) -> Result<BTreeMap<String, Listed>, Failure> {
    let mut details = details(iam).await?;
    let roles = all!(iam.list_roles().max_items(PAGE)).await?;
    let joined = |role: Role| {
        let detail = details.remove(&role.role_name)?;
        Some((role.role_name.clone(), join(role, detail)))
    };
    Ok(roles.into_iter().filter_map(joined).collect())
}

async fn details(iam: &Client) -> Result<BTreeMap<String, RoleDetail>, Failure> {
    let mut found = BTreeMap::new();
    let mut marker = None;
    loop {
        let call = iam.get_account_authorization_details().filter(EntityType::Role).max_items(PAGE);
        let page = answer(call.set_marker(marker).send()).await?;
        let roles = page.role_detail_list.unwrap_or_default();
        found.extend(roles.into_iter().filter_map(|role| Some((role.role_name.clone()?, role))));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

fn join(mut role: Role, detail: RoleDetail) -> Listed {
    role.tags = detail.tags;
    role.permissions_boundary = detail.permissions_boundary;
    let inline = detail.role_policy_list.unwrap_or_default().into_iter();
    let attached = detail.attached_managed_policies.unwrap_or_default().into_iter();
    Listed {
        role,
        inline: inline
            .filter_map(|policy| Some((policy.policy_name?, document(policy.policy_document.as_deref()))))
            .collect(),
        managed: attached.filter_map(|policy| policy.policy_arn).collect(),
    }
}
