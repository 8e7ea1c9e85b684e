//! `aws_launch_template`.
//!
//! A template is a name with numbered versions; a change of what is launched is a new version. The
//! object shows the latest one.

mod request;
mod requirements;
mod response;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{LaunchTemplate as Template, LaunchTemplateVersion, ResourceType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostic, Diagnostics, Type, Value};
use evenkeel_provider::{
    CreateRequest, FindRequest, PlanRequest, PlannedChange, ProviderError, diff, propose,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::common::{Change, Ec2Type, Wanted, account, arn, by_token, ids_of, on, text};
use super::instance::template::{by_ids, list};
use crate::calls::Ec2Context;
use crate::calls::client::{answer, lists, pages, tag_specification, tagged, tags_of};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;
use crate::{names, registry, tags};

/// `aws_launch_template`
pub struct LaunchTemplate;

/// A template, its latest version and the account it is in.
pub struct Found {
    template: Template,
    version: Option<LaunchTemplateVersion>,
    account: String,
}

/// What is not part of a version.
const OUTSIDE: [&str; 10] = [
    "arn",
    "id",
    "name",
    "name_prefix",
    "region",
    "tags",
    "tags_all",
    "default_version",
    "latest_version",
    "update_default_version",
];
/// Templates whose versions are asked for at once; beyond, one call tells the latest of all templates.
const CONCURRENT: usize = 16;

impl Ec2Type for LaunchTemplate {
    type Found = Found;
    const KIND: &'static str = "aws_launch_template";
    const NOUN: &'static str = "EC2 Launch Template";

    fn check(config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        if text(config, "user_data").is_some_and(|text| BASE64.decode(text.trim()).is_err()) {
            diagnostics.push(Diagnostic::error(
                "Invalid user data",
                "\"user_data\" of a launch template is not Base64. Use base64encode().",
            ));
        }
        diagnostics
    }

    fn propose(schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let new_version = request.prior.is_some_and(|prior| {
            changes(prior, &change.planned).any(|name| !OUTSIDE.contains(&name.as_str()))
        });
        if new_version {
            let unknown = || Value::unknown(Type::Number);
            change.planned = change.planned.with_attribute("latest_version", unknown());
            if on(request.config, "update_default_version").is_some() {
                change.planned = change.planned.with_attribute("default_version", unknown());
            }
        }
        change
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let account = account(context).await?;
        let found = by_ids(context, ids_of(wanted)).await?;
        let mut versions = latest(context, &found).await?;
        let whole = found.into_iter().filter_map(|template| {
            let id = template.launch_template_id.clone()?;
            let version = versions.remove(&id);
            Some((id, Found { template, version, account: account.clone() }))
        });
        Ok(whole.collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        let template = &found.template;
        let id = template.launch_template_id().unwrap_or_default();
        let name = template.launch_template_name().unwrap_or_default();
        let description = found.version.as_ref().and_then(|version| version.version_description());
        let shape = Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(id))
            .text("arn", Some(arn(context, Some(&found.account), &format!("launch-template/{id}"))))
            .text("region", Some(context.region()))
            .text("name", Some(name))
            .text("name_prefix", Some(names::prefix_of(name, known)))
            .text("description", description)
            .number("default_version", template.default_version_number)
            .number("latest_version", template.latest_version_number)
            .tags(context.tags().observed(&tags_of(template.tags.clone()), known));
        match found.version.as_ref().and_then(LaunchTemplateVersion::launch_template_data) {
            Some(data) => response::with_data(shape, data).build(),
            None => shape.build(),
        }
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let tags = tags::for_create(planned, &request.token);
        let ec2 = context.ec2();
        let create = ec2
            .safe
            .create_launch_template()
            .client_token(&*request.token)
            .launch_template_name(names::chosen(planned, &request.token))
            .set_version_description(text(planned, "description"))
            .launch_template_data(request::data(planned))
            .set_tag_specifications(tag_specification(ResourceType::LaunchTemplate, &tags));
        let created = answer(create.send()).await?.launch_template;
        let id = created.and_then(|template| template.launch_template_id);
        id.ok_or_else(|| Failure::incomplete("launch template"))
    }

    async fn converge(
        context: &Arc<Context>,
        change: &Change<'_, Found>,
    ) -> Result<Option<String>, ProviderError> {
        let version = match differs(change) {
            true => Some(new_version(context, change).await.map_err(|error| change.failed(error))?),
            false => None,
        };
        let latest = version.or(change.found.template.latest_version_number);
        let default = match on(change.planned, "update_default_version") {
            Some(_) => latest,
            None => change.wanted("default_version").and_then(Value::as_i64),
        };
        let default =
            default.filter(|default| Some(*default) != change.found.template.default_version_number);
        if let Some(default) = default {
            let ec2 = context.ec2();
            let modify = ec2.safe.modify_launch_template().launch_template_id(change.id);
            let modified = answer(modify.default_version(default.to_string()).send()).await;
            modified.map_err(|error| change.failed(error))?;
        }
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        answer(context.ec2().safe.delete_launch_template().launch_template_id(id).send()).await.map(drop)
    }

    lists!(describe_launch_templates [], launch_templates, |template| {
        let found = tagged(template.launch_template_id, template.tags)?;
        Some(evenkeel_provider::Listed { name: template.launch_template_name, ..found })
    });

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let found = list(context, by_token(&request.token)).await?;
        Ok(found.into_iter().find_map(|template| template.launch_template_id))
    }
}

/// The names of the attributes and blocks that differ.
fn changes(before: &Value, after: &Value) -> impl Iterator<Item = String> {
    let paths = diff::paths(before, after);
    paths.into_iter().filter_map(|path| path.first_attribute().map(str::to_owned))
}

/// Whether what is planned is another version than the latest. A new template has what it was made
/// with.
fn differs(change: &Change<'_, Found>) -> bool {
    let prior = change.prior.map(|prior| changes(prior, change.planned));
    prior.is_some_and(|mut names| names.any(|name| !OUTSIDE.contains(&name.as_str())))
}

async fn new_version(context: &Arc<Context>, change: &Change<'_, Found>) -> Result<i64, Failure> {
    let ec2 = context.ec2();
    let create = ec2
        .once
        .create_launch_template_version()
        .launch_template_id(change.id)
        .set_version_description(text(change.planned, "description"))
        .launch_template_data(request::data(change.planned));
    let version = answer(create.send()).await?.launch_template_version;
    version.and_then(|version| version.version_number).ok_or_else(|| Failure::incomplete("version"))
}

/// The latest versions of templates.
async fn latest(
    context: &Arc<Context>,
    templates: &[Template],
) -> Result<BTreeMap<String, LaunchTemplateVersion>, Failure> {
    let ids: Vec<Option<String>> = match templates.len() <= CONCURRENT {
        true => templates.iter().map(|template| template.launch_template_id.clone()).collect(),
        // Without a template, the latest version of each.
        false => vec![None],
    };
    let versions: Vec<Vec<LaunchTemplateVersion>> =
        stream::iter(ids).map(|id| latest_of(context, id)).buffered(CONCURRENT).try_collect().await?;
    let versions = versions.into_iter().flatten();
    Ok(versions.filter_map(|version| Some((version.launch_template_id.clone()?, version))).collect())
}

/// A template with its latest version, as an object of which nothing is known.
pub(crate) async fn shown(context: &Arc<Context>, template: Template) -> Result<Value, Failure> {
    let account = account(context).await?;
    let version = latest_of(context, template.launch_template_id.clone()).await?.into_iter().next();
    Ok(LaunchTemplate::value(context, &Found { template, version, account }, &Value::empty_object()))
}

/// The latest version of a template, or of all; none of one that went away.
async fn latest_of(
    context: &Arc<Context>,
    id: Option<String>,
) -> Result<Vec<LaunchTemplateVersion>, Failure> {
    let ec2 = context.ec2();
    let request = ec2.safe.describe_launch_template_versions().versions("$Latest");
    let listed =
        async { Ok::<_, Failure>(pages!(request.set_launch_template_id(id), launch_template_versions)) };
    match listed.await {
        Err(error) if error.is_gone() => Ok(Vec::new()),
        other => other,
    }
}
