//! The launch template that an instance is made from: `launch_template`.
//!
//! The service tells it in tags of its own. A version like `$Default` stays as it is written as long as
//! it is the version that the instance was made from.

use std::sync::Arc;

use aws_sdk_ec2::types::{Instance, LaunchTemplate, LaunchTemplateSpecification};
use evenkeel_model::Value;

use super::super::common::{first, text};
use super::Whole;
use crate::calls::client::describe;
use crate::calls::{Call, Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::shape::Shape;

const ID_TAG: &str = "aws:ec2launchtemplate:id";
const VERSION_TAG: &str = "aws:ec2launchtemplate:version";

/// The templates selected.
pub(crate) fn list(context: &Arc<Context>, select: Select) -> Call<'static, Vec<LaunchTemplate>> {
    let ec2 = context.ec2();
    describe!(ec2, select, describe_launch_templates, set_launch_template_ids, set_filters, launch_templates)
}

/// Identifiers that one call may name.
const IDS_PER_CALL: usize = 200;

/// Templates by identifier; what is missing is left out. The service has no filter for identifiers and
/// refuses a call that names a missing one; then each is asked for by itself.
pub(crate) async fn by_ids(context: &Arc<Context>, ids: Vec<String>) -> Result<Vec<LaunchTemplate>, Failure> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(IDS_PER_CALL) {
        match list(context, Select::Ids(part.to_vec())).await {
            Ok(templates) => found.extend(templates),
            Err(error) if error.is_gone() => {
                for id in part {
                    match list(context, Select::Ids(vec![id.clone()])).await {
                        Ok(templates) => found.extend(templates),
                        Err(error) if error.is_gone() => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The templates that objects name.
pub(super) async fn of_instances<'a>(
    context: &Arc<Context>,
    objects: impl Iterator<Item = &'a Value>,
) -> Result<Vec<LaunchTemplate>, Failure> {
    let (mut ids, mut names) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for block in objects.filter_map(|object| first(object, "launch_template")) {
        match (text(block, "id"), text(block, "name")) {
            (Some(id), _) => drop(ids.insert(id)),
            (None, Some(name)) => drop(names.insert(name)),
            (None, None) => {}
        }
    }
    let mut found = by_ids(context, ids.into_iter().collect()).await?;
    let names = names.into_iter().collect();
    found.extend(super::by_id(names, "launch-template-name", |select| by_name(context, select)).await?);
    Ok(found)
}

fn by_name(context: &Arc<Context>, select: Select) -> Call<'static, Vec<LaunchTemplate>> {
    let ec2 = context.ec2();
    describe!(
        ec2,
        select,
        describe_launch_templates,
        set_launch_template_names,
        set_filters,
        launch_templates
    )
}

/// The template that an object names.
pub(super) fn find<'a>(templates: &'a [LaunchTemplate], object: &Value) -> Option<&'a LaunchTemplate> {
    let block = first(object, "launch_template")?;
    let (id, name) = (text(block, "id"), text(block, "name"));
    templates.iter().find(|template| match &id {
        Some(id) => template.launch_template_id() == Some(id),
        None => template.launch_template_name() == name.as_deref(),
    })
}

/// The block, where configuration has one or the instance is new here.
pub(super) fn with_template<'a>(shape: Shape<'a>, found: &Whole, known: &Value) -> Shape<'a> {
    let Some(block) = first(known, "launch_template") else {
        return with_tags(shape, &found.instance, known);
    };
    let Some(template) = &found.template else { return shape.written("launch_template") };
    let written = text(block, "version").unwrap_or_else(|| "$Default".into());
    let used = tag(&found.instance, VERSION_TAG);
    let meant = match written.as_str() {
        "$Default" => template.default_version_number,
        "$Latest" => template.latest_version_number,
        _ => None,
    };
    let same = used.is_none() || meant.map(|number| number.to_string()).as_deref() == used;
    let version = if same { written } else { used.unwrap_or_default().to_owned() };
    shape.blocks("launch_template", &[()], |shape, ()| {
        shape
            .text("id", template.launch_template_id())
            .text("name", template.launch_template_name())
            .text("version", Some(&version))
    })
}

fn with_tags<'a>(shape: Shape<'a>, instance: &Instance, known: &Value) -> Shape<'a> {
    let id: Vec<&str> = tag(instance, ID_TAG).filter(|_| super::single::is_new(known)).into_iter().collect();
    shape.blocks("launch_template", &id, |shape, id| {
        shape.text("id", Some(id)).text("version", tag(instance, VERSION_TAG))
    })
}

fn tag<'a>(instance: &'a Instance, key: &str) -> Option<&'a str> {
    instance.tags().iter().find(|tag| tag.key() == Some(key)).and_then(|tag| tag.value())
}

/// The template of a new instance.
pub(super) fn planned(planned: &Value) -> Option<LaunchTemplateSpecification> {
    let block = first(planned, "launch_template")?;
    let id = text(block, "id");
    let name = text(block, "name").filter(|_| id.is_none());
    let specification = LaunchTemplateSpecification::builder().set_launch_template_id(id);
    Some(specification.set_launch_template_name(name).set_version(text(block, "version")).build())
}
