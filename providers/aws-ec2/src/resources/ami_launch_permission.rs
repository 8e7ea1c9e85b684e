//! `aws_ami_launch_permission`: who else may start instances from an image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{ImageAttributeName, LaunchPermission, LaunchPermissionModifications};
use evenkeel_model::Value;
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::common::{Change, Ec2Type, Wanted, text};
use super::image::page_of_own;
use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::listing::{Listing, hanging_on, imported};
use crate::registry;
use crate::shape::Shape;

/// `aws_ami_launch_permission`
pub struct AmiLaunchPermission;

/// Who may use which image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    image: String,
    who: Who,
}

/// The arguments of the type, one of which is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Account(String),
    Group(String),
    Organization(String),
    Unit(String),
}

/// Images that are asked about at once; the service has no call for many.
const CONCURRENT: usize = 16;

impl Who {
    fn planned(object: &Value) -> Option<Self> {
        let get = |name: &str, make: fn(String) -> Self| text(object, name).map(make);
        get("account_id", Self::Account)
            .or_else(|| get("group", Self::Group))
            .or_else(|| get("organization_arn", Self::Organization))
            .or_else(|| get("organizational_unit_arn", Self::Unit))
    }

    /// From the first part of an import identifier.
    fn parse(text: &str) -> Self {
        let text = text.to_owned();
        match text.as_str() {
            ou if ou.starts_with("arn:") && ou.contains(":ou/") => Self::Unit(text),
            organization if organization.starts_with("arn:") => Self::Organization(text),
            account if account.len() == 12 && account.chars().all(|c| c.is_ascii_digit()) => {
                Self::Account(text)
            }
            _ => Self::Group(text),
        }
    }

    fn of(permission: LaunchPermission) -> Option<Self> {
        let group = permission.group.map(|group| Self::Group(group.as_str().to_owned()));
        permission
            .user_id
            .map(Self::Account)
            .or(group)
            .or(permission.organization_arn.map(Self::Organization))
            .or(permission.organizational_unit_arn.map(Self::Unit))
    }

    fn argument(&self) -> (&'static str, &str) {
        match self {
            Self::Account(account) => ("account_id", account),
            Self::Group(group) => ("group", group),
            Self::Organization(arn) => ("organization_arn", arn),
            Self::Unit(arn) => ("organizational_unit_arn", arn),
        }
    }

    fn permission(&self) -> LaunchPermission {
        let permission = LaunchPermission::builder();
        match self {
            Self::Account(account) => permission.user_id(account),
            Self::Group(group) => permission.group(group.as_str().into()),
            Self::Organization(arn) => permission.organization_arn(arn),
            Self::Unit(arn) => permission.organizational_unit_arn(arn),
        }
        .build()
    }
}

impl Grant {
    /// The identifier, as the public provider makes it.
    fn id(&self) -> String {
        let Self { image, who } = self;
        match who {
            Who::Account(account) => format!("{image}-{account}"),
            Who::Group(group) => format!("{image}-group-{group}"),
            Who::Organization(arn) => format!("{image}-org-{arn}"),
            Who::Unit(arn) => format!("{image}-ou-{arn}"),
        }
    }

    fn planned(object: &Value) -> Option<Self> {
        Some(Self { image: text(object, "image_id")?, who: Who::planned(object)? })
    }

    /// What is asked for: by the arguments, or `WHO/IMAGE` when it is imported.
    fn wanted(wanted: &Wanted<'_>) -> Option<Self> {
        Self::planned(wanted.known).or_else(|| {
            let (who, image) = wanted.id.rsplit_once('/')?;
            Some(Self { image: image.into(), who: Who::parse(who) })
        })
    }
}

impl Ec2Type for AmiLaunchPermission {
    type Found = Grant;
    const KIND: &'static str = "aws_ami_launch_permission";
    const NOUN: &'static str = "EC2 AMI Launch Permission";
    const LISTED_UNASKED: bool = false;

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Grant>, Failure> {
        let grants: Vec<(&str, Grant)> =
            wanted.iter().filter_map(|wanted| Some((wanted.id, Grant::wanted(wanted)?))).collect();
        let images: BTreeSet<String> = grants.iter().map(|(_, grant)| grant.image.clone()).collect();
        let users: BTreeMap<String, BTreeSet<Who>> = stream::iter(images)
            .map(|image| async move {
                let users = users_of(context, &image).await?;
                Ok::<_, Failure>((image, users))
            })
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let there = |grant: &Grant| users.get(&grant.image).is_some_and(|users| users.contains(&grant.who));
        let found = grants.into_iter().filter(|(_, grant)| there(grant));
        Ok(found.map(|(id, grant)| (id.to_owned(), grant)).collect())
    }

    fn value(context: &Arc<Context>, found: &Grant, known: &Value) -> Value {
        let (name, who) = found.who.argument();
        Shape::new(registry::schema(Self::KIND), known)
            .text("id", Some(found.id()))
            .text("region", Some(context.region()))
            .text("image_id", Some(&found.image))
            .text(name, Some(who))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let grant = Grant::planned(&request.planned).ok_or_else(|| Failure::incomplete("image"))?;
        let change = LaunchPermissionModifications::builder().add(grant.who.permission()).build();
        modify(context, &grant.image, change).await?;
        Ok(grant.id())
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Grant>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, _: &str, prior: &Value) -> Result<(), Failure> {
        let Some(grant) = Grant::planned(prior) else { return Ok(()) };
        let change = LaunchPermissionModifications::builder().remove(grant.who.permission()).build();
        match modify(context, &grant.image, change).await {
            Err(error) if error.is("InvalidAMIID.Unavailable") => Ok(()),
            other => other,
        }
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let own = page_of_own(context, after).await?;
            hanging_on(own, |image: String| async move { listed(context, &image).await }).await
        }))
    }

    async fn search(_: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        Ok(Grant::planned(&request.planned).map(|grant| grant.id()))
    }
}

/// Who may use an image; nobody one that is gone.
async fn users_of(context: &Arc<Context>, image: &str) -> Result<BTreeSet<Who>, Failure> {
    let ec2 = context.ec2();
    let request = ec2.safe.describe_image_attribute().image_id(image);
    match answer(request.attribute(ImageAttributeName::LaunchPermission).send()).await {
        Ok(found) => {
            Ok(found.launch_permissions.unwrap_or_default().into_iter().filter_map(Who::of).collect())
        }
        Err(error) if error.is_gone() || error.is("InvalidAMIID.Unavailable") => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

async fn listed(context: &Arc<Context>, image: &str) -> Result<Vec<Listed>, Failure> {
    let listed = |who: Who| {
        let import_id = format!("{}/{image}", who.argument().1);
        imported(Grant { image: image.to_owned(), who }.id(), import_id)
    };
    Ok(users_of(context, image).await?.into_iter().map(listed).collect())
}

async fn modify(
    context: &Arc<Context>,
    image: &str,
    change: LaunchPermissionModifications,
) -> Result<(), Failure> {
    let ec2 = context.ec2();
    let request = ec2.safe.modify_image_attribute().image_id(image).attribute("launchPermission");
    answer(request.launch_permission(change).send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_says_who_and_what() {
        let unit = "arn:aws:organizations::123456789012:ou/o-1/ou-1";
        let object = Value::empty_object();
        let id = |id: &str| Grant::wanted(&Wanted::of(id, &object)).map(|grant| grant.id());
        assert_eq!(id("123456789012/ami-1").as_deref(), Some("ami-1-123456789012"));
        assert_eq!(id("all/ami-1").as_deref(), Some("ami-1-group-all"));
        assert_eq!(id(&format!("{unit}/ami-1")), Some(format!("ami-1-ou-{unit}")));
        assert_eq!(id("ami-1"), None);
    }
}
