//! `aws_iam_instance_profile`: what gives a role to instances.

use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::CreateRequest;

use super::{change_tags, date, tags_of, to_api};
use crate::clients::AccountContext;
use crate::context::Context;
use crate::each::{self, PROPAGATION, Seen, changes, identified, name_or_id, text, unless_gone};
use crate::errors::{Failure, answer};
use crate::listing::{Listing, named, page, with_tags};
use crate::object::Builder;
use crate::tags::OWNER_KEY;
use crate::{names, registry, tags, wait};

/// The resource type.
pub struct InstanceProfile;

impl each::Type for InstanceProfile {
    const KIND: &'static str = "aws_iam_instance_profile";
    const NOUN: &'static str = "IAM Instance Profile";

    fn schema() -> &'static Schema {
        registry::schema(Self::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let call =
            context.iam().get_instance_profile().instance_profile_name(name_or_id(known, "name")).send();
        let Some(answered) = unless_gone(answer(call).await)? else { return Ok(None) };
        let Some(profile) = answered.instance_profile else { return Ok(None) };
        let name = &profile.instance_profile_name;
        let value = Builder::new(Self::schema(), known)
            .str("id", Some(name))
            .str("name", Some(name))
            .str("name_prefix", Some(names::prefix_of(name, known)))
            .str("arn", Some(&profile.arn))
            .str("path", Some(&profile.path))
            .str("unique_id", Some(&profile.instance_profile_id))
            .str("create_date", Some(date(profile.create_date)))
            .str("role", profile.roles.first().map(|role| &role.role_name))
            .tags(context.tags().observed(&tags_of(profile.tags), known));
        Ok(Some(value.build()))
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let planned = &request.planned;
        let name = names::chosen(planned, &request.token);
        let iam = context.iam();
        let call = iam
            .create_instance_profile()
            .instance_profile_name(&name)
            .set_path(text(planned, "path").map(str::to_owned))
            .set_tags(to_api(&tags::for_create(planned, &request.token)));
        answer(call.send()).await?;
        Ok(identified(planned, &name).with_attribute("name", Value::string(&name)))
    }

    async fn complete(context: &Arc<Context>, made: &Value) -> Result<(), Failure> {
        match text(made, "role") {
            Some(role) => add(context, name_or_id(made, "name"), role).await,
            None => Ok(()),
        }
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        let name = name_or_id(prior, "name");
        let iam = context.iam();
        if changes(prior, planned, "role") {
            if let Some(role) = text(prior, "role") {
                take_out(context, name, role).await?;
            }
            if let Some(role) = text(planned, "role") {
                add(context, name, role).await?;
            }
        }
        change_tags!(
            iam,
            prior,
            planned,
            tag_instance_profile,
            untag_instance_profile,
            instance_profile_name,
            name
        );
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        let name = name_or_id(prior, "name");
        if let Some(role) = text(prior, "role") {
            take_out(context, name, role).await?;
        }
        let call = context.iam().delete_instance_profile().instance_profile_name(name).send();
        answer(call).await.map(drop)
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let iam = context.iam();
            let answered = answer(iam.list_instance_profiles().set_marker(after).send()).await?;
            let found = answered
                .instance_profiles
                .into_iter()
                .filter_map(|found| named(Some(found.instance_profile_name)));
            let tagged = with_tags(found.collect(), |id: String| {
                let iam = iam.clone();
                async move {
                    // It may be gone by now.
                    let call = iam.get_instance_profile().instance_profile_name(id).send();
                    let found = unless_gone(answer(call).await)?.and_then(|found| found.instance_profile);
                    Ok(tags_of(found.and_then(|profile| profile.tags)))
                }
            });
            Ok(page(tagged.await?, answered.marker))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token);
        let call = context.iam().get_instance_profile().instance_profile_name(&name).send();
        let found = unless_gone(answer(call).await)?.and_then(|found| found.instance_profile);
        let owner = found.and_then(|profile| tags_of(profile.tags).remove(OWNER_KEY));
        match owner.is_some_and(|owner| owner == token) {
            true => Self::read(context, &planned.clone().with_attribute("name", Value::string(name))).await,
            false => Ok(None),
        }
    }
}

/// A role that was made a moment ago is unknown for a while.
async fn add(context: &Context, profile: &str, role: &str) -> Result<(), Failure> {
    let call = context.iam().add_role_to_instance_profile().instance_profile_name(profile).role_name(role);
    wait::patiently(PROPAGATION, Failure::is_gone, || answer(call.clone().send())).await.map(drop)
}

async fn take_out(context: &Context, profile: &str, role: &str) -> Result<(), Failure> {
    let call =
        context.iam().remove_role_from_instance_profile().instance_profile_name(profile).role_name(role);
    unless_gone(answer(call.send()).await).map(drop)
}
