//! `aws_iam_role`: an identity that is taken on, with the policies that it has of its own.
//!
//! `inline_policy` and `managed_policy_arns` are exclusive where they are configured and only
//! shown where they are not.

use std::sync::Arc;

use aws_sdk_iam::{Client, types};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, ListPage, policy};
use futures_util::{StreamExt, stream};

use super::role_listing;
use super::role_parts::{self, Inline};
use super::{change_tags, date, document, tags_of, to_api};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page, with_tags};
use crate::object::Builder;
use crate::tags::OWNER_KEY;
use crate::{names, registry, tags, wait};

const CALLS_AT_ONCE: usize = 16;
const DEFAULT_SESSION: i64 = 3_600;

/// The resource type.
pub struct Role;

impl each::Type for Role {
    const KIND: &'static str = "aws_iam_role";
    const NOUN: &'static str = "IAM Role";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let iam = context.iam();
        let name = name_or_id(known, "name");
        let Some(answered) = unless_gone(answer(iam.get_role().role_name(name).send()).await)? else {
            return Ok(None);
        };
        let Some(role) = answered.role else { return Ok(None) };
        let Some(inline) = unless_gone(role_parts::inline(&iam, name).await)? else { return Ok(None) };
        let Some(managed) = unless_gone(role_parts::managed(&iam, name).await)? else { return Ok(None) };
        Ok(Some(value(context, role, &inline, &managed, known)))
    }

    /// Many with two listings; one by one where they are few, or where that is not allowed.
    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        let listed = match known.len() >= role_listing::LIST_FROM {
            true => role_listing::all_roles(&context.iam()).await.ok(),
            false => None,
        };
        let Some(listed) = listed else {
            let known = known.iter().map(|known| (*known).clone()).collect::<Vec<_>>();
            let reads = stream::iter(known).map(|known| read_owned(context, known));
            return reads.buffered(CALLS_AT_ONCE).collect().await;
        };
        let mut seen = Vec::with_capacity(known.len());
        for known in known {
            let found = listed.get(name_or_id(known, "name")).cloned();
            let found = found.map(|found| value(context, found.role, &found.inline, &found.managed, known));
            seen.push(Ok(found));
        }
        seen
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let iam = context.iam();
        let planned = &request.planned;
        let name = names::chosen(planned, &request.token);
        let call = iam
            .create_role()
            .role_name(&name)
            .assume_role_policy_document(planned.get_str("assume_role_policy").unwrap_or_default())
            .set_path(text(planned, "path").map(str::to_owned))
            .set_description(text(planned, "description").map(str::to_owned))
            .set_max_session_duration(planned.get_i64("max_session_duration").and_then(|n| n.try_into().ok()))
            .set_permissions_boundary(text(planned, "permissions_boundary").map(str::to_owned))
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        wait::patiently(PROPAGATION, unknown_principal, || answer(call.clone().send())).await?;
        Ok(identified(planned, &name).with_attribute("name", Value::string(&name)))
    }

    async fn complete(context: &Arc<Context>, made: &Value) -> Result<(), Failure> {
        let (iam, name) = (context.iam(), name_or_id(made, "name"));
        role_parts::put_inline(&iam, name, &role_parts::planned_inline(made)).await?;
        role_parts::attach(&iam, name, &each::texts(made, "managed_policy_arns")).await
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let iam = context.iam();
        let name = name_or_id(prior, "name");
        if changes(prior, planned, "assume_role_policy") {
            let document = planned.get_str("assume_role_policy").unwrap_or_default();
            let call = iam.update_assume_role_policy().role_name(name).policy_document(document);
            wait::patiently(PROPAGATION, unknown_principal, || answer(call.clone().send())).await?;
        }
        if changes(prior, planned, "description") || changes(prior, planned, "max_session_duration") {
            let seconds = planned.get_i64("max_session_duration").unwrap_or(DEFAULT_SESSION);
            let call = iam
                .update_role()
                .role_name(name)
                .description(planned.get_str("description").unwrap_or_default())
                .set_max_session_duration(seconds.try_into().ok());
            answer(call.send()).await?;
        }
        if changes(prior, planned, "permissions_boundary") {
            match text(planned, "permissions_boundary") {
                Some(arn) => {
                    let call = iam.put_role_permissions_boundary().role_name(name);
                    answer(call.permissions_boundary(arn).send()).await?;
                }
                None => {
                    answer(iam.delete_role_permissions_boundary().role_name(name).send()).await?;
                }
            }
        }
        if changes(prior, planned, "inline_policy") {
            role_parts::only_inline(&iam, name, &role_parts::planned_inline(planned)).await?;
        }
        if changes(prior, planned, "managed_policy_arns") {
            role_parts::only_attached(&iam, name, &each::texts(planned, "managed_policy_arns")).await?;
        }
        change_tags!(iam, prior, planned, tag_role, untag_role, role_name, name);
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let iam = context.iam();
        let name = name_or_id(prior, "name");
        let forced = prior.get_bool("force_detach_policies") == Some(true);
        role_parts::leave_profiles(&iam, name).await?;
        if forced || !each::texts(prior, "managed_policy_arns").is_empty() {
            role_parts::only_attached(&iam, name, &[]).await?;
        }
        if forced || !role_parts::planned_inline(prior).is_empty() {
            role_parts::only_inline(&iam, name, &Inline::new()).await?;
        }
        answer(iam.delete_role().role_name(name).send()).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let found = roles(&iam, after).await?;
            let tagged = with_tags(found.objects, |id: String| {
                let iam = iam.clone();
                async move { Ok(tags_of(Some(answer(iam.list_role_tags().role_name(id).send()).await?.tags))) }
            });
            Ok(page(tagged.await?, found.next))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token);
        let named = planned.clone().with_attribute("name", Value::string(&name));
        let call = context.iam().get_role().role_name(&name).send();
        let Some(found) = unless_gone(answer(call).await)?.and_then(|found| found.role) else {
            return Ok(None);
        };
        match tags_of(found.tags).get(OWNER_KEY).is_some_and(|owner| owner == token) {
            true => Self::read(context, &named).await,
            false => Ok(None),
        }
    }
}

/// A page of roles, without those that services made for themselves.
pub(super) async fn roles(iam: &Client, after: Option<String>) -> Result<ListPage, Failure> {
    let answered = answer(iam.list_roles().set_marker(after).send()).await?;
    let own = answered.roles.into_iter().filter(|role| !role.path.starts_with("/aws-service-role/"));
    Ok(page(own.filter_map(|found| named(Some(found.role_name))), answered.marker))
}

async fn read_owned(context: &Arc<Context>, known: Value) -> Seen {
    <Role as each::Type>::read(context, &known).await
}

/// A principal that was made a moment ago is unknown for a while.
pub(crate) fn unknown_principal(failure: &Failure) -> bool {
    failure.is_any(&["MalformedPolicyDocument", "MalformedPolicyDocumentException"])
        && failure.message.to_lowercase().contains("invalid principal")
}

fn value(context: &Context, role: types::Role, inline: &Inline, managed: &[String], known: &Value) -> Value {
    let trust = document(role.assume_role_policy_document.as_deref());
    let boundary = role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    let session = role.max_session_duration.map_or(DEFAULT_SESSION, i64::from);
    Builder::new(registry::schema("aws_iam_role"), known)
        .str("id", Some(&role.role_name))
        .str("name", Some(&role.role_name))
        .str("name_prefix", Some(names::prefix_of(&role.role_name, known)))
        .str("arn", Some(&role.arn))
        .str("unique_id", Some(&role.role_id))
        .str("path", Some(&role.path))
        .str("create_date", Some(date(role.create_date)))
        .str("description", described(role.description, known))
        .str("assume_role_policy", Some(policy::settled(known.get_str("assume_role_policy"), &trust)))
        .number("max_session_duration", Some(session))
        .str("permissions_boundary", boundary)
        .set("inline_policy", role_parts::inline_value(inline, known))
        .string_set("managed_policy_arns", managed)
        .tags(context.tags().observed(&tags_of(role.tags), known))
        .build()
}

/// The service does not tell an empty description from none.
pub(super) fn described(found: Option<String>, known: &Value) -> Option<String> {
    let found = found.filter(|text| !text.is_empty());
    found.or_else(|| known.get_str("description").filter(|text| text.is_empty()).map(str::to_owned))
}
