//! `aws_iam_policy_attachment`: all roles, users and groups that a policy is attached to. It is
//! exclusive: what else the policy is attached to is detached.

use std::sync::Arc;

use aws_sdk_iam::Client;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::CreateRequest;

use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, identified, texts, unless_gone};
use crate::errors::{Failure, answer};
use crate::object::Builder;
use crate::{registry, wait};

/// The resource type.
pub struct PolicyAttachment;

/// Names by kind: roles, users, groups.
type Holders = [Vec<String>; 3];
const KINDS: [&str; 3] = ["roles", "users", "groups"];

impl each::Type for PolicyAttachment {
    const KIND: &'static str = "aws_iam_policy_attachment";
    const NOUN: &'static str = "IAM Policy Attachment";
    const UNLISTED: Option<&'static str> = Some(
        "Their names are in configuration only. What is attached is listed as aws_iam_role_policy_attachment and \
              aws_iam_user_policy_attachment.",
    );
    const OWNED: bool = false;

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let Some(found) = holders(&context.iam(), arn_of(known)).await? else { return Ok(None) };
        if found.iter().all(Vec::is_empty) {
            return Ok(None);
        }
        let mut value = Builder::new(Self::schema(), known).str("id", known.get_str("name"));
        for (kind, names) in KINDS.into_iter().zip(found) {
            let absent = names.is_empty() && known.get(kind).is_none_or(Value::is_null);
            value = if absent { value } else { value.string_set(kind, names) };
        }
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        bring(&context.iam(), arn_of(&request.planned), &wanted(&request.planned)).await?;
        let name = request.planned.get_str("name").unwrap_or_default();
        Ok(identified(&request.planned, name))
    }

    async fn change(context: &Arc<Context>, _: &Value, planned: &Value) -> Result<Value, Failure> {
        bring(&context.iam(), arn_of(planned), &wanted(planned)).await?;
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        bring(&context.iam(), arn_of(prior), &Holders::default()).await
    }

    async fn find(context: &Arc<Context>, planned: &Value, _: &str) -> Seen {
        Self::read(context, planned).await
    }
}

fn arn_of(known: &Value) -> &str {
    known.get_str("policy_arn").unwrap_or_default()
}

fn wanted(planned: &Value) -> Holders {
    KINDS.map(|kind| texts(planned, kind))
}

/// What a policy is attached to; nothing where there is no such policy.
async fn holders(iam: &Client, arn: &str) -> Result<Option<Holders>, Failure> {
    let [mut roles, mut users, mut groups] = Holders::default();
    let mut marker = None;
    loop {
        let call = iam.list_entities_for_policy().policy_arn(arn).set_marker(marker).send();
        let Some(page) = unless_gone(answer(call).await)? else { return Ok(None) };
        roles.extend(page.policy_roles.unwrap_or_default().into_iter().filter_map(|role| role.role_name));
        users.extend(page.policy_users.unwrap_or_default().into_iter().filter_map(|user| user.user_name));
        groups
            .extend(page.policy_groups.unwrap_or_default().into_iter().filter_map(|group| group.group_name));
        marker = page.marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(Some([roles, users, groups]));
        }
    }
}

async fn bring(iam: &Client, arn: &str, wanted: &Holders) -> Result<(), Failure> {
    let found = holders(iam, arn).await?.unwrap_or_default();
    for (kind, (found, wanted)) in KINDS.into_iter().zip(found.iter().zip(wanted)) {
        for name in wanted.iter().filter(|name| !found.contains(name)) {
            wait::patiently(PROPAGATION, Failure::is_gone, || attach(iam, kind, name, arn)).await?;
        }
        for name in found.iter().filter(|name| !wanted.contains(name)) {
            unless_gone(detach(iam, kind, name, arn).await)?;
        }
    }
    Ok(())
}

async fn attach(iam: &Client, kind: &str, name: &str, arn: &str) -> Result<(), Failure> {
    match kind {
        "roles" => answer(iam.attach_role_policy().role_name(name).policy_arn(arn).send()).await.map(drop),
        "users" => answer(iam.attach_user_policy().user_name(name).policy_arn(arn).send()).await.map(drop),
        _ => answer(iam.attach_group_policy().group_name(name).policy_arn(arn).send()).await.map(drop),
    }
}

async fn detach(iam: &Client, kind: &str, name: &str, arn: &str) -> Result<(), Failure> {
    match kind {
        "roles" => answer(iam.detach_role_policy().role_name(name).policy_arn(arn).send()).await.map(drop),
        "users" => answer(iam.detach_user_policy().user_name(name).policy_arn(arn).send()).await.map(drop),
        _ => answer(iam.detach_group_policy().group_name(name).policy_arn(arn).send()).await.map(drop),
    }
}
