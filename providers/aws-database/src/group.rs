//! What the three kinds of subnet groups share; a file per service says how it is asked.

use std::future::Future;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::CreateRequest;
use futures_util::{StreamExt, stream};

use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, texts, unless_gone};
use crate::errors::Failure;
use crate::object::Builder;
use crate::tags::{OWNER_KEY, Tags};
use crate::{names, registry, tags};

/// From here on one listing of all groups is cheaper than asking for each.
const LIST_FROM: usize = 4;
const CALLS_AT_ONCE: usize = 16;

/// A group as a service tells it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub name: String,
    pub arn: String,
    pub description: String,
    pub vpc_id: Option<String>,
    pub subnets: Vec<String>,
    pub network_types: Vec<String>,
    /// Where the listing shows them.
    pub tags: Option<Tags>,
}

/// What a group is to be.
pub struct Wanted<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub subnets: Vec<String>,
}

type Done = Result<(), Failure>;

/// A service that has subnet groups.
pub trait Service: Send + Sync + 'static {
    /// The type name.
    const KIND: &'static str;
    /// What it is called in messages.
    const NOUN: &'static str;

    /// The group of a name, or all.
    fn list(
        context: &Context,
        name: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Found>, Failure>> + Send;
    /// The tags of a group.
    fn tags(context: &Context, found: &Found) -> impl Future<Output = Result<Tags, Failure>> + Send;
    /// Makes a group.
    fn create(context: &Context, wanted: Wanted<'_>, tags: Tags) -> impl Future<Output = Done> + Send;
    /// Gives a group other subnets and another description.
    fn modify(context: &Context, wanted: Wanted<'_>) -> impl Future<Output = Done> + Send;
    /// Removes a group.
    fn delete(context: &Context, name: &str) -> impl Future<Output = Done> + Send;
    /// Writes tags.
    fn tag(context: &Context, arn: &str, tags: Tags) -> impl Future<Output = Done> + Send;
    /// Removes tags.
    fn untag(context: &Context, arn: &str, keys: Vec<String>) -> impl Future<Output = Done> + Send;
}

/// The subnet groups of a service.
pub struct Group<S>(pub S);

impl<S: Service> each::Type for Group<S> {
    const KIND: &'static str = S::KIND;
    const NOUN: &'static str = S::NOUN;

    fn schema() -> &'static Schema {
        registry::schema(S::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let name = name_or_id(known, "name").to_lowercase();
        let listed = unless_gone(S::list(context, Some(&name)).await)?.unwrap_or_default();
        match listed.iter().find(|found| found.name == name) {
            Some(found) => tagged::<S>(context, found, known).await,
            None => Ok(None),
        }
    }

    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        if known.len() < LIST_FROM {
            let mut seen = Vec::with_capacity(known.len());
            for known in known {
                seen.push(Self::read(context, known).await);
            }
            return seen;
        }
        let listed = S::list(context, None).await;
        let mut wanted = Vec::with_capacity(known.len());
        for known in known {
            let name = name_or_id(known, "name").to_lowercase();
            let found = listed.as_ref().map(|all| all.iter().find(|found| found.name == name).cloned());
            wanted.push((found.map_err(Clone::clone), (*known).clone()));
        }
        let looked = stream::iter(wanted).map(|(found, known)| with_tags::<S>(context, found, known));
        looked.buffered(CALLS_AT_ONCE).collect().await
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let name = names::chosen(&request.planned, &request.token).to_lowercase();
        let tags = tags::for_create(&request.planned, &request.token);
        S::create(context, wanted(&name, &request.planned), tags).await?;
        let named = identified(&request.planned, &name);
        let open = request.planned.get_str("name").is_none();
        Ok(if open { named.with_attribute("name", Value::string(&name)) } else { named })
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        if changes(prior, planned, "description") || changes(prior, planned, "subnet_ids") {
            S::modify(context, wanted(name_or_id(prior, "name"), planned)).await?;
        }
        let arn = prior.get_str("arn").unwrap_or_default();
        let change = tags::change(prior, planned);
        if !change.remove.is_empty() {
            S::untag(context, arn, change.remove).await?;
        }
        if !change.set.is_empty() {
            S::tag(context, arn, change.set).await?;
        }
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        S::delete(context, name_or_id(prior, "name")).await
    }

    /// What uses the group may take a while to let go.
    fn in_the_way(failure: &Failure) -> bool {
        failure.is_any(&[
            "InvalidDBSubnetGroupStateFault",
            "CacheSubnetGroupInUse",
            "InvalidClusterSubnetGroupStateFault",
        ])
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token).to_lowercase();
        let listed = unless_gone(S::list(context, Some(&name)).await)?.unwrap_or_default();
        let Some(found) = listed.iter().find(|found| found.name == name) else { return Ok(None) };
        match S::tags(context, found).await?.get(OWNER_KEY).is_some_and(|owner| owner == token) {
            true => tagged::<S>(context, found, planned).await,
            false => Ok(None),
        }
    }
}

fn wanted<'a>(name: &'a str, planned: &'a Value) -> Wanted<'a> {
    let description = planned.get_str("description").unwrap_or_default();
    Wanted { name, description, subnets: texts(planned, "subnet_ids") }
}

async fn with_tags<S: Service>(
    context: &Context,
    found: Result<Option<Found>, Failure>,
    known: Value,
) -> Seen {
    match found? {
        Some(found) => tagged::<S>(context, &found, &known).await,
        None => Ok(None),
    }
}

async fn tagged<S: Service>(context: &Context, found: &Found, known: &Value) -> Seen {
    let Some(tags) = unless_gone(S::tags(context, found).await)? else { return Ok(None) };
    let name = known.get_str("name").filter(|name| name.eq_ignore_ascii_case(&found.name));
    let value = Builder::new(registry::schema(S::KIND), known)
        .str("id", Some(&found.name))
        .str("name", Some(name.unwrap_or(&found.name)))
        .str("name_prefix", Some(names::prefix_of(&found.name, known)))
        .str("arn", Some(&found.arn))
        .str("description", Some(&found.description))
        .str("region", Some(context.region()))
        .str("vpc_id", found.vpc_id.as_deref())
        .string_set("subnet_ids", &found.subnets)
        .string_set("supported_network_types", &found.network_types)
        .tags(context.tags().observed(&tags, known));
    Ok(Some(value.build()))
}
