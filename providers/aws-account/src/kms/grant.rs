//! `aws_kms_grant`: that somebody may use a key, without the key's policy saying so.

use std::sync::Arc;

use aws_sdk_kms::types::{GrantConstraints, GrantListEntry, GrantOperation};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{CreateRequest, Listed};

use super::key::keys;
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, identified, text, texts, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, hanging_on};
use crate::object::Builder;
use crate::tags::{self, Tags};
use crate::{registry, wait};

const CONTEXTS: [&str; 2] = ["encryption_context_equals", "encryption_context_subset"];

/// The resource type.
pub struct Grant;

impl each::Type for Grant {
    const KIND: &'static str = "aws_kms_grant";
    const NOUN: &'static str = "KMS Grant";
    const OWNED: bool = false;

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let (key, grant) = identity(known);
        let found = grants(context, &key, Some(&grant)).await?;
        let found = found.into_iter().find(|found| found.grant_id.as_deref() == Some(&*grant));
        Ok(found.map(|found| value(context, &key, found, known)))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let key = planned.get_str("key_id").unwrap_or_default();
        let tokens = Some(texts(planned, "grant_creation_tokens")).filter(|tokens| !tokens.is_empty());
        let operations =
            texts(planned, "operations").iter().map(|name| GrantOperation::from(&**name)).collect();
        let once = context.kms_once();
        let call = once
            .0
            .create_grant()
            .key_id(key)
            .grantee_principal(planned.get_str("grantee_principal").unwrap_or_default())
            .set_operations(Some(operations))
            .set_name(text(planned, "name").map(str::to_owned))
            .set_retiring_principal(text(planned, "retiring_principal").map(str::to_owned))
            .set_constraints(constraints(planned))
            .set_grant_tokens(tokens);
        let unknown =
            |failure: &Failure| failure.is_any(&["InvalidArnException", "DependencyTimeoutException"]);
        let made = wait::patiently(PROPAGATION, unknown, || answer(call.clone().send())).await?;
        let grant = made.grant_id.ok_or_else(|| Failure::incomplete("grant"))?;
        let token = Value::string(made.grant_token.unwrap_or_default());
        let value = identified(planned, format!("{key}:{grant}")).with_attribute("grant_token", token);
        Ok(value.with_attribute("grant_id", Value::string(grant)))
    }

    async fn change(_: &Arc<Context>, _: &Value, planned: &Value) -> Result<Value, Failure> {
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let (key, grant) = identity(prior);
        let kms = context.kms();
        match prior.get_bool("retire_on_delete") {
            Some(true) => answer(kms.retire_grant().key_id(key).grant_id(grant).send()).await.map(drop),
            _ => answer(kms.revoke_grant().key_id(key).grant_id(grant).send()).await.map(drop),
        }
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            hanging_on(keys(context, after).await?, |key: String| {
                let context = context.clone();
                async move {
                    let ids =
                        grants(&context, &key, None).await?.into_iter().filter_map(|grant| grant.grant_id);
                    Ok(ids.map(|id| Listed::of(format!("{key}:{id}"))).collect())
                }
            })
            .await
        }))
    }

    /// Two grants that say the same are the same: the service itself gives back the first where they
    /// have a name.
    async fn find(context: &Arc<Context>, planned: &Value, _: &str) -> Seen {
        let key = planned.get_str("key_id").unwrap_or_default();
        for grant in grants(context, key, None).await? {
            let found = value(context, key, grant, planned);
            let same = |name: &&str| found.get(name) == planned.get(name);
            if ["name", "grantee_principal", "retiring_principal", "operations", "constraints"]
                .iter()
                .all(same)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// Key and grant; of an object of which only the identifier is known, from that. A key may be an ARN.
fn identity(known: &Value) -> (String, String) {
    if let (Some(key), Some(grant)) = (known.get_str("key_id"), known.get_str("grant_id")) {
        return (key.to_owned(), grant.to_owned());
    }
    let (key, grant) = known.get_str("id").and_then(|id| id.rsplit_once(':')).unwrap_or_default();
    (key.to_owned(), grant.to_owned())
}

async fn grants(context: &Context, key: &str, id: Option<&str>) -> Result<Vec<GrantListEntry>, Failure> {
    let call = context.kms().list_grants().key_id(key).set_grant_id(id.map(str::to_owned));
    let listed = answer(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()).await;
    Ok(unless_gone(listed)?.unwrap_or_default())
}

fn constraints(planned: &Value) -> Option<GrantConstraints> {
    let blocks = planned.get("constraints").and_then(Value::as_elements).unwrap_or_default();
    let block = blocks.first()?;
    let [equals, subset] = CONTEXTS.map(|name| {
        let tags = block.get(name).map(tags::from_value).unwrap_or_default();
        (!tags.is_empty()).then(|| tags.into_iter().collect())
    });
    let builder = GrantConstraints::builder();
    Some(builder.set_encryption_context_equals(equals).set_encryption_context_subset(subset).build())
}

fn constraints_value(found: Option<GrantConstraints>) -> Value {
    let context = |pairs: Option<std::collections::HashMap<String, String>>| match pairs {
        Some(pairs) if !pairs.is_empty() => tags::to_value(&pairs.into_iter().collect::<Tags>()),
        _ => Value::null(Type::map(Type::String)),
    };
    let block = |found: Option<GrantConstraints>| {
        let found = found.unwrap_or_else(|| GrantConstraints::builder().build());
        let parts = [found.encryption_context_equals, found.encryption_context_subset];
        Value::object(CONTEXTS.into_iter().zip(parts.map(context)).collect::<Vec<_>>())
    };
    let element = block(None).ty();
    let is_set = found.as_ref().is_some_and(|found| {
        found.encryption_context_equals.is_some() || found.encryption_context_subset.is_some()
    });
    Value::set(element, is_set.then(|| block(found)))
}

fn value(context: &Context, key: &str, grant: GrantListEntry, known: &Value) -> Value {
    let id = grant.grant_id.unwrap_or_default();
    let operations = grant.operations.unwrap_or_default();
    Builder::new(registry::schema("aws_kms_grant"), known)
        .str("id", Some(format!("{key}:{id}")))
        .str("key_id", Some(key))
        .str("grant_id", Some(id))
        .str("region", Some(context.region()))
        .str("name", grant.name.filter(|name| !name.is_empty()))
        .str("grantee_principal", grant.grantee_principal)
        .str("retiring_principal", grant.retiring_principal.filter(|principal| !principal.is_empty()))
        .string_set("operations", operations.iter().map(GrantOperation::as_str))
        .set("constraints", constraints_value(grant.constraints))
        .build()
}
