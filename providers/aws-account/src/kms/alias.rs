//! `aws_kms_alias`: a name for a key. One listing shows all of a region.

use std::sync::Arc;

use aws_sdk_kms::types::AliasListEntry;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, PlanRequest, PlannedChange, propose};

use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, identified, name_or_id, text};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page};
use crate::object::Builder;
use crate::{names, registry, wait};

const PREFIX: &str = "alias/";

/// The resource type.
pub struct Alias;

impl each::Type for Alias {
    const KIND: &'static str = "aws_kms_alias";
    const NOUN: &'static str = "KMS Alias";
    const OWNED: bool = false;

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for name in ["name", "name_prefix"] {
            if let Some(value) = text(config, name).filter(|value| !value.starts_with(PREFIX)) {
                diagnostics.push(Diagnostic::error(
                    "Invalid KMS alias name",
                    format!("{name} must begin with \"{PREFIX}\", which \"{value}\" does not."),
                ));
            }
        }
        diagnostics
    }

    /// A key's ARN and its identifier mean the same key.
    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let prior = request.prior.and_then(|prior| prior.get("target_key_id"));
        let same = |prior: &&Value| {
            let target = |value: &Value| value.as_str().map(|key| key_of(key).to_owned());
            target(prior).is_some() && target(prior) == change.planned.get("target_key_id").and_then(target)
        };
        if let (Some(kept), Some(prior)) = (prior.filter(same).cloned(), request.prior) {
            let arn = prior.get("target_key_arn").cloned();
            change.planned = change.planned.with_attribute("target_key_id", kept);
            if let Some(arn) = arn {
                change.planned = change.planned.with_attribute("target_key_arn", arn);
            }
        }
        change
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let mut seen = Self::read_many(context, &[known]).await;
        seen.pop().unwrap_or(Ok(None))
    }

    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        let listing = context.kms().list_aliases().into_paginator().items().send();
        let listed = answer(listing.collect::<Result<Vec<_>, _>>()).await;
        let one = |known: &&Value| {
            let aliases = listed.as_ref().map_err(Clone::clone)?;
            let name = name_or_id(known, "name");
            let found = aliases.iter().find(|alias| alias.alias_name.as_deref() == Some(name));
            Ok(found.map(|alias| value(context, alias, known)))
        };
        known.iter().map(one).collect()
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let name = names::chosen_below(&request.planned, &request.token, PREFIX);
        let target = request.planned.get_str("target_key_id").unwrap_or_default();
        let call = context.kms().create_alias().alias_name(&name).target_key_id(target);
        wait::patiently(PROPAGATION, Failure::is_gone, || answer(call.clone().send())).await?;
        Ok(identified(&request.planned, &name).with_attribute("name", Value::string(&name)))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        if each::changes(prior, planned, "target_key_id") {
            let target = planned.get_str("target_key_id").unwrap_or_default();
            let call =
                context.kms().update_alias().alias_name(name_or_id(prior, "name")).target_key_id(target);
            answer(call.send()).await?;
        }
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let call = context.kms().delete_alias().alias_name(name_or_id(prior, "name")).send();
        answer(call).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let answered = answer(context.kms().list_aliases().set_marker(after).send()).await?;
            let found = answered.aliases.unwrap_or_default().into_iter();
            // Those of AWS are there whether somebody wants them or not.
            let own =
                found.filter(|alias| !alias.alias_name().is_some_and(|name| name.starts_with("alias/aws/")));
            Ok(page(own.filter_map(|alias| named(alias.alias_name)), answered.next_marker))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen_below(planned, token, PREFIX);
        let named = planned.clone().with_attribute("name", Value::string(name));
        let found = Self::read(context, &named).await?;
        Ok(found.filter(|found| found.get_str("target_key_id") == planned.get_str("target_key_id")))
    }
}

/// The identifier of a key, from its ARN too.
fn key_of(key: &str) -> &str {
    key.rsplit_once(":key/").map_or(key, |(_, id)| id)
}

fn value(context: &Context, alias: &AliasListEntry, known: &Value) -> Value {
    let name = alias.alias_name.as_deref().unwrap_or_default();
    let target = alias.target_key_id.as_deref().unwrap_or_default();
    let remembered = known.get_str("target_key_id").filter(|known| key_of(known) == target);
    let arn = alias.alias_arn.as_deref().unwrap_or_default();
    let key_arn = arn.strip_suffix(name).map(|start| format!("{start}key/{target}"));
    Builder::new(registry::schema("aws_kms_alias"), known)
        .str("id", Some(name))
        .str("name", Some(name))
        .str("name_prefix", Some(prefix_of(name, known)))
        .str("arn", Some(arn))
        .str("region", Some(context.region()))
        .str("target_key_id", Some(remembered.unwrap_or(target)))
        .str("target_key_arn", key_arn)
        .build()
}

fn prefix_of(name: &str, known: &Value) -> String {
    text(known, "name_prefix").filter(|prefix| name.starts_with(prefix)).unwrap_or_default().to_owned()
}
