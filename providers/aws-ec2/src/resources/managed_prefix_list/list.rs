//! `aws_ec2_managed_prefix_list`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, FindRequest, ProviderError};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{CONCURRENT, Entries, Modify, Whole, describe, is_own, is_settled, with_entries};
use crate::calls::client::{answer, lists, tag_specification, tagged, tags_of};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::resources::common::{Change, Ec2Type, Progress, Wanted, by_id, by_token, ids_of, int, text};
use crate::{registry, tags, wait};

/// `aws_ec2_managed_prefix_list`
pub struct ManagedPrefixList;

/// Entries that one call takes.
const ENTRIES_PER_CALL: usize = 100;
impl Ec2Type for ManagedPrefixList {
    type Found = Whole;
    const KIND: &'static str = "aws_ec2_managed_prefix_list";
    const NOUN: &'static str = "EC2 Managed Prefix List";

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Whole>, Failure> {
        let ec2 = context.ec2();
        let mut lists = by_id(ids_of(wanted), "prefix-list-id", |select| describe(&ec2, select)).await?;
        lists.retain(|list| list.state != Some(types::PrefixListState::DeleteComplete));
        let whole: Vec<Whole> = stream::iter(lists)
            .map(|list| with_entries(&ec2, list))
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        Ok(whole.into_iter().filter_map(|whole| Some((whole.list.prefix_list_id.clone()?, whole))).collect())
    }

    fn progress(found: &Whole) -> Progress {
        use types::PrefixListState as State;
        match found.list.state.as_ref() {
            Some(State::CreateInProgress | State::ModifyInProgress | State::RestoreInProgress) => {
                Progress::Coming
            }
            Some(State::CreateFailed) => {
                let reason = found.list.state_message.as_deref().unwrap_or("the service gives no reason");
                Progress::Lost(format!("the list could not be made: {reason}."))
            }
            _ => Progress::Ready,
        }
    }

    fn value(context: &Arc<Context>, found: &Whole, known: &Value) -> Value {
        let list = &found.list;
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", list.prefix_list_id.as_deref())
            .str("arn", list.prefix_list_arn.as_deref())
            .str("region", Some(context.region()))
            .str("address_family", list.address_family.as_deref())
            .number("max_entries", list.max_entries)
            .str("name", list.prefix_list_name.as_deref())
            .str("owner_id", list.owner_id.as_deref())
            .number("version", Some(list.version.unwrap_or_default()))
            .set("entry", blocks(&found.entries, known))
            .tags(context.tags().observed(&tags_of(list.tags.clone()), known))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        // The rest is added to the list that is made.
        let first =
            entries_of(planned).into_iter().take(ENTRIES_PER_CALL).map(|entry| to_add(&entry)).collect();
        let ec2 = context.ec2();
        let call = ec2
            .safe
            .create_managed_prefix_list()
            .client_token(&*request.token)
            .set_address_family(text(planned, "address_family"))
            .set_prefix_list_name(text(planned, "name"))
            .set_max_entries(int(planned, "max_entries"))
            .set_entries(Some(first))
            .set_tag_specifications(tag_specification(
                types::ResourceType::PrefixList,
                &tags::for_create(planned, &request.token),
            ));
        let made = answer(call.send()).await?.prefix_list.and_then(|list| list.prefix_list_id);
        made.ok_or_else(|| Failure::incomplete("prefix list"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Whole>,
    ) -> Result<Option<String>, ProviderError> {
        let size = |value: &Value| int(value, "max_entries").unwrap_or_default();
        let grows = change.wanted("max_entries").is_some() && size(change.planned) > size(change.current);
        let shrinks = change.wanted("max_entries").is_some() && !grows;
        // The service takes the size in a call of its own: before what needs it, or after what is in its way.
        if grows {
            modify(context, change, |call| call.max_entries(size(change.planned))).await?;
        }
        if change.wanted("entry").is_some() {
            bring_entries(context, change).await?;
        } else if change.wanted("name").is_some() {
            modify(context, change, |call| call).await?;
        }
        if shrinks {
            modify(context, change, |call| call.max_entries(size(change.planned))).await?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_managed_prefix_list().prefix_list_id(id).send()).await.map(drop)
    }

    lists!(describe_managed_prefix_lists [], prefix_lists, |list| {
        let own = is_own(&list);
        tagged(list.prefix_list_id, list.tags).filter(|_| own)
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = describe(&context.ec2(), by_token(&request.token)).await?;
        Ok(found.into_iter().next().and_then(|list| list.prefix_list_id))
    }
}

/// Blocks for what is in the list. A description that is known as empty is not told by the service.
fn blocks(entries: &Entries, known: &Value) -> Value {
    let ty = Type::object([("cidr", Type::String), ("description", Type::String)]);
    let known = known.get("entry").and_then(Value::as_elements).unwrap_or_default();
    let empty = |cidr: &str| {
        known
            .iter()
            .any(|block| block.get_str("cidr") == Some(cidr) && block.get_str("description") == Some(""))
    };
    let elements = entries.iter().map(|(cidr, description)| {
        let description = match description {
            Some(text) => Value::string(text),
            None if empty(cidr) => Value::string(""),
            None => Value::null(Type::String),
        };
        Value::object([("cidr", Value::string(cidr)), ("description", description)])
    });
    Value::set(ty, elements)
}

fn entries_of(object: &Value) -> Entries {
    let blocks = object.get("entry").and_then(Value::as_elements).unwrap_or_default();
    blocks.iter().filter_map(|block| Some((text(block, "cidr")?, text(block, "description")))).collect()
}

fn to_add((cidr, description): &(String, Option<String>)) -> types::AddPrefixListEntry {
    types::AddPrefixListEntry::builder().cidr(cidr).set_description(description.clone()).build()
}

/// Takes away what is not planned, or is described otherwise, and then adds what is missing.
async fn bring_entries(context: &Arc<Context>, change: &Change<'_, Whole>) -> Result<(), ProviderError> {
    let (now, planned) = (&change.found.entries, entries_of(change.planned));
    let gone: Vec<_> = now.iter().filter(|(cidr, text)| planned.get(*cidr) != Some(text)).collect();
    let new: Vec<_> = planned.iter().filter(|(cidr, text)| now.get(*cidr) != Some(text)).collect();
    for gone in gone.chunks(ENTRIES_PER_CALL) {
        let gone: Vec<_> = gone
            .iter()
            .map(|(cidr, _)| types::RemovePrefixListEntry::builder().cidr(*cidr).build())
            .collect();
        modify(context, change, |call| call.set_remove_entries(Some(gone.clone()))).await?;
    }
    for new in new.chunks(ENTRIES_PER_CALL) {
        let new: Vec<_> =
            new.iter().map(|(cidr, text)| to_add(&((*cidr).clone(), (*text).clone()))).collect();
        modify(context, change, |call| call.set_add_entries(Some(new.clone()))).await?;
    }
    Ok(())
}

/// Makes one change of the newest version, which gets the planned name, and waits until it has settled.
async fn modify(
    context: &Arc<Context>,
    change: &Change<'_, Whole>,
    with: impl Fn(Modify) -> Modify,
) -> Result<(), ProviderError> {
    let ec2 = context.ec2();
    let wait = || async {
        let lists = describe(&ec2, Select::Ids(vec![change.id.to_owned()])).await;
        let lists = lists.map_err(|error| change.failed(error))?;
        let settled = lists.into_iter().find(is_settled);
        Ok(settled)
    };
    let list = wait::until(change.operation, change.limit, wait).await?;
    let call = super::modify(&ec2, &list, text(change.planned, "name"));
    answer(with(call).send()).await.map_err(|error| change.failed(error))?;
    wait::until(change.operation, change.limit, wait).await.map(drop)
}
