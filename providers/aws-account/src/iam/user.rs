//! `aws_iam_user`: an identity with long-lived credentials. Name and path change in place.

use std::sync::Arc;

use aws_sdk_iam::Client;
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, ListPage};

use super::{change_tags, tags_of, to_api, user_parts};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page, with_tags};
use crate::object::Builder;
use crate::tags::OWNER_KEY;
use crate::{registry, tags};

/// The resource type.
pub struct User;

impl each::Type for User {
    const KIND: &'static str = "aws_iam_user";
    const NOUN: &'static str = "IAM User";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let call = context.iam().get_user().user_name(name_or_id(known, "name")).send();
        let Some(user) = unless_gone(answer(call).await)?.and_then(|found| found.user) else {
            return Ok(None);
        };
        let boundary = user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(&user.user_name))
            .str("name", Some(&user.user_name))
            .str("arn", Some(&user.arn))
            .str("path", Some(&user.path))
            .str("unique_id", Some(&user.user_id))
            .str("permissions_boundary", boundary)
            .tags(context.tags().observed(&tags_of(user.tags), known));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let name = name_or_id(planned, "name");
        let iam = context.iam();
        let call = iam
            .create_user()
            .user_name(name)
            .set_path(text(planned, "path").map(str::to_owned))
            .set_permissions_boundary(text(planned, "permissions_boundary").map(str::to_owned))
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        answer(call.send()).await?;
        Ok(identified(planned, name))
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let iam = context.iam();
        let name = name_or_id(planned, "name");
        let renamed = changes(prior, planned, "name").then(|| name.to_owned());
        let moved = changes(prior, planned, "path").then(|| text(planned, "path").unwrap_or("/").to_owned());
        if renamed.is_some() || moved.is_some() {
            let call = iam.update_user().user_name(name_or_id(prior, "name")).set_new_user_name(renamed);
            answer(call.set_new_path(moved).send()).await?;
        }
        if changes(prior, planned, "permissions_boundary") {
            match text(planned, "permissions_boundary") {
                Some(arn) => {
                    let call = iam.put_user_permissions_boundary().user_name(name);
                    answer(call.permissions_boundary(arn).send()).await?;
                }
                None => {
                    answer(iam.delete_user_permissions_boundary().user_name(name).send()).await?;
                }
            }
        }
        change_tags!(iam, prior, planned, tag_user, untag_user, user_name, name);
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let iam = context.iam();
        let name = name_or_id(prior, "name");
        user_parts::leave_groups(&iam, name).await?;
        if prior.get_bool("force_destroy") == Some(true) {
            user_parts::strip(&iam, name).await?;
        }
        answer(iam.delete_user().user_name(name).send()).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let found = users(&iam, after).await?;
            let tagged = with_tags(found.objects, |id: String| {
                let iam = iam.clone();
                async move { Ok(tags_of(Some(answer(iam.list_user_tags().user_name(id).send()).await?.tags))) }
            });
            Ok(page(tagged.await?, found.next))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let call = context.iam().get_user().user_name(name_or_id(planned, "name")).send();
        let found = unless_gone(answer(call).await)?.and_then(|found| found.user);
        let owner = found.and_then(|user| tags_of(user.tags).remove(OWNER_KEY));
        match owner.is_some_and(|owner| owner == token) {
            true => Self::read(context, planned).await,
            false => Ok(None),
        }
    }
}

/// A page of users.
pub(super) async fn users(iam: &Client, after: Option<String>) -> Result<ListPage, Failure> {
    let answered = answer(iam.list_users().set_marker(after).send()).await?;
    Ok(page(answered.users.into_iter().filter_map(|found| named(Some(found.user_name))), answered.marker))
}
