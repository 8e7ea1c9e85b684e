//! `aws_iam_policy`: a policy that can be attached. IAM keeps five versions; the oldest makes room.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_iam::types;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, Listed, policy};

use super::{all, change_tags, document, tags_of, to_api};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, Seen, changes, identified, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, page, with_tags};
use crate::object::Builder;
use crate::tags::OWNER_KEY;
use crate::{names, registry, tags};

const VERSIONS_MAX: usize = 5;

/// The resource type.
pub struct Policy;

impl each::Type for Policy {
    const KIND: &'static str = "aws_iam_policy";
    const NOUN: &'static str = "IAM Policy";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let arn = arn_of(known);
        let Some((found, document)) = described(context, arn).await? else { return Ok(None) };
        let name = found.policy_name.as_deref().unwrap_or_default();
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(arn))
            .str("arn", Some(arn))
            .str("name", Some(name))
            .str("name_prefix", Some(names::prefix_of(name, known)))
            .str("path", found.path.as_deref())
            .str("policy_id", found.policy_id.as_deref())
            .str("description", super::role::described(found.description, known))
            .number("attachment_count", found.attachment_count)
            .str("policy", Some(policy::settled(known.get_str("policy"), &document)))
            .tags(context.tags().observed(&tags_of(found.tags), known));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let iam = context.iam();
        let call = iam
            .create_policy()
            .policy_name(names::chosen(planned, &request.token))
            .policy_document(planned.get_str("policy").unwrap_or_default())
            .set_path(text(planned, "path").map(str::to_owned))
            .set_description(text(planned, "description").map(str::to_owned))
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        let made = answer(call.send()).await?.policy.and_then(|policy| policy.arn);
        let arn = made.ok_or_else(|| Failure::incomplete("policy"))?;
        Ok(identified(planned, &arn).with_attribute("arn", Value::string(&arn)))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let iam = context.iam();
        let arn = arn_of(prior);
        if changes(prior, planned, "policy") {
            write(context, arn, planned).await?;
        }
        change_tags!(iam, prior, planned, tag_policy, untag_policy, policy_arn, arn);
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let iam = context.iam();
        let arn = arn_of(prior);
        for version in versions(context, arn).await?.iter().filter(|version| !version.is_default_version) {
            remove_version(context, arn, version).await?;
        }
        answer(iam.delete_policy().policy_arn(arn).send()).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let answered =
                answer(iam.list_policies().scope(types::PolicyScopeType::Local).set_marker(after).send())
                    .await?;
            let found = answered
                .policies
                .unwrap_or_default()
                .into_iter()
                .filter_map(|found| Some(Listed { name: found.policy_name, ..Listed::of(found.arn?) }));
            let tagged = with_tags(found.collect(), |id: String| {
                let iam = iam.clone();
                async move { Ok(tags_of(Some(answer(iam.list_policy_tags().policy_arn(id).send()).await?.tags))) }
            });
            Ok(page(tagged.await?, answered.marker))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let path = text(planned, "path").unwrap_or("/");
        let name = names::chosen(planned, token);
        let account = match context.account_id().await {
            Ok(account) if !account.is_empty() => account,
            _ => return by_listing(context, planned, &name, token).await,
        };
        let arn = format!("arn:{}:iam::{account}:policy{path}{name}", context.partition());
        owned(context, planned, &arn, token).await
    }
}

fn arn_of(known: &Value) -> &str {
    each::name_or_id(known, "arn")
}

/// The policy if it carries the token.
async fn owned(context: &Arc<Context>, planned: &Value, arn: &str, token: &str) -> Seen {
    let call = context.iam().get_policy().policy_arn(arn).send();
    let Some(found) = unless_gone(answer(call).await)?.and_then(|found| found.policy) else {
        return Ok(None);
    };
    if tags_of(found.tags).get(OWNER_KEY).is_none_or(|owner| owner != token) {
        return Ok(None);
    }
    let known = planned.clone().with_attribute("arn", Value::string(arn));
    <Policy as each::Type>::read(context, &known).await
}

async fn by_listing(context: &Arc<Context>, planned: &Value, name: &str, token: &str) -> Seen {
    let call = context.iam().list_policies().scope(types::PolicyScopeType::Local);
    for policy in all!(call).await? {
        if let (true, Some(arn)) = (policy.policy_name.as_deref() == Some(name), &policy.arn) {
            return owned(context, planned, arn, token).await;
        }
    }
    Ok(None)
}

/// A policy and the document of its current version.
pub(crate) async fn described(
    context: &Context,
    arn: &str,
) -> Result<Option<(types::Policy, String)>, Failure> {
    let iam = context.iam();
    let call = iam.get_policy().policy_arn(arn).send();
    let Some(found) = unless_gone(answer(call).await)?.and_then(|found| found.policy) else {
        return Ok(None);
    };
    let version = found.default_version_id.clone().unwrap_or_default();
    let call = iam.get_policy_version().policy_arn(arn).version_id(version).send();
    let Some(answered) = unless_gone(answer(call).await)? else { return Ok(None) };
    let text = answered.policy_version.and_then(|version| version.document);
    Ok(Some((found, document(text.as_deref()))))
}

async fn versions(context: &Context, arn: &str) -> Result<Vec<types::PolicyVersion>, Failure> {
    all!(context.iam().list_policy_versions().policy_arn(arn)).await
}

async fn remove_version(context: &Context, arn: &str, version: &types::PolicyVersion) -> Result<(), Failure> {
    let iam = context.iam();
    let call = iam.delete_policy_version().policy_arn(arn).set_version_id(version.version_id.clone()).send();
    unless_gone(answer(call).await).map(drop)
}

/// A new version that counts from now on, or after the delay that configuration asks for.
async fn write(context: &Context, arn: &str, planned: &Value) -> Result<(), Failure> {
    let iam = context.iam();
    let mut found = versions(context, arn).await?;
    if found.len() >= VERSIONS_MAX {
        found.sort_by_key(|version| version.create_date.map(|date| date.as_nanos()));
        if let Some(oldest) = found.iter().find(|version| !version.is_default_version) {
            remove_version(context, arn, oldest).await?;
        }
    }
    let delay = planned.get_i64("delay_after_policy_creation_in_ms").and_then(|ms| u64::try_from(ms).ok());
    let document = planned.get_str("policy").unwrap_or_default();
    let call = iam.create_policy_version().policy_arn(arn).policy_document(document);
    let made = answer(call.set_as_default(delay.is_none()).send()).await?;
    if let Some(delay) = delay {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let version = made.policy_version.and_then(|version| version.version_id);
        let call = iam.set_default_policy_version().policy_arn(arn).set_version_id(version);
        answer(call.send()).await?;
    }
    Ok(())
}
