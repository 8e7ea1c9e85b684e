//! `aws_iam_policy` and `aws_iam_role`: what there is in IAM.

use std::sync::Arc;

use aws_sdk_iam::types;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use crate::clients::AccountContext;
use crate::context::Context;
use crate::errors::{Effect, answer, provider_error};
use crate::iam::{date, described_policy, document, tags_of};
use crate::object::Builder;
use crate::resource::DataSource;
use crate::tags::Tags;
use crate::{registry, tags};

/// A policy by ARN, or by name and path.
pub struct Policy;
/// A role by name.
pub struct Role;

impl DataSource for Policy {
    fn kind(&self) -> &'static str {
        "aws_iam_policy"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let config = &request.config;
            let arn = match config.get_str("arn") {
                Some(arn) => arn.to_owned(),
                None => policy_arn(context, config).await?,
            };
            let found = described_policy(context, &arn).await;
            let found = found.map_err(|failure| provider_error(POLICY, Effect::Read, &failure))?;
            let (policy, text) =
                found.ok_or_else(|| missing(POLICY, &format!("there is no policy {arn}")))?;
            Ok(Builder::new(registry::data_schema(self.kind()), config)
                .str("id", Some(&arn))
                .str("arn", Some(&arn))
                .str("name", policy.policy_name)
                .str("path", policy.path)
                .str("policy_id", policy.policy_id)
                .str("description", Some(policy.description.unwrap_or_default()))
                .number("attachment_count", policy.attachment_count)
                .str("policy", Some(text))
                .set("tags", shown(context, tags_of(policy.tags)))
                .build())
        })
    }
}

const POLICY: &str = "reading IAM Policy";
const ROLE: &str = "reading IAM Role";

fn missing(operation: &str, why: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, format!("{why}."))
}

/// Tags as data sources show them.
fn shown(context: &Context, mut found: Tags) -> Value {
    found.retain(|key, _| tags::is_visible(key) && !context.tags().ignore_tags.matches(key));
    tags::to_value(&found)
}

async fn policy_arn(context: &Context, config: &Value) -> Result<String, ProviderError> {
    let name = config.get_str("name").filter(|name| !name.is_empty());
    let path = config.get_str("path_prefix").filter(|path| !path.is_empty());
    if name.is_none() && path.is_none() {
        return Err(missing(POLICY, "one of arn, name and path_prefix has to be set"));
    }
    let call =
        context.iam().list_policies().set_path_prefix(path.map(str::to_owned)).into_paginator().items();
    let listed = answer(call.send().collect::<Result<Vec<_>, _>>()).await;
    let listed = listed.map_err(|failure| provider_error(POLICY, Effect::Read, &failure))?;
    let wanted = |policy: &types::Policy| name.is_none_or(|name| policy.policy_name.as_deref() == Some(name));
    let mut found = listed.into_iter().filter(wanted).filter_map(|policy| policy.arn);
    match (found.next(), found.next()) {
        (Some(arn), None) => Ok(arn),
        (None, _) => Err(missing(POLICY, "no policy has this name and path")),
        (Some(_), Some(_)) => Err(missing(POLICY, "several policies match; say more exactly which one")),
    }
}

impl DataSource for Role {
    fn kind(&self) -> &'static str {
        "aws_iam_role"
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = request.config.get_str("name").unwrap_or_default();
            let found = answer(context.iam().get_role().role_name(name).send()).await;
            let found = found.map_err(|failure| match failure.is_gone() {
                true => missing(ROLE, &format!("there is no role {name}")),
                false => provider_error(ROLE, Effect::Read, &failure),
            })?;
            let role = found.role.ok_or_else(|| missing(ROLE, "the answer has no role"))?;
            Ok(role_value(context, role, &request.config))
        })
    }
}

fn role_value(context: &Context, role: types::Role, config: &Value) -> Value {
    let last_used = role.role_last_used.map(|used| {
        let date = used.last_used_date.map(date).map_or_else(|| Value::string(""), Value::string);
        Value::object([("last_used_date", date), ("region", Value::string(used.region.unwrap_or_default()))])
    });
    let element = Value::object([("last_used_date", Value::string("")), ("region", Value::string(""))]).ty();
    let boundary = role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    Builder::new(registry::data_schema("aws_iam_role"), config)
        .str("id", Some(&role.role_name))
        .str("arn", Some(&role.arn))
        .str("path", Some(&role.path))
        .str("unique_id", Some(&role.role_id))
        .str("create_date", Some(date(role.create_date)))
        .str("description", Some(role.description.unwrap_or_default()))
        .str("assume_role_policy", Some(document(role.assume_role_policy_document.as_deref())))
        .number("max_session_duration", role.max_session_duration)
        .str("permissions_boundary", Some(boundary.unwrap_or_default()))
        .set("role_last_used", Value::list(element, last_used))
        .set("tags", shown(context, tags_of(role.tags)))
        .build()
}
