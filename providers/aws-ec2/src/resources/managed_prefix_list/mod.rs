//! `aws_ec2_managed_prefix_list` with its entries inline, and single entries of a list.
//!
//! Every change of a list makes a new version of it and names the one it is made from, so changes go
//! one after the other, each when the one before has settled.

mod entry;
mod list;

pub use entry::ManagedPrefixListEntry;
pub use list::ManagedPrefixList;

use std::collections::BTreeMap;

use aws_sdk_ec2::operation::modify_managed_prefix_list::builders::ModifyManagedPrefixListFluentBuilder as Modify;
use aws_sdk_ec2::types;

use crate::calls::client::{Client, pages, selection};
use crate::calls::{Call, Select};
use crate::errors::Failure;

/// Blocks and their descriptions.
type Entries = BTreeMap<String, Option<String>>;

/// A list and what is in it.
pub struct Whole {
    list: types::ManagedPrefixList,
    entries: Entries,
}

/// Lists whose entries are read at the same time.
const CONCURRENT: usize = 16;

fn describe(ec2: &Client, select: Select) -> Call<'_, Vec<types::ManagedPrefixList>> {
    Box::pin(async move {
        let (ids, filters) = selection(select);
        let request = ec2.safe.describe_managed_prefix_lists().set_prefix_list_ids(ids).set_filters(filters);
        Ok(pages!(request, prefix_lists))
    })
}

async fn with_entries(ec2: &Client, list: types::ManagedPrefixList) -> Result<Whole, Failure> {
    let id = list.prefix_list_id.clone().unwrap_or_default();
    let entries = pages!(ec2.safe.get_managed_prefix_list_entries().prefix_list_id(id), entries);
    let entries = entries.into_iter().filter_map(|entry| {
        Some((entry.cidr?, entry.description.filter(|description| !description.is_empty())))
    });
    Ok(Whole { entries: entries.collect(), list })
}

/// Whether a list is there, and not the service's own.
fn is_own(list: &types::ManagedPrefixList) -> bool {
    list.owner_id() != Some("AWS") && list.state != Some(types::PrefixListState::DeleteComplete)
}

/// Whether no change of the list is under way.
fn is_settled(list: &types::ManagedPrefixList) -> bool {
    !list.state.as_ref().is_some_and(|state| state.as_str().ends_with("-in-progress"))
}

/// A change of a version of a list, which keeps the name given.
fn modify(ec2: &Client, list: &types::ManagedPrefixList, name: Option<String>) -> Modify {
    ec2.safe
        .modify_managed_prefix_list()
        .set_prefix_list_id(list.prefix_list_id.clone())
        .set_prefix_list_name(name)
        .set_current_version(list.version)
}
