//! `aws_kms_key`: a key. Removing it schedules its deletion: until that day it could be brought back.

use std::sync::Arc;

use aws_sdk_kms::types::{self, KeyManagerType, KeySpec, KeyState, KeyUsageType};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, ListPage, Listed, policy};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{tags_of, to_api};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::iam::unknown_principal;
use crate::listing::{Listing, page, with_tags as listed_with_tags};
use crate::object::Builder;
use crate::tags::{OWNER_KEY, Tags};
use crate::{registry, tags, wait};

const POLICY: &str = "default";
const CALLS_AT_ONCE: usize = 16;

/// The resource type.
pub struct Key;

impl each::Type for Key {
    const KIND: &'static str = "aws_kms_key";
    const NOUN: &'static str = "KMS Key";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let call = context.kms().describe_key().key_id(name_or_id(known, "key_id")).send();
        let Some(key) = unless_gone(answer(call).await)?.and_then(|found| found.key_metadata) else {
            return Ok(None);
        };
        if matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)) {
            return Ok(None);
        }
        let kms = context.kms();
        let call = kms.get_key_policy().key_id(&key.key_id).policy_name(POLICY).send();
        let document = answer(call).await?.policy.unwrap_or_default();
        let rotation = rotation(context, &key).await?;
        let tags = tags_on(context, &key.key_id).await?;
        Ok(Some(value(context, &key, &document, rotation, &tags, known)))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let once = context.kms_once();
        let call = once
            .0
            .create_key()
            .key_usage(KeyUsageType::from(text(planned, "key_usage").unwrap_or("ENCRYPT_DECRYPT")))
            .key_spec(KeySpec::from(text(planned, "customer_master_key_spec").unwrap_or("SYMMETRIC_DEFAULT")))
            .set_description(text(planned, "description").map(str::to_owned))
            .set_policy(text(planned, "policy").map(str::to_owned))
            .set_custom_key_store_id(text(planned, "custom_key_store_id").map(str::to_owned))
            .set_xks_key_id(text(planned, "xks_key_id").map(str::to_owned))
            .set_multi_region(planned.get_bool("multi_region"))
            .set_bypass_policy_lockout_safety_check(planned.get_bool("bypass_policy_lockout_safety_check"))
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        let made = wait::patiently(PROPAGATION, unknown_principal, || answer(call.clone().send())).await?;
        let key = made.key_metadata.ok_or_else(|| Failure::incomplete("key"))?;
        Ok(identified(planned, &key.key_id).with_attribute("key_id", Value::string(&key.key_id)))
    }

    async fn complete(context: &Arc<Context>, made: &Value) -> Result<(), Failure> {
        let id = name_or_id(made, "key_id");
        if made.get_bool("enable_key_rotation") == Some(true) {
            rotate(context, id, made).await?;
        }
        match made.get_bool("is_enabled") {
            Some(false) => answer(context.kms().disable_key().key_id(id).send()).await.map(drop),
            _ => Ok(()),
        }
    }

    /// A key that is disabled cannot be changed: it is enabled first and disabled last.
    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let kms = context.kms();
        let id = name_or_id(prior, "key_id");
        let toggled = changes(prior, planned, "is_enabled");
        let enabled = planned.get_bool("is_enabled").unwrap_or(true);
        if toggled && enabled {
            answer(kms.enable_key().key_id(id).send()).await?;
        }
        if changes(prior, planned, "enable_key_rotation")
            || changes(prior, planned, "rotation_period_in_days")
        {
            rotate(context, id, planned).await?;
        }
        if changes(prior, planned, "description") {
            let text = planned.get_str("description").unwrap_or_default();
            answer(kms.update_key_description().key_id(id).description(text).send()).await?;
        }
        if changes(prior, planned, "policy") {
            write_policy(context, id, planned).await?;
        }
        change_tags(context, id, prior, planned).await?;
        if toggled && !enabled {
            answer(kms.disable_key().key_id(id).send()).await?;
        }
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let days = prior.get_i64("deletion_window_in_days").and_then(|days| days.try_into().ok());
        let kms = context.kms();
        let call = kms.schedule_key_deletion().key_id(name_or_id(prior, "key_id"));
        match answer(call.set_pending_window_in_days(days).send()).await {
            Err(failure) if failure.message.contains("pending deletion") => Ok(()),
            other => other.map(drop),
        }
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let keys = keys(context, after).await?;
            let tagged = listed_with_tags(keys.objects, |id: String| {
                let context = context.clone();
                async move { tags_on(&context, &id).await }
            });
            Ok(page(tagged.await?, keys.next))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let listing = context.kms().list_keys().into_paginator().items().send();
        let keys = answer(listing.collect::<Result<Vec<_>, _>>()).await?;
        let ids: Vec<String> = keys.into_iter().filter_map(|key| key.key_id).collect();
        let mut looked = stream::iter(ids).map(|id| with_tags(context, id)).buffered(CALLS_AT_ONCE);
        while let Some((id, tags)) = looked.next().await {
            // Keys of others cannot be looked at.
            if tags.is_ok_and(|tags| tags.get(OWNER_KEY).is_some_and(|owner| owner == token)) {
                return Self::read(context, &planned.clone().with_attribute("key_id", Value::string(id)))
                    .await;
            }
        }
        Ok(None)
    }
}

/// The key, if it is the account's own and there to stay.
/// A page of the keys that are the account's own.
pub(super) async fn keys(context: &Arc<Context>, after: Option<String>) -> Result<ListPage, Failure> {
    let answered = answer(context.kms().list_keys().set_marker(after).send()).await?;
    let ids = answered.keys.unwrap_or_default().into_iter().filter_map(|key| key.key_id);
    let looked = stream::iter(ids).map(|id| own_key(context.clone(), id));
    let looked: Vec<_> = looked.buffered(CALLS_AT_ONCE).try_collect().await?;
    Ok(page(looked.into_iter().flatten().map(Listed::of), answered.next_marker))
}

async fn own_key(context: Arc<Context>, id: String) -> Result<Option<String>, Failure> {
    let described = unless_gone(answer(context.kms().describe_key().key_id(&id).send()).await)?;
    let key = described.and_then(|described| described.key_metadata);
    let own = key.is_some_and(|key| {
        key.key_manager != Some(KeyManagerType::Aws) && key.key_state != Some(KeyState::PendingDeletion)
    });
    Ok(own.then_some(id))
}

async fn with_tags(context: &Context, id: String) -> (String, Result<Tags, Failure>) {
    let tags = tags_on(context, &id).await;
    (id, tags)
}

async fn tags_on(context: &Context, id: &str) -> Result<Tags, Failure> {
    let listing = context.kms().list_resource_tags().key_id(id).into_paginator().items().send();
    Ok(tags_of(answer(listing.collect::<Result<Vec<_>, _>>()).await?))
}

/// Whether the key's material is exchanged, and after how many days. Only some kinds of keys can.
async fn rotation(context: &Context, key: &types::KeyMetadata) -> Result<(bool, Option<i32>), Failure> {
    if key.key_spec.as_ref().is_some_and(|spec| *spec != KeySpec::SymmetricDefault) {
        return Ok((false, None));
    }
    match answer(context.kms().get_key_rotation_status().key_id(&key.key_id).send()).await {
        Ok(status) => {
            let days = status.rotation_period_in_days.filter(|_| status.key_rotation_enabled);
            Ok((status.key_rotation_enabled, days))
        }
        Err(failure) if failure.is("UnsupportedOperationException") => Ok((false, None)),
        Err(failure) => Err(failure),
    }
}

async fn rotate(context: &Context, id: &str, planned: &Value) -> Result<(), Failure> {
    let kms = context.kms();
    if planned.get_bool("enable_key_rotation") != Some(true) {
        return answer(kms.disable_key_rotation().key_id(id).send()).await.map(drop);
    }
    let days = planned.get_i64("rotation_period_in_days").and_then(|days| days.try_into().ok());
    let call = kms.enable_key_rotation().key_id(id).set_rotation_period_in_days(days);
    answer(call.send()).await.map(drop)
}

async fn write_policy(context: &Context, id: &str, planned: &Value) -> Result<(), Failure> {
    let kms = context.kms();
    let call = kms
        .put_key_policy()
        .key_id(id)
        .policy_name(POLICY)
        .policy(planned.get_str("policy").unwrap_or_default())
        .set_bypass_policy_lockout_safety_check(planned.get_bool("bypass_policy_lockout_safety_check"));
    wait::patiently(PROPAGATION, unknown_principal, || answer(call.clone().send())).await.map(drop)
}

async fn change_tags(context: &Context, id: &str, prior: &Value, planned: &Value) -> Result<(), Failure> {
    let kms = context.kms();
    let change = tags::change(prior, planned);
    if !change.remove.is_empty() {
        answer(kms.untag_resource().key_id(id).set_tag_keys(Some(change.remove)).send()).await?;
    }
    if let Some(tags) = to_api(&change.set) {
        answer(kms.tag_resource().key_id(id).set_tags(Some(tags)).send()).await?;
    }
    Ok(())
}

fn value(
    context: &Context,
    key: &types::KeyMetadata,
    document: &str,
    (rotated, days): (bool, Option<i32>),
    tags: &Tags,
    known: &Value,
) -> Value {
    Builder::new(registry::schema("aws_kms_key"), known)
        .str("id", Some(&key.key_id))
        .str("key_id", Some(&key.key_id))
        .str("arn", key.arn.as_deref())
        .str("region", Some(context.region()))
        .str("description", Some(key.description.as_deref().unwrap_or_default()))
        .str("key_usage", key.key_usage.as_ref().map(KeyUsageType::as_str))
        .str("customer_master_key_spec", key.key_spec.as_ref().map(KeySpec::as_str))
        .str("custom_key_store_id", key.custom_key_store_id.as_deref())
        .str("xks_key_id", key.xks_key_configuration.as_ref().and_then(|xks| xks.id.as_deref()))
        .bool("multi_region", Some(key.multi_region.unwrap_or_default()))
        .bool("is_enabled", Some(key.enabled))
        .bool("enable_key_rotation", Some(rotated))
        .number("rotation_period_in_days", days)
        .str("policy", Some(policy::settled(known.get_str("policy"), document)))
        .tags(context.tags().observed(tags, known))
        .build()
}
