//! `aws_cloudwatch_log_group`: where logs are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::{LogGroup as Found, LogGroupClass};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::CreateRequest;
use futures_util::{StreamExt, stream};

use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page, with_tags as listed_with_tags};
use crate::object::Builder;
use crate::tags::{OWNER_KEY, Tags};
use crate::{names, registry, tags};

/// Names that one call may ask for.
const NAMES_PER_CALL: usize = 50;
const CALLS_AT_ONCE: usize = 16;

/// The resource type.
pub struct LogGroup;

impl each::Type for LogGroup {
    const KIND: &'static str = "aws_cloudwatch_log_group";
    const NOUN: &'static str = "CloudWatch Logs Log Group";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let name = name_or_id(known, "name");
        let call = context.logs().describe_log_groups().log_group_name_prefix(name);
        let listing = answer(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).await?;
        match listing.into_iter().find(|group| group.log_group_name.as_deref() == Some(name)) {
            Some(group) => tagged(context, &group, known).await,
            None => Ok(None),
        }
    }

    /// Groups by fifty; tags one by one.
    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        if let [known] = known {
            return vec![Self::read(context, known).await];
        }
        let names: Vec<&str> = known.iter().map(|known| name_or_id(known, "name")).collect();
        let listed = groups(context, &names).await;
        let mut wanted = Vec::with_capacity(known.len());
        for known in known {
            let group = listed.as_ref().map(|groups| groups.get(name_or_id(known, "name")).cloned());
            wanted.push((group.map_err(Clone::clone), (*known).clone()));
        }
        let looked = stream::iter(wanted).map(|(group, known)| with_tags(context, group, known));
        looked.buffered(CALLS_AT_ONCE).collect().await
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let name = names::chosen(planned, &request.token);
        let logs = context.logs();
        let call = logs
            .create_log_group()
            .log_group_name(&name)
            .set_kms_key_id(text(planned, "kms_key_id").map(str::to_owned))
            .set_log_group_class(text(planned, "log_group_class").map(LogGroupClass::from))
            .set_deletion_protection_enabled(planned.get_bool("deletion_protection_enabled"))
            .set_tags(Some(tags::for_create(planned, &request.token).into_iter().collect()));
        answer(call.send()).await?;
        Ok(identified(planned, &name).with_attribute("name", Value::string(&name)))
    }

    async fn complete(context: &Arc<Context>, made: &Value) -> Result<(), Failure> {
        match made.get_i64("retention_in_days") {
            Some(days) if days > 0 => retain(context, name_or_id(made, "name"), days).await,
            _ => Ok(()),
        }
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let name = name_or_id(prior, "name");
        if changes(prior, planned, "retention_in_days") {
            retain(context, name, planned.get_i64("retention_in_days").unwrap_or_default()).await?;
        }
        if changes(prior, planned, "kms_key_id") {
            encrypt(context, name, text(planned, "kms_key_id")).await?;
        }
        if changes(prior, planned, "deletion_protection_enabled") {
            let on = planned.get_bool("deletion_protection_enabled").unwrap_or_default();
            let call = context.logs().put_log_group_deletion_protection().log_group_identifier(name);
            answer(call.deletion_protection_enabled(on).send()).await?;
        }
        change_tags(context, prior, planned).await?;
        Ok(planned.clone())
    }

    fn stays(prior: &Value) -> bool {
        prior.get_bool("skip_destroy") == Some(true)
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let call = context.logs().delete_log_group().log_group_name(name_or_id(prior, "name")).send();
        answer(call).await.map(drop)
    }

    fn in_the_way(failure: &Failure) -> bool {
        failure.is("OperationAbortedException")
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let answered = answer(context.logs().describe_log_groups().set_next_token(after).send()).await?;
            let found = answered.log_groups.unwrap_or_default().into_iter();
            let found: Vec<(String, String)> = found
                .filter_map(|group| Some((group.log_group_name.clone()?, arn_of(&group).to_owned())))
                .collect();
            let arns: Arc<BTreeMap<String, String>> = Arc::new(found.iter().cloned().collect());
            let named = found.into_iter().filter_map(|(name, _)| named(Some(name))).collect();
            let tagged = listed_with_tags(named, |name: String| {
                let (context, arns) = (context.clone(), arns.clone());
                async move { tags_on(&context, arns.get(&name).map_or("", String::as_str)).await }
            });
            Ok(page(tagged.await?, answered.next_token))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token);
        let named = planned.clone().with_attribute("name", Value::string(&name));
        let Some(found) = Self::read(context, &named).await? else { return Ok(None) };
        let owner = tags_on(context, found.get_str("arn").unwrap_or_default()).await?.remove(OWNER_KEY);
        Ok(owner.is_some_and(|owner| owner == token).then_some(found))
    }
}

async fn groups(context: &Context, names: &[&str]) -> Result<BTreeMap<String, Found>, Failure> {
    let mut found = BTreeMap::new();
    for names in names.chunks(NAMES_PER_CALL) {
        let wanted = names.iter().map(|name| (*name).to_owned()).collect();
        let call = context.logs().describe_log_groups().set_log_group_identifiers(Some(wanted));
        let listing = answer(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).await?;
        found.extend(listing.into_iter().filter_map(|group| Some((group.log_group_name.clone()?, group))));
    }
    Ok(found)
}

fn arn_of(group: &Found) -> &str {
    let arn = group.log_group_arn.as_deref().or(group.arn.as_deref()).unwrap_or_default();
    arn.strip_suffix(":*").unwrap_or(arn)
}

async fn tags_on(context: &Context, arn: &str) -> Result<Tags, Failure> {
    let answered = answer(context.logs().list_tags_for_resource().resource_arn(arn).send()).await;
    let tags = unless_gone(answered)?.and_then(|answered| answered.tags);
    Ok(tags.unwrap_or_default().into_iter().collect())
}

async fn with_tags(context: &Context, group: Result<Option<Found>, Failure>, known: Value) -> Seen {
    match group? {
        Some(group) => tagged(context, &group, &known).await,
        None => Ok(None),
    }
}

async fn tagged(context: &Context, group: &Found, known: &Value) -> Seen {
    let arn = arn_of(group);
    let tags = tags_on(context, arn).await?;
    let name = group.log_group_name.as_deref().unwrap_or_default();
    let value = Builder::new(registry::schema("aws_cloudwatch_log_group"), known)
        .str("id", Some(name))
        .str("name", Some(name))
        .str("name_prefix", Some(names::prefix_of(name, known)))
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("kms_key_id", group.kms_key_id.as_deref())
        .str(
            "log_group_class",
            Some(group.log_group_class.as_ref().map_or("STANDARD", LogGroupClass::as_str)),
        )
        .number("retention_in_days", Some(group.retention_in_days.unwrap_or_default()))
        .bool("deletion_protection_enabled", Some(group.deletion_protection_enabled.unwrap_or_default()))
        .tags(context.tags().observed(&tags, known));
    Ok(Some(value.build()))
}

/// No days means for ever.
async fn retain(context: &Context, name: &str, days: i64) -> Result<(), Failure> {
    let logs = context.logs();
    match i32::try_from(days) {
        Ok(days) if days > 0 => {
            let call = logs.put_retention_policy().log_group_name(name).retention_in_days(days);
            answer(call.send()).await.map(drop)
        }
        _ => answer(logs.delete_retention_policy().log_group_name(name).send()).await.map(drop),
    }
}

async fn encrypt(context: &Context, name: &str, key: Option<&str>) -> Result<(), Failure> {
    let logs = context.logs();
    match key {
        Some(key) => {
            answer(logs.associate_kms_key().log_group_name(name).kms_key_id(key).send()).await.map(drop)
        }
        None => answer(logs.disassociate_kms_key().log_group_name(name).send()).await.map(drop),
    }
}

async fn change_tags(context: &Context, prior: &Value, planned: &Value) -> Result<(), Failure> {
    let (logs, arn) = (context.logs(), prior.get_str("arn").unwrap_or_default());
    let change = tags::change(prior, planned);
    if !change.remove.is_empty() {
        answer(logs.untag_resource().resource_arn(arn).set_tag_keys(Some(change.remove)).send()).await?;
    }
    if !change.set.is_empty() {
        let tags = change.set.into_iter().collect();
        answer(logs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send()).await?;
    }
    Ok(())
}
