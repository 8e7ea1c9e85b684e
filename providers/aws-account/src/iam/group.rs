//! `aws_iam_group`: users who share policies. Name and path change in place; groups have no tags.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::CreateRequest;

use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page};
use crate::object::Builder;
use crate::registry;

/// The resource type.
pub struct Group;

impl each::Type for Group {
    const KIND: &'static str = "aws_iam_group";
    const NOUN: &'static str = "IAM Group";
    const OWNED: bool = false;

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let call = context.iam().get_group().group_name(name_or_id(known, "name")).max_items(1).send();
        let Some(group) = unless_gone(answer(call).await)?.and_then(|found| found.group) else {
            return Ok(None);
        };
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(&group.group_name))
            .str("name", Some(&group.group_name))
            .str("arn", Some(&group.arn))
            .str("path", Some(&group.path))
            .str("unique_id", Some(&group.group_id));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let name = name_or_id(&request.planned, "name");
        let call = context.iam().create_group().group_name(name);
        answer(call.set_path(text(&request.planned, "path").map(str::to_owned)).send()).await?;
        Ok(identified(&request.planned, name))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let renamed = changes(prior, planned, "name").then(|| name_or_id(planned, "name").to_owned());
        let moved = changes(prior, planned, "path").then(|| text(planned, "path").unwrap_or("/").to_owned());
        let call = context.iam().update_group().group_name(name_or_id(prior, "name"));
        answer(call.set_new_group_name(renamed).set_new_path(moved).send()).await?;
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        answer(context.iam().delete_group().group_name(name_or_id(prior, "name")).send()).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let answered = answer(iam.list_groups().set_marker(after).send()).await?;
            let found = answered.groups.into_iter().filter_map(|found| named(Some(found.group_name)));
            Ok(page(found, answered.marker))
        }))
    }

    /// Nothing can be written on a group: one with the name and path and nobody in it is taken for ours.
    async fn find(context: &Arc<Context>, planned: &Value, _: &str) -> Seen {
        let call = context.iam().get_group().group_name(name_or_id(planned, "name")).send();
        let is_empty = unless_gone(answer(call).await)?.is_some_and(|found| found.users.is_empty());
        if !is_empty {
            return Ok(None);
        }
        let found = Self::read(context, planned).await?;
        Ok(found.filter(|found| found.get_str("path") == planned.get_str("path")))
    }
}
