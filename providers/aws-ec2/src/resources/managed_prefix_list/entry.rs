//! `aws_ec2_managed_prefix_list_entry`: one block of a list. It is known by its list and the block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::types::{AddPrefixListEntry, PrefixListState, RemovePrefixListEntry};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, ListPage, Listed, ProviderError};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{CONCURRENT, Modify, Whole, describe, is_own, is_settled, with_entries};
use crate::calls::client::answer;
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::{Listing, page};
use crate::object::Builder;
use crate::registry;
use crate::resources::common::{Change, Ec2Type, Limits, Wanted, by_id, eventually, text, unless_gone};
use crate::resources::turns::turn;

/// `aws_ec2_managed_prefix_list_entry`
pub struct ManagedPrefixListEntry;

/// A block of a list.
pub struct Found {
    list: String,
    cidr: String,
    description: Option<String>,
}

/// Codes of a change that is refused because another one is under way, or was in between.
const BUSY: [&str; 3] = ["IncorrectState", "PrefixListVersionMismatch", "ConcurrentModification"];

impl Ec2Type for ManagedPrefixListEntry {
    type Found = Found;
    const KIND: &'static str = "aws_ec2_managed_prefix_list_entry";
    const NOUN: &'static str = "EC2 Managed Prefix List Entry";
    const LISTED_UNASKED: bool = false;
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 300 };

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let keys: Vec<_> = wanted.iter().filter_map(|wanted| Some((wanted.id, key_of(wanted)?))).collect();
        let ids: BTreeSet<String> = keys.iter().map(|(_, (list, _))| list.clone()).collect();
        let ec2 = context.ec2();
        let mut lists =
            by_id(ids.into_iter().collect(), "prefix-list-id", |select| describe(&ec2, select)).await?;
        lists.retain(|list| list.state != Some(PrefixListState::DeleteComplete));
        let whole: Vec<Whole> = stream::iter(lists)
            .map(|list| with_entries(&ec2, list))
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let found = keys.into_iter().filter_map(|(id, (list, cidr))| {
            let known = whole.iter().find(|known| known.list.prefix_list_id() == Some(&*list))?;
            let description = known.entries.get(&cidr)?.clone();
            Some((id.to_owned(), Found { list, cidr, description }))
        });
        Ok(found.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let empty = || known.get_str("description").filter(|known| known.is_empty());
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", Some(identifier(&found.list, &found.cidr)))
            .str("region", Some(context.region()))
            .str("prefix_list_id", Some(&found.list))
            .str("cidr", Some(&found.cidr))
            .str("description", found.description.as_deref().or_else(empty))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let (list, cidr) = (get("prefix_list_id").unwrap_or_default(), get("cidr").unwrap_or_default());
        let entry = AddPrefixListEntry::builder().cidr(&cidr).set_description(get("description")).build();
        change(context, &list, Self::LIMITS.create, |call| call.add_entries(entry.clone())).await?;
        Ok(identifier(&list, &cidr))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let get = |name: &str| prior.get_str(name).unwrap_or_default();
        let entry = RemovePrefixListEntry::builder().cidr(get("cidr")).build();
        let removed = change(context, get("prefix_list_id"), Self::LIMITS.delete, |call| {
            call.remove_entries(entry.clone())
        });
        removed.await.or_else(unless_gone)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(entries(context, after)))
    }

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name).unwrap_or_default();
        let id = identifier(&get("prefix_list_id"), &get("cidr"));
        let found = Self::fetch(context, &[Wanted::of(&id, &request.planned)]).await?;
        Ok(found.contains_key(&id).then_some(id))
    }
}

/// The entries of a page of lists that are not Amazon's own.
async fn entries(context: &Arc<Context>, after: Option<String>) -> Result<ListPage, Failure> {
    let ec2 = context.ec2();
    let answered = answer(ec2.safe.describe_managed_prefix_lists().set_next_token(after).send()).await?;
    let lists = answered.prefix_lists.unwrap_or_default().into_iter();
    let own = lists.filter(is_own);
    let whole: Vec<Whole> =
        stream::iter(own).map(|list| with_entries(&ec2, list)).buffered(CONCURRENT).try_collect().await?;
    let ids = whole.iter().flat_map(|whole| {
        let list = whole.list.prefix_list_id().unwrap_or_default();
        whole.entries.keys().map(move |cidr| Listed::of(identifier(list, cidr)))
    });
    Ok(page(ids, answered.next_token))
}

/// Makes one change of the newest version of a list, as soon as the one before has settled.
async fn change(
    context: &Arc<Context>,
    id: &str,
    seconds: u64,
    with: impl Fn(Modify) -> Modify,
) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let _turn = turn(context, id).await;
    eventually(Duration::from_secs(seconds), &BUSY, || async {
        let lists = describe(&ec2, Select::Ids(vec![id.to_owned()])).await?;
        let list = lists.into_iter().next().ok_or_else(|| Failure::incomplete("prefix list"))?;
        if !is_settled(&list) {
            return Err(Failure::answered(BUSY[0].to_owned(), format!("{id} is being changed")));
        }
        let call = super::modify(&ec2, &list, list.prefix_list_name.clone());
        answer(with(call).send()).await.map(drop)
    })
    .await
}

/// The identifier that the public provider makes up, which an import gives, too.
fn identifier(list: &str, cidr: &str) -> String {
    format!("{list},{cidr}")
}

fn key_of(wanted: &Wanted<'_>) -> Option<(String, String)> {
    match (text(wanted.known, "prefix_list_id"), text(wanted.known, "cidr")) {
        (Some(list), Some(cidr)) => Some((list, cidr)),
        _ => wanted.id.split_once(',').map(|(list, cidr)| (list.to_owned(), cidr.to_owned())),
    }
}
